// matmul_blocks, matmul_integer_blocks and dynamic_quantize_blocks: block by block, the last one shorter; refusals.
#include "OpTesting.h"
#include "limbeck/Reference/Quantize.h"
#include <cmath>
#include <limits>

namespace limbeck::reference {
namespace {

using namespace testing;

/// Weights of 7 by 3 in blocks of 4, so that the last block has 3.
struct Blocks {
  static constexpr int64_t depth = 7, columns = 3, block = 4, blocks = 2;
  Tensor weights, scale, zeroPoint;

  Blocks(Random &random, DType dtype)
      : weights(random.integers(dtype, {depth, columns})), scale(random.floats({blocks, columns})),
        zeroPoint(random.integers(dtype, {blocks, columns})) {
    for (float &value : scale.mutableValues<float>())
      value = std::fabs(value) + 0.1f;
  }
  int64_t weight(int64_t k, int64_t n) const {
    return weights.asIndices()[static_cast<size_t>(k * columns + n)] -
           zeroPoint.asIndices()[static_cast<size_t>(k / block * columns + n)];
  }
  float scaleOf(int64_t b, int64_t n) const {
    return scale.values<float>()[static_cast<size_t>(b * columns + n)];
  }
};

Attributes ofBlock(int64_t block) {
  return {{"block_size", block}};
}

TEST(BlockContraction, FloatsAreSummedBlockByBlock) {
  Random random(81);
  for (DType dtype : {DType::S4, DType::U4, DType::S8, DType::U8}) {
    Blocks w(random, dtype);
    Tensor x = random.floats({2, 2, 7});
    auto y = run("matmul_blocks", ofBlock(4), {{x}, {w.weights}, {w.scale}, {w.zeroPoint}});
    ASSERT_TRUE(y.ok()) << y.diagnostic().text();
    EXPECT_EQ((*y)[0].shape(), (Shape{2, 2, 3}));
    for (int64_t row = 0; row < 4; ++row)
      for (int64_t n = 0; n < 3; ++n) {
        float result = 0;
        for (int64_t b = 0; b < 2; ++b) {
          float sum = 0;
          for (int64_t k = 4 * b; k < std::min<int64_t>(7, 4 * b + 4); ++k)
            sum = std::fma(x.values<float>()[static_cast<size_t>(row * 7 + k)],
                           static_cast<float>(w.weight(k, n)), sum);
          result = std::fma(sum, w.scaleOf(b, n), result);
        }
        EXPECT_EQ((*y)[0].values<float>()[static_cast<size_t>(row * 3 + n)], result);
      }
  }
}

TEST(BlockContraction, BytesAreSummedExactly) {
  Random random(82);
  for (DType dtype : {DType::S4, DType::U4, DType::S8, DType::U8}) {
    Blocks w(random, dtype);
    auto q = run("dynamic_quantize_blocks", ofBlock(4), {{random.floats({3, 7})}});
    auto y = run("matmul_integer_blocks", ofBlock(4),
                 {{(*q)[0]}, {(*q)[1]}, {(*q)[2]}, {w.weights}, {w.scale}, {w.zeroPoint}});
    ASSERT_TRUE(y.ok()) << y.diagnostic().text();
    for (int64_t row = 0; row < 3; ++row)
      for (int64_t n = 0; n < 3; ++n) {
        float result = 0;
        for (int64_t b = 0; b < 2; ++b) {
          int64_t sum = 0;
          for (int64_t k = 4 * b; k < std::min<int64_t>(7, 4 * b + 4); ++k)
            sum += (*q)[0].values<int8_t>()[static_cast<size_t>(row * 8 + k)] * w.weight(k, n);
          float scale = (*q)[1].values<float>()[static_cast<size_t>(row * 2 + b)] * w.scaleOf(b, n);
          result = std::fma(static_cast<float>(sum), scale, result);
        }
        EXPECT_EQ((*y)[0].values<float>()[static_cast<size_t>(row * 3 + n)], result);
      }
  }
}

TEST(BlockContraction, InputsAreRoundedBlockByBlock) {
  auto quantized = [](std::vector<float> x, int64_t block) {
    return *run("dynamic_quantize_blocks", ofBlock(block),
                {{tensorOf(DType::F32, {static_cast<int64_t>(x.size())}, x)}});
  };
  std::vector<Tensor> two = quantized({127, -64, 1, 0.5f, 1}, 4);
  EXPECT_EQ(listOf<int8_t>(two[0]), (std::vector<int8_t>{127, -64, 1, 0, 127, 0, 0, 0}))
      << "zeros behind the end";
  EXPECT_EQ(listOf<float>(two[1]), (std::vector<float>{1, 1.0f / 127.0f}));
  EXPECT_EQ(listOf<int32_t>(two[2]), (std::vector<int32_t>{64, 127}));
  constexpr float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  std::vector<Tensor> odd = quantized({0, -0.0f, nan, 254, inf, 1, 1e-40f, -1e-44f}, 2);
  EXPECT_EQ(listOf<int8_t>(odd[0]), (std::vector<int8_t>{0, 0, -127, 127, -127, 0, 0, 0}));
  EXPECT_EQ(listOf<float>(odd[1]), (std::vector<float>{1, 2, inf, 1}));
}

TEST(BlockContraction, Refusals) {
  auto type = [](DType dtype, Shape shape) { return TensorType{dtype, std::move(shape), nullptr}; };
  TensorType x = type(DType::F32, {3, 64}), w = type(DType::S4, {64, 8}), s = type(DType::F16, {2, 8}),
             z = type(DType::S4, {2, 8});
  auto code = [](std::vector<TensorType> types, int64_t block = 32) {
    return codeOf(inferShape("matmul_blocks", ofBlock(block), types));
  };
  EXPECT_EQ(code({type(DType::F16, {3, 64}), w, s, z}), Code::DataType);
  EXPECT_EQ(code({x, type(DType::S16, {64, 8}), s, type(DType::S16, {2, 8})}), Code::DataType);
  EXPECT_EQ(code({x, w, type(DType::F64, {2, 8}), z}), Code::DataType);
  EXPECT_EQ(code({type(DType::F32, {64}), w, s, z}), Code::Rank);
  EXPECT_EQ(code({x, type(DType::S4, {1, 64, 8}), s, z}), Code::Rank);
  EXPECT_EQ(code({x, w, s, type(DType::U4, {2, 8})}), Code::ZeroPoint);
  EXPECT_EQ(code({x, w, type(DType::F16, {8}), z}), Code::QuantizedAxis);
  EXPECT_EQ(code({x, w, type(DType::F16, {3, 8}), z}), Code::QuantizedAxis);
  EXPECT_EQ(code({x, w, s, z}, 0), Code::QuantizedAxis);
  EXPECT_EQ(code({type(DType::F32, {3, 65}), w, s, z}), Code::Shape);
  EXPECT_EQ(*inferShape("matmul_blocks", ofBlock(32), {type(DType::F32, {kUnknown, 64}), w, s, z}),
            (Shape{kUnknown, 8}));
  auto integer = [&](TensorType q, TensorType t, TensorType u) {
    return codeOf(inferShape("matmul_integer_blocks", ofBlock(32), {q, t, u, w, s, z}));
  };
  TensorType q = type(DType::S8, {3, 64}), t = type(DType::F32, {3, 2}), u = type(DType::S32, {3, 2});
  EXPECT_EQ(integer(type(DType::U8, {3, 64}), t, u), Code::DataType);
  EXPECT_EQ(integer(type(DType::S8, {3, 63}), t, u), Code::Shape);
  EXPECT_EQ(integer(q, type(DType::F32, {3, 3}), u), Code::QuantizedAxis);
  EXPECT_EQ(integer(q, t, t), Code::QuantizedAxis);
  EXPECT_EQ(codeOf(inferShape("dynamic_quantize_blocks", ofBlock(32), {type(DType::F16, {3})})),
            Code::DataType);
  EXPECT_EQ(codeOf(inferShape("dynamic_quantize_blocks", ofBlock(32), {type(DType::F32, {})})), Code::Rank);
}

} // namespace
} // namespace limbeck::reference
