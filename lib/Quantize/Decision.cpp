// Settings of a decision as numbers and axes.
#include "Decision.h"

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
