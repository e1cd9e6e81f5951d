// The roofline of each kernel.
#include "limbeck/Session/Layers.h"
#include <algorithm>
#include <numeric>

namespace limbeck::session {

double Peaks::of(const std::string &arithmetic) const {
  if (arithmetic == "int8")
    return int8;
  if (arithmetic == "bf16")
    return bf16;
  return arithmetic == "f32" || arithmetic == "f16" ? f32 : 0; // f16 is widened
}

double Peaks::readRate(int64_t bytes) const {
  for (const ReadRate &rate : read)
    if (rate.bytes >= bytes)
      return rate.bytesPerSecond;
  return read.empty() ? 0 : read.back().bytesPerSecond;
}

const char *LayerTime::bound() const {
  if (2 * boundMs() < milliseconds)
    return "epilogue";
  return computeMs >= memoryMs ? "compute" : "memory";
}

static double millisecondsFor(double work, double perSecond) {
  return perSecond > 0 ? 1000 * work / perSecond : 0;
}

void findBounds(LayerReport &report, int64_t workingSet) {
  constexpr size_t kMost = 10;
  for (LayerTime &layer : report.layers) {
    auto products = static_cast<double>(layer.multiplyAdds);
    layer.computeMs = millisecondsFor(products, report.peaks.of(layer.arithmetic));
    // Weights were last read one run ago, behind all that a run touches; activations a kernel or a few ago.
    layer.memoryMs =
        millisecondsFor(static_cast<double>(layer.weightBytes), report.peaks.readRate(workingSet)) +
        millisecondsFor(static_cast<double>(layer.activationBytes),
                        report.peaks.readRate(layer.activationBytes));
  }
  report.worst.resize(report.layers.size());
  std::iota(report.worst.begin(), report.worst.end(), size_t(0));
  std::ranges::stable_sort(report.worst, std::greater(), [&](size_t i) {
    return report.layers[i].milliseconds - report.layers[i].boundMs();
  });
  report.worst.resize(std::min(report.worst.size(), kMost));
}

} // namespace limbeck::session
