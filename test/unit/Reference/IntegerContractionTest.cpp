// conv_integer and matmul_integer: zero points per tensor, row and channel, and sums that wrap.
#include "ConvolutionTesting.h"

namespace limbeck::reference::testing {
namespace {

Typed scalarOf(DType dtype, int64_t value) {
  return dispatch(dtype, [&]<class T>() -> Typed {
    if constexpr (std::is_integral_v<T>)
      return {Tensor::scalar(dtype, static_cast<T>(value))};
    else
      return {};
  });
}

TEST(IntegerContraction, ConvEqualsTextbookIntegers) {
  Random random(31);
  for (int round = 0; round < 60; ++round) {
    ConvolutionCase at = ConvolutionCase::random(random, false);
    DType xType = round % 2 ? DType::U8 : DType::S8, wType = round % 3 ? DType::U8 : DType::S8;
    Tensor x = random.integers(xType, at.x()), w = random.integers(wType, at.weights());
    bool perChannel = round % 5 < 3;
    int64_t xZero = random.integer(lowest(xType), highest(xType));
    Tensor wZero = random.integers(wType, perChannel ? Shape{at.o} : Shape{1});
    Tensor bias = random.integers(DType::S32, {at.o});
    std::vector<int64_t> xs = x.asIndices(), ws = w.asIndices(), zeros = wZero.asIndices();
    int64_t perOutput = at.weights()[1] * at.kh * at.kw;
    std::vector<int64_t> sums = at.textbook<int64_t>(0, [&](int64_t sum, int64_t i, int64_t k) {
      int64_t zero = zeros[perChannel ? static_cast<size_t>(k / perOutput) : 0];
      return i < 0 ? sum : sum + (xs[static_cast<size_t>(i)] - xZero) * (ws[static_cast<size_t>(k)] - zero);
    });
    std::vector<Typed> operands{{x}, {w}, scalarOf(xType, xZero), {wZero}};
    if (round % 4 == 0)
      operands.push_back({bias});
    auto y = run("conv_integer", at.attributes("NCHW"), operands);
    ASSERT_TRUE(y.ok()) << y.diagnostic().text();
    for (size_t i = 0; i < sums.size(); ++i) {
      int64_t added = round % 4 ? 0 : bias.values<int32_t>()[static_cast<size_t>(at.channelOf(i))];
      ASSERT_EQ((*y)[0].values<int32_t>()[i], static_cast<int32_t>(static_cast<uint32_t>(sums[i] + added)));
    }
    operands[0].value = dispatch(xType, [&]<class T>() { return toChannelsLast<T>(x); });
    auto last = run("conv_integer", at.attributes("NHWC"), operands);
    ASSERT_TRUE((*last)[0].identical(toChannelsLast<int32_t>((*y)[0])));
  }
}

TEST(IntegerContraction, MatmulWithZeroPointsPerRowAndColumn) {
  Random random(32);
  for (Shape rows : {Shape{}, Shape{1}, Shape{3}})
    for (Shape columns : {Shape{}, Shape{1}, Shape{6}}) {
      Tensor a = random.integers(DType::S8, {2, 3, 5}), b = random.integers(DType::U8, {5, 6});
      Tensor za = random.integers(DType::S8, rows), zb = random.integers(DType::U8, columns);
      Tensor bias = random.integers(DType::S32, {6});
      auto y = run("matmul_integer", {}, {{a}, {b}, {za}, {zb}, {bias}});
      ASSERT_TRUE(y.ok()) << y.diagnostic().text();
      for (size_t i = 0; i < 36; ++i) {
        size_t batch = i / 18, row = i / 6 % 3, column = i % 6;
        int64_t sum = bias.values<int32_t>()[column];
        for (size_t k = 0; k < 5; ++k)
          sum += (a.values<int8_t>()[(batch * 3 + row) * 5 + k] - za.asIndices()[za.size() == 1 ? 0 : row]) *
                 (b.values<uint8_t>()[k * 6 + column] - zb.asIndices()[zb.size() == 1 ? 0 : column]);
        ASSERT_EQ((*y)[0].values<int32_t>()[i], static_cast<int32_t>(static_cast<uint32_t>(sum)));
      }
    }
}

TEST(IntegerContraction, WrapsModulo32Bits) {
  constexpr int64_t depth = 40000;
  Tensor a = *Tensor::zeros(DType::U8, {1, depth}), b = *Tensor::zeros(DType::U8, {depth, 1});
  std::fill_n(a.mutableValues<uint8_t>().begin(), depth, uint8_t(255));
  std::fill_n(b.mutableValues<uint8_t>().begin(), depth, uint8_t(255));
  auto y = run("matmul_integer", {}, {{a}, {b}, scalarOf(DType::U8, 0), scalarOf(DType::U8, 0)});
  EXPECT_EQ((*y)[0].values<int32_t>()[0], -1693967296); // 2601000000 - 2^32
}

TEST(IntegerContraction, Refusals) {
  auto type = [](DType dtype, Shape shape) { return TensorType{dtype, std::move(shape), nullptr}; };
  TensorType a = type(DType::U8, {3, 4}), b = type(DType::S8, {4, 6}), za = type(DType::U8, {}),
             zb = type(DType::S8, {});
  auto code = [](std::vector<TensorType> types) { return codeOf(inferShape("matmul_integer", {}, types)); };
  EXPECT_EQ(code({a, b, zb, zb}), Code::ZeroPoint);
  EXPECT_EQ(code({a, b, za, type(DType::F32, {})}), Code::ZeroPoint);
  EXPECT_EQ(code({a, b, type(DType::U8, {4}), zb}), Code::QuantizedAxis);
  EXPECT_EQ(code({a, b, za, type(DType::S8, {1, 6})}), Code::QuantizedAxis);
  EXPECT_EQ(code({type(DType::F32, {3, 4}), b, za, zb}), Code::DataType);
  EXPECT_EQ(code({type(DType::S16, {3, 4}), b, type(DType::S16, {}), zb}), Code::DataType);
  EXPECT_EQ(code({a, b, za, zb, type(DType::F32, {6})}), Code::DataType);
  EXPECT_EQ(code({a, type(DType::S8, {5, 6}), za, zb}), Code::Shape);
  EXPECT_EQ(code({a, b, za}), Code::Arity);
  EXPECT_EQ(
      *inferShape("matmul_integer", {}, {type(DType::U8, {kUnknown, 4}), b, type(DType::U8, {kUnknown}), zb}),
      (Shape{kUnknown, 6}));
  ConvolutionCase at{1, 4, 8, 8, 6, 3, 3, 1, {1, 1}, {0, 0, 0, 0}, {1, 1}, {}};
  EXPECT_EQ(
      codeOf(inferShape("conv_integer", at.attributes("NCHW"),
                        {type(DType::U8, at.x()), type(DType::S8, at.weights()), type(DType::U8, {4}), zb})),
      Code::QuantizedAxis);
}

} // namespace
} // namespace limbeck::reference::testing
