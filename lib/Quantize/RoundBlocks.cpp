// Scales of blocks, and rounding to the nearest of their multiples.
#include "RoundBlocks.h"
#include "CompensatedRounding.h"
#include "LeastSquares.h"
#include "limbeck/Reference/Quantize.h"
#include <algorithm>
#include <cmath>

namespace limbeck::quantize {

namespace {
/// One block of one column.
struct Block {
  std::span<const float> values; ///< of the whole matrix
  int64_t columns, first, last, column;

  void forEach(auto use) const {
    for (int64_t k = first; k < last; ++k)
      use(values[static_cast<size_t>(k * columns + column)]);
  }
};

/// What the integers of a block stand for.
struct Parameters {
  float scale = 1;
  int64_t zeroPoint = 0;
};

/// The integers there are.
struct Levels {
  int64_t lowest, highest;

  explicit Levels(DType storage)
      : lowest(isSigned(storage) ? -limbeck::highest(storage) : 0), highest(limbeck::highest(storage)) {}
  Parameters holding(double least, double greatest) const {
    double extent = lowest < 0 ? std::max(-least, greatest) / static_cast<double>(highest)
                               : (greatest - least) / static_cast<double>(highest);
    Parameters parameters{static_cast<float>(extent), 0};
    if (!(parameters.scale >= std::numeric_limits<float>::min()))
      return {};
    parameters.zeroPoint = zeroPointFor(least, parameters.scale);
    return parameters;
  }
  int64_t zeroPointFor(double least, float scale) const {
    if (lowest < 0)
      return 0;
    return std::clamp(static_cast<int64_t>(std::nearbyint(-least / static_cast<double>(scale))), lowest,
                      highest);
  }
  int64_t round(float value, const Parameters &p) const {
    return reference::quantize(value, p.scale, p.zeroPoint, lowest, highest);
  }
};
} // namespace

static double squaredError(const Block &block, const Levels &levels, const Parameters &parameters) {
  double sum = 0;
  block.forEach([&](float value) {
    float back =
        reference::dequantize(levels.round(value, parameters), parameters.scale, parameters.zeroPoint);
    double error = static_cast<double>(value) - static_cast<double>(back);
    sum += error * error;
  });
  return sum;
}

static Parameters parametersOf(const Block &block, const Levels &levels, bool search) {
  double least = 0, greatest = 0;
  block.forEach([&](float value) {
    least = std::min(least, static_cast<double>(value));
    greatest = std::max(greatest, static_cast<double>(value));
  });
  auto holding = [&](double part) { return levels.holding(least * part, greatest * part); };
  if (!search)
    return holding(1);
  return leastSquares(holding, [&](const Parameters &one) { return squaredError(block, levels, one); });
}

/// Whether f16 holds the scales with all of its bits.
static bool fitHalf(std::span<const float> scales) {
  return std::ranges::all_of(scales, [](float scale) { return scale >= 0x1p-14f && scale <= 65504.0f; });
}

Expected<RoundedBlocks> roundBlocks(const Tensor &weights, const BlockRounding &rounding) {
  int64_t depth = weights.shape()[0], columns = weights.shape()[1];
  std::span<const float> values = weights.values<float>();
  if (!std::ranges::all_of(values, [](float value) { return std::isfinite(value); }))
    return error(Code::DataType, "expected finite weights, found NaN or infinity");
  Levels levels(rounding.storage);
  Shape perBlock{ceilDivide(depth, rounding.block), columns};
  RoundedBlocks result;
  LIMBECK_ASSIGN(result.stored, Tensor::zeros(rounding.storage, weights.shape()));
  LIMBECK_ASSIGN(result.scales, Tensor::zeros(DType::F32, perBlock));
  std::vector<Parameters> parameters;
  std::span<float> scales = result.scales.mutableValues<float>();
  for (int64_t block = 0; block < perBlock[0]; ++block)
    for (int64_t column = 0; column < columns; ++column) {
      int64_t first = block * rounding.block, last = std::min(depth, first + rounding.block);
      parameters.push_back(
          parametersOf({values, columns, first, last, column}, levels, rounding.leastSquares));
      scales[parameters.size() - 1] = parameters.back().scale;
    }
  if (rounding.halfScales && fitHalf(scales)) {
    LIMBECK_ASSIGN(result.scales, reference::convertFloat(result.scales, DType::F16));
    for (size_t i = 0; i < parameters.size(); ++i)
      parameters[i].scale = static_cast<float>(result.scales.asDouble(static_cast<int64_t>(i)));
  }
  LIMBECK_ASSIGN(result.zeroPoints, Tensor::zeros(rounding.storage, perBlock));
  for (size_t i = 0; i < parameters.size(); ++i)
    result.zeroPoints.mutableBytes()[i] = static_cast<std::byte>(parameters[i].zeroPoint);

  // Rounds one weight, notes it, and says what it stands for now.
  auto round = [&](int64_t k, int64_t column, float value) {
    const Parameters &own = parameters[static_cast<size_t>(k / rounding.block * columns + column)];
    int64_t q = levels.round(value, own);
    result.stored.mutableBytes()[k * columns + column] = static_cast<std::byte>(q);
    return reference::dequantize(q, own.scale, own.zeroPoint);
  };
  if (rounding.gram) {
    LIMBECK_TRY(roundCompensated(values, depth, columns, *rounding.gram, rounding.gramRows, round));
    return result;
  }
  for (int64_t k = 0; k < depth; ++k)
    for (int64_t column = 0; column < columns; ++column)
      round(k, column, values[static_cast<size_t>(k * columns + column)]);
  return result;
}

} // namespace limbeck::quantize
