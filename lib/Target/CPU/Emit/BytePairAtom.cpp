// The atom of bytes for instruction sets with vpmaddubsw and nothing better: three instructions for 32 products.
//
// Its sums of two have 16 bits, and saturate; BytePairs deals weights so that they never do. Where weights allow, two such sums are added
// before they are widened. Sixteen registers hold few weights beside a tile of sums, so each row reads them from memory for itself, as an
// operand of the instruction that multiplies.
#include "BytePairs.h"
#include "Operands.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace limbeck::cpu {

using namespace mlir;

namespace {
class BytePairAtom : public Atom {
public:
  BytePairAtom(lower::KernelBuilder &kernel, lower::ContractionArithmetic &arithmetic, const Tile &tile,
               const Isa &isa)
      : kernel(kernel), b(kernel.builder()), arithmetic(arithmetic), tile(tile), instructions(kernel, isa) {}

  int64_t unit() const override { return BytePairs::kBlock; }
  bool startsAtBias() const override { return true; }
  bool multipliesByRow() const override { return true; }
  int64_t lastProducts(int64_t depth) const override { return depth % unit(); }
  int64_t placeOfLast(int64_t depth) const override {
    return BytePairs::firstInput(depth / unit() * unit(), depth);
  }

  void pack(const WeightMatrix &weights, const Tile &tile) override {
    BytePairs pairs = BytePairs::of(weights, tile);
    shape = pairs.packed.shape();
    packed = kernel.weights(pairs.packed);
    twoSteps = pairs.twoSteps;
    if (int64_t count = pairs.remainderPlaces.shape()[0]) {
      auto panels = static_cast<int64_t>(pairs.remainderStarts.size());
      Tensor starts = std::move(*Tensor::zeros(DType::S64, {panels}));
      std::ranges::copy(pairs.remainderStarts, starts.mutableValues<int64_t>().begin());
      remainders = Remainders{kernel.weights(pairs.remainders), kernel.weights(pairs.remainderPlaces),
                              kernel.weights(starts)};
    }
    kernel.noteForm(twoSteps == 2 ? "fours" : twoSteps == 1 ? "pairs and fours" : "pairs");
    if (remainders)
      kernel.noteForm("remainders");
    std::optional<Tensor> constantBias;
    if (arithmetic.bias())
      constantBias = kernel.constantOf(arithmetic.bias());
    int64_t zero = arithmetic.inputZeroPoint() + instructions.inputShift(signedInput());
    bias = kernel.weights(compensatedBias(weights, constantBias, zero, tile));
  }

  Value start(Value panel, int64_t vector, int64_t) override {
    Value column = kernel.addIndex(kernel.multiplyIndex(panel, tile.panel()), vector * tile.lanes);
    return vector::LoadOp::create(b, kernel.loc(), instructions.dwords(), bias, column);
  }

  /// A block of inputs in each 128 bits.
  Value load(Value buffer, ArrayRef<lower::Index> places) override {
    constexpr int64_t kBlock = BytePairs::kBlock;
    Value block =
        vector::LoadOp::create(b, kernel.loc(), VectorType::get({kBlock}, b.getI8Type()), buffer, places[0]);
    SmallVector<int64_t> repeated;
    for (int64_t byte = 0; byte < 4 * tile.lanes; ++byte)
      repeated.push_back(byte % kBlock);
    return instructions.shifted(vector::ShuffleOp::create(b, kernel.loc(), block, block, repeated),
                                signedInput());
  }

  Value rowWeights(Value panel, Value kh, Value k) override {
    // k is a multiple of the products of a step.
    Value row = kernel.addIndex(kernel.multiplyIndex(panel, shape[1]), kh);
    return addressOf(packed, kernel.addIndex(kernel.multiplyIndex(row, shape[2] * shape[3]),
                                             kernel.multiplyIndex(k, shape[3] / BytePairs::kPerStep)));
  }
  Value remainderWeights(Value step) override {
    return addressOf(remainders->weights, kernel.multiplyIndex(step, shape[3]));
  }

  void multiplyRow(MutableArrayRef<Value> sums, Value inputs, Value &address, int64_t products) override {
    // LLVM would else see that all rows read the same, and load it once into registers that there are not.
    address = readAnew(kernel, address);
    Value pointer =
        LLVM::IntToPtrOp::create(b, kernel.loc(), LLVM::LLVMPointerType::get(b.getContext()), address);
    int64_t bytes = 4 * tile.lanes, count = BytePairs::stepsOf(products);
    for (int64_t first = 0, last = 0; first < count; first = last) {
      last = first + BytePairs::stepsTogether(first, count, twoSteps);
      SmallVector<Value> picked;
      for (int64_t step = first; step < last; ++step)
        picked.push_back(instructions.picked(inputs, operandAt(pointer, step * shape[3])));
      for (int64_t v = 0; v < tile.vectors; ++v) {
        Value words;
        for (int64_t step = first; step < last; ++step) {
          Value own = instructions.pairProducts(picked[static_cast<size_t>(step - first)],
                                                operandAt(pointer, step * shape[3] + (1 + v) * bytes));
          words = words ? Value(arith::AddIOp::create(b, kernel.loc(), words, own)) : own;
        }
        Value &sum = sums[static_cast<size_t>(v)];
        // LLVM would else add the products of two steps first, which takes registers that there are not.
        sum = heldInRegister(kernel, instructions.addWords(sum, words));
      }
    }
  }

  std::pair<Value, Value> remainderSteps(Value panel) override {
    if (!remainders)
      return {};
    auto at = [&](Value place) -> Value { return loadIndex(remainders->starts, {place}); };
    return {at(panel), at(kernel.addIndex(panel, 1))};
  }
  std::pair<Value, Value> remainderPlace(Value step) override {
    auto at = [&](int64_t what) -> Value {
      return loadIndex(remainders->places, {step, kernel.constantIndex(what)});
    };
    return {at(0), at(1)};
  }
  // The tile computes row by row.
  Value weights(Value, Value, Value, int64_t) override { return {}; }
  void multiplyAdd(MutableArrayRef<Value>, Value, Value) override {}

private:
  bool signedInput() const { return isSigned(arithmetic.inputType().dtype); }

  Value loadIndex(Value table, ValueRange place) {
    Value loaded = memref::LoadOp::create(b, kernel.loc(), table, place);
    return arith::IndexCastOp::create(b, kernel.loc(), b.getIndexType(), loaded);
  }

  Value addressOf(Value table, Value place) {
    Value base = memref::ExtractAlignedPointerAsIndexOp::create(b, kernel.loc(), table);
    return arith::IndexCastOp::create(b, kernel.loc(), b.getI64Type(), kernel.addIndex(base, place));
  }
  Value operandAt(Value pointer, int64_t offset) {
    Value place = LLVM::GEPOp::create(b, kernel.loc(), pointer.getType(), b.getI8Type(), pointer,
                                      ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(offset)});
    return LLVM::LoadOp::create(b, kernel.loc(), instructions.bytes(), place,
                                static_cast<unsigned>(4 * tile.lanes));
  }

  struct Remainders {
    Value weights, places, starts;
  };
  lower::KernelBuilder &kernel;
  OpBuilder &b;
  lower::ContractionArithmetic &arithmetic;
  Tile tile;
  ByteInstructions instructions;
  Shape shape;          ///< of the packed weights
  int64_t twoSteps = 0; ///< of a block
  Value packed, bias;
  std::optional<Remainders> remainders;
};
} // namespace

std::unique_ptr<Atom> makeBytePairAtom(lower::KernelBuilder &kernel, lower::ContractionArithmetic &arithmetic,
                                       const Tile &tile, const Isa &isa) {
  return std::make_unique<BytePairAtom>(kernel, arithmetic, tile, isa);
}

} // namespace limbeck::cpu
