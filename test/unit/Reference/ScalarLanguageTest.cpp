// The algorithms in a language like a compiler's: one type for values, conditions and bits, the element kind
// known only at run time. Its results must be those of the host languages, bit for bit.
#include "limbeck/Reference/Elementwise.h"
#include "limbeck/Reference/HostScalar.h"
#include <cstring>
#include <gtest/gtest.h>

namespace limbeck::reference {
namespace {

/// 64 bits whose meaning the language knows.
struct Word {
  uint64_t bits = 0;
};
template <class T> T unpack(Word word) {
  T value;
  std::memcpy(&value, &word.bits, sizeof(T));
  return value;
}
template <class T> Word pack(T value) {
  Word word;
  std::memcpy(&word.bits, &value, sizeof(T));
  return word;
}

class DynamicScalar {
public:
  using Value = Word;
  using Condition = Word;
  using Bits = Word;
  explicit DynamicScalar(ScalarKind elementKind) : elementKind(elementKind) {}
  ScalarKind kind() const { return elementKind; }
  unsigned width() const {
    return elementKind == ScalarKind::F64        ? 64
           : elementKind == ScalarKind::Bool     ? 1
           : elementKind == ScalarKind::Unsigned ? 8
                                                 : 32;
  }

#define FORWARD(operation)                                                                                   \
  template <class... V> Word operation(V... values) const {                                                  \
    return forward(values..., [](auto host, auto... unpacked) -> Word {                                      \
      if constexpr (requires { host.operation(unpacked...); })                                               \
        return pack(host.operation(unpacked...));                                                            \
      else                                                                                                   \
        return Word();                                                                                       \
    });                                                                                                      \
  }
  FORWARD(equal)
  FORWARD(less)
  FORWARD(lessEqual)
  FORWARD(add)
  FORWARD(sub)
  FORWARD(mul)
  FORWARD(div)
  FORWARD(neg)
  FORWARD(abs)
  FORWARD(minimum)
  FORWARD(maximum)
  FORWARD(fma)
  FORWARD(sqrt)
  FORWARD(floor)
  FORWARD(ceil)
  FORWARD(roundEven)
  FORWARD(isNan)
  FORWARD(scale)
#undef FORWARD
  Word select(Word c, Word a, Word b) const { return unpack<bool>(c) ? a : b; }
  Word conditionAnd(Word a, Word b) const { return pack(unpack<bool>(a) && unpack<bool>(b)); }
  Word conditionOr(Word a, Word b) const { return pack(unpack<bool>(a) || unpack<bool>(b)); }
  Word conditionNot(Word a) const { return pack(!unpack<bool>(a)); }
  Word constant(double number) const {
    return withHost([&](auto host) -> Word {
      if constexpr (NumberLanguage<decltype(host)>)
        return pack(host.constant(number));
      else
        return Word();
    });
  }
  Word bitsOf(Word a) const { return a; }
  Word fromBits(Word a) const { return a; }
  Word bitConstant(int64_t word) const { return cut(static_cast<uint64_t>(word)); }
  Word bitAdd(Word a, Word b) const { return cut(a.bits + b.bits); }
  Word bitSub(Word a, Word b) const { return cut(a.bits - b.bits); }
  Word bitAnd(Word a, Word b) const { return cut(a.bits & b.bits); }
  Word bitOr(Word a, Word b) const { return cut(a.bits | b.bits); }
  Word shiftLeft(Word a, unsigned count) const { return cut(a.bits << count); }
  Word shiftRightLogical(Word a, unsigned count) const { return cut(a.bits >> count); }
  Word shiftRightArithmetic(Word a, unsigned count) const {
    unsigned unused = 64 - width();
    return cut(static_cast<uint64_t>(static_cast<int64_t>(a.bits << unused) >> unused >> count));
  }
  Word toInteger(Word a) const {
    return elementKind == ScalarKind::F64 ? pack(static_cast<int64_t>(unpack<double>(a)))
                                          : pack(static_cast<int32_t>(unpack<float>(a)));
  }
  Word fromInteger(Word a) const {
    return elementKind == ScalarKind::F64 ? pack(static_cast<double>(unpack<int64_t>(a)))
                                          : pack(static_cast<float>(unpack<int32_t>(a)));
  }
  DynamicScalar wide() const { return DynamicScalar(ScalarKind::F64); }
  Word widen(Word a) const { return elementKind == ScalarKind::F64 ? a : pack<double>(unpack<float>(a)); }
  Word narrow(Word a) const {
    return elementKind == ScalarKind::F64 ? a : pack(static_cast<float>(unpack<double>(a)));
  }

private:
  Word cut(uint64_t bits) const { return {width() == 64 ? bits : bits & ((uint64_t(1) << width()) - 1)}; }
  template <class F> Word withHost(F f) const {
    switch (elementKind) {
    case ScalarKind::F32:
      return f(HostScalar<float>());
    case ScalarKind::F64:
      return f(HostScalar<double>());
    case ScalarKind::Signed:
      return f(HostScalar<int32_t>());
    case ScalarKind::Unsigned:
      return f(HostScalar<uint8_t>());
    case ScalarKind::Bool:
      return f(HostScalar<bool>());
    }
    return {};
  }
  template <class F> Word forward(Word a, F f) const {
    return withHost([&](auto host) { return f(host, unpack<typename decltype(host)::Value>(a)); });
  }
  template <class F> Word forward(Word a, Word b, F f) const {
    return withHost([&](auto host) {
      using T = typename decltype(host)::Value;
      return f(host, unpack<T>(a), unpack<T>(b));
    });
  }
  template <class F> Word forward(Word a, Word b, Word c, F f) const {
    return withHost([&](auto host) {
      using T = typename decltype(host)::Value;
      return f(host, unpack<T>(a), unpack<T>(b), unpack<T>(c));
    });
  }
  ScalarKind elementKind;
};
static_assert(FloatLanguage<DynamicScalar> && LogicLanguage<DynamicScalar>);

/// Every op that accepts T, on all pairs of values, in both languages.
template <class T> void expectSameBits(ScalarKind kind, const std::vector<T> &values) {
  HostScalar<T> host;
  DynamicScalar dynamic(kind);
  ElementwiseParameters parameters(
      Attributes{{"alpha", 0.3f}, {"beta", 0.6f}, {"min", -1.5f}, {"max", 2.5f}});
  int served = 0;
  forEachElementwiseOp([&]<class Op>() {
    constexpr bool supported = Op::types == ElementwiseTypes::Any ||
                               (Op::types == ElementwiseTypes::Bool    ? std::is_same_v<T, bool>
                                : Op::types == ElementwiseTypes::Float ? std::is_floating_point_v<T>
                                                                       : !std::is_same_v<T, bool>);
    if constexpr (supported) {
      for (T a : values)
        for (T b : values) {
          auto expected = [&] {
            if constexpr (Op::form == ElementwiseForm::Unary)
              return pack(Op::apply(host, parameters, a));
            else if constexpr (Op::form == ElementwiseForm::Choose)
              return pack(Op::apply(host, parameters, true, a, b));
            else
              return pack(Op::apply(host, parameters, a, b));
          }();
          std::vector<Word> operands = {pack(a), pack(b)};
          operands.resize(std::min(arity(Op::form), 2));
          if (Op::form == ElementwiseForm::Choose)
            operands.insert(operands.begin(), pack(true));
          auto found = evaluateElementwise(dynamic, Op::name, std::span<const Word>(operands), parameters);
          ASSERT_TRUE(found) << Op::name;
          bool bothNan = false;
          if constexpr (std::is_floating_point_v<T>)
            bothNan = std::isnan(unpack<T>(expected)) && std::isnan(unpack<T>(*found));
          EXPECT_TRUE(bothNan || found->bits == expected.bits) << Op::name << " " << +a << " " << +b;
        }
      ++served;
    }
  });
  EXPECT_GE(served, 7);
}

TEST(ScalarLanguage, RunTimeKindGivesTheBitsOfTheHost) {
  const double inf = INFINITY;
  expectSameBits<float>(ScalarKind::F32,
                        {0.0f, -0.0f, 1, -1, 0.3f, -2.7f, 5, 88, -95, 1e-40f, 1e30f, float(inf), NAN});
  expectSameBits<double>(ScalarKind::F64,
                         {0.0, -0.0, 1, -1, 0.3, -2.7, 5, 709, -740, 1e-310, 1e300, -inf, NAN});
  expectSameBits<int32_t>(ScalarKind::Signed, {0, 1, -1, 2, 3, -7, 100, INT32_MAX, INT32_MIN});
  expectSameBits<uint8_t>(ScalarKind::Unsigned, {0, 1, 2, 3, 7, 200, 255});
  expectSameBits<bool>(ScalarKind::Bool, {false, true});
}

/// Beside the C library: results of every magnitude, rounded where they are subnormal, too large or too small.
template <class T> void expectScales(int least, int greatest) {
  HostScalar<T> l;
  for (T a : {T(1), T(0.5), T(0.75), T(1.3), T(1) + std::numeric_limits<T>::epsilon(),
              T(2) - std::numeric_limits<T>::epsilon()})
    for (int n = least; n <= greatest; ++n)
      EXPECT_EQ(l.bitsOf(l.scale(a, static_cast<T>(n))), l.bitsOf(std::ldexp(a, n))) << a << " " << n;
  EXPECT_TRUE(std::isnan(l.scale(T(NAN), T(NAN))));
}

TEST(ScalarLanguage, ScalesByPowersOfTwo) {
  expectScales<float>(-252, 254);
  expectScales<double>(-2044, 2046);
}

TEST(ScalarLanguage, UnknownNamesAndWrongArityHaveNoValue) {
  DynamicScalar l(ScalarKind::F32);
  Word operands[2] = {};
  EXPECT_FALSE(evaluateElementwise(l, "sinh", std::span<const Word>(operands, 1), {}));
  EXPECT_FALSE(evaluateElementwise(l, "exp", std::span<const Word>(operands, 2), {}));
  EXPECT_TRUE(isElementwise("where"));
  EXPECT_FALSE(isElementwise("softmax"));
}

TEST(ScalarLanguage, HostComparisonsAreNotValuesOfANumber) {
  HostScalar<float> l;
  float operands[2] = {1, 2};
  EXPECT_FALSE(evaluateElementwise(l, "less", std::span<const float>(operands), {}));
  EXPECT_EQ(evaluateElementwise(l, "add", std::span<const float>(operands), {}), 3.0f);
}

} // namespace
} // namespace limbeck::reference
