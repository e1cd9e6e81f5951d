// Activations of signed bytes become bytes without sign, where the target's products read those.
#include "limbeck/Graph/IR/Constants.h"
#include "limbeck/Graph/IR/Conversion.h"
#include "limbeck/Lower/Passes.h"
#include "limbeck/Lower/Target.h"
#include "limbeck/Reference/Operation.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/EquivalenceClasses.h"

namespace limbeck::lower {

#define GEN_PASS_DEF_STOREUNSIGNEDPASS
#include "limbeck/Lower/Passes.h.inc"

using namespace mlir;

constexpr int64_t kMove = 128; ///< from a signed byte to the one without sign that stands for the same

/// The type of the same reals without sign; null for what is no tensor of quantized signed bytes.
static RankedTensorType unsignedType(Type type) {
  auto ranked = dyn_cast<RankedTensorType>(type);
  if (!ranked || !isa<quant::QuantizedType>(ranked.getElementType()))
    return {};
  auto tensorType = graph::toTensorType(ranked);
  if (!tensorType || tensorType->dtype != DType::S8)
    return {};
  Quantization moved = *tensorType->quantization;
  moved.lowest += kMove;
  moved.highest += kMove;
  for (int64_t &zeroPoint : moved.zeroPoints)
    zeroPoint += kMove;
  auto result =
      graph::fromTensorType(type.getContext(), {DType::U8, tensorType->shape,
                                                std::make_shared<const Quantization>(std::move(moved))});
  return result ? *result : RankedTensorType();
}

namespace {
/// The values of signed bytes in a function, in sets that share their signedness, and what speaks for and against changing it.
class SignedValues {
public:
  explicit SignedValues(func::FuncOp graph) {
    for (Value argument : graph.getArguments())
      note(argument, &Uses::fixed);
    graph.walk([&](Operation *op) { visit(op); });
  }

  /// Changes the types of all sets that may be stored without sign.
  LogicalResult change() {
    DenseMap<Value, Uses> whole;
    for (auto [value, uses] : values) {
      Uses &all = whole[sets.getLeaderValue(value)];
      all.fixed |= uses.fixed;
      all.computed |= uses.computed;
      all.input |= uses.input;
      all.weights |= uses.weights;
    }
    for (Value value : llvm::make_first_range(values)) {
      const Uses &uses = whole[sets.getLeaderValue(value)];
      if (uses.fixed || !uses.computed || (uses.weights && !uses.input))
        continue;
      RankedTensorType type = unsignedType(value.getType());
      if (auto cast = value.getDefiningOp<graph::StorageCastOp>()) {
        if (failed(replaceConstant(cast, type)))
          return failure();
      } else {
        value.setType(type);
      }
    }
    return success();
  }

private:
  struct Uses {
    bool fixed = false;    ///< the bytes themselves are seen
    bool computed = false; ///< not constants alone
    bool input = false;    ///< multiplied with weights, which are signed
    bool weights = false;
  };

  void note(Value value, bool Uses::*use = nullptr) {
    if (!unsignedType(value.getType()))
      return;
    sets.insert(value);
    Uses &uses = values[value];
    if (use)
      uses.*use = true;
  }
  void noteAll(ValueRange all, bool Uses::*use) {
    for (Value value : all)
      note(value, use);
  }
  void join(Value a, Value b) {
    note(a);
    note(b);
    if (unsignedType(a.getType()) && unsignedType(b.getType()))
      sets.unionSets(a, b);
  }
  void joinAll(ValueRange a, ValueRange b) {
    for (auto [left, right] : llvm::zip_equal(a, b))
      join(left, right);
  }

  void visit(Operation *op) {
    if (auto fused = dyn_cast<graph::FusedOp>(op)) {
      Block &body = fused.getBody().front();
      joinAll(fused.getInputs(), body.getArguments());
      joinAll(fused.getOutputs(), body.getTerminator()->getOperands());
    } else if (auto branch = dyn_cast<scf::IfOp>(op)) {
      for (Region &region : branch->getRegions())
        if (!region.empty())
          joinAll(branch.getResults(), region.front().getTerminator()->getOperands());
    } else if (auto cast = dyn_cast<graph::StorageCastOp>(op);
               cast && cast.getX().getDefiningOp<graph::ConstOp>()) {
      note(cast.getResult());
    } else if (auto movement = dyn_cast<graph::MovementOpInterface>(op)) {
      for (Value operand : movement.getDataOperands())
        join(op->getResult(0), operand);
    } else if (auto anchor = dyn_cast<graph::AnchorOpInterface>(op)) {
      note(anchor.getAnchorInput(), &Uses::input);
      note(anchor.getAnchorWeights(), &Uses::weights);
      noteAll(op->getResults(), &Uses::computed);
    } else if (dependsOnReals(op)) {
      noteAll(op->getOperands(), nullptr);
      noteAll(op->getResults(), &Uses::computed);
    } else if (!isa<graph::YieldOp, scf::YieldOp>(op)) { // of which the op around it knows
      noteAll(op->getOperands(), &Uses::fixed);
      noteAll(op->getResults(), &Uses::fixed);
    }
  }

  /// Whether an op sees the reals that bytes stand for, and rounds to the nearest of those that there are.
  static bool dependsOnReals(Operation *op) {
    if (isa<graph::QuantizeOp, graph::DequantizeOp, graph::RequantizeOp>(op))
      return true;
    auto arithmetic = op->getAttrOfType<StringAttr>("arith");
    auto computing = dyn_cast<graph::ReferenceOpInterface>(op);
    return computing && computing.getDefinition() &&
           computing.getDefinition()->kind == reference::Kind::Compute &&
           (!arithmetic || arithmetic.getValue() != "ort_qlinear");
  }

  static LogicalResult replaceConstant(graph::StorageCastOp cast, RankedTensorType type) {
    std::optional<Tensor> old = graph::constantOf(cast.getResult());
    auto moved = Tensor::zeros(DType::U8, type.getShape());
    if (!old || !moved)
      return cast.emitOpError("expected a constant with its data");
    std::span<const int8_t> stored = old->values<int8_t>();
    std::ranges::transform(stored, moved->mutableValues<uint8_t>().begin(),
                           [](int8_t value) { return static_cast<uint8_t>(value + kMove); });
    OpBuilder b(cast);
    auto constant = graph::createConstant(b, cast.getLoc(), *moved, type);
    if (!constant)
      return graph::emitDiagnostic(cast, constant.diagnostic());
    cast->replaceAllUsesWith(ValueRange{*constant});
    Operation *source = cast.getX().getDefiningOp();
    cast.erase();
    if (source->use_empty())
      source->erase();
    return success();
  }

  llvm::EquivalenceClasses<Value> sets;
  llvm::MapVector<Value, Uses> values;
};

struct StoreUnsigned : impl::StoreUnsignedPassBase<StoreUnsigned> {
  void runOnOperation() override {
    const Target *target = targetOf(getOperation());
    if (!target)
      return signalPassFailure();
    if (!target->readsUnsignedBytes())
      return;
    for (func::FuncOp graph : getOperation().getOps<func::FuncOp>())
      if (!graph.isExternal() && failed(SignedValues(graph).change()))
        return signalPassFailure();
  }
};
} // namespace

} // namespace limbeck::lower
