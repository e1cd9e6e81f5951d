// The scalar language on the numbers of the host: how the interpreter and constant folding compute.
#pragma once
#include "limbeck/Reference/ScalarLanguage.h"
#include <bit>
#include <cmath>
#include <limits>
#include <type_traits>

namespace limbeck::reference {

/// What every host language shares: comparison and choice.
template <class T> struct HostComparison {
  using Value = T;
  using Condition = bool;
  Condition equal(T a, T b) const { return a == b; }
  Condition less(T a, T b) const { return a < b; }
  Condition lessEqual(T a, T b) const { return a <= b; }
  T select(bool condition, T a, T b) const { return condition ? a : b; }
  bool conditionAnd(bool a, bool b) const { return a && b; }
  bool conditionOr(bool a, bool b) const { return a || b; }
  bool conditionNot(bool a) const { return !a; }
};

/// Operations on bits: B is an unsigned type, so that everything wraps.
template <class T, std::unsigned_integral B> struct HostBits : HostComparison<T> {
  using Bits = B;
  constexpr unsigned width() const { return 8 * sizeof(B); }
  B bitsOf(T value) const { return std::bit_cast<B>(value); }
  T fromBits(B bits) const { return std::bit_cast<T>(bits); }
  B bitConstant(int64_t word) const { return static_cast<B>(word); }
  B bitAdd(B a, B b) const { return static_cast<B>(a + b); }
  B bitSub(B a, B b) const { return static_cast<B>(a - b); }
  B bitAnd(B a, B b) const { return static_cast<B>(a & b); }
  B bitOr(B a, B b) const { return static_cast<B>(a | b); }
  B shiftLeft(B a, unsigned count) const { return static_cast<B>(a << count); }
  B shiftRightLogical(B a, unsigned count) const { return static_cast<B>(a >> count); }
  B shiftRightArithmetic(B a, unsigned count) const {
    return static_cast<B>(static_cast<std::make_signed_t<B>>(a) >> count);
  }
};

template <class T> struct HostScalar;

template <> struct HostScalar<bool> : HostComparison<bool> {
  constexpr ScalarKind kind() const { return ScalarKind::Bool; }
  constexpr unsigned width() const { return 1; }
};

template <std::integral T>
  requires(!std::same_as<T, bool>)
struct HostScalar<T> : HostBits<T, std::make_unsigned_t<T>> {
  constexpr ScalarKind kind() const {
    return std::is_signed_v<T> ? ScalarKind::Signed : ScalarKind::Unsigned;
  }
  T constant(double number) const { return static_cast<T>(static_cast<int64_t>(number)); }
  // In 64 unsigned bits: no promotion to int, no overflow.
  T add(T a, T b) const { return static_cast<T>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b)); }
  T sub(T a, T b) const { return static_cast<T>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b)); }
  T mul(T a, T b) const { return static_cast<T>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b)); }
  T div(T a, T b) const { return static_cast<T>(a / b); }
  T neg(T a) const { return sub(0, a); }
  T abs(T a) const { return a < T(0) ? neg(a) : a; }
  T minimum(T a, T b) const { return b < a ? b : a; }
  T maximum(T a, T b) const { return a < b ? b : a; }
};

template <std::floating_point T>
struct HostScalar<T> : HostBits<T, std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>> {
  using Bits = typename HostScalar::HostBits::Bits;
  constexpr ScalarKind kind() const { return sizeof(T) == 4 ? ScalarKind::F32 : ScalarKind::F64; }
  T constant(double number) const { return static_cast<T>(number); }
  T add(T a, T b) const { return a + b; }
  T sub(T a, T b) const { return a - b; }
  T mul(T a, T b) const { return a * b; }
  T div(T a, T b) const { return a / b; }
  T neg(T a) const { return -a; }
  T abs(T a) const { return std::fabs(a); }
  T minimum(T a, T b) const { return pick(a, b, a < b || (a == b && std::signbit(a))); }
  T maximum(T a, T b) const { return pick(a, b, a > b || (a == b && !std::signbit(a))); }
  T fma(T a, T b, T c) const { return std::fma(a, b, c); }
  T sqrt(T a) const { return std::sqrt(a); }
  T floor(T a) const { return std::floor(a); }
  T ceil(T a) const { return std::ceil(a); }
  T roundEven(T a) const { return std::nearbyint(a); } // the rounding mode is always to nearest even
  T scale(T a, T n) const {
    return scaleWithoutUnderflow(*this, a, n, [&](T x, T power) { return multiplyByPower(*this, x, power); });
  }
  bool isNan(T a) const { return a != a; }
  Bits toInteger(T a) const { return static_cast<Bits>(static_cast<std::make_signed_t<Bits>>(a)); }
  T fromInteger(Bits a) const { return static_cast<T>(static_cast<std::make_signed_t<Bits>>(a)); }
  HostScalar<double> wide() const { return {}; }
  double widen(T a) const { return a; }
  T narrow(double a) const { return static_cast<T>(a); }

private:
  static T pick(T a, T b, bool first) { return a != a ? a : b != b ? b : first ? a : b; }
};

static_assert(LogicLanguage<HostScalar<bool>>);
static_assert(NumberLanguage<HostScalar<int8_t>> && NumberLanguage<HostScalar<uint64_t>>);
static_assert(FloatLanguage<HostScalar<float>> && FloatLanguage<HostScalar<double>>);

} // namespace limbeck::reference
