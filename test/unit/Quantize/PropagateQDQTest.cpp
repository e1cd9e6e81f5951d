// Exchanging quantize and dequantize with data movement changes no bit.
#include "../Graph/PassTest.h"
#include "limbeck/Quantize/Passes.h"

namespace limbeck::test {
namespace {

using PropagateQDQ = PassTest;
constexpr std::initializer_list<PassFactory> propagation = {quantize::createPropagateQDQPass};

TEST_F(PropagateQDQ, PerAxisThroughReshapeAndTranspose) {
  auto module = expectSameBits(R"(
    !a = !quant.uniform<i8:f32:1, {0.10000000149011612:3, 0.20000000298023224:-4, 0.30000001192092896:5}>
    !b = !quant.uniform<i8:f32:2, {0.10000000149011612:3, 0.20000000298023224:-4, 0.30000001192092896:5}>
    func.func @main(%x: tensor<2x3x4xsi8>) -> tensor<4x2x3xsi8> {
    %0 = limbeck.storage_cast %x : (tensor<2x3x4xsi8>) -> tensor<2x3x4x!a>
    %1 = limbeck.dequantize %0 : (tensor<2x3x4x!a>) -> tensor<2x3x4xf32>
    %2 = limbeck.transpose %1 perm = [2, 0, 1] : (tensor<2x3x4xf32>) -> tensor<4x2x3xf32>
    %3 = limbeck.reshape %2 shape = [4, 2, 3] : (tensor<4x2x3xf32>) -> tensor<4x2x3xf32>
    %4 = limbeck.quantize %3 : (tensor<4x2x3xf32>) -> tensor<4x2x3x!b>
    %5 = limbeck.storage_cast %4 : (tensor<4x2x3x!b>) -> tensor<4x2x3xsi8>
    return %5 : tensor<4x2x3xsi8>
  })",
                               propagation);
  EXPECT_EQ(countOf<graph::QuantizeOp>(*module) + countOf<graph::DequantizeOp>(*module), 0);
}

TEST_F(PropagateQDQ, ConcatOfDifferentParametersQuantizesEachPart) {
  auto module = expectSameBits(R"(
    !a = !quant.uniform<u8:f32, 0.10000000149011612:3>
    !b = !quant.uniform<u8:f32, 0.30000001192092896:100>
    func.func @main(%x: tensor<2x3xui8>, %y: tensor<2x4xui8>) -> tensor<2x7xui8> {
    %0 = limbeck.storage_cast %x : (tensor<2x3xui8>) -> tensor<2x3x!a>
    %1 = limbeck.dequantize %0 : (tensor<2x3x!a>) -> tensor<2x3xf32>
    %2 = limbeck.storage_cast %y : (tensor<2x4xui8>) -> tensor<2x4x!b>
    %3 = limbeck.dequantize %2 : (tensor<2x4x!b>) -> tensor<2x4xf32>
    %4 = limbeck.concat %1, %3 axis = 1 : (tensor<2x3xf32>, tensor<2x4xf32>) -> tensor<2x7xf32>
    %5 = limbeck.quantize %4 : (tensor<2x7xf32>) -> tensor<2x7x!b>
    %6 = limbeck.storage_cast %5 : (tensor<2x7x!b>) -> tensor<2x7xui8>
    return %6 : tensor<2x7xui8>
  })",
                               propagation);
  // The part whose parameters are those of the result is not touched at all.
  EXPECT_EQ(countOf<graph::QuantizeOp>(*module), 1);
}

TEST_F(PropagateQDQ, PadTakesTheStoredValue) {
  auto module = expectSameBits(R"(
    !a = !quant.uniform<u8:f32, 0.5:7>
    func.func @main(%x: tensor<2x3xui8>, %f: tensor<2x3xf32>) -> (tensor<4x4xf32>, tensor<3x3xui8>) {
    %v = limbeck.const dense<2.5> : tensor<f32>
    %odd = limbeck.const dense<0.3> : tensor<f32>
    %0 = limbeck.storage_cast %x : (tensor<2x3xui8>) -> tensor<2x3x!a>
    %1 = limbeck.dequantize %0 : (tensor<2x3x!a>) -> tensor<2x3xf32>
    %2 = limbeck.pad %1, %v pads = [1, 0, 1, 1] mode = "constant" : (tensor<2x3xf32>, tensor<f32>) -> tensor<4x4xf32>
    %3 = limbeck.pad %f, %odd pads = [0, 0, 1, 0] mode = "constant" : (tensor<2x3xf32>, tensor<f32>) -> tensor<3x3xf32>
    %4 = limbeck.quantize %3 : (tensor<3x3xf32>) -> tensor<3x3x!a>
    %5 = limbeck.storage_cast %4 : (tensor<3x3x!a>) -> tensor<3x3xui8>
    return %2, %5 : tensor<4x4xf32>, tensor<3x3xui8>
  })",
                               propagation);
  module->walk(
      [](graph::PadOp pad) { EXPECT_FALSE(mlir::isa<mlir::FloatType>(pad.getType().getElementType())); });
}

TEST_F(PropagateQDQ, BorderWithoutStoredFormKeepsThePadInFloat) {
  auto module = expectSameBits(R"(
    !a = !quant.uniform<u8:f32, 0.5:7>
    func.func @main(%x: tensor<2x3xui8>) -> tensor<2x5xf32> {
    %v = limbeck.const dense<0.3> : tensor<f32>
    %0 = limbeck.storage_cast %x : (tensor<2x3xui8>) -> tensor<2x3x!a>
    %1 = limbeck.dequantize %0 : (tensor<2x3x!a>) -> tensor<2x3xf32>
    %2 = limbeck.pad %1, %v pads = [0, 1, 0, 1] mode = "constant" : (tensor<2x3xf32>, tensor<f32>) -> tensor<2x5xf32>
    return %2 : tensor<2x5xf32>
  })",
                               propagation);
  module->walk(
      [](graph::PadOp pad) { EXPECT_TRUE(mlir::isa<mlir::FloatType>(pad.getType().getElementType())); });
}

TEST_F(PropagateQDQ, GatherSliceTileExpandPoolAndResize) {
  expectSameBits(R"(
    !a = !quant.uniform<i8:f32, 0.3700000047683716:-5>
    func.func @main(%x: tensor<1x2x4x4xsi8>) -> (tensor<1x3x4x4xf32>, tensor<1x1x4x2xf32>, tensor<1x4x4x4xf32>, tensor<3x2x4x4xf32>, tensor<1x2x3x3xf32>, tensor<1x2x8x4xsi8>) {
    %i = limbeck.const dense<[1, 0, -1]> : tensor<3xsi64>
    %0 = limbeck.storage_cast %x : (tensor<1x2x4x4xsi8>) -> tensor<1x2x4x4x!a>
    %1 = limbeck.dequantize %0 : (tensor<1x2x4x4x!a>) -> tensor<1x2x4x4xf32>
    %2 = limbeck.gather %1, %i axis = 1 : (tensor<1x2x4x4xf32>, tensor<3xsi64>) -> tensor<1x3x4x4xf32>
    %3 = limbeck.slice %1 starts = [0, 1, 0, 3] ends = [1, 2, 4, -9] steps = [1, 1, 1, -2] : (tensor<1x2x4x4xf32>) -> tensor<1x1x4x2xf32>
    %4 = limbeck.tile %1 repeats = [1, 2, 1, 1] : (tensor<1x2x4x4xf32>) -> tensor<1x4x4x4xf32>
    %5 = limbeck.expand %1 shape = [3, 2, 4, 4] : (tensor<1x2x4x4xf32>) -> tensor<3x2x4x4xf32>
    %6 = limbeck.max_pool %1 kernel = [2, 2] strides = [2, 2] pads = [1, 1, 1, 1] dilations = [1, 1] ceil_mode = false layout = "NCHW" : (tensor<1x2x4x4xf32>) -> tensor<1x2x3x3xf32>
    %7 = limbeck.resize %1 mode = "nearest" coordinate_mode = "asymmetric" nearest_mode = "floor" scales = [1.0, 1.0, 2.0, 1.0] sizes = [-1, -1, -1, -1] extrapolation_value = 0.0 roi = [] : (tensor<1x2x4x4xf32>) -> tensor<1x2x8x4xf32>
    %8 = limbeck.quantize %7 : (tensor<1x2x8x4xf32>) -> tensor<1x2x8x4x!a>
    %9 = limbeck.storage_cast %8 : (tensor<1x2x8x4x!a>) -> tensor<1x2x8x4xsi8>
    return %2, %3, %4, %5, %6, %9 : tensor<1x3x4x4xf32>, tensor<1x1x4x2xf32>, tensor<1x4x4x4xf32>, tensor<3x2x4x4xf32>, tensor<1x2x3x3xf32>, tensor<1x2x8x4xsi8>
  })",
                 propagation);
}

} // namespace
} // namespace limbeck::test
