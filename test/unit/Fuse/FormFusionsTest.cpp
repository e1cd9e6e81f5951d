// Grouping ops into regions changes no bit, whatever shape the graph between them has.
#include "../Graph/PassTest.h"
#include "limbeck/Fuse/Passes.h"

namespace limbeck::test {
namespace {

class FormFusions : public PassTest {
protected:
  /// The kinds of the regions, in order.
  std::vector<std::string> kindsOf(llvm::StringRef text) {
    auto module = expectSameBits(text, {fuse::createFormFusionsPass, fuse::createVerifyFusePass});
    std::vector<std::string> kinds;
    module->walk([&](graph::FusedOp fused) { kinds.push_back(fused.getKind().str()); });
    return kinds;
  }
};
using Kinds = std::vector<std::string>;

TEST_F(FormFusions, ChainBehindACore) {
  EXPECT_EQ(
      kindsOf(
          R"(func.func @main(%x: tensor<3x5xf32>, %w: tensor<5x4xf32>, %b: tensor<4xf32>) -> tensor<3x4xf32> {
    %0 = limbeck.neg %x : (tensor<3x5xf32>) -> tensor<3x5xf32>
    %1 = limbeck.matmul %0, %w : (tensor<3x5xf32>, tensor<5x4xf32>) -> tensor<3x4xf32>
    %2 = limbeck.add %1, %b : (tensor<3x4xf32>, tensor<4xf32>) -> tensor<3x4xf32>
    %3 = limbeck.relu %2 : (tensor<3x4xf32>) -> tensor<3x4xf32>
    return %3 : tensor<3x4xf32>
  })"),
      (Kinds{"elementwise", "matmul"}));
}

TEST_F(FormFusions, DiamondStaysTogether) {
  EXPECT_EQ(kindsOf(R"(func.func @main(%x: tensor<3x5xf32>, %w: tensor<5x4xf32>) -> tensor<3x4xf32> {
    %1 = limbeck.matmul %x, %w : (tensor<3x5xf32>, tensor<5x4xf32>) -> tensor<3x4xf32>
    %2 = limbeck.sigmoid %1 : (tensor<3x4xf32>) -> tensor<3x4xf32>
    %3 = limbeck.mul %1, %2 : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
    return %3 : tensor<3x4xf32>
  })"),
            (Kinds{"matmul"}));
}

TEST_F(FormFusions, OfTwoCoresTheLaterOneGetsTheSum) {
  EXPECT_EQ(kindsOf(R"(func.func @main(%x: tensor<3x3xf32>) -> tensor<3x3xf32> {
    %0 = limbeck.matmul %x, %x : (tensor<3x3xf32>, tensor<3x3xf32>) -> tensor<3x3xf32>
    %1 = limbeck.softmax %x axis = 1 : (tensor<3x3xf32>) -> tensor<3x3xf32>
    %2 = limbeck.add %0, %1 : (tensor<3x3xf32>, tensor<3x3xf32>) -> tensor<3x3xf32>
    return %2 : tensor<3x3xf32>
  })"),
            (Kinds{"matmul", "softmax"}));
}

TEST_F(FormFusions, OpsBesideACoreFormTheirOwnRegions) {
  // neg and exp join the sum first, and leave when the product, which they do not depend on, becomes its
  // core.
  EXPECT_EQ(kindsOf(R"(func.func @main(%x: tensor<3x3xf32>) -> tensor<3x3xf32> {
    %0 = limbeck.matmul %x, %x : (tensor<3x3xf32>, tensor<3x3xf32>) -> tensor<3x3xf32>
    %1 = limbeck.neg %x : (tensor<3x3xf32>) -> tensor<3x3xf32>
    %2 = limbeck.exp %1 : (tensor<3x3xf32>) -> tensor<3x3xf32>
    %3 = limbeck.relu %0 : (tensor<3x3xf32>) -> tensor<3x3xf32>
    %4 = limbeck.add %2, %3 : (tensor<3x3xf32>, tensor<3x3xf32>) -> tensor<3x3xf32>
    return %4 : tensor<3x3xf32>
  })"),
            (Kinds{"elementwise", "matmul"}));
}

TEST_F(FormFusions, ValueThatIsUsedTwiceEndsItsRegion) {
  EXPECT_EQ(kindsOf(R"(func.func @main(%x: tensor<3x3xf32>) -> (tensor<3x3xf32>, tensor<3x3xf32>) {
    %0 = limbeck.neg %x : (tensor<3x3xf32>) -> tensor<3x3xf32>
    %1 = limbeck.exp %0 : (tensor<3x3xf32>) -> tensor<3x3xf32>
    return %0, %1 : tensor<3x3xf32>, tensor<3x3xf32>
  })"),
            (Kinds{"elementwise", "elementwise"}));
}

TEST_F(FormFusions, BroadcastStartsAnotherRegion) {
  EXPECT_EQ(kindsOf(R"(func.func @main(%x: tensor<3xf32>, %y: tensor<2x3xf32>) -> tensor<2x3xf32> {
    %0 = limbeck.neg %x : (tensor<3xf32>) -> tensor<3xf32>
    %1 = limbeck.add %0, %y : (tensor<3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
    return %1 : tensor<2x3xf32>
  })"),
            (Kinds{"elementwise", "elementwise"}));
}

TEST_F(FormFusions, ReshapeStaysAView) {
  EXPECT_EQ(kindsOf(R"(func.func @main(%x: tensor<2x3xf32>) -> tensor<6xf32> {
    %0 = limbeck.neg %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
    %1 = limbeck.reshape %0 shape = [6] : (tensor<2x3xf32>) -> tensor<6xf32>
    %2 = limbeck.exp %1 : (tensor<6xf32>) -> tensor<6xf32>
    return %2 : tensor<6xf32>
  })"),
            (Kinds{"elementwise", "reshape", "elementwise"}));
}

TEST_F(FormFusions, SeveralResultsStandAlone) {
  EXPECT_EQ(
      kindsOf(
          R"(func.func @main(%x: tensor<4x8xf32>, %s: tensor<8xf32>) -> (tensor<4x8xui8>, tensor<f32>, tensor<ui8>) {
    %y, %m, %i = limbeck.layer_norm %x, %s axis = 1 epsilon = 0.001 : (tensor<4x8xf32>, tensor<8xf32>) -> (tensor<4x8xf32>, tensor<4x1xf32>, tensor<4x1xf32>)
    %0 = limbeck.relu %y : (tensor<4x8xf32>) -> tensor<4x8xf32>
    %q, %t, %z = limbeck.dynamic_quantize %0 : (tensor<4x8xf32>) -> (tensor<4x8xui8>, tensor<f32>, tensor<ui8>)
    return %q, %t, %z : tensor<4x8xui8>, tensor<f32>, tensor<ui8>
  })"),
      (Kinds{"layer_norm", "elementwise", "dynamic_quantize"}));
}

TEST_F(FormFusions, BranchesHaveRegionsOfTheirOwn) {
  EXPECT_EQ(kindsOf(R"(func.func @main(%k: tensor<i1>, %x: tensor<2xf32>) -> tensor<2xf32> {
    %0 = limbeck.neg %x : (tensor<2xf32>) -> tensor<2xf32>
    %b = tensor.extract %k[] : tensor<i1>
    %y = scf.if %b -> tensor<2xf32> {
      %1 = limbeck.exp %0 : (tensor<2xf32>) -> tensor<2xf32>
      scf.yield %1 : tensor<2xf32>
    } else {
      scf.yield %0 : tensor<2xf32>
    }
    %2 = limbeck.relu %y : (tensor<2xf32>) -> tensor<2xf32>
    return %2 : tensor<2xf32>
  })"),
            (Kinds{"elementwise", "elementwise", "elementwise"}));
}

TEST_F(FormFusions, UnknownDimensionsAreNotTakenForEqual) {
  EXPECT_EQ(kindsOf(R"(func.func @main(%x: tensor<?xf32>) -> tensor<?xf32> {
    %0 = limbeck.neg %x : (tensor<?xf32>) -> tensor<?xf32>
    %1 = limbeck.exp %0 : (tensor<?xf32>) -> tensor<?xf32>
    return %1 : tensor<?xf32>
  })"),
            (Kinds{"elementwise", "elementwise"}));
}

TEST_F(FormFusions, LongChainsAreCut) {
  std::string text = "func.func @main(%v0: tensor<3xf32>) -> tensor<3xf32> {\n";
  constexpr int ops = 300; // of which a region takes 128
  for (int i = 0; i < ops; ++i)
    text += message("%v", i + 1, " = limbeck.", i % 2 ? "neg" : "sigmoid", " %v", i,
                    " : (tensor<3xf32>) -> tensor<3xf32>\n");
  text += message("return %v", ops, " : tensor<3xf32>\n}");
  EXPECT_EQ(kindsOf(text), (Kinds{"elementwise", "elementwise", "elementwise"}));
}

} // namespace
} // namespace limbeck::test
