// Walks the function `main` and writes what the rules make of its ops.
#include "limbeck/Graph/Export/ExportModel.h"
#include "ExportRules.h"
#include "OnnxFile.h"
#include "limbeck/Graph/IR/Conversion.h"
#include "limbeck/Graph/IR/SourceNames.h"
#include "limbeck/Graph/Import/ImportModel.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace limbeck::graph {

using namespace exporter;

namespace {
/// Writes one function for one opset.
class FunctionExporter {
public:
  FunctionExporter(mlir::func::FuncOp function, int64_t opset) : function(function), writer(opset) {}

  Status run();
  GraphWriter &result() { return writer; }

private:
  Status addInputs();
  Status addOutputs();
  Status exportOps(mlir::Block &block);
  Status exportOp(mlir::Operation *op);
  Status exportIf(mlir::scf::IfOp choice);
  Expected<onnx::GraphProto> exportBranch(mlir::Block &block, llvm::StringRef name);

  mlir::func::FuncOp function;
  GraphWriter writer;
  onnx::GraphProto interface; ///< inputs and outputs
};
} // namespace

static Expected<std::string> nameOfPort(mlir::Attribute attribute) {
  if (auto name = llvm::dyn_cast_or_null<mlir::StringAttr>(attribute))
    return name.str();
  return error(Code::Parse,
               "expected inputs and outputs with the attribute 'limbeck.name', found one without");
}

static llvm::SmallVector<llvm::StringRef> symbolsOfPort(mlir::Attribute attribute) {
  llvm::SmallVector<llvm::StringRef> symbols;
  if (auto list = llvm::dyn_cast_or_null<mlir::ArrayAttr>(attribute))
    for (mlir::Attribute symbol : list) {
      auto text = llvm::dyn_cast<mlir::StringAttr>(symbol);
      symbols.push_back(text ? text.getValue() : "");
    }
  return symbols;
}

Status FunctionExporter::addInputs() {
  for (auto [i, argument] : llvm::enumerate(function.getArguments())) {
    LIMBECK_ASSIGN(std::string name, nameOfPort(function.getArgAttr(i, "limbeck.name")));
    LIMBECK_ASSIGN(TensorType type, toTensorType(argument.getType()));
    LIMBECK_ASSIGN(
        *interface.add_input(),
        valueInfo(name, argument.getType(), symbolsOfPort(function.getArgAttr(i, kSymbolsAttribute))));
    writer.addArgument(argument, name, type.dtype);
  }
  return {};
}

Status FunctionExporter::addOutputs() {
  mlir::Operation *end = function.front().getTerminator();
  for (auto [i, value] : llvm::enumerate(end->getOperands())) {
    LIMBECK_ASSIGN(std::string name, nameOfPort(function.getResultAttr(i, "limbeck.name")));
    LIMBECK_ASSIGN(
        *interface.add_output(),
        valueInfo(name, value.getType(), symbolsOfPort(function.getResultAttr(i, kSymbolsAttribute))));
    writer.reserve(name, value);
  }
  return {};
}

Status FunctionExporter::run() {
  LIMBECK_TRY(addInputs());
  LIMBECK_TRY(addOutputs());
  LIMBECK_TRY(exportOps(function.front()));
  LIMBECK_TRY(writer.finishOutputs());
  writer.setInterface(std::move(interface));
  return {};
}

Status FunctionExporter::exportOps(mlir::Block &block) {
  for (mlir::Operation &op : block.without_terminator()) {
    Status status = exportOp(&op);
    if (status.ok())
      continue;
    Diagnostic &diagnostic = status.diagnostic();
    llvm::SmallVector<llvm::StringRef> nodes = nodeNames(op.getLoc());
    if (diagnostic.node.empty() && !nodes.empty())
      diagnostic.atNode(nodes.front().str()).atOp(op.getName().getStringRef().str());
    return status;
  }
  return {};
}

/// Whether a tensor of the op is quantized and the op looks at its values: ONNX computes on floats between pairs of quantize and
/// dequantize.
static bool computesOnQuantized(mlir::Operation *op) {
  if (llvm::isa<MovementOpInterface, StorageCastOp, QuantizeOp, DequantizeOp, RequantizeOp>(op))
    return false;
  auto isQuantized = [](mlir::Type type) {
    auto tensor = llvm::dyn_cast<mlir::RankedTensorType>(type);
    return tensor && llvm::isa<mlir::quant::QuantizedType>(tensor.getElementType());
  };
  return llvm::any_of(op->getOperandTypes(), isQuantized) || llvm::any_of(op->getResultTypes(), isQuantized);
}

/// What to write in place of a file that ONNX has no form for.
static std::string hintFor(mlir::Operation *op) {
  // Of --dynamic with --per-row or in 4 bits: they are there behind stage Graph already.
  if (llvm::isa<DynamicQuantizeBlocksOp, MatmulIntegerBlocksOp>(op))
    return "scales per row or per block of activations have no form in ONNX: write an .lmb or .mlir file";
  return "--to graph is the last stage that can be written";
}

Status FunctionExporter::exportOp(mlir::Operation *op) {
  if (llvm::isa<mlir::tensor::ExtractOp>(op))
    return {}; // its tensor is the condition of an If
  if (auto choice = llvm::dyn_cast<mlir::scf::IfOp>(op))
    return exportIf(choice);
  const ExportRule *rule = findExportRule(op);
  if (!rule)
    return error(Code::UnsupportedOp, "expected an op that ai.onnx has a form for, found '",
                 op->getName().getStringRef().str(), "'")
        .withHint(hintFor(op));
  if (auto formula = op->getAttrOfType<mlir::StringAttr>("arith"); formula && formula == "ort_qlinear")
    return error(Code::UnsupportedOp, "expected a formula that ai.onnx has, found one of com.microsoft");
  if (computesOnQuantized(op))
    return error(Code::UnsupportedOp, "expected quantized values between quantize and dequantize, found '",
                 op->getName().getStringRef().str(), "' on them")
        .withHint("--to graph is the last stage that can be written");
  return rule->run(op, writer);
}

Expected<onnx::GraphProto> FunctionExporter::exportBranch(mlir::Block &block, llvm::StringRef name) {
  writer.begin();
  LIMBECK_TRY(exportOps(block));
  return writer.end(name, block.getTerminator()->getOperands());
}

Status FunctionExporter::exportIf(mlir::scf::IfOp choice) {
  LIMBECK_ASSIGN(Edge condition, writer.operand(choice.getCondition()));
  Node node("If", {condition});
  if (choice.getNumResults() == 0)
    return {}; // ops have no effects
  LIMBECK_ASSIGN(onnx::GraphProto taken, exportBranch(*choice.thenBlock(), "then_branch"));
  LIMBECK_ASSIGN(onnx::GraphProto other, exportBranch(*choice.elseBlock(), "else_branch"));
  node.graph("then_branch", std::move(taken)).graph("else_branch", std::move(other));
  return writer.finish(choice, std::move(node));
}

bool hasOnnxForm(llvm::StringRef op) {
  return findExportRule(op) != nullptr;
}

/// The name of the model: that of the file it was imported from.
static std::string graphName(mlir::func::FuncOp function) {
  auto name = llvm::dyn_cast<mlir::NameLoc>(function.getLoc());
  return name ? name.getName().str() : "main";
}

Expected<OnnxFiles> exportModel(mlir::ModuleOp module, const ExportOptions &options) {
  auto function = module.lookupSymbol<mlir::func::FuncOp>("main");
  if (!function || function.isExternal())
    return error(Code::NoGraph, "expected a function 'main' in the module");
  auto source = function->getAttrOfType<mlir::IntegerAttr>(kOpsetAttribute);
  int64_t opset = std::max(kOldestWrittenOpset, source ? source.getInt() : 0);
  while (true) {
    FunctionExporter exporter(function, opset);
    LIMBECK_TRY(exporter.run());
    int64_t needed = exporter.result().neededOpset();
    if (needed <= opset)
      return writeOnnxFile(exporter.result(), graphName(function), options);
    opset = needed; // attributes may be operands there, so that all is written anew
  }
}

} // namespace limbeck::graph
