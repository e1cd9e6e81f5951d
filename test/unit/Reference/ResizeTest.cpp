// Coordinate tables against ONNX Runtime for all modes; resize itself by hand; sizes, unknown dimensions,
// errors.
#include "OpTesting.h"
#include "limbeck/Reference/ResizeCoordinates.h"
#include <cmath>
#include <sstream>

namespace limbeck::reference {
namespace {

using testing::codeOf;
using testing::inferShape;
using testing::listOf;
using testing::quantization;
using testing::run;
using testing::tensorOf;
using testing::Typed;

using Floats = std::vector<float>;
using Integers = std::vector<int64_t>;

struct Expectation {
  const char *coordinateMode;
  int64_t inputSize;
  float scale;
  int64_t outputSize;
  const char *nearest[4];
  Floats linear;
};
const Expectation expectations[] = {
#include "ResizeExpectations.inc"
};
constexpr const char *nearestModes[] = {"ceil", "floor", "round_prefer_ceil", "round_prefer_floor"};

ResizeAxis axisOf(const Expectation &expectation) {
  ResizeAxis axis;
  axis.coordinateMode = expectation.coordinateMode;
  axis.inputSize = expectation.inputSize;
  axis.scale = expectation.scale != 0 ? expectation.scale
                                      : float(expectation.outputSize) / float(expectation.inputSize);
  axis.outputSize =
      expectation.outputSize >= 0 ? expectation.outputSize : *scaledSize(axis.inputSize, axis.scale);
  axis.roiBegin = -0.1f;
  axis.roiEnd = 0.75f;
  return axis;
}

TEST(ResizeCoordinates, NearestEqualsOnnxRuntime) {
  for (const Expectation &expectation : expectations)
    for (size_t mode = 0; mode < 4; ++mode) {
      ResizeAxis axis = axisOf(expectation);
      axis.nearestMode = nearestModes[mode];
      auto table = resizeTable(axis);
      ASSERT_TRUE(table.ok()) << table.diagnostic().text();
      std::ostringstream text;
      for (const ResizeTap &tap : *table) {
        EXPECT_EQ(tap.low, tap.high);
        EXPECT_EQ(tap.lowWeight, 1.0f);
        EXPECT_EQ(tap.highWeight, 0.0f);
        text << (text.tellp() > 0 ? " " : "") << (tap.outside ? -1 : tap.low);
      }
      EXPECT_EQ(text.str(), expectation.nearest[mode])
          << axis.coordinateMode << " " << axis.nearestMode << " " << axis.inputSize << " " << axis.scale;
    }
}

/// The runtime sums in another order than we do: a few units in the last place of the largest index.
TEST(ResizeCoordinates, LinearEqualsOnnxRuntime) {
  for (const Expectation &expectation : expectations) {
    ResizeAxis axis = axisOf(expectation);
    axis.linear = true;
    auto table = resizeTable(axis);
    ASSERT_TRUE(table.ok()) << table.diagnostic().text();
    ASSERT_EQ(table->size(), expectation.linear.size());
    for (size_t i = 0; i < table->size(); ++i) {
      const ResizeTap &tap = (*table)[i];
      EXPECT_TRUE(0 <= tap.low && tap.low <= tap.high && tap.high <= tap.low + 1 &&
                  tap.high < axis.inputSize);
      float value = tap.outside ? -1 : tap.lowWeight * float(tap.low) + tap.highWeight * float(tap.high);
      EXPECT_NEAR(value, expectation.linear[i], 4e-7f * float(axis.inputSize))
          << axis.coordinateMode << " " << i;
    }
  }
}

TEST(ResizeCoordinates, LinearTapsByHand) {
  ResizeAxis axis{3, 6, 2, true}; // half_pixel: -0.25 0.25 0.75 1.25 1.75 2.25
  auto table = resizeTable(axis);
  ASSERT_TRUE(table.ok());
  const ResizeTap expected[] = {{0, 1, 1, 0},         {0, 1, 0.75f, 0.25f}, {0, 1, 0.25f, 0.75f},
                                {1, 2, 0.75f, 0.25f}, {1, 2, 0.25f, 0.75f}, {2, 2, 0.5f, 0.5f}};
  for (size_t i = 0; i < 6; ++i) {
    EXPECT_EQ((*table)[i].low, expected[i].low) << i;
    EXPECT_EQ((*table)[i].high, expected[i].high) << i;
    EXPECT_EQ((*table)[i].lowWeight, expected[i].lowWeight) << i;
    EXPECT_EQ((*table)[i].highWeight, expected[i].highWeight) << i;
  }
}

TEST(ResizeCoordinates, ErrorsAndEmptyAxes) {
  auto fails = [](ResizeAxis axis) { return codeOf(resizeTable(axis)); };
  EXPECT_EQ(fails({3, 3, 0}), Code::Resize);
  EXPECT_EQ(fails({3, 3, NAN}), Code::Resize);
  EXPECT_EQ(fails({3, 3, INFINITY}), Code::Resize);
  EXPECT_EQ(fails({0, 3, 2}), Code::Resize);
  EXPECT_EQ(fails({-1, 3, 2}), Code::Resize);
  EXPECT_EQ(fails({3, 3, 1, false, "center"}), Code::Resize);
  EXPECT_EQ(fails({3, 3, 1, false, "half_pixel", "nearest"}), Code::Resize);
  EXPECT_TRUE(resizeTable({0, 0, 2})->empty());
  for (float extreme : {1e-38f, 1e38f}) { // coordinates beyond every index
    auto table = resizeTable({7, 5, extreme, true});
    ASSERT_TRUE(table.ok());
    for (const ResizeTap &tap : *table)
      EXPECT_TRUE(tap.low >= 0 && tap.high < 7);
  }
}

Attributes resize(const char *mode, Floats scales, Integers sizes, const char *coordinates = "half_pixel",
                  Floats roi = {}) {
  return {{"mode", std::string(mode)},   {"coordinate_mode", std::string(coordinates)},
          {"scales", std::move(scales)}, {"nearest_mode", std::string("round_prefer_floor")},
          {"sizes", std::move(sizes)},   {"extrapolation_value", 9.0f},
          {"roi", std::move(roi)}};
}
TensorType f32(Shape shape) {
  return {DType::F32, std::move(shape), nullptr};
}

TEST(Resize, NearestOfEveryType) {
  for (DType dtype : {DType::Bool, DType::U4, DType::S8, DType::F16, DType::S32, DType::F64}) {
    Tensor x = std::move(*Tensor::zeros(dtype, {1, 2, 2}));
    dispatch(dtype, [&]<class T>() {
      x.mutableValues<T>()[1] = T(1);
      x.mutableValues<T>()[2] = T(1);
    });
    auto result = run("resize", resize("nearest", {1, 2, 1.5f}, {-1, -1, -1}, "asymmetric"), {{x}});
    ASSERT_TRUE(result.ok()) << result.diagnostic().text();
    EXPECT_EQ((*result)[0].shape(), Shape({1, 4, 3}));
    const double expected[] = {0, 1, 1, 0, 1, 1,
                               1, 0, 0, 1, 0, 0}; // columns at 0, 0.67 and 1.33; rows at 0, 0.5, 1, 1.5
    for (int64_t i = 0; i < 12; ++i)
      EXPECT_EQ((*result)[0].asDouble(i), expected[i]) << name(dtype) << " " << i;
  }
}

TEST(Resize, NearestKeepsQuantizedValues) {
  Typed x{tensorOf<uint8_t>(DType::U8, {3}, {0, 131, 255}), quantization(DType::U8, {0.037f}, {128})};
  auto result = run("resize", resize("nearest", {2}, {-1}), {x}, x.type());
  ASSERT_TRUE(result.ok()) << result.diagnostic().text();
  EXPECT_EQ(listOf<uint8_t>((*result)[0]), (std::vector<uint8_t>{0, 0, 131, 131, 255, 255}));
}

/// Corners in row-major order, weights multiplied from the first axis on, fma from +0.
TEST(Resize, LinearFollowsTheOrderOfCorners) {
  testing::Random random(5);
  Tensor x = random.floats({2, 3, 5});
  auto result = run("resize", resize("linear", {1, 1.7f, 2.3f}, {-1, -1, -1}), {{x}});
  ASSERT_TRUE(result.ok()) << result.diagnostic().text();
  ASSERT_EQ((*result)[0].shape(), Shape({2, 5, 11}));
  auto rows = *resizeTable({3, 5, 1.7f, true}), columns = *resizeTable({5, 11, 2.3f, true});
  for (size_t n = 0; n < 2; ++n)
    for (size_t i = 0; i < 5; ++i)
      for (size_t j = 0; j < 11; ++j) {
        float sum = 0;
        for (bool lower : {false, true})
          for (bool right : {false, true}) {
            float weight = (lower ? rows[i].highWeight : rows[i].lowWeight) *
                           (right ? columns[j].highWeight : columns[j].lowWeight);
            int64_t row = lower ? rows[i].high : rows[i].low,
                    column = right ? columns[j].high : columns[j].low;
            sum = std::fma(weight, x.values<float>()[n * 15 + static_cast<size_t>(row * 5 + column)], sum);
          }
        EXPECT_EQ((*result)[0].values<float>()[n * 55 + i * 11 + j], sum);
      }
}

TEST(Resize, LinearOfOtherFloats) {
  auto doubled =
      run("resize", resize("linear", {2}, {-1}), {{tensorOf<double>(DType::F64, {2}, {0, 0x1p-40})}});
  EXPECT_EQ(listOf<double>((*doubled)[0]), (std::vector<double>{0, 0x1p-42, 0x3p-42, 0x1p-40}));
  auto half = run("resize", resize("linear", {2}, {-1}),
                  {{tensorOf<Float16>(DType::F16, {2}, {Float16(1.0f), Float16(2.0f)})}});
  ASSERT_TRUE(half.ok()) << half.diagnostic().text();
  EXPECT_EQ((*half)[0].asDouble(1), 1.25);
  auto same = run("resize", resize("linear", {1, 1}, {-1, -1}),
                  {{tensorOf<float>(DType::F32, {1, 3}, {INFINITY, 0.1f, -3})}});
  EXPECT_EQ(listOf<float>((*same)[0]), (Floats{INFINITY, 0.1f, -3}));
}

TEST(Resize, CropsOutsideWithTheExtrapolationValue) {
  Tensor x = tensorOf<float>(DType::F32, {1, 3}, {1, 2, 3});
  for (const char *mode : {"nearest", "linear"}) {
    auto result = run("resize", resize(mode, {}, {1, 5}, "tf_crop_and_resize", {0, -0.5f, 1, 1.5f}), {{x}});
    ASSERT_TRUE(result.ok()) << result.diagnostic().text();
    EXPECT_EQ(listOf<float>((*result)[0]), (Floats{9, 1, 2, 3, 9})) << mode;
  }
  auto bytes = run("resize", resize("nearest", {0}, {5}, "tf_crop_and_resize", {-0.5f, 1.5f}),
                   {{tensorOf<int8_t>(DType::S8, {3}, {1, 2, 3})}});
  EXPECT_EQ(listOf<int8_t>((*bytes)[0]), (std::vector<int8_t>{9, 1, 2, 3, 9}));
}

TEST(Resize, Shapes) {
  EXPECT_EQ(*inferShape("resize", resize("nearest", {1, 2.6f}, {-1, -1}), {f32({kUnknown, 5})}),
            Shape({kUnknown, 13}));
  EXPECT_EQ(*inferShape("resize", resize("nearest", {0, 0}, {7, 0}), {f32({kUnknown, 5})}), Shape({7, 0}));
  EXPECT_EQ(*inferShape("resize", resize("linear", {}, {3, 4}), {f32({1, 5})}), Shape({3, 4}));
  EXPECT_EQ(*inferShape("resize", resize("nearest", {0.3f}, {-1}), {f32({3})}), Shape({0}));
  EXPECT_EQ(*inferShape("resize", resize("nearest", {0.7f}, {4}), {f32({5})}),
            Shape({4})); // a scale of its own
  EXPECT_EQ(*inferShape("resize", resize("nearest", {}, {}), {f32({})}), Shape());
  EXPECT_EQ((*run("resize", resize("linear", {2, 1e6f}, {-1, -1}),
                  {{std::move(*Tensor::zeros(DType::F32, {0, 1000}))}}))[0]
                .shape(),
            Shape({0, 1'000'000'000}));
}

TEST(Resize, Errors) {
  auto fails = [](const Attributes &attributes, Shape shape = {1, 5}) {
    return codeOf(inferShape("resize", attributes, {f32(std::move(shape))}));
  };
  for (float scale : {0.0f, -1.0f, NAN, INFINITY, 1e30f})
    EXPECT_EQ(fails(resize("nearest", {1, scale}, {-1, -1})), Code::Resize) << scale;
  EXPECT_EQ(fails(resize("cubic", {1, 2}, {-1, -1})), Code::Resize);
  EXPECT_EQ(fails(resize("nearest", {1, 2}, {-1, -1}, "center")), Code::Resize);
  EXPECT_EQ(fails(resize("nearest", {1}, {-1, -1})), Code::Resize);
  EXPECT_EQ(fails(resize("nearest", {1, 2, 3}, {})), Code::Resize);
  EXPECT_EQ(fails(resize("nearest", {}, {})), Code::Resize);
  EXPECT_EQ(fails(resize("nearest", {1, 1}, {1, -2})), Code::Resize);
  EXPECT_EQ(fails(resize("nearest", {1, 1}, {1, int64_t(1) << 62})), Code::Resize);
  EXPECT_EQ(fails(resize("nearest", {}, {int64_t(1) << 30, int64_t(1) << 30})), Code::Resize);
  EXPECT_EQ(fails(resize("nearest", {}, {1, 5}), {1, 0}), Code::Resize);
  EXPECT_EQ(fails(resize("nearest", {1, 1}, {-1, -1}, "half_pixel", {0, 1})), Code::Resize);
  EXPECT_EQ(fails(resize("nearest", {1, 1}, {-1, -1}, "half_pixel", {0, NAN, 1, 1})), Code::Resize);
  EXPECT_EQ(codeOf(inferShape("resize", resize("linear", {2}, {-1}), {{DType::U8, {3}, nullptr}})),
            Code::UnsupportedType);
}

} // namespace
} // namespace limbeck::reference
