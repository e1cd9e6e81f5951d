// Running a model on the reference alone.
#include "Models.h"

namespace limbeck::importer::test {
namespace {

ModelBuilder twoLayers() {
  ModelBuilder model;
  model.input("x", {"n", 2})
      .floats("w", {2, 3}, {1, 2, 3, 4, 5, 6})
      .floats("b", {3}, {-20, 0, 1})
      .output("y")
      .output("h");
  model.node("MatMul", {"x", "w"}, {"p"});
  model.node("Add", {"p", "b"}, {"h"});
  model.node("Relu", {"h"}, {"y"});
  return model;
}

TEST(Interpret, ComputesAllOutputs) {
  auto model = twoLayers().import();
  ASSERT_TRUE(succeeds(model));
  auto results = interpret(*model, std::vector{floatTensor({2, 2}, {1, 2, 3, 4})}, {});
  ASSERT_TRUE(succeeds(results));
  EXPECT_EQ(floatsOf((*results)[1]), (std::vector<float>{-11, 12, 16, -1, 26, 34}));
  EXPECT_EQ(floatsOf((*results)[0]), (std::vector<float>{0, 12, 16, 0, 26, 34}));
}

TEST(Interpret, ChecksInputs) {
  auto model = twoLayers().import();
  ASSERT_TRUE(succeeds(model));
  EXPECT_TRUE(failsWith(interpret(*model, {}, {}), Code::InputData));
  EXPECT_TRUE(failsWith(interpret(*model, std::vector{floatTensor({1, 3}, {1, 2, 3})}, {}), Code::InputData));
  EXPECT_TRUE(failsWith(interpret(*model, std::vector{floatTensor({2}, {1, 2})}, {}), Code::InputData));
  EXPECT_TRUE(failsWith(interpret(*model, std::vector{Tensor::fromIndices(std::vector<int64_t>{1, 2})}, {}),
                        Code::InputData));
}

TEST(Interpret, FreesWhatIsNotUsedAnyMore) {
  ModelBuilder chain;
  chain.input("x", {100}).output("v9");
  for (int i = 0; i < 10; ++i)
    chain.node("Neg", {i == 0 ? "x" : "v" + std::to_string(i - 1)}, {"v" + std::to_string(i)});
  auto model = chain.import();
  ASSERT_TRUE(succeeds(model));
  Tensor x = std::move(*Tensor::zeros(DType::F32, {100}));
  Limits limits;
  limits.runBytes = 2 * 400;
  EXPECT_TRUE(succeeds(interpret(*model, std::vector{x}, limits)));
  limits.runBytes = 2 * 400 - 1;
  EXPECT_TRUE(failsWith(interpret(*model, std::vector{x}, limits), Code::LimitMemory));
}

TEST(Interpret, NamesTheNodeThatFails) {
  ModelBuilder builder;
  builder.input("a", {"n"}).input("b", {"m"}).output("y");
  builder.node("Add", {"a", "b"}, {"y"}).set_name("sum");
  auto model = builder.import();
  ASSERT_TRUE(succeeds(model));
  auto result = interpret(*model, std::vector{floatTensor({2}, {1, 2}), floatTensor({3}, {1, 2, 3})}, {});
  EXPECT_TRUE(failsWith(result, Code::Shape));
  EXPECT_EQ(result.diagnostic().node, "sum");
}

TEST(Interpret, KeepsValuesThatRegionsUse) {
  ModelBuilder builder;
  builder.input("x", {2}).input("c", {}, TensorProto::BOOL).output("y").output("z");
  builder.node("Abs", {"x"}, {"a"});
  auto &node = builder.node("If", {"c"}, {"y"});
  for (const char *name : {"then_branch", "else_branch"}) {
    auto &graph = addGraph(node, name);
    std::string result = std::string(name) + "_r";
    ModelBuilder::addNode(graph, name[0] == 't' ? "Neg" : "Relu", {"a"}, {result});
    graph.add_output()->set_name(result);
  }
  builder.node("Add", {"a", "y"}, {"z"});
  auto model = builder.import();
  ASSERT_TRUE(succeeds(model));
  auto results =
      interpret(*model, std::vector{floatTensor({2}, {-1, 2}), Tensor::scalar<bool>(DType::Bool, true)}, {});
  ASSERT_TRUE(succeeds(results));
  EXPECT_EQ(floatsOf((*results)[1]), (std::vector<float>{0, 0}));
}

} // namespace
} // namespace limbeck::importer::test
