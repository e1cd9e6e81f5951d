// What the pass means: the float product up to the order of its roundings, block by block.
#include "../Graph/PassTest.h"
#include "limbeck/Quantize/Passes.h"
#include <cmath>

namespace limbeck::test {
namespace {

class FuseBlocks : public PassTest {
protected:
  /// Results of the product of 2x50 floats before and behind the pass are as near as n roundings allow.
  void expectNear(llvm::StringRef text) {
    auto before = parseOrEmpty(text);
    auto after = transformed(*before, {quantize::createFuseBlocksPass});
    int count = 0;
    after->walk([&](mlir::Operation *op) { count += op->getName().stripDialect() == "matmul_blocks"; });
    EXPECT_EQ(count, 1) << textOf(*after);
    // Inputs are below 4, weights below 16 scales of at most 0.5: no sum is greater.
    constexpr double kGreatest = 50 * 4 * 16 * 0.5, kRoundings = 2 * 52;
    bool differs = false;
    for (uint64_t seed = 0; seed < kSeeds; ++seed) {
      auto results = resultsOf(*after, seed), expected = resultsOf(*before, seed);
      ASSERT_EQ(results.size(), expected.size());
      for (int64_t i = 0; i < expected[0].size(); ++i) {
        EXPECT_NEAR(results[0].asDouble(i), expected[0].asDouble(i), kRoundings * 0x1p-24 * kGreatest);
        EXPECT_LT(std::fabs(expected[0].asDouble(i)), kGreatest);
        differs |= expected[0].asDouble(i) != 0;
      }
    }
    EXPECT_TRUE(differs) << "the product is 0 everywhere";
  }
};

TEST_F(FuseBlocks, BlocksWithZeroPointsAndBias) {
  expectNear(R"(func.func @main(%x: tensor<2x50xf32>) -> tensor<2x2xf32> {
    %q = limbeck.const dense<[[3, 15], [9, 1], [0, 7], [12, 5], [8, 2], [1, 14], [6, 6], [11, 0], [2, 13], [4, 10],
      [3, 15], [9, 1], [0, 7], [12, 5], [8, 2], [1, 14], [6, 6], [11, 0], [2, 13], [4, 10],
      [3, 15], [9, 1], [0, 7], [12, 5], [8, 2], [1, 14], [6, 6], [11, 0], [2, 13], [4, 10],
      [3, 15], [9, 1], [0, 7], [12, 5], [8, 2], [1, 14], [6, 6], [11, 0], [2, 13], [4, 10],
      [3, 15], [9, 1], [0, 7], [12, 5], [8, 2], [1, 14], [6, 6], [11, 0], [2, 13], [4, 10]]> : tensor<50x2xui4>
    %s = limbeck.const dense<[[0.3, 0.41], [0.17, 0.5]]> : tensor<2x2xf32>
    %z = limbeck.const dense<[[7, 8], [3, 12]]> : tensor<2x2xui4>
    %b = limbeck.const dense<[0.3, -2.0]> : tensor<2xf32>
    %w = limbeck.dequantize_by %q, %s, %z axis = 0 block_size = 32 to = f32 : (tensor<50x2xui4>, tensor<2x2xf32>, tensor<2x2xui4>) -> tensor<50x2xf32>
    %y = limbeck.matmul %x, %w, %b : (tensor<2x50xf32>, tensor<50x2xf32>, tensor<2xf32>) -> tensor<2x2xf32>
    return %y : tensor<2x2xf32>
  })");
}

TEST_F(FuseBlocks, ColumnsOfTypedWeights) {
  expectNear(R"(func.func @main(%x: tensor<2x50xf32>) -> tensor<2x3xf32> {
    %q = limbeck.const dense<11> : tensor<50x3xsi8>
    %t = limbeck.storage_cast %q : (tensor<50x3xsi8>) -> tensor<50x3x!quant.uniform<i8:f32:1, {0.25, 0.375:5, 0.125:-3}>>
    %w = limbeck.dequantize %t : (tensor<50x3x!quant.uniform<i8:f32:1, {0.25, 0.375:5, 0.125:-3}>>) -> tensor<50x3xf32>
    %y = limbeck.matmul %x, %w : (tensor<2x50xf32>, tensor<50x3xf32>) -> tensor<2x3xf32>
    return %y : tensor<2x3xf32>
  })");
}

} // namespace
} // namespace limbeck::test
