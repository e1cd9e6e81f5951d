// Predicates over a region and its core.
#include "Contractions.h"

namespace limbeck::cpu {

using namespace mlir;

bool integerAtomsApply(const lower::ContractionArithmetic &arithmetic, lower::KernelBuilder &kernel) {
  const TensorType &x = arithmetic.inputType(), &w = arithmetic.weightType();
  bool biasKnown = !arithmetic.bias() || kernel.constantOf(arithmetic.bias());
  if (!biasKnown || bitWidth(x.dtype) != 8 || w.dtype != DType::S8)
    return false;
  if (arithmetic.isPlainProduct())
    return true;
  return arithmetic.isQuantized() && !arithmetic.accumulates64() && x.quantization->axis < 0 &&
         llvm::all_of(w.quantization->zeroPoints, [](int64_t zero) { return zero == 0; });
}

/// Whether `fits` holds for every operand of the region that the core does not read.
static bool everyEpilogueOperand(lower::KernelBuilder &kernel, llvm::function_ref<bool(const Shape &)> fits) {
  return llvm::all_of(kernel.region().getBody().front().getArguments(), [&](Value argument) {
    return llvm::is_contained(kernel.core()->getOperands(), argument) || fits(kernel.shapeOf(argument));
  });
}

bool allowsFlatPixels(lower::KernelBuilder &kernel, const Shape &result) {
  return everyEpilogueOperand(kernel, [&](const Shape &shape) {
    bool perChannel = shape.empty() || lower::product(ArrayRef<int64_t>(shape).drop_back()) == 1;
    return perChannel || shape == result;
  });
}

bool allowsRuns(lower::KernelBuilder &kernel, const Shape &result) {
  for (Operation &op : kernel.region().getBody().front().without_terminator())
    for (Value value : op.getResults()) {
      TensorType type = kernel.typeOf(value);
      if (type.quantization && type.quantization->axis >= 0)
        return false;
    }
  return everyEpilogueOperand(
      kernel, [&](const Shape &shape) { return lower::product(shape) == 1 || shape == result; });
}

} // namespace limbeck::cpu
