// If and Loop: folded, unrolled, or kept as regions.
#include "Models.h"

namespace limbeck::importer::test {
namespace {

onnx::GraphProto &branch(onnx::NodeProto &node, const std::string &name, const std::string &op,
                         const std::vector<std::string> &operands) {
  onnx::GraphProto &graph = addGraph(node, name);
  ModelBuilder::addNode(graph, op, operands, {name + "_r"});
  graph.add_output()->set_name(name + "_r");
  return graph;
}

ModelBuilder choice(bool constant, bool value = true) {
  ModelBuilder model;
  model.input("x", {2}).output("y");
  if (constant)
    model.scalar("c", value, TensorProto::BOOL);
  else
    model.input("c", {}, TensorProto::BOOL);
  model.node("Abs", {"x"}, {"a"});
  auto &node = model.node("If", {"c"}, {"y"});
  branch(node, "then_branch", "Neg", {"a"});
  branch(node, "else_branch", "Relu", {"x"});
  return model;
}

TEST(ControlFlow, TakesTheBranchOfAConstant) {
  EXPECT_EQ(opNames(*choice(true, true).import()), (std::vector<std::string>{"abs", "neg"}));
  EXPECT_EQ(opNames(*choice(true, false).import()), (std::vector<std::string>{"relu"}));
  auto model = choice(true).import();
  EXPECT_EQ(model->values[model->outputs[0]].name, "y");
}

TEST(ControlFlow, KeepsRegionsOverData) {
  auto model = choice(false).import();
  ASSERT_TRUE(succeeds(model));
  ASSERT_EQ(opNames(*model), (std::vector<std::string>{"abs", "if"}));
  ASSERT_EQ(model->ops[1].regions.size(), 2u);
  EXPECT_EQ(model->sources[model->ops[1].source].opType, "If");
  for (bool condition : {true, false}) {
    Tensor flag = Tensor::scalar<bool>(DType::Bool, condition);
    auto results = interpret(*model, std::vector{floatTensor({2}, {-3, 4}), flag}, {});
    ASSERT_TRUE(succeeds(results));
    EXPECT_EQ(floatsOf((*results)[0]), condition ? (std::vector<float>{-3, -4}) : (std::vector<float>{0, 4}));
  }
}

TEST(ControlFlow, ChecksBranches) {
  ModelBuilder none = choice(false);
  none.graph().mutable_node(1)->clear_attribute();
  EXPECT_TRUE(failsWith(none.import(), Code::Region));
  ModelBuilder count = choice(false);
  count.graph().mutable_node(1)->mutable_attribute(0)->mutable_g()->add_output()->set_name("a");
  EXPECT_TRUE(failsWith(count.import(), Code::Region));
  ModelBuilder type = choice(false);
  auto *node = type.graph().mutable_node(1)->mutable_attribute(0)->mutable_g()->mutable_node(0);
  node->set_op_type("Cast");
  setInteger(*node, "to", TensorProto::INT32);
  EXPECT_TRUE(failsWith(type.import(), Code::Region));
  ModelBuilder shadow = choice(true);
  auto *inner = shadow.graph().mutable_node(1)->mutable_attribute(0)->mutable_g();
  ModelBuilder::addNode(*inner, "Relu", {"x"}, {"a"});
  EXPECT_TRUE(failsWith(shadow.import(), Code::Ssa));
  ModelBuilder condition = choice(false);
  condition.graph().mutable_node(1)->set_input(0, "x");
  EXPECT_TRUE(failsWith(condition.import(), Code::DataType));
}

/// acc = acc + x, trips times; scans i.
ModelBuilder loop(int64_t trips) {
  ModelBuilder model;
  model.input("x", {2}).scalar("m", trips).output("y").output("scan");
  auto &node = model.node("Loop", {"m", "", "x"}, {"y", "scan"});
  auto &body = addGraph(node, "body");
  for (const char *name : {"i", "go", "acc"})
    body.add_input()->set_name(name);
  ModelBuilder::addNode(body, "Identity", {"go"}, {"go_on"});
  ModelBuilder::addNode(body, "Add", {"acc", "x"}, {"sum"});
  ModelBuilder::addNode(body, "Identity", {"i"}, {"index"});
  for (const char *name : {"go_on", "sum", "index"})
    body.add_output()->set_name(name);
  return model;
}

TEST(ControlFlow, UnrollsLoops) {
  auto model = loop(3).import();
  ASSERT_TRUE(succeeds(model));
  EXPECT_EQ(opNames(*model), (std::vector<std::string>{"add", "add", "add"}));
  auto results = interpret(*model, std::vector{floatTensor({2}, {1, 2})}, {});
  ASSERT_TRUE(succeeds(results));
  EXPECT_EQ(floatsOf((*results)[0]), (std::vector<float>{4, 8}));
  EXPECT_EQ((*results)[1].asIndices(), (std::vector<int64_t>{0, 1, 2}));
}

TEST(ControlFlow, StopsLoopsByTheirCondition) {
  ModelBuilder model = loop(100);
  auto *body = model.graph().mutable_node(0)->mutable_attribute(0)->mutable_g();
  model.scalar("last", 4);
  auto *first = body->mutable_node(0);
  first->set_op_type("Less");
  first->set_input(0, "i");
  first->add_input("last");
  auto imported = model.import();
  ASSERT_TRUE(succeeds(imported));
  EXPECT_EQ(imported->ops.size(), 5u) << "trips 0 to 4";
}

TEST(ControlFlow, ChecksLoops) {
  EXPECT_TRUE(failsWith(loop(-1).import(), Code::Region));
  EXPECT_TRUE(failsWith(loop(int64_t(1) << 62).import(), Code::Region));
  EXPECT_TRUE(failsWith(loop(900'000).import(), Code::LimitNodes));
  ModelBuilder signature = loop(3);
  signature.graph().mutable_node(0)->mutable_attribute(0)->mutable_g()->mutable_input()->RemoveLast();
  EXPECT_TRUE(failsWith(signature.import(), Code::Region));
  ModelBuilder bodiless = loop(3);
  bodiless.graph().mutable_node(0)->clear_attribute();
  EXPECT_TRUE(failsWith(bodiless.import(), Code::Region));
  ModelBuilder data = loop(3);
  data.input("n", {}, TensorProto::INT64);
  data.graph().mutable_node(0)->set_input(0, "n");
  EXPECT_TRUE(failsWith(data.import(), Code::Unsupported));
  ModelBuilder empty = loop(0);
  EXPECT_TRUE(failsWith(empty.import(), Code::Unsupported)) << "scan outputs of no rows";
}

/// f(c, x) = If(c) {x} else {x}, called without x.
TEST(ControlFlow, RefusesAnAbsentInputAsAResult) {
  ModelBuilder model;
  model.input("c", {}, TensorProto::BOOL).output("y");
  auto *domain = model.proto.add_opset_import();
  domain->set_domain("f");
  domain->set_version(1);
  onnx::FunctionProto *function = model.proto.add_functions();
  function->set_name("f");
  function->set_domain("f");
  function->add_input("c");
  function->add_input("x");
  function->add_output("r");
  auto &node = ModelBuilder::fill(*function->add_node(), "If", {"c"}, {"r"});
  for (const char *name : {"then_branch", "else_branch"})
    addGraph(node, name).add_output()->set_name("x");
  model.node("f", {"c"}, {"y"}).set_domain("f");
  EXPECT_TRUE(failsWith(model.import(), Code::Output));
}

TEST(ControlFlow, CountsLongInterfaces) {
  // No nodes, but every trip hands over a thousand values.
  ModelBuilder model;
  model.input("x", {1}).scalar("m", 900'000).output("y0");
  auto &node = model.node("Loop", {"m", ""}, {});
  auto &body = addGraph(node, "body");
  body.add_input()->set_name("i");
  body.add_input()->set_name("go");
  body.add_output()->set_name("go");
  for (int i = 0; i < 1000; ++i) {
    node.add_input("x");
    node.add_output("y" + std::to_string(i));
    body.add_input()->set_name("v" + std::to_string(i));
    body.add_output()->set_name("v" + std::to_string(i));
  }
  EXPECT_TRUE(failsWith(model.import(), Code::LimitNodes));
  // Without a trip count it ends while it is unrolled.
  node.set_input(0, "");
  Options options;
  options.limits.nodes = 10'000;
  EXPECT_TRUE(failsWith(model.import(options), Code::LimitNodes));
}

TEST(ControlFlow, BoundsNesting) {
  for (int depth : {31, 32, 33}) {
    ModelBuilder model;
    model.input("x", {2}).scalar("c", 1, TensorProto::BOOL).output("y");
    onnx::GraphProto *graph = &model.graph();
    for (int level = 0; level < depth; ++level) {
      auto &node =
          ModelBuilder::addNode(*graph, "If", {"c"}, {level == 0 ? "y" : "r" + std::to_string(level)});
      if (level != 0)
        graph->add_output()->set_name("r" + std::to_string(level));
      branch(node, "else_branch", "Relu", {"x"});
      graph = &addGraph(node, "then_branch");
    }
    ModelBuilder::addNode(*graph, "Relu", {"x"}, {"last"});
    graph->add_output()->set_name("last");
    if (depth <= 32)
      EXPECT_TRUE(succeeds(model.import())) << depth;
    else
      EXPECT_TRUE(failsWith(model.import(), Code::Depth)) << depth;
  }
}

} // namespace
} // namespace limbeck::importer::test
