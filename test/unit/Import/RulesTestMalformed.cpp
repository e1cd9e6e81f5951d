// Nodes that are wrong in one place: each gets its code and names the node, and nothing is allocated for it.
#include "NodeModel.h"
#include <gtest/gtest.h>
#include <limits>

namespace limbeck::importer {
namespace {

constexpr int64_t huge = int64_t(1) << 62, beyond = int64_t(1) << 40;
constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float notANumber = std::numeric_limits<float>::quiet_NaN();
constexpr int kU8 = onnx::TensorProto::UINT8, kS8 = onnx::TensorProto::INT8, kS32 = onnx::TensorProto::INT32;
constexpr int kF16 = onnx::TensorProto::FLOAT16, kU4 = onnx::TensorProto::UINT4,
              kS64 = onnx::TensorProto::INT64;

struct Wrong {
  const char *what;
  NodeModel model;
  const char *code;
};

void expectCodes(const std::vector<Wrong> &cases) {
  for (const Wrong &wrong : cases) {
    auto model = wrong.model.import();
    EXPECT_EQ(codeOf(model), wrong.code) << wrong.what << ": " << (model ? "" : model.diagnostic().text());
    if (!model) {
      EXPECT_EQ(model.diagnostic().node, "node") << wrong.what;
    }
  }
}

NodeModel conv() {
  return NodeModel("Conv").input({1, 4, 9, 9}).input({6, 2, 3, 3}).attribute("group", 2);
}
NodeModel maxPool() {
  return NodeModel("MaxPool").input({1, 4, 9, 9});
}

TEST(RulesMalformed, windows) {
  expectCodes({
      {"stride 0", conv().attribute("strides", {1, 0}), "E-ATTR-RANGE"},
      {"negative dilation", conv().attribute("dilations", {-1, 1}), "E-ATTR-RANGE"},
      {"huge dilation", conv().attribute("dilations", {huge, huge}), "E-ATTR-RANGE"},
      {"huge dilation with auto_pad", conv().attribute("dilations", {huge, 1}).text("auto_pad", "SAME_UPPER"),
       "E-ATTR-RANGE"},
      {"negative pad", conv().attribute("pads", {0, 0, -1, 0}), "E-ATTR-RANGE"},
      {"huge pads", conv().attribute("pads", {huge, huge, huge, huge}), "E-ATTR-RANGE"},
      {"pads of a tensor too large",
       conv().attribute("pads", {beyond, 0, 0, 0}).attribute("strides", {beyond, 1}), "E-ATTR-RANGE"},
      {"kernel beyond the padded input", conv().attribute("dilations", {9, 9}), "E-ATTR-RANGE"},
      {"too few strides", conv().attribute("strides", {1}), "E-ATTR-LEN"},
      {"too many pads", conv().attribute("pads", {1, 1, 1, 1, 1, 1, 1, 1, 1}), "E-ATTR-LEN"},
      {"too many dilations", conv().attribute("dilations", {1, 1, 1, 1, 1}), "E-ATTR-LEN"},
      {"too short a kernel", conv().attribute("kernel_shape", {3}), "E-ATTR-LEN"},
      {"kernel unlike the weights", conv().attribute("kernel_shape", {3, 5}), "E-SHAPE"},
      {"auto_pad with pads", conv().text("auto_pad", "SAME_UPPER").attribute("pads", {1, 1, 1, 1}),
       "E-ATTR-RANGE"},
      {"unknown auto_pad", conv().text("auto_pad", "SOMEHOW"), "E-ATTR-RANGE"},
      {"wrong kind", conv().attribute("strides", 1.5f), "E-ATTR"},
      {"group 0", NodeModel("Conv").input({1, 4, 9, 9}).input({6, 4, 3, 3}).attribute("group", 0), "E-SHAPE"},
      {"channels", NodeModel("Conv").input({1, 5, 9, 9}).input({6, 2, 3, 3}).attribute("group", 2),
       "E-SHAPE"},
      {"output channels", NodeModel("Conv").input({1, 4, 9, 9}).input({5, 2, 3, 3}).attribute("group", 2),
       "E-SHAPE"},
      {"weights of rank 1", NodeModel("Conv").input({1, 4, 9, 9}).input({6}), "E-SHAPE"},
      {"three dimensions", NodeModel("Conv").input({1, 4, 9, 9, 9}).input({6, 4, 3, 3, 3}), "E-UNSUPPORTED"},
      {"output_shape too long",
       NodeModel("ConvTranspose")
           .input({1, 2, 4, 4})
           .input({2, 1, 3, 3})
           .attribute("output_shape", {1, 1, 9, 9}),
       "E-ATTR-LEN"},
      {"huge strides of a transposed one",
       NodeModel("ConvTranspose")
           .input({1, 2, 4, 4})
           .input({2, 1, 3, 3})
           .attribute("strides", {huge, huge})
           .attribute("output_shape", {9, 9}),
       "E-ATTR-RANGE"},
      {"no kernel", maxPool(), "E-ATTR"},
      {"kernel 0", maxPool().attribute("kernel_shape", {0, 2}), "E-ATTR-RANGE"},
      {"pool of rank 2", NodeModel("MaxPool").input({4, 9}).attribute("kernel_shape", {2}), "E-SHAPE"},
  });
}

TEST(RulesMalformed, splitsAndSlices) {
  auto split = [] { return NodeModel("Split", 18).input({6, 4}).outputs(2); };
  auto slice = [] { return NodeModel("Slice", 13).input({6, 4}); };
  expectCodes({
      {"axis 77", split().attribute("axis", 77).attribute("num_outputs", 2), "E-SPLIT"},
      {"negative size", split().indices({7, -1}), "E-SPLIT"},
      {"sum", split().indices({2, 3}), "E-SPLIT"},
      {"sum overflows", split().indices({huge, huge}).attribute("axis", 1), "E-SPLIT"},
      {"number of sizes", split().indices({2, 2, 2}), "E-SPLIT"},
      {"num_outputs 0", split().attribute("num_outputs", 0), "E-SPLIT"},
      {"both", split().indices({2, 4}).attribute("num_outputs", 2), "E-SPLIT"},
      {"not divisible", NodeModel("Split", 13).input({5}).outputs(2), "E-SPLIT"},
      {"more parts than elements", NodeModel("Split", 18).input({2}).outputs(5).attribute("num_outputs", 5),
       "E-SPLIT"},
      {"step 0", slice().indices({0}).indices({2}).indices({0}).indices({0}), "E-SLICE"},
      {"lengths", slice().indices({0}).indices({2, 3}), "E-SLICE"},
      {"axes longer", slice().indices({0}).indices({2}).indices({0, 1}), "E-SLICE"},
      {"axis 2^40", slice().indices({0}).indices({2}).indices({beyond}), "E-SLICE"},
      {"axis twice", slice().indices({0, 0}).indices({2, 2}).indices({0, -2}), "E-SLICE"},
      {"more bounds than axes",
       NodeModel("Slice", 9).input({3}).attribute("starts", {0, 0}).attribute("ends", {1, 1}), "E-SLICE"},
      {"missing ends", NodeModel("Slice", 9).input({3}).attribute("starts", {0}), "E-ATTR"},
  });
}

TEST(RulesMalformed, shapesAndAxes) {
  auto reshape = [] { return NodeModel("Reshape").input({2, 3}); };
  expectCodes({
      {"concat axis", NodeModel("Concat").input({2}).input({2}).attribute("axis", 99), "E-AXIS"},
      {"concat ranks", NodeModel("Concat").input({2}).input({2, 2}).attribute("axis", 0), "E-AXIS"},
      {"concat of nothing", NodeModel("Concat").attribute("axis", 0), "E-ARITY"},
      {"perm twice", NodeModel("Transpose").input({2, 3}).attribute("perm", {0, 0}), "E-PERM"},
      {"perm range", NodeModel("Transpose").input({2, 3}).attribute("perm", {0, 2}), "E-PERM"},
      {"perm short", NodeModel("Transpose").input({2, 3}).attribute("perm", {1}), "E-PERM"},
      {"perm negative", NodeModel("Transpose").input({2, 3}).attribute("perm", {-1, 0}), "E-PERM"},
      {"two -1", reshape().indices({-1, -1}), "E-RESHAPE"},
      {"-2", reshape().indices({-2, 3}), "E-RESHAPE"},
      {"-1 with a zero product", NodeModel("Reshape").input({0, 3}).indices({0, -1}), "E-RESHAPE"},
      {"overflow", reshape().indices({huge, huge}), "E-RESHAPE"},
      {"copies beyond the rank", reshape().indices({2, 3, 0}), "E-RESHAPE"},
      {"allowzero", reshape().indices({0, -1}).attribute("allowzero", 1), "E-RESHAPE"},
      {"another number of elements", reshape().indices({7}), "E-RESHAPE"},
      {"gather axis", NodeModel("Gather").input({2}).indices({0}).attribute("axis", 1), "E-AXIS"},
      {"gather index", NodeModel("Gather").input({2}).indices({1, 2}), "E-INDEX"},
      {"gather negative index", NodeModel("Gather").input({2}).indices({-3}), "E-INDEX"},
      {"squeeze twice", NodeModel("Squeeze").input({1, 1}).indices({0, -2}), "E-AXIS"},
      {"squeeze of 3", NodeModel("Squeeze").input({1, 3}).indices({1}), "E-AXIS"},
      {"unsqueeze range",
       NodeModel("Unsqueeze").input({1}).indices({std::numeric_limits<int32_t>::max() - 1}), "E-AXIS"},
      {"unsqueeze twice", NodeModel("Unsqueeze").input({1}).indices({0, 0}), "E-AXIS"},
      {"reduce axis", NodeModel("ReduceSum").input({2, 3}).indices({2}), "E-AXIS"},
      {"softmax axis", NodeModel("Softmax").input({2, 3}).attribute("axis", -3), "E-AXIS"},
      {"argmax axis", NodeModel("ArgMax").input({2, 3}).attribute("axis", 2), "E-AXIS"},
      {"argmax of nothing", NodeModel("ArgMax").input({2, 0}).attribute("axis", 1), "E-AXIS"},
      {"shape of f32", NodeModel("Reshape").input({2}).floats({2}), "E-DTYPE"},
      {"flag 2", NodeModel("ReduceSum").input({2}).attribute("keepdims", 2), "E-ATTR-RANGE"},
  });
}

TEST(RulesMalformed, sizes) {
  auto range = [] { return NodeModel("Range"); };
  expectCodes({
      {"tile -1", NodeModel("Tile").input({2}).indices({-1}), "E-SIZE"},
      {"tile overflows", NodeModel("Tile").input({4}).indices({huge}), "E-SIZE"},
      {"tile lengths", NodeModel("Tile").input({4}).indices({1, 1}), "E-SIZE"},
      {"expand negative", NodeModel("Expand").input({4}).indices({-4}), "E-SIZE"},
      {"expand too large", NodeModel("Expand").input({1, 1}).indices({beyond, beyond}), "E-SIZE"},
      {"expand to another shape", NodeModel("Expand").input({3}).indices({4}), "E-SHAPE"},
      {"constant of shape", NodeModel("ConstantOfShape").indices({beyond, beyond}), "E-SIZE"},
      {"constant of negative shape", NodeModel("ConstantOfShape").indices({-3}), "E-SIZE"},
      {"range step 0", range().floats({0}, 0).floats({3}, 0).floats({0}, 0), "E-SIZE"},
      {"pad length", NodeModel("Pad").input({2, 3}).indices({1, 1}), "E-PAD"},
      {"pad beyond the dimension", NodeModel("Pad").input({2}).indices({-3, 0}), "E-PAD"},
      {"pad mode", NodeModel("Pad").input({2}).indices({1, 1}).text("mode", "none"), "E-PAD"},
      {"pad axes", NodeModel("Pad").input({2}).indices({1, 1}).absent().indices({1}), "E-PAD"},
      {"constant twice", NodeModel("Constant").attribute("value_int", 1).attribute("value_float", 1.0f),
       "E-ATTR"},
      {"constant of nothing", NodeModel("Constant"), "E-ATTR"},
      {"constant of a string", NodeModel("Constant").text("value_string", "x"), "E-UNSUPPORTED-TYPE"},
      {"cast to nothing", NodeModel("Cast").input({2}).attribute("to", 9999), "E-DTYPE"},
      {"cast beyond 32 bits", NodeModel("Cast").input({2}).attribute("to", (int64_t(1) << 32) + 1),
       "E-DTYPE"},
      {"cast to float8", NodeModel("Cast").input({2}).attribute("to", 17), "E-UNSUPPORTED-TYPE"},
  });
}

TEST(RulesMalformed, resizes) {
  auto scaled = [](std::vector<float> scales) {
    return NodeModel("Resize").input({2, 3}).absent().floats(scales);
  };
  expectCodes({
      {"NaN", scaled({1, notANumber}), "E-RESIZE"},
      {"infinite", scaled({1, infinity}), "E-RESIZE"},
      {"0", scaled({1, 0}), "E-RESIZE"},
      {"negative", scaled({1, -2}), "E-RESIZE"},
      {"too few", scaled({2}), "E-RESIZE"},
      {"too large", scaled({1e30f, 1e30f}), "E-RESIZE"},
      {"both", scaled({1, 2}).indices({2, 6}), "E-RESIZE"},
      {"neither", NodeModel("Resize").input({2, 3}), "E-RESIZE"},
      {"size 0", NodeModel("Resize").input({2, 3}).absent().absent().indices({0, 3}), "E-RESIZE"},
      {"mode", scaled({1, 2}).text("mode", "best"), "E-RESIZE"},
      {"cubic", scaled({1, 2}).text("mode", "cubic"), "E-UNSUPPORTED"},
      {"coordinates", scaled({1, 2}).text("coordinate_transformation_mode", "polar"), "E-RESIZE"},
      {"roi missing", scaled({1, 2}).text("coordinate_transformation_mode", "tf_crop_and_resize"), "E-ARITY"},
  });
}

TEST(RulesMalformed, quantization) {
  auto quantize = [](int64_t opset = 21) { return NodeModel("QuantizeLinear", opset).input({2, 3, 4}); };
  auto dequantize = [](int type, int64_t opset = 21) {
    return NodeModel("DequantizeLinear", opset).input({2, 3, 4}, type);
  };
  expectCodes({
      {"scale 0", quantize().scale(0), "E-SCALE"},
      {"scale NaN", quantize().floats({1, notANumber, 1}), "E-SCALE"},
      {"scale infinite", dequantize(kU8).scale(infinity), "E-SCALE"},
      {"scale negative", dequantize(kU8).scale(-1), "E-SCALE"},
      {"scale denormal", quantize().scale(1e-40f), "E-SCALE-RANGE"},
      {"scale count", quantize().floats({1, 1}), "E-QAXIS"},
      {"axis 42", quantize().floats({1, 1, 1}).attribute("axis", 42), "E-QAXIS"},
      {"block size negative", quantize().floats({1, 1, 1}).attribute("block_size", -2), "E-QAXIS"},
      {"blocks of rank 1", quantize().floats({1, 1, 1}).attribute("block_size", 2), "E-QAXIS"},
      {"rank without blocks", quantize().input({2, 3, 4}), "E-QAXIS"},
      {"blocks that do not cover",
       quantize().input({2, 3, 1}).attribute("block_size", 2).attribute("axis", 2), "E-QAXIS"},
      {"zero point count", quantize().floats({1, 1, 1}).integers(kU8, {2}, {0, 0}), "E-QAXIS"},
      {"zero point type", quantize().scale(1).zero(0).attribute("output_dtype", kS8), "E-ZP"},
      {"float zero point", quantize().scale(1).floats({0}, 0), "E-ZP"},
      {"zero point unlike data", dequantize(kU8).scale(1).zero(0, kS8), "E-ZP"},
      {"zero point of s32", dequantize(kS32).scale(1).zero(3, kS32), "E-ZP"},
      {"4 bits at opset 19", quantize(19).scale(1).integers(kU4, {}, {0}), "E-DTYPE"},
      {"16 bits at opset 13", dequantize(onnx::TensorProto::INT16, 13).scale(1), "E-DTYPE"},
      {"f16 scale at opset 13", quantize(13).input({}, kF16), "E-DTYPE"},
      {"s32 result", quantize().scale(1).zero(0, kS32), "E-DTYPE"},
      {"float data", NodeModel("DequantizeLinear").input({2}).scale(1), "E-DTYPE"},
      {"float8 result", quantize().scale(1).attribute("output_dtype", 17), "E-UNSUPPORTED-TYPE"},
      {"f16 division", NodeModel("QuantizeLinear", 23).input({2}).scale(1).attribute("precision", kF16),
       "E-UNSUPPORTED"},
  });
}

/// x, w and y of a QLinearConv with the given weights, scales of w and bias.
NodeModel qlinearConv(std::vector<int64_t> weights, float weightScale, int biasType, float yScale = 1) {
  return NodeModel("QLinearConv")
      .input({1, 2, 5, 5}, kU8)
      .scale(0.5)
      .zero(9)
      .input(weights, kS8)
      .scale(weightScale)
      .zero(0, kS8)
      .scale(yScale)
      .zero(7)
      .integers(biasType, {3}, {1, 2, 3});
}

TEST(RulesMalformed, quantizedContractions) {
  expectCodes({
      {"weights of rank 1", qlinearConv({3}, 1, kS32), "E-QCONV"},
      {"bias of s8", qlinearConv({3, 2, 3, 3}, 1, kS8), "E-QCONV"},
      {"product of scales overflows", qlinearConv({3, 2, 3, 3}, 3e38f, kS32, 1e-10f), "E-SCALE-RANGE"},
      {"two scales of x",
       NodeModel("QLinearConv")
           .input({1, 2, 5, 5}, kU8)
           .floats({1, 2})
           .zero(9)
           .input({3, 2, 3, 3}, kS8)
           .scale(1)
           .zero(0, kS8)
           .scale(1)
           .zero(7),
       "E-QAXIS"},
      {"f16 scale",
       NodeModel("QLinearConv")
           .input({1, 2, 5, 5}, kU8)
           .input({}, kF16)
           .zero(9)
           .input({3, 2, 3, 3}, kS8)
           .scale(1)
           .zero(0, kS8)
           .scale(1)
           .zero(7),
       "E-DTYPE"},
      {"zero point of another type",
       NodeModel("MatMulInteger").input({2, 3}, kU8).input({3, 4}, kS8).zero(0, kS8), "E-ZP"},
      {"QLinearAdd without scale",
       NodeModel("QLinearAdd", 1, "com.microsoft")
           .input({2}, kU8)
           .absent()
           .zero(1)
           .input({2}, kU8)
           .scale(1)
           .zero(1)
           .scale(1),
       "E-ARITY"},
      {"QLinearAdd with a computed scale",
       NodeModel("QLinearAdd", 1, "com.microsoft")
           .input({2}, kU8)
           .input({})
           .zero(1)
           .input({2}, kU8)
           .scale(1)
           .zero(1)
           .scale(1),
       "E-UNSUPPORTED"},
      {"QLinearConcat",
       NodeModel("QLinearConcat", 1, "com.microsoft")
           .scale(1)
           .zero(1)
           .input({2}, kU8)
           .scale(1)
           .attribute("axis", 0),
       "E-ARITY"},
      {"QGemm of rank 3",
       NodeModel("QGemm", 1, "com.microsoft")
           .input({2, 3, 4}, kU8)
           .scale(1)
           .zero(1)
           .input({4, 2}, kU8)
           .scale(1)
           .zero(1),
       "E-SHAPE"},
  });
}

TEST(RulesMalformed, computedOperandsThatDecideShapes) {
  std::vector<NodeModel> models = {
      NodeModel("Reshape").input({2, 3}).input({2}, kS64),
      NodeModel("Slice").input({6}).input({1}, kS64).indices({3}),
      NodeModel("Pad").input({6}).input({2}, kS64),
      NodeModel("Tile").input({6}).input({1}, kS64),
      NodeModel("Expand").input({1}).input({1}, kS64),
      NodeModel("ReduceSum").input({6}).input({1}, kS64),
      NodeModel("Resize").input({6}).absent().input({1}),
      NodeModel("ConstantOfShape").input({1}, kS64),
      NodeModel("Unsqueeze").input({6}).input({1}, kS64),
  };
  for (const NodeModel &node : models) {
    auto model = node.import();
    EXPECT_EQ(codeOf(model), "E-UNSUPPORTED");
    if (!model) {
      EXPECT_NE(model.diagnostic().hint.find("--freeze NAME=@x.npy"), std::string::npos)
          << model.diagnostic().text();
    }
  }
}

} // namespace
} // namespace limbeck::importer
