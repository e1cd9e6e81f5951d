// The scalar language: the few operations in which every elementwise function is written, once.
//
// The interpreter instantiates the functions on host numbers (HostScalar.h), the compiler on a builder that emits
// the same operations on scalars or vectors; so both compute the same bits. A function in this language is
// branch-free (`select` instead of `if`), its loops have constant trip counts, and it rounds only where an
// operation rounds.
//
//   Value, Condition, Bits         a number; a truth value; the bits of a number as an integer of its width
//   kind(), width()                element kind and width in bits; constant for a language: a plain `if` may ask
//
//   every language                 (a bool tensor's language has Value = Condition)
//     equal less lessEqual         Value, Value -> Condition; ordered: false when a float operand is NaN
//     select(c, a, b)              a where c holds, else b
//     conditionAnd Or Not          on Conditions
//   numbers                        (NumberLanguage: floats and integers)
//     constant(double)             rounded to the type once; an integer wraps
//     add sub mul                  floats round once, integers wrap
//     div                          floats round once; integers truncate, the caller excludes /0 and lowest / -1
//     neg abs                      floats change only the sign bit, integers wrap
//     minimum maximum              IEEE 754-2019: NaN wins, -0 < +0; which NaN is not specified
//     bitsOf fromBits              reinterpret
//     bitConstant(int64_t)         truncated to the width
//     bitAdd bitSub bitAnd bitOr   wrap
//     shiftLeft shiftRightLogical shiftRightArithmetic   by a constant count below the width
//   floats                         (FloatLanguage: f32 and f64)
//     fma(a, b, c)                 a * b + c, rounded once
//     sqrt floor ceil roundEven    correctly rounded
//     scale(a, n)                  a * 2^n, rounded once; a is from 1/2 to 2, n an integer whose half is an exponent of the type
//     isNan                        Value -> Condition
//     toInteger                    Value -> Bits, truncated toward zero; the caller keeps it in range of signed Bits
//     fromInteger                  signed Bits -> Value, rounded to nearest even
//     wide()                       a language of f64 (f64: itself)
//     widen narrow                 Value -> Value of wide(), exact; back, rounded once
#pragma once
#include <concepts>
#include <cstdint>

namespace limbeck::reference {

enum class ScalarKind : uint8_t { Bool, Signed, Unsigned, F32, F64 };

template <class L>
concept ScalarLanguage = requires(L &l, typename L::Value v, typename L::Condition c) {
  { l.kind() } -> std::same_as<ScalarKind>;
  { l.width() } -> std::convertible_to<unsigned>;
  { l.equal(v, v) } -> std::same_as<typename L::Condition>;
  { l.less(v, v) } -> std::same_as<typename L::Condition>;
  { l.lessEqual(v, v) } -> std::same_as<typename L::Condition>;
  { l.select(c, v, v) } -> std::same_as<typename L::Value>;
  { l.conditionAnd(c, c) } -> std::same_as<typename L::Condition>;
  { l.conditionOr(c, c) } -> std::same_as<typename L::Condition>;
  { l.conditionNot(c) } -> std::same_as<typename L::Condition>;
};

/// The language of a bool tensor: its values are conditions.
template <class L>
concept LogicLanguage = ScalarLanguage<L> && std::same_as<typename L::Value, typename L::Condition>;

template <class L>
concept NumberLanguage = ScalarLanguage<L> && requires(L &l, typename L::Value v, typename L::Bits b,
                                                       double number, int64_t word, unsigned n) {
  { l.constant(number) } -> std::same_as<typename L::Value>;
  { l.add(v, v) } -> std::same_as<typename L::Value>;
  { l.sub(v, v) } -> std::same_as<typename L::Value>;
  { l.mul(v, v) } -> std::same_as<typename L::Value>;
  { l.div(v, v) } -> std::same_as<typename L::Value>;
  { l.neg(v) } -> std::same_as<typename L::Value>;
  { l.abs(v) } -> std::same_as<typename L::Value>;
  { l.minimum(v, v) } -> std::same_as<typename L::Value>;
  { l.maximum(v, v) } -> std::same_as<typename L::Value>;
  { l.bitsOf(v) } -> std::same_as<typename L::Bits>;
  { l.fromBits(b) } -> std::same_as<typename L::Value>;
  { l.bitConstant(word) } -> std::same_as<typename L::Bits>;
  { l.bitAdd(b, b) } -> std::same_as<typename L::Bits>;
  { l.bitSub(b, b) } -> std::same_as<typename L::Bits>;
  { l.bitAnd(b, b) } -> std::same_as<typename L::Bits>;
  { l.bitOr(b, b) } -> std::same_as<typename L::Bits>;
  { l.shiftLeft(b, n) } -> std::same_as<typename L::Bits>;
  { l.shiftRightLogical(b, n) } -> std::same_as<typename L::Bits>;
  { l.shiftRightArithmetic(b, n) } -> std::same_as<typename L::Bits>;
};

template <class L>
concept FloatLanguage = NumberLanguage<L> && requires(L &l, typename L::Value v, typename L::Bits b) {
  { l.fma(v, v, v) } -> std::same_as<typename L::Value>;
  { l.sqrt(v) } -> std::same_as<typename L::Value>;
  { l.floor(v) } -> std::same_as<typename L::Value>;
  { l.ceil(v) } -> std::same_as<typename L::Value>;
  { l.roundEven(v) } -> std::same_as<typename L::Value>;
  { l.scale(v, v) } -> std::same_as<typename L::Value>;
  { l.isNan(v) } -> std::same_as<typename L::Condition>;
  { l.toInteger(v) } -> std::same_as<typename L::Bits>;
  { l.fromInteger(b) } -> std::same_as<typename L::Value>;
  { l.narrow(l.widen(v)) } -> std::same_as<typename L::Value>;
  l.wide();
};

template <ScalarLanguage L> bool isFloat(L &l) {
  return l.kind() == ScalarKind::F32 || l.kind() == ScalarKind::F64;
}
template <ScalarLanguage L> bool isDouble(L &l) {
  return l.kind() == ScalarKind::F64;
}

/// a * 2^n by two factors, so that a result too large becomes infinity. A NaN in n must come with one in a.
template <class L> typename L::Value multiplyByPower(L &l, typename L::Value a, typename L::Value n) {
  bool wide = isDouble(l);
  auto magic = l.constant(wide ? 0x1.8p52 : 0x1.8p23); // leaves an integer in the low bits of a sum
  auto exponent = l.bitSub(l.bitsOf(l.add(n, magic)), l.bitsOf(magic));
  auto half = l.shiftRightArithmetic(exponent, 1);
  auto powerOfTwo = [&](typename L::Bits power) {
    return l.fromBits(l.shiftLeft(l.bitAdd(power, l.bitConstant(wide ? 1023 : 127)), wide ? 52 : 23));
  };
  return l.mul(l.mul(a, powerOfTwo(half)), powerOfTwo(l.bitSub(exponent, half)));
}

/// `scale`, made of `multiply`, an a * 2^n whose result is normal. An instruction whose result is subnormal or vanishes takes some
/// processors more than a hundred cycles, and what a mask takes out of a softmax vanishes. So where n would make it one, the product
/// is 2^100 times as large (2^1000 of f64), and an addition rounds it to the multiples of 2^-149 that it is to become: the low bits
/// of the sum are the result.
template <class L, class Multiply>
typename L::Value scaleWithoutUnderflow(L &l, typename L::Value a, typename L::Value n, Multiply multiply) {
  bool wide = isDouble(l);
  auto tiny = l.less(n, l.constant(wide ? -1022 : -126));
  auto product = multiply(a, l.select(tiny, l.add(n, l.constant(wide ? 1000 : 100)), n));
  auto unit = l.constant(wide ? 0x1p-22 : 0x1p-26); // its own unit is the least subnormal, raised
  auto rounded = l.fromBits(l.bitSub(l.bitsOf(l.add(product, unit)), l.bitsOf(unit)));
  return l.select(tiny, rounded, product);
}

} // namespace limbeck::reference
