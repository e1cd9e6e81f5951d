// Weights of neighbouring contractions get ranges of one size, channel by channel.
//
// Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias Correction" (2019), section 4.1.
#include "ChannelGroups.h"
#include "Decision.h"
#include "limbeck/Graph/IR/Constants.h"
#include "limbeck/Graph/IR/Conversion.h"
#include "limbeck/Quantize/Passes.h"
#include <cmath>

namespace limbeck::quantize {
#define GEN_PASS_DEF_EQUALIZEPASS
#include "limbeck/Quantize/Passes.h.inc"

namespace {

/// The greatest absolute weight between two groups.
struct Link {
  size_t input, output;
  double greatest;
};

class Equalization {
public:
  explicit Equalization(mlir::func::FuncOp function) : groups(function) {
    function.walk([&](graph::AnchorOpInterface anchor) {
      if (anchor->getParentOp() == function && takesFactors(anchor))
        contractions.push_back(anchor);
    });
  }

  Status run() {
    takesPart.assign(groups.size(), true);
    for (graph::AnchorOpInterface anchor : contractions)
      exclude(anchor);
    for (size_t group = 0; group < groups.size(); ++group)
      takesPart[group] = takesPart[group] && !groups.isFixed(group);
    if (llvm::none_of(takesPart, [](bool part) { return part; }))
      return {};
    for (graph::AnchorOpInterface anchor : contractions)
      LIMBECK_TRY(link(anchor));
    settle();
    return groups.scale(factors);
  }

private:
  /// Groups of contractions that are not to be equalized.
  void exclude(graph::AnchorOpInterface anchor) {
    auto decision = anchor->getAttrOfType<mlir::DictionaryAttr>(kDecisionAttribute);
    if (decision && setting(decision, "quantize") == "static" && setting(decision, "equalize") == "true")
      return;
    for (const std::vector<size_t> &side : {groups.inputGroups(anchor), groups.outputGroups(anchor)})
      for (size_t group : side)
        takesPart[group] = false;
  }

  Status link(graph::AnchorOpInterface anchor) {
    auto weights = graph::constantOf(anchor.getAnchorWeights());
    if (!weights)
      return error(Code::Internal, "expected constant weights");
    std::vector<size_t> in = groups.inputGroups(anchor), out = groups.outputGroups(anchor);
    WeightIndex index(anchor);
    std::span<const float> values = weights->values<float>();
    for (size_t begin = 0; begin < values.size(); begin += index.sliceSize()) {
      double greatest = 0;
      for (float value : values.subspan(begin, index.sliceSize()))
        greatest = std::max(greatest, static_cast<double>(std::fabs(value)));
      auto first = static_cast<int64_t>(begin);
      // What one group makes of itself keeps its size, whatever the factor.
      Link one{in[index.input(first)], out[index.output(first)], greatest};
      if (greatest > 0 && std::isfinite(greatest) && one.input != one.output)
        links.push_back(one);
    }
    return {};
  }

  /// Group by group, in order, until no factor changes any more.
  void settle() {
    constexpr int mostRounds = 100;
    constexpr double enough = 1e-3, mostFactor = 100;
    factors.assign(groups.size(), 1);
    std::vector<std::vector<size_t>> before(groups.size()), behind(groups.size());
    for (size_t i = 0; i < links.size(); ++i) {
      before[links[i].output].push_back(i);
      behind[links[i].input].push_back(i);
    }
    auto greatest = [&](const std::vector<size_t> &numbers) {
      double most = 0;
      for (size_t number : numbers)
        most = std::max(most, links[number].greatest * factors[links[number].output] /
                                  factors[links[number].input]);
      return most;
    };
    double change = 1;
    for (int round = 0; round < mostRounds && change > enough; ++round) {
      change = 0;
      for (size_t group = 0; group < groups.size(); ++group) {
        double made = takesPart[group] ? greatest(before[group]) : 0,
               read = made > 0 ? greatest(behind[group]) : 0;
        if (made == 0 || read == 0)
          continue; // a channel that is always 0, or that nobody reads
        // A channel that is nearly dead would take its bias, and with it the range of the whole tensor, beyond all bounds.
        double wanted = factors[group] * std::sqrt(read / made);
        double step = std::clamp(wanted, 1 / mostFactor, mostFactor) / factors[group];
        factors[group] *= step;
        change = std::max(change, std::fabs(std::log(step)));
      }
    }
  }

  ChannelGroups groups;
  std::vector<graph::AnchorOpInterface> contractions;
  std::vector<bool> takesPart;
  std::vector<Link> links;
  std::vector<double> factors;
};

struct EqualizePass : impl::EqualizePassBase<EqualizePass> {
  void runOnOperation() override {
    for (auto function : getOperation().getOps<mlir::func::FuncOp>()) {
      if (function.isExternal())
        continue;
      if (Status status = Equalization(function).run(); !status.ok()) {
        graph::emitDiagnostic(function, status.diagnostic());
        return signalPassFailure();
      }
    }
  }
};

} // namespace
} // namespace limbeck::quantize
