// Channels last change no bit, and the transposes between ops that can take them cancel.
#include "../Graph/PassTest.h"
#include "limbeck/Layout/Passes.h"
#include "mlir/Transforms/Passes.h"

namespace limbeck::test {
namespace {

class ConvertToNHWC : public PassTest {
protected:
  /// The number of transposes that are left.
  int transposesOf(llvm::StringRef text) {
    auto module = expectSameBits(
        text, {layout::createConvertToNHWCPass, mlir::createCSEPass, layout::createVerifyLayoutPass});
    return countOf<graph::TransposeOp>(*module);
  }
  /// A convolution of a 1x6x8x8 input, `body` from %c to %y of type `result`, and the transposes that are
  /// left.
  int behindConvolution(llvm::StringRef body, llvm::StringRef result) {
    std::string text =
        R"(func.func @main(%x: tensor<1x6x8x8xf32>, %w: tensor<6x6x3x3xf32>, %z: tensor<1x6x1x1xf32>) -> )" +
        result.str() + R"( {
      %c = limbeck.conv %x, %w strides = [1, 1] pads = [1, 1, 1, 1] dilations = [1, 1] groups = 1 layout = "NCHW"
        : (tensor<1x6x8x8xf32>, tensor<6x6x3x3xf32>) -> tensor<1x6x8x8xf32>
      )" +
        body.str() + R"(
      return %y : )" +
        result.str() + "\n}";
    return transposesOf(text);
  }
};

TEST_F(ConvertToNHWC, EachLayoutOpAlone) {
  EXPECT_EQ(
      transposesOf(
          R"(func.func @main(%x: tensor<2x4x5x7xui8>, %w: tensor<6x2x3x2xsi8>, %b: tensor<6xsi32>) -> tensor<2x6x3x7xsi32> {
    %z = limbeck.const dense<131> : tensor<ui8>
    %zw = limbeck.const dense<[1, 2, 3, -4, 5, 6]> : tensor<6xsi8>
    %y = limbeck.conv_integer %x, %w, %z, %zw, %b strides = [2, 1] pads = [1, 0, 1, 1] dilations = [1, 1] groups = 2 layout = "NCHW"
      : (tensor<2x4x5x7xui8>, tensor<6x2x3x2xsi8>, tensor<ui8>, tensor<6xsi8>, tensor<6xsi32>) -> tensor<2x6x3x7xsi32>
    return %y : tensor<2x6x3x7xsi32>
  })"),
      2);
  EXPECT_EQ(transposesOf(
                R"(func.func @main(%x: tensor<2x4x3x5xf32>, %w: tensor<4x3x2x2xf32>) -> tensor<2x3x6x10xf32> {
    %y = limbeck.conv_transpose %x, %w strides = [2, 2] pads = [0, 0, 0, 0] dilations = [1, 1] output_padding = [0, 0] groups = 1 layout = "NCHW"
      : (tensor<2x4x3x5xf32>, tensor<4x3x2x2xf32>) -> tensor<2x3x6x10xf32>
    return %y : tensor<2x3x6x10xf32>
  })"),
            2);
  EXPECT_EQ(transposesOf(R"(func.func @main(%x: tensor<2x3x7xf32>) -> tensor<2x3x3xsi64> {
    %y = limbeck.arg_max_pool %x kernel = [3] strides = [2] pads = [0, 0] dilations = [1] ceil_mode = false storage_order = 0 layout = "NCHW"
      : (tensor<2x3x7xf32>) -> tensor<2x3x3xsi64>
    return %y : tensor<2x3x3xsi64>
  })"),
            2);
  EXPECT_EQ(transposesOf(R"(func.func @main(%x: tensor<?x3x4x5x6xf32>) -> tensor<?x3x2x2x3xf32> {
    %y = limbeck.average_pool %x kernel = [2, 3, 2] strides = [2, 2, 2] pads = [0, 1, 0, 0, 0, 0] dilations = [1, 1, 1] ceil_mode = false count_include_pad = false layout = "NCHW"
      : (tensor<?x3x4x5x6xf32>) -> tensor<?x3x2x2x3xf32>
    return %y : tensor<?x3x2x2x3xf32>
  })"),
            2);
}

TEST_F(ConvertToNHWC, ResidualBlockKeepsTheOutermostTransposes) {
  EXPECT_EQ(behindConvolution(R"(
    %p = limbeck.const dense<[[[0.1]], [[0.2]], [[0.3]], [[-0.4]], [[0.5]], [[0.6]]]> : tensor<6x1x1xf32>
    %r = limbeck.prelu %c, %p : (tensor<1x6x8x8xf32>, tensor<6x1x1xf32>) -> tensor<1x6x8x8xf32>
    %d = limbeck.conv %r, %w strides = [1, 1] pads = [1, 1, 1, 1] dilations = [1, 1] groups = 1 layout = "NCHW"
      : (tensor<1x6x8x8xf32>, tensor<6x6x3x3xf32>) -> tensor<1x6x8x8xf32>
    %y = limbeck.add %d, %r : (tensor<1x6x8x8xf32>, tensor<1x6x8x8xf32>) -> tensor<1x6x8x8xf32>)",
                              "tensor<1x6x8x8xf32>"),
            2);
}

TEST_F(ConvertToNHWC, ScaleByChannelThatIsNoTransposeBecomesAReshape) {
  EXPECT_EQ(behindConvolution(
                "%y = limbeck.mul %c, %z : (tensor<1x6x8x8xf32>, tensor<1x6x1x1xf32>) -> tensor<1x6x8x8xf32>",
                "tensor<1x6x8x8xf32>"),
            2);
}

TEST_F(ConvertToNHWC, OpsWhoseAttributesNameDimensions) {
  // A result without spatial dimensions needs no transpose at all.
  for (llvm::StringRef reduce : {"reduce_mean", "reduce_sum", "reduce_prod", "reduce_max"})
    EXPECT_EQ(
        behindConvolution(("%y = limbeck." + reduce +
                           " %c axes = [2, 3] keepdims = false : (tensor<1x6x8x8xf32>) -> tensor<1x6xf32>")
                              .str(),
                          "tensor<1x6xf32>"),
        1);
  EXPECT_EQ(behindConvolution("%y = limbeck.reduce_mean %c axes = [2, 3] keepdims = true : "
                              "(tensor<1x6x8x8xf32>) -> tensor<1x6x1x1xf32>",
                              "tensor<1x6x1x1xf32>"),
            1);
  EXPECT_EQ(behindConvolution("%y = limbeck.arg_max %c axis = 1 keepdims = false select_last_index = false : "
                              "(tensor<1x6x8x8xf32>) -> tensor<1x8x8xsi64>",
                              "tensor<1x8x8xsi64>"),
            1);
  EXPECT_EQ(
      behindConvolution("%y = limbeck.softmax %c axis = 1 : (tensor<1x6x8x8xf32>) -> tensor<1x6x8x8xf32>",
                        "tensor<1x6x8x8xf32>"),
      2);
  EXPECT_EQ(behindConvolution("%y = limbeck.lrn %c size = 3 alpha = 0.5 beta = 0.75 bias = 1.0 axis = 1 : "
                              "(tensor<1x6x8x8xf32>) -> tensor<1x6x8x8xf32>",
                              "tensor<1x6x8x8xf32>"),
            2);
  EXPECT_EQ(behindConvolution(R"(
    %0 = limbeck.pad %c pads = [0, 1, 0, 2, 0, 0, 3, -1] mode = "edge" : (tensor<1x6x8x8xf32>) -> tensor<1x7x11x9xf32>
    %1 = limbeck.slice %0 starts = [0, 6, 1, 0] ends = [1, -9, 10, 9] steps = [1, -2, 3, 1] : (tensor<1x7x11x9xf32>) -> tensor<1x4x3x9xf32>
    %2 = limbeck.tile %1 repeats = [1, 1, 2, 1] : (tensor<1x4x3x9xf32>) -> tensor<1x4x6x9xf32>
    %3 = limbeck.resize %2 mode = "linear" coordinate_mode = "half_pixel" nearest_mode = "floor" scales = [1.0, 1.0, 1.5, 2.0] sizes = [-1, -1, -1, -1] extrapolation_value = 0.0 roi = [] : (tensor<1x4x6x9xf32>) -> tensor<1x4x9x18xf32>
    %4 = limbeck.expand %3 shape = [3, 4, 9, 18] : (tensor<1x4x9x18xf32>) -> tensor<3x4x9x18xf32>
    %y = limbeck.concat %4, %4 axis = 1 : (tensor<3x4x9x18xf32>, tensor<3x4x9x18xf32>) -> tensor<3x8x9x18xf32>)",
                              "tensor<3x8x9x18xf32>"),
            2);
}

TEST_F(ConvertToNHWC, AnotherOrderOfAdditionsIsRefused) {
  // Channels, then rows, are summed: in NHWC rows would come first. The transpose stays before the sum.
  EXPECT_EQ(behindConvolution("%y = limbeck.reduce_sum %c axes = [1, 2] keepdims = false : "
                              "(tensor<1x6x8x8xf32>) -> tensor<1x8xf32>",
                              "tensor<1x8xf32>"),
            2);
  EXPECT_EQ(behindConvolution("%y = limbeck.reduce_max %c axes = [1, 2] keepdims = false : "
                              "(tensor<1x6x8x8xf32>) -> tensor<1x8xf32>",
                              "tensor<1x8xf32>"),
            1);
}

TEST_F(ConvertToNHWC, QuantizedWithAnAxis) {
  EXPECT_EQ(behindConvolution(R"(
    %0 = limbeck.quantize %c : (tensor<1x6x8x8xf32>) -> tensor<1x6x8x8x!quant.uniform<i8:f32:1, {0.10000000149011612:1, 0.20000000298023224:-2, 0.30000001192092896:3, 0.4000000059604645:4, 0.5:-5, 0.6000000238418579:6}>>
    %y = limbeck.dequantize %0 : (tensor<1x6x8x8x!quant.uniform<i8:f32:1, {0.10000000149011612:1, 0.20000000298023224:-2, 0.30000001192092896:3, 0.4000000059604645:4, 0.5:-5, 0.6000000238418579:6}>>) -> tensor<1x6x8x8xf32>)",
                              "tensor<1x6x8x8xf32>"),
            2);
}

TEST_F(ConvertToNHWC, ReshapesOfNeighbours) {
  // Flattening to tokens leaves channels last, which is what follows.
  EXPECT_EQ(behindConvolution(R"(
    %0 = limbeck.reshape %c shape = [1, 6, 64] : (tensor<1x6x8x8xf32>) -> tensor<1x6x64xf32>
    %y = limbeck.transpose %0 perm = [0, 2, 1] : (tensor<1x6x64xf32>) -> tensor<1x64x6xf32>)",
                              "tensor<1x64x6xf32>"),
            1);
  // Flattening everything depends on the order.
  EXPECT_EQ(behindConvolution(
                "%y = limbeck.reshape %c shape = [1, 384] : (tensor<1x6x8x8xf32>) -> tensor<1x384xf32>",
                "tensor<1x384xf32>"),
            2);
}

TEST_F(ConvertToNHWC, ChannelShuffleIsOneTranspose) {
  EXPECT_EQ(behindConvolution(R"(
    %0 = limbeck.reshape %c shape = [1, 2, 3, 8, 8] : (tensor<1x6x8x8xf32>) -> tensor<1x2x3x8x8xf32>
    %1 = limbeck.transpose %0 perm = [0, 2, 1, 3, 4] : (tensor<1x2x3x8x8xf32>) -> tensor<1x3x2x8x8xf32>
    %2 = limbeck.reshape %1 shape = [1, 6, 8, 8] : (tensor<1x3x2x8x8xf32>) -> tensor<1x6x8x8xf32>
    %y = limbeck.conv %2, %w strides = [1, 1] pads = [1, 1, 1, 1] dilations = [1, 1] groups = 1 layout = "NCHW"
      : (tensor<1x6x8x8xf32>, tensor<6x6x3x3xf32>) -> tensor<1x6x8x8xf32>)",
                              "tensor<1x6x8x8xf32>"),
            3);
}

TEST_F(ConvertToNHWC, InsideABranch) {
  EXPECT_EQ(transposesOf(R"(func.func @main(%k: tensor<i1>, %x: tensor<1x2x4x4xf32>) -> tensor<1x2x2x2xf32> {
    %b = tensor.extract %k[] : tensor<i1>
    %y = scf.if %b -> tensor<1x2x2x2xf32> {
      %0 = limbeck.max_pool %x kernel = [2, 2] strides = [2, 2] pads = [0, 0, 0, 0] dilations = [1, 1] ceil_mode = false layout = "NCHW" : (tensor<1x2x4x4xf32>) -> tensor<1x2x2x2xf32>
      %1 = limbeck.neg %0 : (tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
      scf.yield %1 : tensor<1x2x2x2xf32>
    } else {
      %0 = limbeck.slice %x starts = [0, 0, 0, 0] ends = [1, 2, 2, 2] steps = [1, 1, 1, 1] : (tensor<1x2x4x4xf32>) -> tensor<1x2x2x2xf32>
      scf.yield %0 : tensor<1x2x2x2xf32>
    }
    return %y : tensor<1x2x2x2xf32>
  })"),
            2);
}

} // namespace
} // namespace limbeck::test
