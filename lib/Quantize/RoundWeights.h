// Weights as integers with scales.
#pragma once
#include "limbeck/Tensor/Tensor.h"
#include "limbeck/Tensor/TensorType.h"

namespace limbeck::quantize {

struct RoundedWeights {
  Tensor stored;
  std::shared_ptr<const Quantization> parameters;
};

struct WeightRounding {
  DType storage = DType::S8;
  int64_t axis = -1; ///< of the output channels; -1: one scale for all
  bool leastSquares =
      false; ///< mse: the scale whose rounding and clipping err least, else the one that clips nothing
  /// The integers of a channel sum up to what its weights do, within half a step: the elements nearest to a tie are rounded the
  /// other way. An input that is the same everywhere then gives what it gave before.
  bool keepSums = false;
  std::vector<double> leastScales; ///< no scale is smaller: one per channel, or one; empty: no bound
};

/// Symmetric: q = round(w / scale) in [-h, h], h the greatest of the storage; scale = max|w| / h over what shares it. Weights that
/// are all 0 have scale 1.
Expected<RoundedWeights> roundWeights(const Tensor &weights, const WeightRounding &rounding);

} // namespace limbeck::quantize
