// The table of core emitters and the helpers that several families share.
#include "limbeck/Lower/CoreEmitters.h"
#include "limbeck/Lower/MlirScalar.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/ADT/StringMap.h"

namespace limbeck::lower {

using namespace mlir;

EmitFunction findEmitter(StringRef op) {
  static const llvm::StringMap<EmitFunction> table = [] {
    EmitterList list;
#define LIMBECK_EMITTERS(name) add##name##Emitters(list);
#include "limbeck/Lower/EmitterFamilies.def"
    llvm::StringMap<EmitFunction> map;
    for (const CoreEmitter &emitter : list)
      map[emitter.op] = emitter.emit;
    return map;
  }();
  return table.lookup(op);
}

Value loadMapped(KernelBuilder &kernel, Value tensor, ArrayRef<Value> index, int64_t lanes, bool contiguous,
                 IndexMap map) {
  if (lanes == 1 || contiguous)
    return kernel.load(tensor, map(index), lanes);
  SmallVector<Value> elements;
  Index own(index);
  for (int64_t lane = 0; lane < lanes; ++lane) {
    own.back() = kernel.addIndex(index.back(), lane);
    elements.push_back(kernel.load(tensor, map(own), 1));
  }
  auto type = cast<VectorType>(kernel.vectorOf(elements[0].getType(), lanes));
  return vector::FromElementsOp::create(kernel.builder(), kernel.loc(), type, elements);
}

Value indexTable(KernelBuilder &kernel, ArrayRef<int64_t> values) {
  return kernel.weights(Tensor::fromIndices(values));
}

Value lookup(KernelBuilder &kernel, Value table, Value position) {
  OpBuilder &b = kernel.builder();
  Value element = memref::LoadOp::create(b, kernel.loc(), table, position);
  return arith::IndexCastOp::create(b, kernel.loc(), b.getIndexType(), element);
}

void storeTo(KernelBuilder &kernel, Value memory, Value at, Value value) {
  if (isa<VectorType>(value.getType()))
    vector::StoreOp::create(kernel.builder(), kernel.loc(), value, memory, at);
  else
    memref::StoreOp::create(kernel.builder(), kernel.loc(), value, memory, at);
}

Value loadFrom(KernelBuilder &kernel, Value memory, Value at, int64_t lanes) {
  if (lanes == 1)
    return memref::LoadOp::create(kernel.builder(), kernel.loc(), memory, at);
  auto type = VectorType::get({lanes}, cast<MemRefType>(memory.getType()).getElementType());
  return vector::LoadOp::create(kernel.builder(), kernel.loc(), type, memory, at);
}

static MlirScalar floatLanguage(KernelBuilder &kernel, Value like) {
  auto vector = dyn_cast<VectorType>(like.getType());
  bool isDouble = getElementTypeOrSelf(like.getType()).isF64();
  return {kernel, isDouble ? reference::ScalarKind::F64 : reference::ScalarKind::F32, isDouble ? 64u : 32u,
          vector ? vector.getNumElements() : 1};
}
Value maximumOf(KernelBuilder &kernel, Value a, Value c) {
  return floatLanguage(kernel, a).maximum({a}, {c}).value;
}
Value minimumOf(KernelBuilder &kernel, Value a, Value c) {
  return floatLanguage(kernel, a).minimum({a}, {c}).value;
}

Value isLess(KernelBuilder &kernel, Value a, Value c) {
  return arith::CmpIOp::create(kernel.builder(), kernel.loc(), arith::CmpIPredicate::slt, a, c);
}

Value choose(KernelBuilder &kernel, Value condition, Value yes, Value no) {
  return arith::SelectOp::create(kernel.builder(), kernel.loc(), condition, yes, no);
}

} // namespace limbeck::lower
