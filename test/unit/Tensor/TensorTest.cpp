// Tensors in memory, their views, and the text of shapes and types.
#include "TensorTesting.h"
#include "limbeck/Tensor/TensorType.h"

namespace limbeck {
namespace {

using testing::codeOf;
using testing::listOf;
using testing::tensorOf;

TEST(Tensor, ZerosAreAlignedAndZero) {
  Tensor tensor = std::move(*Tensor::zeros(DType::F64, {3, 1, 5}));
  EXPECT_EQ(tensor.size(), 15);
  EXPECT_EQ(tensor.byteSize(), 120u);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(tensor.bytes()) % 64, 0u);
  EXPECT_EQ(listOf<double>(tensor), std::vector<double>(15, 0.0));
  Tensor empty = std::move(*Tensor::zeros(DType::U8, {2, 0}));
  EXPECT_EQ(empty.size(), 0);
  EXPECT_NE(empty.bytes(), nullptr);
}

TEST(Tensor, ImpossibleShapesAreErrors) {
  EXPECT_EQ(codeOf(Tensor::zeros(DType::U8, {-3})), Code::Dim);
  EXPECT_EQ(codeOf(Tensor::zeros(DType::U8, {kUnknown})), Code::Shape);
  EXPECT_EQ(codeOf(Tensor::zeros(DType::U8, {int64_t(1) << 40, int64_t(1) << 40})), Code::SizeOverflow);
  EXPECT_EQ(codeOf(Tensor::zeros(DType::U8, {11}, 10)), Code::SizeOverflow);
}

TEST(Tensor, CopiesShareBytes) {
  Tensor tensor = tensorOf<int32_t>(DType::S32, {2, 3}, {1, 2, 3, 4, 5, 6});
  Tensor reshaped = tensor.reshaped({3, 2});
  EXPECT_EQ(reshaped.bytes(), tensor.bytes());
  EXPECT_EQ(reshaped.shape(), Shape({3, 2}));
  EXPECT_FALSE(reshaped.identical(tensor));
  EXPECT_TRUE(reshaped.reshaped({2, 3}).identical(tensor));
  EXPECT_FALSE(tensorOf<uint32_t>(DType::U32, {1}, {1}).identical(tensorOf<int32_t>(DType::S32, {1}, {1})));
}

TEST(Tensor, ValuesOfAnyType) {
  EXPECT_EQ(tensorOf<int8_t>(DType::S4, {2}, {-8, 7}).asIndices(), std::vector<int64_t>({-8, 7}));
  EXPECT_EQ(tensorOf<bool>(DType::Bool, {2}, {true, false}).asIndices(), std::vector<int64_t>({1, 0}));
  EXPECT_EQ(Tensor::scalar(DType::F16, Float16(-0.5f)).asDouble(0), -0.5);
  EXPECT_EQ(Tensor::scalar(DType::U64, ~uint64_t(0)).asDouble(0), 0x1p64);
  std::vector<int64_t> dims = {4, 0, -1};
  EXPECT_EQ(Tensor::fromIndices(dims).asIndices(), dims);
}

TEST(Tensor, StridesAndText) {
  EXPECT_EQ(rowMajorStrides(Shape{2, 3, 4}), (std::vector<int64_t>{12, 4, 1}));
  EXPECT_EQ(rowMajorStrides(Shape{}), std::vector<int64_t>());
  EXPECT_EQ(shapeText(Shape{1, kUnknown, 48}), "1x?x48");
  EXPECT_EQ(shapeText(Shape{}), "scalar");
}

TEST(TensorType, TextAndComparison) {
  TensorType plain{DType::F32, {1, 3, kUnknown}, nullptr};
  EXPECT_EQ(plain.text(), "f32[1x3x?]");
  EXPECT_FALSE(plain.isStatic());
  TensorType quantized{
      DType::U8, {4}, std::make_shared<Quantization>(Quantization{DType::F32, -1, {0.5f}, {128}, 0, 255})};
  TensorType same{DType::U8, {4}, std::make_shared<Quantization>(*quantized.quantization)};
  EXPECT_EQ(quantized, same);
  EXPECT_EQ(quantized.expressed(), DType::F32);
  EXPECT_TRUE(quantized.text().starts_with("u8[4]:f32{0.5")) << quantized.text();
  EXPECT_FALSE(quantized == (TensorType{DType::U8, {4}, nullptr}));
}

} // namespace
} // namespace limbeck
