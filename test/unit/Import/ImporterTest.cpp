// The public functions on whole models.
#include "Models.h"

namespace limbeck::importer::test {
namespace {

ModelBuilder smallNetwork() {
  ModelBuilder model;
  model.input("x", {"n", 2, 5, 5})
      .floats("w", {3, 2, 3, 3}, std::vector<float>(54, 1))
      .floats("b", {3}, {1, 2, 3});
  model.node("Conv", {"x", "w", "b"}, {"c"}).set_name("first");
  model.node("Relu", {"c"}, {"y"});
  model.output("y");
  return model;
}

TEST(Importer, KeepsNamesTypesAndSources) {
  auto model = smallNetwork().import();
  ASSERT_TRUE(succeeds(model));
  EXPECT_EQ(model->name, "model.onnx");
  EXPECT_EQ(model->opset, 17);
  EXPECT_EQ(model->irVersion, 8);
  EXPECT_EQ(model->producer, "tests");
  EXPECT_EQ(opNames(*model), (std::vector<std::string>{"conv", "relu"}));
  EXPECT_EQ(model->inputNames, std::vector<std::string>{"x"});
  EXPECT_EQ(model->outputNames, std::vector<std::string>{"y"});
  EXPECT_EQ(outputType(*model).text(), "f32[?x3x3x3]");
  EXPECT_EQ(model->values[model->inputs[0]].symbols, (std::vector<std::string>{"n", "", "", ""}));
  EXPECT_EQ(model->sources[model->ops[0].source].name, "first");
  EXPECT_EQ(model->sources[model->ops[1].source].name, "Relu_1");
  EXPECT_EQ(model->values[model->ops[0].results[0]].name, "c");
}

TEST(Importer, HashesTheFile) {
  auto result = checkBytes({}, "empty.onnx", {});
  EXPECT_EQ(result.diagnostics.at(0).code, Code::NoGraph);
  ModelBuilder model = smallNetwork();
  auto first = model.import(), second = model.import();
  ASSERT_TRUE(succeeds(first));
  EXPECT_EQ(first->sha256.size(), 64u);
  EXPECT_EQ(first->sha256, second->sha256);
  model.proto.set_producer_name("others");
  EXPECT_NE(model.import()->sha256, first->sha256);
}

TEST(Importer, NeverAcceptsACutModelWithoutItsNodes) {
  std::string bytes = smallNetwork().bytes();
  for (size_t size = 0; size < bytes.size(); ++size) {
    auto result = checkBytes(std::as_bytes(std::span(bytes).first(size)), "cut.onnx", {});
    if (!result.model) {
      ASSERT_FALSE(result.diagnostics.empty()) << size;
      EXPECT_EQ(exitCode(result.diagnostics[0].code), 2) << size << ": " << result.diagnostics[0].text();
    }
  }
}

TEST(Importer, SurvivesEveryChangedByte) {
  std::string bytes = smallNetwork().bytes();
  for (size_t i = 0; i < bytes.size(); ++i)
    for (char change : {'\x01', '\x80', '\xff'}) {
      std::string changed = bytes;
      changed[i] = static_cast<char>(changed[i] ^ change);
      auto result = checkBytes(std::as_bytes(std::span(changed)), "changed.onnx", {});
      EXPECT_EQ(result.model.has_value(), result.diagnostics.empty());
    }
}

TEST(Importer, ReportsEverythingMalformedFirst) {
  ModelBuilder model;
  model.input("x", {2, 3});
  model.node("NoSuchOp", {"x"}, {"a"});
  model.node("Relu", {"a"}, {"b"});
  setInteger(model.node("Softmax", {"x"}, {"c"}), "axis", 7);
  model.node("Relu", {"missing"}, {"d"});
  model.output("b").output("c").output("d");
  auto result = model.check();
  std::vector<Code> codes;
  for (const Diagnostic &diagnostic : result.diagnostics)
    codes.push_back(diagnostic.code);
  EXPECT_EQ(codes, (std::vector<Code>{Code::Axis, Code::Undefined, Code::UnsupportedOp}));
  EXPECT_TRUE(failsWith(model.import(), Code::Axis));
  EXPECT_EQ(result.diagnostics[0].node, "Softmax_2");
  EXPECT_EQ(result.diagnostics[0].op, "Softmax");
  EXPECT_EQ(result.diagnostics[0].file, "model.onnx");
}

TEST(Importer, RefusesAModelThatNeedsTooMuchMemory) {
  ModelBuilder model;
  model.input("a", {1 << 10, 1}).input("b", {1, 1 << 10});
  model.node("Add", {"a", "b"}, {"y"});
  model.output("y");
  Options options;
  options.limits.runBytes = (4 << 20) + (8 << 10) - 1;
  EXPECT_TRUE(failsWith(model.import(options), Code::LimitMemory));
  ++options.limits.runBytes;
  EXPECT_TRUE(succeeds(model.import(options)));
}

TEST(Importer, RefusesWhatIsNoFile) {
  EXPECT_TRUE(failsWith(importFile("/dev/null", {}), Code::FileKind));
  EXPECT_EQ(checkFile("/no/such/file.onnx", {}).diagnostics.size(), 1u);
}

} // namespace
} // namespace limbeck::importer::test
