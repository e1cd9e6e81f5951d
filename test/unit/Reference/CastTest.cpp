// cast between all kinds of types, one rounding each; storage_cast.
#include "OpTesting.h"
#include <cmath>
#include <gtest/gtest.h>

namespace limbeck::reference::testing {
namespace {

template <class To, class From> std::vector<To> cast(DType from, DType to, const std::vector<From> &values) {
  auto results = run("cast", {{"to", to}}, {{tensorOf(from, {static_cast<int64_t>(values.size())}, values)}});
  EXPECT_TRUE(results.ok());
  return listOf<To>((*results)[0]);
}

TEST(Cast, FloatToIntegerTruncatesAndSaturates) {
  const std::vector<float> values = {1.9f, -1.9f, 300, -300, NAN, INFINITY, -INFINITY, 1e20f};
  EXPECT_EQ((cast<int8_t>(DType::F32, DType::S8, values)),
            (std::vector<int8_t>{1, -1, 127, -128, 0, 127, -128, 127}));
  EXPECT_EQ((cast<uint8_t>(DType::F32, DType::U8, values)),
            (std::vector<uint8_t>{1, 0, 255, 0, 0, 255, 0, 255}));
  EXPECT_EQ((cast<uint8_t>(DType::F32, DType::U4, values)),
            (std::vector<uint8_t>{1, 0, 15, 0, 0, 15, 0, 15}));
  EXPECT_EQ((cast<int8_t>(DType::F32, DType::S4, values)), (std::vector<int8_t>{1, -1, 7, -8, 0, 7, -8, 7}));
  EXPECT_EQ((cast<int64_t>(DType::F32, DType::S64, values)),
            (std::vector<int64_t>{1, -1, 300, -300, 0, INT64_MAX, INT64_MIN, INT64_MAX}));
  EXPECT_EQ((cast<uint64_t>(DType::F32, DType::U64, values)),
            (std::vector<uint64_t>{1, 0, 300, 0, 0, UINT64_MAX, 0, UINT64_MAX}));
  EXPECT_EQ(
      (cast<int32_t>(DType::F64, DType::S32, std::vector<double>{2147483647.5, -2147483648.5, 2147483648.0})),
      (std::vector<int32_t>{INT32_MAX, INT32_MIN, INT32_MAX}));
  EXPECT_EQ((cast<uint64_t>(DType::F64, DType::U64, std::vector<double>{9.3e18})),
            (std::vector<uint64_t>{9300000000000000000u}));
}

TEST(Cast, IntegersWrap) {
  const std::vector<int32_t> values = {-1, 300, 127, 24, -9};
  EXPECT_EQ((cast<int8_t>(DType::S32, DType::S8, values)), (std::vector<int8_t>{-1, 44, 127, 24, -9}));
  EXPECT_EQ((cast<uint8_t>(DType::S32, DType::U8, values)), (std::vector<uint8_t>{255, 44, 127, 24, 247}));
  EXPECT_EQ((cast<uint8_t>(DType::S32, DType::U4, values)), (std::vector<uint8_t>{15, 12, 15, 8, 7}));
  EXPECT_EQ((cast<int8_t>(DType::S32, DType::S4, values)), (std::vector<int8_t>{-1, -4, -1, -8, 7}));
  EXPECT_EQ((cast<int64_t>(DType::S4, DType::S64, std::vector<int8_t>{-8, 7})),
            (std::vector<int64_t>{-8, 7}));
  EXPECT_EQ((cast<uint64_t>(DType::S8, DType::U64, std::vector<int8_t>{-1})),
            (std::vector<uint64_t>{UINT64_MAX}));
}

TEST(Cast, BoolIsWhetherNotZero) {
  EXPECT_EQ((cast<bool>(DType::F32, DType::Bool, std::vector<float>{0, -0.0f, 0.1f, NAN})),
            (std::vector<bool>{false, false, true, true}));
  EXPECT_EQ((cast<bool>(DType::S64, DType::Bool, std::vector<int64_t>{0, int64_t(1) << 40})),
            (std::vector<bool>{false, true}));
  EXPECT_EQ((cast<float>(DType::Bool, DType::F32, std::vector<bool>{true, false})),
            (std::vector<float>{1, 0}));
  EXPECT_EQ(static_cast<float>(cast<BFloat16>(DType::Bool, DType::BF16, std::vector<bool>{true})[0]), 1);
}

TEST(Cast, RoundsOnceToHalfPrecision) {
  // Just above the middle of two half-precision neighbours: through f32 it would become a tie and go down.
  double above = 1 + std::ldexp(1.0, -11) + std::ldexp(1.0, -40);
  EXPECT_EQ((cast<Float16>(DType::F64, DType::F16, std::vector<double>{above}))[0].bits, 0x3c01);
  EXPECT_EQ((cast<Float16>(DType::F64, DType::F16, std::vector<double>{-above}))[0].bits, 0xbc01);
  EXPECT_EQ((cast<Float16>(DType::F64, DType::F16, std::vector<double>{1 + std::ldexp(1.0, -11)}))[0].bits,
            0x3c00);
  int64_t integer = (int64_t(1) << 62) + (int64_t(1) << 54);
  EXPECT_EQ(
      static_cast<float>((cast<BFloat16>(DType::S64, DType::BF16, std::vector<int64_t>{integer + 1}))[0]),
      std::ldexp(1.0f, 62) + std::ldexp(1.0f, 55));
  EXPECT_EQ(
      static_cast<float>((cast<BFloat16>(DType::S64, DType::BF16, std::vector<int64_t>{-integer - 1}))[0]),
      -std::ldexp(1.0f, 62) - std::ldexp(1.0f, 55));
  EXPECT_EQ(static_cast<float>((cast<BFloat16>(DType::S64, DType::BF16, std::vector<int64_t>{integer}))[0]),
            std::ldexp(1.0f, 62));
  EXPECT_EQ((cast<Float16>(DType::S32, DType::F16, std::vector<int32_t>{2049, 2051, -65520}))[0].bits,
            Float16(2048.0f).bits);
  EXPECT_EQ((cast<Float16>(DType::S32, DType::F16, std::vector<int32_t>{-65520}))[0].bits, 0xfc00);
  EXPECT_EQ((cast<float>(DType::S64, DType::F32, std::vector<int64_t>{16777217, 16777219}))[1], 16777220.0f);
  EXPECT_EQ((cast<float>(DType::F16, DType::F32, std::vector<Float16>{Float16(0.1f)}))[0],
            static_cast<float>(Float16(0.1f)));
  EXPECT_EQ((cast<int8_t>(DType::BF16, DType::S8, std::vector<BFloat16>{BFloat16(-3.5f)}))[0], -3);
}

TEST(Cast, InferNeedsATypeAndAPlainTensor) {
  TensorType plain{DType::F32, {kUnknown, 3}, nullptr};
  EXPECT_EQ(*inferShape("cast", {{"to", DType::S8}}, {plain}), (Shape{kUnknown, 3}));
  EXPECT_EQ(codeOf(inferShape("cast", {}, {plain})), Code::Attribute);
  TensorType quantized{DType::U8, {3}, quantization(DType::U8, {0.5f}, {3})};
  EXPECT_EQ(codeOf(inferShape("cast", {{"to", DType::S8}}, {quantized})), Code::DataType);
}

TEST(StorageCast, KeepsStoredValues) {
  Tensor stored = tensorOf<uint8_t>(DType::U8, {3}, {0, 7, 255});
  auto results = run("storage_cast", {}, {{stored, quantization(DType::U8, {0.5f}, {3})}});
  ASSERT_TRUE(results.ok());
  EXPECT_TRUE((*results)[0].identical(stored));
  EXPECT_EQ(codeOf(inferShape("storage_cast", {}, {{DType::F32, {3}, nullptr}})), Code::DataType);
}

} // namespace
} // namespace limbeck::reference::testing
