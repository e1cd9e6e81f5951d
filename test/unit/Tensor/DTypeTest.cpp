// Names, widths and ranges of types; half-precision conversions over all of their values and at every
// boundary.
#include "limbeck/Tensor/DType.h"
#include "TensorTesting.h"
#include <bit>
#include <cmath>
#include <limits>

namespace limbeck {
namespace {

using testing::allTypes;

TEST(DType, NamesReadBack) {
  for (DType type : allTypes)
    EXPECT_EQ(dtypeFromName(name(type)), type);
  EXPECT_EQ(dtypeFromName("f8"), std::nullopt);
  EXPECT_TRUE(dtypeNames().starts_with("bool, u4, ")) << dtypeNames();
  EXPECT_TRUE(dtypeNames().ends_with(", f32, f64")) << dtypeNames();
  EXPECT_EQ(dtypeFromName(""), std::nullopt);
}

TEST(DType, WidthsAndKinds) {
  for (DType type : allTypes) {
    EXPECT_EQ(storageBytes(type), std::max(1u, bitWidth(type) / 8)) << name(type);
    EXPECT_EQ(isFloat(type) + isInteger(type) + (type == DType::Bool), 1) << name(type);
    EXPECT_EQ(dispatch(type, []<class T>() { return sizeof(T); }), storageBytes(type));
  }
  EXPECT_TRUE(isSigned(DType::S4));
  EXPECT_TRUE(isSigned(DType::BF16));
  EXPECT_FALSE(isSigned(DType::U64));
  EXPECT_FALSE(isSigned(DType::Bool));
}

TEST(DType, Ranges) {
  auto range = [](DType type) { return std::pair(lowest(type), highest(type)); };
  using Range = std::pair<int64_t, int64_t>;
  EXPECT_EQ(range(DType::Bool), Range(0, 1));
  EXPECT_EQ(range(DType::U4), Range(0, 15));
  EXPECT_EQ(range(DType::S4), Range(-8, 7));
  EXPECT_EQ(range(DType::U8), Range(0, 255));
  EXPECT_EQ(range(DType::S8), Range(-128, 127));
  EXPECT_EQ(range(DType::U32), Range(0, 4294967295));
  EXPECT_EQ(range(DType::S64),
            Range(std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()));
  EXPECT_EQ(highest(DType::U64), std::numeric_limits<int64_t>::max());
}

template <class Half> Half halfFromBits(unsigned bits) {
  Half half;
  half.bits = static_cast<uint16_t>(bits);
  return half;
}

/// The value of half-precision bits by the definition of the format, in f64.
double decoded(unsigned bits, int exponentBits, int fractionBits) {
  int bias = (1 << (exponentBits - 1)) - 1, exponent = int(bits >> fractionBits) & ((1 << exponentBits) - 1);
  int fraction = int(bits) & ((1 << fractionBits) - 1);
  double sign = bits >> 15 ? -1 : 1;
  if (exponent == (1 << exponentBits) - 1)
    return fraction ? std::nan("") : sign * std::numeric_limits<double>::infinity();
  if (exponent == 0)
    return sign * std::ldexp(fraction, 1 - bias - fractionBits);
  return sign * std::ldexp(fraction + (1 << fractionBits), exponent - bias - fractionBits);
}

/// All 65,536 values decode by the definition and survive a round trip bit by bit; NaNs become quiet.
template <class Half> void checkEveryValue(int exponentBits, int fractionBits) {
  for (unsigned bits = 0; bits < 65536; ++bits) {
    auto value = static_cast<float>(halfFromBits<Half>(bits));
    double expected = decoded(bits, exponentBits, fractionBits);
    if (std::isnan(expected)) {
      ASSERT_TRUE(std::isnan(value)) << bits;
      ASSERT_EQ(Half(value).bits, bits | 1u << (fractionBits - 1)) << bits;
      continue;
    }
    ASSERT_EQ(static_cast<double>(value), expected) << bits;
    ASSERT_EQ(std::signbit(value), bits >> 15 != 0) << bits;
    ASSERT_EQ(Half(value).bits, bits);
  }
}
TEST(DType, EveryFloat16) {
  checkEveryValue<Float16>(5, 10);
}
TEST(DType, EveryBFloat16) {
  checkEveryValue<BFloat16>(8, 7);
}

/// Between all neighbours: the midpoint goes to the even one, and what lies beside it to the nearer one.
template <class Half> void checkEveryMidpoint(unsigned infinity) {
  for (unsigned bits = 0; bits + 1 < infinity; ++bits) {
    auto low = static_cast<double>(static_cast<float>(halfFromBits<Half>(bits)));
    auto high = static_cast<double>(static_cast<float>(halfFromBits<Half>(bits + 1)));
    auto middle = static_cast<float>((low + high) / 2); // exact: f32 has more bits
    unsigned even = bits + (bits & 1);
    for (unsigned sign : {0u, 0x8000u}) {
      float factor = sign ? -1.0f : 1.0f;
      ASSERT_EQ(Half(factor * middle).bits, even | sign) << bits;
      ASSERT_EQ(Half(factor * std::nextafter(middle, 0.0f)).bits, bits | sign) << bits;
      ASSERT_EQ(Half(factor * std::nextafter(middle, INFINITY)).bits, (bits + 1) | sign) << bits;
    }
  }
}
TEST(DType, EveryMidpointOfFloat16) {
  checkEveryMidpoint<Float16>(0x7c00);
}
TEST(DType, EveryMidpointOfBFloat16) {
  checkEveryMidpoint<BFloat16>(0x7f80);
}

TEST(DType, HalvesAtTheEnds) {
  EXPECT_EQ(Float16(65519.996f).bits, 0x7bff);
  EXPECT_EQ(Float16(65520.0f).bits, 0x7c00);
  EXPECT_EQ(Float16(std::numeric_limits<float>::max()).bits, 0x7c00);
  EXPECT_EQ(Float16(-INFINITY).bits, 0xfc00);
  EXPECT_EQ(Float16(std::ldexp(1.0f, -25)).bits, 0); // half of the least: to even
  EXPECT_EQ(Float16(-std::numeric_limits<float>::denorm_min()).bits, 0x8000);
  EXPECT_EQ(BFloat16(std::numeric_limits<float>::max()).bits, 0x7f80);
  EXPECT_EQ(BFloat16(std::bit_cast<float>(0x00010000u)).bits, 1);      // a denormal stays
  EXPECT_EQ(BFloat16(std::bit_cast<float>(0x7f800001u)).bits, 0x7fc0); // a NaN whose payload is cut off
}

} // namespace
} // namespace limbeck
