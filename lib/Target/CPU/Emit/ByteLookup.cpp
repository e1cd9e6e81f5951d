// Looking up vectors of bytes in a table of 256: by byte permutes (AVX-512 with VBMI), word
// permutes (AVX-512), byte shuffles (AVX2), or table instructions (NEON).
#include "limbeck/Target/CPU/Emitters.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace limbeck::cpu {

using namespace mlir;

namespace {
/// The instructions of one lookup, on vectors of the width that the ISA has.
class ByteLookup {
public:
  ByteLookup(lower::KernelBuilder &kernel, Value table) : kernel(kernel), b(kernel.builder()), table(table) {}

  /// 64 positions: two permutes of 128 bytes each.
  Value byBytePermute(Value positions) {
    Type bytes = vector(64, 8);
    auto permute = [&](int64_t first) {
      return intrinsic("llvm.x86.avx512.vpermi2var.qi.512", bytes,
                       {part(first, 64), positions, part(first + 64, 64)});
    };
    Value low = permute(0), high = permute(128);
    Value upper =
        arith::CmpIOp::create(b, kernel.loc(), arith::CmpIPredicate::slt, positions, constant(bytes, 0));
    return arith::SelectOp::create(b, kernel.loc(), upper, high, low);
  }

  /// 32 positions: the table is 128 words, two permutes of 64 each; the byte of a word is chosen by a shift.
  Value byWordPermute(Value positions) {
    Type words = vector(32, 16);
    Value at = arith::ExtUIOp::create(b, kernel.loc(), words, positions);
    Value word = arith::ShRUIOp::create(b, kernel.loc(), at, constant(words, 1));
    auto permute = [&](int64_t first) {
      return intrinsic("llvm.x86.avx512.vpermi2var.hi.512", words,
                       {bitcast(words, part(first, 64)), word, bitcast(words, part(first + 64, 64))});
    };
    Value low = permute(0), high = permute(128);
    Value upper = arith::CmpIOp::create(b, kernel.loc(), arith::CmpIPredicate::ugt, at, constant(words, 127));
    Value both = arith::SelectOp::create(b, kernel.loc(), upper, high, low);
    Value odd = arith::AndIOp::create(b, kernel.loc(), at, constant(words, 1));
    Value shift = arith::ShLIOp::create(b, kernel.loc(), odd, constant(words, 3));
    return arith::TruncIOp::create(b, kernel.loc(), vector(32, 8),
                                   arith::ShRUIOp::create(b, kernel.loc(), both, shift));
  }

  /// 16 positions, as sixteen tables of 16: what lies outside a table gets its top bit set, and so gives 0.
  Value byByteShuffle(Value positions) {
    Type bytes = vector(16, 8);
    Value result;
    for (int64_t first = 0; first < 256; first += 16) {
      Value own = arith::SubIOp::create(b, kernel.loc(), positions, constant(bytes, first));
      own = intrinsic("llvm.uadd.sat", bytes, {own, constant(bytes, 0x70)});
      result = either(result, intrinsic("llvm.x86.ssse3.pshuf.b.128", bytes, {part(first, 16), own}));
    }
    return result;
  }

  /// 16 positions, as four tables of 64: what lies outside gives 0.
  Value byTable(Value positions) {
    Type bytes = vector(16, 8);
    Value result;
    for (int64_t first = 0; first < 256; first += 64) {
      Value own = arith::SubIOp::create(b, kernel.loc(), positions, constant(bytes, first));
      result = either(result, intrinsic("llvm.aarch64.neon.tbl4", bytes,
                                        {part(first, 16), part(first + 16, 16), part(first + 32, 16),
                                         part(first + 48, 16), own}));
    }
    return result;
  }

private:
  VectorType vector(int64_t lanes, unsigned bits) { return VectorType::get({lanes}, b.getIntegerType(bits)); }
  Value constant(Type type, int64_t value) { return kernel.constantLike(type, static_cast<double>(value)); }
  Value bitcast(Type type, Value value) { return vector::BitCastOp::create(b, kernel.loc(), type, value); }
  Value either(Value a, Value c) { return a ? Value(arith::OrIOp::create(b, kernel.loc(), a, c)) : c; }
  Value part(int64_t first, int64_t lanes) {
    return vector::LoadOp::create(b, kernel.loc(), vector(lanes, 8), table, kernel.constantIndex(first));
  }
  Value intrinsic(StringRef name, Type type, ValueRange operands) {
    return LLVM::CallIntrinsicOp::create(b, kernel.loc(), type, b.getStringAttr(name), operands).getResult(0);
  }

  lower::KernelBuilder &kernel;
  OpBuilder &b;
  Value table;
};
} // namespace

Value emitByteLookup(lower::KernelBuilder &kernel, const Isa &isa, Value table, Value positions) {
  OpBuilder &b = kernel.builder();
  int64_t lanes = cast<VectorType>(positions.getType()).getNumElements();
  bool bytes = isa.has("avx512vbmi"), permutes = isa.has("avx512bw"), shuffles = isa.has("avx2"),
       tables = isa.has("neon");
  if ((!permutes && !shuffles && !tables) || lanes % 16 != 0)
    return {};
  ByteLookup lookup(kernel, table);
  auto find = [&](Value own) {
    return bytes      ? lookup.byBytePermute(own)
           : permutes ? lookup.byWordPermute(own)
           : shuffles ? lookup.byByteShuffle(own)
                      : lookup.byTable(own);
  };
  auto slice = [&](Value value, int64_t first, int64_t count) -> Value {
    return vector::ExtractStridedSliceOp::create(b, kernel.loc(), value, ArrayRef<int64_t>{first},
                                                 ArrayRef<int64_t>{count}, ArrayRef<int64_t>{1});
  };
  int64_t step = bytes ? 64 : permutes ? 32 : 16;
  if (lanes < step) { // the upper half repeats the lower one
    SmallVector<int64_t> twice;
    for (int64_t lane = 0; lane < step; ++lane)
      twice.push_back(lane % lanes);
    return slice(find(vector::ShuffleOp::create(b, kernel.loc(), positions, positions, twice)), 0, lanes);
  }
  if (lanes == step)
    return find(positions);
  Value result = kernel.constantLike(positions.getType(), 0);
  for (int64_t first = 0; first < lanes; first += step)
    result = vector::InsertStridedSliceOp::create(b, kernel.loc(), find(slice(positions, first, step)),
                                                  result, ArrayRef<int64_t>{first}, ArrayRef<int64_t>{1});
  return result;
}

} // namespace limbeck::cpu
