// A model is outlined although its ops are unknown.
#include "limbeck/Import/Outline.h"
#include "Models.h"
#include "limbeck/Support/File.h"

namespace limbeck::importer::test {

static Expected<Outline> outlineOf(const onnx::ModelProto &proto) {
  std::string path = testing::TempDir() + "limbeck-outline.onnx";
  EXPECT_TRUE(writeFileAtomically(path, bytesOf(proto.SerializeAsString())).ok());
  return outlineFile(path, Limits());
}

TEST(Outline, CountsWhatIsNotUnderstood) {
  ModelBuilder builder;
  builder.input("x", {"n", 3}).floats("w", {2, 3}, {1, 2, 3, 4, 5, 6});
  onnx::ModelProto proto = builder.proto;
  onnx::ValueInfoProto *output = proto.mutable_graph()->add_output();
  output->set_name("y");
  output->mutable_type()->mutable_tensor_type()->set_elem_type(TensorProto::FLOAT16);
  onnx::NodeProto *node = proto.mutable_graph()->add_node();
  node->set_op_type("Frobnicate");
  node->set_domain("org.example");
  onnx::AttributeProto *branch = node->add_attribute();
  branch->mutable_g()->add_node()->set_op_type("Relu");
  auto outline = outlineOf(proto);
  ASSERT_TRUE(outline.ok()) << outline.diagnostic().text();
  EXPECT_EQ(outline->ops, (std::map<std::string, int64_t>{{"Relu", 1}, {"org.example.Frobnicate", 1}}));
  EXPECT_EQ(outline->opset, 17);
  EXPECT_EQ(outline->parameters, 6);
  EXPECT_EQ(outline->parameterBytes, 24);
  ASSERT_EQ(outline->inputs.size(), 1u);
  EXPECT_EQ(outline->inputs[0].shape, (Shape{kUnknown, 3}));
  EXPECT_EQ(outline->inputs[0].symbols[0], "n");
  EXPECT_EQ(outline->outputs[0].dtype, DType::F16);
  EXPECT_EQ(outline->outputs[0].shape, std::nullopt);
}

TEST(Outline, RefusesTypesThatAreNone) {
  ModelBuilder builder;
  builder.input("x", {1}, 99);
  EXPECT_FALSE(outlineOf(builder.proto).ok());
}

} // namespace limbeck::importer::test
