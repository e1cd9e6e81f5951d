// Intrinsics whose tiles are immediate operands. To LLVM they are calls that touch memory: it keeps their order and adds none.
#include "AmxInstructions.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace limbeck::cpu {

using namespace mlir;

AmxInstructions::AmxInstructions(lower::KernelBuilder &kernel) : kernel(kernel), b(kernel.builder()) {}

Value AmxInstructions::number(int64_t value, unsigned bits) {
  return LLVM::ConstantOp::create(b, kernel.loc(), b.getIntegerAttr(b.getIntegerType(bits), value));
}

void AmxInstructions::intrinsic(StringRef name, ValueRange operands) {
  LLVM::CallIntrinsicOp::create(b, kernel.loc(), b.getStringAttr(name), operands);
}

void AmxInstructions::configure(ArrayRef<int64_t> rows, ArrayRef<int64_t> bytes) {
  constexpr size_t kPalette = 0, kBytesOfRow = 16, kRows = 48;
  Tensor configuration = std::move(*Tensor::zeros(DType::U8, {64}));
  std::span<uint8_t> field = configuration.mutableValues<uint8_t>();
  field[kPalette] = 1;
  for (size_t tile = 0; tile < rows.size(); ++tile) {
    field[kBytesOfRow + 2 * tile] = static_cast<uint8_t>(bytes[tile]);
    field[kRows + tile] = static_cast<uint8_t>(rows[tile]);
  }
  intrinsic("llvm.x86.ldtilecfg", address(kernel.weights(configuration), kernel.constantIndex(0)));
}

void AmxInstructions::zero(int64_t tile) {
  intrinsic("llvm.x86.tilezero", number(tile, 8));
}

void AmxInstructions::load(int64_t tile, Value from, int64_t stride, bool streamed) {
  intrinsic(streamed ? "llvm.x86.tileloaddt164" : "llvm.x86.tileloadd64",
            {number(tile, 8), from, number(stride, 64)});
}

void AmxInstructions::store(int64_t tile, Value to, int64_t stride) {
  intrinsic("llvm.x86.tilestored64", {number(tile, 8), to, number(stride, 64)});
}

void AmxInstructions::prefetch(Value line) {
  constexpr int64_t kRead = 0, kSecondCache = 2, kData = 1;
  LLVM::Prefetch::create(b, kernel.loc(), line, kRead, kSecondCache, kData);
}

void AmxInstructions::dot(int64_t accumulator, int64_t inputs, int64_t weights, Products products) {
  intrinsic(products == Products::BF16          ? "llvm.x86.tdpbf16ps"
            : products == Products::SignedBytes ? "llvm.x86.tdpbssd"
                                                : "llvm.x86.tdpbusd",
            {number(accumulator, 8), number(inputs, 8), number(weights, 8)});
}

Value AmxInstructions::address(Value buffer, Value offset) {
  auto pointer = LLVM::LLVMPointerType::get(b.getContext());
  Value base = memref::ExtractAlignedPointerAsIndexOp::create(b, kernel.loc(), buffer);
  auto number = [&](Value index) {
    return arith::IndexCastOp::create(b, kernel.loc(), b.getI64Type(), index).getResult();
  };
  Value start = LLVM::IntToPtrOp::create(b, kernel.loc(), pointer, number(base));
  return LLVM::GEPOp::create(b, kernel.loc(), pointer, b.getI8Type(), start,
                             ArrayRef<LLVM::GEPArg>{number(offset)});
}

} // namespace limbeck::cpu
