// SmoothQuant: factors that make the channels of an input alike, at the cost of the weights that read them.
//
// Xiao et al., "SmoothQuant: Accurate and Efficient Post-Training Quantization for Large Language Models" (2022).
#pragma once
#include "limbeck/Calibration/Document.h"
#include "limbeck/Tensor/Tensor.h"
#include <optional>

namespace limbeck::quantize {

/// A contraction that reads the channels, by numbers of its own: those of the factors.
struct SmoothedReader {
  Tensor weights;                      ///< f32
  size_t slice = 1;                    ///< weights in order that meet the same input and output
  std::vector<size_t> inputs, outputs; ///< by slice: the number of the factor, the output channel
  std::vector<size_t> channels;        ///< the number of the factor of each channel of its input
  const calibration::ChannelMagnitudes *magnitudes; ///< of its input
  bool perTensor = false;                           ///< all weights share a scale
};

/// Estimated squared errors of the results before and behind smoothing, and the factors that inputs are divided by.
struct SmoothingChoice {
  double alpha = 0;
  double errorBefore = 0, errorBehind = 0;
  std::vector<double> factors;
};

/// s[j] = x[j]^alpha / w[j]^(1 - alpha), x and w the greatest absolute values of input and weights over all readers, divided by the
/// geometric mean of all s; 1 where x or w is 0. Without alpha, the one of 0.05, 0.1 .. 0.95 with the least error, or none: factors
/// of 1. The error adds that of inputs rounded in 255 steps over their range, and that of weights in 254 steps per output channel.
SmoothingChoice chooseSmoothing(std::span<const SmoothedReader> readers, size_t count,
                                std::optional<double> alpha);

} // namespace limbeck::quantize
