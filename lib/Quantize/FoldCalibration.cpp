// Ranges become scales and zero points.
#include "Storage.h"
#include "limbeck/Graph/IR/Calib.h"
#include "limbeck/Graph/IR/Conversion.h"
#include "limbeck/Quantize/Passes.h"

namespace limbeck::quantize {
#define GEN_PASS_DEF_FOLDCALIBRATIONPASS
#include "limbeck/Quantize/Passes.h.inc"

namespace {

struct FoldCalibrationPass : impl::FoldCalibrationPassBase<FoldCalibrationPass> {
  void runOnOperation() override {
    mlir::SymbolTable symbols(getOperation());
    llvm::SmallVector<calib::ObserveOp> observers;
    getOperation().walk([&](calib::ObserveOp op) { observers.push_back(op); });
    for (calib::ObserveOp op : observers)
      if (Status status = fold(op, symbols); !status.ok()) {
        graph::emitDiagnostic(op, status.diagnostic());
        return signalPassFailure();
      }
    for (calib::StatOp stat : llvm::make_early_inc_range(getOperation().getOps<calib::StatOp>()))
      stat.erase();
  }

private:
  /// The range that holds for a stat: its own, or that of the one whose parameters it takes.
  static Expected<llvm::ArrayRef<float>> rangeOf(calib::StatOp stat, mlir::SymbolTable &symbols) {
    calib::StatOp source = stat;
    if (auto like = stat.getLikeAttr())
      source = symbols.lookup<calib::StatOp>(like.getValue());
    if (!source)
      return error(Code::Name, "expected '", stat.getLike()->str(), "' to name a calib.stat");
    if (auto range = source.getRange())
      return *range;
    return error(Code::Unsupported, "expected a range for tensor '", source.getSymName().str(),
                 "', found none")
        .withHint("calibration finds it");
  }

  static Status fold(calib::ObserveOp op, mlir::SymbolTable &symbols) {
    auto stat = symbols.lookup<calib::StatOp>(op.getStat());
    if (!stat)
      return error(Code::Name, "expected '", op.getStat().str(), "' to name a calib.stat");
    if (!stat.getStorage()) { // it stays as it is
      op.replaceAllUsesWith(op.getX());
      op.erase();
      return {};
    }
    LIMBECK_ASSIGN(llvm::ArrayRef<float> range, rangeOf(stat, symbols));
    LIMBECK_ASSIGN(DType storage, graph::toDType(*stat.getStorage()));
    auto parameters = parametersFor(range[0], range[1], storage, stat.getSymmetric());
    auto type = mlir::cast<mlir::RankedTensorType>(op.getType());
    LIMBECK_ASSIGN(TensorType quantized, graph::toTensorType(type));
    quantized.dtype = storage;
    quantized.quantization = std::move(parameters);
    LIMBECK_ASSIGN(mlir::RankedTensorType result, graph::fromTensorType(op.getContext(), quantized));
    mlir::OpBuilder b(op);
    mlir::Value read = quantizeDequantize(b, op.getLoc(), op.getX(), result);
    if (mlir::DictionaryAttr chosen = chosenBy(stat, range))
      read.getDefiningOp()->getOperand(0).getDefiningOp()->setAttr(kChosenAttribute, chosen);
    op.replaceAllUsesWith(read);
    op.erase();
    return {};
  }

  /// What a stat says of its tensor; null where a module was written by hand, and nobody chose.
  static mlir::DictionaryAttr chosenBy(calib::StatOp stat, llvm::ArrayRef<float> range) {
    if (!stat.getRule() && !stat.getStatistics())
      return {};
    mlir::Builder b(stat.getContext());
    mlir::NamedAttrList entries;
    entries.append("tensor", b.getStringAttr(stat.getSymName()));
    entries.append("method", b.getStringAttr(stat.getMethod()));
    entries.append("range", b.getDenseF32ArrayAttr(range));
    if (auto percentile = stat.getPercentileAttr())
      entries.append("percentile", percentile);
    if (auto like = stat.getLike())
      entries.append("like", b.getStringAttr(*like));
    if (auto statistics = stat.getStatistics())
      entries.append("statistics", *statistics);
    if (auto rule = stat.getRule())
      entries.append("rule", b.getStringAttr(*rule));
    return entries.getDictionary(b.getContext());
  }
};

} // namespace
} // namespace limbeck::quantize
