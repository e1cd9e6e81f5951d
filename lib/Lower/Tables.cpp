// Tables of chains of element-wise ops over one 8-bit element, computed with the interpreter's own functions.
#include "limbeck/Lower/Tables.h"
#include "limbeck/Graph/IR/Conversion.h"
#include "limbeck/Lower/ByteChains.h"

namespace limbeck::lower {

using namespace mlir;

/// Evaluates `chain`, ops in order, for every byte that `source` can hold.
static std::optional<Tensor> evaluateChain(KernelBuilder &kernel, Value source, ArrayRef<Operation *> chain) {
  llvm::DenseMap<Value, Tensor> values;
  TensorType sourceType = kernel.typeOf(source);
  Tensor bytes = std::move(*Tensor::zeros(sourceType.dtype, {256}));
  for (size_t i = 0; i < 256; ++i)
    bytes.mutableBytes()[i] = static_cast<std::byte>(i);
  values[source] = bytes;
  for (Operation *op : chain) {
    std::vector<TensorType> types;
    std::vector<Tensor> operands;
    for (Value operand : op->getOperands()) {
      TensorType type = kernel.typeOf(operand);
      auto found = values.find(operand);
      if (found != values.end()) {
        type.shape = {256};
        operands.push_back(found->second);
      } else {
        type.shape = {};
        operands.push_back(kernel.constantOf(operand)->reshaped({}));
      }
      types.push_back(std::move(type));
    }
    TensorType result = kernel.typeOf(op->getResult(0));
    result.shape = {256};
    reference::Attributes attributes = attributesOf(op);
    auto definition = cast<graph::ReferenceOpInterface>(op).getDefinition();
    auto evaluated = reference::evaluate(*definition, {attributes, types, operands, {&result, 1}});
    if (!evaluated)
      return std::nullopt;
    values[op->getResult(0)] = std::move((*evaluated)[0]);
  }
  return values[chain.back()->getResult(0)];
}

std::optional<ByteTable> tableOf(KernelBuilder &kernel, Operation *op) {
  std::optional<ByteChain> chain = byteChainOf(kernel.region(), op);
  std::optional<Tensor> values =
      chain ? evaluateChain(kernel, chain->source, chain->ops) : std::optional<Tensor>();
  if (!values)
    return std::nullopt;
  return ByteTable{chain->source, std::move(*values)};
}

std::optional<Clamp> clampOf(const Tensor &values, DType source) {
  bool isSignedByte = isSigned(source);
  if (isSigned(values.dtype()) != isSignedByte)
    return std::nullopt;
  auto stored = [&](int64_t value) {
    auto byte = static_cast<uint8_t>(values.bytes()[static_cast<uint8_t>(value)]);
    return isSignedByte ? static_cast<int64_t>(static_cast<int8_t>(byte)) : static_cast<int64_t>(byte);
  };
  int64_t least = isSignedByte ? -128 : 0, greatest = isSignedByte ? 127 : 255;
  Clamp clamp{stored(least), stored(greatest)};
  for (int64_t value = least; value <= greatest; ++value)
    if (stored(value) != std::clamp(value, std::min(clamp.low, clamp.high), clamp.high))
      return std::nullopt;
  return clamp;
}

} // namespace limbeck::lower
