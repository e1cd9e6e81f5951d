// limbeck.fused regions become kernel functions and launches of them.
#include "limbeck/Fuse/Attention.h"
#include "limbeck/Graph/IR/Constants.h"
#include "limbeck/Graph/IR/Conversion.h"
#include "limbeck/Lower/CoreEmitters.h"
#include "limbeck/Lower/MemoryPlan.h"
#include "limbeck/Lower/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace limbeck::lower {

#define GEN_PASS_DEF_LOWERTOKERNELSPASS
#include "limbeck/Lower/Passes.h.inc"

using namespace mlir;

/// A region of views only is the views themselves.
static void inlineViews(graph::FusedOp fused) {
  Block &body = fused.getBody().front();
  if (!llvm::all_of(body.without_terminator(), [](Operation &op) { return isView(&op); }))
    return;
  OpBuilder b(fused);
  IRMapping map;
  map.map(body.getArguments(), fused.getInputs());
  for (Operation &op : body.without_terminator())
    b.clone(op, map);
  SmallVector<Value> results;
  for (Value result : body.getTerminator()->getOperands())
    results.push_back(map.lookupOrDefault(result));
  fused->replaceAllUsesWith(results);
  fused.erase();
}

/// What leaves a function or a branch must be the result of a launch of its own: an argument, a constant, or a value that leaves twice is
/// copied first.
static void copyLeavingValues(Operation *terminator) {
  OpBuilder b(terminator);
  llvm::SmallDenseSet<Value> seen;
  for (OpOperand &operand : terminator->getOpOperands()) {
    Value owner = bufferOwner(operand.get());
    Operation *maker = owner.getDefiningOp();
    bool own = isa_and_nonnull<graph::FusedOp, graph::PerSampleOp>(maker) &&
               maker->getBlock() == terminator->getBlock();
    if (own && seen.insert(owner).second)
      continue;
    Type type = operand.get().getType();
    auto fused = graph::FusedOp::create(b, terminator->getLoc(), TypeRange{type}, ValueRange{operand.get()},
                                        b.getStringAttr("copy"));
    Block *body = b.createBlock(&fused.getBody(), {}, {type}, {terminator->getLoc()});
    Shape shape = graph::toTensorType(type)->shape;
    Value copy = graph::ReshapeOp::create(b, terminator->getLoc(), type, body->getArgument(0), shape);
    graph::YieldOp::create(b, terminator->getLoc(), copy);
    b.setInsertionPoint(terminator);
    operand.set(fused.getResult(0));
  }
}

namespace {
struct LowerToKernels : impl::LowerToKernelsPassBase<LowerToKernels> {
  void runOnOperation() override {
    target = targetOf(getOperation());
    if (!target)
      return signalPassFailure();
    SmallVector<func::FuncOp> graphs(getOperation().getOps<func::FuncOp>());
    for (func::FuncOp graph : graphs)
      if (failed(lowerGraph(graph)))
        return signalPassFailure();
  }

private:
  LogicalResult lowerGraph(func::FuncOp graph) {
    if (graph.isExternal())
      return success();
    SmallVector<Operation *> terminators;
    graph.walk([&](Operation *op) {
      if (isa<func::ReturnOp, scf::YieldOp>(op) ||
          (isa<graph::YieldOp>(op) && isa<graph::PerSampleOp>(op->getParentOp())))
        terminators.push_back(op);
    });
    // Views first: behind one, the result of a launch still leaves as its own.
    for (graph::FusedOp fused : regionsOf(graph))
      inlineViews(fused);
    for (Operation *terminator : terminators)
      copyLeavingValues(terminator);
    for (graph::FusedOp fused : regionsOf(graph))
      if (failed(lowerRegion(fused)))
        return failure();
    return success();
  }

  static SmallVector<graph::FusedOp> regionsOf(func::FuncOp graph) {
    SmallVector<graph::FusedOp> regions;
    graph.walk([&](graph::FusedOp fused) { regions.push_back(fused); });
    return regions;
  }

  /// Kernels read and write channels last, whatever the op says.
  static LogicalResult expectChannelsLast(graph::FusedOp fused) {
    WalkResult result = fused.walk([](graph::LayoutOpInterface op) -> WalkResult {
      if (op.getLayout() == "NHWC")
        return WalkResult::advance();
      op->emitOpError("expected layout \"NHWC\", found \"").append(op.getLayout(), "\"").attachNote()
          << "run limbeck-layout-convert-to-nhwc before stage Fuse";
      return WalkResult::interrupt();
    });
    return failure(result.wasInterrupted());
  }

  LogicalResult lowerRegion(graph::FusedOp fused) {
    if (failed(expectChannelsLast(fused)))
      return failure();
    ModuleOp module = getOperation();
    OpBuilder b(module.getContext());
    b.setInsertionPointToEnd(module.getBody());
    std::string name = "kernel_" + std::to_string(count++);
    KernelBuilder kernel(b, fused, name, *target);
    if (std::optional<fuse::Attention> attention = fuse::attentionIn(fused))
      emitAttention(kernel, *attention);
    else if (failed(target->emitKernel(kernel)) && failed(emitBody(kernel)))
      return failure();
    auto yielded = fused.getBody().front().getTerminator()->getOperands();
    for (auto [value, place] : llvm::zip_equal(yielded, kernel.outputs()))
      if (place.result.shape != place.values.shape)
        emitBorder(kernel, value.getDefiningOp(), place);
    kernel.finalize();
    b.setInsertionPoint(fused);
    SmallVector<Value> operands(kernel.inputs());
    for (const Tensor &tensor : kernel.weightTensors()) {
      auto type = graph::fromTensorType(b.getContext(), {tensor.dtype(), tensor.shape(), nullptr});
      auto constant = graph::createConstant(b, fused.getLoc(), tensor, *type);
      if (!constant.ok())
        return graph::emitDiagnostic(fused, constant.diagnostic());
      operands.push_back(*constant);
    }
    auto launch = graph::LaunchOp::create(b, fused.getLoc(), fused->getResultTypes(), name, operands);
    launch->setAttr("kind", fused.getKindAttr());
    setFacts(launch, kernel.facts());
    fused->replaceAllUsesWith(launch);
    fused.erase();
    return success();
  }

  LogicalResult emitBody(KernelBuilder &kernel) {
    Operation *core = kernel.core();
    if (!core) {
      TensorType result = kernel.typeOf(kernel.results()[0]);
      kernel.forEachBlock(result.shape, kernel.blockWidths(), [&](ArrayRef<Value> index, int64_t lanes) {
        kernel.finishStored(index, lanes, Value());
      });
      return success();
    }
    EmitFunction emit = findEmitter(core->getName().stripDialect());
    if (!emit)
      return graph::emitDiagnostic(core, error(Code::UnsupportedOp, "no kernel computes '",
                                               core->getName().getStringRef().str(), "' yet"));
    emit(kernel, core);
    return success();
  }

  const Target *target = nullptr;
  int64_t count = 0;
};
} // namespace

} // namespace limbeck::lower
