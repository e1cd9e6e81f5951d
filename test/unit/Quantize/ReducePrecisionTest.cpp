// What the pass means: operands rounded, sums in f32, and a value that is rounded for one reader is so for its neighbours.
#include "../Graph/PassTest.h"
#include "limbeck/Quantize/Passes.h"

namespace limbeck::test {
namespace {

class ReducePrecision : public PassTest {
protected:
  mlir::OwningOpRef<mlir::ModuleOp> reduced(llvm::StringRef text) {
    auto module = parseOrEmpty(text);
    (*module)->setAttr(quantize::kPrecisionAttribute, mlir::StringAttr::get(&context, "bf16"));
    return transformed(*module, {quantize::createReducePrecisionPass});
  }
  /// Both modules give the same bits: one is what the other is said to mean.
  void expectMeans(llvm::StringRef text, llvm::StringRef meaning) {
    auto found = reduced(text), wanted = parseOrEmpty(meaning);
    for (uint64_t seed = 0; seed < kSeeds; ++seed) {
      auto results = resultsOf(*found, seed), expected = resultsOf(*wanted, seed);
      ASSERT_EQ(results.size(), expected.size());
      for (size_t i = 0; i < results.size(); ++i)
        EXPECT_TRUE(results[i].identical(expected[i])) << "result " << i << "\n" << textOf(*found);
    }
  }
};

TEST_F(ReducePrecision, RoundsOperandsAndNothingElse) {
  expectMeans(
      R"(func.func @main(%x: tensor<2x17xf32>, %w: tensor<17x5xf32>, %b: tensor<5xf32>) -> tensor<2x5xf32> {
    %0 = limbeck.matmul %x, %w, %b : (tensor<2x17xf32>, tensor<17x5xf32>, tensor<5xf32>) -> tensor<2x5xf32>
    return %0 : tensor<2x5xf32>
  })",
      R"(func.func @main(%x: tensor<2x17xf32>, %w: tensor<17x5xf32>, %b: tensor<5xf32>) -> tensor<2x5xf32> {
    %0 = limbeck.cast %x to = bf16 : (tensor<2x17xf32>) -> tensor<2x17xbf16>
    %1 = limbeck.cast %0 to = f32 : (tensor<2x17xbf16>) -> tensor<2x17xf32>
    %2 = limbeck.cast %w to = bf16 : (tensor<17x5xf32>) -> tensor<17x5xbf16>
    %3 = limbeck.cast %2 to = f32 : (tensor<17x5xbf16>) -> tensor<17x5xf32>
    %4 = limbeck.matmul %1, %3, %b : (tensor<2x17xf32>, tensor<17x5xf32>, tensor<5xf32>) -> tensor<2x5xf32>
    return %4 : tensor<2x5xf32>
  })");
}

TEST_F(ReducePrecision, RoundsBehindMovementAndMaximumAsBefore) {
  // The pad's border, 0.1, is no bf16 number.
  auto text = R"(func.func @main(%x: tensor<1x2x4x4xf32>, %w: tensor<3x2x1x1xf32>) -> tensor<1x3x2x2xf32> {
    %v = limbeck.const dense<0.1> : tensor<f32>
    %0 = limbeck.neg %x : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
    %1 = limbeck.pad %0, %v pads = [0, 0, 0, 0, 0, 0, 1, 1] mode = "constant" : (tensor<1x2x4x4xf32>, tensor<f32>) -> tensor<1x2x5x5xf32>
    %2 = limbeck.max_pool %1 kernel = [2, 2] strides = [2, 2] pads = [0, 0, 0, 0] dilations = [1, 1] ceil_mode = false layout = "NCHW" : (tensor<1x2x5x5xf32>) -> tensor<1x2x2x2xf32>
    %3 = limbeck.conv %2, %w strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] groups = 1 layout = "NCHW" : (tensor<1x2x2x2xf32>, tensor<3x2x1x1xf32>) -> tensor<1x3x2x2xf32>
    return %3 : tensor<1x3x2x2xf32>
  })";
  expectMeans(text,
              R"(func.func @main(%x: tensor<1x2x4x4xf32>, %w: tensor<3x2x1x1xf32>) -> tensor<1x3x2x2xf32> {
    %v = limbeck.const dense<0.1> : tensor<f32>
    %0 = limbeck.neg %x : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
    %1 = limbeck.pad %0, %v pads = [0, 0, 0, 0, 0, 0, 1, 1] mode = "constant" : (tensor<1x2x4x4xf32>, tensor<f32>) -> tensor<1x2x5x5xf32>
    %2 = limbeck.max_pool %1 kernel = [2, 2] strides = [2, 2] pads = [0, 0, 0, 0] dilations = [1, 1] ceil_mode = false layout = "NCHW" : (tensor<1x2x5x5xf32>) -> tensor<1x2x2x2xf32>
    %3 = limbeck.cast %2 to = bf16 : (tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xbf16>
    %4 = limbeck.cast %w to = bf16 : (tensor<3x2x1x1xf32>) -> tensor<3x2x1x1xbf16>
    %5 = limbeck.conv %3, %4 strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] groups = 1 layout = "NCHW" accumulate = f32 : (tensor<1x2x2x2xbf16>, tensor<3x2x1x1xbf16>) -> tensor<1x3x2x2xf32>
    return %5 : tensor<1x3x2x2xf32>
  })");
}

TEST_F(ReducePrecision, KeepsOneFormOfASharedValue) {
  auto module = reduced(R"(func.func @main(%x: tensor<4x4xf32>, %w: tensor<4x4xf32>) -> tensor<4x4xf32> {
    %0 = limbeck.relu %x : (tensor<4x4xf32>) -> tensor<4x4xf32>
    %1 = limbeck.matmul %0, %w : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
    %2 = limbeck.transpose %0 perm = [1, 0] : (tensor<4x4xf32>) -> tensor<4x4xf32>
    %3 = limbeck.matmul %2, %1 : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
    %4 = limbeck.add %3, %2 : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
    return %4 : tensor<4x4xf32>
  })");
  int readers = 0;
  module->walk(
      [&](graph::ReluOp relu) { readers += static_cast<int>(llvm::range_size(relu.getResult().getUses())); });
  EXPECT_EQ(readers, 1) << textOf(*module);
  module->walk([&](graph::TransposeOp op) { EXPECT_TRUE(op.getType().getElementType().isBF16()); });
}

} // namespace
} // namespace limbeck::test
