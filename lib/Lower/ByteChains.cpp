// The chain behind an op is walked backwards, always through the latest op of the frontier. Whenever the frontier is one value of
// 8 bits, everything behind it is a function of that value; the last such place gives the longest chain.
#include "limbeck/Lower/ByteChains.h"
#include "limbeck/Graph/IR/Constants.h"
#include "limbeck/Graph/IR/Conversion.h"
#include "limbeck/Lower/Elementwise.h"
#include "llvm/ADT/SetVector.h"

namespace limbeck::lower {

using namespace mlir;

static TensorType typeOf(Value value) {
  return *graph::toTensorType(value.getType());
}

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

std::optional<Tensor> constantIn(graph::FusedOp region, Value value) {
  auto argument = dyn_cast<BlockArgument>(value);
  if (!argument || argument.getOwner()->getParentOp() != region.getOperation())
    return graph::constantOf(value);
  return graph::constantOf(region->getOperand(argument.getArgNumber()));
}

std::optional<ByteChain> byteChainOf(graph::FusedOp region, Operation *op) {
  TensorType result = typeOf(op->getResult(0));
  if (!isByte(result))
    return std::nullopt;
  llvm::SmallSetVector<Value, 4> frontier;
  SmallVector<Operation *> chain; // the last op first
  Value source;
  size_t sourceLength = 0;
  frontier.insert(op->getResult(0));
  while (Operation *latest = latestOf(frontier)) {
    TensorType type = typeOf(latest->getResult(0));
    if (type.shape != result.shape || (type.quantization && type.quantization->axis >= 0) ||
        !isa<graph::ReferenceOpInterface>(latest))
      break;
    frontier.remove(latest->getResult(0));
    chain.push_back(latest);
    bool computable = true;
    for (Value operand : latest->getOperands()) {
      if (std::optional<Tensor> constant = constantIn(region, operand))
        computable &= constant->size() == 1;
      else
        frontier.insert(operand);
    }
    if (!computable)
      break;
    if (frontier.size() != 1)
      continue;
    TensorType candidate = typeOf(frontier[0]);
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
  return ByteChain{source, std::move(ordered)};
}

} // namespace limbeck::lower
