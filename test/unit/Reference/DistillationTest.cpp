// Losses against closed forms.
#include "OpTesting.h"
#include <cmath>

namespace limbeck::reference::testing {
namespace {

Attributes lossOf(const char *kind, float weight = 1, float temperature = 1) {
  return {{"kind", std::string(kind)}, {"weight", weight}, {"temperature", temperature}};
}

float lossValue(const Attributes &attributes, const Tensor &student, const Tensor &target) {
  auto loss = run("distill.loss", attributes, {{student}, {target}});
  EXPECT_TRUE(loss.ok()) << loss.diagnostic().text();
  return (*loss)[0].values<float>()[0];
}

std::vector<double> softmaxRow(const Tensor &logits, int64_t row, int64_t classes, double temperature) {
  std::vector<double> out;
  double sum = 0;
  for (int64_t i = 0; i < classes; ++i) {
    out.push_back(std::exp(logits.asDouble(row * classes + i) / temperature));
    sum += out.back();
  }
  for (double &value : out)
    value /= sum;
  return out;
}

TEST(Distillation, StopGradientIsIdentity) {
  Tensor x = Random(71).floats({2, 3});
  EXPECT_TRUE((*run("distill.stop_gradient", {}, {{x}}))[0].identical(x));
}

TEST(Distillation, CrossEntropyOfLabelsAndDistributions) {
  Random random(72);
  Tensor student = random.floats({3, 5}), labels = tensorOf<int64_t>(DType::S64, {3}, {4, 0, 2});
  Tensor hot = *Tensor::zeros(DType::F32, {3, 5});
  double wanted = 0;
  for (int64_t row = 0; row < 3; ++row) {
    int64_t label = labels.asIndices()[static_cast<size_t>(row)];
    hot.mutableValues<float>()[static_cast<size_t>(row * 5 + label)] = 1;
    wanted -= std::log(softmaxRow(student, row, 5, 1)[static_cast<size_t>(label)]) / 3;
  }
  EXPECT_NEAR(lossValue(lossOf("cross_entropy"), student, labels), wanted, 1e-6);
  EXPECT_EQ(lossValue(lossOf("cross_entropy"), student, hot),
            lossValue(lossOf("cross_entropy"), student, labels));
  EXPECT_NEAR(lossValue(lossOf("cross_entropy", 0.25f), student, labels), 0.25 * wanted, 1e-6);
}

TEST(Distillation, SoftDivergence) {
  Random random(73);
  Tensor student = random.floats({2, 2, 7}), teacher = random.floats({2, 2, 7});
  for (double temperature : {1.0, 4.0}) {
    double wanted = 0;
    for (int64_t row = 0; row < 4; ++row) {
      std::vector<double> q = softmaxRow(student, row, 7, temperature),
                          p = softmaxRow(teacher, row, 7, temperature);
      for (size_t i = 0; i < 7; ++i)
        wanted += temperature * temperature * p[i] * std::log(p[i] / q[i]) / 4;
    }
    EXPECT_NEAR(lossValue(lossOf("kl_soft", 1, static_cast<float>(temperature)), student, teacher), wanted,
                1e-6);
  }
  EXPECT_EQ(lossValue(lossOf("kl_soft"), student, student), 0);
}

TEST(Distillation, ExtremeLogitsStayFinite) {
  Tensor student = tensorOf<float>(DType::F32, {1, 2}, {1000, -1000}),
         teacher = tensorOf<float>(DType::F32, {1, 2}, {900, -900});
  EXPECT_EQ(lossValue(lossOf("kl_soft"), student, teacher), 0);
  EXPECT_EQ(lossValue(lossOf("cross_entropy"), student, tensorOf<int32_t>(DType::S32, {1}, {1})), 2000);
}

TEST(Distillation, FeatureMeanSquaredError) {
  Tensor a = tensorOf<float>(DType::F32, {2, 1, 2}, {1, 2, 3, 4}),
         b = tensorOf<float>(DType::F32, {2, 1, 2}, {1, 4, 0, 5});
  EXPECT_EQ(lossValue(lossOf("feature_mse", 2), a, b), 2 * (0 + 4 + 9 + 1) / 4.0f);
  EXPECT_EQ(lossValue(lossOf("feature_mse"), *Tensor::zeros(DType::F32, {0, 3}),
                      *Tensor::zeros(DType::F32, {0, 3})),
            0);
}

TEST(Distillation, Refusals) {
  auto type = [](Shape shape, DType dtype = DType::F32) {
    return TensorType{dtype, std::move(shape), nullptr};
  };
  auto code = [](const Attributes &attributes, TensorType student, TensorType target) {
    return codeOf(inferShape("distill.loss", attributes, {student, target}));
  };
  EXPECT_EQ(code(lossOf("hinge"), type({2, 3}), type({2, 3})), Code::Attribute);
  EXPECT_EQ(code(lossOf("kl_soft", 1, 0), type({2, 3}), type({2, 3})), Code::AttributeRange);
  EXPECT_EQ(code(lossOf("kl_soft", NAN), type({2, 3}), type({2, 3})), Code::AttributeRange);
  EXPECT_EQ(code(lossOf("kl_soft"), type({2, 3}), type({2, 4})), Code::Shape);
  EXPECT_EQ(code(lossOf("kl_soft"), type({2, 3}), type({2}, DType::S64)), Code::DataType);
  EXPECT_EQ(code(lossOf("cross_entropy"), type({2, 3}), type({3}, DType::S64)), Code::Shape);
  EXPECT_EQ(code(lossOf("cross_entropy"), type({2, 0}), type({2, 0})), Code::Shape);
  EXPECT_EQ(code(lossOf("cross_entropy"), type({}), type({})), Code::Shape);
  EXPECT_EQ(code(lossOf("cross_entropy"), type({2, 3}, DType::S8), type({2, 3})), Code::DataType);
  EXPECT_EQ(*inferShape("distill.loss", lossOf("feature_mse"), {type({kUnknown, 3}), type({2, kUnknown})}),
            Shape{});
  Tensor student = *Tensor::zeros(DType::F32, {1, 3});
  for (int32_t label : {-1, 3})
    EXPECT_EQ(codeOf(run("distill.loss", lossOf("cross_entropy"),
                         {{student}, {tensorOf<int32_t>(DType::S32, {1}, {label})}})),
              Code::Index);
}

} // namespace
} // namespace limbeck::reference::testing
