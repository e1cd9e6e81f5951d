// Functions of two 8-bit elements, such as a residual sum, as arithmetic on integers where all 65,536 pairs prove it.
#pragma once
#include "limbeck/Lower/FusedRounding.h"
#include <array>
#include <span>

namespace limbeck::lower {

/// How many values a byte has.
inline constexpr int64_t kByteValues = 256;

/// clamp(low 16 bits of `rounding` at n, 0, 255), where n = first[0] * q[0] + first[1] * q[1] for a sum, and
/// n = (q[0] - first[0]) * (q[1] - first[1]) for a product. Elements and results are taken without sign: signed ones plus 128.
struct PairForm {
  enum class Kind { Sum, Product } kind;
  std::array<int32_t, 2> factors; ///< of a sum; 16 bits with sign each
  std::array<int32_t, 2> zeros;   ///< of a product: 0 to 255
  FusedRounding rounding;
};

/// The results of all pairs, [q0][q1], 65,536 bytes without sign, none outside `lowest` to `highest`.
struct PairResults {
  std::span<const uint8_t> values;
  int64_t lowest = 0, highest = 255;
};

/// The form of a function near slopes[0] * q[0] + slopes[1] * q[1] + a constant, after clamping to `lowest` and `highest` equal to
/// `results` for all pairs; nothing where none of the integer ratios near that of the slopes is.
std::optional<PairForm> findPairSum(const PairResults &results, std::array<double, 2> slopes);
/// The same for a function near scale * (q[0] - zeros[0]) * (q[1] - zeros[1]) + a constant.
std::optional<PairForm> findPairProduct(const PairResults &results, double scale,
                                        std::array<int32_t, 2> zeros);

/// What is known of an op on two bytes (PairArithmetic.h).
struct PairArithmetic {
  std::optional<PairForm> form;
  std::optional<float> reciprocal; ///< what to multiply by in place of the division by the result's scale
  /// Without a form: every result is a number, and divided by its scale far from where rounding to an integer is no longer exact.
  bool isBounded = false;
};

} // namespace limbeck::lower
