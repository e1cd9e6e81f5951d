// slice against a loop over Python's rule, at the clamping edges, with unknown dimensions and every kind of
// step.
#include "OpTesting.h"

namespace limbeck::reference {
namespace {

using testing::codeOf;
using testing::inferShape;
using testing::listOf;
using testing::Random;
using testing::run;
using testing::tensorOf;

using Integers = std::vector<int64_t>;
constexpr int64_t least = std::numeric_limits<int64_t>::min(), greatest = std::numeric_limits<int64_t>::max();

Attributes slice(Integers starts, Integers ends, Integers steps) {
  return {{"starts", std::move(starts)}, {"ends", std::move(ends)}, {"steps", std::move(steps)}};
}

/// The indices of one axis by walking: the textbook form of the rule.
Integers walked(int64_t dim, int64_t start, int64_t end, int64_t step) {
  auto bounded = [](int64_t value, int64_t lo, int64_t hi) {
    return value < lo ? lo : value > hi ? hi : value;
  };
  __int128 from = start < 0 ? static_cast<__int128>(start) + dim : start,
           to = end < 0 ? static_cast<__int128>(end) + dim : end;
  auto narrow = [&](__int128 value) {
    return value < -10 ? int64_t(-10) : value > 100 ? int64_t(100) : static_cast<int64_t>(value);
  };
  int64_t first = step > 0 ? bounded(narrow(from), 0, dim) : bounded(narrow(from), 0, dim - 1);
  int64_t last = step > 0 ? bounded(narrow(to), 0, dim) : bounded(narrow(to), -1, dim - 1);
  Integers out;
  for (__int128 i = first; dim > 0 && (step > 0 ? i < last : i > last); i += step)
    out.push_back(static_cast<int64_t>(i));
  return out;
}

TEST(Slicing, EveryBoundOfOneAxis) {
  const Integers bounds = {least, -7, -5, -4, -1, 0, 1, 3, 4, 6, greatest};
  for (int64_t dim : {0, 1, 4})
    for (int64_t start : bounds)
      for (int64_t end : bounds)
        for (int64_t step : {least, int64_t(-3), int64_t(-1), int64_t(1), int64_t(2), greatest}) {
          Integers values;
          for (int64_t i = 0; i < dim; ++i)
            values.push_back(i);
          auto result = run("slice", slice({start}, {end}, {step}), {{Tensor::fromIndices(values)}});
          ASSERT_TRUE(result.ok()) << result.diagnostic().text();
          ASSERT_EQ((*result)[0].asIndices(), walked(dim, start, end, step))
              << dim << ": " << start << ", " << end << ", " << step;
        }
}

TEST(Slicing, SeveralAxesOfEveryType) {
  for (DType dtype : {DType::U4, DType::S16, DType::F32, DType::S64}) {
    Tensor tensor = std::move(*Tensor::zeros(dtype, {3, 5, 4}));
    dispatch(dtype, [&]<class T>() {
      if constexpr (std::is_arithmetic_v<T>)
        for (size_t i = 0; i < 60; ++i)
          tensor.mutableValues<T>()[i] = static_cast<T>(i);
    });
    auto result = run("slice", slice({0, -1, 1}, {greatest, least, 3}, {1, -2, 1}), {{tensor}});
    ASSERT_TRUE(result.ok()) << result.diagnostic().text();
    ASSERT_EQ((*result)[0].shape(), Shape({3, 3, 2}));
    for (int64_t i = 0; i < 3; ++i)
      for (int64_t j = 0; j < 3; ++j)
        for (int64_t k = 0; k < 2; ++k)
          EXPECT_EQ((*result)[0].asDouble(i * 6 + j * 2 + k),
                    tensor.asDouble(i * 20 + (4 - 2 * j) * 4 + k + 1))
              << name(dtype);
  }
  EXPECT_TRUE(run("slice", slice({}, {}, {}), {{Tensor::scalar(DType::F32, 1.0f)}}).ok());
}

TEST(Slicing, UnknownDimensions) {
  TensorType type{DType::F32, {kUnknown, 7}, nullptr};
  EXPECT_EQ(*inferShape("slice", slice({0, 2}, {greatest, 5}, {1, 2}), {type}), Shape({kUnknown, 2}));
  EXPECT_EQ(*inferShape("slice", slice({1, 0}, {3, greatest}, {1, 1}), {type}), Shape({kUnknown, 7}));
}

TEST(Slicing, Errors) {
  TensorType type{DType::F32, {4, 7}, nullptr};
  EXPECT_EQ(codeOf(inferShape("slice", slice({0, 0}, {1, 1}, {1, 0}), {type})), Code::Slice);
  EXPECT_EQ(codeOf(inferShape("slice", slice({0}, {1, 1}, {1, 1}), {type})), Code::Slice);
  EXPECT_EQ(codeOf(inferShape("slice", slice({0, 0}, {1, 1, 1}, {1, 1}), {type})), Code::Slice);
  EXPECT_EQ(codeOf(inferShape("slice", {}, {type})), Code::Slice);
}

} // namespace
} // namespace limbeck::reference
