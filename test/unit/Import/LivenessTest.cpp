// Dead code and last uses.
#include "Import/Liveness.h"
#include "Models.h"

namespace limbeck::importer::test {
namespace {

TEST(Liveness, RemovesWhatNobodyUses) {
  ModelBuilder builder;
  builder.input("x", {2}).floats("w", {2}, {1, 2}).output("y");
  builder.node("Add", {"x", "w"}, {"dead"});
  builder.node("Neg", {"dead"}, {"deader"});
  builder.node("Relu", {"x"}, {"y"});
  auto model = builder.import();
  ASSERT_TRUE(succeeds(model));
  EXPECT_EQ(opNames(*model), std::vector<std::string>{"relu"});
  EXPECT_EQ(model->values.size(), 2u);
  EXPECT_EQ(model->values[model->outputs[0]].name, "y");
}

TEST(Liveness, KeepsWhatRegionsUse) {
  ModelBuilder builder;
  builder.input("x", {2}).input("c", {}, TensorProto::BOOL).output("y");
  builder.node("Abs", {"x"}, {"used"});
  auto &node = builder.node("If", {"c"}, {"y"});
  for (const char *name : {"then_branch", "else_branch"}) {
    auto &graph = addGraph(node, name);
    std::string result = std::string(name) + "_r";
    ModelBuilder::addNode(graph, "Sqrt", {"used"}, {std::string(name) + "_dead"});
    ModelBuilder::addNode(graph, "Neg", {"used"}, {result});
    graph.add_output()->set_name(result);
  }
  auto model = builder.import();
  ASSERT_TRUE(succeeds(model));
  ASSERT_EQ(opNames(*model), (std::vector<std::string>{"abs", "if"}));
  EXPECT_EQ(model->ops[1].regions[0].ops.size(), 1u);
}

TEST(Liveness, FindsLastUses) {
  ModelBuilder builder;
  builder.input("x", {2}).output("y");
  builder.node("Abs", {"x"}, {"a"});
  builder.node("Neg", {"a"}, {"b"});
  builder.node("Add", {"a", "b"}, {"y"});
  auto model = builder.import();
  ASSERT_TRUE(succeeds(model));
  auto dying = lastUses(model->ops, model->outputs);
  ASSERT_EQ(dying.size(), 3u);
  EXPECT_EQ(dying[0], std::vector{model->inputs[0]});
  EXPECT_TRUE(dying[1].empty());
  EXPECT_EQ(dying[2].size(), 2u);
}

} // namespace
} // namespace limbeck::importer::test
