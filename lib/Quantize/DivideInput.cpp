// Both changes take one factor per channel, in the order of the input.
#include "DivideInput.h"
#include "ChannelGroups.h"
#include "limbeck/Graph/IR/Constants.h"

namespace limbeck::quantize {

Expected<mlir::Value> dividedInput(graph::AnchorOpInterface anchor, std::span<const double> factors) {
  mlir::Value input = anchor.getAnchorInput();
  auto type = mlir::cast<mlir::RankedTensorType>(input.getType());
  // Broadcast: sizes of 1 behind the channels.
  Shape shape(static_cast<size_t>(type.getRank()) - inputChannelAxis(anchor), 1);
  shape[0] = static_cast<int64_t>(factors.size());
  LIMBECK_ASSIGN(Tensor reciprocals, Tensor::zeros(DType::F32, shape));
  llvm::transform(factors, reciprocals.mutableValues<float>().begin(),
                  [](double factor) { return static_cast<float>(1 / factor); });
  mlir::OpBuilder b(anchor);
  LIMBECK_ASSIGN(mlir::Value by, graph::createConstant(b, input.getLoc(), reciprocals,
                                                       mlir::RankedTensorType::get(shape, b.getF32Type())));
  return mlir::Value(graph::MulOp::create(b, input.getLoc(), type, input, by, b.getStringAttr("")));
}

Status multiplyWeights(graph::AnchorOpInterface anchor, std::span<const double> factors) {
  mlir::Value before = anchor.getAnchorWeights();
  auto weights = graph::constantOf(before);
  if (!weights)
    return error(Code::Internal, "expected constant weights");
  LIMBECK_ASSIGN(Tensor scaled, Tensor::zeros(DType::F32, weights->shape()));
  WeightIndex index(anchor);
  for (int64_t i = 0; i < weights->size(); ++i)
    scaled.mutableValues<float>()[static_cast<size_t>(i)] =
        static_cast<float>(weights->asDouble(i) * factors[index.input(i)]);
  mlir::OpBuilder b(anchor);
  auto type = mlir::RankedTensorType::get(scaled.shape(), b.getF32Type());
  LIMBECK_ASSIGN(mlir::Value after, graph::createConstant(b, before.getLoc(), scaled, type));
  anchor->replaceUsesOfWith(before, after);
  return {};
}

} // namespace limbeck::quantize
