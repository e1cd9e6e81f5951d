// reshape, transpose, expand, tile, concat, shape and size: values of every element width, unknown
// dimensions, errors.
#include "OpTesting.h"

namespace limbeck::reference {
namespace {

using testing::codeOf;
using testing::inferShape;
using testing::listOf;
using testing::quantization;
using testing::Random;
using testing::run;
using testing::tensorOf;
using testing::Typed;

using Integers = std::vector<int64_t>;

Attributes reshape(Integers shape) {
  return {{"shape", std::move(shape)}};
}
TensorType f32(Shape shape) {
  return {DType::F32, std::move(shape), nullptr};
}

/// 0, 1, 2, .. of a type.
Tensor counted(DType dtype, Shape shape) {
  Tensor tensor = std::move(*Tensor::zeros(dtype, std::move(shape)));
  dispatch(dtype, [&]<class T>() {
    std::span<T> values = tensor.mutableValues<T>();
    for (size_t i = 0; i < values.size(); ++i)
      if constexpr (std::is_arithmetic_v<T>)
        values[i] = static_cast<T>(i);
      else
        values[i] = T(static_cast<float>(i));
  });
  return tensor;
}

TEST(Reshaping, ReshapeInfersOneDimension) {
  EXPECT_EQ(*inferShape("reshape", reshape({4, -1}), {f32({2, 6})}), Shape({4, 3}));
  EXPECT_EQ(*inferShape("reshape", reshape({}), {f32({1, 1})}), Shape());
  EXPECT_EQ(*inferShape("reshape", reshape({0, 3}), {f32({2, 0})}), Shape({0, 3}));
  EXPECT_EQ(*inferShape("reshape", reshape({-1, 3}), {f32({2, 0})}), Shape({0, 3}));
  EXPECT_EQ(*inferShape("reshape", reshape({-1, 3, -1}), {f32({2, 6})}), Shape({-1, 3, -1}));
  EXPECT_EQ(*inferShape("reshape", reshape({-1, 5}), {f32({2, kUnknown})}), Shape({-1, 5}));
  EXPECT_EQ(*inferShape("reshape", reshape({7, 5}), {f32({2, kUnknown})}), Shape({7, 5}));
}

TEST(Reshaping, ReshapeErrors) {
  for (const Integers &shape :
       {Integers{5, -1}, {4, 4}, {-2, 6}, {0, -1}, {int64_t(1) << 40, int64_t(1) << 40}, {-1, 5, -1}})
    EXPECT_EQ(codeOf(inferShape("reshape", reshape(shape), {f32({2, 6})})), Code::Reshape)
        << shapeText(shape);
  EXPECT_EQ(codeOf(inferShape("reshape", reshape({0, -1}), {f32({0, 6})})), Code::Reshape);
  EXPECT_EQ(codeOf(inferShape("reshape", reshape(Integers(17, 1)), {f32({1})})), Code::Rank);
}

TEST(Reshaping, ReshapeKeepsElements) {
  Tensor tensor = counted(DType::S16, {2, 3, 4});
  auto result = run("reshape", reshape({-1, 6}), {{tensor}});
  ASSERT_TRUE(result.ok()) << result.diagnostic().text();
  EXPECT_TRUE((*result)[0].identical(tensor.reshaped({4, 6})));
}

/// Two open dimensions are the caller's to choose, but not freely.
TEST(Reshaping, ReshapeTakesOpenDimensionsFromTheResultType) {
  Tensor tensor = counted(DType::F32, {2, 6});
  Attributes attributes = reshape({-1, 3, -1});
  auto evaluateTo = [&](Shape shape) {
    TensorType operandType = f32({2, 6}), resultType = f32(std::move(shape));
    return evaluate(*findOp("reshape"), Evaluation{attributes, std::span(&operandType, 1),
                                                   std::span(&tensor, 1), std::span(&resultType, 1)});
  };
  EXPECT_EQ((*evaluateTo({2, 3, 2}))[0].shape(), Shape({2, 3, 2}));
  for (const Shape &wrong : {Shape{2, 2, 3}, {2, 3, 3}, {2, 6}, {2, 3, kUnknown}})
    EXPECT_EQ(codeOf(evaluateTo(wrong)), Code::Reshape) << shapeText(wrong);
}

Attributes reshapeKeeping(Integers shape, Integers kept) {
  return {{"shape", std::move(shape)}, {"kept", std::move(kept)}};
}

TEST(Reshaping, ReshapeKeepsDimensionsOfItsOperand) {
  Attributes attributes = reshapeKeeping({-1, -1, 2, -1}, {0, 1, -1, -1});
  EXPECT_EQ(*inferShape("reshape", attributes, {f32({kUnknown, kUnknown, 4})}), Shape({-1, -1, 2, -1}));
  EXPECT_EQ(*inferShape("reshape", attributes, {f32({5, kUnknown, 4})}), Shape({5, -1, 2, -1}));
  EXPECT_EQ(*inferShape("reshape", attributes, {f32({5, 7, 4})}), Shape({5, 7, 2, 2}));
  Tensor tensor = counted(DType::F32, {2, 3, 4});
  auto result = run("reshape", reshapeKeeping({-1, -1, -1}, {2, 0, 1}), {{tensor}});
  ASSERT_TRUE(result.ok()) << result.diagnostic().text();
  EXPECT_TRUE((*result)[0].identical(tensor.reshaped({4, 2, 3})));
}

TEST(Reshaping, ReshapeRefusesToKeepWhatIsNot) {
  auto open = f32({kUnknown, kUnknown});
  for (auto [shape, kept] : {std::pair<Integers, Integers>{{-1, -1}, {0}}, // one for each
                             {{-1, -1}, {0, 2}},                           // of the operand
                             {{-1, -1}, {-2, 0}},
                             {{2, -1}, {0, 1}}}) // two answers
    EXPECT_EQ(codeOf(inferShape("reshape", reshapeKeeping(shape, kept), {open})), Code::Reshape);
}

TEST(Reshaping, TransposeOfEveryType) {
  for (DType dtype :
       {DType::Bool, DType::S4, DType::U8, DType::F16, DType::S32, DType::F32, DType::F64, DType::U64}) {
    Tensor tensor = counted(dtype, {2, 3, 1, 5});
    auto result = run("transpose", {{"perm", Integers{3, 0, 2, 1}}}, {{tensor}});
    ASSERT_TRUE(result.ok()) << result.diagnostic().text();
    EXPECT_EQ((*result)[0].shape(), Shape({5, 2, 1, 3}));
    for (int64_t a = 0; a < 5; ++a)
      for (int64_t b = 0; b < 2; ++b)
        for (int64_t c = 0; c < 3; ++c)
          EXPECT_EQ((*result)[0].asDouble(a * 6 + b * 3 + c), tensor.asDouble(b * 15 + c * 5 + a))
              << name(dtype);
  }
}

TEST(Reshaping, TransposeKeepsStoredValuesOfQuantizedTensors) {
  Tensor stored = counted(DType::U8, {2, 3});
  Typed typed{stored, quantization(DType::U8, {0.5f}, {7})};
  auto result = run("transpose", {{"perm", Integers{1, 0}}}, {typed}, typed.type());
  ASSERT_TRUE(result.ok()) << result.diagnostic().text();
  EXPECT_EQ(listOf<uint8_t>((*result)[0]), (std::vector<uint8_t>{0, 3, 1, 4, 2, 5}));
}

TEST(Reshaping, TransposeEdges) {
  Tensor scalar = Tensor::scalar(DType::F32, 3.0f);
  EXPECT_TRUE((*run("transpose", {{"perm", Integers{}}}, {{scalar}}))[0].identical(scalar));
  EXPECT_EQ((*run("transpose", {{"perm", Integers{1, 0}}}, {{counted(DType::F32, {0, 4})}}))[0].shape(),
            Shape({4, 0}));
  EXPECT_EQ(*inferShape("transpose", {{"perm", Integers{1, 0}}}, {f32({kUnknown, 4})}), Shape({4, kUnknown}));
  for (const Integers &perm : {Integers{0}, {0, 0}, {0, 2}, {-1, 0}, {0, 1, 2}, {}, {0, int64_t(1) << 40}})
    EXPECT_EQ(codeOf(inferShape("transpose", {{"perm", perm}}, {f32({2, 2})})), Code::Permutation);
}

TEST(Reshaping, Expand) {
  auto result = run("expand", reshape({2, 2, 3}), {{tensorOf<int16_t>(DType::S16, {2, 1}, {7, -9})}});
  ASSERT_TRUE(result.ok()) << result.diagnostic().text();
  EXPECT_EQ(listOf<int16_t>((*result)[0]), (std::vector<int16_t>{7, 7, 7, -9, -9, -9, 7, 7, 7, -9, -9, -9}));
  auto scalar = run("expand", reshape({3}), {{Tensor::scalar(DType::Bool, true)}});
  EXPECT_EQ(listOf<bool>((*scalar)[0]), std::vector<bool>(3, true));
  EXPECT_EQ((*run("expand", reshape({0}), {{Tensor::scalar(DType::U8, uint8_t(1))}}))[0].size(), 0);
  EXPECT_EQ(*inferShape("expand", reshape({5, -1, -1, 4}), {f32({3, 1, kUnknown})}), Shape({5, 3, -1, 4}));
}

TEST(Reshaping, ExpandErrors) {
  EXPECT_EQ(codeOf(inferShape("expand", reshape({4}), {f32({3})})), Code::Shape);
  EXPECT_EQ(codeOf(inferShape("expand", reshape({1}), {f32({3})})), Code::Shape);
  EXPECT_EQ(codeOf(inferShape("expand", reshape({3}), {f32({1, 3})})), Code::Shape);
  EXPECT_EQ(codeOf(inferShape("expand", reshape({-4}), {f32({1})})), Code::Size);
  EXPECT_EQ(codeOf(inferShape("expand", reshape({int64_t(1) << 40, int64_t(1) << 40}), {f32({})})),
            Code::Size);
}

TEST(Reshaping, Tile) {
  auto result = run("tile", {{"repeats", Integers{2, 3}}}, {{tensorOf<float>(DType::F32, {1, 2}, {1, 2})}});
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(listOf<float>((*result)[0]), (std::vector<float>{1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2}));
  EXPECT_EQ((*run("tile", {{"repeats", Integers{0, 3}}}, {{counted(DType::U8, {4, 5})}}))[0].shape(),
            Shape({0, 15}));
  EXPECT_EQ(*inferShape("tile", {{"repeats", Integers{2, 3}}}, {f32({kUnknown, 4})}), Shape({kUnknown, 12}));
  for (const Integers &repeats :
       {Integers{2}, {-1, 2}, {int64_t(1) << 62, 2}, {int64_t(1) << 39, int64_t(1) << 39}})
    EXPECT_EQ(codeOf(inferShape("tile", {{"repeats", repeats}}, {f32({4, 4})})), Code::Size);
}

TEST(Reshaping, Concat) {
  Tensor a = counted(DType::S8, {2, 1, 3}),
         b = tensorOf<int8_t>(DType::S8, {2, 2, 3}, {-1, -2, -3, -4, -5, -6, -7, -8, -9, -10, -11, -12});
  auto result = run("concat", {{"axis", int64_t(1)}}, {{a}, {b}, {counted(DType::S8, {2, 0, 3})}});
  ASSERT_TRUE(result.ok()) << result.diagnostic().text();
  EXPECT_EQ((*result)[0].shape(), Shape({2, 3, 3}));
  EXPECT_EQ(listOf<int8_t>((*result)[0]),
            (std::vector<int8_t>{0, 1, 2, -1, -2, -3, -4, -5, -6, 3, 4, 5, -7, -8, -9, -10, -11, -12}));
  EXPECT_TRUE((*run("concat", {{"axis", int64_t(0)}}, {{a}}))[0].identical(a));
}

TEST(Reshaping, ConcatShapes) {
  Attributes axis{{"axis", int64_t(1)}};
  EXPECT_EQ(*inferShape("concat", axis, {f32({kUnknown, 2}), f32({3, 4})}), Shape({3, 6}));
  EXPECT_EQ(*inferShape("concat", axis, {f32({3, 2}), f32({kUnknown, kUnknown})}), Shape({3, kUnknown}));
  EXPECT_EQ(codeOf(inferShape("concat", {{"axis", int64_t(99)}}, {f32({3, 2})})), Code::Axis);
  EXPECT_EQ(codeOf(inferShape("concat", {{"axis", int64_t(-1)}}, {f32({3, 2})})), Code::Axis);
  EXPECT_EQ(codeOf(inferShape("concat", {{"axis", int64_t(0)}}, {f32({})})), Code::Axis);
  EXPECT_EQ(codeOf(inferShape("concat", axis, {f32({3, 2}), f32({3})})), Code::Axis);
  EXPECT_EQ(codeOf(inferShape("concat", axis, {f32({3, 2}), f32({4, 2})})), Code::Shape);
  EXPECT_EQ(codeOf(inferShape("concat", axis, {f32({3, 2}), {DType::F16, {3, 2}, nullptr}})), Code::DataType);
  EXPECT_EQ(codeOf(inferShape("concat", axis, {f32({3, int64_t(1) << 38}), f32({3, int64_t(1) << 38})})),
            Code::SizeOverflow);
  EXPECT_EQ(codeOf(inferShape("concat", axis, {})), Code::Arity);
}

TEST(Reshaping, ShapeAndSize) {
  Tensor tensor = counted(DType::F16, {2, 3, 5});
  auto dims = [&](int64_t start, int64_t end) {
    return (*run("shape", {{"start", start}, {"end", end}}, {{tensor}}))[0].asIndices();
  };
  constexpr int64_t all = std::numeric_limits<int64_t>::max(), least = std::numeric_limits<int64_t>::min();
  EXPECT_EQ(dims(0, all), (Integers{2, 3, 5}));
  EXPECT_EQ(dims(1, 2), Integers{3});
  EXPECT_EQ(dims(-1, all), Integers{5});
  EXPECT_EQ(dims(least, -1), (Integers{2, 3}));
  EXPECT_EQ(dims(2, 1), Integers{});
  EXPECT_EQ((*run("size", {}, {{tensor}}))[0].asIndices(), Integers{30});
  EXPECT_EQ(*inferShape("shape", {{"start", int64_t(1)}, {"end", all}}, {f32({kUnknown, kUnknown, 2})}),
            Shape({2}));
  EXPECT_EQ(*inferShape("size", {}, {f32({kUnknown})}), Shape());
}

} // namespace
} // namespace limbeck::reference
