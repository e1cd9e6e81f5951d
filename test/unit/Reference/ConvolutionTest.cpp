// conv and conv_transpose against textbook loops: floats bit for bit, quantized values exactly.
#include "ConvolutionTesting.h"
#include "limbeck/Reference/Quantize.h"
#include <cmath>
#include <limits>

namespace limbeck::reference::testing {
namespace {

const char *opName(bool transposed) {
  return transposed ? "conv_transpose" : "conv";
}

TEST(Convolution, FloatBitsEqualTextbookLoopsInBothLayouts) {
  Random random(11);
  for (int round = 0; round < 120; ++round) {
    ConvolutionCase at = ConvolutionCase::random(random, round % 2);
    Tensor x = random.floats(at.x()), w = random.floats(at.weights()), bias = random.floats({at.o});
    std::vector<float> wanted = at.textbook<float>(0, [&](float sum, int64_t i, int64_t k) {
      return std::fma(i < 0 ? 0.0f : x.values<float>()[static_cast<size_t>(i)],
                      w.values<float>()[static_cast<size_t>(k)], sum);
    });
    bool biased = round % 3 == 0;
    for (size_t i = 0; biased && i < wanted.size(); ++i)
      wanted[i] += bias.values<float>()[static_cast<size_t>(at.channelOf(i))];
    std::vector<Typed> operands{{x}, {w}};
    if (biased)
      operands.push_back({bias});
    auto y = run(opName(at.transposed), at.attributes("NCHW"), operands);
    ASSERT_TRUE(y.ok()) << y.diagnostic().text();
    ASSERT_TRUE((*y)[0].identical(tensorOf(DType::F32, at.y(), wanted))) << "round " << round;
    operands[0].value = toChannelsLast<float>(x);
    auto last = run(opName(at.transposed), at.attributes("NHWC"), operands);
    ASSERT_TRUE((*last)[0].identical(toChannelsLast<float>((*y)[0])));
  }
}

TEST(Convolution, DepthwiseAndPointwise) {
  Random random(12);
  for (ConvolutionCase at : {ConvolutionCase{1, 37, 7, 5, 37, 3, 3, 37, {2, 1}, {1, 1, 1, 1}, {1, 1}, {}},
                             ConvolutionCase{2, 19, 4, 3, 131, 1, 1, 1, {1, 1}, {0, 0, 0, 0}, {1, 1}, {}},
                             ConvolutionCase{1, 6, 5, 5, 18, 3, 3, 6, {1, 1}, {1, 1, 1, 1}, {1, 1}, {}}}) {
    Tensor x = random.floats(at.x()), w = random.floats(at.weights());
    std::vector<float> wanted = at.textbook<float>(0, [&](float sum, int64_t i, int64_t k) {
      return std::fma(i < 0 ? 0.0f : x.values<float>()[static_cast<size_t>(i)],
                      w.values<float>()[static_cast<size_t>(k)], sum);
    });
    auto y = run("conv", at.attributes("NCHW"), {{x}, {w}});
    ASSERT_TRUE((*y)[0].identical(tensorOf(DType::F32, at.y(), wanted)));
  }
}

TEST(Convolution, PaddingTakesPartAsZero) {
  ConvolutionCase at{1, 1, 1, 1, 1, 3, 3, 1, {1, 1}, {1, 1, 1, 1}, {1, 1}, {}};
  std::vector<float> weights(9, 1.0f);
  weights[0] = std::numeric_limits<float>::infinity(); // 0 * inf
  auto y =
      run("conv", at.attributes("NCHW"),
          {{tensorOf<float>(DType::F32, {1, 1, 1, 1}, {2})}, {tensorOf(DType::F32, {1, 1, 3, 3}, weights)}});
  EXPECT_TRUE(std::isnan((*y)[0].values<float>()[0]));
}

TEST(Convolution, HalfRoundsOnceAndDoubleStaysDouble) {
  Random random(13);
  ConvolutionCase at = ConvolutionCase::random(random, false);
  Tensor x = *convertFloat(random.floats(at.x()), DType::F16),
         w = *convertFloat(random.floats(at.weights()), DType::F16);
  auto half = run("conv", at.attributes("NCHW"), {{x}, {w}});
  Tensor wideX = *convertFloat(x, DType::F32), wideW = *convertFloat(w, DType::F32);
  auto single = run("conv", at.attributes("NCHW"), {{wideX}, {wideW}});
  EXPECT_TRUE((*half)[0].identical(*convertFloat((*single)[0], DType::F16)));

  Tensor doubleX = *convertFloat(wideX, DType::F64), doubleW = *convertFloat(wideW, DType::F64);
  auto exact = run("conv", at.attributes("NCHW"), {{doubleX}, {doubleW}});
  std::vector<double> wanted = at.textbook<double>(0, [&](double sum, int64_t i, int64_t k) {
    return std::fma(i < 0 ? 0.0 : doubleX.values<double>()[static_cast<size_t>(i)],
                    doubleW.values<double>()[static_cast<size_t>(k)], sum);
  });
  EXPECT_TRUE((*exact)[0].identical(tensorOf(DType::F64, at.y(), wanted)));
}

/// Exact integers of every output, before the bias.
std::vector<int64_t> integerSums(const ConvolutionCase &at, const Typed &x, const Typed &w,
                                 int64_t weightAxisStride) {
  std::vector<int64_t> xs = x.value.asIndices(), ws = w.value.asIndices();
  const std::vector<int64_t> &zeros = w.quantization->zeroPoints;
  return at.textbook<int64_t>(0, [&](int64_t sum, int64_t i, int64_t k) {
    int64_t zero = zeros[static_cast<size_t>(k / weightAxisStride) % zeros.size()];
    int64_t centred = i < 0 ? 0 : xs[static_cast<size_t>(i)] - x.quantization->zeroPoints[0];
    return sum + centred * (ws[static_cast<size_t>(k)] - zero);
  });
}

struct Storages {
  DType x, weights, result;
};

TEST(Convolution, QuantizedEqualsTextbookIntegers) {
  Random random(14);
  int round = 0;
  for (Storages storage :
       {Storages{DType::U8, DType::S8, DType::U8}, Storages{DType::S8, DType::S8, DType::S8},
        Storages{DType::U8, DType::U8, DType::S16}, Storages{DType::S16, DType::S16, DType::S16},
        Storages{DType::U4, DType::S4, DType::S4}})
    for (int repeat = 0; repeat < 12; ++repeat, ++round) {
      ConvolutionCase at = ConvolutionCase::random(random, repeat % 2);
      bool perChannel = repeat % 3 != 0, biased = repeat % 4 != 0, floatResult = repeat % 5 == 4;
      int64_t axis = at.transposed ? 1 : 0,
              scaleCount = perChannel ? at.weights()[static_cast<size_t>(axis)] : 1;
      std::vector<float> scales, biasScales;
      std::vector<int64_t> zeroPoints;
      float xScale = random.real(0.01f, 0.05f);
      for (int64_t i = 0; i < scaleCount; ++i) {
        scales.push_back(random.real(0.001f, 0.02f));
        biasScales.push_back(xScale * scales.back());
        zeroPoints.push_back(random.integer(lowest(storage.weights), highest(storage.weights)));
      }
      int64_t xZero = random.integer(lowest(storage.x), highest(storage.x));
      Typed x{random.integers(storage.x, at.x()), quantization(storage.x, {xScale}, {xZero})};
      Typed w{random.integers(storage.weights, at.weights()),
              quantization(storage.weights, scales, zeroPoints, perChannel ? axis : -1)};
      Typed bias{*Tensor::zeros(DType::S32, {at.o})};
      for (int32_t &value : bias.value.mutableValues<int32_t>())
        value = static_cast<int32_t>(random.integer(-100000, 100000));
      if (repeat % 2 && (!perChannel || scaleCount == at.o)) // typed and plain s32 biases mean the same
        bias.quantization = quantization(DType::S32, biasScales, std::vector<int64_t>(biasScales.size(), 0),
                                         perChannel ? 0 : -1);
      std::vector<Typed> operands{x, w};
      if (biased)
        operands.push_back(bias);

      Quantization out{DType::F32,
                       -1,
                       {0.07f},
                       {random.integer(lowest(storage.result), highest(storage.result))},
                       lowest(storage.result) + 1,
                       highest(storage.result) - 2}; // bounds as an activation leaves them
      TensorType type{storage.result, {}, std::make_shared<Quantization>(out)};
      if (floatResult)
        type = {DType::F32, {}, nullptr};
      auto y = run(opName(at.transposed), at.attributes("NCHW"), operands, type);
      ASSERT_TRUE(y.ok()) << y.diagnostic().text();

      int64_t stride = at.kh * at.kw * (at.transposed ? 1 : at.weights()[1]);
      std::vector<int64_t> sums = integerSums(at, x, w, stride);
      for (size_t i = 0; i < sums.size(); ++i) {
        size_t channel = static_cast<size_t>(at.channelOf(i));
        int64_t sum = sums[i] + (biased ? bias.value.values<int32_t>()[channel] : 0);
        float product = xScale * scales[channel % scales.size()];
        if (floatResult) {
          ASSERT_EQ((*y)[0].values<float>()[i], static_cast<float>(sum) * product);
          continue;
        }
        float t = static_cast<float>(sum) * (product / 0.07f);
        t = std::fmin(std::fmax(t, static_cast<float>(out.lowest - out.zeroPoints[0])),
                      static_cast<float>(out.highest - out.zeroPoints[0]));
        ASSERT_EQ((*y)[0].asDouble(static_cast<int64_t>(i)),
                  static_cast<double>(std::lrint(t) + out.zeroPoints[0]))
            << "round " << round;
      }
      operands[0].value = dispatch(storage.x, [&]<class T>() { return toChannelsLast<T>(x.value); });
      auto last = run(opName(at.transposed), at.attributes("NHWC"), operands, type);
      Tensor wanted = dispatch(type.dtype, [&]<class T>() { return toChannelsLast<T>((*y)[0]); });
      ASSERT_TRUE((*last)[0].identical(wanted));
    }
}

Attributes plain(std::vector<int64_t> pads = {0, 0, 0, 0}, int64_t groups = 1, const char *layout = "NCHW") {
  return {{"strides", std::vector<int64_t>{1, 1}},   {"pads", std::move(pads)},
          {"dilations", std::vector<int64_t>{1, 1}}, {"groups", groups},
          {"layout", std::string(layout)},           {"output_padding", std::vector<int64_t>{0, 0}}};
}
TensorType floats(Shape shape, DType dtype = DType::F32) {
  return {dtype, std::move(shape), nullptr};
}

TEST(Convolution, UnknownDimensionsFlowThrough) {
  EXPECT_EQ(*inferShape("conv", plain(), {floats({kUnknown, 3, kUnknown, 8}), floats({4, 3, 3, 3})}),
            (Shape{kUnknown, 4, kUnknown, 6}));
  EXPECT_EQ(*inferShape("conv", plain({0, 0, 0, 0}, 1, "NHWC"),
                        {floats({1, 8, 8, kUnknown}), floats({kUnknown, 3, 3, kUnknown}), floats({5})}),
            (Shape{1, 6, kUnknown, 5}));
  EXPECT_EQ(*inferShape("conv_transpose", plain({0, 0, 0, 0}, 2),
                        {floats({1, kUnknown, 4, 4}), floats({4, 3, 3, 3})}),
            (Shape{1, 6, 6, 6}));
}

TEST(Convolution, RefusesShapesThatDoNotFit) {
  auto code = [](const char *name, const Attributes &attributes, std::vector<TensorType> types) {
    return codeOf(inferShape(name, attributes, types));
  };
  TensorType x = floats({1, 4, 8, 8}), w = floats({6, 4, 3, 3});
  EXPECT_EQ(code("conv", plain(), {floats({1, 4, 8}), w}), Code::Rank);
  EXPECT_EQ(code("conv", plain(), {x, floats({6, 4, 3})}), Code::Rank);
  EXPECT_EQ(code("conv", plain(), {x, floats({6, 3, 3, 3})}), Code::Shape);
  EXPECT_EQ(code("conv", plain({0, 0, 0, 0}, 0), {x, w}), Code::Shape);
  EXPECT_EQ(code("conv", plain({0, 0, 0, 0}, -2), {x, w}), Code::Shape);
  EXPECT_EQ(code("conv", plain({0, 0, 0, 0}, 4), {x, floats({6, 1, 3, 3})}), Code::Shape);
  EXPECT_EQ(code("conv", plain({0, 0, 0, 0}, int64_t(1) << 62), {x, floats({0, 4, 3, 3})}),
            Code::SizeOverflow);
  EXPECT_EQ(code("conv", plain(), {x, floats({6, 4, 9, 3})}), Code::AttributeRange);
  EXPECT_EQ(code("conv", plain(), {x, floats({6, 4, 0, 3})}), Code::AttributeRange);
  EXPECT_EQ(code("conv", plain({0, 0}), {x, w}), Code::AttributeLength);
  EXPECT_EQ(code("conv", plain({0, 0, 0, 0}, 1, "HWCN"), {x, w}), Code::Attribute);
  EXPECT_EQ(code("conv", plain(), {x, w, floats({5})}), Code::Shape);
  EXPECT_EQ(code("conv", plain(), {x, w, floats({6, 1})}), Code::Rank);
  EXPECT_EQ(code("conv", plain(), {x, floats({6, 4, 3, 3}, DType::F16)}), Code::DataType);
  EXPECT_EQ(code("conv", plain(), {floats({1, 4, 8, 8}, DType::S8), floats({6, 4, 3, 3}, DType::S8)}),
            Code::DataType);
  EXPECT_EQ(code("conv", plain(), {x, w, floats({6}, DType::S32)}), Code::DataType);
  EXPECT_EQ(code("conv", plain(), {x}), Code::Arity);
  EXPECT_EQ(code("conv_transpose", plain(), {x, floats({5, 2, 3, 3})}), Code::Shape);
  EXPECT_EQ(code("conv_transpose", plain({9, 9, 9, 9}), {x, floats({4, 2, 3, 3})}), Code::AttributeRange);
  Attributes shortPadding = plain();
  shortPadding.set("output_padding", std::vector<int64_t>{0});
  EXPECT_EQ(code("conv_transpose", shortPadding, {x, floats({4, 2, 3, 3})}), Code::AttributeLength);
}

TEST(Convolution, RefusesQuantizedOperandsThatDoNotFit) {
  TensorType x{DType::U8, {1, 4, 8, 8}, quantization(DType::U8, {0.5f}, {3})};
  TensorType w{DType::S8, {2, 4, 3, 3}, quantization(DType::S8, {0.25f, 0.5f}, {0, 0}, 0)};
  auto code = [](std::vector<TensorType> types) { return codeOf(inferShape("conv", plain(), types)); };
  auto bias = [](std::vector<float> scales, int64_t zeroPoint, int64_t axis) {
    std::vector<int64_t> zeroPoints(scales.size(), zeroPoint);
    return TensorType{DType::S32, {2}, quantization(DType::S32, std::move(scales), zeroPoints, axis)};
  };
  EXPECT_TRUE(inferShape("conv", plain(), {x, w, bias({0.125f, 0.25f}, 0, 0)}).ok());
  EXPECT_TRUE(inferShape("conv", plain(), {x, w, floats({2}, DType::S32)}).ok());
  EXPECT_EQ(code({x, w, bias({0.125f, 0.26f}, 0, 0)}), Code::QuantizedConv);
  EXPECT_EQ(code({x, w, bias({0.125f}, 0, -1)}), Code::QuantizedConv);
  EXPECT_EQ(code({x, w, bias({0.125f, 0.25f}, 1, 0)}), Code::QuantizedConv);
  EXPECT_EQ(code({x, w, floats({2})}), Code::QuantizedConv);
  EXPECT_EQ(code({x, floats({2, 4, 3, 3})}), Code::QuantizedConv);
  EXPECT_EQ(code({floats({1, 4, 8, 8}), w}), Code::QuantizedConv);
  EXPECT_EQ(code({floats({1, 4, 8, 8}), floats({2, 4, 3, 3}), bias({0.1f}, 0, -1)}), Code::QuantizedConv);
  EXPECT_EQ(code({x, {DType::S8, {2, 4, 3, 3}, quantization(DType::S8, {1, 1, 1, 1}, {0, 0, 0, 0}, 1)}}),
            Code::QuantizedConv);
  EXPECT_EQ(code({{DType::U8, {1, 4, 8, 8}, quantization(DType::U8, {1, 1, 1, 1}, {0, 0, 0, 0}, 1)}, w}),
            Code::QuantizedConv);
  EXPECT_EQ(code({{DType::S32, {1, 4, 8, 8}, quantization(DType::S32, {0.5f}, {0})}, w}),
            Code::QuantizedConv);
  EXPECT_EQ(code({x, {DType::S8, {2, 4, 3, 3}, quantization(DType::S8, {0}, {0})}}), Code::Scale);
}

} // namespace
} // namespace limbeck::reference::testing
