// AWQ: scales of inputs that give the weights that meet the greatest ones the finest steps.
//
// Lin et al., "AWQ: Activation-aware Weight Quantization for LLM Compression and Acceleration" (2023).
#pragma once
#include "RoundBlocks.h"

namespace limbeck::quantize {

/// One factor per product, which weights are multiplied and inputs divided by: s[k] = m[k]^alpha, m the root mean square of input k
/// relative to the geometric mean of all, for the alpha of 0, 0.05 .. 1 whose rounded weights err least, each error weighed by the mean
/// square of its input. All 1 where no alpha beats 0. `weights` is f32 of rank 2; `gram` that of its inputs. E-CALIB for one of another
/// size; the errors of roundBlocks.
Expected<std::vector<float>> activationAwareScales(const Tensor &weights, const BlockRounding &rounding,
                                                   const calibration::GramSum &gram);

/// Weights with row k multiplied by factor k.
Expected<Tensor> scaledRows(const Tensor &weights, std::span<const float> factors);

} // namespace limbeck::quantize
