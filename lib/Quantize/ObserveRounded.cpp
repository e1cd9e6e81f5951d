// A model that somebody quantized becomes a float one again, which knows what was rounded and how: explain asks it what each
// rounding costs.
#include "Decision.h"
#include "limbeck/Graph/IR/Calib.h"
#include "limbeck/Graph/IR/Constants.h"
#include "limbeck/Graph/IR/Conversion.h"
#include "limbeck/Graph/IR/Rewriting.h"
#include "limbeck/Graph/IR/SourceNames.h"
#include "limbeck/Quantize/Passes.h"
#include "limbeck/Quantize/Variants.h"
#include "limbeck/Reference/Operation.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Remarks.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include <cmath>

namespace limbeck::quantize {
#define GEN_PASS_DEF_OBSERVEROUNDEDPASS
#include "limbeck/Quantize/Passes.h.inc"

namespace {

using mlir::RankedTensorType;
using mlir::Value;

bool isQuantized(mlir::Type type) {
  return mlir::isa<mlir::quant::QuantizedType>(mlir::getElementTypeOrSelf(type));
}

/// The float type that a quantized tensor stands for; a plain type is its own.
RankedTensorType expressedType(mlir::Type type) {
  auto tensor = mlir::cast<RankedTensorType>(type);
  auto quantized = mlir::dyn_cast<mlir::quant::QuantizedType>(tensor.getElementType());
  return quantized ? RankedTensorType::get(tensor.getShape(), quantized.getExpressedType()) : tensor;
}

void leave(mlir::Operation *op, std::string reason) {
  mlir::remark::missed(op->getLoc(), mlir::remark::RemarkOpts::name("kept-rounded").category("quantize"))
      << mlir::remark::reason("{0}", std::move(reason));
}

/// An op that computes on quantized types.
bool computesQuantized(mlir::Operation *op) {
  auto reference = mlir::dyn_cast<graph::ReferenceOpInterface>(op);
  return reference && reference.getDefinition() &&
         reference.getDefinition()->kind == reference::Kind::Compute &&
         (llvm::any_of(op->getOperandTypes(), isQuantized) ||
          llvm::any_of(op->getResultTypes(), isQuantized));
}

/// The bias of a contraction of integers, in units of the products of scales, as floats.
Value dequantizedBias(mlir::OpBuilder &b, mlir::Operation *op) {
  auto anchor = mlir::cast<graph::AnchorOpInterface>(op);
  auto input = graph::toTensorType(anchor.getAnchorInput().getType()),
       weights = graph::toTensorType(anchor.getAnchorWeights().getType());
  auto bias = graph::constantOf(anchor.getAnchorBias());
  if (!input || !weights || !bias || !input->quantization || !weights->quantization || bias->rank() != 1)
    return nullptr;
  auto values = Tensor::zeros(DType::F32, bias->shape());
  if (!values)
    return nullptr;
  const std::vector<float> &scales = weights->quantization->scales;
  for (int64_t i = 0; i < bias->size(); ++i)
    values->mutableValues<float>()[static_cast<size_t>(i)] =
        static_cast<float>(bias->asDouble(i)) *
        (input->quantization->scales[0] * scales[static_cast<size_t>(i) % scales.size()]);
  auto constant = graph::createConstant(b, anchor.getAnchorBias().getLoc(), *values,
                                        RankedTensorType::get(values->shape(), b.getF32Type()));
  return constant ? *constant : Value();
}

/// Dequantize, the float op, quantize.
bool computeInFloat(mlir::Operation *op) {
  mlir::OpBuilder b(op);
  auto anchor = mlir::dyn_cast<graph::AnchorOpInterface>(op);
  llvm::SmallVector<Value> operands;
  for (Value operand : op->getOperands()) {
    if (isQuantized(operand.getType()))
      operand = graph::DequantizeOp::create(b, op->getLoc(), expressedType(operand.getType()), operand);
    else if (anchor && operand == anchor.getAnchorBias() &&
             !mlir::isa<mlir::FloatType>(mlir::getElementTypeOrSelf(operand)))
      operand = dequantizedBias(b, op);
    if (!operand)
      return false;
    operands.push_back(operand);
  }
  llvm::SmallVector<mlir::Type> results;
  for (mlir::Type type : op->getResultTypes())
    results.push_back(expressedType(type));
  mlir::Operation *real = graph::cloneWith(b, op, operands, results);
  if (real->hasAttr("arith"))
    real->setAttr("arith", b.getStringAttr(""));
  for (auto [before, after] : llvm::zip_equal(op->getResults(), real->getResults())) {
    Value result = after;
    if (isQuantized(before.getType()))
      result = graph::QuantizeOp::create(b, op->getLoc(), before.getType(), result);
    before.replaceAllUsesWith(result);
  }
  op->erase();
  return true;
}

/// What an op makes of constants.
std::optional<Tensor> evaluate(mlir::Operation *op) {
  auto reference = mlir::cast<graph::ReferenceOpInterface>(op);
  auto operandTypes = graph::toTensorTypes(op->getOperandTypes());
  auto resultTypes = graph::toTensorTypes(op->getResultTypes());
  auto attributes = graph::toAttributes(op);
  std::vector<Tensor> operands;
  for (Value operand : op->getOperands())
    if (auto constant = graph::constantOf(operand))
      operands.push_back(std::move(*constant));
  if (!operandTypes || !resultTypes || !attributes || operands.size() != op->getNumOperands())
    return std::nullopt;
  auto results =
      reference::evaluate(*reference.getDefinition(), {*attributes, *operandTypes, operands, *resultTypes});
  return results ? std::optional(std::move(results->front())) : std::nullopt;
}

/// How a dequantized constant is stored, in the words of a recipe.
struct Stored {
  std::string storage, granularity;
};

Stored storedAs(mlir::Operation *op) {
  auto dequantize = mlir::dyn_cast<graph::DequantizeOp>(op);
  auto type = graph::toTensorType(op->getOperand(0).getType());
  std::string storage = type ? std::string(name(type->dtype)) : "integers";
  if (dequantize)
    return {storage, graph::quantizationAxis(dequantize.getX().getType()) < 0 ? "tensor" : "channel"};
  auto by = mlir::cast<graph::DequantizeByOp>(op);
  return {storage, by.getBlockSize() ? "block" : by.getScale().getType().getRank() ? "channel" : "tensor"};
}

/// The dequantize whose elements a value has, moved or not.
mlir::Operation *dequantizeOf(Value value) {
  while (mlir::Operation *op = value.getDefiningOp()) {
    if (mlir::isa<graph::DequantizeOp, graph::DequantizeByOp>(op))
      return op;
    auto movement = mlir::dyn_cast<graph::MovementOpInterface>(op);
    if (!movement || movement.getDataOperands().size() != 1)
      break;
    value = movement.getDataOperands()[0];
  }
  return nullptr;
}

struct ObserveRoundedPass : impl::ObserveRoundedPassBase<ObserveRoundedPass> {
  void runOnOperation() override {
    if (!getOperation().lookupSymbol<mlir::func::FuncOp>("main")) {
      getOperation().emitError("expected a function 'main'");
      return signalPassFailure();
    }
    computeFloats();
    recallConstants();
    carryFloats();
    eraseUnused();
    nameWhatIsLeft();
  }

private:
  llvm::SmallVector<mlir::Operation *> all() {
    llvm::SmallVector<mlir::Operation *> ops;
    getOperation().walk<mlir::WalkOrder::PreOrder>([&](mlir::Operation *op) { ops.push_back(op); });
    return ops;
  }

  void computeFloats() {
    for (mlir::Operation *op : all()) {
      if (computesQuantized(op)) {
        if (!computeInFloat(op))
          leave(op, "its bias is not constant");
        continue;
      }
      auto requantize = mlir::dyn_cast<graph::RequantizeOp>(op);
      if (!requantize)
        continue;
      mlir::OpBuilder b(op);
      Value x = requantize.getX(),
            real = graph::DequantizeOp::create(b, op->getLoc(), expressedType(x.getType()), x);
      requantize.replaceAllUsesWith(
          graph::QuantizeOp::create(b, op->getLoc(), requantize.getType(), real).getResult());
      op->erase();
    }
  }

  /// Constants become the floats that they stand for; contractions with such weights say how they were stored, other ops read
  /// them through an observer.
  void recallConstants() {
    mlir::Builder b(&getContext());
    mlir::SymbolTable symbols(getOperation());
    llvm::SmallPtrSet<mlir::Operation *, 16> ofContractions;
    getOperation().walk([&](graph::AnchorOpInterface anchor) {
      mlir::NamedAttrList decision;
      decision.append("quantize", b.getStringAttr("static"));
      if (mlir::Operation *source = dequantizeOf(anchor.getAnchorWeights());
          source && graph::constantOf(source->getOperand(0))) {
        Stored stored = storedAs(source);
        decision.append("weights", b.getStringAttr(stored.storage));
        decision.append("granularity", b.getStringAttr(stored.granularity));
        decision.append("weight_method", b.getStringAttr(kGivenMethod));
      }
      anchor->setAttr(kDecisionAttribute, decision.getDictionary(&getContext()));
      for (Value operand : {anchor.getAnchorWeights(), anchor.getAnchorBias()})
        if (mlir::Operation *source = operand ? dequantizeOf(operand) : nullptr)
          ofContractions.insert(source);
    });
    for (mlir::Operation *op : all()) {
      if (!mlir::isa<graph::DequantizeOp, graph::DequantizeByOp>(op))
        continue;
      auto value = evaluate(op);
      if (!value)
        continue;
      mlir::OpBuilder builder(op);
      auto constant = graph::createConstant(builder, op->getOperand(0).getLoc(), *value,
                                            mlir::cast<RankedTensorType>(op->getResult(0).getType()));
      if (!constant)
        continue;
      Value read = *constant;
      if (auto dequantize = mlir::dyn_cast<graph::DequantizeOp>(op);
          dequantize && !ofContractions.contains(op)) {
        builder.setInsertionPointAfterValue(read);
        if (Value observed = observe(builder, read, dequantize.getX().getType(), symbols))
          read = observed;
      }
      op->getResult(0).replaceAllUsesWith(read);
      op->erase();
    }
  }

  /// Every rounding of activations becomes an observer, whose tensor goes on in float to where it is dequantized.
  void carryFloats() {
    struct Carried {
      Value real;
      mlir::Type rounded; ///< element type
    };
    llvm::DenseMap<Value, Carried> carried;
    mlir::SymbolTable symbols(getOperation());
    for (mlir::Operation *op : all()) {
      if (auto quantize = mlir::dyn_cast<graph::QuantizeOp>(op)) {
        if (Value real = observe(quantize, symbols))
          carried[quantize.getResult()] = {real, quantize.getType().getElementType()};
        continue;
      }
      if (op->getNumResults() != 1 || op->getNumOperands() == 0)
        continue;
      auto first = carried.find(op->getOperand(0));
      if (first == carried.end())
        continue;
      Carried source = first->second;
      Value result = op->getResult(0);
      if (mlir::isa<graph::StorageCastOp>(op)) {
        mlir::Type element = mlir::getElementTypeOrSelf(result);
        if (!isQuantized(element) || element == source.rounded)
          carried[result] = source;
      } else if (auto dequantize = mlir::dyn_cast<graph::DequantizeOp>(op)) {
        if (dequantize.getX().getType().getElementType() == source.rounded)
          result.replaceAllUsesWith(source.real);
      } else if (auto movement = mlir::dyn_cast<graph::MovementOpInterface>(op)) {
        llvm::SmallVector<Value> operands(op->getOperands());
        bool whole = true;
        for (mlir::OpOperand &operand : op->getOpOperands()) {
          if (!llvm::is_contained(movement.getDataOperands(), operand.get()))
            continue;
          auto found = carried.find(operand.get());
          whole &= found != carried.end() && found->second.rounded == source.rounded;
          if (whole)
            operands[operand.getOperandNumber()] = found->second.real;
        }
        if (!whole)
          continue;
        mlir::OpBuilder b(op);
        auto shape = mlir::cast<RankedTensorType>(result.getType()).getShape();
        auto real = mlir::cast<RankedTensorType>(source.real.getType()).getElementType();
        mlir::Operation *moved =
            graph::cloneWith(b, op, operands, mlir::TypeRange{RankedTensorType::get(shape, real)});
        carried[result] = {moved->getResult(0), source.rounded};
      }
    }
  }

  /// What is read in place of the rounded tensor; null where no row of select-variants rounds so.
  Value observe(graph::QuantizeOp op, mlir::SymbolTable &symbols) {
    if (graph::constantOf(op.getX()))
      return nullptr;
    mlir::OpBuilder b(op);
    return observe(b, op.getX(), op.getType(), symbols);
  }

  Value observe(mlir::OpBuilder &b, Value x, mlir::Type rounded, mlir::SymbolTable &symbols) {
    auto type = graph::toTensorType(rounded);
    if (!type || !type->quantization || type->quantization->axis >= 0 ||
        !mlir::getElementTypeOrSelf(x).isF32())
      return nullptr;
    // Biases of norms in 32 bits: they are looked for in the float model, but their rounding is no row.
    constexpr int widest = 16;
    bool wide = bitWidth(type->dtype) > widest;
    if (wide && !x.getDefiningOp<graph::ConstOp>())
      return nullptr;
    const Quantization &by = *type->quantization;
    float scale = by.scales[0], lowest = static_cast<float>(by.lowest - by.zeroPoints[0]),
          highest = static_cast<float>(by.highest - by.zeroPoints[0]);
    llvm::StringRef name = graph::tensorName(x);
    mlir::OpBuilder top(&getContext());
    top.setInsertionPointToStart(getOperation().getBody());
    auto stat = calib::StatOp::create(
        top, x.getLoc(), top.getStringAttr(name.empty() ? "tensor" : name), top.getStringAttr(kGivenMethod),
        mlir::FloatAttr(),
        wide ? mlir::TypeAttr() : mlir::TypeAttr::get(graph::fromDType(&getContext(), type->dtype)),
        mlir::UnitAttr(), mlir::FlatSymbolRefAttr(), mlir::DictionaryAttr(),
        wide ? mlir::DenseF32ArrayAttr() : top.getDenseF32ArrayAttr({lowest * scale, highest * scale}),
        mlir::StringAttr());
    if (!wide)
      stat->setAttr(kRowAttribute, top.getDenseF32ArrayAttr({scale, lowest, highest}));
    stat->remove();
    symbols.insert(stat, top.getInsertionPoint());
    x = restoreBounds(b, x, scale, lowest, highest);
    return calib::ObserveOp::create(b, x.getLoc(), x.getType(), x, stat.getSymName());
  }

  /// Tools leave a relu, or a clip to 6, to the range of its integers: where nothing is rounded it has to be there again.
  static Value restoreBounds(mlir::OpBuilder &b, Value x, float scale, float lowest, float highest) {
    if (lowest != 0 || mlir::isa_and_nonnull<graph::ReluOp, graph::ClipOp, graph::ConstOp>(x.getDefiningOp()))
      return x;
    constexpr float six = 6, close = 6e-5f;
    if (std::fabs(highest * scale - six) <= close)
      return graph::ClipOp::create(b, x.getLoc(), x.getType(), x, llvm::APFloat(0.0f), llvm::APFloat(six));
    return graph::ReluOp::create(b, x.getLoc(), x.getType(), x);
  }

  void eraseUnused() {
    llvm::SmallVector<mlir::Operation *> ops = all();
    for (mlir::Operation *op : llvm::reverse(ops))
      if (op->getNumResults() != 0 && op->use_empty() && mlir::isMemoryEffectFree(op))
        op->erase();
  }

  /// Roundings that are in the model still.
  void nameWhatIsLeft() {
    getOperation().walk([&](mlir::Operation *op) {
      if (mlir::isa<graph::QuantizeOp, graph::QuantizeByOp, graph::RequantizeByOp>(op))
        leave(op, "its scales are not one constant, or its integers are computed with");
      else if (mlir::isa<graph::DynamicQuantizeOp, graph::DynamicQuantizeBlocksOp>(op))
        leave(op, "its scale is chosen when the model runs");
    });
  }
};

} // namespace
} // namespace limbeck::quantize
