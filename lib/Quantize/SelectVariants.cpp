// Every rounding of a model becomes a choice that an input makes, so that one compiled artifact answers what each of them costs.
#include "Decision.h"
#include "Storage.h"
#include "limbeck/Graph/IR/Constants.h"
#include "limbeck/Graph/IR/Conversion.h"
#include "limbeck/Quantize/Passes.h"
#include "limbeck/Quantize/Variants.h"
#include "limbeck/Reference/Quantize.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace limbeck::quantize {
#define GEN_PASS_DEF_SELECTVARIANTSPASS
#include "limbeck/Quantize/Passes.h.inc"

VariantSites variantSites(mlir::ModuleOp module) {
  VariantSites sites;
  for (calib::StatOp stat : module.getOps<calib::StatOp>())
    if (stat.getStorage() && !stat.getLike())
      sites.tensors.push_back(stat);
  module.walk([&](graph::AnchorOpInterface anchor) {
    auto decision = anchor->getAttrOfType<mlir::DictionaryAttr>(kDecisionAttribute);
    llvm::StringRef method = decision ? setting(decision, "weight_method") : "",
                    quantize = decision ? setting(decision, "quantize") : "";
    auto weights = mlir::cast<mlir::RankedTensorType>(anchor.getAnchorWeights().getType());
    if (method.empty() || (method == kGivenMethod && !anchor->hasAttr(kExactWeightsAttribute)) ||
        !anchor.getAnchorWeights().getDefiningOp<graph::ConstOp>())
      return;
    // Weights that are rounded by Gram matrices are not rounded here, and what no pass rounds is not either.
    bool columns = quantize != "static" && hasColumns(anchor);
    if (quantize != "static" && quantize != "dynamic" && !columns)
      return;
    if (quantize != "static" &&
        (roundsByGram(decision) || !weights.getElementType().isF32() || weights.getNumElements() == 0 ||
         mlir::isa<graph::ConvTransposeOp>(anchor) || (columns && weights.getRank() != 2)))
      return;
    sites.contractions.push_back(anchor);
    if (quantize == "dynamic")
      sites.whenRun.push_back(anchor);
  });
  return sites;
}

static bool isGiven(graph::AnchorOpInterface contraction) {
  return contraction->hasAttr(kExactWeightsAttribute);
}

int32_t weightVariantsOf(graph::AnchorOpInterface contraction) {
  return isGiven(contraction) ? 2 : kWeightVariants;
}

/// Weights that somebody else rounded, or what they were before.
static Expected<VariantWeights> givenWeights(graph::AnchorOpInterface contraction, const Tensor &own,
                                             WeightVariant variant) {
  VariantWeights weights{own, {}};
  if (variant == WeightVariant::Recipe)
    return weights;
  LIMBECK_ASSIGN(weights.values,
                 graph::toTensor(contraction->getAttrOfType<mlir::ElementsAttr>(kExactWeightsAttribute)));
  if (weights.values.dtype() != DType::F32 || weights.values.shape() != own.shape())
    return error(Code::Shape, "expected exact weights of f32", shapeText(own.shape()), ", found ",
                 name(weights.values.dtype()), shapeText(weights.values.shape()));
  auto bias = contraction->getAttrOfType<mlir::ElementsAttr>(kExactBiasAttribute);
  if (!bias || !contraction.getAnchorBias())
    return weights;
  LIMBECK_ASSIGN(weights.bias, graph::toTensor(bias));
  auto type = mlir::cast<mlir::RankedTensorType>(contraction.getAnchorBias().getType());
  if (weights.bias->dtype() != DType::F32 || llvm::ArrayRef(weights.bias->shape()) != type.getShape())
    return error(Code::Shape, "expected an exact bias of ", type.getNumElements(), " f32, found ",
                 name(weights.bias->dtype()), shapeText(weights.bias->shape()));
  return weights;
}

std::array<float, kRoundingColumns> roundingRow(calibration::Range range, DType storage, bool symmetric) {
  auto parameters = parametersFor(range.least, range.greatest, storage, symmetric);
  int64_t zero = parameters->zeroPoints[0];
  return {parameters->scales[0], static_cast<float>(parameters->lowest - zero),
          static_cast<float>(parameters->highest - zero), 0};
}

Expected<VariantWeights> weightsOf(graph::AnchorOpInterface contraction, WeightVariant variant) {
  auto weights = graph::constantOf(contraction.getAnchorWeights());
  if (!weights || weights->dtype() != DType::F32)
    return error(Code::Unsupported, "expected constant weights of f32 to round");
  if (isGiven(contraction))
    return givenWeights(contraction, *weights, variant);
  if (variant == WeightVariant::Float)
    return VariantWeights{std::move(*weights), {}};
  if (hasColumns(contraction))
    return columnWeightsOf(contraction, *weights, variant);
  WeightRounding rounding;
  if (variant == WeightVariant::Recipe) {
    LIMBECK_ASSIGN(rounding, roundingOf(contraction, contraction->getAttrOfType<mlir::DictionaryAttr>(
                                                         kDecisionAttribute)));
  } else {
    rounding.axis = weightAxis(contraction);
    rounding.leastSquares = variant == WeightVariant::LeastSquares;
  }
  LIMBECK_ASSIGN(RoundedWeights rounded, roundWeights(*weights, rounding));
  LIMBECK_ASSIGN(Tensor result, Tensor::zeros(DType::F32, weights->shape()));
  int64_t step = 1;
  for (size_t axis = weights->shape().size();
       rounding.axis >= 0 && axis-- > static_cast<size_t>(rounding.axis) + 1;)
    step *= weights->shape()[axis];
  std::span<const float> scales = rounded.parameters->scales;
  for (int64_t i = 0; i < result.size(); ++i)
    result.mutableValues<float>()[static_cast<size_t>(i)] =
        reference::dequantize(rounded.stored.values<int8_t>()[static_cast<size_t>(i)],
                              scales[static_cast<size_t>(i / step) % scales.size()], 0);
  return VariantWeights{std::move(result), rounded.parameters->scales};
}

namespace {

using mlir::RankedTensorType;
using mlir::Value;

RankedTensorType typeOf(Value value) {
  return mlir::cast<RankedTensorType>(value.getType());
}

/// Writes ops at one place, all with one location.
class Writer {
public:
  Writer(mlir::OpBuilder &b, mlir::Location location) : b(b), location(location) {}

  template <class Op> Value binary(Value x, Value y) {
    return Op::create(b, location, mlir::TypeRange{x.getType()}, mlir::ValueRange{x, y}).getResult();
  }
  template <class Op> Value compare(Value x, Value y) {
    mlir::Type type = typeOf(x).clone(b.getI1Type());
    return Op::create(b, location, mlir::TypeRange{type}, mlir::ValueRange{x, y}).getResult();
  }
  Value constant(float value) {
    auto type = RankedTensorType::get({}, b.getF32Type());
    return graph::ConstOp::create(b, location, type, mlir::DenseElementsAttr::get(type, value));
  }
  Value constants(llvm::ArrayRef<float> values) {
    auto type = RankedTensorType::get({static_cast<int64_t>(values.size())}, b.getF32Type());
    return graph::ConstOp::create(b, location, type, mlir::DenseElementsAttr::get(type, values));
  }
  Value sum(Value x) {
    llvm::SmallVector<int64_t> axes = llvm::to_vector(llvm::seq<int64_t>(0, typeOf(x).getRank()));
    return graph::ReduceSumOp::create(b, location, RankedTensorType::get({}, b.getF32Type()), x, axes, false);
  }
  Value reshape(Value x, llvm::ArrayRef<int64_t> shape) {
    return graph::ReshapeOp::create(b, location, typeOf(x).clone(shape), x, shape);
  }
  /// One element, as a scalar tensor.
  Value element(Value x, llvm::ArrayRef<int64_t> position) {
    llvm::SmallVector<int64_t> ends, ones(position.size(), 1);
    for (int64_t index : position)
      ends.push_back(index + 1);
    Value cut = graph::SliceOp::create(b, location, typeOf(x).clone(ones), x, position, ends, ones);
    return reshape(cut, {});
  }
  Value truth(Value scalar) { return mlir::tensor::ExtractOp::create(b, location, scalar); }
  /// `then()` where the condition holds, else `otherwise()`; each writes ops and returns a value of this type.
  Value choose(Value condition, mlir::Type type, llvm::function_ref<Value()> then,
               llvm::function_ref<Value()> otherwise) {
    auto choice = mlir::scf::IfOp::create(b, location, mlir::TypeRange{type}, truth(condition), true, true);
    mlir::OpBuilder::InsertionGuard guard(b);
    for (auto [block, write] :
         {std::pair(choice.thenBlock(), then), std::pair(choice.elseBlock(), otherwise)}) {
      b.setInsertionPointToStart(block);
      mlir::scf::YieldOp::create(b, location, write());
    }
    return choice.getResult(0);
  }

  mlir::OpBuilder &b;
  mlir::Location location;
};

/// The `calib.observe` that makes a value, if one does, whatever has moved its elements since.
calib::ObserveOp observerOf(Value value) {
  while (mlir::Operation *op = value.getDefiningOp()) {
    if (auto observe = mlir::dyn_cast<calib::ObserveOp>(op))
      return observe;
    auto movement = mlir::dyn_cast<graph::MovementOpInterface>(op);
    if (!movement || movement.getDataOperands().empty())
      return nullptr;
    value = movement.getDataOperands()[0];
  }
  return nullptr;
}

/// The `calib.observe` that reads the result of a contraction, behind an activation or not, and nothing else does.
calib::ObserveOp observerBehind(graph::AnchorOpInterface contraction) {
  Value result = contraction->getResult(0);
  if (result.hasOneUse() && mlir::isa<graph::ReluOp, graph::ClipOp>(*result.user_begin()))
    result = (*result.user_begin())->getResult(0);
  return result.hasOneUse() ? mlir::dyn_cast<calib::ObserveOp>(*result.user_begin()) : nullptr;
}

/// Rows of what a contraction reads and of its result: a bias is rounded where both are, as limbeck-quantize-bias does.
struct BiasRows {
  int64_t input, result;
};

struct SelectVariantsPass : impl::SelectVariantsPassBase<SelectVariantsPass> {
  void runOnOperation() override {
    main = getOperation().lookupSymbol<mlir::func::FuncOp>("main");
    if (!main) {
      getOperation().emitError("expected a function 'main'");
      return signalPassFailure();
    }
    VariantSites sites = variantSites(getOperation());
    if (mlir::failed(addInputs(sites)) || mlir::failed(selectTensors(sites)))
      return signalPassFailure();
    selectWhenRun(sites);
    if (mlir::failed(selectWeights(sites)))
      return signalPassFailure();
    getOperation().walk([](mlir::Operation *op) { op->removeAttr(kDecisionAttribute); });
    for (calib::StatOp stat : llvm::make_early_inc_range(getOperation().getOps<calib::StatOp>()))
      stat.erase();
  }

private:
  mlir::DictionaryAttr named(llvm::StringRef name) {
    mlir::Builder b(&getContext());
    return b.getDictionaryAttr({b.getNamedAttr("limbeck.name", b.getStringAttr(name))});
  }

  llvm::LogicalResult addInput(llvm::StringRef name, RankedTensorType type, Value &input) {
    unsigned index = main.getNumArguments();
    if (mlir::failed(main.insertArgument(index, type, named(name), main.getLoc())))
      return llvm::failure();
    input = main.getArgument(index);
    return llvm::success();
  }

  llvm::LogicalResult addInputs(VariantSites &sites) {
    mlir::Builder b(&getContext());
    auto tensors = static_cast<int64_t>(sites.tensors.size()),
         contractions = static_cast<int64_t>(sites.contractions.size());
    if (tensors &&
        (mlir::failed(addInput(
             kRoundingInput, RankedTensorType::get({tensors, kRoundingColumns}, b.getF32Type()), rounding)) ||
         mlir::failed(addInput(kMeasureInput, RankedTensorType::get({}, b.getI1Type()), measure))))
      return llvm::failure();
    auto integers = [&](int64_t count) {
      return RankedTensorType::get({count}, b.getIntegerType(32, /*isSigned=*/true));
    };
    if (contractions && mlir::failed(addInput(kWeightsInput, integers(contractions), weights)))
      return llvm::failure();
    auto whenRun = static_cast<int64_t>(sites.whenRun.size());
    return whenRun ? addInput(kRunInput, integers(whenRun), run) : llvm::success();
  }

  llvm::LogicalResult selectTensors(VariantSites &sites) {
    llvm::StringMap<int64_t> rows;
    for (auto [row, stat] : llvm::enumerate(sites.tensors))
      rows[stat.getSymName()] = static_cast<int64_t>(row);
    llvm::SmallVector<calib::ObserveOp> observers;
    main.walk([&](calib::ObserveOp op) { observers.push_back(op); });
    // While the observers are there.
    for (graph::AnchorOpInterface contraction : sites.contractions) {
      calib::ObserveOp input = observerOf(contraction.getAnchorInput()), result = observerBehind(contraction);
      if (auto bias = contraction.getAnchorBias(); !bias || !graph::constantOf(bias) || !input || !result)
        continue;
      auto inputRow = rows.find(parametersOf(input)), resultRow = rows.find(parametersOf(result));
      if (inputRow != rows.end() && resultRow != rows.end())
        biasRows[contraction] = {inputRow->second, resultRow->second};
    }
    for (calib::ObserveOp op : observers) {
      auto stat = mlir::SymbolTable::lookupNearestSymbolFrom<calib::StatOp>(op, op.getStatAttr());
      if (stat && !stat.getStorage()) { // observed for its statistics only
        op.replaceAllUsesWith(op.getX());
        op.erase();
        continue;
      }
      llvm::StringRef name = parametersOf(op);
      if (!rows.contains(name))
        return op.emitError("expected '") << name << "' to name a calib.stat with storage";
      if (!typeOf(op.getX()).getElementType().isF32())
        return op.emitError("expected f32 to round, found ") << op.getX().getType();
      if (mlir::failed(select(op, rows[name])))
        return llvm::failure();
    }
    return llvm::success();
  }

  /// The name of the stat whose parameters hold for an observer.
  static llvm::StringRef parametersOf(calib::ObserveOp op) {
    auto stat = mlir::SymbolTable::lookupNearestSymbolFrom<calib::StatOp>(op, op.getStatAttr());
    return stat && stat.getLike() ? *stat.getLike() : op.getStat();
  }

  llvm::LogicalResult select(calib::ObserveOp op, int64_t row) {
    mlir::OpBuilder b(op);
    Writer w(b, op.getLoc());
    Value x = op.getX(), scale = w.element(rounding, {row, Scale}),
          lowest = w.element(rounding, {row, Lowest}), highest = w.element(rounding, {row, Highest}),
          applied = w.element(rounding, {row, Applied});
    Value steps = w.binary<graph::DivOp>(x, scale);
    Value clipped = w.binary<graph::MinOp>(w.binary<graph::MaxOp>(steps, lowest), highest);
    Value integers = graph::RoundOp::create(b, op.getLoc(), clipped.getType(), clipped);
    Value rounded = w.binary<graph::MulOp>(integers, scale);
    Value on = w.compare<graph::GreaterOp>(applied, w.constant(0));
    Value chosen = graph::WhereOp::create(b, op.getLoc(), x.getType(), on, rounded, x);
    op.replaceAllUsesWith(chosen);
    llvm::StringRef stat = op.getStat();
    // What a branch or a loop computes does not leave it.
    if (op->getParentOp() == main &&
        mlir::failed(leave((kMeasuredPrefix + stat).str(), measured(w, x, rounded, steps, clipped))))
      return llvm::failure();
    op.erase();
    return llvm::success();
  }

  Value measured(Writer &w, Value x, Value rounded, Value steps, Value clipped) {
    auto type = RankedTensorType::get({kMeasuredParts}, w.b.getF32Type());
    return w.choose(
        measure, type,
        [&]() -> Value {
          Value difference = w.binary<graph::SubOp>(x, rounded);
          Value cut = w.binary<graph::SubOp>(steps, clipped);
          Value far = w.compare<graph::GreaterOp>(graph::AbsOp::create(w.b, w.location, cut.getType(), cut),
                                                  w.constant(0.5f));
          Value one = graph::CastOp::create(w.b, w.location, x.getType(), far, w.b.getF32Type());
          llvm::SmallVector<Value> parts;
          for (Value part : {w.binary<graph::MulOp>(x, x), w.binary<graph::MulOp>(rounded, rounded),
                             w.binary<graph::MulOp>(difference, difference), one})
            parts.push_back(w.reshape(w.sum(part), {1}));
          return graph::ConcatOp::create(w.b, w.location, type, parts, 0);
        },
        [&]() -> Value {
          return graph::ConstOp::create(w.b, w.location, type, mlir::DenseElementsAttr::get(type, 0.0f));
        });
  }

  llvm::LogicalResult leave(const std::string &name, Value value) {
    if (mlir::failed(main.insertResult(main.getNumResults(), value.getType(), named(name))))
      return llvm::failure();
    mlir::Operation *end = main.getBody().front().getTerminator();
    end->insertOperands(end->getNumOperands(), value);
    return llvm::success();
  }

  /// Inputs that are rounded when the model runs: as the recipe says, per row, or not.
  void selectWhenRun(VariantSites &sites) {
    for (auto [number, contraction] : llvm::enumerate(sites.whenRun)) {
      mlir::OpBuilder b(contraction);
      Writer w(b, contraction.getLoc());
      Value index = w.element(run, {static_cast<int64_t>(number)}), x = contraction.getAnchorInput();
      auto is = [&](RunRounding kind) {
        auto type = RankedTensorType::get({}, typeOf(index).getElementType());
        Value constant = graph::ConstOp::create(
            b, w.location, type,
            mlir::DenseElementsAttr::get(type, llvm::APInt(32, static_cast<uint64_t>(kind))));
        return w.compare<graph::EqualOp>(index, constant);
      };
      auto rounded = [&](RunRounding kind) {
        return [&, kind]() -> Value { return roundedWhenRun(b, contraction, kind); };
      };
      auto asRows = [&]() -> Value {
        if (!mayRoundRows(contraction))
          return x;
        return w.choose(is(RunRounding::Rows), x.getType(), rounded(RunRounding::Rows), [&] { return x; });
      };
      Value chosen = w.choose(is(RunRounding::Recipe), x.getType(), rounded(RunRounding::Recipe), asRows);
      contraction->setOperand(0, chosen);
    }
  }

  llvm::LogicalResult selectWeights(VariantSites &sites) {
    for (auto [number, contraction] : llvm::enumerate(sites.contractions)) {
      std::vector<VariantWeights> versions;
      for (int32_t i = 0; i < weightVariantsOf(contraction); ++i) {
        Expected<VariantWeights> version = weightsOf(contraction, static_cast<WeightVariant>(i));
        if (!version.ok())
          return graph::emitDiagnostic(contraction, version.diagnostic());
        versions.push_back(std::move(*version));
      }
      mlir::OpBuilder b(contraction);
      Writer w(b, contraction.getLoc());
      for (llvm::StringRef name : {kDecisionAttribute, kExactWeightsAttribute, kExactBiasAttribute})
        contraction->removeAttr(name);
      Value index = w.element(weights, {static_cast<int64_t>(number)});
      Value chosen = choose(w, contraction, versions, index, 0);
      if (!chosen || failed)
        return llvm::failure();
      contraction->getResult(0).replaceAllUsesWith(chosen);
      contraction->erase();
    }
    return llvm::success();
  }

  /// The bias in units of the products of scales where input and result are rounded, as it is elsewhere; null where it stays so.
  Value roundedBias(Writer &w, graph::AnchorOpInterface contraction, llvm::ArrayRef<float> scales) {
    auto rows = biasRows.find(contraction);
    if (rows == biasRows.end() || scales.empty())
      return nullptr;
    auto [input, result] = rows->second;
    Value bias = contraction.getAnchorBias(), zero = w.constant(0);
    auto type = mlir::cast<RankedTensorType>(bias.getType());
    Value scale = scales.size() == 1 ? w.constant(scales[0]) : w.constants(scales);
    Value unit = graph::MulOp::create(w.b, w.location, mlir::TypeRange{scale.getType()},
                                      mlir::ValueRange{scale, w.element(rounding, {input, Scale})});
    Value steps = graph::RoundOp::create(w.b, w.location, type, w.binary<graph::DivOp>(bias, unit));
    Value rounded = w.binary<graph::MulOp>(steps, unit);
    // 1 where rounded, else 0: of both.
    Value both =
        w.binary<graph::MinOp>(w.element(rounding, {input, Applied}), w.element(rounding, {result, Applied}));
    return graph::WhereOp::create(w.b, w.location, type, w.compare<graph::GreaterOp>(both, zero), rounded,
                                  bias);
  }

  Value constantBias(Writer &w, graph::AnchorOpInterface contraction, const Tensor &bias) {
    return constantOf(w, contraction, bias, typeOf(contraction.getAnchorBias()));
  }

  /// Null behind an error, which lets the pass fail.
  Value constantOf(Writer &w, graph::AnchorOpInterface contraction, const Tensor &values,
                   RankedTensorType type) {
    auto constant = graph::createConstant(w.b, w.location, values, type);
    if (constant.ok())
      return *constant;
    (void)graph::emitDiagnostic(contraction, constant.diagnostic());
    failed = true;
    return Value();
  }

  /// The contraction once per version of its weights: as constants, they are packed when it is compiled.
  Value choose(Writer &w, graph::AnchorOpInterface contraction, const std::vector<VariantWeights> &versions,
               Value index, int32_t version) {
    auto contract = [&]() -> Value {
      const VariantWeights &chosen = versions[static_cast<size_t>(version)];
      auto type = typeOf(contraction.getAnchorWeights());
      Value constant = constantOf(w, contraction, chosen.values, type);
      Value bias = chosen.bias ? constantBias(w, contraction, *chosen.bias)
                               : roundedBias(w, contraction, chosen.scales);
      mlir::Operation *copy = w.b.clone(*contraction);
      if (bias)
        copy->replaceUsesOfWith(contraction.getAnchorBias(), bias);
      if (constant)
        copy->replaceUsesOfWith(contraction.getAnchorWeights(), constant);
      return copy->getResult(0);
    };
    if (static_cast<size_t>(version) + 1 == versions.size())
      return contract();
    auto type = RankedTensorType::get({}, typeOf(index).getElementType());
    Value number = graph::ConstOp::create(
        w.b, w.location, type,
        mlir::DenseElementsAttr::get(type, llvm::APInt(32, static_cast<uint64_t>(version))));
    return w.choose(w.compare<graph::EqualOp>(index, number), contraction->getResult(0).getType(), contract,
                    [&] { return choose(w, contraction, versions, index, version + 1); });
  }

  mlir::func::FuncOp main;
  Value rounding, weights, run, measure;
  bool failed = false; ///< an error was emitted
  llvm::DenseMap<mlir::Operation *, BiasRows> biasRows;
};

} // namespace
} // namespace limbeck::quantize
