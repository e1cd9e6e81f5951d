// One rounding from a wide float to a narrow one.
#pragma once
#include "limbeck/Tensor/DType.h"
#include <bit>
#include <cmath>

namespace limbeck::reference {

/// f64 -> f32 rounded to odd: a second rounding to f16 or bf16 then gives what one rounding would have given.
inline float roundToOdd(double value) {
  float nearest = static_cast<float>(value);
  if (std::isnan(value) || static_cast<double>(nearest) == value)
    return nearest;
  if (std::fabs(static_cast<double>(nearest)) > std::fabs(value))
    nearest = std::nextafter(nearest, 0.0f);
  return std::bit_cast<float>(std::bit_cast<uint32_t>(nearest) | 1u);
}

/// Any float storage type as `To`, rounded at most once.
template <class To, class From> To convertFloatValue(From value) {
  constexpr bool toHalf = std::is_same_v<To, Float16> || std::is_same_v<To, BFloat16>;
  if constexpr (std::is_same_v<To, From>)
    return value;
  else if constexpr (std::is_same_v<From, Float16> || std::is_same_v<From, BFloat16>)
    return convertFloatValue<To>(static_cast<float>(value));
  else if constexpr (toHalf && std::is_same_v<From, double>)
    return To(roundToOdd(value));
  else
    return static_cast<To>(value);
}

} // namespace limbeck::reference
