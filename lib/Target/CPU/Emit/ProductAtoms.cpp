// How two activations are multiplied: bytes in fours, bf16 in pairs.
//
//   sum (qa - za)(qb - zb) = sum qa*qb  -  za * sum qb  -  zb * sum qa  +  K * za * zb
//
// with qa moved to the signedness that the instruction reads, and qb to signed bytes. The terms of a column are what an accumulator
// starts at, those of a row are added to all its accumulators; both are sums of bytes that the same instruction forms, with ones. All
// counts modulo 2^32; the arithmetic has shown that the whole sum fits.
#include "AmxInstructions.h"
#include "Atoms.h"
#include "limbeck/Lower/ProductAtom.h"
#include "limbeck/Target/CPU/Emitters.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace limbeck::cpu {

using namespace mlir;

namespace {
class ByteProductAtom : public lower::ProductAtom {
public:
  ByteProductAtom(lower::KernelBuilder &kernel, lower::ContractionArithmetic &arithmetic, const Isa &isa)
      : kernel(kernel), b(kernel.builder()), arithmetic(arithmetic), instructions(kernel, isa) {}
  int64_t unit() const override { return 4; }
  Value left(Value stored) override { return moved(stored, instructions.inputShift(leftSigned()) != 0); }
  Value right(Value stored) override { return moved(stored, movesRight()); }
  bool hasColumnTerms() const override { return leftZero() != 0; }
  bool hasRowTerms() const override { return rightZero() != 0; }
  Value columnTerms(int64_t steps, WordAt words) override {
    Value sums = sum(steps, [&](Value sums, Value step) { return dot(sums, ones(), words(step)); });
    Value scaled = arith::MulIOp::create(b, kernel.loc(), sums, all(-leftZero()));
    return arith::AddIOp::create(b, kernel.loc(), scaled,
                                 all(arithmetic.length() * leftZero() * rightZero()));
  }
  Value rowTerm(int64_t count, WordAt words) override {
    Value sums = sum(count, [&](Value sums, Value step) { return dot(sums, words(step), ones()); });
    Value total = vector::ReductionOp::create(b, kernel.loc(), vector::CombiningKind::ADD, sums);
    return arith::MulIOp::create(b, kernel.loc(), total,
                                 kernel.constantLike(b.getI32Type(), static_cast<double>(-rightZero())));
  }
  Value multiplyAdd(Value accumulator, Value word, Value words, Value) override {
    return dot(accumulator, word, words);
  }

private:
  bool leftSigned() const { return isSigned(arithmetic.inputType().dtype); }
  bool movesRight() const { return !isSigned(arithmetic.weightType().dtype); }
  /// Zero points of the bytes as the instruction sees them.
  int64_t leftZero() const { return arithmetic.inputZeroPoint() + instructions.inputShift(leftSigned()); }
  int64_t rightZero() const {
    return arithmetic.weightType().quantization->zeroPoints[0] - (movesRight() ? 128 : 0);
  }
  Value moved(Value bytes, bool moves) {
    if (!moves)
      return bytes;
    return arith::XOrIOp::create(b, kernel.loc(), bytes, kernel.constantLike(bytes.getType(), -128));
  }
  Value ones() { return kernel.constantLike(instructions.bytes(), 1); }
  Value all(int64_t value) { return kernel.constantLike(instructions.dwords(), static_cast<double>(value)); }
  Value dot(Value accumulator, Value x, Value w) { return instructions.dot(accumulator, x, w, leftSigned()); }
  Value sum(int64_t count, llvm::function_ref<Value(Value sums, Value step)> add) {
    return kernel.loop(0, count, 1, all(0), [&](Value step, ValueRange carried) -> SmallVector<Value> {
      return {add(carried[0], step)};
    })[0];
  }

  lower::KernelBuilder &kernel;
  OpBuilder &b;
  lower::ContractionArithmetic &arithmetic;
  ByteInstructions instructions;
};

class BF16ProductAtom : public lower::ProductAtom {
public:
  explicit BF16ProductAtom(lower::KernelBuilder &kernel) : kernel(kernel) {}
  int64_t unit() const override { return 2; }
  Value multiplyAdd(Value accumulator, Value word, Value words, Value) override {
    return emitDotOfBF16(kernel, accumulator, word, words);
  }

private:
  lower::KernelBuilder &kernel;
};

/// Pairs of bf16 on AMX tiles. Bytes stay with vector instructions: their products take less than what is around them.
class TiledProductAtom : public BF16ProductAtom {
public:
  explicit TiledProductAtom(lower::KernelBuilder &kernel)
      : BF16ProductAtom(kernel), kernel(kernel), instructions(kernel) {}
  void prepare() override {
    instructions.configure(SmallVector<int64_t>(8, kSide), SmallVector<int64_t>(8, kLineBytes));
  }
  int64_t rowsTogether() const override { return kSide; }
  int64_t stepsTogether() const override { return kSide; }
  void multiply(const Matrices &matrices) override {
    constexpr int64_t kAccumulators = 4;
    for (int64_t row = 0; row < matrices.rows; row += kSide) {
      int64_t whole = matrices.columnPitch / kSide / kAccumulators * kAccumulators;
      kernel.loop(0, whole, kAccumulators, {}, [&](Value first, ValueRange) -> SmallVector<Value> {
        multiplyColumns(matrices, row, first, kAccumulators);
        return {};
      });
      if (int64_t rest = matrices.columnPitch / kSide - whole)
        multiplyColumns(matrices, row, kernel.constantIndex(whole), rest);
    }
  }

private:
  static constexpr int64_t kSide = 16, kWordBytes = 4, kLineBytes = 64, kLeft = 4,
                           kRight = 6; ///< tiles: 0 to 3 accumulate

  /// `count` tiles of columns from tile `first` on.
  void multiplyColumns(const Matrices &matrices, int64_t row, Value first, int64_t count) {
    int64_t leftStride = matrices.leftPitch * kWordBytes / unit(),
            rightStride = matrices.columnPitch * kWordBytes;
    auto tileByte = [&](int64_t number) {
      return kernel.multiplyIndex(kernel.addIndex(first, number), kLineBytes);
    };
    for (int64_t n = 0; n < count; ++n)
      instructions.zero(n);
    kernel.loop(0, matrices.steps / kSide, 1, {}, [&](Value step, ValueRange) -> SmallVector<Value> {
      Value left = kernel.addIndex(kernel.multiplyIndex(step, kLineBytes), row * leftStride);
      instructions.load(kLeft, instructions.address(matrices.left, left), leftStride, false);
      for (int64_t n = 0; n < count; ++n) {
        Value right = arith::AddIOp::create(kernel.builder(), kernel.loc(), tileByte(n),
                                            kernel.multiplyIndex(step, kSide * rightStride));
        instructions.load(kRight + n % 2, instructions.address(matrices.right, right), rightStride, false);
        instructions.dot(n, kLeft, kRight + n % 2, AmxInstructions::Products::BF16);
      }
      return {};
    });
    for (int64_t n = 0; n < count; ++n)
      instructions.store(
          n, instructions.address(matrices.results, kernel.addIndex(tileByte(n), row * rightStride)),
          rightStride);
  }

  lower::KernelBuilder &kernel;
  AmxInstructions instructions;
};
} // namespace

static bool multipliesBytes(const lower::ContractionArithmetic &arithmetic, const Isa &isa) {
  auto isByte = [](const TensorType &type) {
    return type.quantization && type.quantization->axis < 0 && bitWidth(type.dtype) == 8;
  };
  return isByte(arithmetic.inputType()) && isByte(arithmetic.weightType()) && !arithmetic.accumulates64() &&
         ByteInstructions::tileForm(isa, /*width=*/1, /*depth=*/4, /*room=*/false);
}

std::unique_ptr<lower::ProductAtom>
makeProductAtom(lower::KernelBuilder &kernel, lower::ContractionArithmetic &arithmetic, const Isa &isa) {
  if (multipliesBytes(arithmetic, isa))
    return std::make_unique<ByteProductAtom>(kernel, arithmetic, isa);
  if (!bf16AtomApplies(arithmetic, isa) || arithmetic.weightType().dtype != DType::BF16)
    return nullptr;
  if (isa.has("amx-bf16"))
    return std::make_unique<TiledProductAtom>(kernel);
  return std::make_unique<BF16ProductAtom>(kernel);
}

} // namespace limbeck::cpu
