// plan: reads the fused module, and what passes said on the way.
#include "limbeck/Session/Plan.h"
#include "Compiler.h"
#include "limbeck/Graph/IR/Conversion.h"
#include "limbeck/Graph/IR/Limbeck.h"

namespace limbeck::session {

using pipeline::Stage;

static int64_t countTransposes(mlir::ModuleOp module) {
  int64_t count = 0;
  module.walk([&](graph::TransposeOp) { ++count; });
  return count;
}

static std::string typeText(mlir::Type type) {
  auto tensorType = graph::toTensorType(type);
  return tensorType.ok() ? std::string(name(tensorType->dtype)) : "?";
}

/// The op around which the kernel is built: what the others only prepare or finish.
static mlir::Operation *coreOf(graph::FusedOp fused) {
  for (mlir::Operation &op : fused.getBody().front().without_terminator())
    if (op.getName().stripDialect() == fused.getKind())
      return &op;
  return &fused.getBody().front().front();
}

static std::string precisionOf(graph::FusedOp fused, mlir::Operation *core) {
  std::string text;
  // Bias and the like are not what precision means.
  for (mlir::Value operand :
       core->getOperands().take_front(llvm::isa<graph::AnchorOpInterface>(core) ? 2 : 1))
    text += (text.empty() ? "" : "*") + typeText(operand.getType());
  return text + " -> " + (fused->getNumResults() ? typeText(fused->getResult(0).getType()) : "");
}

static PlannedKernel kernelOf(graph::FusedOp fused) {
  mlir::Operation *core = coreOf(fused);
  auto layout = core->getAttrOfType<mlir::StringAttr>("layout");
  PlannedKernel kernel{fused.getKind().str(),
                       sourceNodes(fused.getLoc()),
                       {},
                       precisionOf(fused, core),
                       layout ? layout.str() : ""};
  for (mlir::Operation &op : fused.getBody().front().without_terminator())
    kernel.ops.push_back(op.getName().stripDialect().str());
  return kernel;
}

/// Why a conversion between float and integers is still there: what is on its float side.
static std::string reasonOf(mlir::Operation *op) {
  bool quantizes = llvm::isa<graph::QuantizeOp, graph::QuantizeByOp, graph::DynamicQuantizeOp>(op);
  if (llvm::isa<graph::QuantizeByOp, graph::DequantizeByOp, graph::DynamicQuantizeOp>(op))
    return "its scale is no constant, or has blocks";
  if (quantizes)
    return llvm::isa<mlir::BlockArgument>(op->getOperand(0)) ? "its operand is a float input of the model"
                                                             : "its operand is computed in float";
  return "its result is used as float";
}

static std::vector<RemainingConversion> conversionsIn(mlir::ModuleOp module) {
  std::vector<RemainingConversion> list;
  module.walk([&](mlir::Operation *op) {
    if (llvm::isa<graph::QuantizeOp, graph::DequantizeOp, graph::QuantizeByOp, graph::DequantizeByOp,
                  graph::DynamicQuantizeOp>(op))
      list.push_back({op->getName().stripDialect().str(), sourceNodes(op->getLoc()), reasonOf(op)});
  });
  return list;
}

Expected<Plan> plan(const SourceModel &source) {
  LIMBECK_ASSIGN(importer::Options options, onlyChoice(source));
  LIMBECK_ASSIGN(importer::Model model, importer::importFile(source.path, options));
  LIMBECK_TRY(importer::requireStatic(model));
  Compiler compiler;
  LIMBECK_ASSIGN(mlir::OwningOpRef<mlir::ModuleOp> module, compiler.import(model));
  Plan plan;
  plan.model = model.name;
  LIMBECK_TRY(compiler.run(*module, Stage::Graph, Stage::Quantize));
  plan.transposesBefore = countTransposes(*module);
  // Before fusing, where the neighbours of an op are still to be seen.
  LIMBECK_TRY(compiler.run(*module, Stage::Layout, Stage::Layout));
  plan.transposesAfter = countTransposes(*module);
  plan.conversions = conversionsIn(*module);
  LIMBECK_TRY(compiler.run(*module, Stage::Fuse, Stage::Fuse));
  module->walk([&](graph::FusedOp fused) { plan.kernels.push_back(kernelOf(fused)); });
  for (const PassRemark &remark : compiler.remarks())
    if (remark.name == "kept-float")
      plan.unfused.push_back({remark.nodes, remark.reason});
  return plan;
}

} // namespace limbeck::session
