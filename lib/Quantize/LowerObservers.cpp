// Observers become reductions whose values leave the function behind its own results.
#include "Decision.h"
#include "limbeck/Calibration/Document.h"
#include "limbeck/Graph/IR/Calib.h"
#include "limbeck/Graph/IR/Conversion.h"
#include "limbeck/Quantize/Observed.h"
#include "limbeck/Quantize/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Remarks.h"

namespace limbeck::quantize {
#define GEN_PASS_DEF_LOWEROBSERVERSPASS
#include "limbeck/Quantize/Passes.h.inc"

namespace {

using Axes = llvm::SmallVector<int64_t, 4>;
using mlir::RankedTensorType;

RankedTensorType typeOf(mlir::Value value) {
  return mlir::cast<RankedTensorType>(value.getType());
}

/// The axis that runs over the channels of a value: that over which the contractions sum that read it, or along which one made it.
/// Nothing when there is none, or when they differ.
std::optional<int64_t> channelAxis(mlir::Value value) {
  auto observe = value.getDefiningOp<calib::ObserveOp>();
  auto maker =
      observe ? observe.getX().getDefiningOp<graph::AnchorOpInterface>() : graph::AnchorOpInterface();
  // Where runs correct a bias, the channels are those of the contraction that has it, whoever reads them.
  auto decision =
      maker ? maker->getAttrOfType<mlir::DictionaryAttr>(kDecisionAttribute) : mlir::DictionaryAttr();
  if (decision && !setting(decision, kResultSetting).empty())
    return maker.getChannelAxis();
  std::optional<int64_t> axis;
  for (mlir::Operation *user : value.getUsers()) {
    auto anchor = mlir::dyn_cast<graph::AnchorOpInterface>(user);
    if (!anchor || anchor.getAnchorInput() != value)
      continue;
    auto layout = mlir::dyn_cast<graph::LayoutOpInterface>(user);
    int64_t own = layout && layout.getLayout() == "NCHW" ? 1 : typeOf(value).getRank() - 1;
    if (axis && *axis != own)
      return std::nullopt;
    axis = own;
  }
  return maker && !axis ? std::optional(maker.getChannelAxis()) : axis;
}

/// Writes the reductions of one observed value.
class Reductions {
public:
  Reductions(mlir::OpBuilder &b, mlir::Location location, mlir::Value x) : b(b), location(location), x(x) {
    if (!typeOf(x).getElementType().isF32()) {
      auto wide = typeOf(x).clone(b.getF32Type());
      this->x = graph::CastOp::create(b, location, wide, x, b.getF32Type());
    }
  }

  template <class ReduceOp> mlir::Value reduce(mlir::Value value, const Axes &axes) {
    Axes kept;
    for (auto [dim, size] : llvm::enumerate(typeOf(value).getShape()))
      if (!llvm::is_contained(axes, static_cast<int64_t>(dim)))
        kept.push_back(size);
    auto type = RankedTensorType::get(kept, b.getF32Type());
    return ReduceOp::create(b, location, type, value, axes, /*keepdims=*/false);
  }
  template <class ReduceOp> mlir::Value reduceAll(mlir::Value value) {
    return reduce<ReduceOp>(value, allBut(value, std::nullopt));
  }

  mlir::Value least() { return leastValue ? leastValue : leastValue = reduceAll<graph::ReduceMinOp>(x); }
  mlir::Value greatest() {
    return greatestValue ? greatestValue : greatestValue = reduceAll<graph::ReduceMaxOp>(x);
  }

  /// The greatest absolute value per index of an axis. Least and greatest of all follow from what it computes.
  mlir::Value channels(int64_t axis) {
    mlir::Value low = reduce<graph::ReduceMinOp>(x, allBut(x, axis)),
                high = reduce<graph::ReduceMaxOp>(x, allBut(x, axis));
    leastValue = reduceAll<graph::ReduceMinOp>(low);
    greatestValue = reduceAll<graph::ReduceMaxOp>(high);
    mlir::Value below = graph::AbsOp::create(b, location, low.getType(), low),
                above = graph::AbsOp::create(b, location, high.getType(), high);
    return graph::MaxOp::create(b, location, low.getType(), mlir::ValueRange{below, above});
  }

  mlir::Value histogram() {
    auto type = RankedTensorType::get({calibration::kBins}, b.getIntegerType(32, /*isSigned=*/true));
    return graph::HistogramOp::create(b, location, type, x, least(), greatest());
  }

  /// The mean value per index of an axis.
  mlir::Value means(int64_t axis) { return reduce<graph::ReduceMeanOp>(x, allBut(x, axis)); }

  /// x^T x over the rows that an axis leaves; every size is known.
  mlir::Value gram(int64_t axis) {
    int64_t columns = typeOf(x).getDimSize(axis), rows = columns ? typeOf(x).getNumElements() / columns : 0;
    Axes first = {axis}, last = allBut(x, axis);
    first.append(last);
    last.push_back(axis);
    mlir::Value left = matrix(first, {columns, rows}), right = matrix(last, {rows, columns});
    auto type = RankedTensorType::get({columns, columns}, b.getF32Type());
    return graph::MatmulOp::create(b, location, type, left, right, /*bias=*/mlir::Value(),
                                   /*accumulate=*/mlir::TypeAttr());
  }

private:
  static Axes allBut(mlir::Value value, std::optional<int64_t> axis) {
    Axes axes;
    for (int64_t dim = 0; dim < typeOf(value).getRank(); ++dim)
      if (dim != axis)
        axes.push_back(dim);
    return axes;
  }
  mlir::Value matrix(const Axes &perm, llvm::ArrayRef<int64_t> shape) {
    Axes sizes;
    for (int64_t dim : perm)
      sizes.push_back(typeOf(x).getDimSize(dim));
    auto transposed = typeOf(x).clone(sizes);
    mlir::Value moved = graph::TransposeOp::create(b, location, transposed, x, perm);
    return graph::ReshapeOp::create(b, location, transposed.clone(shape), moved, shape);
  }

  mlir::OpBuilder &b;
  mlir::Location location;
  mlir::Value x, leastValue, greatestValue;
};

struct LowerObserversPass : impl::LowerObserversPassBase<LowerObserversPass> {
  using LowerObserversPassBase::LowerObserversPassBase;

  void runOnOperation() override {
    for (auto function : getOperation().getOps<mlir::func::FuncOp>())
      if (!function.isExternal() && mlir::failed(lower(function)))
        return signalPassFailure();
    // Decisions belong to what quantizes, which is not this module.
    getOperation().walk([](mlir::Operation *op) { op->removeAttr(kDecisionAttribute); });
    for (calib::StatOp stat : llvm::make_early_inc_range(getOperation().getOps<calib::StatOp>()))
      stat.erase();
  }

private:
  struct Leaving {
    std::string name;
    mlir::Value value;
  };

  llvm::LogicalResult lower(mlir::func::FuncOp function) {
    llvm::SmallVector<calib::ObserveOp> observers;
    function.walk([&](calib::ObserveOp op) { observers.push_back(op); });
    std::vector<Leaving> leaving;
    for (auto [number, op] : llvm::enumerate(observers)) {
      if (op->getParentOp() != function)
        mlir::remark::missed(op.getLoc(), mlir::remark::RemarkOpts::name("not-observed").category("quantize"))
            << mlir::remark::reason("'{0}' is computed inside a branch or a loop", op.getStat().str());
      else if (mlir::failed(reduce(op, number, leaving)))
        return llvm::failure();
    }
    for (calib::ObserveOp op : observers) {
      op.replaceAllUsesWith(op.getX());
      op.erase();
    }
    return leave(function, leaving);
  }

  llvm::LogicalResult reduce(calib::ObserveOp op, size_t number, std::vector<Leaving> &leaving) {
    mlir::Operation *stat = mlir::SymbolTable::lookupNearestSymbolFrom(op, op.getStatAttr());
    auto own = stat ? stat->getAttrOfType<mlir::StringAttr>(kCollectAttribute) : mlir::StringAttr();
    auto wanted = calibration::collectFromText(own ? own.getValue() : llvm::StringRef(collect));
    if (!wanted.ok())
      return graph::emitDiagnostic(op, wanted.diagnostic());
    if (!mlir::isa<mlir::FloatType>(typeOf(op.getX()).getElementType()))
      return op.emitError("expected floats to observe, found ") << op.getX().getType();
    auto add = [&](Observed what, mlir::Value value) {
      leaving.push_back({observedName(what, number, op.getStat()), value});
    };
    mlir::OpBuilder b(op);
    Reductions reductions(b, op.getLoc(), op.getX());
    std::optional<int64_t> axis = channelAxis(op.getResult());
    // Channels first: the least and greatest of all values are then those of few.
    if (wanted->channels && axis)
      add(Observed::Channels, reductions.channels(*axis));
    add(Observed::Least, reductions.least());
    add(Observed::Greatest, reductions.greatest());
    if (wanted->histogram)
      add(Observed::Histogram, reductions.histogram());
    if (wanted->gram && axis) {
      if (!typeOf(op.getX()).hasStaticShape())
        return op.emitError("expected a static shape for a Gram matrix, found ") << op.getX().getType();
      add(Observed::Gram, reductions.gram(*axis));
    }
    if (wanted->means && axis)
      add(Observed::Means, reductions.means(*axis));
    return llvm::success();
  }

  llvm::LogicalResult leave(mlir::func::FuncOp function, llvm::ArrayRef<Leaving> leaving) {
    mlir::Builder b(&getContext());
    mlir::Operation *terminator = function.getBody().front().getTerminator();
    for (const Leaving &value : leaving) {
      auto name = b.getDictionaryAttr({b.getNamedAttr("limbeck.name", b.getStringAttr(value.name))});
      if (mlir::failed(function.insertResult(function.getNumResults(), value.value.getType(), name)))
        return llvm::failure();
      terminator->insertOperands(terminator->getNumOperands(), value.value);
    }
    return llvm::success();
  }
};

} // namespace
} // namespace limbeck::quantize
