// The bf16 atom: two products per lane and step by vdpbf16ps, weights packed in pairs. And the rounding that feeds it.
//
// The instruction adds the second product of a pair before the first, and takes denormals for zeros: only for contractions that
// are held to a bound.
#include "Atoms.h"
#include "Operands.h"
#include "limbeck/Target/CPU/Emitters.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace limbeck::cpu {

using namespace mlir;

static constexpr StringLiteral kFeature = "avx512bf16";

static Value intrinsic(lower::KernelBuilder &kernel, StringRef name, Type type, ValueRange operands) {
  OpBuilder &b = kernel.builder();
  return LLVM::CallIntrinsicOp::create(b, kernel.loc(), type, b.getStringAttr(name), operands).getResult(0);
}

namespace {
class BF16Atom : public Atom {
public:
  BF16Atom(lower::KernelBuilder &kernel, lower::ContractionArithmetic &arithmetic, const Tile &tile)
      : kernel(kernel), b(kernel.builder()), arithmetic(arithmetic), tile(tile) {}
  int64_t unit() const override { return 2; }
  bool readsBehind() const override { return false; }
  bool startsAtBias() const override { return false; }
  void pack(const WeightMatrix &weights, const Tile &tile) override {
    packed = kernel.weights(packPanels(weights, tile, unit()));
  }
  Value start(Value, int64_t vector, int64_t) override { return arithmetic.start(tile.lanesOf(vector)); }
  Value weights(Value panel, Value kh, Value k, int64_t vector) override {
    Value step = arith::DivUIOp::create(b, kernel.loc(), k, kernel.constantIndex(2));
    Value column = kernel.constantIndex(vector * tile.lanes * 2);
    int64_t lanes = tile.lanesOf(vector);
    auto stored = VectorType::get({lanes * 2}, b.getI16Type());
    return bitcast(words(lanes), vector::LoadOp::create(b, kernel.loc(), stored, packed,
                                                        ValueRange{panel, kh, step, column}));
  }
  Value packedWeights() const override { return packed; }
  Value load(Value buffer, ArrayRef<lower::Index> places) override {
    auto two = VectorType::get({2}, b.getI16Type());
    Value word = bitcast(VectorType::get({1}, b.getI32Type()),
                         vector::LoadOp::create(b, kernel.loc(), two, buffer, places[0]));
    return spread(vector::ExtractOp::create(b, kernel.loc(), word, ArrayRef<int64_t>{0}));
  }
  /// What stands behind the last product may be no number, which a weight of zero does not silence.
  Value loadLast(Value buffer, ArrayRef<Value> place) override {
    Value one = memref::LoadOp::create(b, kernel.loc(), buffer, place);
    return spread(arith::ExtUIOp::create(b, kernel.loc(), b.getI32Type(), one));
  }
  void multiplyAdd(MutableArrayRef<Value> accumulators, Value input, Value weights) override {
    bool half = weights.getType() != input.getType();
    auto pairs = VectorType::get({cast<VectorType>(weights.getType()).getNumElements() * 2}, b.getBF16Type());
    accumulators[0] = intrinsic(
        kernel, half ? "llvm.x86.avx512bf16.dpbf16ps.256" : "llvm.x86.avx512bf16.dpbf16ps.512",
        accumulators[0].getType(),
        {accumulators[0], bitcast(pairs, lowLanes(kernel, input, weights)), bitcast(pairs, weights)});
  }

private:
  /// Pairs as what they take in a lane: machines without bf16 move those as they are.
  VectorType words(int64_t lanes) { return VectorType::get({lanes}, b.getI32Type()); }
  Value bitcast(Type type, Value value) { return vector::BitCastOp::create(b, kernel.loc(), type, value); }
  Value spread(Value word) {
    Value spread = kernel.splat(word, tile.lanes);
    // For a whole vector and half a one LLVM would spread twice, from an integer register.
    bool twice = tile.vectors > 1 && tile.lastLanes < tile.lanes;
    return twice ? heldInRegister(kernel, spread) : spread;
  }

  lower::KernelBuilder &kernel;
  OpBuilder &b;
  lower::ContractionArithmetic &arithmetic;
  Tile tile;
  Value packed;
};
} // namespace

bool bf16AtomApplies(const lower::ContractionArithmetic &arithmetic, const Isa &isa) {
  return isa.has(std::string_view(kFeature)) && arithmetic.isHeldToBound() &&
         arithmetic.inputType().dtype == DType::BF16;
}

std::unique_ptr<Atom> makeBF16Atom(lower::KernelBuilder &kernel, lower::ContractionArithmetic &arithmetic,
                                   const Tile &tile) {
  return std::make_unique<BF16Atom>(kernel, arithmetic, tile);
}

Value emitDotOfBF16(lower::KernelBuilder &kernel, Value accumulator, Value x, Value w) {
  OpBuilder &b = kernel.builder();
  auto pairs = cast<VectorType>(x.getType()).clone(b.getBF16Type());
  Value left = vector::BitCastOp::create(b, kernel.loc(), pairs, x);
  Value right = vector::BitCastOp::create(b, kernel.loc(), pairs, w);
  return intrinsic(kernel, "llvm.x86.avx512bf16.dpbf16ps.512", accumulator.getType(),
                   {accumulator, left, right});
}

Value emitRoundToBF16(lower::KernelBuilder &kernel, const Isa &isa, Value x) {
  OpBuilder &b = kernel.builder();
  auto wide = VectorType::get({16}, b.getF32Type());
  if (x.getType() != wide || !isa.has(std::string_view(kFeature)))
    return Value();
  Value rounded = intrinsic(kernel, "llvm.x86.avx512bf16.cvtneps2bf16.512", wide.clone(b.getBF16Type()), x);
  return vector::BitCastOp::create(b, kernel.loc(), wide.clone(b.getI16Type()), rounded);
}

} // namespace limbeck::cpu
