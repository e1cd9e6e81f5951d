// What requireStatic asks for.
#include "Models.h"

namespace limbeck::importer::test {
namespace {

TEST(StaticShapes, NamesSymbolsAndFlags) {
  ModelBuilder builder;
  builder.input("x", {"n", 3}).input("z", {"n", "m"}).input("u", {-1, 5}).output("y");
  builder.node("Relu", {"x"}, {"y"});
  auto model = builder.import();
  ASSERT_TRUE(succeeds(model));
  Status status = requireStatic(*model);
  ASSERT_TRUE(failsWith(status, Code::ShapeMissing));
  EXPECT_NE(status.diagnostic().message.find("'z' f32[n,m], 'u' f32[?,5]"), std::string::npos)
      << status.diagnostic().text();
  EXPECT_EQ(status.diagnostic().hint, "choose sizes, as in --shape u=1x5 --dim m=1 --dim n=1");
  // The first dimension is of samples, whatever its symbol's other places are.
  EXPECT_EQ(requireStatic(*model, 32).diagnostic().hint,
            "choose sizes, as in --shape u=1x5 --dim m=32 --dim n=1");
  Options options;
  options.dims = {{"n", 1}, {"m", 1}};
  options.shapes = {{"u", {1, 5}}};
  auto bound = builder.import(options);
  ASSERT_TRUE(succeeds(bound));
  EXPECT_TRUE(succeeds(requireStatic(*bound)));
}

TEST(StaticShapes, GivesAShapeOrItsSymbolsNotBoth) {
  ModelBuilder builder;
  builder.input("x", {"n", -1, "h"}).output("y");
  builder.node("Relu", {"x"}, {"y"});
  auto model = builder.import();
  ASSERT_TRUE(succeeds(model));
  EXPECT_EQ(requireStatic(*model, 48).diagnostic().hint, "choose sizes, as in --shape x=1x48x48");
}

TEST(StaticShapes, NamesShapesThatDependOnData) {
  ModelBuilder builder;
  builder.input("c", {}, TensorProto::BOOL).input("x", {4}).input("z", {5}).output("y");
  auto &node = builder.node("If", {"c"}, {"y"});
  for (const char *name : {"then_branch", "else_branch"}) {
    auto &graph = addGraph(node, name);
    std::string result = std::string(name) + "_r";
    ModelBuilder::addNode(graph, "Relu", {name[0] == 't' ? "x" : "z"}, {result});
    graph.add_output()->set_name(result);
  }
  auto model = builder.import();
  ASSERT_TRUE(succeeds(model));
  Status status = requireStatic(*model);
  EXPECT_TRUE(failsWith(status, Code::ShapeMissing));
  EXPECT_NE(status.diagnostic().message.find("'y'"), std::string::npos) << status.diagnostic().text();
}

} // namespace
} // namespace limbeck::importer::test
