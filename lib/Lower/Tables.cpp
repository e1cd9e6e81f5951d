// Finding chains of element-wise ops over one 8-bit element, and computing their tables with the interpreter's own functions.
//
// The chain behind an op is walked backwards, always through the latest op of the frontier. Whenever the frontier is one value of
// 8 bits, everything behind it is a function of that value; the last such place gives the longest chain.
#include "limbeck/Lower/Tables.h"
#include "limbeck/Graph/IR/Conversion.h"
#include "limbeck/Lower/Elementwise.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/SmallPtrSet.h"

namespace limbeck::lower {

using namespace mlir;

static bool isByte(const TensorType &type) {
  bool perTensor = !type.quantization || type.quantization->axis < 0;
  return bitWidth(type.dtype) == 8 && type.dtype != DType::Bool && perTensor;
}

/// The op that comes last in the block among the definers of `frontier`, if all before it can be expanded through.
static Operation *latestOf(const llvm::SmallSetVector<Value, 4> &frontier) {
  Operation *latest = nullptr;
  for (Value value : frontier) {
    Operation *op = value.getDefiningOp();
    if (op && isElementwise(op) && (!latest || latest->isBeforeInBlock(op)))
      latest = op;
  }
  return latest;
}

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
  TensorType result = kernel.typeOf(op->getResult(0));
  if (!isByte(result))
    return std::nullopt;
  llvm::SmallSetVector<Value, 4> frontier;
  SmallVector<Operation *> chain; // the last op first
  Value source;
  size_t sourceLength = 0;
  frontier.insert(op->getResult(0));
  while (Operation *latest = latestOf(frontier)) {
    TensorType type = kernel.typeOf(latest->getResult(0));
    if (type.shape != result.shape || (type.quantization && type.quantization->axis >= 0) ||
        !isa<graph::ReferenceOpInterface>(latest))
      break;
    frontier.remove(latest->getResult(0));
    chain.push_back(latest);
    bool computable = true;
    for (Value operand : latest->getOperands()) {
      if (std::optional<Tensor> constant = kernel.constantOf(operand))
        computable &= constant->size() == 1;
      else
        frontier.insert(operand);
    }
    if (!computable)
      break;
    if (frontier.size() != 1)
      continue;
    TensorType candidate = kernel.typeOf(frontier[0]);
    if (!isByte(candidate) || candidate.shape != result.shape)
      continue;
    source = frontier[0];
    sourceLength = chain.size();
  }
  if (!source)
    return std::nullopt;
  SmallVector<Operation *> ordered(chain.begin(), chain.begin() + static_cast<std::ptrdiff_t>(sourceLength));
  std::reverse(ordered.begin(), ordered.end());
  if (llvm::all_of(ordered, worksOnStorage))
    return std::nullopt;
  std::optional<Tensor> values = evaluateChain(kernel, source, ordered);
  if (!values)
    return std::nullopt;
  return ByteTable{source, std::move(*values)};
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
