// gather with indices of both types, clamped where only run time knows them; range of every numeric type.
#include "OpTesting.h"
#include <cmath>

namespace limbeck::reference {
namespace {

using testing::codeOf;
using testing::inferShape;
using testing::listOf;
using testing::quantization;
using testing::run;
using testing::tensorOf;
using testing::Typed;

Attributes axis(int64_t value) {
  return {{"axis", value}};
}
TensorType typed(DType dtype, Shape shape) {
  return {dtype, std::move(shape), nullptr};
}

/// As run time sees it: the indices are no constants.
Expected<std::vector<Tensor>> gatherAtRunTime(const Tensor &data, const Tensor &indices, int64_t along) {
  Attributes attributes = axis(along);
  std::vector<TensorType> types = {typed(data.dtype(), data.shape()),
                                   typed(indices.dtype(), indices.shape())};
  std::vector<const Tensor *> unknown(2);
  std::vector<Tensor> operands = {data, indices};
  LIMBECK_ASSIGN(std::vector<TensorType> results, infer(*findOp("gather"), attributes, types, unknown));
  return evaluate(*findOp("gather"), Evaluation{attributes, types, operands, results});
}

TEST(Indexing, GatherAlongEveryAxis) {
  Tensor data = tensorOf<int16_t>(DType::S16, {2, 3, 2}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
  Tensor indices = tensorOf<int32_t>(DType::S32, {1, 2}, {-1, 0});
  auto outer = run("gather", axis(0), {{data}, {indices}});
  ASSERT_TRUE(outer.ok()) << outer.diagnostic().text();
  EXPECT_EQ((*outer)[0].shape(), Shape({1, 2, 3, 2}));
  EXPECT_EQ(listOf<int16_t>((*outer)[0]), (std::vector<int16_t>{6, 7, 8, 9, 10, 11, 0, 1, 2, 3, 4, 5}));
  auto middle = run("gather", axis(1), {{data}, {indices}});
  EXPECT_EQ((*middle)[0].shape(), Shape({2, 1, 2, 2}));
  EXPECT_EQ(listOf<int16_t>((*middle)[0]), (std::vector<int16_t>{4, 5, 0, 1, 10, 11, 6, 7}));
  auto inner = run("gather", axis(2), {{data}, {tensorOf<int64_t>(DType::S64, {3}, {1, 1, 0})}});
  EXPECT_EQ((*inner)[0].shape(), Shape({2, 3, 3}));
  EXPECT_EQ(listOf<int16_t>((*inner)[0]),
            (std::vector<int16_t>{1, 1, 0, 3, 3, 2, 5, 5, 4, 7, 7, 6, 9, 9, 8, 11, 11, 10}));
  auto scalar = run("gather", axis(1), {{data}, {Tensor::scalar(DType::S64, int64_t(2))}});
  EXPECT_EQ((*scalar)[0].shape(), Shape({2, 2}));
  EXPECT_EQ(listOf<int16_t>((*scalar)[0]), (std::vector<int16_t>{4, 5, 10, 11}));
}

TEST(Indexing, GatherKeepsStoredValues) {
  Typed data{tensorOf<uint8_t>(DType::U8, {3}, {200, 7, 9}), quantization(DType::U8, {0.25f}, {100})};
  auto result = run("gather", axis(0), {data, {tensorOf<int64_t>(DType::S64, {2}, {2, 0})}}, data.type());
  ASSERT_TRUE(result.ok()) << result.diagnostic().text();
  EXPECT_EQ(listOf<uint8_t>((*result)[0]), (std::vector<uint8_t>{9, 200}));
}

TEST(Indexing, IndicesOfRunTimeAreClamped) {
  Tensor data = tensorOf<float>(DType::F32, {3}, {10, 11, 12});
  constexpr int64_t least = std::numeric_limits<int64_t>::min(),
                    greatest = std::numeric_limits<int64_t>::max();
  auto result =
      gatherAtRunTime(data, tensorOf<int64_t>(DType::S64, {7}, {least, -4, -3, -1, 2, 3, greatest}), 0);
  ASSERT_TRUE(result.ok()) << result.diagnostic().text();
  EXPECT_EQ(listOf<float>((*result)[0]), (std::vector<float>{10, 10, 10, 12, 12, 12, 12}));
  Tensor empty = std::move(*Tensor::zeros(DType::F32, {2, 0}));
  EXPECT_EQ(codeOf(gatherAtRunTime(empty, tensorOf<int64_t>(DType::S64, {1}, {0}), 1)), Code::Index);
  EXPECT_TRUE(gatherAtRunTime(empty, tensorOf<int64_t>(DType::S64, {0}, {}), 1).ok());
  EXPECT_TRUE(gatherAtRunTime(empty, tensorOf<int64_t>(DType::S64, {1}, {1}), 0).ok());
}

TEST(Indexing, GatherErrors) {
  Tensor data = tensorOf<float>(DType::F32, {3}, {10, 11, 12});
  for (int64_t index : {3, -4})
    EXPECT_EQ(codeOf(run("gather", axis(0), {{data}, {Tensor::scalar(DType::S64, index)}})), Code::Index);
  EXPECT_EQ(codeOf(inferShape("gather", axis(1), {typed(DType::F32, {3}), typed(DType::S64, {1})})),
            Code::Axis);
  EXPECT_EQ(codeOf(inferShape("gather", axis(-1), {typed(DType::F32, {3}), typed(DType::S64, {1})})),
            Code::Axis);
  EXPECT_EQ(codeOf(inferShape("gather", axis(0), {typed(DType::F32, {}), typed(DType::S64, {1})})),
            Code::Axis);
  EXPECT_EQ(codeOf(inferShape("gather", axis(0), {typed(DType::F32, {3}), typed(DType::U8, {1})})),
            Code::DataType);
  EXPECT_EQ(
      codeOf(inferShape("gather", axis(0), {typed(DType::F32, Shape(9, 1)), typed(DType::S64, Shape(9, 1))})),
      Code::Rank);
  // Compiled code clamps what only run time knows; in an axis of size 0 there is nothing to clamp to.
  for (int64_t count : {int64_t(2), kUnknown})
    EXPECT_EQ(codeOf(inferShape("gather", axis(0), {typed(DType::F32, {0, 4}), typed(DType::S64, {count})})),
              Code::Index);
  EXPECT_EQ(*inferShape("gather", axis(0), {typed(DType::F32, {0, 4}), typed(DType::S64, {kUnknown, 0})}),
            Shape({kUnknown, 0, 4}));
  EXPECT_EQ(
      *inferShape("gather", axis(1), {typed(DType::F32, {kUnknown, 4}), typed(DType::S32, {kUnknown, 2})}),
      Shape({kUnknown, kUnknown, 2}));
}

template <class T> Expected<std::vector<Tensor>> range(DType dtype, T start, T limit, T delta) {
  return run(
      "range", {},
      {{Tensor::scalar(dtype, start)}, {Tensor::scalar(dtype, limit)}, {Tensor::scalar(dtype, delta)}});
}

TEST(Indexing, RangeOfEveryKind) {
  EXPECT_EQ(listOf<int64_t>((*range<int64_t>(DType::S64, 3, 10, 3))[0]), (std::vector<int64_t>{3, 6, 9}));
  EXPECT_EQ(listOf<int32_t>((*range<int32_t>(DType::S32, 10, 4, -2))[0]), (std::vector<int32_t>{10, 8, 6}));
  EXPECT_EQ(listOf<uint8_t>((*range<uint8_t>(DType::U8, 250, 255, 2))[0]),
            (std::vector<uint8_t>{250, 252, 254}));
  EXPECT_EQ(listOf<float>((*range<float>(DType::F32, 1, 5.5f, 1.5f))[0]), (std::vector<float>{1, 2.5f, 4}));
  EXPECT_EQ(listOf<double>((*range<double>(DType::F64, 0, -1, -0.25))[0]),
            (std::vector<double>{0, -0.25, -0.5, -0.75}));
  EXPECT_EQ((*range<int64_t>(DType::S64, 3, 3, 1))[0].size(), 0);
  EXPECT_EQ((*range<float>(DType::F32, 3, 0, 1))[0].size(), 0);
  Tensor halves = (*range(DType::F16, Float16(0.5f), Float16(2.0f), Float16(0.5f)))[0];
  ASSERT_EQ(halves.size(), 3);
  EXPECT_EQ(halves.asDouble(2), 1.5);
}

/// Each value is start + i * delta with one rounding per step, not a running sum.
TEST(Indexing, RangeMultiplies) {
  Tensor values = (*range<float>(DType::F32, 0.0f, 10.05f, 0.1f))[0];
  ASSERT_EQ(values.size(), 101);
  for (int64_t i = 0; i < values.size(); ++i)
    EXPECT_EQ(values.values<float>()[static_cast<size_t>(i)], 0.0f + static_cast<float>(i) * 0.1f);
}

TEST(Indexing, RangeAtTheEndsOfInt64) {
  constexpr int64_t least = std::numeric_limits<int64_t>::min(),
                    greatest = std::numeric_limits<int64_t>::max();
  EXPECT_EQ((*range<int64_t>(DType::S64, least, greatest, greatest))[0].asIndices(),
            (std::vector<int64_t>{least, -1, greatest - 1}));
  EXPECT_EQ((*range<int64_t>(DType::S64, greatest, least, least))[0].asIndices(),
            (std::vector<int64_t>{greatest, -1}));
  EXPECT_EQ(codeOf(range<int64_t>(DType::S64, least, greatest, 1)), Code::Size);
  EXPECT_EQ((*range<uint64_t>(DType::U64, 0, ~uint64_t(0), uint64_t(1) << 63))[0].size(), 2);
}

TEST(Indexing, RangeErrors) {
  EXPECT_EQ(codeOf(range<int64_t>(DType::S64, 0, 5, 0)), Code::Size);
  EXPECT_EQ(codeOf(range<float>(DType::F32, 0, 5, 0)), Code::Size);
  EXPECT_EQ(codeOf(range<float>(DType::F32, 0, NAN, 1)), Code::Size);
  EXPECT_EQ(codeOf(range<float>(DType::F32, 0, INFINITY, 1)), Code::Size);
  EXPECT_EQ(codeOf(range<bool>(DType::Bool, false, true, true)), Code::DataType);
  TensorType scalar = typed(DType::F32, {});
  EXPECT_EQ(*inferShape("range", {}, {scalar, scalar, scalar}), Shape({kUnknown}));
  EXPECT_EQ(codeOf(inferShape("range", {}, {scalar, typed(DType::F64, {}), scalar})), Code::DataType);
  EXPECT_EQ(codeOf(inferShape("range", {}, {scalar, typed(DType::F32, {2}), scalar})), Code::Rank);
  EXPECT_EQ(codeOf(inferShape("range", {}, {scalar, scalar})), Code::Arity);
}

} // namespace
} // namespace limbeck::reference
