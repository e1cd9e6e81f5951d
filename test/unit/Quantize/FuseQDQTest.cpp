// Fusing changes integers by at most one step on at most one in a thousand; ops that compute in float by
// none.
#include "../Graph/PassTest.h"
#include "limbeck/Quantize/Passes.h"

namespace limbeck::test {
namespace {

class FuseQDQ : public PassTest {
protected:
  /// The bound of the contract, over several inputs together.
  mlir::OwningOpRef<mlir::ModuleOp> expectWithinOneStep(llvm::StringRef text) {
    auto before = parseOrEmpty(text);
    auto after = transformed(*before, {quantize::createFuseQDQPass});
    int64_t elements = 0, different = 0;
    for (uint64_t seed = 0; seed < kSeeds; ++seed) {
      auto results = resultsOf(*before, seed), fused = resultsOf(*after, seed);
      if (results.empty() || fused.empty())
        return after;
      std::vector<int64_t> wanted = results[0].asIndices(), found = fused[0].asIndices();
      EXPECT_EQ(wanted.size(), found.size());
      elements += static_cast<int64_t>(wanted.size());
      for (size_t i = 0; i < wanted.size(); ++i) {
        different += wanted[i] != found[i];
        EXPECT_LE(std::abs(wanted[i] - found[i]), 1);
      }
    }
    EXPECT_LE(different * 1000, elements);
    return after;
  }
};

constexpr llvm::StringLiteral convolution = R"(
  !x = !quant.uniform<u8:f32, 0.019999999552965164:119>
  !w = !quant.uniform<i8:f32:0, {0.010999999940395355:0, 0.020999999716877937:3, 0.03099999949336052:0, 0.04100000113248825:-7}>
  !b = !quant.uniform<i32:f32:0, {0.00022000000171829015, 0.0004199999966658652, 0.0006200000061653554, 0.0008200000156648457}>
  !y = !quant.uniform<u8:f32, 0.8999999761581421:13>
  func.func @main(%x: tensor<1x4x24x24xui8>, %w: tensor<4x2x3x3xsi8>) -> tensor<1x4x24x24xui8> {
  %bc = limbeck.const dense<[1000, -2000, 3, -4]> : tensor<4xsi32>
  %0 = limbeck.storage_cast %x : (tensor<1x4x24x24xui8>) -> tensor<1x4x24x24x!x>
  %1 = limbeck.dequantize %0 : (tensor<1x4x24x24x!x>) -> tensor<1x4x24x24xf32>
  %2 = limbeck.storage_cast %w : (tensor<4x2x3x3xsi8>) -> tensor<4x2x3x3x!w>
  %3 = limbeck.dequantize %2 : (tensor<4x2x3x3x!w>) -> tensor<4x2x3x3xf32>
  %4 = limbeck.storage_cast %bc : (tensor<4xsi32>) -> tensor<4x!b>
  %5 = limbeck.dequantize %4 : (tensor<4x!b>) -> tensor<4xf32>
  %6 = limbeck.conv %1, %3, %5 strides = [1, 1] pads = [1, 1, 1, 1] dilations = [1, 1] groups = 2 layout = "NCHW"
    : (tensor<1x4x24x24xf32>, tensor<4x2x3x3xf32>, tensor<4xf32>) -> tensor<1x4x24x24xf32>
  %7 = ACTIVATION : (tensor<1x4x24x24xf32>) -> tensor<1x4x24x24xf32>
  %8 = limbeck.quantize %7 : (tensor<1x4x24x24xf32>) -> tensor<1x4x24x24x!y>
  %9 = limbeck.storage_cast %8 : (tensor<1x4x24x24x!y>) -> tensor<1x4x24x24xui8>
  return %9 : tensor<1x4x24x24xui8>
})";

TEST_F(FuseQDQ, GroupedConvolutionWithActivations) {
  for (llvm::StringRef activation : {"limbeck.relu %6", "limbeck.clip %6 min = -1.0 max = 60.0",
                                     "limbeck.clip %6 min = 0xFF800000 max = 3.0"}) {
    std::string text = convolution.str();
    text.replace(text.find("ACTIVATION"), 10, activation.str());
    auto module = expectWithinOneStep(text);
    EXPECT_EQ(countOf<graph::QuantizeOp>(*module) + countOf<graph::DequantizeOp>(*module), 0);
    EXPECT_EQ(countOf<graph::ReluOp>(*module) + countOf<graph::ClipOp>(*module), 0);
  }
}

/// Behind other functions, ranges without the zero point, and ranges of one value, the integer sum is read as float.
TEST_F(FuseQDQ, OtherActivationsStay) {
  for (llvm::StringRef activation :
       {"limbeck.leaky_relu %6 alpha = 0.1", "limbeck.clip %6 min = 20.0 max = 60.0",
        "limbeck.clip %6 min = 5.0 max = -5.0", "limbeck.clip %6 min = 1000.0 max = 2000.0",
        "limbeck.clip %6 min = 0x7FC00000 max = 2000.0"}) {
    std::string text = convolution.str();
    text.replace(text.find("ACTIVATION"), 10, activation.str());
    auto module = expectWithinOneStep(text);
    EXPECT_EQ(countOf<graph::LeakyReluOp>(*module) + countOf<graph::ClipOp>(*module), 1);
    EXPECT_EQ(countOf<graph::DequantizeOp>(*module), 0);
    EXPECT_EQ(countOf<graph::QuantizeOp>(*module), 1);
  }
}

TEST_F(FuseQDQ, ProductOfTwoInputs) {
  auto module = expectWithinOneStep(R"(
    !a = !quant.uniform<i8:f32, 0.019999999552965164:-3>
    !b = !quant.uniform<u8:f32, 0.029999999329447746:99>
    !y = !quant.uniform<i8:f32, 0.5:1>
    func.func @main(%a: tensor<2x40x9xsi8>, %b: tensor<2x9x30xui8>) -> tensor<2x40x30xsi8> {
    %0 = limbeck.storage_cast %a : (tensor<2x40x9xsi8>) -> tensor<2x40x9x!a>
    %1 = limbeck.dequantize %0 : (tensor<2x40x9x!a>) -> tensor<2x40x9xf32>
    %2 = limbeck.storage_cast %b : (tensor<2x9x30xui8>) -> tensor<2x9x30x!b>
    %3 = limbeck.dequantize %2 : (tensor<2x9x30x!b>) -> tensor<2x9x30xf32>
    %4 = limbeck.matmul %1, %3 : (tensor<2x40x9xf32>, tensor<2x9x30xf32>) -> tensor<2x40x30xf32>
    %5 = limbeck.quantize %4 : (tensor<2x40x30xf32>) -> tensor<2x40x30x!y>
    %6 = limbeck.storage_cast %5 : (tensor<2x40x30x!y>) -> tensor<2x40x30xsi8>
    return %6 : tensor<2x40x30xsi8>
  })");
  EXPECT_EQ(countOf<graph::DequantizeOp>(*module), 0);
}

/// A float op on one quantized input, a constant and an input that is used elsewhere, too.
TEST_F(FuseQDQ, FloatOpsKeepEveryBit) {
  for (llvm::StringRef op :
       {"limbeck.sigmoid %1 : (tensor<3x5xf32>)", "limbeck.softmax %1 axis = 1 : (tensor<3x5xf32>)",
        "limbeck.add %1, %c : (tensor<3x5xf32>, tensor<5xf32>)",
        "limbeck.mul %1, %1 : (tensor<3x5xf32>, tensor<3x5xf32>)",
        "limbeck.where %k, %1, %c : (tensor<3x5xi1>, tensor<3x5xf32>, tensor<5xf32>)",
        "limbeck.log %1 : (tensor<3x5xf32>)"}) {
    std::string text = R"(
      !a = !quant.uniform<i8:f32, 0.019999999552965164:-3>
      !y = !quant.uniform<u8:f32, 0.013000000268220901:77>
      func.func @main(%a: tensor<3x5xsi8>, %k: tensor<3x5xi1>) -> (tensor<3x5xui8>, tensor<3x5xf32>) {
      %c = limbeck.const dense<[0.1, 0.2, -0.3, 0.4, 1.0]> : tensor<5xf32>
      %0 = limbeck.storage_cast %a : (tensor<3x5xsi8>) -> tensor<3x5x!a>
      %1 = limbeck.dequantize %0 : (tensor<3x5x!a>) -> tensor<3x5xf32>
      %2 = )" + op.str() +
                       R"( -> tensor<3x5xf32>
      %3 = limbeck.quantize %2 : (tensor<3x5xf32>) -> tensor<3x5x!y>
      %4 = limbeck.storage_cast %3 : (tensor<3x5x!y>) -> tensor<3x5xui8>
      return %4, %1 : tensor<3x5xui8>, tensor<3x5xf32>
    })";
    auto module = expectSameBits(text, {quantize::createFuseQDQPass});
    EXPECT_EQ(countOf<graph::QuantizeOp>(*module), 0) << op.str();
    EXPECT_EQ(countOf<graph::DequantizeOp>(*module), 1) << op.str();
  }
}

TEST_F(FuseQDQ, ReluBehindASumOfTwoInputs) {
  auto module = expectSameBits(R"(
    !a = !quant.uniform<i8:f32, 0.019999999552965164:-3>
    !b = !quant.uniform<i8:f32, 0.05000000074505806:9>
    !y = !quant.uniform<i8:f32, 0.029999999329447746:-100>
    func.func @main(%a: tensor<3x50xsi8>, %b: tensor<3x50xsi8>) -> tensor<3x50xsi8> {
    %0 = limbeck.storage_cast %a : (tensor<3x50xsi8>) -> tensor<3x50x!a>
    %1 = limbeck.dequantize %0 : (tensor<3x50x!a>) -> tensor<3x50xf32>
    %2 = limbeck.storage_cast %b : (tensor<3x50xsi8>) -> tensor<3x50x!b>
    %3 = limbeck.dequantize %2 : (tensor<3x50x!b>) -> tensor<3x50xf32>
    %4 = limbeck.add %1, %3 : (tensor<3x50xf32>, tensor<3x50xf32>) -> tensor<3x50xf32>
    %5 = limbeck.relu %4 : (tensor<3x50xf32>) -> tensor<3x50xf32>
    %6 = limbeck.quantize %5 : (tensor<3x50xf32>) -> tensor<3x50x!y>
    %7 = limbeck.storage_cast %6 : (tensor<3x50x!y>) -> tensor<3x50xsi8>
    return %7 : tensor<3x50xsi8>
  })",
                               {quantize::createFuseQDQPass});
  EXPECT_EQ(countOf<graph::ReluOp>(*module), 0);
}

TEST_F(FuseQDQ, ReluBehindAnOpThatMayGiveNaNStays) {
  // quantize(relu(NaN)) is the least stored value, below that of 0.
  auto module = expectSameBits(R"(
    !a = !quant.uniform<i8:f32, 0.019999999552965164:-3>
    !y = !quant.uniform<i8:f32, 0.029999999329447746:-100>
    func.func @main(%a: tensor<3x50xsi8>) -> tensor<3x50xsi8> {
    %0 = limbeck.storage_cast %a : (tensor<3x50xsi8>) -> tensor<3x50x!a>
    %1 = limbeck.dequantize %0 : (tensor<3x50x!a>) -> tensor<3x50xf32>
    %4 = limbeck.log %1 : (tensor<3x50xf32>) -> tensor<3x50xf32>
    %5 = limbeck.relu %4 : (tensor<3x50xf32>) -> tensor<3x50xf32>
    %6 = limbeck.quantize %5 : (tensor<3x50xf32>) -> tensor<3x50x!y>
    %7 = limbeck.storage_cast %6 : (tensor<3x50x!y>) -> tensor<3x50xsi8>
    return %7 : tensor<3x50xsi8>
  })",
                               {quantize::createFuseQDQPass});
  EXPECT_EQ(countOf<graph::ReluOp>(*module), 1);
}

} // namespace
} // namespace limbeck::test
