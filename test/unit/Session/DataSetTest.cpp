// Cutting arrays into samples.
#include "limbeck/Session/DataSet.h"
#include "limbeck/Support/File.h"
#include "limbeck/Tensor/Random.h"
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <unistd.h>

using namespace limbeck;
using namespace limbeck::session;

namespace {
class DataSetTest : public ::testing::Test {
protected:
  void SetUp() override {
    folder = std::filesystem::temp_directory_path() / message("limbeck-data-set-", ::getpid());
    std::filesystem::create_directories(folder);
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  std::string write(const std::string &name, const Tensor &tensor) {
    std::string path = folder / name;
    EXPECT_TRUE(writeNpy(path, tensor).ok());
    return path;
  }
  static Tensor values(Shape shape) { return *randomTensor({DType::F32, std::move(shape), nullptr}, 9); }
  static std::vector<NamedType> input(Shape shape) {
    return {{"x", {DType::F32, std::move(shape), nullptr}}};
  }
  /// All samples, or what is wrong.
  static Expected<std::vector<Tensor>> samplesOf(const std::string &path, std::vector<NamedType> inputs) {
    LIMBECK_ASSIGN(DataSet set, DataSet::open(path, std::move(inputs)));
    std::vector<Tensor> samples;
    LIMBECK_TRY(set.forEach([&](std::span<const Tensor> tensors) -> Status {
      samples.push_back(tensors.front());
      return {};
    }));
    return samples;
  }

  std::filesystem::path folder;
};
} // namespace

TEST_F(DataSetTest, CutsAlongTheFirstDimension) {
  Tensor all = values({5, 3, 2});
  auto samples = samplesOf(write("a.npy", all), input({1, 3, 2}));
  ASSERT_TRUE(samples.ok());
  ASSERT_EQ(samples->size(), 5u);
  EXPECT_EQ(samples->front().shape(), (Shape{1, 3, 2}));
  for (int64_t i = 0; i < 5; ++i)
    EXPECT_EQ((*samples)[static_cast<size_t>(i)].values<float>()[0],
              all.values<float>()[static_cast<size_t>(6 * i)]);
}

TEST_F(DataSetTest, TakesOneRankLessAsOneSample) {
  auto samples = samplesOf(write("a.npy", values({3, 2})), input({1, 3, 2}));
  ASSERT_TRUE(samples.ok());
  ASSERT_EQ(samples->size(), 1u);
  EXPECT_EQ(samples->front().shape(), (Shape{1, 3, 2}));
}

TEST_F(DataSetTest, TakesScalarsOfSamples) {
  Tensor all = values({3});
  auto samples = samplesOf(write("a.npy", all), input({}));
  ASSERT_TRUE(samples.ok()) << samples.diagnostic().text();
  ASSERT_EQ(samples->size(), 3u);
  EXPECT_EQ(samples->back().shape(), Shape());
  EXPECT_EQ(samples->back().values<float>()[0], all.values<float>()[2]);
  EXPECT_EQ(samplesOf(write("b.npy", values({})), input({}))->size(), 1u);
  EXPECT_EQ(samplesOf(write("c.npy", values({3, 1})), input({})).diagnostic().code, Code::InputData);
}

TEST_F(DataSetTest, ReadsListsWithAnyLineEnds) {
  write("a.npy", values({2, 2}));
  std::string list = folder / "list.txt";
  for (std::string_view text : {"a.npy\r\n\r\na.npy\r\n", "a.npy\n\na.npy"}) {
    ASSERT_TRUE(writeFileAtomically(list, bytesOf(text)).ok());
    auto samples = samplesOf(list, input({1, 2}));
    ASSERT_TRUE(samples.ok()) << samples.diagnostic().text();
    EXPECT_EQ(samples->size(), 4u);
  }
}

TEST_F(DataSetTest, TakesAsManyAsTheModelFixes) {
  std::string path = write("a.npy", values({6, 2}));
  EXPECT_EQ(samplesOf(path, input({3, 2}))->size(), 2u);
  EXPECT_EQ(samplesOf(path, input({4, 2})).diagnostic().code, Code::InputData);
}

TEST_F(DataSetTest, ReadsFoldersInByteOrder) {
  Tensor one = values({1, 2}), two = *randomTensor({DType::F32, {1, 2}, nullptr}, 10);
  write("b.npy", two);
  write("a.npy", one);
  auto samples = samplesOf(folder, input({1, 2}));
  ASSERT_EQ(samples->size(), 2u);
  EXPECT_TRUE((*samples)[0].identical(one));
  EXPECT_TRUE((*samples)[1].identical(two));
}

TEST_F(DataSetTest, ReadsListsOfArrayFilesOnly) {
  write("a.npy", values({1, 2}));
  std::ofstream(folder / "list.txt") << "a.npy\n\na.npy\n";
  EXPECT_EQ(samplesOf(folder / "list.txt", input({1, 2}))->size(), 2u);
  std::ofstream(folder / "model.onnx") << "\n\bONNX";
  Status status = samplesOf(folder / "model.onnx", input({1, 2})).status();
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.diagnostic().code, Code::InputData);
  EXPECT_EQ(status.diagnostic().file, message((folder / "model.onnx").string(), ":2"));
  EXPECT_EQ(status.diagnostic().message,
            "expected a path to .npy or .npz in every line of a list, found '\bONNX'");
}

TEST_F(DataSetTest, TellsHowBatchesBecomeSamples) {
  EXPECT_EQ(samplesOf(write("a.npy", values({8, 1, 4})), input({1, 4})).diagnostic().hint,
            "samples lie along the first dimension: reshape the array to 8x4");
  EXPECT_EQ(samplesOf(write("a.npy", values({8, 4, 1})), input({1, 4})).diagnostic().hint,
            "samples lie along the first dimension: reshape the array to 8x4");
  EXPECT_EQ(samplesOf(write("a.npy", values({8, 2, 3})), input({1, 4})).diagnostic().hint, "")
      << "no shape would do";
}

TEST_F(DataSetTest, TellsTheShapeOfItsSamples) {
  write("a.npy", values({8, 4}));
  write("b.npy", values({3, 4}));
  auto open = [&](Shape shape) { return *DataSet::open(folder, input(std::move(shape))); };
  auto shapes = open({-1, -1}).commonShapes();
  ASSERT_TRUE(shapes.ok()) << shapes.diagnostic().text();
  EXPECT_EQ(shapes->front(), (Shape{1, 4}));
  EXPECT_EQ(open({1, -1, 4}).commonShapes().diagnostic().code, Code::ShapeMissing) << "one sample in each";
  write("c.npy", values({3, 5}));
  auto several = open({-1, -1}).commonShapes();
  ASSERT_FALSE(several.ok());
  EXPECT_EQ(several.diagnostic().code, Code::ShapeMissing);
  EXPECT_EQ(several.diagnostic().file, (folder / "c.npy").string());
  EXPECT_EQ(several.diagnostic().message,
            "expected samples of one shape for a model with open dimensions, found 1x4 and 1x5 of input 'x'");
}

TEST_F(DataSetTest, WantsInputsWithElements) {
  auto set = DataSet::open(write("a.npy", values({8, 4})), input({0, 4}));
  ASSERT_FALSE(set.ok());
  EXPECT_EQ(set.diagnostic().message,
            "expected inputs with elements for samples, found input 'x' of shape 0x4");
}

TEST_F(DataSetTest, RefusesWhatDoesNotFit) {
  EXPECT_EQ(samplesOf(folder, input({1, 2})).diagnostic().code, Code::InputData) << "an empty folder";
  EXPECT_EQ(samplesOf(write("a.npy", values({1, 1, 1, 2})), input({1, 2})).diagnostic().code, Code::InputData)
      << "rank";
  EXPECT_EQ(samplesOf(write("b.npy", values({4, 3})), input({1, 2})).diagnostic().code, Code::InputData)
      << "shape";
  EXPECT_EQ(samplesOf(folder / "none.npy", input({1, 2})).diagnostic().code, Code::FileKind);
}
