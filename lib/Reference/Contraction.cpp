// matmul, float and quantized.
#include "MatrixProduct.h"
#include "QuantizedContraction.h"
#include "limbeck/Reference/Registry.h"

namespace limbeck::reference {

static Expected<std::vector<TensorType>> inferMatmul(const Call &call) {
  LIMBECK_ASSIGN(Shape shape, inferMatrixProduct(call, 2));
  LIMBECK_TRY(checkContractionTypes(call, static_cast<int64_t>(call.operands[1].shape.size()) - 1));
  return std::vector<TensorType>{{call.operands[0].dtype, std::move(shape), nullptr}};
}

static Expected<std::vector<Tensor>> evaluateMatmul(const Evaluation &evaluation) {
  std::span<const Tensor> operands = evaluation.operands;
  return dispatchFloat(operands[0].dtype(), [&]<class T>() -> Expected<std::vector<Tensor>> {
    LIMBECK_ASSIGN(Tensor product,
                   multiplyMatrices<T>(operands[0], operands[1], evaluation.resultTypes[0].shape));
    if (operands.size() > 2)
      addBias(product.mutableValues<T>(), operands[2].values<T>(), 1);
    return std::vector<Tensor>{product};
  });
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
