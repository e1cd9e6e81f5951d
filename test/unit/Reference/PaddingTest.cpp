// pad in all modes, with crops, pads longer than the axis, zero points and every way to be wrong.
#include "OpTesting.h"

namespace limbeck::reference {
namespace {

using testing::codeOf;
using testing::inferShape;
using testing::listOf;
using testing::quantization;
using testing::run;
using testing::tensorOf;
using testing::Typed;

using Integers = std::vector<int64_t>;

Attributes pad(Integers pads, const char *mode = "constant") {
  return {{"pads", std::move(pads)}, {"mode", std::string(mode)}};
}
TensorType f32(Shape shape) {
  return {DType::F32, std::move(shape), nullptr};
}

/// One axis 1 2 3 4 padded in a mode.
Integers padded(int64_t before, int64_t after, const char *mode) {
  Integers values = {1, 2, 3, 4};
  auto result = run("pad", pad({before, after}, mode), {{Tensor::fromIndices(values)}});
  EXPECT_TRUE(result.ok()) << result.diagnostic().text();
  return result ? (*result)[0].asIndices() : Integers{};
}

TEST(Padding, ModesOfOneAxis) {
  EXPECT_EQ(padded(2, 1, "constant"), (Integers{0, 0, 1, 2, 3, 4, 0}));
  EXPECT_EQ(padded(2, 1, "edge"), (Integers{1, 1, 1, 2, 3, 4, 4}));
  EXPECT_EQ(padded(2, 1, "reflect"), (Integers{3, 2, 1, 2, 3, 4, 3}));
  EXPECT_EQ(padded(2, 1, "wrap"), (Integers{3, 4, 1, 2, 3, 4, 1}));
  EXPECT_EQ(padded(0, 0, "wrap"), (Integers{1, 2, 3, 4}));
}

TEST(Padding, PadsLongerThanTheAxis) {
  EXPECT_EQ(padded(7, 8, "reflect"), (Integers{2, 1, 2, 3, 4, 3, 2, 1, 2, 3, 4, 3, 2, 1, 2, 3, 4, 3, 2}));
  EXPECT_EQ(padded(5, 6, "wrap"), (Integers{4, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2}));
  auto one = run("pad", pad({2, 3}, "reflect"), {{tensorOf<uint8_t>(DType::U8, {1}, {9})}});
  EXPECT_EQ(listOf<uint8_t>((*one)[0]), std::vector<uint8_t>(6, 9));
}

/// What is cropped is gone before anything is repeated, as in ONNX Runtime.
TEST(Padding, NegativePadsCropFirst) {
  EXPECT_EQ(padded(-1, -2, "constant"), Integers{2});
  EXPECT_EQ(padded(-2, -2, "edge"), Integers{});
  EXPECT_EQ(padded(-1, 2, "constant"), (Integers{2, 3, 4, 0, 0}));
  EXPECT_EQ(padded(-1, 2, "wrap"), (Integers{2, 3, 4, 2, 3}));
  EXPECT_EQ(padded(2, -1, "reflect"), (Integers{3, 2, 1, 2, 3}));
  EXPECT_EQ(padded(1, -3, "edge"), (Integers{1, 1}));
}

TEST(Padding, SeveralAxesWithAValue) {
  Tensor x = tensorOf<float>(DType::F32, {2, 1, 2}, {1, 2, 3, 4});
  auto result = run("pad", pad({0, 1, 1, 1, 0, 0}), {{x}, {Tensor::scalar(DType::F32, -7.0f)}});
  ASSERT_TRUE(result.ok()) << result.diagnostic().text();
  EXPECT_EQ((*result)[0].shape(), Shape({3, 2, 3}));
  EXPECT_EQ(listOf<float>((*result)[0]),
            (std::vector<float>{-7, -7, -7, -7, 1, 2, -7, -7, -7, -7, 3, 4, -7, -7, -7, -7, -7, -7}));
  auto empty = run("pad", pad({0, 1, 2, 0}),
                   {{std::move(*Tensor::zeros(DType::F64, {0, 1}))}, {Tensor::scalar(DType::F64, 2.5)}});
  ASSERT_TRUE(empty.ok()) << empty.diagnostic().text();
  EXPECT_EQ(listOf<double>((*empty)[0]), std::vector<double>(4, 2.5));
  EXPECT_TRUE(run("pad", pad({}), {{Tensor::scalar(DType::F32, 1.0f)}}).ok());
}

/// The default stands for the real 0; a value that is given is a stored one.
TEST(Padding, QuantizedZeroIsTheZeroPoint) {
  Typed x{tensorOf<int8_t>(DType::S8, {2}, {5, -6}), quantization(DType::S8, {0.5f}, {-3})};
  auto implicit = run("pad", pad({1, 1}), {x}, x.type());
  ASSERT_TRUE(implicit.ok()) << implicit.diagnostic().text();
  EXPECT_EQ(listOf<int8_t>((*implicit)[0]), (std::vector<int8_t>{-3, 5, -6, -3}));
  Typed value{Tensor::scalar(DType::S8, int8_t(9)), x.quantization};
  auto given = run("pad", pad({1, 1}), {x, value}, x.type());
  ASSERT_TRUE(given.ok()) << given.diagnostic().text();
  EXPECT_EQ(listOf<int8_t>((*given)[0]), (std::vector<int8_t>{9, 5, -6, 9}));
  Typed perAxis{x.value, quantization(DType::S8, {0.5f, 0.25f}, {-3, 4}, 0)};
  EXPECT_EQ(codeOf(run("pad", pad({0, 0}), {perAxis}, perAxis.type())), Code::Pad);
}

TEST(Padding, Shapes) {
  EXPECT_EQ(*inferShape("pad", pad({1, 0, 2, -3}), {f32({4, 5})}), Shape({7, 2}));
  EXPECT_EQ(*inferShape("pad", pad({1, 0, 2, -3}), {f32({kUnknown, 5})}), Shape({kUnknown, 2}));
}

TEST(Padding, Errors) {
  constexpr int64_t huge = int64_t(1) << 62, least = std::numeric_limits<int64_t>::min();
  for (const Integers &pads :
       {Integers{}, {1}, {1, 2, 3}, {-5, 9}, {9, -5}, {-3, -2}, {huge, huge}, {least, least}, {least, 0}})
    EXPECT_EQ(codeOf(inferShape("pad", pad(pads), {f32({4})})), Code::Pad) << shapeText(pads);
  EXPECT_EQ(codeOf(inferShape("pad", pad({1, 1}, "mirror"), {f32({4})})), Code::Pad);
  EXPECT_EQ(codeOf(inferShape("pad", pad({1, 1}, "reflect"), {f32({0})})), Code::Pad);
  EXPECT_EQ(codeOf(inferShape("pad", pad({-4, 1}, "edge"), {f32({4})})), Code::Pad);
  EXPECT_EQ(codeOf(inferShape("pad", pad({1, 1}), {f32({4}), {DType::F64, {}, nullptr}})), Code::DataType);
  EXPECT_EQ(codeOf(inferShape("pad", pad({1, 1}), {f32({4}), f32({1})})), Code::Rank);
}

} // namespace
} // namespace limbeck::reference
