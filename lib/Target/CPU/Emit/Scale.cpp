// Multiplication by a power of two: one instruction in place of two factors.
#include "limbeck/Target/CPU/Emitters.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace limbeck::cpu {

using namespace mlir;

Value emitScale(lower::KernelBuilder &kernel, const Isa &isa, Value a, Value n) {
  constexpr int64_t kLanes = 16;
  constexpr int32_t kCurrentRounding = 4; // as the environment says: to nearest
  auto whole = dyn_cast<VectorType>(a.getType());
  if (!isa.has("avx512f") || !whole || !whole.getElementType().isF32() ||
      whole.getNumElements() % kLanes != 0)
    return {};
  OpBuilder &b = kernel.builder();
  Location loc = kernel.loc();
  auto type = VectorType::get({kLanes}, b.getF32Type());
  Value all = arith::ConstantOp::create(b, loc, b.getI16IntegerAttr(-1));
  Value rounding = arith::ConstantOp::create(b, loc, b.getI32IntegerAttr(kCurrentRounding));
  Value result = a;
  for (int64_t first = 0; first < whole.getNumElements(); first += kLanes) {
    auto part = [&](Value of) -> Value {
      if (of.getType() == type)
        return of;
      return vector::ExtractStridedSliceOp::create(b, loc, of, ArrayRef<int64_t>{first},
                                                   ArrayRef<int64_t>{kLanes}, ArrayRef<int64_t>{1});
    };
    Value x = part(a);
    Value scaled =
        LLVM::CallIntrinsicOp::create(b, loc, type, b.getStringAttr("llvm.x86.avx512.mask.scalef.ps.512"),
                                      ValueRange{x, part(n), x, all, rounding})
            .getResult(0);
    if (whole == type)
      return scaled;
    result = vector::InsertStridedSliceOp::create(b, loc, scaled, result, ArrayRef<int64_t>{first},
                                                  ArrayRef<int64_t>{1});
  }
  return result;
}

} // namespace limbeck::cpu
