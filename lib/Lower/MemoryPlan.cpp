// Whose bytes a value has: what passes and code generation read from the lowered graph.
#include "limbeck/Lower/MemoryPlan.h"
#include "limbeck/Graph/IR/Limbeck.h"
#include "limbeck/Graph/IR/Rewriting.h"

namespace limbeck::lower {

using namespace mlir;

bool isView(Operation *op) {
  return isa<graph::ReshapeOp, graph::StorageCastOp>(op) || graph::isJoin(op);
}

/// The part of a join that is written first.
static Value firstPart(Operation *join) {
  Value first;
  for (Value part : join->getOperands()) {
    Value owner = bufferOwner(part);
    if (!owner.getDefiningOp())
      return owner; // an argument is no part; limbeck-verify-lower says so
    if (!first || owner.getDefiningOp()->isBeforeInBlock(first.getDefiningOp()))
      first = owner;
  }
  return first;
}

Value bufferOwner(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (!isView(op))
      break;
    value = graph::isJoin(op) ? firstPart(op) : op->getOperand(0);
  }
  return value;
}

graph::ConcatOp joinOf(Value part) {
  if (!part.hasOneUse() || !graph::isJoin(*part.user_begin()))
    return {};
  return cast<graph::ConcatOp>(*part.user_begin());
}

Value wholeBuffer(Value value) {
  while (graph::ConcatOp join = joinOf(value))
    value = join.getResult();
  return value;
}

} // namespace limbeck::lower
