// Types and attributes convert one to one.
#include "limbeck/Graph/IR/Conversion.h"
#include "IrTest.h"

namespace limbeck::test {
namespace {

using ConversionTest = IrTest;

TensorType quantizedType(DType dtype, Shape shape, Quantization quantization) {
  return {dtype, std::move(shape), std::make_shared<const Quantization>(std::move(quantization))};
}

TEST_F(ConversionTest, TensorTypesRoundTrip) {
  for (const TensorType &type :
       {TensorType{DType::Bool, {}, nullptr}, TensorType{DType::U4, {3}, nullptr},
        TensorType{DType::S64, {0, 2}, nullptr}, TensorType{DType::BF16, {kUnknown, 3, kUnknown}, nullptr},
        quantizedType(DType::U8, {1, kUnknown}, {DType::F32, -1, {0.1f}, {128}, 0, 255}),
        quantizedType(DType::S4, {2, 2}, {DType::F16, -1, {0.5f}, {-7}, -7, 7}),
        quantizedType(DType::S32, {3},
                      {DType::F32, 0, {0.1f, 0.2f, 1e-30f}, {0, 0, 0}, INT32_MIN, INT32_MAX}),
        quantizedType(DType::S8, {4, kUnknown}, {DType::F32, 1, {0.1f, 0.2f}, {0, 5}, -127, 127})}) {
    auto mlirType = graph::fromTensorType(&context, type);
    ASSERT_TRUE(mlirType) << type.text() << mlirType.diagnostic().text();
    auto back = graph::toTensorType(*mlirType);
    ASSERT_TRUE(back) << back.diagnostic().text();
    EXPECT_EQ(*back, type) << type.text() << " became " << back->text();
  }
}

TEST_F(ConversionTest, ImpossibleQuantizationIsAnError) {
  auto codeOf = [&](DType dtype, Quantization quantization) -> std::optional<Code> {
    auto type = graph::fromTensorType(&context, quantizedType(dtype, {2}, std::move(quantization)));
    return type ? std::nullopt : std::optional(type.diagnostic().code);
  };
  for (float scale :
       {0.0f, -1.0f, std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()})
    EXPECT_EQ(codeOf(DType::U8, {DType::F32, -1, {scale}, {0}, 0, 255}), Code::ScaleRange) << scale;
  EXPECT_EQ(codeOf(DType::U8, {DType::F16, -1, {1e-9f}, {0}, 0, 255}), Code::ScaleRange);
  EXPECT_EQ(codeOf(DType::U8, {DType::F32, -1, {1.0f}, {0}, 0, 256}), Code::ZeroPoint);
  EXPECT_EQ(codeOf(DType::S4, {DType::F32, -1, {1.0f}, {0}, 3, 3}), Code::ZeroPoint);
  EXPECT_EQ(codeOf(DType::U8, {DType::F32, -1, {}, {}, 0, 255}), Code::Scale);
  EXPECT_EQ(codeOf(DType::U8, {DType::F32, 0, {1.0f, 2.0f}, {0}, 0, 255}), Code::Scale);
  EXPECT_EQ(codeOf(DType::S64, {DType::F32, -1, {1.0f}, {0}, 0, 1}), Code::UnsupportedType);
  EXPECT_EQ(codeOf(DType::U8, {DType::S32, -1, {1.0f}, {0}, 0, 255}), Code::UnsupportedType);
  EXPECT_EQ(codeOf(DType::U8, {DType::F32, -1, {1e-40f}, {0}, 0, 255}), std::nullopt);
}

TEST_F(ConversionTest, AttributesRoundTrip) {
  auto module = parse(R"(
    func.func @f(%x: tensor<1x3x4x4xf32>) {
      %y = limbeck.resize %x mode = "nearest" coordinate_mode = "asymmetric" nearest_mode = "floor"
        scales = [1.0, 1.0, 2.0, 2.0] sizes = [-1, -1, -1, -1] extrapolation_value = 0.5 roi = []
        : (tensor<1x3x4x4xf32>) -> tensor<1x3x8x8xf32>
      %z = limbeck.cast %y to = si4 {limbeck.tag = 1 : i64} : (tensor<1x3x8x8xf32>) -> tensor<1x3x8x8xsi4>
      %a = limbeck.reduce_sum %y axes = [0, 2] keepdims = true : (tensor<1x3x8x8xf32>) -> tensor<1x3x1x8xf32>
      return
    })");
  int seen = 0;
  module->walk([&](mlir::Operation *op) {
    if (op->getName().getDialectNamespace() != "limbeck")
      return;
    auto attributes = graph::toAttributes(op);
    ASSERT_TRUE(attributes) << attributes.diagnostic().text();
    mlir::NamedAttrList list = graph::fromAttributes(&context, *attributes);
    EXPECT_EQ(list.getAttrs().size(), op->getName().getAttributeNames().size());
    for (mlir::NamedAttribute entry : list)
      EXPECT_EQ(entry.getValue(), op->getAttr(entry.getName())) << entry.getName().str();
    ++seen;
  });
  EXPECT_EQ(seen, 3);
}

} // namespace
} // namespace limbeck::test
