// Addresses behind inline assembly that is no instruction.
#include "Operands.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace limbeck::cpu {

using namespace mlir;

static Value hidden(lower::KernelBuilder &kernel, Value value, StringRef constraints, bool ordered) {
  return LLVM::InlineAsmOp::create(kernel.builder(), kernel.loc(), value.getType(), ValueRange{value}, "",
                                   constraints, /*has_side_effects=*/ordered, /*is_align_stack=*/false,
                                   LLVM::tailcallkind::TailCallKind::None, LLVM::AsmDialectAttr(),
                                   ArrayAttr())
      .getRes();
}

Value readAnew(lower::KernelBuilder &kernel, Value number) {
  if (!isa<IndexType>(number.getType()))
    return hidden(kernel, number, "=r,0", /*ordered=*/true);
  OpBuilder &b = kernel.builder();
  Value wide = arith::IndexCastOp::create(b, kernel.loc(), b.getI64Type(), number);
  return arith::IndexCastOp::create(b, kernel.loc(), b.getIndexType(),
                                    hidden(kernel, wide, "=r,0", /*ordered=*/true));
}

Value heldInRegister(lower::KernelBuilder &kernel, Value vector) {
  return hidden(kernel, vector, "=v,0", /*ordered=*/false);
}

Value lowLanes(lower::KernelBuilder &kernel, Value vector, Value like) {
  if (vector.getType() == like.getType())
    return vector;
  int64_t lanes = cast<VectorType>(like.getType()).getNumElements();
  return vector::ExtractStridedSliceOp::create(kernel.builder(), kernel.loc(), vector, ArrayRef<int64_t>{0},
                                               ArrayRef<int64_t>{lanes}, ArrayRef<int64_t>{1});
}

} // namespace limbeck::cpu
