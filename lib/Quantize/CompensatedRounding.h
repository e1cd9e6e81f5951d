// GPTQ: rounding that moves the error of each weight to those of its column that are still to be rounded.
//
// Frantar et al., "GPTQ: Accurate Post-Training Quantization for Generative Pre-trained Transformers" (2022), with the order of
// greatest inputs first and at least a hundredth of the mean diagonal added to it.
#pragma once
#include "limbeck/Calibration/GramSum.h"
#include "limbeck/Support/Status.h"
#include <functional>
#include <span>

namespace limbeck::quantize {

/// Rounds weight `k` of `column`, whose value is now `value`; returns what the integer stands for.
using RoundWeight = std::function<float(int64_t k, int64_t column, float value)>;

/// Calls `round` for every weight of a [depth][columns] matrix once, so that |x w - x w'|^2 over the inputs x behind `gram` gets small.
/// The fewer `rows` of inputs there are behind `gram`, the more is added to its diagonal, up to rounding to nearest: what few rows do not
/// show is not free. 0: their number is not known. E-CALIB for a Gram matrix of another size, or one that is not positive definite
/// even so.
Status roundCompensated(std::span<const float> weights, int64_t depth, int64_t columns,
                        const calibration::GramSum &gram, int64_t rows, const RoundWeight &round);

} // namespace limbeck::quantize
