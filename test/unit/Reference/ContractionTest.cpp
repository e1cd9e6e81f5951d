// matmul against textbook loops, with broadcast batches, quantized operands and sums past 32 bits.
#include "OpTesting.h"
#include <cmath>
#include <limits>

namespace limbeck::reference::testing {
namespace {

struct MatmulCase {
  Shape a, b, y;
};
const MatmulCase kMatmulCases[] = {
    {{1, 1}, {1, 1}, {1, 1}},
    {{3, 5}, {5, 7}, {3, 7}},
    {{2, 33}, {33, 131}, {2, 131}},
    {{4, 3, 5}, {5, 2}, {4, 3, 2}},
    {{3, 5}, {4, 5, 16}, {4, 3, 16}},
    {{2, 1, 3, 4}, {5, 4, 17}, {2, 5, 3, 17}},
    {{1, 3, 2, 4}, {2, 1, 4, 3}, {2, 3, 2, 3}},
    {{2, 0}, {0, 3}, {2, 3}},
    {{0, 4}, {4, 3}, {0, 3}},
};

/// Calls `term(sum, aOffset, bOffset)` for the products of each output in order.
template <class T, class Term> std::vector<T> textbookMatmul(const MatmulCase &at, Term &&term) {
  auto batchOffset = [&](const Shape &operand, int64_t batch) {
    int64_t offset = 0, stride = 1;
    for (size_t i = at.y.size() - 2, j = operand.size() - 2; i-- > 0; batch /= at.y[i])
      if (j > 0) {
        --j;
        offset += operand[j] == 1 ? 0 : batch % at.y[i] * stride;
        stride *= operand[j];
      }
    return offset;
  };
  int64_t batches = 1, m = at.y.end()[-2], n = at.y.end()[-1], depth = at.a.back();
  for (size_t i = 0; i + 2 < at.y.size(); ++i)
    batches *= at.y[i];
  std::vector<T> out;
  for (int64_t batch = 0; batch < batches; ++batch)
    for (int64_t row = 0; row < m; ++row)
      for (int64_t column = 0; column < n; ++column) {
        T sum = 0;
        for (int64_t k = 0; k < depth; ++k)
          sum = term(sum, static_cast<size_t>((batchOffset(at.a, batch) * m + row) * depth + k),
                     static_cast<size_t>((batchOffset(at.b, batch) * depth + k) * n + column));
        out.push_back(sum);
      }
  return out;
}

TEST(Contraction, FloatBitsEqualTextbookLoops) {
  Random random(21);
  for (const MatmulCase &at : kMatmulCases) {
    Tensor a = random.floats(at.a), b = random.floats(at.b), bias = random.floats({at.y.back()});
    std::vector<float> wanted = textbookMatmul<float>(at, [&](float sum, size_t i, size_t j) {
      return std::fma(a.values<float>()[i], b.values<float>()[j], sum);
    });
    auto y = run("matmul", {}, {{a}, {b}});
    ASSERT_TRUE(y.ok()) << y.diagnostic().text();
    ASSERT_TRUE((*y)[0].identical(tensorOf(DType::F32, at.y, wanted))) << shapeText(at.y);
    for (size_t i = 0; i < wanted.size(); ++i)
      wanted[i] += bias.values<float>()[i % static_cast<size_t>(at.y.back())];
    EXPECT_TRUE((*run("matmul", {}, {{a}, {b}, {bias}}))[0].identical(tensorOf(DType::F32, at.y, wanted)));
  }
}

TEST(Contraction, QuantizedEqualsTextbookIntegers) {
  Random random(22);
  for (const MatmulCase &at : kMatmulCases)
    for (bool perColumn : {false, true}) {
      std::vector<float> scales;
      std::vector<int64_t> zeros;
      int64_t columns = at.y.back();
      for (int64_t i = 0; i < (perColumn ? columns : 1); ++i) {
        scales.push_back(random.real(0.01f, 0.1f));
        zeros.push_back(random.integer(-128, 127));
      }
      Typed a{random.integers(DType::U8, at.a), quantization(DType::U8, {0.03f}, {101})};
      Typed b{random.integers(DType::S8, at.b),
              quantization(DType::S8, scales, zeros, perColumn ? static_cast<int64_t>(at.b.size()) - 1 : -1)};
      Typed bias{random.integers(DType::S16, {columns})};
      std::vector<int32_t> wide;
      for (int64_t value : bias.value.asIndices())
        wide.push_back(static_cast<int32_t>(value));
      bias.value = tensorOf(DType::S32, {columns}, wide);
      TensorType type{DType::S8, {}, quantization(DType::S8, {0.6f}, {-7})};
      auto y = run("matmul", {}, {a, b, bias}, type);
      ASSERT_TRUE(y.ok()) << y.diagnostic().text();
      std::vector<int64_t> sums = textbookMatmul<int64_t>(at, [&](int64_t sum, size_t i, size_t j) {
        int64_t zero = zeros[perColumn ? j % static_cast<size_t>(columns) : 0];
        return sum + (a.value.values<uint8_t>()[i] - 101) * (b.value.values<int8_t>()[j] - zero);
      });
      for (size_t i = 0; i < sums.size(); ++i) {
        size_t column = i % static_cast<size_t>(columns);
        float m = (0.03f * scales[perColumn ? column : 0]) / 0.6f;
        float t = static_cast<float>(sums[i] + wide[column]) * m;
        t = std::fmin(std::fmax(t, -121.0f), 134.0f);
        ASSERT_EQ((*y)[0].values<int8_t>()[i], std::lrint(t) - 7);
      }
    }
}

TEST(Contraction, PlainIntegersWrap) {
  auto product = [](DType dtype, auto large) {
    using T = decltype(large);
    Tensor a = tensorOf<T>(dtype, {1, 2}, {large, 3}), b = tensorOf<T>(dtype, {2, 1}, {2, 5}),
           bias = tensorOf<T>(dtype, {1}, {1});
    auto y = run("matmul", {}, {{a}, {b}, {bias}});
    EXPECT_TRUE(y.ok() && (*y)[0].dtype() == dtype) << name(dtype);
    return y.ok() ? (*y)[0].values<T>()[0] : T(0);
  };
  EXPECT_EQ(product(DType::S32, int32_t(7)), 30);
  EXPECT_EQ(product(DType::S32, int32_t(1) << 30), std::numeric_limits<int32_t>::min() + 16);
  EXPECT_EQ(product(DType::U32, uint32_t(1) << 31), 16u);
  EXPECT_EQ(product(DType::S64, int64_t(1) << 62), std::numeric_limits<int64_t>::min() + 16);
  EXPECT_EQ(product(DType::U64, uint64_t(1) << 63), 16u);
}

TEST(Contraction, SumsPast32BitsStayExact) {
  constexpr int64_t depth = 70001; // 70001 * 255 * 255 > 2^32
  Typed a{*Tensor::zeros(DType::U8, {1, depth}), quantization(DType::U8, {0.5f}, {0})};
  Typed b{*Tensor::zeros(DType::U8, {depth, 2}), quantization(DType::U8, {0.25f}, {0})};
  std::fill_n(a.value.mutableValues<uint8_t>().begin(), depth, uint8_t(255));
  std::fill_n(b.value.mutableValues<uint8_t>().begin(), 2 * depth, uint8_t(255));
  b.value.mutableValues<uint8_t>()[1] = 7;
  auto y = run("matmul", {}, {a, b}, TensorType{DType::F32, {}, nullptr});
  int64_t sum = depth * 255 * 255;
  EXPECT_EQ((*y)[0].values<float>()[0], static_cast<float>(sum) * 0.125f);
  EXPECT_EQ((*y)[0].values<float>()[1], static_cast<float>(sum - 255 * 248) * 0.125f);
}

TEST(Contraction, UnknownDimensionsAndRefusals) {
  auto type = [](Shape shape, DType dtype = DType::F32) {
    return TensorType{dtype, std::move(shape), nullptr};
  };
  EXPECT_EQ(*inferShape("matmul", {}, {type({kUnknown, 3, kUnknown}), type({4, kUnknown}), type({6})}),
            (Shape{kUnknown, 3, 6}));
  EXPECT_EQ(codeOf(inferShape("matmul", {}, {type({3, 4}), type({5, 6})})), Code::Shape);
  EXPECT_EQ(codeOf(inferShape("matmul", {}, {type({2, 3, 4}), type({3, 4, 6})})), Code::Shape);
  EXPECT_EQ(codeOf(inferShape("matmul", {}, {type({4}), type({4, 6})})), Code::Rank);
  EXPECT_EQ(codeOf(inferShape("matmul", {}, {type({3, 4}), type({4, 6}), type({3})})), Code::Shape);
  for (DType dtype : {DType::S8, DType::U16, DType::Bool})
    EXPECT_EQ(codeOf(inferShape("matmul", {}, {type({3, 4}, dtype), type({4, 6}, dtype)})), Code::DataType);
  EXPECT_EQ(codeOf(inferShape("matmul", {}, {type({3, 4}, DType::S32), type({4, 6}, DType::S64)})),
            Code::DataType);
  EXPECT_EQ(codeOf(inferShape("matmul", {}, {type({3, 4}), type({4, 6}, DType::F64)})), Code::DataType);
  EXPECT_EQ(codeOf(inferShape("matmul", {}, {type({1 << 30, 4}), type({4, 1 << 30})})), Code::SizeOverflow);
  TensorType a{DType::U8, {3, 4}, quantization(DType::U8, {1}, {0})};
  TensorType perRow{DType::S8, {4, 6}, quantization(DType::S8, {1, 1, 1, 1}, {0, 0, 0, 0}, 0)};
  EXPECT_EQ(codeOf(inferShape("matmul", {}, {a, perRow})), Code::QuantizedConv);
  Typed x{*Tensor::zeros(DType::U8, {3, 4}), a.quantization},
      w{*Tensor::zeros(DType::U8, {4, 2}), a.quantization};
  TensorType perAxis{DType::U8, {}, quantization(DType::U8, {1, 1}, {0, 0}, 1)};
  EXPECT_EQ(codeOf(run("matmul", {}, {x, w}, perAxis)), Code::QuantizedConv);
}

} // namespace
} // namespace limbeck::reference::testing
