// matmul: float, quantized, and integers of 32 and 64 bits.
#include "MatrixProduct.h"
#include "QuantizedContraction.h"
#include "limbeck/Reference/Registry.h"

namespace limbeck::reference {

/// Plain integers: all operands of one type, sums and products wrap.
static Status checkIntegerTypes(const Call &call) {
  DType type = call.operands[0].dtype;
  for (const TensorType &operand : call.operands)
    if (operand.dtype != type)
      return error(Code::DataType, "expected operands of one type, found ", name(type), " and ",
                   name(operand.dtype));
  return {};
}

static Expected<std::vector<TensorType>> inferMatmul(const Call &call) {
  LIMBECK_ASSIGN(Shape shape, inferMatrixProduct(call, 2));
  DType type = call.operands[0].dtype;
  if (isInteger(type) && bitWidth(type) >= 32 && !call.attributes.has("accumulate")) {
    LIMBECK_TRY(checkIntegerTypes(call));
  } else {
    LIMBECK_ASSIGN(type, contractionResult(call, static_cast<int64_t>(call.operands[1].shape.size()) - 1));
  }
  return std::vector<TensorType>{{type, std::move(shape), nullptr}};
}

/// The product of values of the type that T accumulates in, or for unsigned T of the signed type as wide.
template <class T> static Expected<std::vector<Tensor>> matmulOf(const Evaluation &evaluation) {
  std::span<const Tensor> operands = evaluation.operands;
  LIMBECK_ASSIGN(Tensor product,
                 multiplyMatrices<T>(operands[0], operands[1], evaluation.resultTypes[0].shape));
  if (operands.size() > 2)
    addBias(product.mutableValues<T>(), operands[2].values<T>(), 1);
  if (product.dtype() == operands[0].dtype())
    return std::vector<Tensor>{product};
  LIMBECK_ASSIGN(Tensor result, Tensor::zeros(operands[0].dtype(), product.shape()));
  std::ranges::copy(product.values<T>(), result.mutableValues<T>().begin());
  return std::vector<Tensor>{result};
}

static Expected<std::vector<Tensor>> evaluateMatmul(const Evaluation &evaluation) {
  DType type = evaluation.operands[0].dtype();
  if (isInteger(type))
    return bitWidth(type) == 32 ? matmulOf<uint32_t>(evaluation) : matmulOf<uint64_t>(evaluation);
  return dispatchFloat(type, [&]<class T>() { return matmulOf<T>(evaluation); });
}

static Expected<std::vector<Tensor>> evaluateQuantizedMatmul(const Evaluation &evaluation) {
  const Shape &weights = evaluation.operands[1].shape();
  int64_t rank = static_cast<int64_t>(weights.size());
  ContractionSizes sizes{weights.end()[-2], rank - 1, weights.back(), /*channelStride=*/1};
  return contractQuantized(evaluation, sizes, [&]<class T>(const Tensor &a, const Tensor &b) {
    return multiplyMatrices<T>(a, b, evaluation.resultTypes[0].shape);
  });
}

void defineContraction(DefinitionList &list) {
  list.push_back({"matmul", Kind::Compute, 2, 3, inferMatmul, evaluateMatmul, evaluateQuantizedMatmul});
}

} // namespace limbeck::reference
