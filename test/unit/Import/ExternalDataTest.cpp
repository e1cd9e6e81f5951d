// Files beside the model: which are found, and which are refused.
#include "Import/ExternalData.h"
#include "Models.h"
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

namespace limbeck::importer::test {
namespace {

namespace fs = std::filesystem;

class ExternalDataTest : public testing::Test {
protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "limbeck-external-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    root = pattern;
    fs::create_directories(root / "model");
    fs::create_directories(root / "outside");
    for (const char *file : {"model/data.bin", "outside/data.bin", "model/linked.bin"})
      std::ofstream(root / file) << "0123456789abcdef";
  }
  void TearDown() override { fs::remove_all(root); }

  static TensorProto tensor(const std::vector<std::pair<std::string, std::string>> &entries) {
    TensorProto proto;
    for (const auto &[key, value] : entries) {
      auto *entry = proto.add_external_data();
      entry->set_key(key);
      entry->set_value(value);
    }
    return proto;
  }
  ExternalData data(bool trustHardlinks = false) const {
    return ExternalData((root / "model").string(), (root / "model/model.onnx").string(), trustHardlinks);
  }
  Status open(const std::string &location) const {
    return data().open(tensor({{"location", location}}), 4).status();
  }
  Status openRange(const std::string &offset, const std::string &length) const {
    return data()
        .open(tensor({{"location", "data.bin"}, {"offset", offset}, {"length", length}}), 4)
        .status();
  }

  fs::path root;
};

TEST_F(ExternalDataTest, ReadsARange) {
  auto range = data().open(tensor({{"location", "./data.bin"}, {"offset", "10"}, {"length", "4"}}), 4);
  ASSERT_TRUE(succeeds(range));
  std::string bytes(4, ' ');
  EXPECT_TRUE(succeeds(range->read(std::as_writable_bytes(std::span(bytes)))));
  EXPECT_EQ(bytes, "abcd");
}

TEST_F(ExternalDataTest, NoticesAFileThatShrinks) {
  auto range = data().open(tensor({{"location", "data.bin"}, {"offset", "10"}}), 6);
  ASSERT_TRUE(succeeds(range));
  fs::resize_file(root / "model/data.bin", 12);
  std::string bytes(6, ' ');
  EXPECT_TRUE(failsWith(range->read(std::as_writable_bytes(std::span(bytes))), Code::ExternalRange));
}

TEST_F(ExternalDataTest, RefusesPathsThatAreNoRelativeNames) {
  for (const std::string &location :
       {std::string(), std::string("/etc/passwd"), std::string("../outside/data.bin"),
        std::string("a/../../x"), std::string("C:\\x"), std::string("C:/x"), std::string("\\\\host\\x"),
        std::string("data.bin\0x", 10), std::string("missing.bin"), std::string("*/_MARKER_/*")})
    EXPECT_TRUE(failsWith(open(location), Code::ExternalPath)) << location;
}

TEST_F(ExternalDataTest, SaysWhereItLooked) {
  EXPECT_EQ(open("missing.bin").diagnostic().hint, "put it beside the model, or give --external-data-dir");
  auto at = [&](const char *folder) {
    ExternalData elsewhere((root / folder).string(), (root / "model/model.onnx").string(), false);
    return elsewhere.open(tensor({{"location", "missing.bin"}}), 4).status().diagnostic();
  };
  EXPECT_EQ(at("outside").hint, "--external-data-dir names another folder");
  EXPECT_NE(at("nowhere").message.find("nowhere' for external data 'missing.bin', found none"),
            std::string::npos);
}

TEST_F(ExternalDataTest, ReportsAMissingFileOnce) {
  ModelBuilder model;
  for (const char *name : {"a", "b", "c"}) {
    TensorProto *weights = model.constant(name, {4}, TensorProto::UINT8);
    weights->set_data_location(TensorProto::EXTERNAL);
    *weights->mutable_external_data() =
        tensor({{"location", *name == 'c' ? "other.bin" : "missing.bin"}}).external_data();
    model.output(name);
  }
  Options options;
  options.externalDataDirectory = (root / "model").string();
  std::string bytes = model.bytes();
  EXPECT_EQ(checkBytes(std::as_bytes(std::span(bytes)), "m", options).diagnostics.size(), 2u);
}

TEST_F(ExternalDataTest, FollowsLinksOnlyIntoTheFolder) {
  fs::create_symlink("data.bin", root / "model/inside.bin");
  fs::create_symlink("../outside/data.bin", root / "model/leaves.bin");
  fs::create_directory_symlink("../outside", root / "model/folder");
  EXPECT_TRUE(succeeds(open("inside.bin")));
  EXPECT_TRUE(failsWith(open("leaves.bin"), Code::ExternalLink));
  EXPECT_TRUE(failsWith(open("folder/data.bin"), Code::ExternalLink));
}

TEST_F(ExternalDataTest, FollowsLinksIntoTheFolderOfTheResolvedModel) {
  std::ofstream(root / "outside/blob") << "model";
  fs::create_symlink("../outside/blob", root / "model/model.onnx");
  fs::create_symlink("../outside/data.bin", root / "model/weights.bin");
  EXPECT_TRUE(succeeds(open("weights.bin")));
}

TEST_F(ExternalDataTest, RefusesHardLinksUnlessTrusted) {
  fs::create_hard_link(root / "model/linked.bin", root / "outside/other.bin");
  auto proto = tensor({{"location", "linked.bin"}});
  EXPECT_TRUE(failsWith(data().open(proto, 4), Code::ExternalLink));
  EXPECT_TRUE(succeeds(data(/*trustHardlinks=*/true).open(proto, 4)));
}

TEST_F(ExternalDataTest, RefusesWhatIsNoFile) {
  ASSERT_EQ(mkfifo((root / "model/fifo").c_str(), 0600), 0);
  fs::create_directory(root / "model/directory");
  EXPECT_TRUE(failsWith(open("fifo"), Code::ExternalLink));
  EXPECT_TRUE(failsWith(open("directory"), Code::ExternalLink));
}

TEST_F(ExternalDataTest, ChecksRanges) {
  EXPECT_TRUE(succeeds(openRange("12", "4")));
  EXPECT_TRUE(failsWith(openRange("13", "4"), Code::ExternalRange));
  EXPECT_TRUE(failsWith(openRange("9223372036854775800", "16"), Code::ExternalRange));
  EXPECT_TRUE(failsWith(openRange("0", "18446744073709551615"), Code::ExternalRange));
  for (const char *offset : {"-8", "abc", "1e3", "", " 1", "0x10"})
    EXPECT_TRUE(failsWith(openRange(offset, "4"), Code::ExternalRange)) << offset;
  EXPECT_TRUE(failsWith(openRange("0", "5"), Code::DataSize));
}

TEST_F(ExternalDataTest, ChecksKeys) {
  EXPECT_TRUE(
      failsWith(data().open(tensor({{"location", "data.bin"}, {"__class__", "x"}}), 4), Code::ExternalKey));
  EXPECT_TRUE(failsWith(data().open(tensor({{"location", "data.bin"}, {"location", "data.bin"}}), 4),
                        Code::ExternalKey));
}

TEST_F(ExternalDataTest, NeedsAFolderForAModelInMemory) {
  ModelBuilder model;
  TensorProto *weights = model.constant("w", {4}, TensorProto::UINT8);
  weights->set_data_location(TensorProto::EXTERNAL);
  *weights->mutable_external_data() = tensor({{"location", "data.bin"}}).external_data();
  model.output("w");
  EXPECT_TRUE(failsWith(model.import(), Code::ExternalPath));
  Options options;
  options.externalDataDirectory = (root / "model").string();
  auto imported = model.import(options);
  ASSERT_TRUE(succeeds(imported));
  EXPECT_EQ(imported->values[imported->outputs[0]].constant->asIndices(),
            (std::vector<int64_t>{'0', '1', '2', '3'}));
}

} // namespace
} // namespace limbeck::importer::test
