// Requantization in front of saturating packs.
#include "Bytes.h"
#include "Operands.h"
#include "limbeck/Lower/Elementwise.h"
#include "limbeck/Lower/FusedRounding.h"
#include "limbeck/Target/CPU/Emitters.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace limbeck::cpu {

using namespace mlir;

bool packsTo(const TensorType &type) {
  return type.quantization && type.quantization->axis < 0 && type.quantization->expressed == DType::F32 &&
         bitWidth(type.dtype) == 8;
}

bool staysBounded(const ColumnReach &column, float multiplier) {
  return static_cast<double>(column.most()) * static_cast<double>(multiplier) <
         4194304.0 - 512; // 2^22, less the zero point
}

std::optional<FusedProducts> fusedProducts(const Isa &isa, const lower::ContractionArithmetic &arithmetic,
                                           int64_t depth, ArrayRef<ColumnReach> columns) {
  constexpr int64_t kShallow = 128; // behind more products the conversion costs nothing to speak of
  const TensorType &type = arithmetic.resultType();
  if (!isa.fma || depth > kShallow || !arithmetic.isQuantized() || !packsTo(type))
    return std::nullopt;
  const std::vector<float> &m = arithmetic.multipliers();
  int64_t zero = type.quantization->zeroPoints[0];
  FusedProducts products;
  for (auto [column, reach] : llvm::enumerate(columns)) {
    std::optional<lower::FusedProduct> found =
        lower::findFusedProduct(m[column % m.size()], type.quantization->lowest - zero,
                                type.quantization->highest - zero, -reach.most(), reach.most());
    if (!found)
      return std::nullopt;
    products.starts.push_back(found->start);
    products.shifts.push_back(found->shift);
  }
  return products;
}

Value requantizeForPacking(lower::KernelBuilder &kernel, ByteInstructions &instructions,
                           const TensorType &type, Value accumulator, Value multipliers, Value shifts,
                           bool bounded) {
  kernel.noteForm(shifts ? "fused and packed" : bounded ? "packed" : "clamped and packed");
  OpBuilder &b = kernel.builder();
  const Quantization &y = *type.quantization;
  Type f32 = multipliers.getType();
  if (shifts)
    return instructions.rounded(math::FmaOp::create(
        b, kernel.loc(), arith::BitcastOp::create(b, kernel.loc(), f32, accumulator), multipliers, shifts));
  Value t = arith::MulFOp::create(b, kernel.loc(), arith::SIToFPOp::create(b, kernel.loc(), f32, accumulator),
                                  multipliers);
  return bounded ? instructions.rounded(t) : instructions.roundedWithin(t, y);
}

Value packRequantized(lower::KernelBuilder &kernel, ByteInstructions &instructions, const TensorType &type,
                      ArrayRef<Value> quarters, ByteInstructions::Order order) {
  OpBuilder &b = kernel.builder();
  const Quantization &y = *type.quantization;
  Value bytes = instructions.pack(quarters, isSigned(type.dtype), order, y.zeroPoints[0]);
  bool clamps = y.lowest > lowest(type.dtype) || y.highest < highest(type.dtype);
  // InstCombine moves the shuffle of the natural order behind a clamp, SelectionDAG in front of it: where the bytes become f32 in the same
  // kernel, LLVM 22 then never ends.
  if (clamps && order == ByteInstructions::Order::Natural)
    bytes = heldInRegister(kernel, bytes);
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
  if (!type || type.getNumElements() != 4 * isa.lanes || !type.getElementType().isInteger(32))
    return {};
  OpBuilder &b = kernel.builder();
  SmallVector<Value> quarters;
  for (int64_t quarter = 0; quarter < 4; ++quarter)
    quarters.push_back(
        vector::ExtractStridedSliceOp::create(b, kernel.loc(), wide, ArrayRef<int64_t>{quarter * isa.lanes},
                                              ArrayRef<int64_t>{isa.lanes}, ArrayRef<int64_t>{1}));
  return ByteInstructions(kernel, isa).pack(quarters, isSigned, ByteInstructions::Order::Natural);
}

SmallVector<Value> emitByteFloats(lower::KernelBuilder &kernel, const Isa &isa, Value bytes) {
  OpBuilder &b = kernel.builder();
  auto type = cast<VectorType>(bytes.getType());
  int64_t lanes = type.getNumElements() / 4;
  ByteInstructions instructions(kernel, isa, lanes);
  auto words = VectorType::get({2 * lanes}, b.getI16Type()), f32 = VectorType::get({lanes}, b.getF32Type());
  Value zero = kernel.constantLike(type, 0);
  Value exponent = vector::BitCastOp::create(b, kernel.loc(), type, kernel.constantLike(words, 0x4b00));
  SmallVector<Value> quarters;
  for (bool upperHalf : {false, true})
    for (bool upperQuarter : {false, true}) {
      Value half = instructions.interleave(bytes, zero, 1, upperHalf);
      quarters.push_back(vector::BitCastOp::create(b, kernel.loc(), f32,
                                                   instructions.interleave(half, exponent, 2, upperQuarter)));
    }
  return quarters;
}

Value emitRoundedBytes(lower::KernelBuilder &kernel, const Isa &isa, ArrayRef<Value> quarters,
                       const TensorType &type) {
  ByteInstructions instructions(kernel, isa, cast<VectorType>(quarters[0].getType()).getNumElements());
  SmallVector<Value> rounded;
  for (Value quarter : quarters)
    rounded.push_back(instructions.rounded(quarter));
  return packRequantized(kernel, instructions, type, rounded, ByteInstructions::Order::Dealt);
}

Value emitQuantizedBytes(lower::KernelBuilder &kernel, const Isa &isa, Value t, const TensorType &type) {
  auto vector = dyn_cast<VectorType>(t.getType());
  if (isa.architecture != artifact::Architecture::X86_64 || !vector ||
      vector.getNumElements() != 4 * isa.lanes)
    return {};
  OpBuilder &b = kernel.builder();
  ByteInstructions instructions(kernel, isa);
  SmallVector<Value> quarters;
  for (int64_t quarter = 0; quarter < 4; ++quarter) {
    Value part =
        vector::ExtractStridedSliceOp::create(b, kernel.loc(), t, ArrayRef<int64_t>{quarter * isa.lanes},
                                              ArrayRef<int64_t>{isa.lanes}, ArrayRef<int64_t>{1});
    quarters.push_back(instructions.roundedWithin(part, *type.quantization));
  }
  return packRequantized(kernel, instructions, type, quarters, ByteInstructions::Order::Natural);
}

} // namespace limbeck::cpu
