// Folding parameters into types changes no bit, and does not fire where a sum may wrap.
#include "../Graph/PassTest.h"
#include "limbeck/Quantize/Passes.h"

namespace limbeck::test {
namespace {

using FoldParameters = PassTest;
constexpr std::initializer_list<PassFactory> folding = {quantize::createFoldParametersPass};

TEST_F(FoldParameters, QuantizeAndDequantizePerTensorAndPerAxis) {
  auto module =
      expectSameBits(R"(func.func @main(%x: tensor<2x3x5xf32>) -> (tensor<2x3x5xui8>, tensor<2x3x5xf32>) {
    %s = limbeck.const dense<0.03> : tensor<f32>
    %z = limbeck.const dense<113> : tensor<ui8>
    %sa = limbeck.const dense<[0.03, 0.01, 0.2]> : tensor<3xf32>
    %za = limbeck.const dense<[0, -7, 5]> : tensor<3xsi8>
    %q = limbeck.quantize_by %x, %s, %z axis = 0 block_size = 0 : (tensor<2x3x5xf32>, tensor<f32>, tensor<ui8>) -> tensor<2x3x5xui8>
    %qa = limbeck.quantize_by %x, %sa, %za axis = 1 block_size = 0 : (tensor<2x3x5xf32>, tensor<3xf32>, tensor<3xsi8>) -> tensor<2x3x5xsi8>
    %d = limbeck.dequantize_by %qa, %sa, %za axis = 1 block_size = 0 to = f32 : (tensor<2x3x5xsi8>, tensor<3xf32>, tensor<3xsi8>) -> tensor<2x3x5xf32>
    return %q, %d : tensor<2x3x5xui8>, tensor<2x3x5xf32>
  })",
                     folding);
  EXPECT_EQ(countOf<graph::QuantizeByOp>(*module) + countOf<graph::DequantizeByOp>(*module), 0);
}

TEST_F(FoldParameters, HalfPrecisionKeepsItsRounding) {
  auto module = expectSameBits(R"(func.func @main(%x: tensor<4x7xf16>) -> tensor<4x7xf16> {
    %s = limbeck.const dense<0.03> : tensor<f16>
    %z = limbeck.const dense<3> : tensor<si8>
    %q = limbeck.quantize_by %x, %s, %z axis = 0 block_size = 0 : (tensor<4x7xf16>, tensor<f16>, tensor<si8>) -> tensor<4x7xsi8>
    %d = limbeck.dequantize_by %q, %s, %z axis = 0 block_size = 0 to = f16 : (tensor<4x7xsi8>, tensor<f16>, tensor<si8>) -> tensor<4x7xf16>
    return %d : tensor<4x7xf16>
  })",
                               folding);
  EXPECT_EQ(countOf<graph::DequantizeOp>(*module), 1);
}

constexpr llvm::StringLiteral groupedConvolution = R"(
  func.func @main(%x: tensor<2x4x7x5xui8>, %w: tensor<6x2x3x3xsi8>) -> tensor<2x6x4x5xsi8> {
    %zx = limbeck.const dense<131> : tensor<ui8>
    %zw = limbeck.const dense<[0, 3, -5, 0, 127, -128]> : tensor<6xsi8>
    %b = limbeck.const dense<[-900, 0, 7, 100000, -5, 33]> : tensor<6xsi32>
    %sx = limbeck.const dense<0.02> : tensor<f32>
    %sw = limbeck.const dense<[0.01, 0.02, 0.03, 0.04, 0.05, 0.06]> : tensor<6xf32>
    %sy = limbeck.const dense<0.7> : tensor<f32>
    %zy = limbeck.const dense<-11> : tensor<si8>
    %a = limbeck.conv_integer %x, %w, %zx, %zw, %b strides = [2, 1] pads = [1, 1, 1, 1] dilations = [1, 1] groups = 2 layout = "NCHW"
      : (tensor<2x4x7x5xui8>, tensor<6x2x3x3xsi8>, tensor<ui8>, tensor<6xsi8>, tensor<6xsi32>) -> tensor<2x6x4x5xsi32>
    %y = limbeck.requantize_by %a, %sx, %sw, %sy, %zy axis = 1
      : (tensor<2x6x4x5xsi32>, tensor<f32>, tensor<6xf32>, tensor<f32>, tensor<si8>) -> tensor<2x6x4x5xsi8>
    return %y : tensor<2x6x4x5xsi8>
  })";

TEST_F(FoldParameters, GroupedConvolutionWithWeightsThatAreNotConstant) {
  auto module = expectSameBits(groupedConvolution, folding);
  EXPECT_EQ(countOf<graph::ConvOp>(*module), 1);
  EXPECT_EQ(countOf<graph::ConvIntegerOp>(*module), 0);
}

TEST_F(FoldParameters, MatrixProductWithZeroPointsPerColumn) {
  auto module = expectSameBits(R"(func.func @main(%a: tensor<3x5xsi8>) -> tensor<3x2xui8> {
    %w = limbeck.const dense<[[1, -2], [3, 127], [-128, 6], [7, 8], [0, 1]]> : tensor<5x2xsi8>
    %za = limbeck.const dense<-3> : tensor<1xsi8>
    %zw = limbeck.const dense<[4, -9]> : tensor<2xsi8>
    %sx = limbeck.const dense<0.5> : tensor<1xf32>
    %sw = limbeck.const dense<0.25> : tensor<f32>
    %sy = limbeck.const dense<30.0> : tensor<f32>
    %zy = limbeck.const dense<128> : tensor<ui8>
    %m = limbeck.matmul_integer %a, %w, %za, %zw : (tensor<3x5xsi8>, tensor<5x2xsi8>, tensor<1xsi8>, tensor<2xsi8>) -> tensor<3x2xsi32>
    %y = limbeck.requantize_by %m, %sx, %sw, %sy, %zy axis = 1
      : (tensor<3x2xsi32>, tensor<1xf32>, tensor<f32>, tensor<f32>, tensor<ui8>) -> tensor<3x2xui8>
    return %y : tensor<3x2xui8>
  })",
                               folding);
  EXPECT_EQ(countOf<graph::MatmulOp>(*module), 1);
}

TEST_F(FoldParameters, SumThatMayWrapStaysInOperandForm) {
  // 2^31 - 1 of bias and any product at all: the integer op wraps, a quantized one would saturate.
  auto module = expectSameBits(R"(func.func @main(%a: tensor<3x1xui8>) -> tensor<3x1xui8> {
    %w = limbeck.const dense<1> : tensor<1x1xui8>
    %z = limbeck.const dense<0> : tensor<ui8>
    %b = limbeck.const dense<2147483647> : tensor<1xsi32>
    %s = limbeck.const dense<0.0000001> : tensor<f32>
    %one = limbeck.const dense<1.0> : tensor<f32>
    %zy = limbeck.const dense<128> : tensor<ui8>
    %m = limbeck.matmul_integer %a, %w, %z, %z, %b
      : (tensor<3x1xui8>, tensor<1x1xui8>, tensor<ui8>, tensor<ui8>, tensor<1xsi32>) -> tensor<3x1xsi32>
    %y = limbeck.requantize_by %m, %s, %one, %one, %zy axis = 1
      : (tensor<3x1xsi32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<ui8>) -> tensor<3x1xui8>
    return %y : tensor<3x1xui8>
  })",
                               folding);
  EXPECT_EQ(countOf<graph::MatmulIntegerOp>(*module), 1);
}

TEST_F(FoldParameters, TheBoundUsesTheWeightsThatThereAre) {
  // 70000 products of 255 * 127 reach 2^31; the weights here are 1.
  auto module = expectSameBits(R"(func.func @main(%a: tensor<2x70000xui8>) -> tensor<2x1xui8> {
    %w = limbeck.const dense<1> : tensor<70000x1xsi8>
    %z = limbeck.const dense<0> : tensor<ui8>
    %zw = limbeck.const dense<0> : tensor<si8>
    %s = limbeck.const dense<0.00001> : tensor<f32>
    %m = limbeck.matmul_integer %a, %w, %z, %zw : (tensor<2x70000xui8>, tensor<70000x1xsi8>, tensor<ui8>, tensor<si8>) -> tensor<2x1xsi32>
    %one = limbeck.const dense<1.0> : tensor<f32>
    %y = limbeck.requantize_by %m, %s, %one, %one, %z axis = 1
      : (tensor<2x1xsi32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<ui8>) -> tensor<2x1xui8>
    return %y : tensor<2x1xui8>
  })",
                               folding);
  EXPECT_EQ(countOf<graph::MatmulOp>(*module), 1);
}

} // namespace
} // namespace limbeck::test
