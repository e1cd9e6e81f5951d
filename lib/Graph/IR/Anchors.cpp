// AnchorOpInterface: convolutions and matrix products.
#include "limbeck/Graph/IR/Limbeck.h"

namespace limbeck::graph {

static int64_t channelAxis(llvm::StringRef layout) {
  return layout == "NHWC" ? 3 : 1;
}

mlir::Value ConvOp::getAnchorInput() {
  return getInput();
}
mlir::Value ConvOp::getAnchorWeights() {
  return getWeights();
}
mlir::Value ConvOp::getAnchorBias() {
  return getBias();
}
int64_t ConvOp::getChannelAxis() {
  return channelAxis(getLayout());
}

mlir::Value ConvTransposeOp::getAnchorInput() {
  return getInput();
}
mlir::Value ConvTransposeOp::getAnchorWeights() {
  return getWeights();
}
mlir::Value ConvTransposeOp::getAnchorBias() {
  return getBias();
}
int64_t ConvTransposeOp::getChannelAxis() {
  return channelAxis(getLayout());
}

mlir::Value MatmulOp::getAnchorInput() {
  return getLhs();
}
mlir::Value MatmulOp::getAnchorWeights() {
  return getRhs();
}
mlir::Value MatmulOp::getAnchorBias() {
  return getBias();
}
int64_t MatmulOp::getChannelAxis() {
  return getResult().getType().getRank() - 1;
}

} // namespace limbeck::graph
