// Quantize and dequantize ops with parameters as operands and in types, and what they refuse.
#include "OpTesting.h"
#include "limbeck/Reference/Quantize.h"
#include <cmath>
#include <limits>

namespace limbeck::reference::testing {
namespace {

Attributes along(int64_t axis, int64_t block = 0, DType to = DType::F32) {
  return {{"axis", axis}, {"block_size", block}, {"to", to}};
}

int64_t textbook(float t, int64_t zero, DType storage) {
  t = std::fmax(t, static_cast<float>(lowest(storage) - zero));
  t = std::fmin(t, static_cast<float>(highest(storage) - zero));
  return std::lrint(t) + zero;
}

struct Layout {
  Shape parameters;
  int64_t axis, block;
};

TEST(Quantization, OperandFormsPerTensorAxisAndBlock) {
  Random random(51);
  const Shape shape{3, 5, 7};
  for (const Layout &layout :
       {Layout{{}, 1, 0}, Layout{{1}, 9, 0}, Layout{{3}, 0, 0}, Layout{{5}, 1, 0}, Layout{{7}, 2, 0},
        Layout{{3, 3, 7}, 1, 2}, Layout{{3, 5, 2}, 2, 4}, Layout{{1, 5, 7}, 0, 3}})
    for (DType storage : {DType::U4, DType::S4, DType::U8, DType::S8, DType::U16, DType::S16}) {
      Tensor x = random.floats(shape), scale = random.floats(layout.parameters);
      for (float &value : scale.mutableValues<float>())
        value = std::fabs(value) * 0.1f + 1e-3f;
      Tensor zero = random.integers(storage, layout.parameters);
      auto parameterOf = [&](size_t i) -> size_t {
        size_t position[] = {i / 35, i / 7 % 5, i % 7};
        if (scale.size() == 1)
          return 0;
        if (layout.block == 0)
          return position[layout.axis];
        position[layout.axis] /= static_cast<size_t>(layout.block);
        return (position[0] * static_cast<size_t>(layout.parameters[1]) + position[1]) *
                   static_cast<size_t>(layout.parameters[2]) +
               position[2];
      };
      auto q = run("quantize_by", along(layout.axis, layout.block), {{x}, {scale}, {zero}});
      ASSERT_TRUE(q.ok()) << q.diagnostic().text();
      auto back = run("dequantize_by", along(layout.axis, layout.block), {{(*q)[0]}, {scale}, {zero}});
      auto half =
          run("dequantize_by", along(layout.axis, layout.block, DType::BF16), {{(*q)[0]}, {scale}, {zero}});
      std::vector<int64_t> stored = (*q)[0].asIndices(), zeros = zero.asIndices();
      for (size_t i = 0; i < stored.size(); ++i) {
        float s = scale.values<float>()[parameterOf(i)];
        int64_t z = zeros[parameterOf(i)];
        ASSERT_EQ(stored[i], textbook(x.values<float>()[i] / s, z, storage));
        float real = static_cast<float>(stored[i] - z) * s;
        ASSERT_EQ((*back)[0].values<float>()[i], real);
        ASSERT_EQ((*half)[0].values<BFloat16>()[i].bits, BFloat16(real).bits);
      }
    }
}

TEST(Quantization, HalfOperandsAreWidened) {
  Tensor x = *convertFloat(tensorOf<float>(DType::F32, {3}, {0.1f, -2.7f, 5}), DType::F16);
  Tensor scale = *convertFloat(tensorOf<float>(DType::F32, {}, {0.03f}), DType::F16);
  auto q = run("quantize_by", along(0), {{x}, {scale}, {tensorOf<int8_t>(DType::S8, {}, {4})}});
  float s = static_cast<float>(scale.asDouble(0));
  for (int64_t i = 0; i < 3; ++i)
    EXPECT_EQ((*q)[0].values<int8_t>()[static_cast<size_t>(i)],
              textbook(static_cast<float>(x.asDouble(i)) / s, 4, DType::S8));
}

TEST(Quantization, RequantizeByRowAndChannel) {
  Random random(52);
  Tensor acc = random.integers(DType::S32, {2, 3, 4});
  for (int32_t &value : acc.mutableValues<int32_t>())
    value /= 50000;
  for (Shape rows : {Shape{}, Shape{3}})
    for (Shape channels : {Shape{1}, Shape{4}}) {
      Tensor sx = random.floats(rows), sw = random.floats(channels);
      for (float &value : sx.mutableValues<float>())
        value = std::fabs(value) + 0.1f;
      for (float &value : sw.mutableValues<float>())
        value = std::fabs(value) + 0.1f;
      auto q = run("requantize_by", {{"axis", int64_t(2)}},
                   {{acc},
                    {sx},
                    {sw},
                    {Tensor::scalar(DType::F32, 300.0f)},
                    {Tensor::scalar(DType::U8, uint8_t(99))}});
      ASSERT_TRUE(q.ok()) << q.diagnostic().text();
      for (size_t i = 0; i < 24; ++i) {
        float x = sx.values<float>()[sx.size() == 1 ? 0 : i / 4 % 3],
              w = sw.values<float>()[sw.size() == 1 ? 0 : i % 4];
        float m = (x * w) / 300.0f;
        ASSERT_EQ((*q)[0].values<uint8_t>()[i],
                  textbook(static_cast<float>(acc.values<int32_t>()[i]) * m, 99, DType::U8));
      }
    }
}

TEST(Quantization, DynamicQuantize) {
  auto quantized = [](std::vector<float> x) {
    return *run("dynamic_quantize", {}, {{tensorOf(DType::F32, {static_cast<int64_t>(x.size())}, x)}});
  };
  std::vector<Tensor> example =
      quantized({0, 2, -3, -2.5f, 1.34f, 0.5f}); // the example of ONNX's operator page
  EXPECT_EQ(listOf<uint8_t>(example[0]), (std::vector<uint8_t>{153, 255, 0, 26, 221, 179}));
  EXPECT_EQ(example[1].values<float>()[0], 5.0f / 255.0f);
  EXPECT_EQ(example[2].values<uint8_t>()[0], 153);
  std::vector<Tensor> positive = quantized({1, 2.1f, 1.3f, 2.5f, 3.34f, 4});
  EXPECT_EQ(listOf<uint8_t>(positive[0]), (std::vector<uint8_t>{64, 134, 83, 159, 213, 255}));
  EXPECT_EQ(positive[2].values<uint8_t>()[0], 0);
  for (std::vector<float> zeros : {std::vector<float>{0, -0.0f}, std::vector<float>{}}) {
    std::vector<Tensor> result = quantized(zeros);
    EXPECT_EQ(listOf<uint8_t>(result[0]), std::vector<uint8_t>(zeros.size()));
    EXPECT_EQ(result[1].values<float>()[0], 1);
    EXPECT_EQ(result[2].values<uint8_t>()[0], 0);
  }
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  std::vector<Tensor> withNan = quantized({nan, 255, nan});
  EXPECT_EQ(listOf<uint8_t>(withNan[0]), (std::vector<uint8_t>{0, 255, 0}));
  EXPECT_EQ(withNan[1].values<float>()[0], 1);
  std::vector<Tensor> negative = quantized({-5, -1});
  EXPECT_EQ(listOf<uint8_t>(negative[0]), (std::vector<uint8_t>{0, 204}));
  EXPECT_EQ(negative[2].values<uint8_t>()[0], 255);
}

TEST(Quantization, TypedForms) {
  Random random(53);
  Tensor x = random.floats({4, 3});
  auto fine = quantization(DType::S8, {0.02f}, {5}),
       coarse = quantization(DType::U8, {0.1f, 0.2f, 0.3f}, {9, 100, 0}, 1);
  TensorType fineType{DType::S8, {4, 3}, fine}, coarseType{DType::U8, {4, 3}, coarse};
  Tensor q = (*run("quantize", {}, {{x}}, fineType))[0];
  EXPECT_TRUE(q.identical(*quantizeTensor(x, fineType)));
  Tensor real = (*run("dequantize", {}, {{q, fine}}))[0];
  EXPECT_TRUE(real.identical(*dequantizeTensor(q, fineType)));
  EXPECT_TRUE(
      (*run("requantize", {}, {{q, fine}}, coarseType))[0].identical(*quantizeTensor(real, coarseType)));
  EXPECT_EQ(codeOf(run("dequantize", {}, {{q}})), Code::DataType);
  EXPECT_EQ(codeOf(run("requantize", {}, {{q}})), Code::DataType);
  EXPECT_EQ(codeOf(run("quantize", {}, {{q, fine}})), Code::DataType);
  EXPECT_EQ(codeOf(run("quantize", {}, {{*Tensor::zeros(DType::F64, {2})}})), Code::DataType);
}

TEST(Quantization, UnknownDimensionsFlowThrough) {
  TensorType x{DType::F32, {kUnknown, 4}, nullptr}, list{DType::F32, {kUnknown}, nullptr},
      zeros{DType::U8, {kUnknown}, nullptr};
  EXPECT_EQ(*inferShape("quantize_by", along(0), {x, list, zeros}), (Shape{kUnknown, 4}));
  EXPECT_EQ(*inferShape("quantize_by", along(1), {x, list, zeros}), (Shape{kUnknown, 4}));
  EXPECT_EQ(*inferShape("dequantize_by", along(1, 2),
                        {{DType::U8, {kUnknown, 4}, nullptr},
                         {DType::F32, {kUnknown, 2}, nullptr},
                         {DType::U8, {kUnknown, 2}, nullptr}}),
            (Shape{kUnknown, 4}));
}

TEST(Quantization, RefusesBadScales) {
  Tensor x = *Tensor::zeros(DType::F32, {2}), zero = *Tensor::zeros(DType::U8, {});
  auto code = [&](float scale) {
    return codeOf(run("quantize_by", along(0), {{x}, {Tensor::scalar(DType::F32, scale)}, {zero}}));
  };
  for (float scale :
       {0.0f, -1.0f, std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()})
    EXPECT_EQ(code(scale), Code::Scale);
  EXPECT_EQ(code(1e-40f), Code::ScaleRange);
  Tensor acc = *Tensor::zeros(DType::S32, {2}), big = Tensor::scalar(DType::F32, 1e30f);
  EXPECT_EQ(codeOf(run("requantize_by", {{"axis", int64_t(0)}}, {{acc}, {big}, {big}, {big}, {zero}})),
            Code::ScaleRange);
}

TEST(Quantization, RefusesBadZeroPoints) {
  Tensor x = *Tensor::zeros(DType::F32, {2}), scale = Tensor::scalar(DType::F32, 1.0f);
  auto code = [&](Tensor zero) { return codeOf(run("quantize_by", along(0), {{x}, {scale}, {zero}})); };
  EXPECT_EQ(code(Tensor::scalar(DType::F32, 0.0f)), Code::ZeroPoint);
  EXPECT_EQ(code(*Tensor::zeros(DType::S64, {})), Code::ZeroPoint);
  EXPECT_EQ(code(tensorOf<int8_t>(DType::S4, {}, {9})), Code::ZeroPoint);
  EXPECT_EQ(code(*Tensor::zeros(DType::U8, {2})), Code::QuantizedAxis); // one scale, two zero points
  Tensor q = *Tensor::zeros(DType::U8, {2});
  EXPECT_EQ(codeOf(run("dequantize_by", along(0), {{q}, {scale}, {*Tensor::zeros(DType::S8, {})}})),
            Code::ZeroPoint);
  EXPECT_EQ(
      codeOf(run("dequantize_by", along(0, 0, DType::S8), {{q}, {scale}, {*Tensor::zeros(DType::U8, {})}})),
      Code::DataType);
}

TEST(Quantization, RefusesBadAxesAndBlocks) {
  auto code = [](int64_t axis, int64_t block, Shape parameters) {
    TensorType x{DType::F32, {2, 6}, nullptr}, scale{DType::F32, parameters, nullptr},
        zero{DType::U8, parameters, nullptr};
    return codeOf(inferShape("quantize_by", along(axis, block), {x, scale, zero}));
  };
  EXPECT_EQ(code(1, 0, {5}), Code::QuantizedAxis);
  EXPECT_EQ(code(42, 0, {6}), Code::QuantizedAxis);
  EXPECT_EQ(code(-1, 0, {6}), Code::QuantizedAxis);
  EXPECT_EQ(code(1, 0, {2, 6}), Code::QuantizedAxis);
  EXPECT_EQ(code(1, -1, {2, 6}), Code::QuantizedAxis);
  EXPECT_EQ(code(1, 2, {6}), Code::QuantizedAxis);
  EXPECT_EQ(code(1, 2, {2, 2}), Code::QuantizedAxis);
  EXPECT_EQ(code(1, 2, {1, 3}), Code::QuantizedAxis);
}

} // namespace
} // namespace limbeck::reference::testing
