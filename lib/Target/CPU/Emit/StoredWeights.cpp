// Reads weights, scales and zero points from both forms of quantization.
#include "StoredWeights.h"
#include "limbeck/Graph/IR/Rewriting.h"
#include "limbeck/Reference/Quantize.h"

namespace limbeck::cpu {

using namespace mlir;

/// Zero points as f32; none where all are 0.
static std::optional<Tensor> zeroPointTable(ArrayRef<int64_t> zeroPoints, const Shape &shape) {
  if (llvm::all_of(zeroPoints, [](int64_t zero) { return zero == 0; }))
    return std::nullopt;
  Tensor table = std::move(*Tensor::zeros(DType::F32, shape));
  llvm::transform(zeroPoints, table.mutableValues<float>().begin(),
                  [](int64_t zero) { return static_cast<float>(zero); });
  return table;
}

/// Parameters in the type: one for all, or one per column.
static bool readTyped(StoredWeights &weights, const TensorType &type) {
  if (!type.quantization || type.quantization->axis == 0 || type.quantization->expressed != DType::F32)
    return false;
  Shape shape{1, weights.columns()};
  auto count = static_cast<size_t>(weights.columns());
  std::vector<float> scales = type.quantization->scales;
  std::vector<int64_t> zeroPoints = type.quantization->zeroPoints;
  scales.resize(count, scales.front());
  zeroPoints.resize(count, zeroPoints.front());
  weights.scales = std::move(*Tensor::zeros(DType::F32, shape));
  llvm::copy(scales, weights.scales.mutableValues<float>().begin());
  weights.zeroPoints = zeroPointTable(zeroPoints, shape);
  weights.block = weights.depth();
  return true;
}

/// Parameters as operands: one per block along the depth.
static bool readBlocks(StoredWeights &weights, lower::KernelBuilder &kernel, graph::DequantizeByOp op) {
  auto scales = kernel.constantOf(op.getScale()), zeroPoints = kernel.constantOf(op.getZeroPoint());
  auto block = static_cast<int64_t>(op.getBlockSize());
  if (!scales || !zeroPoints || op.getAxis() != 0 || block <= 0 || scales->rank() != 2 ||
      zeroPoints->shape() != scales->shape())
    return false;
  weights.scales = *scales;
  if (scales->dtype() != DType::F16)
    weights.scales = std::move(*reference::convertFloat(*scales, DType::F32));
  weights.zeroPoints = zeroPointTable(zeroPoints->asIndices(), scales->shape());
  weights.block = std::min(block, weights.depth());
  return true;
}

std::optional<StoredWeights> storedWeights(lower::KernelBuilder &kernel, Value value) {
  Operation *op = value.getDefiningOp();
  if (!graph::isWeightDequantization(op))
    return std::nullopt;
  std::optional<Tensor> stored = kernel.constantOf(op->getOperand(0));
  if (!stored || bitWidth(stored->dtype()) > 8 || stored->size() == 0)
    return std::nullopt;
  StoredWeights weights;
  weights.values = *stored;
  auto blocks = dyn_cast<graph::DequantizeByOp>(op);
  bool known =
      blocks ? readBlocks(weights, kernel, blocks) : readTyped(weights, kernel.typeOf(op->getOperand(0)));
  return known ? std::optional(std::move(weights)) : std::nullopt;
}

} // namespace limbeck::cpu
