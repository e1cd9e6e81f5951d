// Values at the edges of every storage type, tensors per tensor and per axis, and conversions that round
// once.
#include "limbeck/Reference/Quantize.h"
#include "OpTesting.h"
#include "limbeck/Reference/Rounding.h"
#include <cfenv>
#include <limits>

namespace limbeck::reference::testing {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

/// The formula as the semantics page writes it, in f32.
int64_t textbookQuantize(float x, float scale, int64_t zeroPoint, int64_t lo, int64_t hi) {
  float t = x / scale;
  t = std::fmax(t, static_cast<float>(lo - zeroPoint));
  t = std::fmin(t, static_cast<float>(hi - zeroPoint));
  return std::lrint(t) + zeroPoint;
}

TEST(Quantize, FollowsTheFormulaForEveryNarrowStorage) {
  Random random(1);
  for (DType storage : {DType::U4, DType::S4, DType::U8, DType::S8, DType::U16, DType::S16}) {
    int64_t lo = lowest(storage), hi = highest(storage);
    for (int i = 0; i < 3000; ++i) {
      int64_t zeroPoint = random.integer(lo, hi);
      float scale = random.real(1e-3f, 2), x = random.real(-3, 3) * scale * static_cast<float>(hi);
      ASSERT_EQ(quantize(x, scale, zeroPoint, lo, hi), textbookQuantize(x, scale, zeroPoint, lo, hi));
      float tie = (static_cast<float>(random.integer(lo, hi)) + 0.5f) * 0.25f;
      ASSERT_EQ(quantize(tie, 0.25f, zeroPoint, lo, hi), textbookQuantize(tie, 0.25f, zeroPoint, lo, hi));
    }
  }
}

TEST(Quantize, RoundsHalfToEvenBeforeTheZeroPoint) {
  EXPECT_EQ(quantize(0.5f, 1, 3, 0, 255), 3);
  EXPECT_EQ(quantize(1.5f, 1, 3, 0, 255), 5);
  EXPECT_EQ(quantize(-0.5f, 1, 3, 0, 255), 3);
  EXPECT_EQ(quantize(-1.5f, 1, 3, 0, 255), 1);
}

TEST(Quantize, SaturatesSpecialValuesInEveryStorage) {
  for (DType storage :
       {DType::U4, DType::S4, DType::U8, DType::S8, DType::U16, DType::S16, DType::U32, DType::S32}) {
    int64_t lo = lowest(storage), hi = highest(storage);
    for (int64_t zeroPoint : {lo, lo + 1, lo + 5, (lo + hi) / 2, hi - 3, hi}) {
      EXPECT_EQ(quantize(kNaN, 0.5f, zeroPoint, lo, hi), lo) << name(storage);
      EXPECT_EQ(quantize(-kInfinity, 0.5f, zeroPoint, lo, hi), lo);
      EXPECT_EQ(quantize(kInfinity, 0.5f, zeroPoint, lo, hi), hi);
      EXPECT_EQ(quantize(1e30f, 1e-30f, zeroPoint, lo, hi), hi);
      EXPECT_EQ(quantize(0.0f, 0.5f, zeroPoint, lo, hi), zeroPoint);
    }
  }
}

TEST(Quantize, NeverLeavesTheRangeOf32Bits) {
  int64_t lo = lowest(DType::S32), hi = highest(DType::S32);
  EXPECT_EQ(quantize(2147483520.0f, 1, 0, lo, hi), 2147483520); // the last f32 below 2^31
  EXPECT_EQ(quantize(2147483648.0f, 1, 0, lo, hi), hi);
  EXPECT_EQ(quantize(-2147483648.0f, 1, 0, lo, hi), lo);
  EXPECT_EQ(quantize(2147483520.0f, 1, 100, lo, hi), 2147483620);
  Random random(2);
  for (int i = 0; i < 3000; ++i) {
    int64_t value = quantize(random.real(-4e9f, 4e9f), 1, random.integer(lo, hi), lo, hi);
    ASSERT_TRUE(value >= lo && value <= hi);
  }
}

TEST(Quantize, RequantizeMultipliesTheAccumulatorInF32) {
  EXPECT_EQ(requantize(1000, 0.0015f, 7, 0, 255), 7 + std::lrint(1000.0f * 0.0015f));
  EXPECT_EQ(requantize(16777217, 1, 0, lowest(DType::S32), highest(DType::S32)),
            16777216); // f32(acc) rounds first
  EXPECT_EQ(requantize(std::numeric_limits<int64_t>::max(), 1, 3, 0, 255), 255);
  EXPECT_EQ(requantize(0, kInfinity, 3, 0, 255), 0); // NaN gives the lowest value
}

TEST(Quantize, TensorsPerTensorAndPerAxis) {
  Random random(3);
  Tensor real = random.floats({3, 5, 2});
  TensorType whole{DType::S8, {3, 5, 2}, quantization(DType::S8, {0.02f}, {-11})};
  Tensor stored = *quantizeTensor(real, whole);
  for (size_t i = 0; i < 30; ++i)
    ASSERT_EQ(stored.values<int8_t>()[i], textbookQuantize(real.values<float>()[i], 0.02f, -11, -128, 127));
  for (int64_t axis : {0, 1, 2}) {
    size_t count = static_cast<size_t>(real.shape()[static_cast<size_t>(axis)]);
    std::vector<float> scales;
    std::vector<int64_t> zeroPoints;
    for (size_t i = 0; i < count; ++i) {
      scales.push_back(random.real(0.001f, 0.1f));
      zeroPoints.push_back(random.integer(0, 255));
    }
    TensorType type{DType::U8, {3, 5, 2}, quantization(DType::U8, scales, zeroPoints, axis)};
    Tensor quantized = *quantizeTensor(real, type), back = *dequantizeTensor(quantized, type);
    for (size_t i = 0; i < 30; ++i) {
      size_t position[] = {i / 10, i / 2 % 5, i % 2}, p = position[axis];
      int64_t q = quantized.values<uint8_t>()[i];
      ASSERT_EQ(q, textbookQuantize(real.values<float>()[i], scales[p], zeroPoints[p], 0, 255));
      ASSERT_EQ(back.values<float>()[i], static_cast<float>(q - zeroPoints[p]) * scales[p]);
    }
  }
}

TEST(Quantize, BoundsTighterThanTheStorage) {
  Quantization relu6{DType::F32, -1, {0.1f}, {-128}, -128, -68};
  TensorType type{DType::S8, {3}, std::make_shared<Quantization>(relu6)};
  Tensor stored = *quantizeTensor(tensorOf<float>(DType::F32, {3}, {-1, 3, 9}), type);
  EXPECT_EQ(listOf<int8_t>(stored), (std::vector<int8_t>{-128, -98, -68}));
}

TEST(Quantize, AccumulatorsStoredIn32Bits) {
  TensorType type{DType::S32, {3}, quantization(DType::S32, {0.5f}, {0})};
  Tensor stored = *quantizeTensor(tensorOf<float>(DType::F32, {3}, {1.25f, -7, 4e9f}), type);
  EXPECT_EQ(listOf<int32_t>(stored), (std::vector<int32_t>{2, -14, 2147483647}));
  EXPECT_EQ(listOf<float>(*dequantizeTensor(stored, type)), (std::vector<float>{1, -7, 1073741824}));
}

TEST(Quantize, HalfExpressedTypesRoundOnce) {
  for (DType expressed : {DType::F16, DType::BF16}) {
    TensorType type{DType::U8, {256}, quantization(DType::U8, {0.0123f}, {77}, -1, expressed)};
    Tensor stored = *Tensor::zeros(DType::U8, {256});
    for (size_t i = 0; i < 256; ++i)
      stored.mutableValues<uint8_t>()[i] = static_cast<uint8_t>(i);
    Tensor real = *dequantizeTensor(stored, type);
    ASSERT_EQ(real.dtype(), expressed);
    for (int i = 0; i < 256; ++i) {
      float exact = static_cast<float>(i - 77) * 0.0123f;
      float rounded =
          expressed == DType::F16 ? static_cast<float>(Float16(exact)) : static_cast<float>(BFloat16(exact));
      ASSERT_EQ(real.asDouble(i), rounded);
    }
    Tensor again = *quantizeTensor(real, type);
    for (int64_t i = 0; i < 256; ++i)
      ASSERT_EQ(again.values<uint8_t>()[static_cast<size_t>(i)],
                textbookQuantize(static_cast<float>(real.asDouble(i)), 0.0123f, 77, 0, 255));
  }
}

TEST(Quantize, ConvertsF64ToHalfWithOneRounding) {
  double justAboveTie =
      1 + std::ldexp(1, -11) + std::ldexp(1, -40); // through f32 this would tie, and go down
  EXPECT_EQ(static_cast<float>(convertFloatValue<Float16>(justAboveTie)), 1 + std::ldexp(1.0f, -10));
  EXPECT_EQ(static_cast<float>(convertFloatValue<Float16>(-justAboveTie)), -1 - std::ldexp(1.0f, -10));
  EXPECT_EQ(static_cast<float>(convertFloatValue<BFloat16>(1 + std::ldexp(1, -8) + std::ldexp(1, -40))),
            1 + std::ldexp(1.0f, -7));
  EXPECT_EQ(static_cast<float>(convertFloatValue<Float16>(65519.999999)), 65504);
  EXPECT_EQ(static_cast<float>(convertFloatValue<Float16>(1e300)), kInfinity);
  EXPECT_EQ(static_cast<float>(convertFloatValue<BFloat16>(-1e300)), -kInfinity);
  EXPECT_TRUE(std::isnan(static_cast<float>(convertFloatValue<BFloat16>(double(kNaN)))));
  EXPECT_EQ(convertFloatValue<float>(0.1), 0.1f);
}

TEST(Quantize, ConvertsTensorsBetweenAllFloats) {
  DType floats[] = {DType::F16, DType::BF16, DType::F32, DType::F64};
  Tensor source = tensorOf<float>(DType::F32, {4}, {0.5f, -3, 0, 96}); // exact in every type
  for (DType from : floats)
    for (DType to : floats) {
      Tensor converted = *convertFloat(*convertFloat(source, from), to);
      ASSERT_EQ(converted.dtype(), to);
      for (int64_t i = 0; i < 4; ++i)
        ASSERT_EQ(converted.asDouble(i), source.asDouble(i));
    }
  EXPECT_EQ(codeOf(convertFloat(source, DType::S8)), Code::DataType);
}

TEST(Quantize, RefusesUnsoundTypes) {
  auto code = [](DType storage, Quantization parameters) {
    TensorType type{storage, {2, 3}, std::make_shared<Quantization>(std::move(parameters))};
    return codeOf(quantizeTensor(*Tensor::zeros(DType::F32, {2, 3}), type));
  };
  EXPECT_EQ(code(DType::U8, {DType::F32, -1, {0}, {0}, 0, 255}), Code::Scale);
  EXPECT_EQ(code(DType::U8, {DType::F32, -1, {-1}, {0}, 0, 255}), Code::Scale);
  EXPECT_EQ(code(DType::U8, {DType::F32, -1, {kNaN}, {0}, 0, 255}), Code::Scale);
  EXPECT_EQ(code(DType::U8, {DType::F32, -1, {kInfinity}, {0}, 0, 255}), Code::Scale);
  EXPECT_EQ(code(DType::U8, {DType::F32, -1, {1}, {256}, 0, 255}), Code::ZeroPoint);
  EXPECT_EQ(code(DType::U8, {DType::F32, -1, {1}, {0}, -1, 255}), Code::ZeroPoint);
  EXPECT_EQ(code(DType::U8, {DType::F32, -1, {1}, {0}, 9, 8}), Code::ZeroPoint);
  EXPECT_EQ(code(DType::U8, {DType::F32, -1, {}, {}, 0, 255}), Code::QuantizedAxis);
  EXPECT_EQ(code(DType::U8, {DType::F32, 1, {1, 1}, {0, 0}, 0, 255}), Code::QuantizedAxis);
  EXPECT_EQ(code(DType::U8, {DType::F32, 2, {1}, {0}, 0, 255}), Code::QuantizedAxis);
  EXPECT_EQ(code(DType::U8, {DType::F32, 0, {1, 1}, {0}, 0, 255}), Code::QuantizedAxis);
  EXPECT_EQ(code(DType::S64, {DType::F32, -1, {1}, {0}, 0, 255}), Code::DataType);
  EXPECT_EQ(code(DType::U8, {DType::S8, -1, {1}, {0}, 0, 255}), Code::DataType);
  EXPECT_EQ(codeOf(quantizeTensor(*Tensor::zeros(DType::F32, {2}), {DType::U8, {2}, nullptr})),
            Code::DataType);
  EXPECT_EQ(codeOf(dequantizeTensor(*Tensor::zeros(DType::S8, {2}),
                                    {DType::U8, {2}, quantization(DType::U8, {1}, {0})})),
            Code::DataType);
}

} // namespace
} // namespace limbeck::reference::testing
