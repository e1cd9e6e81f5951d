// Both functions are staircases: they are compared at the floats where a step is taken.
#include "limbeck/Lower/SplitReciprocal.h"
#include "limbeck/Reference/Quantize.h"
#include <cmath>

namespace limbeck::lower {

std::optional<SplitReciprocal> provenSplitReciprocal(const Quantization &quantization) {
  constexpr int64_t kMostSteps = 256;
  constexpr int kNeighbours = 4; // floats on either side of where a step is expected
  int64_t zero = quantization.zeroPoints[0], lowest = quantization.lowest, highest = quantization.highest;
  float scale = quantization.scales[0];
  double exact = 1 / static_cast<double>(scale);
  auto head = static_cast<float>(exact);
  if (head > exact)
    head = std::nextafter(head, 0.0f);
  auto tail = static_cast<float>(exact - head);
  if (quantization.axis >= 0 || highest - lowest >= kMostSteps || !std::isnormal(head) || !(tail > 0))
    return std::nullopt;
  for (int64_t step = lowest + 1; step <= highest; ++step) {
    auto x = static_cast<float>((static_cast<double>(step - zero) - 0.5) * scale);
    for (int i = 0; i < kNeighbours; ++i)
      x = std::nextafter(x, -INFINITY);
    for (int i = -kNeighbours; i <= kNeighbours; ++i, x = std::nextafter(x, INFINITY)) {
      bool taken = reference::quantize(x, scale, zero, lowest, highest) >= step;
      bool takenBySplit =
          reference::clampAndRound(std::fma(x, head, x * tail), zero, lowest, highest) >= step;
      bool expected =
          i == -kNeighbours ? !taken : i < kNeighbours || taken; // the step is between the two ends
      if (!expected || taken != takenBySplit)
        return std::nullopt;
    }
  }
  return SplitReciprocal{head, tail};
}

} // namespace limbeck::lower
