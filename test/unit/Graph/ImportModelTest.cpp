// A checked model becomes a module that computes the same.
#include "limbeck/Graph/Import/ImportModel.h"
#include "IrTest.h"
#include "limbeck/Graph/IR/Limbeck.h"
#include "limbeck/Graph/IR/SourceNames.h"
#include "limbeck/Graph/Interpret/Interpreter.h"
#include "limbeck/Import/Importer.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace limbeck::test {
namespace {

class ImportModelTest : public IrTest {
protected:
  importer::ValueId add(std::string name, TensorType type, std::optional<Tensor> constant = std::nullopt) {
    model.values.push_back({std::move(name), std::move(type), std::move(constant), {}});
    return static_cast<importer::ValueId>(model.values.size() - 1);
  }
  importer::Op makeOp(std::string_view name, reference::Attributes attributes,
                      std::vector<importer::ValueId> operands, std::vector<importer::ValueId> results) {
    importer::Op op;
    op.definition = reference::findOp(name);
    EXPECT_TRUE(op.definition) << name;
    op.attributes = std::move(attributes);
    op.operands = std::move(operands);
    op.results = std::move(results);
    op.source = static_cast<uint32_t>(model.sources.size());
    model.sources.push_back({"node_" + std::to_string(op.source), "Test"});
    return op;
  }
  void setSignature(std::vector<importer::ValueId> inputs, std::vector<importer::ValueId> outputs) {
    model.name = "model.onnx";
    for (importer::ValueId id : model.inputs = std::move(inputs))
      model.inputNames.push_back(model.values[id].name);
    for (importer::ValueId id : model.outputs = std::move(outputs))
      model.outputNames.push_back(model.values[id].name);
  }
  mlir::OwningOpRef<mlir::ModuleOp> import() {
    auto module = graph::importModel(context, model);
    EXPECT_TRUE(module.ok()) << module.diagnostic().text();
    return module.ok() ? std::move(*module) : nullptr;
  }
  importer::Model model;
  const TensorType floats{DType::F32, {2, kUnknown}, nullptr};
};

TEST_F(ImportModelTest, OpsConstantsNamesAndLocations) {
  auto x = add("in put", floats), y = add("mid", floats), z = add("out", floats);
  auto c = add("weight", {DType::F32, {1}, nullptr}, tensorOf<float>(DType::F32, {1}, {2.0f}));
  add("unused", {DType::F32, {1}, nullptr}, tensorOf<float>(DType::F32, {1}, {3.0f}));
  model.ops.push_back(makeOp("mul", {}, {x, c}, {y}));
  model.ops.push_back(makeOp("clip", {{"min", -1.0f}, {"max", 1.0f}}, {y}, {z}));
  setSignature({x}, {z});
  auto module = import();
  ASSERT_TRUE(module);

  auto main = module->lookupSymbol<mlir::func::FuncOp>("main");
  ASSERT_TRUE(main);
  EXPECT_EQ(main.getArgAttrOfType<mlir::StringAttr>(0, "limbeck.name"), "in put");
  EXPECT_EQ(main.getResultAttrOfType<mlir::StringAttr>(0, "limbeck.name"), "out");
  auto constants = main.getOps<graph::ConstOp>();
  EXPECT_EQ(std::distance(constants.begin(), constants.end()), 1)
      << "constants that nothing uses are left out";
  graph::ClipOp clip = *main.getOps<graph::ClipOp>().begin();
  EXPECT_EQ(graph::nodeNames(clip.getLoc()), llvm::SmallVector<llvm::StringRef>{"node_1"});
  EXPECT_EQ(graph::operatorTypes(clip.getLoc()), llvm::SmallVector<llvm::StringRef>{"Test"});
  EXPECT_EQ(graph::tensorName(clip.getResult()), "out");
  EXPECT_EQ(graph::tensorName(clip.getX()), "mid");
  EXPECT_EQ(graph::tensorName(main.getArgument(0)), "in put");

  Tensor input = tensorOf<float>(DType::F32, {2, 1}, {0.25f, -3.0f});
  auto results = graph::interpret(*module, {&input, 1}, Limits());
  ASSERT_TRUE(results.ok()) << results.diagnostic().text();
  EXPECT_TRUE(results->front().identical(tensorOf<float>(DType::F32, {2, 1}, {0.5f, -1.0f})));
  auto direct = importer::interpret(model, {&input, 1}, Limits());
  ASSERT_TRUE(direct.ok()) << direct.diagnostic().text();
  EXPECT_TRUE(results->front().identical(direct->front()));
}

TEST_F(ImportModelTest, BranchesBecomeScfIf) {
  auto c = add("condition", {DType::Bool, {1}, nullptr}), x = add("x", floats);
  auto inner = add("inner", floats), y = add("y", floats);
  importer::Op branch = makeOp("relu", {}, {c}, {y});
  branch.definition = nullptr;
  branch.regions = {{{makeOp("neg", {}, {x}, {inner})}, {inner}}, {{}, {x}}};
  model.ops.push_back(std::move(branch));
  setSignature({c, x}, {y});
  auto module = import();
  ASSERT_TRUE(module);
  auto main = module->lookupSymbol<mlir::func::FuncOp>("main");
  auto ifs = main.getOps<mlir::scf::IfOp>();
  EXPECT_EQ(std::distance(ifs.begin(), ifs.end()), 1);

  Tensor x0 = tensorOf<float>(DType::F32, {2, 1}, {1.0f, -3.0f});
  for (bool taken : {true, false}) {
    std::vector<Tensor> inputs = {tensorOf<bool>(DType::Bool, {1}, {taken}), x0};
    auto results = graph::interpret(*module, inputs, Limits());
    ASSERT_TRUE(results.ok()) << results.diagnostic().text();
    EXPECT_TRUE(results->front().identical(taken ? tensorOf<float>(DType::F32, {2, 1}, {-1.0f, 3.0f}) : x0));
  }
}

TEST_F(ImportModelTest, QuantizedTypesAndConstants) {
  auto quantization =
      std::make_shared<const Quantization>(Quantization{DType::F32, -1, {0.5f}, {3}, -128, 127});
  TensorType quantized{DType::S8, {2}, quantization};
  auto q = add("q", quantized, tensorOf<int8_t>(DType::S8, {2}, {3, -128}));
  auto y = add("y", {DType::F32, {2}, nullptr});
  model.ops.push_back(makeOp("dequantize", {}, {q}, {y}));
  setSignature({}, {y});
  auto module = import();
  ASSERT_TRUE(module);
  auto results = graph::interpret(*module, {}, Limits());
  ASSERT_TRUE(results.ok()) << results.diagnostic().text();
  EXPECT_TRUE(results->front().identical(tensorOf<float>(DType::F32, {2}, {0.0f, -65.5f})));
}

TEST_F(ImportModelTest, InconsistentModelIsADiagnostic) {
  auto x = add("x", floats), y = add("y", {DType::F32, {5}, nullptr});
  model.ops.push_back(makeOp("relu", {}, {x}, {y}));
  setSignature({x}, {y});
  auto module = graph::importModel(context, model);
  ASSERT_FALSE(module.ok());
  EXPECT_EQ(module.diagnostic().code, Code::Internal);
}

} // namespace
} // namespace limbeck::test
