// Quantize and dequantize of single values and whole tensors: the formulas of docs/semantics.md section 1.
#pragma once
#include "limbeck/Tensor/TensorType.h"
#include <algorithm>
#include <cmath>

namespace limbeck::reference {

/// roundeven(clamp(t, lo - zp, hi - zp)) + zp; NaN gives lo. Rounding is monotone, so clamping the integer
/// afterwards is the same, and it stays exact where a 32-bit bound is no f32 value.
inline int64_t clampAndRound(float t, int64_t zeroPoint, int64_t lo, int64_t hi) {
  constexpr float wide = 0x1p40f; // past every 32-bit range, and far inside int64
  t = t > -wide ? t : -wide;
  t = t < wide ? t : wide;
  return std::max(lo, std::min(hi, static_cast<int64_t>(std::nearbyint(t)) + zeroPoint));
}
/// t = x / scale, clamped and rounded.
inline int64_t quantize(float x, float scale, int64_t zeroPoint, int64_t lo, int64_t hi) {
  return clampAndRound(x / scale, zeroPoint, lo, hi);
}
/// f32(q - zp) * scale.
inline float dequantize(int64_t q, float scale, int64_t zeroPoint) {
  return static_cast<float>(q - zeroPoint) * scale;
}
/// The same clamp and rounding for an accumulator: t = f32(acc) * m.
inline int64_t requantize(int64_t accumulator, float multiplier, int64_t zeroPoint, int64_t lo, int64_t hi) {
  return clampAndRound(static_cast<float>(accumulator) * multiplier, zeroPoint, lo, hi);
}

/// Whether a quantized type is sound: integer storage of at most 32 bits, float expressed type, one finite
/// positive scale and one zero point per tensor or per index of the axis, everything inside the range of the
/// storage.
Status checkQuantization(const TensorType &type);

/// A quantized tensor as values of its expressed type: f32 arithmetic, f16 and bf16 are rounded once.
Expected<Tensor> dequantizeTensor(const Tensor &stored, const TensorType &type);
/// A float tensor (f32, f16, bf16) as the storage of `type`.
Expected<Tensor> quantizeTensor(const Tensor &real, const TensorType &type);
/// Converts between f32, f16, bf16 and f64, one rounding.
Expected<Tensor> convertFloat(const Tensor &tensor, DType to);

} // namespace limbeck::reference
