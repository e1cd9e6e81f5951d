// Looking up vectors of bytes in a table of 256: by byte permutes (AVX-512 with VBMI), word
// permutes (AVX-512), byte shuffles (AVX2), or table instructions (NEON).
#include "limbeck/Target/CPU/Emitters.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace limbeck::cpu {

using namespace mlir;

namespace {
constexpr int64_t kTableBytes = 256, kHalf = 128, kRow = 16;

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

  /// 16 or 32 positions, as twice eight rows of 16 bytes: a shuffle gives 0 where a place is negative, else the byte at its low four
  /// bits. Places that go down by 16 from row to row, saturated, so find their byte in all rows up to their own; a row holds in what it
  /// differs from the one before it (arrangeByteTable), and rows that do not are left out. The upper half of the positions is negative in
  /// the lower eight rows, and the lower half in the upper ones.
  Value byByteShuffle(Value positions, ArrayRef<std::byte> differences) {
    auto bytes = cast<VectorType>(positions.getType());
    StringRef shuffle = bytes.getNumElements() == 16 ? "llvm.x86.ssse3.pshuf.b.128" : "llvm.x86.avx2.pshuf.b";
    Value result = constant(bytes, static_cast<int8_t>(differences[0]));
    if (differences[0] == std::byte())
      result = {};
    Value upper;
    for (int64_t row = 0; row < kTableBytes; row += kRow) {
      if (llvm::all_of(differences.slice(1 + row, kRow), [](std::byte own) { return own == std::byte(); }))
        continue;
      if (row >= kHalf && !upper)
        upper = arith::XOrIOp::create(b, kernel.loc(), positions, constant(bytes, -128));
      Value place = row < kHalf ? positions : upper;
      if (row % kHalf)
        place = intrinsic("llvm.ssub.sat", bytes, {place, constant(bytes, row % kHalf)});
      Value found = intrinsic(shuffle, bytes, {rowOfDifferences(bytes, row), place});
      result = result ? Value(arith::XOrIOp::create(b, kernel.loc(), result, found)) : found;
    }
    return result ? result : constant(bytes, 0);
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
  /// 16 bytes of the differences behind the table, for each 128 bits of a vector.
  Value rowOfDifferences(VectorType bytes, int64_t row) {
    Value own = part(kTableBytes + row, kRow);
    SmallVector<int64_t> repeated;
    for (int64_t lane = 0; lane < bytes.getNumElements(); ++lane)
      repeated.push_back(lane % kRow);
    return bytes.getNumElements() == kRow
               ? own
               : Value(vector::ShuffleOp::create(b, kernel.loc(), own, own, repeated));
  }
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

/// Whether lookups are shuffles of rows.
static bool looksUpByShuffles(const Isa &isa) {
  return isa.has("avx2") && !isa.has("avx512bw");
}

/// The byte that the first row holds throughout, or 0; then by what each row of 16 differs from the one before it, and the first row of
/// either half from that byte.
static SmallVector<std::byte> rowDifferences(const Tensor &values) {
  ArrayRef<std::byte> bytes(values.bytes(), kTableBytes);
  std::byte base = llvm::all_equal(bytes.take_front(kRow)) ? bytes[0] : std::byte();
  SmallVector<std::byte> differences{base};
  for (int64_t i = 0; i < kTableBytes; ++i)
    differences.push_back(bytes[i] ^ (i % kHalf < kRow ? base : bytes[i - kRow]));
  return differences;
}

Tensor arrangeByteTable(const Isa &isa, const Tensor &values) {
  if (!looksUpByShuffles(isa))
    return values;
  Tensor arranged = std::move(*Tensor::zeros(values.dtype(), {2 * kTableBytes}));
  std::copy_n(values.bytes(), kTableBytes, arranged.mutableBytes());
  llvm::copy(ArrayRef(rowDifferences(values)).drop_front(), arranged.mutableBytes() + kTableBytes);
  return arranged;
}

Value emitByteLookup(lower::KernelBuilder &kernel, const Isa &isa, const Tensor &values, Value table,
                     Value positions) {
  OpBuilder &b = kernel.builder();
  int64_t lanes = cast<VectorType>(positions.getType()).getNumElements();
  bool bytes = isa.has("avx512vbmi"), permutes = isa.has("avx512bw"), shuffles = looksUpByShuffles(isa),
       tables = isa.has("neon");
  if ((!permutes && !shuffles && !tables) || lanes % 16 != 0)
    return {};
  ByteLookup lookup(kernel, table);
  SmallVector<std::byte> differences;
  if (shuffles)
    differences = rowDifferences(values);
  auto find = [&](Value own) {
    return bytes      ? lookup.byBytePermute(own)
           : permutes ? lookup.byWordPermute(own)
           : shuffles ? lookup.byByteShuffle(own, differences)
                      : lookup.byTable(own);
  };
  auto slice = [&](Value value, int64_t first, int64_t count) -> Value {
    return vector::ExtractStridedSliceOp::create(b, kernel.loc(), value, ArrayRef<int64_t>{first},
                                                 ArrayRef<int64_t>{count}, ArrayRef<int64_t>{1});
  };
  int64_t step = bytes ? 64 : permutes || (shuffles && lanes % 32 == 0) ? 32 : 16;
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
