// Reductions: the lane order bit for bit, axes, empty sets, integers, NaN; arg_max.
#include "OpTesting.h"
#include "limbeck/Reference/LaneReduction.h"
#include <cmath>
#include <gtest/gtest.h>

namespace limbeck::reference::testing {
namespace {

Attributes over(std::vector<int64_t> axes, bool keepDims = false) {
  return {{"axes", std::move(axes)}, {"keepdims", keepDims}};
}
Tensor reduce(std::string_view op, const Tensor &x, std::vector<int64_t> axes, bool keepDims = false) {
  auto results = run(op, over(std::move(axes), keepDims), {{x}});
  EXPECT_TRUE(results.ok());
  return (*results)[0];
}

/// The formula of LaneReduction.h written out.
float laneOrder(const std::vector<float> &values) {
  float lane[16] = {};
  for (size_t i = 0; i < values.size(); ++i)
    lane[i % 16] = lane[i % 16] + values[i];
  for (int s : {8, 4, 2, 1})
    for (int j = 0; j < s; ++j)
      lane[j] = lane[j] + lane[j + s];
  return lane[0];
}

TEST(Reduction, SumFollowsTheLaneOrder) {
  Random random(5);
  for (int64_t n : {1, 2, 15, 16, 17, 100, 1000}) {
    Tensor x = random.floats({n});
    EXPECT_EQ(reduce("reduce_sum", x, {0}).values<float>()[0], laneOrder(listOf<float>(x))) << n;
    EXPECT_EQ(reduce("reduce_mean", x, {0}).values<float>()[0],
              laneOrder(listOf<float>(x)) / static_cast<float>(n))
        << n;
  }
}

TEST(Reduction, AxesInAnyPlace) {
  Random random(6);
  Tensor x = random.floats({3, 4, 5, 6});
  auto at = [&](int64_t a, int64_t b, int64_t c, int64_t d) {
    return x.values<float>()[((a * 4 + b) * 5 + c) * 6 + d];
  };
  Tensor y = reduce("reduce_sum", x, {1, 3});
  ASSERT_EQ(y.shape(), (Shape{3, 5}));
  for (int64_t a = 0; a < 3; ++a)
    for (int64_t c = 0; c < 5; ++c) {
      std::vector<float> values;
      for (int64_t b = 0; b < 4; ++b)
        for (int64_t d = 0; d < 6; ++d)
          values.push_back(at(a, b, c, d));
      EXPECT_EQ(y.values<float>()[a * 5 + c], laneOrder(values));
    }
  EXPECT_EQ(reduce("reduce_max", x, {0, 2}, true).shape(), (Shape{1, 4, 1, 6}));
  EXPECT_TRUE(reduce("reduce_min", x, {}).identical(x));
  EXPECT_EQ(reduce("reduce_sum", x, {0, 1, 2, 3}).shape(), Shape());
}

TEST(Reduction, EmptySets) {
  Tensor none = *Tensor::zeros(DType::F32, {2, 0});
  EXPECT_EQ(listOf<float>(reduce("reduce_sum", none, {1})), (std::vector<float>{0, 0}));
  EXPECT_EQ(listOf<float>(reduce("reduce_prod", none, {1})), (std::vector<float>{1, 1}));
  EXPECT_EQ(listOf<float>(reduce("reduce_max", none, {1})), (std::vector<float>{-INFINITY, -INFINITY}));
  EXPECT_EQ(listOf<float>(reduce("reduce_min", none, {1})), (std::vector<float>{INFINITY, INFINITY}));
  EXPECT_TRUE(std::isnan(reduce("reduce_mean", none, {1}).values<float>()[0]));
  EXPECT_EQ(reduce("reduce_sum", none, {0}).size(), 0);
  Tensor integers = *Tensor::zeros(DType::S8, {2, 0});
  EXPECT_EQ(listOf<int8_t>(reduce("reduce_max", integers, {1})), (std::vector<int8_t>{-128, -128}));
  EXPECT_EQ(listOf<int8_t>(reduce("reduce_min", integers, {1})), (std::vector<int8_t>{127, 127}));
  EXPECT_EQ(listOf<int8_t>(reduce("reduce_mean", integers, {1})), (std::vector<int8_t>{0, 0}));
}

TEST(Reduction, IntegersWrapAndMeansTruncate) {
  Tensor x = tensorOf<int32_t>(DType::S32, {3}, {INT32_MAX, 2, -9});
  EXPECT_EQ(reduce("reduce_sum", x, {0}).values<int32_t>()[0], INT32_MAX - 7);
  Tensor y = tensorOf<int32_t>(DType::S32, {3}, {INT32_MAX, 1, 0});
  EXPECT_EQ(reduce("reduce_sum", y, {0}).values<int32_t>()[0], INT32_MIN);
  EXPECT_EQ(reduce("reduce_mean", y, {0}).values<int32_t>()[0], 715827882);
  EXPECT_EQ(reduce("reduce_mean", tensorOf<int32_t>(DType::S32, {2}, {-2, -1}), {0}).values<int32_t>()[0],
            -1);
  EXPECT_EQ(reduce("reduce_prod", tensorOf<uint8_t>(DType::U8, {3}, {17, 16, 3}), {0}).values<uint8_t>()[0],
            48);
}

TEST(Reduction, NanWinsAndBoolHasAnOrder) {
  Tensor x = tensorOf<float>(DType::F32, {2, 2}, {1, NAN, -0.0f, 0.0f});
  EXPECT_TRUE(std::isnan(reduce("reduce_max", x, {1}).values<float>()[0]));
  EXPECT_TRUE(std::isnan(reduce("reduce_min", x, {1}).values<float>()[0]));
  EXPECT_TRUE(std::signbit(reduce("reduce_min", x, {1}).values<float>()[1]));
  Tensor flags = tensorOf<bool>(DType::Bool, {2, 2}, {true, false, true, true});
  EXPECT_EQ(listOf<bool>(reduce("reduce_max", flags, {0})), (std::vector<bool>{true, true}));
  EXPECT_EQ(listOf<bool>(reduce("reduce_min", flags, {0})), (std::vector<bool>{true, false}));
}

TEST(Reduction, InferChecksAxesAndTypes) {
  TensorType x{DType::F32, {kUnknown, 3, kUnknown}, nullptr};
  EXPECT_EQ(*inferShape("reduce_sum", over({1}), {x}), (Shape{kUnknown, kUnknown}));
  EXPECT_EQ(*inferShape("reduce_sum", over({0, 1}, true), {x}), (Shape{1, 1, kUnknown}));
  EXPECT_EQ(codeOf(inferShape("reduce_sum", over({3}), {x})), Code::Axis);
  EXPECT_EQ(codeOf(inferShape("reduce_sum", over({-1}), {x})), Code::Axis);
  EXPECT_EQ(codeOf(inferShape("reduce_sum", over({1, 1}), {x})), Code::Axis);
  EXPECT_EQ(codeOf(inferShape("reduce_sum", over({0}), {{DType::Bool, {3}, nullptr}})), Code::DataType);
  EXPECT_EQ(codeOf(inferShape("reduce_max", over({0}), {{DType::U4, {3}, nullptr}})), Code::DataType);
}

Attributes argMaxOf(int64_t axis, bool keepDims, bool last) {
  return {{"axis", axis}, {"keepdims", keepDims}, {"select_last_index", last}};
}

TEST(ArgMax, FirstOrLastGreatest) {
  Tensor x = tensorOf<float>(DType::F32, {2, 4}, {1, 5, 5, 2, 3, NAN, NAN, 9});
  EXPECT_EQ(listOf<int64_t>((*run("arg_max", argMaxOf(1, false, false), {{x}}))[0]),
            (std::vector<int64_t>{1, 1}));
  EXPECT_EQ(listOf<int64_t>((*run("arg_max", argMaxOf(1, true, true), {{x}}))[0]),
            (std::vector<int64_t>{2, 2}));
  Tensor y = tensorOf<uint8_t>(DType::U8, {3, 2}, {1, 200, 7, 3, 7, 200});
  EXPECT_EQ(listOf<int64_t>((*run("arg_max", argMaxOf(0, false, false), {{y}}))[0]),
            (std::vector<int64_t>{1, 0}));
  EXPECT_EQ(codeOf(inferShape("arg_max", argMaxOf(2, false, false), {{DType::F32, {2, 2}, nullptr}})),
            Code::Axis);
  EXPECT_EQ(codeOf(inferShape("arg_max", argMaxOf(1, false, false), {{DType::F32, {2, 0}, nullptr}})),
            Code::Shape);
}

} // namespace
} // namespace limbeck::reference::testing
