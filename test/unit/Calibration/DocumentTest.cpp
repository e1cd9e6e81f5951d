// stats.json: what is written is read, in one form only, and nothing else is.
#include "limbeck/Calibration/Document.h"
#include "limbeck/Support/File.h"
#include <algorithm>
#include <filesystem>
#include <gtest/gtest.h>
#include <random>

namespace limbeck::calibration {

namespace {
struct Folder {
  std::filesystem::path path;
  Folder() {
    path = std::filesystem::path(testing::TempDir()) /
           ("document-" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
    std::filesystem::remove_all(path);
    std::filesystem::create_directories(path);
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string operator()(const char *name) const { return (path / name).string(); }
};
} // namespace

static std::string textOf(const std::string &path) {
  std::vector<std::byte> bytes = *readFile(path);
  return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

static Observation sampleOf(std::mt19937 &random) {
  Observation sample;
  std::vector<float> values;
  for (int i = 0; i < 20; ++i)
    values.push_back(
        std::ldexp(static_cast<float>(random()) / 1e9f - 1, static_cast<int>(random() % 30) - 20));
  sample.least = std::ranges::min(values);
  sample.greatest = std::ranges::max(values);
  sample.grid = BinGrid::of(sample.least, sample.greatest);
  sample.counts.resize(kBins);
  for (float value : values)
    ++sample.counts[static_cast<size_t>(binOf(value, sample.grid.exponent) - sample.grid.first)];
  sample.channels = {std::fabs(values[0]), std::fabs(values[1])};
  sample.means = {values[2], values[3], values[4]};
  sample.gram = {values[0] * values[0], values[0] * values[1], values[0] * values[1], values[1] * values[1]};
  return sample;
}

static Statistics someStatistics(uint32_t seed, int samples) {
  std::mt19937 random(seed);
  Statistics statistics;
  statistics.modelSha256 = std::string(64, 'a');
  statistics.collect = {true, true, true, true};
  statistics.samples = samples;
  for (const char *name : {"input", "layer/output:0", "\"quoted\"\n\xc3\xa9"})
    for (int i = 0; i < samples; ++i)
      EXPECT_TRUE(statistics.tensors[name].add(sampleOf(random)).ok());
  Observation broken;
  broken.least = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(statistics.tensors["broken"].add(broken).ok());
  return statistics;
}

TEST(Document, ReadsWhatItWrites) {
  Folder folder;
  Statistics statistics = someStatistics(1, 5);
  ASSERT_TRUE(writeStatistics(folder("stats.json"), statistics).ok());
  auto read = readStatistics(folder("stats.json"));
  ASSERT_TRUE(read.ok()) << read.diagnostic().text();
  EXPECT_EQ(*read, statistics);
  EXPECT_TRUE(std::filesystem::exists(folder("stats.gram.npz")));
}

TEST(Document, ErrorsOfAQuantizedModelAreReadAndDoNotMerge) {
  Folder folder;
  Statistics statistics = someStatistics(1, 2);
  statistics.biasErrors["layer/output:0"] = {0.25f, -0.1f};
  statistics.biasErrors["\"other\""] = {};
  ASSERT_TRUE(writeStatistics(folder("stats.json"), statistics).ok());
  auto read = readStatistics(folder("stats.json"));
  ASSERT_TRUE(read.ok()) << read.diagnostic().text();
  EXPECT_EQ(*read, statistics);
  Statistics other = someStatistics(2, 2);
  EXPECT_EQ(other.merge(statistics).diagnostic().code, Code::Calibration);
}

TEST(Document, MagnitudesAreReadAndDoNotMerge) {
  Folder folder;
  Statistics statistics = someStatistics(1, 2);
  statistics.scaling = "  - smooth: auto\n";
  statistics.magnitudes["\"x\""] = {{0.5f, 0}, {0.125, 0}, 1.5};
  ASSERT_TRUE(writeStatistics(folder("stats.json"), statistics).ok());
  auto read = readStatistics(folder("stats.json"));
  ASSERT_TRUE(read.ok()) << read.diagnostic().text();
  EXPECT_EQ(*read, statistics);
  Statistics other = someStatistics(2, 2);
  EXPECT_EQ(other.merge(statistics).diagnostic().code, Code::Calibration);
  for (const char *bad : {R"("squares":[0.125])", R"("squares":[0.125,-1.0])", R"("squares":3)"}) {
    auto bytes = readFile(folder("stats.json"));
    ASSERT_TRUE(bytes.ok());
    std::string text(reinterpret_cast<const char *>(bytes->data()), bytes->size()),
        good = R"("squares":[0.125,0.0])";
    ASSERT_NE(text.find(good), std::string::npos) << text;
    text.replace(text.find(good), good.size(), bad);
    ASSERT_TRUE(writeFileAtomically(folder("bad.json"), bytesOf(text)).ok());
    auto found = readStatistics(folder("bad.json"));
    ASSERT_FALSE(found.ok()) << bad;
    EXPECT_EQ(found.diagnostic().code, Code::Calibration);
  }
}

TEST(Document, MergedShardsEqualOnePass) {
  Folder folder;
  std::mt19937 random(4);
  std::vector<Observation> samples;
  for (int i = 0; i < 12; ++i)
    samples.push_back(sampleOf(random));
  auto shard = [&](size_t first, size_t end) {
    Statistics statistics = someStatistics(0, 0);
    statistics.tensors.clear();
    statistics.samples = static_cast<int64_t>(end - first);
    for (size_t i = first; i < end; ++i)
      EXPECT_TRUE(statistics.tensors["x"].add(samples[i]).ok());
    return statistics;
  };
  Statistics whole = shard(0, 12), first = shard(0, 5), second = shard(5, 12), forward = first,
             backward = second;
  ASSERT_TRUE(forward.merge(second).ok());
  ASSERT_TRUE(backward.merge(first).ok());
  for (auto [name, statistics] :
       {std::pair("a.json", &whole), std::pair("b.json", &forward), std::pair("c.json", &backward)}) {
    // The name of the file with matrices is in the document, so each is written under the same one.
    std::filesystem::create_directories(folder(name));
    ASSERT_TRUE(writeStatistics(folder(name) + "/stats.json", *statistics).ok());
  }
  for (const char *file : {"/stats.json", "/stats.gram.npz"}) {
    EXPECT_EQ(textOf(folder("a.json") + file), textOf(folder("b.json") + file));
    EXPECT_EQ(textOf(folder("a.json") + file), textOf(folder("c.json") + file));
  }
}

TEST(Document, DoesNotMergeWhatDiffers) {
  Statistics statistics = someStatistics(1, 2), other = statistics;
  other.modelSha256[0] = 'b';
  EXPECT_EQ(statistics.merge(other).diagnostic().code, Code::Calibration);
  other = statistics;
  other.collect.gram = false;
  EXPECT_EQ(statistics.merge(other).diagnostic().code, Code::Calibration);
  other = statistics;
  other.indicesPerSample = 2;
  EXPECT_EQ(statistics.merge(other).diagnostic().code, Code::Calibration);
  other = statistics;
  other.samples = int64_t(1) << 29;
  EXPECT_EQ(statistics.merge(other).diagnostic().code, Code::Calibration);
  other = statistics;
  other.tensors.erase("broken");
  Statistics fewer = other;
  EXPECT_EQ(statistics.merge(fewer).diagnostic().code, Code::Calibration);
  EXPECT_EQ(fewer.merge(statistics).diagnostic().code, Code::Calibration);
  EXPECT_EQ(fewer, other);
  // What has seen nothing yet has no tensors.
  Statistics none = statistics;
  none.samples = 0;
  none.tensors.clear();
  EXPECT_TRUE(none.merge(statistics).ok());
  EXPECT_EQ(none, statistics);
}

TEST(Document, CollectIsAList) {
  EXPECT_EQ(*collectFromText("minmax"), Collect());
  EXPECT_EQ(*collectFromText("gram,histogram"), (Collect{true, false, true}));
  EXPECT_EQ(text(Collect{true, false, true}), "minmax,histogram,gram");
  for (const char *bad : {"", "minmax,", "max", "minmax histogram"})
    EXPECT_EQ(collectFromText(bad).diagnostic().code, Code::Flag) << bad;
}

TEST(Document, RefusesWhatNoCalibrationGives) {
  Folder folder;
  const std::string good =
      R"({"schema":1,"model_sha256":"HASH","collect":"minmax,histogram","samples":2,"indices_per_sample":1,)"
      R"("tensors":{"x":{"samples":2,"nan_samples":0,"infinite_samples":0,"min":-1.0,"max":2.0,)"
      R"("sum_of_minima":[-2.0],"sum_of_maxima":[3.5],)"
      R"("histogram":{"exponent":-9,"first":-513,"counts":[COUNTS]},"channel_absmax":[1.0,2.0],"sums_of_channel_means":[[0.5],[]]}},)"
      R"("bias_errors":{"y":[0.5,-1.0]}})";
  auto document = [&](std::string text) {
    text.replace(text.find("HASH"), 4, std::string(64, '0'));
    if (size_t at = text.find("COUNTS"); at != std::string::npos) {
      std::string counts = "1";
      for (int i = 0; i < 1536; ++i)
        counts += ",0";
      text.replace(at, 6, counts + ",1");
    }
    return text;
  };
  auto codeOf = [&](const std::string &text) {
    EXPECT_TRUE(writeFileAtomically(folder("stats.json"), bytesOf(text)).ok());
    auto read = readStatistics(folder("stats.json"));
    return read.ok() ? std::string("ok") : std::string(codeText(read.diagnostic().code));
  };
  ASSERT_EQ(codeOf(document(good)), "ok") << readStatistics(folder("stats.json")).diagnostic().text();
  struct Case {
    std::string from, to;
  };
  const Case cases[] = {
      {"\"schema\":1", "\"schema\":2"},
      {"\"schema\":1,", ""},
      {"\"schema\":1", "\"schema\":\"1\""},
      {"HASH", "HASH0"},
      {"\"minmax,histogram\"", "\"minmax,most\""},
      {"\"minmax,histogram\"", "7"},
      {"\"samples\":2,\"ind", "\"samples\":-2,\"ind"},
      {"\"samples\":2,\"ind", "\"samples\":0,\"ind"},
      {"\"samples\":2,\"ind", "\"samples\":1e9,\"ind"},
      {"\"samples\":2,\"ind", "\"samples\":99999999999999999999,\"ind"},
      {"\"samples\":2,\"ind", "\"samples\":1,\"ind"},
      {"\"indices_per_sample\":1", "\"indices_per_sample\":0"},
      {"\"tensors\":{", "\"tensors\":[{"},
      {"\"x\":{", "\"x\":[],\"y\":{"},
      {"\"nan_samples\":0", "\"nan_samples\":1"},
      {"\"nan_samples\":0,", ""},
      {"\"min\":-1.0", "\"min\":3.0"},
      {"\"min\":-1.0", "\"min\":null"},
      {"\"min\":-1.0", "\"min\":-0.1"},
      {"\"min\":-1.0", "\"min\":-1e39"},
      {"\"max\":2.0", "\"max\":8.0"},
      {"[-2.0]", "[-3.0]"},
      {"[-2.0]", "[-1.0,-1.0]"},
      {"[-2.0]", "[1e-300]"},
      {"[-2.0]", "-2.0"},
      {"[3.5]", "[4.5]"},
      {"\"exponent\":-9", "\"exponent\":-8"},
      {"\"exponent\":-9", "\"exponent\":1000"},
      {"\"first\":-513", "\"first\":-514"},
      {"\"first\":-513", "\"first\":-5000"},
      {"COUNTS", "-1"},
      {"COUNTS", "1.5"},
      {"COUNTS", "18446744073709551616"},
      {"COUNTS", ""},
      {"[1.0,2.0]", "[1.0,-2.0]"},
      {"[1.0,2.0]", "[1.0,[2.0]]"},
      {"[[0.5],[]]", "[0.5,0.5]"},
      {"[[0.5],[]]", "[[1e-300]]"},
      {"[[0.5],[]]", "[[0.5],[\"\"]]"},
      {"[0.5,-1.0]", "0.5"},
      {"[0.5,-1.0]", "[1e300]"},
      {"{\"y\":[0.5,-1.0]}", "[]"},
      {"\"channel_absmax\"", "\"gram\":{\"rows\":2,\"place\":0},\"channel_absmax\""},
      {"\"tensors\"", "\"gram\":{\"file\":\"../x.npz\",\"sha256\":\"\"},\"tensors\""},
      {"\"tensors\"", "\"gram\":{\"file\":\"\",\"sha256\":\"\"},\"tensors\""},
      {"\"tensors\"", "\"gram\":[],\"tensors\""},
  };
  for (const Case &bad : cases) {
    std::string text = good;
    ASSERT_NE(text.find(bad.from), std::string::npos) << bad.from;
    EXPECT_EQ(codeOf(document(text.replace(text.find(bad.from), bad.from.size(), bad.to))), "E-CALIB")
        << bad.from << " -> " << bad.to;
  }
  auto wordsOf = [&](const std::string &from, const std::string &to) {
    std::string text = good;
    return parseStatistics(bytesOf(document(text.replace(text.find(from), from.size(), to))), "s.json")
        .diagnostic()
        .text();
  };
  EXPECT_EQ(wordsOf("\"schema\":1", "\"schema\":2"), "s.json: error: [E-CALIB] expected statistics of schema "
                                                     "1, found 2: a newer limbeck wrote them; run calibrate "
                                                     "again, or quantize with that version");
  EXPECT_EQ(wordsOf("\"schema\":1", "\"schema\":0"), "s.json: error: [E-CALIB] expected 1 as 'schema' of the "
                                                     "document, found 0; the file is damaged, or was changed "
                                                     "by hand: run calibrate again");
  EXPECT_NE(wordsOf("\"samples\":2,\"ind", "\"samples\":0,\"ind")
                .find("expected an integer from 1 to 536870912 as 'samples' of the document, found 0;"),
            std::string::npos);
  EXPECT_NE(wordsOf("\"min\":-1.0", "\"min\":\"low\"").find("as 'min' of tensor 'x', found \"low\";"),
            std::string::npos);
  EXPECT_NE(wordsOf("\"min\":-1.0", "\"min\":[1]").find("found [1];"), std::string::npos);
  std::string whole = document(good);
  for (size_t length = 0; length < whole.size(); length += 97)
    EXPECT_EQ(codeOf(whole.substr(0, length)), "E-CALIB") << length;
  EXPECT_EQ(codeOf(std::string(100000, '[')), "E-CALIB");
  EXPECT_EQ(codeOf("[]"), "E-CALIB");
  EXPECT_EQ(codeOf("\xff\xfe"), "E-CALIB");
}

TEST(Document, MatricesBelongToIt) {
  Folder folder;
  ASSERT_TRUE(writeStatistics(folder("stats.json"), someStatistics(1, 5)).ok());
  std::string matrices = textOf(folder("stats.gram.npz"));
  ASSERT_TRUE(writeStatistics(folder("other.json"), someStatistics(2, 5)).ok());
  std::filesystem::copy_file(folder("other.gram.npz"), folder("stats.gram.npz"),
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_EQ(readStatistics(folder("stats.json")).diagnostic().code, Code::Calibration);
  std::filesystem::remove(folder("stats.gram.npz"));
  EXPECT_EQ(readStatistics(folder("stats.json")).diagnostic().code, Code::FileKind);
  EXPECT_EQ(readStatistics(folder("none.json")).diagnostic().code, Code::FileKind);
}

} // namespace limbeck::calibration
