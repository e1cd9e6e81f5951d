// Over all samples, a region reads and writes more than the caches hold, and reads its weights once; sample by sample, what lies between
// two regions stays in a core's cache, and weights are read again for each. Times are those of one worker.
#include "SampleCost.h"
#include "limbeck/Graph/IR/Conversion.h"
#include "limbeck/Lower/KernelFacts.h"
#include <algorithm>
#include <limits>

namespace limbeck::lower {

using namespace mlir;

namespace {
/// Bytes and products of one part, for one sample.
struct PartCost {
  int64_t activationBytes = 0, weightBytes = 0;
  /// Nanoseconds of its products, and what is lost once where rows do not fill their last tile.
  double all = 0, lost = 0;
  int64_t calls = 0; ///< of kernels
};

/// How long a part takes over all samples, and sample by sample.
struct PartTime {
  double whole, single;
};

/// The times of all parts, and what it takes more to change the way in front of each part, or behind the last: what lives there is
/// written or read whole.
struct RunTimes {
  std::vector<PartTime> parts;
  std::vector<double> borders;
};

/// Bytes a nanosecond at which so many are read or written again and again.
class Rates {
public:
  explicit Rates(const Caches &caches) : caches(caches) {}
  double of(int64_t bytes) const {
    // Measured with `bench --per-layer` on servers of 2022 and 2023, one worker.
    constexpr double kSecond = 50, kThird = 20, kMemory = 8;
    // The other half is for weights, and for what is read later.
    if (bytes <= caches.second / 2)
      return kSecond;
    return bytes <= caches.shareOfThird ? kThird : kMemory;
  }

private:
  const Caches &caches;
};
} // namespace

static bool hasOnePixelWindow(Operation *op) {
  auto conv = dyn_cast<graph::ConvOp>(op);
  if (!conv)
    return true; // a matrix product
  auto ones = [](ArrayRef<int64_t> numbers) {
    return llvm::all_of(numbers, [](int64_t number) { return number == 1; });
  };
  return ones(cast<RankedTensorType>(conv.getWeights().getType()).getShape().drop_front(2)) &&
         ones(conv.getStrides()) && conv.getGroups() == 1;
}

/// About what kernels reach in a nanosecond.
static double productsPerNanosecond(StringRef arithmetic) {
  return arithmetic == "int8" ? 200 : arithmetic == "bf16" ? 100 : 50;
}

static PartCost costOf(ArrayRef<Operation *> part, int64_t samples) {
  constexpr double kHalfTile = 6; // rows
  PartCost cost;
  for (Operation *op : part) {
    if (!needsKernel(op))
      continue;
    auto region = cast<graph::FusedOp>(op);
    ++cost.calls;
    KernelFacts facts;
    measureRegion(region, facts);
    cost.activationBytes += facts.activationBytes / samples;
    cost.weightBytes += facts.weightBytes;
    double time = static_cast<double>(facts.multiplyAdds / samples) / productsPerNanosecond(facts.arithmetic);
    cost.all += time;
    region.walk([&](graph::AnchorOpInterface anchor) {
      if (!hasOnePixelWindow(anchor))
        return;
      auto type = cast<RankedTensorType>(anchor->getResult(0).getType());
      int64_t rows =
          type.getNumElements() / samples / type.getDimSize(static_cast<unsigned>(anchor.getChannelAxis()));
      cost.lost += time * std::min(1.0, kHalfTile / static_cast<double>(std::max<int64_t>(rows, 1)));
    });
  }
  return cost;
}

static int64_t bytesOf(Value value) {
  auto type = graph::toTensorType(value.getType());
  int64_t elements = cast<RankedTensorType>(value.getType()).getNumElements();
  return type.ok() ? elements * static_cast<int64_t>(storageBytes(type->dtype)) : 0;
}

static PartTime timeOf(const PartCost &cost, int64_t samples, int64_t runWeights, const Rates &rates) {
  auto count = static_cast<double>(samples), bytes = static_cast<double>(cost.activationBytes);
  double all = count * bytes / rates.of(samples * cost.activationBytes),
         one = count * bytes / rates.of(cost.activationBytes);
  // Weights were last read one sample ago, behind those of all other parts. Most of their way passes behind products: measured with
  // the last stages of ResNet-50.
  constexpr double kNotHidden = 0.3;
  double weights = static_cast<double>(cost.weightBytes) / rates.of(runWeights);
  weights = std::max(weights - cost.all, 0.0) + kNotHidden * std::min(weights, cost.all);
  double products = count * cost.all;
  // Nanoseconds that a call takes with what it sets up; and workers, to meet behind one that is worth sharing.
  constexpr double kCall = 100, kMeeting = 1000, kLeastShared = 3000;
  auto calls = static_cast<double>(cost.calls);
  double whole = products + cost.lost + weights + all + calls * kCall;
  if (whole > kLeastShared)
    whole += calls * kMeeting;
  return {whole, products + count * (cost.lost + weights + calls * kCall) + one};
}

/// What it takes more at each border of the parts of a run if there the values that live across are stored for all samples.
static std::vector<double> bordersOf(const SampleRun &run, ArrayRef<PartCost> costs, const Rates &rates) {
  DenseMap<Operation *, size_t> partOf;
  for (auto [number, part] : llvm::enumerate(run.parts))
    for (Operation *op : part)
      partOf[op] = number;
  std::vector<double> borders(run.parts.size() + 1);
  auto firstReader = [&](Value value) {
    size_t first = run.parts.size() - 1;
    for (Operation *user : value.getUsers())
      if (auto found = partOf.find(user); found != partOf.end())
        first = std::min(first, found->second);
    return first;
  };
  auto add = [&](Value value) {
    Operation *maker = value.getDefiningOp();
    size_t first = maker && partOf.contains(maker) ? partOf.at(maker) + 1 : 0, last = first;
    for (Operation *user : value.getUsers()) {
      auto found = partOf.find(user);
      last = std::max(last, found == partOf.end() ? borders.size() : found->second + 1);
    }
    int64_t bytes = bytesOf(value), near = bytes / run.samples;
    if (first == 0) // as far away as its first reader takes it to be
      near = std::max(near, costs[firstReader(value)].activationBytes);
    double more = static_cast<double>(bytes) * std::max(0.0, 1 / rates.of(bytes) - 1 / rates.of(near));
    for (size_t border = first; border < last; ++border)
      borders[border] += more;
  };
  DenseSet<Value> seen;
  for (ArrayRef<Operation *> part : run.parts)
    for (Operation *op : part) {
      for (Value operand : op->getOperands())
        if (variesWithSample(operand, run.samples) && seen.insert(operand).second)
          add(operand);
      for (Value result : op->getResults())
        if (seen.insert(result).second)
          add(result);
    }
  return borders;
}

namespace {
/// Parts [first, last) of a run.
struct Range {
  size_t first, last;
};

/// The best way to compute the first parts of a run, where the last of them is computed over all samples, or sample by sample.
struct Best {
  double whole = 0, single = 0;
  bool wholeFromSingle = false, singleFromWhole = true; ///< how the part before is computed then
};
} // namespace

/// The parts that are computed sample by sample in the cheapest way through all.
static std::vector<Range> cheapest(const RunTimes &times) {
  size_t count = times.parts.size();
  std::vector<Best> best(count + 1);
  best[0].single = std::numeric_limits<double>::infinity(); // a run begins and ends with whole batches
  for (auto [i, time] : llvm::enumerate(times.parts)) {
    double toWhole = best[i].single + times.borders[i], toSingle = best[i].whole + times.borders[i];
    Best &next = best[i + 1];
    next.wholeFromSingle = toWhole < best[i].whole;
    next.singleFromWhole = toSingle < best[i].single;
    next.whole = std::min(toWhole, best[i].whole) + time.whole;
    next.single = std::min(toSingle, best[i].single) + time.single;
  }
  std::vector<Range> ranges;
  bool single = best.back().single + times.borders.back() < best.back().whole;
  size_t last = count;
  for (size_t i = count; i > 0; --i) {
    if (!(single ? best[i].singleFromWhole : best[i].wholeFromSingle))
      continue;
    if (single)
      ranges.push_back({i - 1, last});
    single = !single;
    last = i - 1;
  }
  std::ranges::reverse(ranges);
  return ranges;
}

/// Whether a range gains enough to be sure of it, by what the model knows.
static bool gains(const RunTimes &times, const Range &range) {
  constexpr double kLeastGain = 0.01;
  double whole = 0, single = times.borders[range.first] + times.borders[range.last];
  for (size_t part = range.first; part < range.last; ++part) {
    whole += times.parts[part].whole;
    single += times.parts[part].single;
  }
  return range.last - range.first > 1 && single < (1 - kLeastGain) * whole;
}

std::vector<SampleParts> worthSplitting(const SampleRun &run, const Caches &caches) {
  constexpr int kRounds = 3;
  std::vector<PartCost> costs;
  for (ArrayRef<Operation *> part : run.parts)
    costs.push_back(costOf(part, run.samples));
  Rates rates(caches);
  RunTimes times{{}, bordersOf(run, costs, rates)};
  std::vector<Range> ranges;
  // From which cache weights come depends on how many are read in between, hence on the choice.
  int64_t weights = 0;
  for (int round = 0; round < kRounds; ++round) {
    times.parts.clear();
    for (const PartCost &cost : costs)
      times.parts.push_back(timeOf(cost, run.samples, weights, rates));
    ranges = cheapest(times);
    // A view at either end would leave the body beside what it is a view of, and so be copied.
    for (Range &range : ranges) {
      while (range.first < range.last && costs[range.first].calls == 0)
        ++range.first;
      while (range.first < range.last && costs[range.last - 1].calls == 0)
        --range.last;
    }
    std::erase_if(ranges, [&](const Range &range) { return !gains(times, range); });
    weights = 0;
    for (const Range &range : ranges)
      for (size_t part = range.first; part < range.last; ++part)
        weights += costs[part].weightBytes;
  }
  std::vector<SampleParts> chosen;
  for (const Range &range : ranges)
    chosen.push_back(SampleParts(run.parts).slice(range.first, range.last - range.first));
  return chosen;
}

} // namespace limbeck::lower
