// Names of intrinsics by width, and what is made of them.
#include "ByteInstructions.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace limbeck::cpu {

using namespace mlir;

ByteInstructions::ByteInstructions(lower::KernelBuilder &kernel, const Isa &isa)
    : kernel(kernel), b(kernel.builder()), count(isa.lanes), dotProducts(isa.has("avx512vnni")) {}

VectorType ByteInstructions::vector(int64_t elements, unsigned bits) const {
  return VectorType::get({elements}, b.getIntegerType(bits));
}
VectorType ByteInstructions::bytes() const {
  return vector(4 * count, 8);
}
VectorType ByteInstructions::dwords() const {
  return vector(count, 32);
}

Value ByteInstructions::intrinsic(StringRef name, Type type, ValueRange operands) {
  return LLVM::CallIntrinsicOp::create(b, kernel.loc(), type, b.getStringAttr(name), operands).getResult(0);
}

StringRef ByteInstructions::at(StringRef sse2, StringRef avx2, StringRef avx512) const {
  return count == 16 ? avx512 : count == 8 ? avx2 : sse2;
}

Value ByteInstructions::bitcast(Type type, Value value) {
  return vector::BitCastOp::create(b, kernel.loc(), type, value);
}

Value ByteInstructions::dot(Value accumulator, Value x, Value w) {
  if (dotProducts)
    return intrinsic("llvm.x86.avx512.vpdpbusd.512", dwords(), {accumulator, x, w});
  // Words of the even bytes and of the odd ones: 255 * 128 * 2 is far from the end of 32 bits.
  VectorType words = vector(2 * count, 16);
  Value eight = kernel.constantLike(words, 8), low = kernel.constantLike(words, 255);
  Value xs = bitcast(words, x), ws = bitcast(words, w);
  Value xEven = arith::AndIOp::create(b, kernel.loc(), xs, low),
        xOdd = arith::ShRUIOp::create(b, kernel.loc(), xs, eight);
  Value wEven = arith::ShRSIOp::create(b, kernel.loc(),
                                       arith::ShLIOp::create(b, kernel.loc(), ws, eight).getResult(), eight);
  Value wOdd = arith::ShRSIOp::create(b, kernel.loc(), ws, eight);
  StringRef name = at("llvm.x86.sse2.pmadd.wd", "llvm.x86.avx2.pmadd.wd", "llvm.x86.avx512.pmaddw.d.512");
  Value even = intrinsic(name, dwords(), {xEven, wEven}), odd = intrinsic(name, dwords(), {xOdd, wOdd});
  return arith::AddIOp::create(b, kernel.loc(), accumulator,
                               arith::AddIOp::create(b, kernel.loc(), even, odd).getResult());
}

Value ByteInstructions::pack(ArrayRef<Value> quarters, bool isSigned, Order order) {
  StringRef toWords =
      at("llvm.x86.sse2.packssdw.128", "llvm.x86.avx2.packssdw", "llvm.x86.avx512.packssdw.512");
  StringRef toBytes =
      isSigned ? at("llvm.x86.sse2.packsswb.128", "llvm.x86.avx2.packsswb", "llvm.x86.avx512.packsswb.512")
               : at("llvm.x86.sse2.packuswb.128", "llvm.x86.avx2.packuswb", "llvm.x86.avx512.packuswb.512");
  VectorType words = vector(2 * count, 16);
  Value low = intrinsic(toWords, words, {quarters[0], quarters[1]});
  Value high = intrinsic(toWords, words, {quarters[2], quarters[3]});
  Value packed = intrinsic(toBytes, bytes(), {low, high});
  // The packs work inside 128 bits: part i of the result holds four elements of each vector.
  if (order == Order::Dealt || count == 4)
    return packed;
  SmallVector<int64_t> places;
  for (int64_t j = 0; j < 4; ++j)
    for (int64_t i = 0; i < count / 4; ++i)
      places.push_back(4 * i + j);
  Value units = bitcast(dwords(), packed);
  return bitcast(bytes(), vector::ShuffleOp::create(b, kernel.loc(), units, units, places));
}

Value ByteInstructions::interleave(Value a, Value c, int64_t unit, bool upper) {
  SmallVector<int64_t> places;
  for (int64_t part = 0; part < 4 * count; part += 16)
    for (int64_t first = 0; first < 8; first += unit)
      for (int64_t from : {int64_t(0), 4 * count})
        for (int64_t byte = 0; byte < unit; ++byte)
          places.push_back(from + part + (upper ? 8 : 0) + first + byte);
  return vector::ShuffleOp::create(b, kernel.loc(), a, c, places);
}

} // namespace limbeck::cpu
