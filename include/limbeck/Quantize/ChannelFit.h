// Whether weights are others times a factor for each channel, as equalization and smoothing make them, with rounding between.
#pragma once
#include "limbeck/Graph/IR/Limbeck.h"
#include "limbeck/Tensor/Tensor.h"
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace limbeck::quantize {

/// Elements of weights in slices, and the channels that each slice stands between.
struct ChannelPlaces {
  std::vector<size_t> inputs, outputs; ///< by slice
  size_t sliceSize = 1;
};

/// What is nearest to some weights of all that factors make of others.
struct ChannelFit {
  std::vector<float> weights;          ///< the others, times the factors
  std::vector<double> inputs, outputs; ///< factors, all above 0
  double noise =
      0; ///< what is left / the weights, per output, as if no factor had been chosen to make it small
  double plainNoise = 0; ///< the same without factors
};

/// Least squares, in turns for inputs and for outputs; factors of outputs are 1 where those of inputs do nearly as well. Nothing where
/// channels have too few elements to tell a factor from rounding.
std::optional<ChannelFit> fitChannels(std::span<const float> exact, std::span<const float> rounded,
                                      const ChannelPlaces &places);
/// The same for the weights of a contraction; nothing where these take no factors.
std::optional<ChannelFit> fitChannels(graph::AnchorOpInterface anchor, const Tensor &exact,
                                      const Tensor &rounded);

} // namespace limbeck::quantize
