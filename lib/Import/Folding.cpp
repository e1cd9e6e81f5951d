// The policy of folding while importing. A later pass folds the rest; here only shape arithmetic and the
// layout of weights must be resolved, so everything that could take long is left alone.
#include "Folding.h"
#include <algorithm>

namespace limbeck::importer {

/// Bytes of a static type; nullopt when it is not static or too large to count.
static std::optional<int64_t> typeBytes(const TensorType &type, const Limits &limits) {
  auto count = elementCount(type.shape, limits.elements);
  if (!count || *count == kUnknown)
    return std::nullopt;
  return checkedMultiply(*count, static_cast<int64_t>(storageBytes(type.dtype)));
}

/// Ops that take time in proportion to the elements of their operands and results.
static bool isLinear(const reference::OpDefinition &op) {
  constexpr std::string_view linear[] = {"abs", "add",         "cast",       "div",  "mul", "neg",
                                         "not", "quantize_by", "reciprocal", "sqrt", "sub", "where"};
  return op.kind == reference::Kind::Movement || std::ranges::find(linear, op.name) != std::end(linear);
}

bool FoldingBudget::take(const reference::OpDefinition &op, std::span<const TensorType> operands,
                         std::span<const TensorType> results) {
  constexpr std::string_view kept[] = {"dequantize", "dequantize_by"};
  constexpr int64_t alwaysSmall = 4096, shortBytes = 16384, mostWork = int64_t(1) << 26;
  if (std::ranges::find(kept, op.name) != std::end(kept))
    return false;
  int64_t operandBytes = 0, largestOperand = 1, resultBytes = 0;
  for (const TensorType &type : operands) {
    auto bytes = typeBytes(type, limits);
    auto sum = bytes ? checkedAdd(operandBytes, *bytes) : std::nullopt;
    if (!sum || type.quantization)
      return false;
    operandBytes = *sum;
    largestOperand = std::max(largestOperand, *bytes);
  }
  for (const TensorType &type : results) {
    auto bytes = typeBytes(type, limits);
    if (!bytes || type.quantization || *bytes > limits.foldBytes)
      return false;
    resultBytes += *bytes;
  }
  if (resultBytes > std::max(operandBytes, alwaysSmall))
    return false;
  auto work =
      isLinear(op) ? checkedAdd(operandBytes, resultBytes) : checkedMultiply(resultBytes, largestOperand);
  int64_t &left = operandBytes + resultBytes <= shortBytes ? shortWork : longWork;
  if (!work || (!isLinear(op) && *work > mostWork) || *work > left)
    return false;
  left -= *work;
  return true;
}

} // namespace limbeck::importer
