// Large channels of activations become smaller, and the weights that read them larger.
#include "ChannelGroups.h"
#include "Decision.h"
#include "DivideInput.h"
#include "GivenStatistics.h"
#include "SmoothingFactors.h"
#include "limbeck/Graph/IR/Calib.h"
#include "limbeck/Graph/IR/Constants.h"
#include "limbeck/Graph/IR/Conversion.h"
#include "limbeck/Graph/IR/SourceNames.h"
#include "limbeck/Quantize/Passes.h"
#include "mlir/IR/Remarks.h"
#include "llvm/ADT/EquivalenceClasses.h"

namespace limbeck::quantize {
#define GEN_PASS_DEF_SMOOTHPASS
#include "limbeck/Quantize/Passes.h.inc"

namespace {

using calibration::ChannelMagnitudes;
using calibration::Statistics;

/// A contraction whose input is smoothed.
struct Site {
  graph::AnchorOpInterface anchor;
  std::string alpha; ///< a number or `auto`
  const ChannelMagnitudes *magnitudes;
  std::vector<size_t> groups; ///< of its input channels
};

/// The tensor behind observers.
mlir::Value unobserved(mlir::Value value) {
  while (auto observe = value.getDefiningOp<calib::ObserveOp>())
    value = observe.getX();
  return value;
}

Expected<SmoothedReader> readerOf(const Site &site, const std::vector<size_t> &numbers) {
  graph::AnchorOpInterface anchor = site.anchor;
  auto weights = graph::constantOf(anchor.getAnchorWeights());
  if (!weights)
    return error(Code::Internal, "expected constant weights");
  SmoothedReader reader;
  reader.weights = std::move(*weights);
  reader.channels = numbers;
  reader.magnitudes = site.magnitudes;
  auto decision = anchor->getAttrOfType<mlir::DictionaryAttr>(kDecisionAttribute);
  reader.perTensor = setting(decision, "granularity") == "tensor";
  WeightIndex index(anchor);
  reader.slice = index.sliceSize();
  for (int64_t i = 0; i < reader.weights.size(); i += static_cast<int64_t>(reader.slice)) {
    reader.inputs.push_back(numbers[index.input(i)]);
    reader.outputs.push_back(index.output(i));
  }
  return reader;
}

class Smoothing {
public:
  Smoothing(mlir::func::FuncOp function, const Statistics *statistics)
      : function(function), statistics(statistics), groups(function) {}

  Status run() {
    LIMBECK_TRY(findSites());
    std::vector<double> factors(groups.size(), 1.0);
    for (const std::vector<size_t> &cluster : clusters())
      LIMBECK_TRY(smooth(cluster, factors));
    // All at once: a contraction may be behind one tensor and in front of another.
    LIMBECK_TRY(groups.scale(factors));
    for (const auto &[cluster, own] : divisions)
      LIMBECK_TRY(divide(cluster, own));
    return {};
  }

private:
  Status findSites() {
    for (auto anchor : function.getBody().getOps<graph::AnchorOpInterface>()) {
      auto decision = anchor->getAttrOfType<mlir::DictionaryAttr>(kDecisionAttribute);
      llvm::StringRef alpha = decision ? setting(decision, "smooth") : llvm::StringRef();
      if (alpha.empty() || alpha == "none" || setting(decision, "quantize") != "static" ||
          !takesFactors(anchor))
        continue;
      std::string name = setting(decision, kInputSetting).str();
      std::vector<size_t> own = groups.inputGroups(anchor);
      auto found = statistics ? statistics->magnitudes.find(name) : decltype(statistics->magnitudes.end()){};
      bool known = statistics && found != statistics->magnitudes.end();
      if (!known && statistics && !statistics->magnitudes.empty()) {
        noteKept(anchor, message("no magnitudes of '", name,
                                 "', whose readers have channels along different dimensions"));
        continue;
      }
      if (!known || found->second.greatest.size() != own.size())
        return error(Code::Calibration, "expected the magnitudes of ", own.size(), " channels of tensor '",
                     name, "', found none")
            .withHint("limbeck quantize --data collects them");
      sites.push_back({anchor, alpha.str(), &found->second, std::move(own)});
    }
    return {};
  }

  bool isFree(const Site &site) const {
    return llvm::none_of(site.groups, [&](size_t group) { return groups.isFixed(group); });
  }

  /// Sites that share factors: where these can move, those with a group in common; elsewhere those that read one tensor.
  std::vector<std::vector<size_t>> clusters() {
    llvm::EquivalenceClasses<size_t> classes;
    llvm::DenseMap<size_t, size_t> byGroup;
    llvm::DenseMap<mlir::Value, size_t> byTensor;
    for (size_t i = 0; i < sites.size(); ++i) {
      classes.insert(i);
      if (!isFree(sites[i])) {
        classes.unionSets(byTensor.try_emplace(unobserved(sites[i].anchor.getAnchorInput()), i).first->second,
                          i);
        continue;
      }
      for (size_t group : sites[i].groups)
        classes.unionSets(byGroup.try_emplace(group, i).first->second, i);
    }
    std::vector<std::vector<size_t>> result(sites.size());
    for (size_t i = 0; i < sites.size(); ++i)
      result[classes.getLeaderValue(i)].push_back(i);
    std::erase_if(result, [](const auto &cluster) { return cluster.empty(); });
    return result;
  }

  Status smooth(const std::vector<size_t> &cluster, std::vector<double> &factors) {
    const Site &first = sites[cluster.front()];
    bool free = isFree(first);
    // Numbers of this cluster's factors: of groups where they move, else of channels.
    llvm::MapVector<size_t, size_t> numbers;
    std::vector<SmoothedReader> readers;
    for (size_t i : cluster) {
      std::vector<size_t> channels;
      for (auto [channel, group] : llvm::enumerate(sites[i].groups))
        channels.push_back(numbers.insert({free ? group : channel, numbers.size()}).first->second);
      LIMBECK_ASSIGN(SmoothedReader reader, readerOf(sites[i], channels));
      readers.push_back(std::move(reader));
    }
    std::optional<double> alpha;
    if (double number = 0; !llvm::StringRef(first.alpha).getAsDouble(number))
      alpha = number;
    SmoothingChoice choice = chooseSmoothing(readers, numbers.size(), alpha);
    bool pays = choice.errorBehind < choice.errorBefore;
    if (!pays && (!alpha || !free)) {
      note(first, "smoothing its input would add to the errors");
      return {};
    }
    if (!free) {
      divisions.emplace_back(cluster, std::move(choice.factors));
      return {};
    }
    for (const auto &[group, number] : numbers)
      factors[group] = 1 / choice.factors[number];
    return {};
  }

  /// The input over the factors as a tensor of its own, which these contractions alone read.
  Status divide(const std::vector<size_t> &cluster, const std::vector<double> &factors) {
    graph::AnchorOpInterface first = sites[cluster.front()].anchor;
    mlir::Value input = first.getAnchorInput();
    LIMBECK_ASSIGN(mlir::Value divided, dividedInput(first, factors));
    divided.getDefiningOp()->setAttr(kSmoothingAttribute, mlir::UnitAttr::get(first->getContext()));
    for (size_t i : cluster) {
      LIMBECK_TRY(multiplyWeights(sites[i].anchor, factors));
      sites[i].anchor->setOperand(0, divided);
    }
    mlir::remark::passed(input.getLoc(), mlir::remark::RemarkOpts::name("smoothed").category("quantize"))
        << mlir::remark::reason(
               "a multiplication divides what {0} reads: nothing in front of it takes the factors",
               first->getName().stripDialect().str());
    return {};
  }

  void note(const Site &site, llvm::StringRef why) { noteKept(site.anchor, why); }
  static void noteKept(graph::AnchorOpInterface anchor, llvm::StringRef why) {
    mlir::remark::missed(anchor->getLoc(),
                         mlir::remark::RemarkOpts::name("not-smoothed").category("quantize"))
        << mlir::remark::reason("{0}: {1}", anchor->getName().stripDialect().str(), why.str());
  }

  mlir::func::FuncOp function;
  const Statistics *statistics;
  ChannelGroups groups;
  std::vector<Site> sites;
  std::vector<std::pair<std::vector<size_t>, std::vector<double>>>
      divisions; ///< clusters with factors that cannot move
};

struct SmoothPass : impl::SmoothPassBase<SmoothPass> {
  using SmoothPassBase::SmoothPassBase;
  explicit SmoothPass(std::shared_ptr<const Statistics> given) : given(std::move(given)) {}

  void runOnOperation() override {
    auto main = getOperation().lookupSymbol<mlir::func::FuncOp>("main");
    if (!main) {
      getOperation().emitError("expected a function 'main'");
      return signalPassFailure();
    }
    Status status = readGiven(statistics, given);
    if (status.ok())
      status = Smoothing(main, given.get()).run();
    if (!status.ok()) {
      graph::emitDiagnostic(main, status.diagnostic());
      return signalPassFailure();
    }
  }

private:
  std::shared_ptr<const Statistics> given;
};

} // namespace

std::unique_ptr<mlir::Pass> createSmoothPass(std::shared_ptr<const Statistics> statistics) {
  return std::make_unique<SmoothPass>(std::move(statistics));
}

} // namespace limbeck::quantize
