// Arrays read row by row are those read whole.
#include "limbeck/Tensor/ArrayRows.h"
#include "limbeck/Tensor/Npy.h"
#include "limbeck/Tensor/Random.h"
#include <filesystem>
#include <gtest/gtest.h>
#include <unistd.h>

namespace limbeck {
namespace {

class ArrayRowsTest : public ::testing::Test {
protected:
  void SetUp() override {
    folder = std::filesystem::temp_directory_path() / message("limbeck-array-rows-", ::getpid());
    std::filesystem::create_directories(folder);
  }
  void TearDown() override { std::filesystem::remove_all(folder); }
  std::string path(const std::string &name) const { return folder / name; }
  static Tensor values(Shape shape) { return *randomTensor({DType::F32, std::move(shape), nullptr}, 3); }
  std::string write(const std::string &name, const std::string &content) const {
    EXPECT_TRUE(writeFileAtomically(path(name), bytesOf(content)).ok());
    return path(name);
  }
  static std::string textOf(const std::string &path) {
    std::vector<std::byte> bytes = *readFile(path);
    return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
  }
  /// All rows, `count` at a time.
  static Expected<std::vector<Tensor>> rowsOf(ArrayRows &array, int64_t count) {
    std::vector<Tensor> rows;
    for (int64_t row = 0; row < array.rows(); row += count) {
      LIMBECK_ASSIGN(Tensor next, array.next(count));
      rows.push_back(std::move(next));
    }
    return rows;
  }

  std::filesystem::path folder;
};

TEST_F(ArrayRowsTest, RowsAreThoseOfTheWhole) {
  Tensor x = values({6, 2, 3}), y = values({6});
  NamedTensor both[] = {{"x", x}, {"y", y}};
  ASSERT_TRUE(writeNpz(path("a.npz"), both).ok());
  ASSERT_TRUE(writeNpy(path("a.npy"), x).ok());
  for (const char *name : {"a.npz", "a.npy"}) {
    auto arrays = openArrays(path(name));
    ASSERT_TRUE(arrays.ok());
    ArrayRows &array = arrays->front();
    EXPECT_EQ(array.name(), name == std::string("a.npz") ? "x" : "");
    EXPECT_EQ(array.shape(), (Shape{6, 2, 3}));
    auto rows = rowsOf(array, 2);
    ASSERT_TRUE(rows.ok());
    for (size_t i = 0; i < rows->size(); ++i) {
      EXPECT_EQ((*rows)[i].shape(), (Shape{2, 2, 3}));
      EXPECT_EQ((*rows)[i].values<float>()[0], x.values<float>()[12 * i]);
    }
    EXPECT_EQ(array.next(1).diagnostic().code, Code::Npy) << "there are no more";
  }
}

TEST_F(ArrayRowsTest, ScalarsAndEmptyArrays) {
  ASSERT_TRUE(writeNpy(path("scalar.npy"), values({})).ok());
  ASSERT_TRUE(writeNpy(path("empty.npy"), values({0, 4})).ok());
  EXPECT_EQ(openArrays(path("scalar.npy"))->front().next(1)->shape(), Shape());
  EXPECT_EQ(openArrays(path("empty.npy"))->front().rows(), 0);
}

TEST_F(ArrayRowsTest, ColumnMajorOrderIsTurned) {
  // 2x3, the first index fastest: 0 1 2 / 10 11 12.
  std::string header = npyHeader(DType::F32, {2, 3});
  header.replace(header.find("False"), 5, "True ");
  const float stored[] = {0, 10, 1, 11, 2, 12};
  std::string file =
      write("f.npy", header + std::string(reinterpret_cast<const char *>(stored), sizeof stored));
  auto arrays = openArrays(file);
  ASSERT_TRUE(arrays.ok()) << arrays.diagnostic().text();
  ASSERT_TRUE(arrays->front().next(1).ok());
  auto second = arrays->front().next(1);
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(second->values<float>()[0], 10);
  EXPECT_EQ(second->values<float>()[2], 12);
}

TEST_F(ArrayRowsTest, DamageIsFound) {
  NamedTensor one[] = {{"x", values({4, 5})}};
  ASSERT_TRUE(writeNpz(path("a.npz"), one).ok());
  std::string whole = textOf(path("a.npz"));
  std::string changed = whole;
  changed[whole.find("NUMPY") + 150] ^= 1; // inside the elements
  auto arrays = openArrays(write("b.npz", changed));
  ASSERT_TRUE(arrays.ok());
  EXPECT_EQ(rowsOf(arrays->front(), 1).diagnostic().code, Code::Npy) << "the checksum is wrong at the end";
  for (size_t length = 0; length < whole.size(); length += 7)
    EXPECT_EQ(openArrays(write("c.npz", whole.substr(0, length))).diagnostic().code, Code::Npy) << length;
  ASSERT_TRUE(writeNpy(path("a.npy"), one[0].value).ok());
  whole = textOf(path("a.npy"));
  for (size_t length = 0; length < whole.size(); length += 7)
    EXPECT_EQ(openArrays(write("c.npy", whole.substr(0, length))).diagnostic().code, Code::Npy) << length;
  EXPECT_EQ(openArrays(path("none.npy")).diagnostic().code, Code::FileKind);
}

/// Any byte of an archive may be another one: then it is refused, or its arrays are.
TEST_F(ArrayRowsTest, AnyByteMayBeWrong) {
  NamedTensor one[] = {{"x", values({2})}};
  ASSERT_TRUE(writeNpz(path("a.npz"), one).ok());
  std::string whole = textOf(path("a.npz"));
  for (size_t at = 0; at < whole.size(); ++at) {
    std::string changed = whole;
    changed[at] = static_cast<char>(~changed[at]);
    auto arrays = openArrays(write("b.npz", changed));
    if (arrays.ok())
      for (ArrayRows &array : *arrays)
        (void)rowsOf(array, 1);
    // What reads the whole file is of the same opinion about what can be opened at all.
    EXPECT_TRUE(arrays.ok() || !readNpz(path("b.npz")).ok()) << at;
  }
}

} // namespace
} // namespace limbeck
