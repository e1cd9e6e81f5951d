// Parameters in f32, as the models that we write hold them.
#include "Storage.h"
#include "limbeck/Graph/IR/Constants.h"
#include "limbeck/Graph/IR/Conversion.h"
#include <cmath>

namespace limbeck::quantize {

std::shared_ptr<const Quantization> parametersFor(double least, double greatest, DType storage,
                                                  bool symmetric) {
  least = std::min(least, 0.0);
  greatest = std::max(greatest, 0.0);
  Quantization result;
  result.lowest = lowest(storage);
  result.highest = highest(storage);
  int64_t middle = isSigned(storage) ? 0 : (result.highest + 1) / 2;
  double steps = static_cast<double>(result.highest - result.lowest), extent = greatest - least;
  if (symmetric) {
    steps = static_cast<double>(result.highest - middle);
    extent = std::max(-least, greatest);
  }
  auto scale = static_cast<float>(extent / steps);
  // What is smaller has no exact reciprocal, and models say nothing with it.
  if (!(scale >= std::numeric_limits<float>::min()) || !std::isfinite(scale)) {
    result.scales = {1.0f};
    result.zeroPoints = {symmetric || isSigned(storage) ? middle : 0};
    return std::make_shared<const Quantization>(std::move(result));
  }
  double zero = symmetric
                    ? static_cast<double>(middle)
                    : std::nearbyint(static_cast<double>(result.lowest) - least / static_cast<double>(scale));
  result.scales = {scale};
  result.zeroPoints = {static_cast<int64_t>(
      std::clamp(zero, static_cast<double>(result.lowest), static_cast<double>(result.highest)))};
  return std::make_shared<const Quantization>(std::move(result));
}

mlir::Value quantizeDequantize(mlir::OpBuilder &builder, mlir::Location location, mlir::Value value,
                               mlir::RankedTensorType quantized) {
  mlir::Value stored = graph::QuantizeOp::create(builder, location, quantized, value);
  return graph::DequantizeOp::create(builder, location, value.getType(), stored);
}

Expected<mlir::Value> dequantizedConstant(mlir::OpBuilder &builder, mlir::Location location,
                                          const Tensor &stored,
                                          std::shared_ptr<const Quantization> parameters) {
  LIMBECK_ASSIGN(
      mlir::RankedTensorType type,
      graph::fromTensorType(builder.getContext(), {stored.dtype(), stored.shape(), std::move(parameters)}));
  LIMBECK_ASSIGN(mlir::Value constant, graph::createConstant(builder, location, stored, type));
  auto real = mlir::RankedTensorType::get(stored.shape(), builder.getF32Type());
  return mlir::Value(graph::DequantizeOp::create(builder, location, real, constant));
}

} // namespace limbeck::quantize
