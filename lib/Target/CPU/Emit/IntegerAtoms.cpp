// The atoms for 8-bit integers. All count modulo 2^32 from a compensated bias; the arithmetic has shown that the result fits.
#include "Atoms.h"
#include "ByteInstructions.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace limbeck::cpu {

using namespace mlir;

namespace {
class IntegerAtom : public Atom {
public:
  IntegerAtom(lower::KernelBuilder &kernel, lower::ContractionArithmetic &arithmetic, const Tile &tile)
      : kernel(kernel), b(kernel.builder()), arithmetic(arithmetic), tile(tile) {}
  int64_t unit() const override { return 1; }
  bool startsAtBias() const override { return true; }
  void pack(const WeightMatrix &weights, const Tile &tile) override {
    packed = kernel.weights(packPanels(weights, tile, unit()));
    std::optional<Tensor> constantBias;
    if (arithmetic.bias())
      constantBias = kernel.constantOf(arithmetic.bias());
    bias = kernel.weights(compensatedBias(weights, constantBias, zeroPoint(), tile));
  }
  Value start(Value panel, int64_t vector, int64_t) override {
    Value column = kernel.addIndex(kernel.multiplyIndex(panel, tile.panel()), vector * tile.lanes);
    return vector::LoadOp::create(b, kernel.loc(), wide(), bias, column);
  }
  Value weights(Value panel, Value kh, Value k, int64_t vector) override {
    auto bytes = VectorType::get({tile.lanes}, b.getI8Type());
    Value column = kernel.constantIndex(vector * tile.lanes);
    Value loaded = vector::LoadOp::create(b, kernel.loc(), bytes, packed, ValueRange{panel, kh, k, column});
    return extend(loaded, arithmetic.weightType().dtype, wide());
  }
  Value packedWeights() const override { return packed; }
  Value load(Value buffer, ArrayRef<lower::Index> places) override {
    Value loaded = memref::LoadOp::create(b, kernel.loc(), buffer, places[0]);
    return kernel.splat(extend(loaded, arithmetic.inputType().dtype, b.getI32Type()), tile.lanes);
  }
  void multiplyAdd(MutableArrayRef<Value> accumulators, Value input, Value weights) override {
    accumulators[0] = arith::AddIOp::create(
        b, kernel.loc(), accumulators[0], arith::MulIOp::create(b, kernel.loc(), input, weights).getResult());
  }

protected:
  /// What the stored inputs, as this atom reads them, stand for zero with.
  virtual int64_t zeroPoint() const { return arithmetic.inputZeroPoint(); }
  VectorType wide() { return VectorType::get({tile.lanes}, b.getI32Type()); }
  Value extend(Value value, DType dtype, Type type) {
    return isSigned(dtype) ? Value(arith::ExtSIOp::create(b, kernel.loc(), type, value))
                           : Value(arith::ExtUIOp::create(b, kernel.loc(), type, value));
  }
  lower::KernelBuilder &kernel;
  OpBuilder &b;
  lower::ContractionArithmetic &arithmetic;
  Tile tile;
  Value packed, bias;
};

/// Products of bytes summed in fours or eights. Where the instruction reads inputs of the other signedness they are moved by 128 on
/// the way, and so is their zero point.
class ByteAtom : public IntegerAtom {
public:
  ByteAtom(lower::KernelBuilder &kernel, lower::ContractionArithmetic &arithmetic, const Tile &tile,
           const Isa &isa, ByteInstructions::Form form)
      : IntegerAtom(kernel, arithmetic, tile), instructions(kernel, isa), form(form) {}
  int64_t unit() const override { return form.unit; }
  int64_t stepsPerLoad() const override { return form.stepsPerLoad; }
  Value weights(Value panel, Value kh, Value k, int64_t vector) override {
    int64_t bytes = tile.lanes * unit();
    Value step = arith::DivUIOp::create(b, kernel.loc(), k, kernel.constantIndex(unit()));
    Value column = kernel.constantIndex(vector * bytes);
    return vector::LoadOp::create(b, kernel.loc(), byteVector(bytes), packed,
                                  ValueRange{panel, kh, step, column});
  }

protected:
  VectorType byteVector(int64_t bytes) { return VectorType::get({bytes}, b.getI8Type()); }
  Value loadBytes(Value buffer, const lower::Index &place) {
    return vector::LoadOp::create(b, kernel.loc(), byteVector(unit() * stepsPerLoad()), buffer, place);
  }
  Value slice(Value vector, int64_t first, int64_t count) {
    if (count == cast<VectorType>(vector.getType()).getNumElements())
      return vector;
    return vector::ExtractStridedSliceOp::create(b, kernel.loc(), vector, ArrayRef<int64_t>{first},
                                                 ArrayRef<int64_t>{count}, ArrayRef<int64_t>{1});
  }
  bool signedInput() const { return isSigned(arithmetic.inputType().dtype); }
  int64_t zeroPoint() const override {
    return arithmetic.inputZeroPoint() + instructions.inputShift(signedInput());
  }
  ByteInstructions instructions;
  ByteInstructions::Form form;
};

/// Four products a lane and step, of one row.
class DotAtom : public ByteAtom {
public:
  using ByteAtom::ByteAtom;
  Value load(Value buffer, ArrayRef<lower::Index> places) override {
    auto words = VectorType::get({stepsPerLoad()}, b.getI32Type());
    Value loaded = vector::BitCastOp::create(b, kernel.loc(), words, loadBytes(buffer, places[0]));
    return stepsPerLoad() == 1 ? loaded : instructions.shifted(loaded, signedInput());
  }
  Value input(Value loaded, int64_t step) override {
    SmallVector<int64_t> places(static_cast<size_t>(tile.lanes), step);
    Value spread = vector::ShuffleOp::create(b, kernel.loc(), loaded, loaded, places);
    if (stepsPerLoad() == 1) // loaded and spread in one
      spread = instructions.shifted(spread, signedInput());
    return vector::BitCastOp::create(b, kernel.loc(), byteVector(4 * tile.lanes), spread);
  }
  void multiplyAdd(MutableArrayRef<Value> accumulators, Value input, Value weights) override {
    accumulators[0] = instructions.dot(accumulators[0], input, weights, signedInput());
  }
};

/// Products of two rows by two columns, eight each, in one instruction. For rows r, s and columns 0 to 3 of a vector, the first
/// accumulator holds r0 r1 s0 s1, the second r2 r3 s2 s3.
class PairAtom : public ByteAtom {
public:
  using ByteAtom::ByteAtom;
  int64_t rowsTogether() const override { return 2; }
  Value start(Value panel, int64_t vector, int64_t number) override {
    Value all = ByteAtom::start(panel, vector, number);
    int64_t first = 2 * number;
    return vector::ShuffleOp::create(b, kernel.loc(), all, all,
                                     ArrayRef<int64_t>{first, first + 1, first, first + 1});
  }
  Value load(Value buffer, ArrayRef<lower::Index> places) override {
    SmallVector<int64_t> alternating;
    for (int64_t step = 0; step < stepsPerLoad(); ++step)
      for (int64_t from : {int64_t(0), unit() * stepsPerLoad()})
        for (int64_t k = 0; k < unit(); ++k)
          alternating.push_back(from + step * unit() + k);
    Value rows = vector::ShuffleOp::create(b, kernel.loc(), loadBytes(buffer, places[0]),
                                           loadBytes(buffer, places[1]), alternating);
    return instructions.shifted(rows, signedInput());
  }
  Value input(Value loaded, int64_t step) override { return slice(loaded, 2 * unit() * step, 2 * unit()); }
  void multiplyAdd(MutableArrayRef<Value> accumulators, Value input, Value weights) override {
    for (size_t number = 0; number < 2; ++number)
      accumulators[number] = instructions.multiplyPairs(
          accumulators[number], input, slice(weights, static_cast<int64_t>(number) * 2 * unit(), 2 * unit()),
          signedInput());
  }
  void separate(MutableArrayRef<Value> accumulators) override {
    Value first = accumulators[0], second = accumulators[1];
    auto halves = [&](int64_t at) -> Value {
      return vector::ShuffleOp::create(b, kernel.loc(), first, second,
                                       ArrayRef<int64_t>{at, at + 1, at + 4, at + 5});
    };
    accumulators[0] = halves(0);
    accumulators[1] = halves(2);
  }
};
} // namespace

std::unique_ptr<Atom> makeIntegerAtom(lower::KernelBuilder &kernel, lower::ContractionArithmetic &arithmetic,
                                      const Tile &tile) {
  return std::make_unique<IntegerAtom>(kernel, arithmetic, tile);
}
std::unique_ptr<Atom> makeDotAtom(lower::KernelBuilder &kernel, lower::ContractionArithmetic &arithmetic,
                                  const Tile &tile, const Isa &isa, ByteInstructions::Form form) {
  if (form.rowsTogether == 2)
    return std::make_unique<PairAtom>(kernel, arithmetic, tile, isa, form);
  return std::make_unique<DotAtom>(kernel, arithmetic, tile, isa, form);
}

} // namespace limbeck::cpu
