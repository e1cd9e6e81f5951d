// How far outputs are from those of the float model.
#pragma once
#include "limbeck/Tensor/Tensor.h"
#include <cmath>

namespace limbeck::session {

/// Noise of outputs against those of the float model, over samples.
class OutputNoise {
public:
  void add(std::span<const Tensor> exact, std::span<const Tensor> found) {
    noise.resize(exact.size());
    signal.resize(exact.size());
    for (size_t output = 0; output < exact.size(); ++output) {
      if (exact[output].dtype() == DType::F32) {
        std::span<const float> x = exact[output].values<float>(), y = found[output].values<float>();
        for (size_t i = 0; i < x.size(); ++i)
          addOne(output, static_cast<double>(x[i]), static_cast<double>(y[i]));
      } else {
        for (int64_t i = 0; i < exact[output].size(); ++i)
          addOne(output, exact[output].asDouble(i), found[output].asDouble(i));
      }
    }
  }
  /// The greatest over outputs of noise / signal.
  double ratio() const {
    double worst = 0;
    for (size_t output = 0; output < noise.size(); ++output)
      if (noise[output] != 0)
        // NaN differs as much as anything can.
        worst =
            std::max(worst, noise[output] / signal[output] >= 0 ? noise[output] / signal[output] : INFINITY);
    return worst;
  }
  double decibels() const { return -10 * std::log10(ratio()); }

private:
  void addOne(size_t output, double x, double y) {
    // An infinity or a NaN that both have is no difference, and no signal.
    if (!std::isfinite(x) || !std::isfinite(y)) {
      if (!(x == y || (std::isnan(x) && std::isnan(y))))
        noise[output] = INFINITY;
      return;
    }
    signal[output] += x * x;
    noise[output] += (x - y) * (x - y);
  }
  std::vector<double> signal, noise;
};

} // namespace limbeck::session
