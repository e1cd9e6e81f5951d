// softmax and the normalizations against their definitions in f64, and the exact order of their f32 steps.
#include "OpTesting.h"
#include "limbeck/Reference/LaneReduction.h"
#include <cmath>
#include <gtest/gtest.h>

namespace limbeck::reference::testing {
namespace {

Attributes along(int64_t axis) {
  return {{"axis", axis}};
}

TEST(Softmax, MatchesItsDefinition) {
  Random random(2);
  Tensor x = random.floats({3, 37, 5});
  Tensor y = (*run("softmax", along(1), {{x}}))[0], z = (*run("log_softmax", along(1), {{x}}))[0];
  for (int64_t o = 0; o < 3; ++o)
    for (int64_t i = 0; i < 5; ++i) {
      auto at = [&](int64_t k) { return static_cast<size_t>((o * 37 + k) * 5 + i); };
      double sum = 0;
      for (int64_t k = 0; k < 37; ++k)
        sum += std::exp(static_cast<double>(x.values<float>()[at(k)]));
      for (int64_t k = 0; k < 37; ++k) {
        double exact = std::exp(static_cast<double>(x.values<float>()[at(k)])) / sum;
        EXPECT_NEAR(y.values<float>()[at(k)], exact, exact * 5e-7);
        EXPECT_NEAR(z.values<float>()[at(k)], std::log(exact), 1e-6);
      }
    }
}

TEST(Softmax, LargeAndInfiniteValues) {
  Tensor x = tensorOf<float>(DType::F32, {2, 3}, {1e30f, 1e30f, -INFINITY, -1e30f, 5, 5});
  EXPECT_EQ(listOf<float>((*run("softmax", along(1), {{x}}))[0]),
            (std::vector<float>{0.5f, 0.5f, 0, 0, 0.5f, 0.5f}));
  Tensor lost = tensorOf<float>(DType::F32, {2}, {-INFINITY, -INFINITY});
  EXPECT_TRUE(std::isnan((*run("softmax", along(0), {{lost}}))[0].values<float>()[0]));
  EXPECT_EQ((*run("softmax", along(1), {{*Tensor::zeros(DType::F32, {2, 0})}}))[0].size(), 0);
}

TEST(Softmax, QuantizedIsComputedInFloat) {
  Tensor x = tensorOf<int8_t>(DType::S8, {3}, {-3, -3, -3});
  auto results = run("softmax", along(0), {{x, quantization(DType::S8, {0.1f}, {5})}},
                     TensorType{DType::U8, {}, quantization(DType::U8, {1.0f / 256}, {7})});
  ASSERT_TRUE(results.ok());
  EXPECT_EQ(listOf<uint8_t>((*results)[0]), (std::vector<uint8_t>{92, 92, 92}));
}

TEST(Softmax, Infer) {
  EXPECT_EQ(*inferShape("softmax", along(1), {{DType::F16, {kUnknown, 3}, nullptr}}), (Shape{kUnknown, 3}));
  EXPECT_EQ(codeOf(inferShape("softmax", along(2), {{DType::F32, {2, 3}, nullptr}})), Code::Axis);
  EXPECT_EQ(codeOf(inferShape("softmax", along(0), {{DType::S32, {2}, nullptr}})), Code::DataType);
}

TEST(LayerNorm, StepsInOrder) {
  Random random(4);
  Tensor x = random.floats({2, 3, 19}), scale = random.floats({19}), bias = random.floats({3, 1});
  Attributes attributes{{"axis", int64_t(1)}, {"epsilon", 1e-5f}};
  auto results = *run("layer_norm", attributes, {{x}, {scale}, {bias}});
  ASSERT_EQ(results.size(), 3u);
  EXPECT_EQ(results[1].shape(), (Shape{2, 1, 1}));
  for (int64_t group = 0; group < 2; ++group) {
    const float *values = x.values<float>().data() + group * 57;
    float mean = laneSum<float>(57, [&](int64_t i) { return values[i]; }) / 57.0f;
    float squares = laneSum<float>(57, [&](int64_t i) {
      float difference = values[i] - mean;
      return difference * difference;
    });
    float inverse = 1.0f / std::sqrt(squares / 57.0f + 1e-5f);
    EXPECT_EQ(results[1].values<float>()[group], mean);
    EXPECT_EQ(results[2].values<float>()[group], inverse);
    for (int64_t i = 0; i < 57; ++i) {
      float scaled = ((values[i] - mean) * inverse) * scale.values<float>()[i % 19];
      EXPECT_EQ(results[0].values<float>()[group * 57 + i], scaled + bias.values<float>()[i / 19]);
    }
  }
  EXPECT_EQ(run("layer_norm", attributes, {{x}, {scale}})->size(), 3u);
}

TEST(LayerNorm, Infer) {
  Attributes attributes{{"axis", int64_t(1)}, {"epsilon", 1e-5f}};
  TensorType x{DType::F16, {kUnknown, 4}, nullptr};
  std::vector<TensorType> types = {x, {DType::F16, {4}, nullptr}};
  std::vector<const Tensor *> unknown(2);
  auto results = infer(*findOp("layer_norm"), attributes, types, unknown);
  ASSERT_TRUE(results.ok());
  EXPECT_EQ((*results)[1], (TensorType{DType::F32, {kUnknown, 1}, nullptr}));
  EXPECT_EQ(codeOf(inferShape("layer_norm", attributes, {x, {DType::F16, {3}, nullptr}})), Code::Shape);
  EXPECT_EQ(codeOf(inferShape("layer_norm", attributes, {x, {DType::F16, {2, 4}, nullptr}})), Code::Shape);
  EXPECT_EQ(codeOf(inferShape("layer_norm", attributes, {x, {DType::F64, {4}, nullptr}})), Code::DataType);
}

TEST(BatchNorm, FormulaPerChannel) {
  Random random(8);
  Tensor x = random.floats({2, 3, 7}), scale = random.floats({3}), bias = random.floats({3}),
         mean = random.floats({3});
  Tensor variance = tensorOf<float>(DType::F32, {3}, {0.5f, 2, 0});
  Tensor y = (*run("batch_norm", {{"axis", int64_t(1)}, {"epsilon", 0.001f}},
                   {{x}, {scale}, {bias}, {mean}, {variance}}))[0];
  for (int64_t i = 0; i < x.size(); ++i) {
    int64_t c = i / 7 % 3;
    float factor = scale.values<float>()[c] / std::sqrt(variance.values<float>()[c] + 0.001f);
    EXPECT_EQ(y.values<float>()[i],
              std::fma(x.values<float>()[i] - mean.values<float>()[c], factor, bias.values<float>()[c]));
  }
}

TEST(BatchNorm, Infer) {
  Attributes attributes{{"axis", int64_t(1)}, {"epsilon", 0.0f}};
  auto shapes = [](Shape x, Shape c) {
    std::vector<TensorType> types = {{DType::F32, std::move(x), nullptr}};
    types.resize(5, {DType::F32, std::move(c), nullptr});
    return types;
  };
  EXPECT_EQ(*inferShape("batch_norm", attributes, shapes({2, kUnknown, 4}, {3})), (Shape{2, 3, 4}));
  EXPECT_EQ(codeOf(inferShape("batch_norm", attributes, shapes({2, 4, 4}, {3}))), Code::Shape);
  EXPECT_EQ(codeOf(inferShape("batch_norm", attributes, shapes({2, 4, 4}, {4, 1}))), Code::Rank);
  EXPECT_EQ(codeOf(inferShape("batch_norm", attributes, shapes({4}, {4}))), Code::Axis);
}

TEST(LocalResponse, MatchesItsDefinition) {
  Random random(9);
  Tensor x = random.floats({1, 7, 3});
  for (int64_t size : {1, 4, 5, 100}) {
    Attributes attributes{
        {"axis", int64_t(1)}, {"size", size}, {"alpha", 0.3f}, {"beta", 0.75f}, {"bias", 1.5f}};
    Tensor y = (*run("lrn", attributes, {{x}}))[0];
    for (int64_t c = 0; c < 7; ++c)
      for (int64_t i = 0; i < 3; ++i) {
        double sum = 0;
        for (int64_t k = std::max<int64_t>(0, c - (size - 1) / 2); k <= std::min<int64_t>(6, c + size / 2);
             ++k)
          sum += std::pow(static_cast<double>(x.values<float>()[k * 3 + i]), 2);
        double exact = x.values<float>()[c * 3 + i] /
                       std::pow(1.5 + static_cast<double>(0.3f) / static_cast<double>(size) * sum, 0.75);
        EXPECT_NEAR(y.values<float>()[c * 3 + i], exact, std::fabs(exact) * 5e-7);
      }
  }
  EXPECT_EQ(codeOf(inferShape("lrn", {{"axis", int64_t(1)}, {"size", int64_t(0)}},
                              {{DType::F32, {1, 7}, nullptr}})),
            Code::AttributeRange);
}

} // namespace
} // namespace limbeck::reference::testing
