// ContractionOpInterface: the products of convolutions and matrix products.
#include "limbeck/Graph/IR/Limbeck.h"

namespace limbeck::graph {

static mlir::RankedTensorType typeOf(mlir::Value value) {
  return llvm::cast<mlir::RankedTensorType>(value.getType());
}

/// Each of `elements` meets every weight of one slice along the first axis of the weights: OIHW, results; IOHW, inputs.
static int64_t productsWithSlices(mlir::Value elements, mlir::Value weights) {
  int64_t slices = typeOf(weights).getDimSize(0);
  return slices == 0 ? 0 : typeOf(elements).getNumElements() * (typeOf(weights).getNumElements() / slices);
}

int64_t ConvOp::getMultiplyAdds() {
  return productsWithSlices(getResult(), getWeights());
}
int64_t ConvIntegerOp::getMultiplyAdds() {
  return productsWithSlices(getResult(), getWeights());
}
int64_t ConvTransposeOp::getMultiplyAdds() {
  return productsWithSlices(getInput(), getWeights());
}
int64_t MatmulOp::getMultiplyAdds() {
  return typeOf(getResult()).getNumElements() * typeOf(getLhs()).getShape().back();
}
int64_t MatmulIntegerOp::getMultiplyAdds() {
  return typeOf(getResult()).getNumElements() * typeOf(getLhs()).getShape().back();
}
int64_t MatmulBlocksOp::getMultiplyAdds() {
  return typeOf(getResult()).getNumElements() * typeOf(getWeights()).getDimSize(0);
}
int64_t MatmulIntegerBlocksOp::getMultiplyAdds() {
  return typeOf(getResult()).getNumElements() * typeOf(getWeights()).getDimSize(0);
}

} // namespace limbeck::graph
