// Faults behind an op that is not supported.
#include "Models.h"

namespace limbeck::importer::test {
namespace {

/// What is reported for `op` when operand `missing` comes from an op that does not exist, that one aside.
std::vector<std::string> behindUnknownOp(ModelBuilder &model, size_t missing) {
  auto *node = model.graph().mutable_node(0);
  node->set_input(static_cast<int>(missing), "unknown");
  node->set_name("probed");
  onnx::NodeProto probed = *node;
  model.graph().clear_node();
  model.node("NoSuchOp", {"x"}, {"unknown"});
  *model.graph().add_node() = probed;
  std::vector<std::string> codes;
  for (const Diagnostic &diagnostic : model.check().diagnostics)
    if (diagnostic.code != Code::UnsupportedOp)
      codes.push_back(message(codeText(diagnostic.code), " ", diagnostic.node, " ", diagnostic.attribute));
  return codes;
}

using Codes = std::vector<std::string>;

ModelBuilder conv(std::vector<int64_t> strides, std::vector<int64_t> weights = {6, 4, 3, 3}) {
  ModelBuilder model;
  int64_t count = 1;
  for (int64_t dim : weights)
    count *= dim;
  model.input("x", {1, 4, 8, 8}).floats("w", weights, std::vector<float>(count, 1)).output("y");
  auto &node = model.node("Conv", {"x", "w"}, {"y"});
  attribute(node, "strides", onnx::AttributeProto::INTS).mutable_ints()->Add(strides.begin(), strides.end());
  return model;
}

TEST(NodeProbe, FindsFaultsThatNoTypeMends) {
  ModelBuilder zero = conv({0, 1}), one = conv({0}, {6, 4, 3}), length = conv({1, 1, 1});
  EXPECT_EQ(behindUnknownOp(zero, 0), (Codes{"E-ATTR-RANGE probed strides"}));
  EXPECT_EQ(behindUnknownOp(one, 0), (Codes{"E-ATTR-RANGE probed strides"}));
  EXPECT_EQ(behindUnknownOp(length, 0), (Codes{"E-ATTR-LEN probed strides"}));
  ModelBuilder cast;
  cast.input("x", {2}).output("y");
  setInteger(cast.node("Cast", {"x"}, {"y"}), "to", 9999);
  EXPECT_EQ(behindUnknownOp(cast, 0), (Codes{"E-DTYPE probed to"}));
  ModelBuilder scale;
  scale.input("x", {2}).floats("s", {}, {0}).scalar("z", 3, TensorProto::UINT8).output("y");
  scale.node("QuantizeLinear", {"x", "s", "z"}, {"y"});
  EXPECT_EQ(behindUnknownOp(scale, 0), (Codes{"E-SCALE probed "}));
}

TEST(NodeProbe, IsSilentAboutWhatSomeTypeMends) {
  ModelBuilder good = conv({1, 2}), weights = conv({1, 2}), reshape, types;
  EXPECT_EQ(behindUnknownOp(good, 0), Codes());
  EXPECT_EQ(behindUnknownOp(weights, 1), Codes());
  reshape.input("x", {2, 3}).indices("s", {6, -1}).output("y");
  reshape.node("Reshape", {"x", "s"}, {"y"});
  ModelBuilder target = reshape;
  EXPECT_EQ(behindUnknownOp(reshape, 0), Codes());
  EXPECT_EQ(behindUnknownOp(target, 1), Codes()) << "its value matters";
  // Nothing is tried for two operands at once: `Where` wants two different types.
  types.input("x", {2}).output("y");
  types.node("Where", {"unknown", "unknown", "x"}, {"y"});
  EXPECT_EQ(behindUnknownOp(types, 0), Codes());
}

TEST(NodeProbe, LeavesNothingInTheModel) {
  ModelBuilder model = conv({1, 1});
  auto *added = model.graph().mutable_node(0);
  added->set_input(0, "nowhere");
  model.node("Relu", {"y"}, {"z"});
  CheckResult result = model.check();
  ASSERT_EQ(result.diagnostics.size(), 1u);
  EXPECT_EQ(result.diagnostics[0].code, Code::Undefined);
}

} // namespace
} // namespace limbeck::importer::test
