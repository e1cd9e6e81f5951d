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

Expected<WeightRounding> roundingOf(graph::AnchorOpInterface anchor, mlir::DictionaryAttr decision) {
  llvm::StringRef method = setting(decision, "weight_method"), granularity = setting(decision, "granularity");
  if (method == "gptq" || method == "awq")
    return error(Code::Unsupported, "weight method '", method.str(), "' comes with a later version");
  if (granularity == "block" || setting(decision, "weights") != "s8")
    return error(Code::Unsupported,
                 "contractions of integers take weights of s8 with one scale per channel or tensor, found ",
                 setting(decision, "weights").str(), " per ", granularity.str())
        .withHint("blocks and 4 bits are for quantize: weights");
  WeightRounding rounding;
  rounding.leastSquares = method == "mse";
  if (granularity == "channel")
    rounding.axis = weightAxis(anchor);
  return rounding;
}

} // namespace limbeck::quantize
