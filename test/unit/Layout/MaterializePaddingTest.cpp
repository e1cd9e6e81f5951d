// Padding as an op of its own changes no bit.
#include "../Graph/PassTest.h"
#include "limbeck/Layout/Passes.h"

namespace limbeck::test {
namespace {

class MaterializePadding : public PassTest {
protected:
  void expectPad(llvm::StringRef text, int count) {
    auto module = expectSameBits(text, {layout::createMaterializePaddingPass});
    EXPECT_EQ(countOf<graph::PadOp>(*module), count);
    module->walk([](graph::ConvOp conv) {
      EXPECT_TRUE(llvm::all_of(conv.getPads(), [](int64_t pad) { return pad == 0; }));
    });
  }
};

TEST_F(MaterializePadding, FloatWithUnevenPads) {
  for (llvm::StringRef types : {"NCHW", "NHWC"})
    expectPad(
        ("func.func @main(%x: tensor<1x2x5x7xf32>, %w: tensor<3x" + std::string(types == "NCHW" ? "2" : "7") +
         "x2x2xf32>) -> tensor<" + (types == "NCHW" ? "1x3x6x8" : "1x3x6x3") + R"(xf32> {
      %y = limbeck.conv %x, %w strides = [1, 1] pads = )" +
         (types == "NCHW" ? "[0, 2, 2, 0]" : "[1, 2, 1, 0]") + " dilations = [1, 1] groups = 1 layout = \"" +
         types.str() + "\" : (tensor<1x2x5x7xf32>, tensor<3x" + (types == "NCHW" ? "2" : "7") +
         "x2x2xf32>) -> tensor<" + (types == "NCHW" ? "1x3x6x8" : "1x3x6x3") + "xf32>\n return %y : tensor<" +
         (types == "NCHW" ? "1x3x6x8" : "1x3x6x3") + "xf32>\n}"),
        1);
}

TEST_F(MaterializePadding, QuantizedWithAnOddZeroPoint) {
  expectPad(R"(
    !x = !quant.uniform<i8:f32, 0.05000000074505806:-77>
    !w = !quant.uniform<i8:f32, 0.05000000074505806:5>
    !y = !quant.uniform<i8:f32, 0.5:3>
    func.func @main(%x: tensor<1x5x7x2xsi8>, %w: tensor<3x2x3x3xsi8>) -> tensor<1x5x7x3xsi8> {
    %0 = limbeck.storage_cast %x : (tensor<1x5x7x2xsi8>) -> tensor<1x5x7x2x!x>
    %1 = limbeck.storage_cast %w : (tensor<3x2x3x3xsi8>) -> tensor<3x2x3x3x!w>
    %2 = limbeck.conv %0, %1 strides = [1, 1] pads = [1, 1, 1, 1] dilations = [1, 1] groups = 1 layout = "NHWC"
      : (tensor<1x5x7x2x!x>, tensor<3x2x3x3x!w>) -> tensor<1x5x7x3x!y>
    %3 = limbeck.storage_cast %2 : (tensor<1x5x7x3x!y>) -> tensor<1x5x7x3xsi8>
    return %3 : tensor<1x5x7x3xsi8>
  })",
            1);
}

TEST_F(MaterializePadding, IntegerWithAZeroPointKnownAtRunTime) {
  expectPad(
      R"(func.func @main(%x: tensor<1x2x5x7xui8>, %w: tensor<3x2x3x3xsi8>, %zx: tensor<1xui8>, %zw: tensor<si8>) -> tensor<1x3x5x7xsi32> {
    %0 = limbeck.conv_integer %x, %w, %zx, %zw strides = [1, 1] pads = [1, 1, 1, 1] dilations = [1, 1] groups = 1 layout = "NCHW"
      : (tensor<1x2x5x7xui8>, tensor<3x2x3x3xsi8>, tensor<1xui8>, tensor<si8>) -> tensor<1x3x5x7xsi32>
    return %0 : tensor<1x3x5x7xsi32>
  })",
      1);
}

TEST_F(MaterializePadding, PoolingAndTransposedConvolutionKeepTheirs) {
  expectPad(
      R"(func.func @main(%x: tensor<1x2x6x6xf32>, %w: tensor<2x2x3x3xf32>) -> (tensor<1x2x4x4xf32>, tensor<1x2x6x6xf32>) {
    %0 = limbeck.max_pool %x kernel = [2, 2] strides = [2, 2] pads = [1, 1, 1, 1] dilations = [1, 1] ceil_mode = false layout = "NCHW" : (tensor<1x2x6x6xf32>) -> tensor<1x2x4x4xf32>
    %1 = limbeck.conv_transpose %x, %w strides = [1, 1] pads = [1, 1, 1, 1] dilations = [1, 1] output_padding = [0, 0] groups = 1 layout = "NCHW"
      : (tensor<1x2x6x6xf32>, tensor<2x2x3x3xf32>) -> tensor<1x2x6x6xf32>
    return %0, %1 : tensor<1x2x4x4xf32>, tensor<1x2x6x6xf32>
  })",
      0);
}

} // namespace
} // namespace limbeck::test
