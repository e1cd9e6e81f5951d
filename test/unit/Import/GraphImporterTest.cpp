// The main graph: versions, names, inputs, options, outputs.
#include "Models.h"

namespace limbeck::importer::test {
namespace {

ModelBuilder reluOf(const std::vector<Dim> &dims) {
  ModelBuilder model;
  model.input("x", dims).output("y");
  model.node("Relu", {"x"}, {"y"});
  return model;
}

TEST(GraphImporter, ChecksVersions) {
  for (int64_t opset : {0, -5, 29, 1 << 30}) {
    ModelBuilder model = reluOf({2});
    model.proto.mutable_opset_import(0)->set_version(opset);
    EXPECT_TRUE(failsWith(model.import(), Code::Version)) << opset;
  }
  ModelBuilder old = reluOf({2});
  old.proto.mutable_opset_import(0)->set_version(6);
  EXPECT_TRUE(failsWith(old.import(), Code::Unsupported));
  ModelBuilder twice = reluOf({2});
  auto *again = twice.proto.add_opset_import();
  again->set_domain("ai.onnx");
  again->set_version(17);
  EXPECT_TRUE(failsWith(twice.import(), Code::Version));
  ModelBuilder format = reluOf({2});
  format.proto.set_ir_version(1000);
  EXPECT_TRUE(failsWith(format.import(), Code::Version));
}

TEST(GraphImporter, BindsSymbols) {
  Options options;
  options.dims = {{"n", 4}};
  auto model = reluOf({"n", "m", 3}).import(options);
  ASSERT_TRUE(succeeds(model));
  EXPECT_EQ(outputType(*model).text(), "f32[4x?x3]");
  EXPECT_EQ(model->values[model->inputs[0]].symbols, (std::vector<std::string>{"", "m", ""}));
  options.dims = {{"k", 4}};
  auto unknown = reluOf({"n"}).import(options);
  EXPECT_TRUE(failsWith(unknown, Code::Flag));
  EXPECT_NE(unknown.diagnostic().hint.find("n"), std::string::npos);
  options.dims = {{"n", -4}};
  EXPECT_TRUE(failsWith(reluOf({"n"}).import(options), Code::Flag));
}

TEST(GraphImporter, ReplacesShapes) {
  Options options;
  options.shapes = {{"x", {1, 7}}};
  auto model = reluOf({"n", -1}).import(options);
  ASSERT_TRUE(succeeds(model));
  EXPECT_EQ(outputType(*model).text(), "f32[1x7]");
  EXPECT_TRUE(failsWith(reluOf({"n"}).import(options), Code::Flag)) << "another rank";
  options.shapes = {{"z", {1}}};
  EXPECT_TRUE(failsWith(reluOf({"n"}).import(options), Code::Flag));
  options.shapes = {{"x", {-3}}};
  EXPECT_TRUE(failsWith(reluOf({"n"}).import(options), Code::Dim));
}

TEST(GraphImporter, AsksForShapesThatTheFileLeavesOut) {
  ModelBuilder model = reluOf({2});
  model.graph().mutable_input(0)->mutable_type()->mutable_tensor_type()->clear_shape();
  auto result = model.import();
  EXPECT_TRUE(failsWith(result, Code::ShapeMissing));
  EXPECT_NE(result.diagnostic().hint.find("--shape x="), std::string::npos);
  Options options;
  options.shapes = {{"x", {5}}};
  EXPECT_TRUE(succeeds(model.import(options)));
}

/// As text encoders take heads apart: the shape of the data itself is the target.
TEST(GraphImporter, ReadsWhichDimensionsAReshapeKeeps) {
  ModelBuilder model;
  model.input("x", {"n", "m", 12}).input("other", {"n"}).output("y");
  model.node("Shape", {"x"}, {"own"});
  model.node("Shape", {"other"}, {"foreign"});
  model.indices("from", {1}).indices("to", {2}).indices("heads", {3, 4});
  model.node("Slice", {"own", "from", "to"}, {"kept"});
  setInteger(model.node("Concat", {"foreign", "kept", "heads"}, {"shape"}), "axis", 0);
  model.node("Reshape", {"x", "shape"}, {"y"});
  auto result = model.import();
  ASSERT_TRUE(succeeds(result));
  EXPECT_EQ(outputType(*result).text(), "f32[?x?x3x4]");
  EXPECT_EQ(result->ops.back().attributes.integers("kept"), (std::vector<int64_t>{-1, 1, -1, -1}));
}

/// As they cut a table of positions at the length of the text.
TEST(GraphImporter, CutsAtADimensionThatIsOpen) {
  ModelBuilder model;
  model.input("x", {"n"}).output("y");
  model.floats("table", {4}, {1, 2, 3, 4}).indices("from", {1});
  model.node("Shape", {"x"}, {"length"});
  model.node("Slice", {"table", "from", "length"}, {"y"});
  auto open = model.import();
  ASSERT_TRUE(succeeds(open));
  EXPECT_EQ(opNames(*open), (std::vector<std::string>{"shape", "gather", "min", "range", "gather"}));
  EXPECT_EQ(outputType(*open).text(), "f32[?]");
  for (auto [length, expected] :
       {std::pair<int64_t, std::vector<float>>{3, {2, 3}}, {9, {2, 3, 4}}, {1, {}}}) {
    Options options;
    options.dims = {{"n", length}};
    auto fixed = model.import(options);
    ASSERT_TRUE(succeeds(fixed));
    EXPECT_TRUE(fixed->ops.empty()) << "a constant";
    auto results = interpret(*fixed, std::vector{*Tensor::zeros(DType::F32, {length})}, {});
    ASSERT_TRUE(succeeds(results));
    EXPECT_EQ(floatsOf((*results)[0]), expected) << length;
  }
  ModelBuilder backwards = model;
  backwards.indices("last", {-2});
  backwards.graph().mutable_node(1)->set_input(1, "last");
  EXPECT_TRUE(failsWith(backwards.import(), Code::Unsupported)) << "counted from an end that is not known";
}

TEST(GraphImporter, FreezesInputs) {
  ModelBuilder model;
  model.input("x", {"n"}).input("s", {2}, TensorProto::INT64).output("y");
  model.node("Reshape", {"x", "s"}, {"y"});
  EXPECT_TRUE(failsWith(model.import(), Code::Unsupported));
  Options options;
  options.frozen = {{"s", Tensor::fromIndices(std::vector<int64_t>{3, 4})}};
  auto frozen = model.import(options);
  ASSERT_TRUE(succeeds(frozen));
  EXPECT_EQ(frozen->inputNames, std::vector<std::string>{"x"});
  EXPECT_EQ(outputType(*frozen).text(), "f32[3x4]");
  options.frozen = {{"s", Tensor::fromIndices(std::vector<int64_t>{3})}};
  EXPECT_TRUE(failsWith(model.import(options), Code::InputData));
}

TEST(GraphImporter, FreezesInputsAsFilesHoldThem) {
  ModelBuilder model;
  model.input("x", {2}, TensorProto::BFLOAT16).input("s", {1}, TensorProto::BFLOAT16).output("y");
  model.node("Add", {"x", "s"}, {"y"});
  Options options;
  options.frozen = {{"s", *Tensor::zeros(DType::U16, {1})}}; // bf16 travels as uint16
  EXPECT_TRUE(succeeds(model.import(options)));
  options.frozen = {{"s", *Tensor::zeros(DType::S16, {1})}};
  EXPECT_TRUE(failsWith(model.import(options), Code::InputData));
}

TEST(GraphImporter, DefinesValuesOnce) {
  ModelBuilder twice = reluOf({2});
  twice.node("Abs", {"x"}, {"y"});
  EXPECT_TRUE(failsWith(twice.import(), Code::Ssa));
  ModelBuilder inputs = reluOf({2});
  inputs.input("x", {2});
  EXPECT_TRUE(failsWith(inputs.import(), Code::Ssa));
  ModelBuilder initializers = reluOf({2});
  initializers.floats("w", {1}, {1}).floats("w", {1}, {1});
  EXPECT_TRUE(failsWith(initializers.import(), Code::Ssa));
}

TEST(GraphImporter, TakesInitializersForDefaultsOfInputs) {
  ModelBuilder model;
  model.input("x", {2}).input("w", {1}).floats("w", {1}, {1}).output("y");
  model.node("Add", {"x", "w"}, {"y"});
  model.proto.set_ir_version(3);
  auto imported = model.import();
  ASSERT_TRUE(succeeds(imported));
  EXPECT_EQ(imported->inputNames, std::vector<std::string>{"x"});
  model.graph().mutable_input()->RemoveLast();
  EXPECT_TRUE(failsWith(model.import(), Code::Ssa));
}

TEST(GraphImporter, ChecksOutputs) {
  ModelBuilder missing = reluOf({2});
  missing.output("z");
  EXPECT_TRUE(failsWith(missing.import(), Code::Output));
  ModelBuilder twice = reluOf({2});
  twice.output("y");
  EXPECT_TRUE(failsWith(twice.import(), Code::Output));
  ModelBuilder none = reluOf({2});
  none.graph().clear_output();
  EXPECT_TRUE(failsWith(none.import(), Code::Output));
  ModelBuilder typed = reluOf({2});
  typed.graph().mutable_output(0)->mutable_type()->mutable_tensor_type()->set_elem_type(TensorProto::INT32);
  EXPECT_TRUE(failsWith(typed.import(), Code::DataType));
}

TEST(GraphImporter, MayYieldInputsAndConstants) {
  ModelBuilder model;
  model.input("x", {2}).floats("w", {1}, {3}).output("y").output("w");
  model.node("Identity", {"x"}, {"y"});
  auto imported = model.import();
  ASSERT_TRUE(succeeds(imported));
  EXPECT_TRUE(imported->values[imported->outputs[1]].constant.has_value());
}

} // namespace
} // namespace limbeck::importer::test
