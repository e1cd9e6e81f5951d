// Round to nearest, with one scale or one per channel.
#include "RoundWeights.h"
#include "LeastSquares.h"
#include "limbeck/Reference/Quantize.h"
#include <algorithm>
#include <cmath>

namespace limbeck::quantize {

namespace {
/// The elements of one channel, wherever they lie.
class Slice {
public:
  Slice(std::span<const float> values, const Shape &shape, int64_t axis, int64_t index) : values(values) {
    if (axis < 0) {
      first = 0, length = static_cast<int64_t>(values.size()), step = length;
      count = 1;
      return;
    }
    length = 1;
    for (size_t dim = static_cast<size_t>(axis) + 1; dim < shape.size(); ++dim)
      length *= shape[dim];
    step = length * shape[static_cast<size_t>(axis)];
    first = index * length;
    count = step ? static_cast<int64_t>(values.size()) / step : 0;
  }
  void forEach(auto use) const {
    for (int64_t run = 0; run < count; ++run)
      for (int64_t i = 0; i < length; ++i)
        use(static_cast<size_t>(first + run * step + i));
  }
  float operator[](size_t index) const { return values[index]; }

private:
  std::span<const float> values;
  int64_t first, length, step, count;
};
} // namespace

static float scaleFor(double largest, int64_t highest) {
  auto scale = static_cast<float>(largest / static_cast<double>(highest));
  return scale >= std::numeric_limits<float>::min() ? scale : 1.0f;
}

/// Sum of squared errors under a scale.
static double squaredError(const Slice &slice, float scale, int64_t highest) {
  double sum = 0;
  slice.forEach([&](size_t i) {
    double error = static_cast<double>(slice[i]) -
                   static_cast<double>(reference::dequantize(
                       reference::quantize(slice[i], scale, 0, -highest, highest), scale, 0));
    sum += error * error;
  });
  return sum;
}

static float leastSquaresScale(const Slice &slice, double largest, int64_t highest) {
  return leastSquares([&](double part) { return scaleFor(largest * part, highest); },
                      [&](float scale) { return squaredError(slice, scale, highest); });
}

/// Rounds elements the other way, those first that this costs least, until the sum of the channel is kept.
static void keepSum(const Slice &slice, float scale, int64_t highest, std::span<int8_t> stored) {
  struct Remainder {
    double value; ///< of the stored element over what it stands for, in steps
    size_t index;
  };
  std::vector<Remainder> remainders;
  double sum = 0;
  slice.forEach([&](size_t i) {
    remainders.push_back({stored[i] - static_cast<double>(slice[i]) / static_cast<double>(scale), i});
    sum += remainders.back().value;
  });
  auto wanted = static_cast<int64_t>(std::nearbyint(sum));
  int direction = wanted > 0 ? -1 : 1;
  // By index where remainders are equal: the order must not depend on the sort.
  std::ranges::stable_sort(remainders, [&](const Remainder &a, const Remainder &b) {
    return direction < 0 ? a.value > b.value : a.value < b.value;
  });
  int64_t left = std::abs(wanted);
  for (const Remainder &element : remainders) {
    // Only what was rounded that way at all can be rounded the other one.
    if (left == 0 || element.value * direction >= 0)
      break;
    int64_t moved = stored[element.index] + direction;
    if (std::abs(moved) > highest)
      continue;
    stored[element.index] = static_cast<int8_t>(moved);
    --left;
  }
}

Expected<RoundedWeights> roundWeights(const Tensor &weights, const WeightRounding &rounding) {
  int64_t channels = rounding.axis < 0 ? 1 : weights.shape()[static_cast<size_t>(rounding.axis)];
  Quantization parameters;
  parameters.axis = rounding.axis;
  parameters.highest = highest(rounding.storage);
  parameters.lowest = -parameters.highest;
  parameters.zeroPoints.assign(static_cast<size_t>(channels), 0);
  std::span<const float> values = weights.values<float>();
  LIMBECK_ASSIGN(Tensor stored, Tensor::zeros(rounding.storage, weights.shape()));
  for (int64_t channel = 0; channel < channels; ++channel) {
    Slice slice(values, weights.shape(), rounding.axis, channel);
    double largest = 0;
    bool finite = true;
    slice.forEach([&](size_t i) {
      largest = std::max(largest, std::fabs(static_cast<double>(values[i])));
      finite &= std::isfinite(values[i]);
    });
    if (!finite)
      return error(Code::DataType, "expected finite weights, found NaN or infinity in channel ", channel);
    float scale = rounding.leastSquares ? leastSquaresScale(slice, largest, parameters.highest)
                                        : scaleFor(largest, parameters.highest);
    if (!rounding.leastScales.empty())
      scale = std::max(scale,
                       static_cast<float>(
                           rounding.leastScales[static_cast<size_t>(channel) % rounding.leastScales.size()]));
    parameters.scales.push_back(scale);
    slice.forEach([&](size_t i) {
      stored.mutableValues<int8_t>()[i] = static_cast<int8_t>(
          reference::quantize(values[i], scale, 0, parameters.lowest, parameters.highest));
    });
    if (rounding.keepSums)
      keepSum(slice, scale, parameters.highest, stored.mutableValues<int8_t>());
  }
  return RoundedWeights{std::move(stored), std::make_shared<const Quantization>(std::move(parameters))};
}

} // namespace limbeck::quantize
