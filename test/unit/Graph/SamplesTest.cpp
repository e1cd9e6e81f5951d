// Which ops keep the samples of a batch apart: for each rule an op that does, and one that does not.
#include "limbeck/Graph/IR/Samples.h"
#include "IrTest.h"

namespace limbeck::test {
namespace {

class SamplesTest : public IrTest {
protected:
  /// Whether the last op of a function of `arguments` keeps samples, of which the operands in `varies` have one each.
  bool keeps(const std::string &arguments, const std::string &op, llvm::ArrayRef<bool> varies) {
    auto module = parse("func.func @f(" + arguments + ") {\n" + op + "\nreturn }");
    mlir::Operation *found =
        module->lookupSymbol<mlir::func::FuncOp>("f").getBody().front().getTerminator()->getPrevNode();
    return graph::keepsSamples(found, varies);
  }
};

TEST_F(SamplesTest, elementwiseOperandsBroadcast) {
  std::string add = "%y = limbeck.add %a, %b : (tensor<4x4xf32>, ";
  EXPECT_TRUE(keeps("%a: tensor<4x4xf32>, %b: tensor<4xf32>", add + "tensor<4xf32>) -> tensor<4x4xf32>",
                    {true, false}));
  EXPECT_TRUE(keeps("%a: tensor<4x4xf32>, %b: tensor<4x4xf32>", add + "tensor<4x4xf32>) -> tensor<4x4xf32>",
                    {true, true}));
  EXPECT_FALSE(keeps("%a: tensor<4x4xf32>, %b: tensor<4xf32>", add + "tensor<4xf32>) -> tensor<4x4xf32>",
                     {true, true}))
      << "the four of %b are columns";
  EXPECT_FALSE(keeps("%a: tensor<4x4xf32>, %b: tensor<4x1xf32>", add + "tensor<4x1xf32>) -> tensor<4x4xf32>",
                     {true, false}))
      << "all samples share %b, which has an element for each";
}

TEST_F(SamplesTest, parametersOfEachSampleCannotBeCut) {
  std::string along0 = "tensor<2x3x!quant.uniform<i8:f32:0, {1.0, 2.0}>>",
              along1 = "tensor<2x3x!quant.uniform<i8:f32:1, {1.0, 2.0, 4.0}>>";
  EXPECT_FALSE(
      keeps("%x: " + along0, "%y = limbeck.dequantize %x : (" + along0 + ") -> tensor<2x3xf32>", {true}));
  EXPECT_TRUE(
      keeps("%x: " + along1, "%y = limbeck.dequantize %x : (" + along1 + ") -> tensor<2x3xf32>", {true}));
}

TEST_F(SamplesTest, movedSlicesStayWhole) {
  auto reshape = [&](const std::string &shape, const std::string &type) {
    return keeps("%x: tensor<4x6xf32>",
                 "%y = limbeck.reshape %x shape = [" + shape + "] : (tensor<4x6xf32>) -> tensor<" + type +
                     "xf32>",
                 {true});
  };
  EXPECT_TRUE(reshape("4, 2, 3", "4x2x3"));
  EXPECT_FALSE(reshape("6, 4", "6x4"));
  EXPECT_FALSE(keeps("%x: tensor<4x4xf32>",
                     "%y = limbeck.transpose %x perm = [1, 0] : (tensor<4x4xf32>) -> tensor<4x4xf32>",
                     {true}));
  std::string gather = "%y = limbeck.gather %x, %i axis = ";
  std::string types = " : (tensor<4x6xf32>, tensor<4xsi64>) -> tensor<4x4xf32>";
  EXPECT_TRUE(keeps("%x: tensor<4x6xf32>, %i: tensor<4xsi64>", gather + "1" + types, {true, false}));
  EXPECT_FALSE(keeps("%x: tensor<4x6xf32>, %i: tensor<4xsi64>", gather + "1" + types, {true, true}))
      << "indices count for all samples";
}

TEST_F(SamplesTest, rowsOfProducts) {
  std::string rows = "%y = limbeck.matmul %a, %b : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>";
  EXPECT_TRUE(keeps("%a: tensor<4x4xf32>, %b: tensor<4x4xf32>", rows, {true, false}));
  EXPECT_FALSE(keeps("%a: tensor<4x4xf32>, %b: tensor<4x4xf32>", rows, {true, true}))
      << "every row meets all of %b";
  std::string batch =
      "%y = limbeck.matmul %a, %b : (tensor<4x2x3xf32>, tensor<4x3x2xf32>) -> tensor<4x2x2xf32>";
  EXPECT_TRUE(keeps("%a: tensor<4x2x3xf32>, %b: tensor<4x3x2xf32>", batch, {true, true}));
  EXPECT_FALSE(keeps("%a: tensor<4x2x3xf32>, %b: tensor<4x3x2xf32>", batch, {true, false}))
      << "a matrix for each sample";
}

TEST_F(SamplesTest, reductionsAlongOtherAxes) {
  auto softmax = [&](const std::string &axis) {
    return keeps("%x: tensor<4x4xf32>",
                 "%y = limbeck.softmax %x axis = " + axis + " : (tensor<4x4xf32>) -> tensor<4x4xf32>",
                 {true});
  };
  EXPECT_TRUE(softmax("1"));
  EXPECT_FALSE(softmax("0"));
  auto sum = [&](const std::string &axis) {
    return keeps("%x: tensor<4x4xf32>",
                 "%y = limbeck.reduce_sum %x axes = [" + axis +
                     "] keepdims = false : (tensor<4x4xf32>) -> tensor<4xf32>",
                 {true});
  };
  EXPECT_TRUE(sum("1"));
  EXPECT_FALSE(sum("0"));
}

TEST_F(SamplesTest, windows) {
  std::string attributes = " kernel = [2] strides = [2] pads = [0, 0] dilations = [1] ceil_mode = false ";
  std::string types = "layout = \"NCHW\" : (tensor<4x3x8xf32>) -> tensor<4x3x4x";
  EXPECT_TRUE(
      keeps("%x: tensor<4x3x8xf32>", "%y = limbeck.max_pool %x" + attributes + types + "f32>", {true}));
  EXPECT_FALSE(keeps("%x: tensor<4x3x8xf32>",
                     "%y = limbeck.arg_max_pool %x" + attributes + "storage_order = 0 " + types + "si64>",
                     {true}))
      << "positions count from the first sample on";
  auto resize = [&](const std::string &scale, const std::string &samples) {
    return keeps(
        "%x: tensor<4x2xf32>",
        "%y = limbeck.resize %x mode = \"nearest\" coordinate_mode = \"asymmetric\" nearest_mode = \"floor\" "
        "scales = [" +
            scale +
            ", 2.0] sizes = [-1, -1] extrapolation_value = 0.0 roi = [] : (tensor<4x2xf32>) -> tensor<" +
            samples + "x4xf32>",
        {true});
  };
  EXPECT_TRUE(resize("1.0", "4"));
  EXPECT_FALSE(resize("1.2", "4")) << "the third sample is read twice";
}

TEST_F(SamplesTest, rangesOfAllSamplesMixThem) {
  EXPECT_FALSE(keeps("%x: tensor<4x4xf32>",
                     "%q, %s, %z = limbeck.dynamic_quantize %x : (tensor<4x4xf32>) -> (tensor<4x4xui8>, "
                     "tensor<f32>, tensor<ui8>)",
                     {true}));
  EXPECT_TRUE(keeps("%x: tensor<4x4xf32>",
                    "%q, %s, %u = limbeck.dynamic_quantize_blocks %x block_size = 4 : (tensor<4x4xf32>) -> "
                    "(tensor<4x4xsi8>, "
                    "tensor<4x1xf32>, tensor<4x1xsi32>)",
                    {true}));
}

} // namespace
} // namespace limbeck::test
