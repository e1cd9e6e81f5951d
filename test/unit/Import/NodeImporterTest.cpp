// Nodes: order, arity, attributes, unknown ops, functions, and what happens after a refusal.
#include "Models.h"

namespace limbeck::importer::test {
namespace {

ModelBuilder withInput() {
  ModelBuilder model;
  model.input("x", {2, 3}).output("y");
  return model;
}

TEST(NodeImporter, TellsCyclesFromWrongOrder) {
  ModelBuilder cycle = withInput();
  cycle.node("Add", {"x", "b"}, {"a"});
  cycle.node("Relu", {"a"}, {"b"});
  cycle.node("Relu", {"b"}, {"y"});
  EXPECT_TRUE(failsWith(cycle.import(), Code::Cycle));
  ModelBuilder self = withInput();
  self.node("Add", {"x", "y"}, {"y"});
  EXPECT_TRUE(failsWith(self.import(), Code::Cycle));
  ModelBuilder unsorted = withInput();
  unsorted.node("Relu", {"a"}, {"y"});
  unsorted.node("Relu", {"x"}, {"a"});
  EXPECT_TRUE(failsWith(unsorted.import(), Code::Undefined));
  ModelBuilder nowhere = withInput();
  nowhere.node("Relu", {"nowhere"}, {"y"});
  EXPECT_TRUE(failsWith(nowhere.import(), Code::Undefined));
}

TEST(NodeImporter, FindsCyclesThroughNestedGraphs) {
  ModelBuilder model = withInput();
  model.scalar("c", 1, TensorProto::BOOL);
  auto &node = model.node("If", {"c"}, {"y"});
  for (const char *name : {"then_branch", "else_branch"}) {
    auto &graph = addGraph(node, name);
    ModelBuilder::addNode(graph, "Relu", {"later"}, {"r"});
    graph.add_output()->set_name("r");
  }
  model.node("Relu", {"y"}, {"later"});
  EXPECT_TRUE(failsWith(model.import(), Code::Undefined));
}

TEST(NodeImporter, ChecksArity) {
  ModelBuilder few = withInput();
  few.node("Add", {"x"}, {"y"});
  EXPECT_TRUE(failsWith(few.import(), Code::Arity));
  ModelBuilder many = withInput();
  many.node("Relu", {"x", "x"}, {"y"});
  EXPECT_TRUE(failsWith(many.import(), Code::Arity));
  ModelBuilder empty = withInput();
  empty.node("Add", {"", "x"}, {"y"});
  EXPECT_TRUE(failsWith(empty.import(), Code::Arity));
  ModelBuilder trailing = withInput();
  trailing.node("Clip", {"x", "", ""}, {"y"});
  EXPECT_TRUE(succeeds(trailing.import()));
}

TEST(NodeImporter, NamesTheOpsetsOfAnOp) {
  ModelBuilder typo = withInput();
  typo.node("Sofmax", {"x"}, {"y"});
  auto result = typo.import();
  EXPECT_TRUE(failsWith(result, Code::UnsupportedOp));
  EXPECT_EQ(result.diagnostic().hint, "") << "a similar name need not be a similar op";
  EXPECT_NE(result.diagnostic().message.find("17"), std::string::npos);
  ModelBuilder domain = withInput();
  domain.node("Relu", {"x"}, {"y"}).set_domain("org.example");
  EXPECT_TRUE(failsWith(domain.import(), Code::UnsupportedOp));
}

TEST(NodeImporter, WantsTheOpsetOfEachDomain) {
  ModelBuilder model = withInput();
  model.node("QLinearAdd", {"x", "x", "x", "x", "x", "x", "x", "x"}, {"y"}).set_domain("com.microsoft");
  EXPECT_TRUE(failsWith(model.import(), Code::Version));
}

TEST(NodeImporter, ReportsARefusedNodeOnce) {
  ModelBuilder model = withInput();
  setInteger(model.node("Softmax", {"x"}, {"a"}), "axis", 5);
  model.node("Relu", {"a"}, {"b"});
  model.node("Add", {"b", "x"}, {"y"});
  EXPECT_EQ(model.check().diagnostics.size(), 1u);
}

TEST(NodeImporter, ReportsWhatIsMalformedBeforeWhatIsUnsupported) {
  ModelBuilder model = withInput();
  model.node("Convolve", {"x"}, {"a"});
  model.node("Relu", {"missing"}, {"y"});
  CheckResult result = model.check();
  ASSERT_EQ(result.diagnostics.size(), 2u);
  EXPECT_EQ(result.diagnostics[0].code, Code::Undefined);
  EXPECT_EQ(result.diagnostics[1].code, Code::UnsupportedOp);
}

TEST(NodeImporter, BoundsTheNumberOfNodes) {
  ModelBuilder model = withInput();
  model.node("Relu", {"x"}, {"a"});
  model.node("Relu", {"a"}, {"y"});
  Options options;
  options.limits.nodes = 1;
  EXPECT_TRUE(failsWith(model.import(options), Code::LimitNodes));
}

/// f(a) {alpha} = LeakyRelu(Relu(a), alpha), with a default for alpha.
void addFunction(ModelBuilder &model, const std::string &name, const std::string &inner) {
  onnx::FunctionProto *function = model.proto.add_functions();
  function->set_name(name);
  function->set_domain("f");
  function->add_input("a");
  function->add_output("r");
  function->add_opset_import()->set_version(17);
  auto *own = function->add_opset_import();
  own->set_domain("f");
  own->set_version(1);
  onnx::AttributeProto *fallback = function->add_attribute_proto();
  fallback->set_name("alpha");
  fallback->set_type(onnx::AttributeProto::FLOAT);
  fallback->set_f(0.5f);
  auto &first = ModelBuilder::fill(*function->add_node(), inner, {"a"}, {"h"});
  if (inner != "Neg")
    first.set_domain("f");
  auto &second = ModelBuilder::fill(*function->add_node(), "LeakyRelu", {"h"}, {"r"});
  onnx::AttributeProto &reference = attribute(second, "alpha", onnx::AttributeProto::FLOAT);
  reference.set_ref_attr_name("alpha");
}

ModelBuilder callingF() {
  ModelBuilder model = withInput();
  auto *domain = model.proto.add_opset_import();
  domain->set_domain("f");
  domain->set_version(1);
  model.node("f", {"x"}, {"y"}).set_domain("f");
  return model;
}

TEST(NodeImporter, InlinesFunctionsWithTheirAttributes) {
  ModelBuilder model = callingF();
  addFunction(model, "f", "Neg");
  attribute(*model.graph().mutable_node(0), "alpha", onnx::AttributeProto::FLOAT).set_f(0.25f);
  model.node("f", {"x"}, {"z"}).set_domain("f");
  model.output("z");
  auto imported = model.import();
  ASSERT_TRUE(succeeds(imported));
  EXPECT_EQ(opNames(*imported), (std::vector<std::string>{"neg", "leaky_relu", "neg", "leaky_relu"}));
  EXPECT_EQ(imported->ops[1].attributes.number("alpha"), 0.25f);
  EXPECT_EQ(imported->ops[3].attributes.number("alpha"), 0.5f);
  EXPECT_EQ(imported->sources[imported->ops[1].source].name, "f_0/LeakyRelu_1");
  EXPECT_EQ(imported->values[imported->outputs[0]].name, "y");
}

TEST(NodeImporter, RefusesRecursion) {
  ModelBuilder self = callingF();
  addFunction(self, "f", "f");
  EXPECT_TRUE(failsWith(self.import(), Code::Recursion));
  ModelBuilder mutual = callingF();
  addFunction(mutual, "f", "g");
  addFunction(mutual, "g", "f");
  EXPECT_TRUE(failsWith(mutual.import(), Code::Recursion));
}

TEST(NodeImporter, RefusesExponentialExpansion) {
  ModelBuilder model = callingF();
  model.graph().mutable_node(0)->set_op_type("f24");
  addFunction(model, "f0", "Neg");
  for (int i = 1; i <= 24; ++i) {
    addFunction(model, "f" + std::to_string(i), "f" + std::to_string(i - 1));
    auto *second = model.proto.mutable_functions(i)->mutable_node(1);
    second->clear_attribute();
    second->set_op_type("f" + std::to_string(i - 1));
    second->set_domain("f");
  }
  EXPECT_TRUE(failsWith(model.import(), Code::LimitNodes));
}

TEST(NodeImporter, CountsTheInterfacesOfCalls) {
  ModelBuilder model = callingF();
  addFunction(model, "f", "Neg");
  for (int i = 0; i < 6400; ++i)
    model.proto.mutable_functions(0)->add_input("unused" + std::to_string(i));
  EXPECT_TRUE(succeeds(model.import()));
  for (int i = 0; i < 20; ++i)
    model.node("f", {"x"}, {"z" + std::to_string(i)}).set_domain("f");
  Options options;
  options.limits.nodes = 1000;
  EXPECT_TRUE(failsWith(model.import(options), Code::LimitNodes));
}

TEST(NodeImporter, ChecksCalls) {
  ModelBuilder many = callingF();
  addFunction(many, "f", "Neg");
  many.graph().mutable_node(0)->add_input("x");
  EXPECT_TRUE(failsWith(many.import(), Code::Arity));
  ModelBuilder twice = callingF();
  addFunction(twice, "f", "Neg");
  addFunction(twice, "f", "Neg");
  EXPECT_TRUE(failsWith(twice.import(), Code::Ssa));
  ModelBuilder hidden = callingF();
  addFunction(hidden, "f", "Neg");
  hidden.proto.mutable_functions(0)->mutable_node(0)->set_input(0, "x");
  EXPECT_TRUE(failsWith(hidden.import(), Code::Undefined)) << "a function does not see its caller's values";
}

} // namespace
} // namespace limbeck::importer::test
