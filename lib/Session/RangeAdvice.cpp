// Ranges against histograms, rows against columns.
#include "RangeAdvice.h"
#include "Compiler.h"
#include "limbeck/Calibration/RangeError.h"
#include "limbeck/Graph/IR/Calib.h"
#include "limbeck/Graph/IR/Conversion.h"
#include "limbeck/Graph/IR/Limbeck.h"
#include "limbeck/Quantize/GramRows.h"
#include "limbeck/Quantize/Passes.h"
#include <cmath>

namespace limbeck::session {

using calibration::Method;
using calibration::Range;
using calibration::TensorStatistics;

void RangeAdvice::read(mlir::ModuleOp module) {
  for (calib::StatOp stat : module.getOps<calib::StatOp>()) {
    auto method = calibration::methodFromName(stat.getMethod().str());
    auto storage = stat.getStorage() ? graph::toDType(*stat.getStorage())
                                     : Expected<DType>(error(Code::Internal, "stored as it is"));
    // What takes the range of another tensor has none of its own.
    if (method && storage && !stat.getRange() && !stat.getLike())
      stored.push_back({stat.getSymName().str(), *method,
                        stat.getPercentile() ? stat.getPercentile()->convertToDouble() : 99.999, *storage,
                        stat.getSymmetric()});
  }
  module.walk([&](graph::AnchorOpInterface anchor) {
    auto decision = anchor->getAttrOfType<mlir::DictionaryAttr>(quantize::kDecisionAttribute);
    auto input = decision ? decision.getAs<mlir::StringAttr>("input") : mlir::StringAttr();
    auto method = decision ? decision.getAs<mlir::StringAttr>("weight_method") : mlir::StringAttr();
    if (!input || !method || (method.getValue() != "gptq" && method.getValue() != "awq"))
      return;
    std::vector<std::string> nodes = sourceNodes(anchor->getLoc());
    byGram.push_back({nodes.empty() ? "" : nodes.front(), method.str(), input.str(),
                      quantize::rowsOf(anchor.getAnchorInput())});
  });
}

/// Nothing where the chosen range is as good as all that was seen.
static std::optional<ClippedTensor> adviceOn(ClippedTensor tensor, const TensorStatistics &statistics,
                                             DType storage) {
  constexpr double halfTheError = 3, allOfIt = 99;
  double chosen = static_cast<double>(tensor.chosen.greatest) - static_cast<double>(tensor.chosen.least),
         seen = static_cast<double>(tensor.seen.greatest) - static_cast<double>(tensor.seen.least);
  if (!statistics.histogram)
    return chosen < seen / 2 ? std::optional(std::move(tensor)) : std::nullopt;
  double before = calibration::squaredError(*statistics.histogram, tensor.chosen, storage),
         after = calibration::squaredError(*statistics.histogram, tensor.seen, storage);
  tensor.share = calibration::shareBeyond(*statistics.histogram, tensor.chosen);
  tensor.gain = after > 0 && before < INFINITY ? std::min(10 * std::log10(before / after), allOfIt) : allOfIt;
  return chosen < seen && *tensor.gain >= halfTheError ? std::optional(std::move(tensor)) : std::nullopt;
}

std::vector<ClippedTensor> RangeAdvice::clipped(const calibration::Statistics &statistics) const {
  std::vector<ClippedTensor> list;
  for (const StoredTensor &tensor : stored) {
    auto found = statistics.tensors.find(tensor.name);
    if (found == statistics.tensors.end())
      continue; // choosing the range will say so
    auto range = [&](Method method) {
      return found->second.range(method, tensor.percentile, tensor.storage, tensor.symmetric);
    };
    Expected<Range> chosen = range(tensor.method), seen = range(Method::MinMax);
    if (!chosen || !seen)
      continue;
    ClippedTensor clipped{tensor.name, std::string(calibration::name(tensor.method)), *chosen, *seen, {}, {}};
    if (auto advice = adviceOn(std::move(clipped), found->second, tensor.storage))
      list.push_back(std::move(*advice));
  }
  std::ranges::stable_sort(list, std::greater<>(),
                           [](const ClippedTensor &one) { return one.gain.value_or(0); });
  return list;
}

std::vector<std::string> RangeAdvice::notes(const calibration::Statistics &statistics) const {
  std::vector<std::string> list;
  for (const RoundedByGram &one : byGram) {
    auto found = statistics.tensors.find(one.input);
    if (found == statistics.tensors.end() || !found->second.gram)
      continue;
    int64_t rows = found->second.samples * one.rows, columns = found->second.gram->size();
    // awq reads how large each input is: of n rows, that is known within 1 / sqrt(2 n), an eighth here.
    constexpr int64_t fewRows = 32;
    if (one.method == "awq") {
      if (rows < fewRows)
        list.push_back(message("awq knows little of the inputs of '", one.node, "': ", rows,
                               " rows; more samples make it scale better"));
    } else if (rows < columns)
      list.push_back(message("gptq knows little of the inputs of '", one.node, "': ", rows, " rows for ",
                             columns, " weights of a column; more samples make it round better"));
  }
  return list;
}

} // namespace limbeck::session
