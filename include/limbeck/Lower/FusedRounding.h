// Scaling an integer and rounding it to a byte with one fused multiply-add.
//
// An integer n with 0x4B000000 + d added to it has the bits of the float 2^23 + d + n, as long as that stays below 2^24: no
// conversion is needed. fma(float, scale, shift) with a shift near 1.5 * 2^23, where the floats are the integers, rounds to nearest
// even, and leaves the rounded value in its low 16 bits. Outside of that range floats still grow with their bits. So the whole is
// a function of n that never falls, like the one it stands for: the two are equal everywhere if they are at the steps of that one,
// and if the form takes no step more at either end, where what follows does not clamp it.
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

namespace limbeck::lower {

/// A function of an integer that never falls, with values 0 to 255: the arguments between which each value is reached.
struct StepFunction {
  struct Step {
    int64_t value;       ///< at `from` and behind it at least this, at `below` and before it less
    int64_t below, from; ///< below < from
  };
  std::vector<Step> steps;     ///< by value
  int64_t least = 0, most = 0; ///< the arguments that there are
  /// The values at `least` and at `most`, which nothing may pass; nothing where what follows clamps to them.
  std::optional<int64_t> lowest = std::nullopt, highest = std::nullopt;
};

/// The low 16 bits of fma(bits(start + n), scale, shift), as a signed number; what packing saturates to 0 and 255.
struct FusedRounding {
  int32_t start = 0;
  float scale = 0, shift = 0;

  /// The value at n; nothing where start + n are not the bits of a finite positive float, or 16 bits do not hold the value.
  std::optional<int64_t> at(int64_t n) const;
};

/// The bits of 1.5 * 2^23: what the integer 0 is, seen as a rounded float.
inline constexpr int64_t kRoundedZeroBits = 0x4b400000;

/// The form that equals `function` for all arguments from `least` to `most`, with a scale within a few units in the last place of
/// `scale`. Nothing where there is none: too steep or too flat, or ties that round in both directions. Compared at all steps
/// and at both ends.
///   {{1, 0, 1}, {2, 2, 3}}, least 0, most 4, scale 0.5: roundeven(0.5 n + 0.1), say
std::optional<FusedRounding> findFusedRounding(const StepFunction &function, double scale);

/// That of a function that has one value, 0 to 255, whatever its argument of a byte.
FusedRounding constantRounding(int64_t value);

/// fma(bits(start + n), multiplier, shift) in place of f32(n) * multiplier.
struct FusedProduct {
  int32_t start = 0;
  float shift = 0;
};

/// Constants with which both round to the same integer, after clamping to `lowest` and `highest`, for all n from `least` to `most`;
/// and with which the product stays below 2^22, so that rounding takes it. Nothing where none are found: results between the bounds
/// are reached from n farther apart than 2^23. Compared at all steps.
///   multiplier 0.001, lowest 0: start 0x4B000000, shift -2^23 * multiplier, which is exact
std::optional<FusedProduct> findFusedProduct(float multiplier, int64_t lowest, int64_t highest, int64_t least,
                                             int64_t most);

} // namespace limbeck::lower
