// Elementwise ops as the interpreter runs them: broadcasting, types, special values, and quantized operands.
#include "OpTesting.h"
#include "limbeck/Reference/Quantize.h"
#include <cmath>
#include <gtest/gtest.h>

namespace limbeck::reference::testing {
namespace {

const float inf = std::numeric_limits<float>::infinity();

template <class T>
std::vector<T> apply(std::string_view op, DType dtype, const std::vector<std::vector<T>> &operands,
                     const Attributes &attributes = {}) {
  std::vector<Typed> typed;
  for (const std::vector<T> &values : operands)
    typed.push_back({tensorOf(dtype, {static_cast<int64_t>(values.size())}, values)});
  auto results = run(op, attributes, typed);
  EXPECT_TRUE(results.ok()) << op << (results.ok() ? "" : results.diagnostic().text());
  return results.ok() ? listOf<T>((*results)[0]) : std::vector<T>();
}
std::vector<float> floats(std::string_view op, const std::vector<std::vector<float>> &operands,
                          const Attributes &attributes = {}) {
  return apply<float>(op, DType::F32, operands, attributes);
}

TEST(Elementwise, SimpleFloats) {
  using List = std::vector<float>;
  EXPECT_EQ(floats("relu", {{-1, 2, -inf, inf}}), (List{0, 2, 0, inf}));
  EXPECT_EQ(floats("leaky_relu", {{-4, 2}}, {{"alpha", 0.25f}}), (List{-1, 2}));
  EXPECT_EQ(floats("prelu", {{-4, 2, -3}, {0.5f, 9, -1}}), (List{-2, 2, 3}));
  EXPECT_EQ(floats("clip", {{-4, 0.5f, 9}}, {{"min", -1.0f}, {"max", 6.0f}}), (List{-1, 0.5f, 6}));
  EXPECT_EQ(floats("clip", {{-4, inf}}, {{"min", -inf}, {"max", inf}}), (List{-4, inf}));
  EXPECT_EQ(floats("clip", {{-4, 9}}, {{"min", 3.0f}, {"max", 1.0f}}), (List{1, 1}))
      << "as ONNX: the maximum wins";
  EXPECT_EQ(floats("round", {{0.5f, 1.5f, 2.5f, -0.5f, -1.5f}}), (List{0, 2, 2, -0.0f, -2}));
  EXPECT_EQ(floats("hard_sigmoid", {{-9, 0, 1, 9}}, {{"alpha", 0.25f}, {"beta", 0.5f}}),
            (List{0, 0.5f, 0.75f, 1}));
  EXPECT_EQ(floats("hard_swish", {{-9, 0, 9}}), (List{0, 0, 9}));
  EXPECT_EQ(floats("reciprocal", {{4, -0.0f}}), (List{0.25f, -inf}));
  EXPECT_EQ(floats("sqrt", {{9, 2}}), (List{3, std::sqrt(2.0f)}));
  EXPECT_EQ(floats("floor", {{-1.5f, 1.5f}}), (List{-2, 1}));
  EXPECT_EQ(floats("ceil", {{-1.5f, 1.5f}}), (List{-1, 2}));
  EXPECT_EQ(floats("div", {{1, -1, 7}, {0, 0, 2}}), (List{inf, -inf, 3.5f}));
  EXPECT_EQ(floats("pow", {{2, -2, 9, 5}, {10, 3, 0.5f, 0}}), (List{1024, -8, 3, 1}));
}

TEST(Elementwise, NanPasses) {
  for (std::string_view op : {"relu", "sigmoid", "hard_swish", "tanh", "gelu", "erf", "exp", "log", "sqrt",
                              "clip", "hard_sigmoid", "leaky_relu"})
    EXPECT_TRUE(std::isnan(floats(op, {{NAN}}, {{"approximate", std::string("none")}, {"max", 1.0f}})[0]))
        << op;
}

TEST(Elementwise, MinimumAndMaximumAreOfIeee2019) {
  for (auto [a, b] : {std::pair(NAN, 1.0f), {1.0f, NAN}, {inf, NAN}}) {
    EXPECT_TRUE(std::isnan(floats("min", {{a}, {b}})[0]));
    EXPECT_TRUE(std::isnan(floats("max", {{a}, {b}})[0]));
  }
  std::vector<float> zeros = {0.0f, -0.0f}, swapped = {-0.0f, 0.0f};
  for (float value : floats("min", {zeros, swapped}))
    EXPECT_TRUE(std::signbit(value));
  for (float value : floats("max", {zeros, swapped}))
    EXPECT_FALSE(std::signbit(value));
}

TEST(Elementwise, IntegersWrapAndDivisionIsTotal) {
  const int32_t lo = INT32_MIN, hi = INT32_MAX;
  using List = std::vector<int32_t>;
  EXPECT_EQ(apply<int32_t>("div", DType::S32, {{7, -7, 5, lo, lo, 0}, {2, 2, 0, -1, 0, 0}}),
            (List{3, -3, 0, lo, 0, 0}));
  EXPECT_EQ(apply<int32_t>("add", DType::S32, {{hi, -1}, {1, 3}}), (List{lo, 2}));
  EXPECT_EQ(apply<int32_t>("mul", DType::S32, {{65536, -3}, {65536, 5}}), (List{0, -15}));
  EXPECT_EQ(apply<int32_t>("neg", DType::S32, {{lo, 4}}), (List{lo, -4}));
  EXPECT_EQ(apply<int32_t>("abs", DType::S32, {{lo, -4}}), (List{lo, 4}));
  EXPECT_EQ(apply<int32_t>("relu", DType::S32, {{lo, 4}}), (List{0, 4}));
  EXPECT_EQ(apply<int32_t>("pow", DType::S32, {{3, -2, 2, 2, -1, 1, 0, 7}, {4, 3, 31, 32, -3, -8, -1, 0}}),
            (List{81, -8, lo, 0, -1, 1, 0, 1}));
  EXPECT_EQ(apply<int8_t>("div", DType::S8, {{-128}, {-1}}), (std::vector<int8_t>{-128}));
  EXPECT_EQ(apply<uint16_t>("mul", DType::U16, {{65535}, {65535}}), (std::vector<uint16_t>{1}));
  EXPECT_EQ(apply<uint8_t>("sub", DType::U8, {{3}, {5}}), (std::vector<uint8_t>{254}));
  EXPECT_EQ(apply<uint64_t>("div", DType::U64, {{UINT64_MAX, 5}, {UINT64_MAX, 0}}),
            (std::vector<uint64_t>{1, 0}));
}

TEST(Elementwise, ComparisonsAndLogic) {
  Tensor a = tensorOf<float>(DType::F32, {4}, {1, 2, NAN, -0.0f}),
         b = tensorOf<float>(DType::F32, {4}, {2, 1, NAN, 0.0f});
  EXPECT_EQ(listOf<bool>((*run("less", {}, {{a}, {b}}))[0]), (std::vector<bool>{true, false, false, false}));
  EXPECT_EQ(listOf<bool>((*run("greater", {}, {{a}, {b}}))[0]),
            (std::vector<bool>{false, true, false, false}));
  EXPECT_EQ(listOf<bool>((*run("equal", {}, {{a}, {b}}))[0]), (std::vector<bool>{false, false, false, true}));
  using List = std::vector<bool>;
  Tensor p = tensorOf<bool>(DType::Bool, {4}, {false, false, true, true}),
         q = tensorOf<bool>(DType::Bool, {4}, {false, true, false, true});
  EXPECT_EQ(listOf<bool>((*run("and", {}, {{p}, {q}}))[0]), (List{false, false, false, true}));
  EXPECT_EQ(listOf<bool>((*run("or", {}, {{p}, {q}}))[0]), (List{false, true, true, true}));
  EXPECT_EQ(listOf<bool>((*run("not", {}, {{p}}))[0]), (List{true, true, false, false}));
  EXPECT_EQ(listOf<bool>((*run("equal", {}, {{p}, {q}}))[0]), (List{true, false, false, true}));
  EXPECT_EQ(listOf<bool>((*run("less", {}, {{p}, {q}}))[0]), (List{false, true, false, false}));
  EXPECT_EQ(listOf<bool>((*run("where", {}, {{p}, {q}, {p}}))[0]), (List{false, false, false, true}));
}

TEST(Elementwise, WhereBroadcastsEveryOperandOfEveryType) {
  Tensor condition = tensorOf<bool>(DType::Bool, {2, 1}, {true, false});
  for (DType dtype : {DType::U4, DType::S8, DType::U16, DType::S64, DType::F64}) {
    Tensor result = dispatch(dtype, [&]<class T>() -> Tensor {
      if constexpr (std::is_arithmetic_v<T>)
        return (*run("where", {},
                     {{condition},
                      {tensorOf<T>(dtype, {3}, {T(1), T(1), T(0)})},
                      {tensorOf<T>(dtype, {}, {T(5)})}}))[0];
      else
        return {};
    });
    EXPECT_EQ(result.dtype(), dtype);
    EXPECT_EQ(result.shape(), (Shape{2, 3}));
    for (int64_t i = 0; i < 6; ++i)
      EXPECT_EQ(result.asDouble(i), i == 2 ? 0 : i < 3 ? 1 : 5);
  }
}

TEST(Elementwise, BroadcastsChannels) {
  Random random(1);
  Tensor x = random.floats({2, 3, 5, 7}), bias = random.floats({3, 1, 1});
  Tensor y = (*run("sub", {}, {{x}, {bias}}))[0], z = (*run("sub", {}, {{bias}, {x}}))[0];
  for (int64_t i = 0; i < x.size(); ++i) {
    float expected = x.values<float>()[i] - bias.values<float>()[i / 35 % 3];
    ASSERT_EQ(y.values<float>()[i], expected);
    ASSERT_EQ(z.values<float>()[i], -expected);
  }
}

TEST(Elementwise, HalfPrecisionRoundsOnce) {
  std::vector<Float16> a = {Float16(1.0f), Float16(60000.0f)}, b = {Float16(0.0004883f), Float16(60000.0f)};
  Tensor y = (*run("add", {}, {{tensorOf(DType::F16, {2}, a)}, {tensorOf(DType::F16, {2}, b)}}))[0];
  EXPECT_EQ(y.values<Float16>()[0].bits, Float16(1.0f + static_cast<float>(b[0])).bits);
  EXPECT_EQ(static_cast<float>(y.values<Float16>()[1]), inf);
}

TEST(Elementwise, DoubleStaysDouble) {
  EXPECT_EQ(apply<double>("add", DType::F64, {{1e300}, {1}}), (std::vector<double>{1e300 + 1}));
  EXPECT_NEAR(apply<double>("exp", DType::F64, {{1}})[0], M_E, 1e-15);
  EXPECT_EQ(apply<double>("pow", DType::F64, {{10}, {22}})[0], 1e22);
}

TEST(Elementwise, InferChecksTypesShapesAndText) {
  auto type = [](DType dtype, Shape shape) { return TensorType{dtype, std::move(shape), nullptr}; };
  EXPECT_EQ(*inferShape("add", {}, {type(DType::F32, {kUnknown, 4}), type(DType::F32, {3, 1})}),
            (Shape{3, 4}));
  EXPECT_EQ(*inferShape("where", {},
                        {type(DType::Bool, {kUnknown, 1}), type(DType::F16, {}), type(DType::F16, {1, 4})}),
            (Shape{kUnknown, 4}));
  EXPECT_EQ(codeOf(inferShape("add", {}, {type(DType::F32, {2}), type(DType::F32, {3})})), Code::Shape);
  EXPECT_EQ(codeOf(inferShape("add", {}, {type(DType::F32, {2}), type(DType::F64, {2})})), Code::DataType);
  EXPECT_EQ(codeOf(inferShape("add", {}, {type(DType::U4, {2}), type(DType::U4, {2})})), Code::DataType);
  EXPECT_EQ(codeOf(inferShape("exp", {}, {type(DType::S32, {2})})), Code::DataType);
  EXPECT_EQ(codeOf(inferShape("and", {}, {type(DType::S32, {2}), type(DType::S32, {2})})), Code::DataType);
  EXPECT_EQ(
      codeOf(inferShape("where", {}, {type(DType::S8, {2}), type(DType::F32, {2}), type(DType::F32, {2})})),
      Code::DataType);
  EXPECT_EQ(codeOf(inferShape("exp", {}, {type(DType::F32, {}), type(DType::F32, {})})), Code::Arity);
  EXPECT_EQ(codeOf(inferShape("gelu", {{"approximate", std::string("erf")}}, {type(DType::F32, {2})})),
            Code::Attribute);
  EXPECT_EQ(codeOf(inferShape("mul", {{"arith", std::string("tosa")}},
                              {type(DType::F32, {2}), type(DType::F32, {2})})),
            Code::Attribute);
}

/// Operands and result of a quantized add or mul over all pairs of the listed values.
Tensor quantizedBinary(std::string_view op, const char *arith, DType storage,
                       const std::vector<float> &scales, const std::vector<int64_t> &zeroPoints,
                       const Tensor &a, const Tensor &b) {
  auto parameters = [&](size_t i) { return quantization(storage, {scales[i]}, {zeroPoints[i]}); };
  auto results = run(op, {{"arith", std::string(arith)}}, {{a, parameters(0)}, {b, parameters(1)}},
                     TensorType{storage, {}, parameters(2)});
  EXPECT_TRUE(results.ok());
  return (*results)[0];
}

TEST(QuantizedElementwise, DefaultIsDequantizeOpQuantize) {
  Random random(3);
  Tensor a = random.integers(DType::U8, {5, 9}), b = random.integers(DType::U8, {9});
  const float sa = 0.031f, sb = 0.017f, sc = 0.044f;
  for (const char *arith : {"", "qdq"}) {
    Tensor c = quantizedBinary("add", arith, DType::U8, {sa, sb, sc}, {128, 3, 77}, a, b);
    for (int64_t i = 0; i < c.size(); ++i) {
      float sum = dequantize(a.values<uint8_t>()[i], sa, 128) + dequantize(b.values<uint8_t>()[i % 9], sb, 3);
      EXPECT_EQ(c.values<uint8_t>()[i], quantize(sum, sc, 77, 0, 255));
    }
  }
}

/// With scales that are powers of two many sums are ties, where adding an odd zero point before rounding
/// decides.
TEST(QuantizedElementwise, OnnxRuntimeAddsTheZeroPointBeforeRounding) {
  Tensor a = tensorOf<int8_t>(DType::S8, {4}, {1, 3, 5, 100}),
         b = tensorOf<int8_t>(DType::S8, {4}, {0, 0, 0, 120});
  Tensor ours = quantizedBinary("add", "", DType::S8, {0.5f, 0.5f, 1}, {0, 0, 1}, a, b);
  Tensor theirs = quantizedBinary("add", "ort_qlinear", DType::S8, {0.5f, 0.5f, 1}, {0, 0, 1}, a, b);
  EXPECT_EQ(listOf<int8_t>(ours), (std::vector<int8_t>{1, 3, 3, 111}));
  EXPECT_EQ(listOf<int8_t>(theirs), (std::vector<int8_t>{2, 2, 4, 111}));
  Tensor product = quantizedBinary("mul", "ort_qlinear", DType::S8, {0.5f, 1, 1}, {0, -1, 1}, a, b);
  EXPECT_EQ(listOf<int8_t>(product),
            (std::vector<int8_t>{2, 2, 4, 127})); // 0.5 + 1, 1.5 + 1, 2.5 + 1, saturated
}

TEST(QuantizedElementwise, FallsBackWhereTheFormulaDoesNotApply) {
  Tensor a = tensorOf<uint8_t>(DType::U8, {2}, {130, 140});
  auto parameters = quantization(DType::U8, {0.5f}, {128});
  auto results =
      run("mul", {{"arith", std::string("ort_qlinear")}},
          {{a, parameters}, {tensorOf<float>(DType::F32, {2}, {2, 3})}}, TensorType{DType::F32, {}, nullptr});
  ASSERT_TRUE(results.ok());
  EXPECT_EQ(listOf<float>((*results)[0]), (std::vector<float>{2, 18}));
}

} // namespace
} // namespace limbeck::reference::testing
