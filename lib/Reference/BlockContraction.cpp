// Matrix products with weights in blocks: integers that share a scale and a zero point along the depth of a column. Of floats
// (matmul_blocks), and of bytes that were rounded in the same blocks when the model runs (dynamic_quantize_blocks,
// matmul_integer_blocks).
#include "QuantizationParameters.h"
#include "limbeck/Reference/Quantize.h"
#include "limbeck/Reference/Registry.h"
#include <algorithm>
#include <cmath>
#include <limits>

namespace limbeck::reference {

/// The operands of both products behind those of the input.
struct BlockOperands {
  size_t weights, scale, zeroPoint;
};
static constexpr BlockOperands kFloatOperands{1, 2, 3}, kIntegerOperands{3, 4, 5};

static Expected<int64_t> blockSize(const Attributes &attributes) {
  int64_t block = attributes.integer("block_size");
  if (block < 1)
    return error(Code::QuantizedAxis, "expected a block size of at least 1, found ", block);
  return block;
}

static int64_t blocksOf(int64_t depth, int64_t block) {
  return depth == kUnknown ? kUnknown : ceilDivide(depth, block);
}

/// Weights [K, N] of at most 8 bits with scales and zero points [blocks, N].
static Status checkWeights(const Call &call, const BlockOperands &at, int64_t block) {
  const TensorType &weights = call.operands[at.weights], &scale = call.operands[at.scale],
                   &zeroPoint = call.operands[at.zeroPoint];
  if (!isInteger(weights.dtype) || bitWidth(weights.dtype) > 8)
    return error(Code::DataType, "expected integer weights of at most 8 bits, found ", name(weights.dtype));
  if (weights.shape.size() != 2)
    return error(Code::Rank, "expected one matrix of weights, found ", shapeText(weights.shape));
  LIMBECK_TRY(checkQuantizableFloat("a scale", scale.dtype));
  if (zeroPoint.dtype != weights.dtype)
    return error(Code::ZeroPoint, "expected a zero point of ", name(weights.dtype), ", found ",
                 name(zeroPoint.dtype));
  LIMBECK_TRY(checkParameterShape(weights.shape, scale.shape, 0, block));
  LIMBECK_TRY(checkParameterShape(weights.shape, zeroPoint.shape, 0, block));
  LIMBECK_TRY(checkScaleValues(call.constant(at.scale)));
  return checkZeroPointValues(call.constant(at.zeroPoint), zeroPoint.dtype);
}

static Status checkDepth(int64_t found, int64_t wanted) {
  if (found != kUnknown && wanted != kUnknown && found != wanted)
    return error(Code::Shape, "expected equal inner dimensions, found ", found, " and ", wanted);
  return {};
}

static Status checkRank(const TensorType &x) {
  if (x.shape.size() < 2)
    return error(Code::Rank, "expected an input of rank 2 or more, found ", shapeText(x.shape));
  return {};
}

static std::vector<TensorType> floatResult(const TensorType &x, const TensorType &weights) {
  Shape shape = x.shape;
  shape.back() = weights.shape[1];
  return {{DType::F32, std::move(shape), nullptr}};
}

static Expected<std::vector<TensorType>> inferMatmulBlocks(const Call &call) {
  const TensorType &x = call.operands[0];
  LIMBECK_ASSIGN(int64_t block, blockSize(call.attributes));
  if (x.dtype != DType::F32)
    return error(Code::DataType, "expected f32 values, found ", name(x.dtype));
  LIMBECK_TRY(checkRank(x));
  LIMBECK_TRY(checkWeights(call, kFloatOperands, block));
  LIMBECK_TRY(checkDepth(x.shape.back(), call.operands[1].shape[0]));
  return floatResult(x, call.operands[1]);
}

static Expected<std::vector<TensorType>> inferMatmulIntegerBlocks(const Call &call) {
  const TensorType &x = call.operands[0], &weights = call.operands[kIntegerOperands.weights];
  LIMBECK_ASSIGN(int64_t block, blockSize(call.attributes));
  if (x.dtype != DType::S8)
    return error(Code::DataType, "expected an input of s8, found ", name(x.dtype));
  LIMBECK_TRY(checkRank(x));
  LIMBECK_TRY(checkWeights(call, kIntegerOperands, block));
  int64_t blocks = blocksOf(weights.shape[0], block);
  LIMBECK_TRY(checkDepth(x.shape.back(), blocks == kUnknown ? kUnknown : blocks * block));
  Shape perBlock = x.shape;
  perBlock.back() = blocks;
  for (size_t i : {size_t(1), size_t(2)}) {
    const TensorType &parameter = call.operands[i];
    DType wanted = i == 1 ? DType::F32 : DType::S32;
    bool fits = parameter.dtype == wanted && parameter.shape.size() == perBlock.size();
    for (size_t dim = 0; fits && dim < perBlock.size(); ++dim)
      fits = parameter.shape[dim] == perBlock[dim] || parameter.shape[dim] == kUnknown ||
             perBlock[dim] == kUnknown;
    if (!fits)
      return error(Code::QuantizedAxis, "expected ", i == 1 ? "scales" : "sums", " of the input of ",
                   name(wanted), " ", shapeText(perBlock), ", found ", parameter.text());
  }
  return floatResult(x, weights);
}

static Expected<std::vector<TensorType>> inferDynamicQuantizeBlocks(const Call &call) {
  const TensorType &x = call.operands[0];
  LIMBECK_ASSIGN(int64_t block, blockSize(call.attributes));
  if (x.dtype != DType::F32)
    return error(Code::DataType, "expected f32 values, found ", name(x.dtype));
  if (x.shape.empty())
    return error(Code::Rank, "expected an input of rank 1 or more, found a scalar");
  Shape stored = x.shape, perBlock = x.shape;
  perBlock.back() = blocksOf(x.shape.back(), block);
  if (stored.back() != kUnknown)
    stored.back() = perBlock.back() * block;
  LIMBECK_TRY(elementCount(stored, Limits().elements));
  return std::vector<TensorType>{
      {DType::S8, stored, nullptr}, {DType::F32, perBlock, nullptr}, {DType::S32, perBlock, nullptr}};
}

/// The scale of a block: its greatest magnitude becomes 127. NaN does not count.
static float blockScale(std::span<const float> values) {
  float greatest = 0;
  for (float value : values)
    greatest = std::fmax(greatest, std::fabs(value));
  float scale = greatest / 127.0f;
  return scale < std::numeric_limits<float>::min() ? 1.0f : scale;
}

static Expected<std::vector<Tensor>> evaluateDynamicQuantizeBlocks(const Evaluation &evaluation) {
  const Tensor &x = evaluation.operands[0];
  int64_t block = evaluation.attributes.integer("block_size"), depth = x.shape().back();
  int64_t blocks = blocksOf(depth, block), rows = depth ? x.size() / depth : 0;
  LIMBECK_ASSIGN(Tensor stored, Tensor::zeros(DType::S8, evaluation.resultTypes[0].shape));
  LIMBECK_ASSIGN(Tensor scales, Tensor::zeros(DType::F32, evaluation.resultTypes[1].shape));
  LIMBECK_ASSIGN(Tensor sums, Tensor::zeros(DType::S32, evaluation.resultTypes[2].shape));
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t i = 0; i < blocks; ++i) {
      int64_t first = i * block, count = std::min(block, depth - first);
      std::span<const float> values =
          x.values<float>().subspan(static_cast<size_t>(row * depth + first), static_cast<size_t>(count));
      float scale = blockScale(values);
      int32_t sum = 0;
      for (int64_t k = 0; k < count; ++k) {
        int64_t q = quantize(values[static_cast<size_t>(k)], scale, 0, -127, 127);
        stored.mutableValues<int8_t>()[static_cast<size_t>(row * blocks * block + first + k)] =
            static_cast<int8_t>(q);
        sum += static_cast<int32_t>(q);
      }
      scales.mutableValues<float>()[static_cast<size_t>(row * blocks + i)] = scale;
      sums.mutableValues<int32_t>()[static_cast<size_t>(row * blocks + i)] = sum;
    }
  return std::vector<Tensor>{stored, scales, sums};
}

/// The weights of an evaluation: integers, and their parameters by block and column.
struct BlockWeights {
  std::vector<int64_t> values, zeroPoints;
  Tensor scales; ///< f32
  int64_t depth, columns, block, blocks;
};

static Expected<BlockWeights> blockWeights(const Evaluation &evaluation, const BlockOperands &at) {
  const Tensor &weights = evaluation.operands[at.weights];
  BlockWeights result;
  result.values = weights.asIndices();
  result.zeroPoints = evaluation.operands[at.zeroPoint].asIndices();
  LIMBECK_ASSIGN(result.scales, convertFloat(evaluation.operands[at.scale], DType::F32));
  result.depth = weights.shape()[0];
  result.columns = weights.shape()[1];
  result.block = evaluation.attributes.integer("block_size");
  result.blocks = blocksOf(result.depth, result.block);
  return result;
}

/// Calls `add(result, row, block, column, first weight of the block, how many)` for every block of every result, in order.
static Expected<std::vector<Tensor>> overBlocks(const Evaluation &evaluation, const BlockWeights &weights,
                                                auto &&add) {
  LIMBECK_ASSIGN(Tensor result, Tensor::zeros(DType::F32, evaluation.resultTypes[0].shape));
  std::span<float> out = result.mutableValues<float>();
  for (size_t i = 0; i < out.size(); ++i) {
    int64_t row = static_cast<int64_t>(i) / weights.columns,
            column = static_cast<int64_t>(i) % weights.columns;
    for (int64_t block = 0; block < weights.blocks; ++block) {
      int64_t first = block * weights.block;
      add(out[i], row, block, column, first, std::min(weights.block, weights.depth - first));
    }
  }
  return std::vector<Tensor>{result};
}

static Expected<std::vector<Tensor>> evaluateMatmulBlocks(const Evaluation &evaluation) {
  LIMBECK_ASSIGN(BlockWeights weights, blockWeights(evaluation, kFloatOperands));
  std::span<const float> x = evaluation.operands[0].values<float>(), scales = weights.scales.values<float>();
  return overBlocks(
      evaluation, weights,
      [&](float &result, int64_t row, int64_t block, int64_t column, int64_t first, int64_t count) {
        auto parameter = static_cast<size_t>(block * weights.columns + column);
        float sum = 0;
        for (int64_t k = first; k < first + count; ++k) {
          int64_t q = weights.values[static_cast<size_t>(k * weights.columns + column)];
          sum = std::fma(x[static_cast<size_t>(row * weights.depth + k)],
                         static_cast<float>(q - weights.zeroPoints[parameter]), sum);
        }
        result = std::fma(sum, scales[parameter], result);
      });
}

static Expected<std::vector<Tensor>> evaluateMatmulIntegerBlocks(const Evaluation &evaluation) {
  LIMBECK_ASSIGN(BlockWeights weights, blockWeights(evaluation, kIntegerOperands));
  std::span<const int8_t> x = evaluation.operands[0].values<int8_t>();
  std::span<const float> inputScales = evaluation.operands[1].values<float>(),
                         scales = weights.scales.values<float>();
  std::span<const int32_t> inputSums = evaluation.operands[2].values<int32_t>();
  int64_t pitch = weights.blocks * weights.block;
  return overBlocks(
      evaluation, weights,
      [&](float &result, int64_t row, int64_t block, int64_t column, int64_t first, int64_t count) {
        auto parameter = static_cast<size_t>(block * weights.columns + column),
             own = static_cast<size_t>(row * weights.blocks + block);
        uint32_t sum = 0; // wraps, as kernels count
        for (int64_t k = first; k < first + count; ++k)
          sum += static_cast<uint32_t>(x[static_cast<size_t>(row * pitch + k)] *
                                       weights.values[static_cast<size_t>(k * weights.columns + column)]);
        sum -= static_cast<uint32_t>(weights.zeroPoints[parameter]) * static_cast<uint32_t>(inputSums[own]);
        result = std::fma(static_cast<float>(static_cast<int32_t>(sum)), inputScales[own] * scales[parameter],
                          result);
      });
}

void defineBlockContraction(DefinitionList &list) {
  list.push_back({"dynamic_quantize_blocks", Kind::Exact, 1, 1, inferDynamicQuantizeBlocks,
                  evaluateDynamicQuantizeBlocks});
  list.push_back({"matmul_blocks", Kind::Exact, 4, 4, inferMatmulBlocks, evaluateMatmulBlocks});
  list.push_back(
      {"matmul_integer_blocks", Kind::Exact, 6, 6, inferMatmulIntegerBlocks, evaluateMatmulIntegerBlocks});
}

} // namespace limbeck::reference
