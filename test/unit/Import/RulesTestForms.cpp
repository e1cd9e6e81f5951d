// What nodes become: the ops, their attributes and the inferred types, with unknown dimensions and older
// forms.
#include "NodeModel.h"
#include <gtest/gtest.h>
#include <limits>

namespace limbeck::importer {
namespace {

constexpr int kU8 = onnx::TensorProto::UINT8, kS8 = onnx::TensorProto::INT8, kS32 = onnx::TensorProto::INT32;

/// Imports a node that must be good, and gives its ops and the type of its first output.
struct Imported {
  explicit Imported(const NodeModel &node) : model(node.import()) {
    EXPECT_TRUE(model.ok()) << (model ? "" : model.diagnostic().text());
    if (!model)
      return;
    ops = opsOf(*model);
    type = outputType(*model).text();
  }
  const reference::Attributes &attributes(size_t op) const { return model->ops[op].attributes; }
  Expected<Model> model;
  std::string ops, type;
};

/// ResNet-50's widest bias, whose zero point is left out: more zeros than folding makes of a scalar.
TEST(RulesForms, zeroPointsThatAreLeftOutAreConstants) {
  constexpr int64_t channels = 2048;
  NodeModel bias("DequantizeLinear");
  bias.input({channels}, kS32).floats(std::vector<float>(channels, 0.5f)).attribute("axis", 0);
  Imported dequantize(bias);
  EXPECT_EQ(dequantize.ops, "dequantize_by");
  EXPECT_TRUE(dequantize.model->values[dequantize.model->ops[0].operands[2]].constant);
}

TEST(RulesForms, oneSpatialDimensionIsLiftedToTwo) {
  Imported conv(NodeModel("Conv")
                    .input({2, 4, 11})
                    .input({6, 2, 4})
                    .attribute("group", 2)
                    .text("auto_pad", "SAME_LOWER")
                    .attribute("strides", {3}));
  EXPECT_EQ(conv.ops, "reshape reshape conv reshape");
  EXPECT_EQ(conv.type, "f32[2x6x4]");
  EXPECT_EQ(conv.attributes(2).integers("strides"), (std::vector<int64_t>{1, 3}));
  EXPECT_EQ(conv.attributes(2).integers("pads"), (std::vector<int64_t>{0, 1, 0, 1}));
}

TEST(RulesForms, autoPadNeedsNoDimensionWhenTheStrideIsOne) {
  NodeModel same("Conv");
  same.input({1, 2, -1, -1}).input({3, 2, 4, 3}).text("auto_pad", "SAME_UPPER");
  Imported conv(same);
  EXPECT_EQ(conv.attributes(0).integers("pads"), (std::vector<int64_t>{1, 1, 2, 1}));
  EXPECT_EQ(conv.type, "f32[1x3x?x?]");
  EXPECT_EQ(codeOf(same.attribute("strides", {2, 1}).import()), "E-UNSUPPORTED");
}

TEST(RulesForms, autoPadFixesTheLengthThatCeilModeWouldChange) {
  Imported pool(NodeModel("MaxPool", 12)
                    .input({1, 1, 5})
                    .attribute("kernel_shape", {1})
                    .attribute("strides", {3})
                    .text("auto_pad", "SAME_UPPER")
                    .attribute("ceil_mode", 1));
  EXPECT_EQ(pool.type, "f32[1x1x2]");
}

TEST(RulesForms, zeroPadsBesideValidAreAccepted) {
  Imported pool(NodeModel("AveragePool", 11)
                    .input({1, 1, 5})
                    .attribute("kernel_shape", {2})
                    .text("auto_pad", "VALID")
                    .attribute("pads", {0, 0}));
  EXPECT_EQ(pool.type, "f32[1x1x4]");
}

TEST(RulesForms, transposedConvolutionReachesItsOutputShape) {
  Imported longer(NodeModel("ConvTranspose")
                      .input({1, 1, 3, 3})
                      .input({1, 2, 3, 3})
                      .attribute("strides", {3, 2})
                      .attribute("output_shape", {10, 8}));
  EXPECT_EQ(longer.type, "f32[1x2x10x8]");
  EXPECT_EQ(longer.attributes(0).integers("output_padding"), (std::vector<int64_t>{1, 1}));
  Imported shorter(NodeModel("ConvTranspose")
                       .input({1, 1, 3, 3})
                       .input({1, 2, 3, 3})
                       .attribute("strides", {3, 2})
                       .attribute("output_shape", {8, 4}));
  EXPECT_EQ(shorter.attributes(0).integers("pads"), (std::vector<int64_t>{1, 2, 0, 1}));
}

TEST(RulesForms, vectorsInProductsArePromoted) {
  EXPECT_EQ(Imported(NodeModel("MatMul").input({3}).input({2, 3, 4})).type, "f32[2x4]");
  EXPECT_EQ(Imported(NodeModel("MatMul").input({2, 4, 3}).input({3})).type, "f32[2x4]");
  EXPECT_EQ(Imported(NodeModel("MatMul").input({3}).input({3})).type, "f32[scalar]");
}

TEST(RulesForms, gemmUsesTheBiasWhereItCan) {
  EXPECT_EQ(Imported(NodeModel("Gemm").input({2, 3}).input({3, 4}).input({1, 4})).ops, "reshape matmul");
  EXPECT_EQ(Imported(NodeModel("Gemm").input({2, 3}).input({3, 4}).input({2, 1})).ops, "matmul add");
  EXPECT_EQ(
      Imported(NodeModel("Gemm").input({3, 2}).input({3, 4}).attribute("transA", 1).attribute("alpha", 2.0f))
          .ops,
      "transpose matmul mul");
  EXPECT_EQ(codeOf(NodeModel("Gemm").input({2, 3}).input({3, 4}).input({5, 2, 4}).import()), "E-SHAPE");
}

TEST(RulesForms, gemmScalesConstantsAndNotTheProduct) {
  NodeModel gemm("Gemm");
  gemm.input({2, 3}).matrix({3, 4}, 2).floats({1, 2, 3, 4}).attribute("alpha", 0.5f).attribute("beta", 3.0f);
  EXPECT_TRUE(Imported(gemm).ops.ends_with("matmul")) << Imported(gemm).ops;
  // A matrix that is no constant has its product scaled, and the bias added behind that.
  EXPECT_EQ(Imported(NodeModel("Gemm").input({2, 3}).input({3, 4}).input({4}).attribute("alpha", 2.0f)).ops,
            "matmul mul add");
  EXPECT_EQ(Imported(NodeModel("Gemm").input({2, 3}).input({3, 4}).input({4}).attribute("beta", 2.0f)).ops,
            "mul matmul");
}

TEST(RulesForms, softmaxSeesAMatrixBeforeOpset13) {
  EXPECT_EQ(Imported(NodeModel("Softmax", 11).input({2, 3, 4})).ops, "reshape softmax reshape");
  EXPECT_EQ(Imported(NodeModel("Softmax", 11).input({2, 3, 4}).attribute("axis", -1)).ops, "softmax");
  EXPECT_EQ(Imported(NodeModel("Softmax", 13).input({2, 3, 4}).attribute("axis", 1)).ops, "softmax");
}

TEST(RulesForms, emptyAxesReduceAllOrNothing) {
  EXPECT_EQ(Imported(NodeModel("ReduceSum").input({2, 3}).attribute("keepdims", 0)).type, "f32[scalar]");
  EXPECT_EQ(
      Imported(NodeModel("ReduceSum").input({2, 3}).indices({}).attribute("noop_with_empty_axes", 1)).ops,
      "");
  EXPECT_EQ(Imported(NodeModel("ReduceMax").input({2, 3}, onnx::TensorProto::BOOL)).ops,
            "cast reduce_max cast");
  for (const char *op : {"ReduceSum", "ReduceMean", "ReduceProd"})
    EXPECT_EQ(codeOf(NodeModel(op).input({2, 3}, onnx::TensorProto::BOOL).import()), "E-DTYPE") << op;
}

TEST(RulesForms, axesMovedFromAttributeToOperand) {
  EXPECT_EQ(Imported(NodeModel("ReduceMean", 11).input({2, 3, -1}).attribute("axes", {-1, 0})).type,
            "f32[1x3x1]");
  EXPECT_EQ(Imported(NodeModel("ReduceMean", 18).input({2, 3, -1}).indices({-1, 0})).type, "f32[1x3x1]");
  EXPECT_EQ(codeOf(NodeModel("ReduceMean", 13).input({2, 3}).indices({0}).import()), "E-ARITY");
}

TEST(RulesForms, reshapeCopiesAndInfers) {
  EXPECT_EQ(Imported(NodeModel("Reshape").input({2, 3, 4}).indices({0, -1})).type, "f32[2x12]");
  EXPECT_EQ(Imported(NodeModel("Reshape").input({-1, 3, 4}).indices({0, -1})).type, "f32[?x12]");
  EXPECT_EQ(Imported(NodeModel("Reshape").input({-1, -1, 4}).indices({0, 0, 2, -1})).type, "f32[?x?x2x2]");
  EXPECT_EQ(Imported(NodeModel("Reshape").input({-1, 3, 4}).indices({-1, 6})).type, "f32[?x6]");
  EXPECT_EQ(Imported(NodeModel("Reshape").input({0, 3}).indices({3, 0}).attribute("allowzero", 1)).type,
            "f32[3x0]");
}

using Kept = std::vector<int64_t>;

TEST(RulesForms, reshapesSayWhichOpenDimensionsTheyKeep) {
  Imported copied(NodeModel("Reshape").input({-1, -1, 4}).indices({0, 0, 2, -1}));
  EXPECT_EQ(copied.attributes(0).integers("kept"), (Kept{0, 1, -1, -1}));
  Imported wider(NodeModel("Unsqueeze").input({-1, -1}).indices({1, 2}));
  EXPECT_EQ(wider.type, "f32[?x1x1x?]");
  EXPECT_EQ(wider.attributes(0).integers("kept"), (Kept{0, -1, -1, 1}));
  Imported narrower(NodeModel("Squeeze").input({-1, 1, -1}).indices({1}));
  EXPECT_EQ(narrower.attributes(0).integers("kept"), (Kept{0, 2}));
  Imported flat(NodeModel("Flatten").input({-1, 3, -1, -1}));
  EXPECT_EQ(flat.attributes(0).integers("kept"), (Kept{0, -1}));
  Imported lifted(NodeModel("Conv").input({-1, 4, -1}).input({6, 4, 3}));
  EXPECT_EQ(lifted.attributes(0).integers("kept"), (Kept{0, -1, -1, 2}));
  EXPECT_EQ(lifted.attributes(3).integers("kept"), (Kept{0, -1, 3}));
  Imported inferred(NodeModel("Reshape").input({-1, 3, 4}).indices({0, -1}));
  EXPECT_FALSE(inferred.attributes(0).has("kept")) << "one can be inferred";
}

TEST(RulesForms, splitsAreSlices) {
  Imported split(NodeModel("Split", 18).input({7, -1}).attribute("num_outputs", 3).outputs(3));
  EXPECT_EQ(split.ops, "slice slice slice");
  EXPECT_EQ(split.type, "f32[3x?]");
  EXPECT_EQ(outputType(*split.model, 2).text(), "f32[1x?]");
}

TEST(RulesForms, expandBroadcastsBothWays) {
  EXPECT_EQ(Imported(NodeModel("Expand").input({3, 1}).indices({2, 1, 5})).type, "f32[2x3x5]");
  EXPECT_EQ(Imported(NodeModel("Expand").input({3, 4}).indices({1})).type, "f32[3x4]");
}

TEST(RulesForms, largeConstantsAreNotMade) {
  Imported filled(NodeModel("ConstantOfShape").indices({1 << 15, 1 << 15}));
  EXPECT_EQ(filled.ops, "expand");
  EXPECT_EQ(filled.type, "f32[32768x32768]");
}

TEST(RulesForms, clipTakesAttributesOrBoundsThatAreComputed) {
  EXPECT_EQ(Imported(NodeModel("Clip", 13).input({3}).scale(0).scale(6)).ops, "clip");
  EXPECT_EQ(Imported(NodeModel("Clip", 13).input({3}).input({})).ops, "max min");
  EXPECT_EQ(Imported(NodeModel("Clip", 13).input({3}, kS32).zero(0, kS32)).ops, "max");
  EXPECT_EQ(Imported(NodeModel("Clip", 13).input({3}, kS32).zero(0, kS32).zero(9, kS32)).ops, "max min");
}

TEST(RulesForms, clipWithoutBoundsClipsInfinities) {
  constexpr float largest = std::numeric_limits<float>::max();
  auto bounds = [](const NodeModel &model) {
    const reference::Attributes attributes = Imported(model).attributes(0);
    return std::pair(attributes.number("min"), attributes.number("max"));
  };
  EXPECT_EQ(bounds(NodeModel("Clip", 10).input({3})), std::pair(-largest, largest));
  EXPECT_EQ(bounds(NodeModel("Clip", 13).input({3})), std::pair(-largest, largest));
  EXPECT_EQ(bounds(NodeModel("Clip", 13).input({3}).scale(0)), std::pair(0.0f, largest));
  EXPECT_EQ(bounds(NodeModel("Clip", 13).input({3}, onnx::TensorProto::FLOAT16)),
            std::pair(-65504.0f, 65504.0f));
  EXPECT_EQ(Imported(NodeModel("Clip", 13).input({3}, onnx::TensorProto::DOUBLE)).ops, "max min");
}

TEST(RulesForms, gemmWithoutBetaDropsC) {
  NodeModel gemm("Gemm");
  gemm.input({2, 3}).input({3, 4}).input({4}).attribute("beta", 0.0f);
  EXPECT_EQ(Imported(gemm).ops, "matmul");
  EXPECT_EQ(codeOf(NodeModel("Gemm").input({2, 3}).input({3, 4}).input({5}).attribute("beta", 0.0f).import()),
            "E-SHAPE");
  EXPECT_EQ(
      codeOf(NodeModel("Gemm").input({2, 3}).input({3, 4}).input({4}, kS32).attribute("beta", 0.0f).import()),
      "E-DTYPE");
}

TEST(RulesForms, integersThatOnnxAllowsAreUnsupported) {
  auto product = [](const char *op, int64_t opset, int a, int b) {
    return codeOf(NodeModel(op, opset).input({2, 2}, a).input({2, 2}, b).import());
  };
  constexpr int kF32 = onnx::TensorProto::FLOAT, kU64 = onnx::TensorProto::UINT64;
  EXPECT_EQ(product("PRelu", 13, kS32, kS32), "E-UNSUPPORTED-TYPE");
  for (const char *op : {"MatMul", "Gemm", "PRelu"}) {
    EXPECT_EQ(product(op, 8, kS32, kS32), "E-DTYPE") << op << " had floats alone before opset 9";
    EXPECT_EQ(product(op, 13, kS8, kS8), "E-DTYPE") << op;
    EXPECT_EQ(product(op, 13, kS32, kF32), "E-DTYPE") << op << " has one type";
  }
  EXPECT_EQ(product("MatMul", 9, kU64, kU64), "ok");
  EXPECT_EQ(product("Gemm", 13, kS32, kS32), "ok");
  NodeModel half("Gemm");
  half.input({2, 2}, kS32).input({2, 2}, kS32).attribute("alpha", 0.5f);
  EXPECT_EQ(codeOf(half.import()), "E-UNSUPPORTED-TYPE");
  EXPECT_EQ(codeOf(NodeModel("Erf", 9).input({2}, kS8).import()), "E-UNSUPPORTED-TYPE");
  EXPECT_EQ(codeOf(NodeModel("Erf", 13).input({2}, kS8).import()), "E-DTYPE");
}

TEST(RulesForms, resizeFollowsSizesOfUnknownDimensions) {
  NodeModel resize("Resize", 13);
  resize.input({1, -1, 4}).absent().absent().indices({1, 6, 8});
  EXPECT_EQ(Imported(resize).type, "f32[1x6x8]");
  resize.text("keep_aspect_ratio_policy", "not_larger");
  EXPECT_EQ(codeOf(resize.import()), "E-UNSUPPORTED");
}

TEST(RulesForms, firstResizeUsesTwoOpsForBothDirections) {
  Imported both(NodeModel("Resize", 10).input({4, 4}).floats({2.0f, 0.5f}));
  EXPECT_EQ(both.ops, "resize resize");
  EXPECT_EQ(both.attributes(0).text("nearest_mode"), "floor");
  EXPECT_EQ(both.attributes(1).text("nearest_mode"), "ceil");
  EXPECT_EQ(both.type, "f32[8x2]");
}

TEST(RulesForms, dropoutIsTheIdentityUnlessItTrains) {
  EXPECT_EQ(Imported(NodeModel("Dropout", 13).input({3})).ops, "");
  Imported masked(NodeModel("Dropout", 13).input({3}).outputs(2));
  EXPECT_EQ(outputType(*masked.model, 1).text(), "bool[3]");
  NodeModel training("Dropout", 13);
  training.input({3}).scale(0.5).integers(onnx::TensorProto::BOOL, {}, {1});
  EXPECT_EQ(codeOf(training.import()), "E-UNSUPPORTED");
}

TEST(RulesForms, absentZeroPointsAreZerosOfTheirType) {
  Imported quantize(NodeModel("QuantizeLinear").input({2, 3}).floats({1, 2, 3}).attribute("output_dtype", 5));
  EXPECT_EQ(quantize.type, "s16[2x3]");
  Imported defaults(NodeModel("QuantizeLinear").input({2, 3}).floats({1}));
  EXPECT_EQ(defaults.type, "u8[2x3]");
  Imported dequantize(
      NodeModel("DequantizeLinear", 23).input({2, -1}, kS8).scale(0.5).attribute("output_dtype", 10));
  EXPECT_EQ(dequantize.type, "f16[2x?]");
}

TEST(RulesForms, quantizedProductsAreIntegerProductsAndRequantize) {
  Imported conv(NodeModel("QLinearConv")
                    .input({1, 2, 5, 5}, kU8)
                    .scale(0.5)
                    .zero(9)
                    .input({3, 2, 3, 3}, kS8)
                    .floats({1, 2, 3})
                    .integers(kS8, {3}, {0, 0, 0})
                    .scale(1)
                    .zero(-7, kS8)
                    .integers(kS32, {3}, {1, 2, 3}));
  EXPECT_EQ(conv.ops, "conv_integer requantize_by");
  EXPECT_EQ(conv.type, "s8[1x3x3x3]");
  EXPECT_EQ(conv.attributes(1).integer("axis"), 1);
  Imported gemm(NodeModel("QGemm", 1, "com.microsoft")
                    .input({2, 3}, kU8)
                    .scale(1)
                    .zero(3)
                    .input({3, 4}, kS8)
                    .floats({1, 2, 3, 4})
                    .integers(kS8, {4}, {0, 1, 2, 3}));
  EXPECT_EQ(gemm.ops, "matmul_integer dequantize_by");
  EXPECT_EQ(gemm.type, "f32[2x4]");
}

TEST(RulesForms, qlinearAddIsTypedAndKeepsItsFormula) {
  Imported add(NodeModel("QLinearAdd", 1, "com.microsoft")
                   .input({2, 3}, kU8)
                   .scale(0.5)
                   .zero(9)
                   .input({3}, kU8)
                   .scale(0.25)
                   .absent()
                   .scale(2)
                   .zero(128));
  EXPECT_EQ(add.ops, "storage_cast storage_cast add storage_cast");
  EXPECT_EQ(add.type, "u8[2x3]");
  EXPECT_EQ(add.attributes(2).text("arith"), "ort_qlinear");
  const auto &result = add.model->values[add.model->ops[2].results[0]].type;
  ASSERT_TRUE(result.quantization);
  EXPECT_EQ(result.quantization->scales, std::vector<float>{2});
  EXPECT_EQ(result.quantization->zeroPoints, std::vector<int64_t>{128});
  const auto &second = add.model->values[add.model->ops[1].results[0]].type;
  EXPECT_EQ(second.quantization->zeroPoints, std::vector<int64_t>{0});
}

} // namespace
} // namespace limbeck::importer
