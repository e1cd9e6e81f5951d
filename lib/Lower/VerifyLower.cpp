// The contract between stage Lower and code generation.
#include "limbeck/Graph/IR/Conversion.h"
#include "limbeck/Graph/IR/Limbeck.h"
#include "limbeck/Graph/IR/Rewriting.h"
#include "limbeck/Lower/MemoryPlan.h"
#include "limbeck/Lower/Passes.h"
#include "limbeck/Lower/Target.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace limbeck::lower {

#define GEN_PASS_DEF_VERIFYLOWERPASS
#include "limbeck/Lower/Passes.h.inc"

using namespace mlir;

/// Of a kernel's scratch: half of what a thread of the runtime has at least, as limbeck-c/Runtime.h says.
static constexpr int64_t kMostStackBytes = int64_t(1) << 20;

namespace {
struct VerifyLower : impl::VerifyLowerPassBase<VerifyLower> {
  void runOnOperation() override {
    if (!getOperation()->hasAttr(kTargetAttribute)) {
      getOperation().emitError("expected the module attribute '") << kTargetAttribute << "', found none";
      return signalPassFailure();
    }
    bool failed = false;
    for (func::FuncOp graph : getOperation().getOps<func::FuncOp>()) {
      if (graph.isPrivate()) {
        failed |= verifyStack(graph).failed();
        continue;
      }
      graph.walk([&](Operation *op) { failed |= verify(op).failed(); });
      if (!graph->hasAttr(kArenaAttribute)) {
        graph.emitError("expected a memory plan, found none; limbeck-lower-plan-memory makes it");
        failed = true;
      }
    }
    if (failed)
      signalPassFailure();
  }

private:
  static LogicalResult verifyStack(func::FuncOp kernel) {
    int64_t bytes = 0;
    kernel.walk([&](memref::AllocaOp scratch) {
      MemRefType type = scratch.getType();
      bytes +=
          type.getNumElements() * static_cast<int64_t>(llvm::divideCeil(type.getElementTypeBitWidth(), 8));
    });
    if (bytes <= kMostStackBytes)
      return success();
    return kernel.emitError("expected at most ")
           << kMostStackBytes << " bytes of scratch on the stack of a worker, found " << bytes
           << " in kernel '" << kernel.getName() << "'; its emitter has to compute in smaller parts";
  }

  /// Whether all parts have the same storage: each kernel knows its window.
  static bool joinsNeighbours(Operation *join) {
    std::optional<int64_t> common;
    for (Value part : join->getOperands()) {
      Value owner = bufferOwner(part);
      Operation *maker = owner.getDefiningOp();
      auto storage = maker ? maker->getAttrOfType<DenseI64ArrayAttr>(kStorageAttribute) : DenseI64ArrayAttr();
      if (!storage)
        return false;
      int64_t place = storage[cast<OpResult>(owner).getResultNumber()];
      if (common.value_or(place) != place)
        return false;
      common = place;
    }
    return true;
  }

  static LogicalResult verify(Operation *op) {
    if (graph::isJoin(op) && !joinsNeighbours(op))
      return op->emitError(
          "expected operands that launches write to one buffer; limbeck-lower-plan-memory places them");
    // The truth value of a branch is read where the branch is taken.
    if (isa<func::FuncOp, func::ReturnOp, scf::YieldOp, graph::ConstOp, tensor::ExtractOp>(op) || isView(op))
      return success();
    if (isa<graph::YieldOp>(op) && isa<graph::PerSampleOp>(op->getParentOp()))
      return success();
    if (isa<graph::LaunchOp, graph::PerSampleOp, scf::IfOp>(op)) {
      for (Type type : op->getResultTypes())
        if (auto shaped = dyn_cast<ShapedType>(type); shaped && !shaped.hasStaticShape())
          return op->emitError("expected static shapes, found ")
                 << type << "; give the model's inputs with --shape or --dim";
      if (op->getNumResults() == 0 || op->hasAttr(kStorageAttribute))
        return success();
      return op->emitError("expected the attribute '")
             << kStorageAttribute << "'; limbeck-lower-plan-memory sets it";
    }
    return op->emitError(
        "expected launches, constants and views only; limbeck-fuse-form-fusions and limbeck-lower-to-kernels "
        "make kernels of the rest");
  }
};
} // namespace

/// Targets by name; filled while the program starts, read-only afterwards.
static llvm::StringMap<const Target *> &targetRegistry() {
  static llvm::StringMap<const Target *> registry;
  return registry;
}

const Target *findTarget(StringRef name) {
  return targetRegistry().lookup(name);
}
const Target *targetOf(ModuleOp module) {
  auto name = module->getAttrOfType<StringAttr>(kTargetAttribute);
  if (!name) {
    module.emitError("expected the module attribute '")
        << kTargetAttribute << "', found none; set it to the name of a target, such as \"x86-64\"";
    return nullptr;
  }
  const Target *target = findTarget(name.getValue());
  if (!target)
    module.emitError("expected a known target in '")
        << kTargetAttribute << "', found \"" << name.getValue() << "\"";
  return target;
}
void registerTarget(const Target *target) {
  targetRegistry()[target->name()] = target;
}

} // namespace limbeck::lower
