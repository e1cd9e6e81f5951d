// calib.observe and calib.fake_quant.
#include "OpTesting.h"
#include "limbeck/Reference/Quantize.h"
#include <cmath>

namespace limbeck::reference::testing {
namespace {

Attributes fakeQuantAttributes(int64_t lo, int64_t hi, int64_t axis, DType storage = DType::S8) {
  return {{"storage", storage}, {"lowest", lo}, {"highest", hi}, {"axis", axis}};
}

TEST(Calibration, ObserveIsIdentityOnAnyType) {
  Random random(61);
  Tensor x = random.integers(DType::U8, {3, 4});
  auto parameters = quantization(DType::U8, {0.5f}, {7});
  auto y = run("calib.observe", {{"stat", std::string("x")}}, {{x, parameters}},
               TensorType{DType::U8, {}, parameters});
  EXPECT_TRUE((*y)[0].identical(x));
}

TEST(Calibration, FakeQuantIsQuantizeThenDequantize) {
  Random random(62);
  Tensor x = random.floats({2, 3, 4});
  for (int64_t axis : {-1, 0, 1, 2}) {
    int64_t count = axis < 0 ? 1 : x.shape()[static_cast<size_t>(axis)];
    std::vector<float> scales;
    std::vector<int32_t> zeros;
    for (int64_t i = 0; i < count; ++i) {
      scales.push_back(random.real(0.01f, 0.05f));
      zeros.push_back(static_cast<int32_t>(random.integer(-20, 20)));
    }
    auto y = run("calib.fake_quant", fakeQuantAttributes(-63, 63, axis),
                 {{x}, {tensorOf(DType::F32, {count}, scales)}, {tensorOf(DType::S32, {count}, zeros)}});
    ASSERT_TRUE(y.ok()) << y.diagnostic().text();
    for (size_t i = 0; i < 24; ++i) {
      size_t position[] = {i / 12, i / 4 % 3, i % 4}, p = axis < 0 ? 0 : position[axis];
      float t = x.values<float>()[i] / scales[p];
      t = std::fmin(std::fmax(t, static_cast<float>(-63 - zeros[p])), static_cast<float>(63 - zeros[p]));
      ASSERT_EQ((*y)[0].values<float>()[i], std::nearbyint(t) * scales[p]);
    }
  }
}

TEST(Calibration, FakeQuantOfHalf) {
  Tensor x = *convertFloat(tensorOf<float>(DType::F32, {2}, {0.33f, -9}), DType::BF16);
  auto y = run("calib.fake_quant", fakeQuantAttributes(-128, 127, -1),
               {{x}, {Tensor::scalar(DType::F32, 0.05f)}, {Tensor::scalar(DType::S32, int32_t(0))}});
  EXPECT_EQ((*y)[0].dtype(), DType::BF16);
  EXPECT_EQ((*y)[0].values<BFloat16>()[0].bits, BFloat16(7 * 0.05f).bits);
  EXPECT_EQ((*y)[0].values<BFloat16>()[1].bits, BFloat16(-128 * 0.05f).bits);
}

TEST(Calibration, FakeQuantRefusals) {
  Tensor x = *Tensor::zeros(DType::F32, {2, 3}), s = Tensor::scalar(DType::F32, 0.5f),
         z = *Tensor::zeros(DType::S32, {});
  auto code = [&](Attributes attributes, Tensor scale, Tensor zero) {
    return codeOf(run("calib.fake_quant", attributes, {{x}, {scale}, {zero}}));
  };
  EXPECT_EQ(code(fakeQuantAttributes(-129, 127, -1), s, z), Code::AttributeRange);
  EXPECT_EQ(code(fakeQuantAttributes(5, 4, -1), s, z), Code::AttributeRange);
  EXPECT_EQ(code(fakeQuantAttributes(0, 1, -1, DType::F32), s, z), Code::DataType);
  EXPECT_EQ(code(fakeQuantAttributes(-128, 127, -1), Tensor::scalar(DType::F32, 0.0f), z), Code::Scale);
  EXPECT_EQ(code(fakeQuantAttributes(-128, 127, -1), s, Tensor::scalar(DType::S32, int32_t(128))),
            Code::ZeroPoint);
  EXPECT_EQ(code(fakeQuantAttributes(-128, 127, -1), s, *Tensor::zeros(DType::S8, {})), Code::ZeroPoint);
  Tensor three = tensorOf<float>(DType::F32, {3}, {1, 1, 1}), zeros = *Tensor::zeros(DType::S32, {3});
  EXPECT_EQ(code(fakeQuantAttributes(-128, 127, -1), three, zeros), Code::QuantizedAxis);
  EXPECT_EQ(code(fakeQuantAttributes(-128, 127, 0), three, zeros), Code::QuantizedAxis);
  EXPECT_EQ(code(fakeQuantAttributes(-128, 127, 2), three, zeros), Code::QuantizedAxis);
}

} // namespace
} // namespace limbeck::reference::testing
