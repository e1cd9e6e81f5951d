// Names of nodes and tensors in locations.
#include "limbeck/Graph/IR/SourceNames.h"
#include "IrTest.h"

namespace limbeck::test {
namespace {

class SourceNamesTest : public IrTest {
protected:
  /// An op with two results at a location.
  graph::DynamicQuantizeOp opAt(mlir::Location location) {
    module = parse(R"(func.func @main(%x: tensor<2xf32>) -> tensor<2xui8> {
      %q, %s, %z = limbeck.dynamic_quantize %x : (tensor<2xf32>) -> (tensor<2xui8>, tensor<f32>, tensor<ui8>)
      return %q : tensor<2xui8>
    })");
    graph::DynamicQuantizeOp found;
    module->walk([&](graph::DynamicQuantizeOp op) { found = op; });
    found->setLoc(location);
    return found;
  }
  mlir::OwningOpRef<mlir::ModuleOp> module;
};

TEST_F(SourceNamesTest, EachResultHasItsName) {
  auto op = opAt(graph::sourceLocation(&context, "node", "DynamicQuantizeLinear", {"q", "s", "z"}));
  EXPECT_EQ(graph::tensorName(op->getResult(0)), "q");
  EXPECT_EQ(graph::tensorName(op->getResult(2)), "z");
  EXPECT_EQ(graph::nodeNames(op.getLoc()), llvm::SmallVector<llvm::StringRef>{"node"});
}

TEST_F(SourceNamesTest, TheLastOfFusedNodesMakesTheTensor) {
  mlir::Location conv = graph::sourceLocation(&context, "conv", "Conv", {"before"}),
                 norm = graph::sourceLocation(&context, "norm", "BatchNormalization", {"after"});
  auto op = opAt(mlir::FusedLoc::get(&context, {conv, norm, conv}));
  EXPECT_EQ(graph::tensorName(op->getResult(0)), "after");
  EXPECT_EQ(graph::nodeNames(op.getLoc()), (llvm::SmallVector<llvm::StringRef>{"conv", "norm"}));
  EXPECT_EQ(graph::operatorTypes(op.getLoc()),
            (llvm::SmallVector<llvm::StringRef>{"Conv", "BatchNormalization"}));
}

TEST_F(SourceNamesTest, WithoutTensorsTheNodeNamesTheFirst) {
  auto op = opAt(mlir::NameLoc::get(mlir::StringAttr::get(&context, "node")));
  EXPECT_EQ(graph::tensorName(op->getResult(0)), "node");
  EXPECT_EQ(graph::tensorName(opAt(mlir::UnknownLoc::get(&context))->getResult(0)), "");
}

TEST_F(SourceNamesTest, FewerNamesThanResults) {
  auto op = opAt(graph::sourceLocation(&context, "node", "Test", {"q"}));
  EXPECT_EQ(graph::tensorName(op->getResult(1)), "");
}

} // namespace
} // namespace limbeck::test
