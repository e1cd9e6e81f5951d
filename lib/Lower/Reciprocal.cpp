// The search for a reciprocal, and its proof by trying all operands. The floats x come from the interpreter's own functions.
#include "limbeck/Lower/Reciprocal.h"
#include "limbeck/Lower/Elementwise.h"
#include "limbeck/Reference/Quantize.h"
#include <cmath>

namespace limbeck::lower {

using namespace mlir;

/// The result of `op`, not quantized, for all values of its 8-bit operands; nothing for operands of other kinds.
static std::optional<Tensor> allResults(KernelBuilder &kernel, Operation *op) {
  constexpr int64_t bytes = 256;
  std::vector<TensorType> types;
  std::vector<Tensor> operands;
  SmallVector<Value, 2> varying;
  for (Value operand : op->getOperands()) {
    TensorType type = kernel.typeOf(operand);
    if (std::optional<Tensor> constant = kernel.constantOf(operand); constant && constant->size() == 1) {
      type.shape = {};
      operands.push_back(constant->reshaped({}));
      types.push_back(std::move(type));
      continue;
    }
    if (bitWidth(type.dtype) != 8 || !type.quantization || type.quantization->axis >= 0)
      return std::nullopt;
    if (!llvm::is_contained(varying, operand))
      varying.push_back(operand);
    if (varying.size() > 2)
      return std::nullopt;
    bool inner = varying.size() == 2 && operand == varying[1];
    type.shape = inner ? Shape{1, bytes} : Shape{bytes, 1};
    Tensor values = std::move(*Tensor::zeros(type.dtype, type.shape));
    for (size_t i = 0; i < static_cast<size_t>(bytes); ++i)
      values.mutableBytes()[i] = static_cast<std::byte>(i);
    operands.push_back(std::move(values));
    types.push_back(std::move(type));
  }
  if (varying.empty())
    return std::nullopt;
  TensorType result{DType::F32, {bytes, varying.size() == 2 ? bytes : 1}, nullptr};
  reference::Attributes attributes = attributesOf(op);
  const auto *definition = cast<graph::ReferenceOpInterface>(op).getDefinition();
  auto evaluated = reference::evaluate(*definition, {attributes, types, operands, {&result, 1}});
  return evaluated ? std::optional(std::move((*evaluated)[0])) : std::nullopt;
}

std::optional<float> provenReciprocal(KernelBuilder &kernel, Operation *op) {
  TensorType type = kernel.typeOf(op->getResult(0));
  if (!type.quantization || type.quantization->axis >= 0 || type.quantization->expressed != DType::F32 ||
      bitWidth(type.dtype) != 8 || !isa<graph::ReferenceOpInterface>(op))
    return std::nullopt;
  std::optional<Tensor> results = allResults(kernel, op);
  if (!results)
    return std::nullopt;
  const Quantization &quantization = *type.quantization;
  auto round = [&](float t) {
    return reference::clampAndRound(t, quantization.zeroPoints[0], quantization.lowest, quantization.highest);
  };
  float scale = quantization.scales[0], nearest = 1 / scale;
  float up = std::nextafter(nearest, INFINITY), down = std::nextafter(nearest, 0.0f);
  for (float candidate : {nearest, up, down, std::nextafter(up, INFINITY), std::nextafter(down, 0.0f)})
    if (std::isfinite(candidate) && llvm::all_of(results->values<float>(), [&](float x) {
          return round(x / scale) == round(x * candidate);
        }))
      return candidate;
  return std::nullopt;
}

} // namespace limbeck::lower
