// Settings of a decision as numbers and axes.
#include "Decision.h"
#include "limbeck/Graph/IR/Constants.h"
#include "limbeck/Graph/IR/Conversion.h"
#include <cmath>

namespace limbeck::quantize {

llvm::StringRef setting(mlir::DictionaryAttr decision, llvm::StringRef key) {
  auto value = decision.getAs<mlir::StringAttr>(key);
  return value ? value.getValue() : llvm::StringRef();
}

int64_t weightAxis(graph::AnchorOpInterface anchor) {
  if (mlir::isa<graph::ConvOp>(anchor))
    return 0;
  if (mlir::isa<graph::ConvTransposeOp>(anchor))
    return 1;
  return mlir::cast<mlir::RankedTensorType>(anchor.getAnchorWeights().getType()).getRank() - 1;
}

bool roundsByGram(mlir::DictionaryAttr decision) {
  llvm::StringRef method = setting(decision, "weight_method");
  return method == "gptq" || method == "awq";
}

/// Whether each output channel of a convolution reads one input channel.
static bool isDepthwise(graph::AnchorOpInterface anchor) {
  auto conv = mlir::dyn_cast<graph::ConvOp>(anchor.getOperation());
  auto weights = mlir::cast<mlir::RankedTensorType>(anchor.getAnchorWeights().getType());
  return conv && conv.getGroups() > 1 && weights.getDimSize(1) == 1;
}

Expected<WeightRounding> roundingOf(graph::AnchorOpInterface anchor, mlir::DictionaryAttr decision) {
  llvm::StringRef method = setting(decision, "weight_method"), granularity = setting(decision, "granularity");
  if (roundsByGram(decision))
    return error(Code::Unsupported, "expected weight method 'minmax' or 'mse' with quantize: ",
                 setting(decision, "quantize").str(), ", found '", method.str(), "'")
        .withHint("gptq and awq are for quantize: weights");
  if (granularity == "block" || setting(decision, "weights") != "s8")
    return error(Code::Unsupported,
                 "contractions of integers take weights of s8 with one scale per channel or tensor, found ",
                 setting(decision, "weights").str(), " per ", granularity.str())
        .withHint("blocks are for matrix products and quantize: dynamic or weights, 4 bits for blocks and "
                  "quantize: weights");
  WeightRounding rounding;
  rounding.leastSquares = method == "mse";
  if (granularity == "channel")
    rounding.axis = weightAxis(anchor);
  llvm::StringRef keep = setting(decision, "keep_sums");
  rounding.keepSums = rounding.axis >= 0 && (keep == "all" || (keep == "depthwise" && isDepthwise(anchor)));
  return rounding;
}

/// The scale that the input is stored with; nothing when it is not.
static std::optional<float> inputScale(graph::AnchorOpInterface anchor) {
  auto dequantize = anchor.getAnchorInput().getDefiningOp<graph::DequantizeOp>();
  if (!dequantize)
    return std::nullopt;
  auto type = graph::toTensorType(dequantize.getX().getType());
  return type && type->quantization ? std::optional(type->quantization->scales[0]) : std::nullopt;
}

/// Scales of `count` slices below these would take the bias, in units of the products of scales, out of 32 bits. A slice of the
/// weights of a grouped transposed convolution serves one channel of each group.
static std::vector<double> leastScales(graph::AnchorOpInterface anchor, int64_t count) {
  auto bias = anchor.getAnchorBias() ? graph::constantOf(anchor.getAnchorBias()) : std::nullopt;
  std::optional<float> scale = inputScale(anchor);
  if (!bias || !scale || count == 0)
    return {};
  std::vector<double> least(static_cast<size_t>(count), 0.0);
  constexpr double room = 1 << 30;
  for (int64_t i = 0; i < bias->size(); ++i) {
    double &own = least[static_cast<size_t>(i % count)];
    own = std::max(own, std::fabs(bias->asDouble(i)) / (static_cast<double>(*scale) * room));
  }
  return least;
}

Expected<RoundedWeights> roundedWeights(graph::AnchorOpInterface anchor, const Tensor &weights,
                                        mlir::DictionaryAttr decision) {
  LIMBECK_ASSIGN(WeightRounding rounding, roundingOf(anchor, decision));
  rounding.leastScales = leastScales(anchor, rounding.axis < 0 ? 1 : weights.shape()[rounding.axis]);
  return roundWeights(weights, rounding);
}

Expected<BlockRounding> blockRoundingOf(mlir::DictionaryAttr decision, int64_t depth) {
  llvm::StringRef method = setting(decision, "weight_method"), granularity = setting(decision, "granularity"),
                  storage = setting(decision, "weights");
  if (setting(decision, "quantize") == "dynamic" && roundsByGram(decision))
    return error(Code::Unsupported,
                 "expected weight method 'minmax' or 'mse' with quantize: dynamic, found '", method.str(),
                 "'")
        .withHint("gptq and awq are for quantize: weights");
  if (granularity == "tensor" && roundsByGram(decision))
    return error(Code::Unsupported,
                 "expected weight method 'minmax' or 'mse' with granularity: tensor, found '", method.str(),
                 "'")
        .withHint("gptq and awq take granularity: channel or block");
  if (granularity != "block" && storage == "u4")
    return error(Code::Unsupported, "expected weights 's8' or 's4' with granularity: ", granularity.str(),
                 ", found 'u4'")
        .withHint("u4 takes granularity: block");
  BlockRounding rounding;
  rounding.storage = storage == "s8" ? DType::S8 : storage == "s4" ? DType::S4 : DType::U4;
  rounding.leastSquares = method == "mse";
  if (granularity != "block") {
    rounding.block = depth;
    rounding.halfScales = false;
    return rounding;
  }
  uint64_t block = 0;
  if (setting(decision, "block").getAsInteger(10, block) || (block & (block - 1)) != 0 || block < 16)
    return error(Code::Unsupported, "expected a block of a power of two of at least 16, found ",
                 setting(decision, "block").str());
  rounding.block = static_cast<int64_t>(block);
  return rounding;
}

} // namespace limbeck::quantize
