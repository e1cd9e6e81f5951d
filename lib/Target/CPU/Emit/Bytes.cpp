// Saturating packs. They work inside 128 bits: lane i of the result holds four elements of each of the four vectors.
#include "Bytes.h"
#include "limbeck/Lower/Elementwise.h"
#include "limbeck/Target/CPU/Emitters.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace limbeck::cpu {

using namespace mlir;

Value packBytes(lower::KernelBuilder &kernel, ArrayRef<Value> quarters, bool isSigned, QuarterOrder order) {
  OpBuilder &b = kernel.builder();
  auto vector = [&](int64_t lanes, unsigned bits) {
    return VectorType::get({lanes}, b.getIntegerType(bits));
  };
  auto pack = [&](StringRef name, Type type, Value a, Value c) {
    return LLVM::CallIntrinsicOp::create(b, kernel.loc(), type, b.getStringAttr(name), ValueRange{a, c})
        .getResult(0);
  };
  Value low = pack("llvm.x86.avx512.packssdw.512", vector(32, 16), quarters[0], quarters[1]);
  Value high = pack("llvm.x86.avx512.packssdw.512", vector(32, 16), quarters[2], quarters[3]);
  Value bytes = pack(isSigned ? "llvm.x86.avx512.packsswb.512" : "llvm.x86.avx512.packuswb.512",
                     vector(64, 8), low, high);
  if (order == QuarterOrder::Dealt)
    return bytes;
  SmallVector<int64_t> places; // dwords: from 4 * i + j to 4 * j + i
  for (int64_t j = 0; j < 4; ++j)
    for (int64_t i = 0; i < 4; ++i)
      places.push_back(4 * i + j);
  Value dwords = vector::BitCastOp::create(b, kernel.loc(), vector(16, 32), bytes);
  dwords = vector::ShuffleOp::create(b, kernel.loc(), dwords, dwords, places);
  return vector::BitCastOp::create(b, kernel.loc(), vector(64, 8), dwords);
}

Value requantizeForPacking(lower::KernelBuilder &kernel, const TensorType &type, Value accumulator,
                           Value multipliers, bool bounded) {
  OpBuilder &b = kernel.builder();
  const Quantization &y = *type.quantization;
  Type f32 = multipliers.getType();
  Value t = arith::MulFOp::create(b, kernel.loc(), arith::SIToFPOp::create(b, kernel.loc(), f32, accumulator),
                                  multipliers);
  if (!bounded) {
    auto bound = [&](int64_t value) {
      return kernel.constantLike(f32, static_cast<double>(value - y.zeroPoints[0]));
    };
    t = lower::clampOrdered(kernel, t, bound(y.lowest), bound(y.highest));
  }
  Value rounded = lower::roundSmall(kernel, t);
  return arith::AddIOp::create(b, kernel.loc(), rounded,
                               kernel.constantLike(rounded.getType(), static_cast<double>(y.zeroPoints[0])));
}

Value clampPacked(lower::KernelBuilder &kernel, const TensorType &type, Value bytes) {
  OpBuilder &b = kernel.builder();
  const Quantization &y = *type.quantization;
  auto bound = [&](int64_t value) {
    return kernel.constantLike(bytes.getType(), static_cast<double>(value));
  };
  if (y.lowest > lowest(type.dtype))
    bytes = isSigned(type.dtype) ? Value(arith::MaxSIOp::create(b, kernel.loc(), bytes, bound(y.lowest)))
                                 : Value(arith::MaxUIOp::create(b, kernel.loc(), bytes, bound(y.lowest)));
  if (y.highest < highest(type.dtype))
    bytes = isSigned(type.dtype) ? Value(arith::MinSIOp::create(b, kernel.loc(), bytes, bound(y.highest)))
                                 : Value(arith::MinUIOp::create(b, kernel.loc(), bytes, bound(y.highest)));
  return bytes;
}

Value emitBytePack(lower::KernelBuilder &kernel, const Isa &isa, Value wide, bool isSigned) {
  auto type = dyn_cast<VectorType>(wide.getType());
  if (!packsBytes(isa) || !type || type.getNumElements() != 64 || !type.getElementType().isInteger(32))
    return {};
  OpBuilder &b = kernel.builder();
  SmallVector<Value> quarters;
  for (int64_t first = 0; first < 64; first += 16)
    quarters.push_back(vector::ExtractStridedSliceOp::create(b, kernel.loc(), wide, ArrayRef<int64_t>{first},
                                                             ArrayRef<int64_t>{16}, ArrayRef<int64_t>{1}));
  return packBytes(kernel, quarters, isSigned, QuarterOrder::Natural);
}

} // namespace limbeck::cpu
