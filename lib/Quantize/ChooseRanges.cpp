// Statistics of calibration become the range that each tensor is to represent.
#include "GivenStatistics.h"
#include "limbeck/Calibration/Document.h"
#include "limbeck/Graph/IR/Calib.h"
#include "limbeck/Graph/IR/Conversion.h"
#include "limbeck/Quantize/Passes.h"

namespace limbeck::quantize {
#define GEN_PASS_DEF_CHOOSERANGESPASS
#include "limbeck/Quantize/Passes.h.inc"

namespace {

using calibration::Statistics;
using calibration::TensorStatistics;

/// What a reader of the module wants to know of the samples.
mlir::DictionaryAttr summary(const TensorStatistics &statistics, mlir::Builder &b) {
  auto samples = static_cast<double>(statistics.samples);
  mlir::NamedAttrList entries;
  entries.append("samples", b.getI64IntegerAttr(statistics.samples));
  entries.append("least", b.getF32FloatAttr(statistics.least));
  entries.append("greatest", b.getF32FloatAttr(statistics.greatest));
  entries.append("mean_least", b.getF64FloatAttr(statistics.minima.rounded() / samples));
  entries.append("mean_greatest", b.getF64FloatAttr(statistics.maxima.rounded() / samples));
  return entries.getDictionary(b.getContext());
}

Status chooseRange(calib::StatOp stat, const Statistics &statistics) {
  std::string name = stat.getSymName().str(), method = stat.getMethod().str();
  auto found = statistics.tensors.find(name);
  if (found == statistics.tensors.end())
    return error(Code::Calibration, "expected statistics of tensor '", name, "', found none")
        .withHint("calibrate with the recipe that quantizes it, and with the same --dim and --shape");
  auto chosen = calibration::methodFromName(method);
  if (!chosen)
    return error(Code::Calibration, "expected a method to choose a range by, found '", method, "'");
  LIMBECK_ASSIGN(DType storage, graph::toDType(*stat.getStorage()));
  double percentile = stat.getPercentile() ? stat.getPercentile()->convertToDouble() : 99.999;
  auto range = found->second.range(*chosen, percentile, storage, stat.getSymmetric());
  if (!range)
    return error(range.diagnostic().code, "tensor '", name, "': ", range.diagnostic().message)
        .withHint(range.diagnostic().hint);
  mlir::Builder b(stat.getContext());
  stat.setStatisticsAttr(summary(found->second, b));
  stat.setRange(llvm::ArrayRef<float>{range->least, range->greatest});
  return {};
}

struct ChooseRangesPass : impl::ChooseRangesPassBase<ChooseRangesPass> {
  using ChooseRangesPassBase::ChooseRangesPassBase;
  explicit ChooseRangesPass(std::shared_ptr<const Statistics> given) : given(std::move(given)) {}

  void runOnOperation() override {
    if (Status status = readGiven(statistics, given); !status.ok())
      return fail(status);
    for (calib::StatOp stat : getOperation().getOps<calib::StatOp>()) {
      if (!stat.getStorage() || stat.getRange() || stat.getLike())
        continue;
      Status status = given ? chooseRange(stat, *given)
                            : error(Code::Calibration, "expected statistics of tensor '",
                                    stat.getSymName().str(), "': a file that calibrate wrote");
      if (!status.ok())
        return fail(status);
    }
  }

private:
  /// At no place: statistics are of tensors, which the message names; a node or the model is not their fault.
  void fail(const Status &status) {
    const Diagnostic &diagnostic = status.diagnostic();
    mlir::emitError(mlir::UnknownLoc::get(&getContext()))
        << "[" << codeText(diagnostic.code) << "] " << diagnostic.message
        << (diagnostic.hint.empty() ? "" : "; " + diagnostic.hint);
    signalPassFailure();
  }

  std::shared_ptr<const Statistics> given;
};

} // namespace

std::unique_ptr<mlir::Pass> createChooseRangesPass(std::shared_ptr<const Statistics> statistics) {
  return std::make_unique<ChooseRangesPass>(std::move(statistics));
}

} // namespace limbeck::quantize
