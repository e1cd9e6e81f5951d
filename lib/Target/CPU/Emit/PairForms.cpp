// Sums and products of two vectors of bytes on x86: words side by side, multiplied and added in pairs, scaled and rounded by one
// fused multiply-add, packed.
#include "ByteInstructions.h"
#include "limbeck/Target/CPU/Emitters.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace limbeck::cpu {

using namespace mlir;

namespace {
class PairEmitter {
public:
  PairEmitter(lower::KernelBuilder &kernel, const Isa &isa, const lower::PairForm &form, int64_t lanes)
      : kernel(kernel), b(kernel.builder()), instructions(kernel, isa, lanes), form(form),
        words(VectorType::get({2 * lanes}, b.getI16Type())),
        zero(kernel.constantLike(instructions.bytes(), 0)) {}

  Value emit(Value first, Value second) {
    SmallVector<Value> quarters;
    for (bool upperHalf : {false, true})
      for (bool upperQuarter : {false, true})
        quarters.push_back(form.kind == lower::PairForm::Kind::Sum
                               ? sum(first, second, upperHalf, upperQuarter)
                               : product(first, second, upperHalf, upperQuarter));
    return instructions.packLowWords(quarters);
  }

private:
  /// Both elements as words, times two factors.
  Value sum(Value first, Value second, bool upperHalf, bool upperQuarter) {
    Value pairs = instructions.interleave(first, second, 1, upperHalf);
    return rounded(asWords(instructions.interleave(pairs, zero, 1, upperQuarter)),
                   pairOfWords(form.factors[0], form.factors[1]));
  }

  /// (first - zero) * second - (first - zero) * zero.
  Value product(Value first, Value second, bool upperHalf, bool upperQuarter) {
    Value left = asWords(instructions.interleave(first, zero, 1, upperHalf));
    if (form.zeros[0])
      left = arith::SubIOp::create(b, kernel.loc(), left, pairOfWords(form.zeros[0], form.zeros[0]));
    left = vector::BitCastOp::create(b, kernel.loc(), instructions.bytes(), left);
    Value right = instructions.interleave(second, zero, 1, upperHalf);
    Value constant = vector::BitCastOp::create(b, kernel.loc(), instructions.bytes(),
                                               pairOfWords(-form.zeros[1], -form.zeros[1]));
    return rounded(asWords(instructions.interleave(left, left, 2, upperQuarter)),
                   asWords(instructions.interleave(right, constant, 2, upperQuarter)));
  }

  /// The integers, which are the sums of products of the words, scaled and rounded.
  Value rounded(Value x, Value w) {
    VectorType dwords = instructions.dwords(), f32 = VectorType::get(dwords.getShape(), b.getF32Type());
    Value bits = instructions.dotWords(kernel.constantLike(dwords, form.rounding.start), x, w);
    return arith::BitcastOp::create(b, kernel.loc(), dwords,
                                    math::FmaOp::create(b, kernel.loc(),
                                                        arith::BitcastOp::create(b, kernel.loc(), f32, bits),
                                                        kernel.constantLike(f32, form.rounding.scale),
                                                        kernel.constantLike(f32, form.rounding.shift)));
  }

  Value asWords(Value bytes) { return vector::BitCastOp::create(b, kernel.loc(), words, bytes); }

  /// Two words, again and again.
  Value pairOfWords(int32_t low, int32_t high) {
    SmallVector<int16_t> values;
    for (int64_t i = 0; i < words.getNumElements(); ++i)
      values.push_back(static_cast<int16_t>(i % 2 ? high : low));
    return arith::ConstantOp::create(b, kernel.loc(),
                                     DenseElementsAttr::get(words, ArrayRef<int16_t>(values)));
  }

  lower::KernelBuilder &kernel;
  OpBuilder &b;
  ByteInstructions instructions;
  const lower::PairForm &form;
  VectorType words;
  Value zero;
};
} // namespace

Value emitPairForm(lower::KernelBuilder &kernel, const Isa &isa, const lower::PairForm &form, Value first,
                   Value second) {
  constexpr int64_t kLeastBytes = 16;
  auto type = dyn_cast<VectorType>(first.getType());
  if (isa.architecture != artifact::Architecture::X86_64 || !type || type.getNumElements() % kLeastBytes)
    return {};
  int64_t count = type.getNumElements(), piece = 4 * isa.lanes;
  while (count % piece)
    piece /= 2;
  PairEmitter emitter(kernel, isa, form, piece / 4);
  if (piece == count)
    return emitter.emit(first, second);
  OpBuilder &b = kernel.builder();
  Value result = kernel.constantLike(type, 0);
  for (int64_t at = 0; at < count; at += piece) {
    auto slice = [&](Value bytes) -> Value {
      return vector::ExtractStridedSliceOp::create(b, kernel.loc(), bytes, ArrayRef<int64_t>{at},
                                                   ArrayRef<int64_t>{piece}, ArrayRef<int64_t>{1});
    };
    result = vector::InsertStridedSliceOp::create(b, kernel.loc(), emitter.emit(slice(first), slice(second)),
                                                  result, ArrayRef<int64_t>{at}, ArrayRef<int64_t>{1});
  }
  return result;
}

} // namespace limbeck::cpu
