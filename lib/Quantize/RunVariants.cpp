// What select-variants does for contractions that are rounded when they run, and for weights that are stored alone.
#include "Decision.h"
#include "RoundBlocks.h"
#include "RoundWeights.h"
#include "limbeck/Graph/IR/Constants.h"
#include "limbeck/Quantize/Passes.h"
#include "limbeck/Quantize/Variants.h"
#include "limbeck/Reference/Quantize.h"
#include <array>

namespace limbeck::quantize {

using mlir::RankedTensorType;
using mlir::Value;

static mlir::DictionaryAttr decisionOf(graph::AnchorOpInterface contraction) {
  return contraction->getAttrOfType<mlir::DictionaryAttr>(kDecisionAttribute);
}

bool hasColumns(graph::AnchorOpInterface contraction) {
  mlir::DictionaryAttr decision = decisionOf(contraction);
  return mlir::isa<graph::MatmulOp>(contraction) &&
         (setting(decision, "quantize") == "weights" ||
          (setting(decision, "quantize") == "dynamic" && setting(decision, "granularity") == "block"));
}

static int64_t blockOf(mlir::DictionaryAttr decision) {
  int64_t block = 0;
  bool isBlock =
      setting(decision, "granularity") == "block" && !setting(decision, "block").getAsInteger(10, block);
  return isBlock ? block : 0;
}

int64_t finerBlock(graph::AnchorOpInterface contraction) {
  mlir::DictionaryAttr decision = decisionOf(contraction);
  if (setting(decision, "quantize") != "weights")
    return 0; // blocks of weights are blocks of activations, too
  constexpr int64_t usual = 32, least = 16;
  int64_t block = blockOf(decision);
  return block == 0 || block > usual ? usual : block > least ? least : 0;
}

bool mayRoundRows(graph::AnchorOpInterface contraction) {
  mlir::DictionaryAttr decision = decisionOf(contraction);
  return mlir::isa<graph::MatmulOp>(contraction) && setting(decision, "quantize") == "dynamic" &&
         setting(decision, "granularity") != "block" && setting(decision, "activation_granularity") != "row";
}

/// One scale for each block of a row.
static Value roundedInBlocks(mlir::OpBuilder &b, mlir::Location location, Value x, int64_t block) {
  auto type = mlir::cast<RankedTensorType>(x.getType());
  int64_t depth = type.getShape().back(), blocks = ceilDivide(depth, block);
  llvm::SmallVector<int64_t> stored(type.getShape()), perBlock(type.getShape());
  stored.back() = blocks * block;
  perBlock.back() = blocks;
  llvm::SmallVector<int64_t> apart(perBlock), one(perBlock);
  apart.push_back(block);
  one.push_back(1);
  auto f32 = b.getF32Type();
  auto integers = [&](unsigned width) { return b.getIntegerType(width, /*isSigned=*/true); };
  auto rounded = graph::DynamicQuantizeBlocksOp::create(
      b, location, RankedTensorType::get(stored, integers(8)), RankedTensorType::get(perBlock, f32),
      RankedTensorType::get(perBlock, integers(32)), x, b.getI64IntegerAttr(block));
  Value steps =
      graph::CastOp::create(b, location, RankedTensorType::get(stored, f32), rounded.getResult(), f32);
  steps = graph::ReshapeOp::create(b, location, RankedTensorType::get(apart, f32), steps, apart);
  Value scales =
      graph::ReshapeOp::create(b, location, RankedTensorType::get(one, f32), rounded.getScale(), one);
  Value values =
      graph::MulOp::create(b, location, mlir::TypeRange{steps.getType()}, mlir::ValueRange{steps, scales});
  values = graph::ReshapeOp::create(b, location, RankedTensorType::get(stored, f32), values, stored);
  if (stored.back() == depth)
    return values;
  llvm::SmallVector<int64_t> starts(type.getRank(), 0), ends(type.getShape()), ones(type.getRank(), 1);
  return graph::SliceOp::create(b, location, type, values, starts, ends, ones);
}

Value roundedWhenRun(mlir::OpBuilder &b, graph::AnchorOpInterface contraction, RunRounding kind) {
  mlir::DictionaryAttr decision = decisionOf(contraction);
  Value x = contraction.getAnchorInput();
  auto type = mlir::cast<RankedTensorType>(x.getType());
  mlir::Location location = contraction->getLoc();
  bool rows = kind == RunRounding::Rows || (mlir::isa<graph::MatmulOp>(contraction) &&
                                            setting(decision, "activation_granularity") == "row");
  if (int64_t block = hasColumns(contraction) ? blockOf(decision) : 0)
    return roundedInBlocks(b, location, x, block);
  if (rows)
    return roundedInBlocks(b, location, x, type.getShape().back());
  auto u8 = b.getIntegerType(8, /*isSigned=*/false);
  auto rounded =
      graph::DynamicQuantizeOp::create(b, location, type.clone(u8), RankedTensorType::get({}, b.getF32Type()),
                                       RankedTensorType::get({}, u8), x);
  return graph::DequantizeByOp::create(b, location, type, rounded.getResult(), rounded.getScale(),
                                       rounded.getZeroPoint(), 0, 0, b.getF32Type());
}

/// As matrix products are rounded whose weights share one scale.
static Expected<VariantWeights> withOneScale(const Tensor &weights, DType storage, bool leastSquares) {
  LIMBECK_ASSIGN(
      RoundedWeights rounded,
      roundWeights(weights,
                   {.storage = storage, .axis = -1, .leastSquares = leastSquares, .leastScales = {}}));
  LIMBECK_ASSIGN(Tensor values, Tensor::zeros(DType::F32, weights.shape()));
  for (int64_t i = 0; i < weights.size(); ++i)
    values.mutableValues<float>()[static_cast<size_t>(i)] =
        static_cast<float>(rounded.stored.asDouble(i)) * static_cast<float>(rounded.parameters->scales[0]);
  return VariantWeights{std::move(values), {}};
}

Expected<VariantWeights> columnWeightsOf(graph::AnchorOpInterface contraction, const Tensor &weights,
                                         WeightVariant variant) {
  int64_t depth = weights.shape()[0], columns = weights.shape()[1];
  LIMBECK_ASSIGN(BlockRounding rounding, blockRoundingOf(decisionOf(contraction), depth));
  if (int64_t finer = finerBlock(contraction); variant == WeightVariant::Channels && finer) {
    rounding.block = finer;
    rounding.halfScales = true;
  }
  bool leastSquares =
      variant == WeightVariant::LeastSquares || (variant == WeightVariant::Recipe && rounding.leastSquares);
  if (variant != WeightVariant::Channels && setting(decisionOf(contraction), "granularity") == "tensor")
    return withOneScale(weights, rounding.storage, leastSquares);
  rounding.leastSquares = leastSquares;
  LIMBECK_ASSIGN(RoundedBlocks rounded, roundBlocks(weights, rounding));
  LIMBECK_ASSIGN(Tensor values, Tensor::zeros(DType::F32, weights.shape()));
  for (int64_t row = 0; row < depth; ++row)
    for (int64_t column = 0; column < columns; ++column) {
      int64_t at = row * columns + column, scale = row / rounding.block * columns + column;
      double steps = rounded.stored.asDouble(at) - rounded.zeroPoints.asDouble(scale);
      values.mutableValues<float>()[static_cast<size_t>(at)] =
          static_cast<float>(steps) * static_cast<float>(rounded.scales.asDouble(scale));
    }
  return VariantWeights{std::move(values), {}};
}

} // namespace limbeck::quantize
