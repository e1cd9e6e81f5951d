// The atom of f32 inputs and weights that are stored as integers: widened in registers, multiplied by their scales, then one fused
// multiply-add per product, in order. That is what widening them in memory would compute, bit for bit, from an eighth or a quarter
// of the bytes.
//
// A step is a run of eight products under one scale: for 4 bits, a lane reads the eight weights of its column as one word.
#include "Atoms.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include <array>

namespace limbeck::cpu {

using namespace mlir;
using lower::Index;

static constexpr int64_t kRun = 8;

namespace {
class StoredWeightAtom : public Atom {
public:
  StoredWeightAtom(lower::KernelBuilder &kernel, lower::ContractionArithmetic &arithmetic,
                   const StoredWeights &stored, const Tile &tile, const Isa &isa)
      : kernel(kernel), b(kernel.builder()), arithmetic(arithmetic), stored(stored), tile(tile),
        runLength(storedWeightRun(stored)), dtype(stored.values.dtype()),
        nibbles(bitWidth(dtype) == 4 && runLength == kRun), permutes(isa.lanes == 16) {}

  int64_t unit() const override { return runLength; }
  bool readsBehind() const override { return false; }
  bool startsAtBias() const override { return false; }

  void pack(const WeightMatrix &weights, const Tile &) override {
    Tensor panels = nibbles ? packWords(packPanels(weights, tile, kRun)) : packBytes();
    scales = kernel.weights(packParameters(stored.scales));
    if (stored.zeroPoints)
      zeroPoints = kernel.weights(packParameters(*stored.zeroPoints));
    packed = kernel.weights(panels);
    kernel.facts().weightBytes = 0;
    for (const Tensor &tensor : kernel.weightTensors())
      kernel.facts().weightBytes += tensor.size() * static_cast<int64_t>(storageBytes(tensor.dtype()));
  }

  Value start(Value, int64_t, int64_t) override { return arithmetic.start(tile.lanes); }

  /// The weights of a run as [run][lanes].
  Value weights(Value panel, Value, Value k, int64_t vector) override {
    Value column = kernel.constantIndex(vector * tile.lanes), block = quotient(k, stored.block);
    Value scale =
        kernel.widen(load(scales, {panel, block, column}), {stored.scales.dtype(), {}, nullptr}, {});
    Value zero = zeroPoints ? load(zeroPoints, {panel, block, column}) : Value();
    Value words = nibbles ? load(packed, {panel, quotient(k, kRun), column}) : Value();
    auto type = VectorType::get({runLength, tile.lanes}, b.getF32Type());
    Value all = kernel.constantLike(type, 0);
    for (int64_t i = 0; i < runLength; ++i) {
      Value q = nibbles ? nibble(words, i) : byte(load(packed, {panel, kernel.addIndex(k, i), column}));
      if (zero)
        q = arith::SubFOp::create(b, kernel.loc(), q, zero);
      Value weight = arith::MulFOp::create(b, kernel.loc(), q, scale);
      all = vector::InsertOp::create(b, kernel.loc(), weight, all, ArrayRef<int64_t>{i});
    }
    return all;
  }

  void prefetch(Value panel, Value, Value k, int64_t vector, int64_t ahead) override {
    Value row = kernel.addIndex(nibbles ? quotient(k, kRun) : k, ahead * (nibbles ? 1 : runLength));
    for (int64_t i = 0; i < (nibbles ? 1 : runLength); ++i) {
      Index place{panel, kernel.addIndex(row, i), kernel.constantIndex(vector * tile.lanes)};
      memref::PrefetchOp::create(b, kernel.loc(), packed, place, /*isWrite=*/false, /*localityHint=*/2,
                                 /*isDataCache=*/true);
    }
  }

  /// The inputs of a run.
  Value load(Value buffer, ArrayRef<Index> places) override {
    SmallVector<Value> elements;
    for (int64_t i = 0; i < runLength; ++i) {
      Index place = places[0];
      place.back() = kernel.addIndex(place.back(), i);
      elements.push_back(memref::LoadOp::create(b, kernel.loc(), buffer, place));
    }
    return vector::FromElementsOp::create(b, kernel.loc(), VectorType::get({runLength}, b.getF32Type()),
                                          elements);
  }

  void multiplyAdd(MutableArrayRef<Value> accumulators, Value input, Value weights) override {
    for (int64_t i = 0; i < runLength; ++i) {
      Value x = vector::ExtractOp::create(b, kernel.loc(), input, ArrayRef<int64_t>{i}),
            w = vector::ExtractOp::create(b, kernel.loc(), weights, ArrayRef<int64_t>{i});
      accumulators[0] = math::FmaOp::create(b, kernel.loc(), kernel.splat(x, tile.lanes), w, accumulators[0]);
    }
  }

private:
  VectorType lanes(Type element) { return VectorType::get({tile.lanes}, element); }
  Value load(Value buffer, ArrayRef<Value> place) {
    Type element = cast<MemRefType>(buffer.getType()).getElementType();
    return vector::LoadOp::create(b, kernel.loc(), lanes(element), buffer, place);
  }
  Value quotient(Value k, int64_t by) {
    return arith::DivUIOp::create(b, kernel.loc(), k, kernel.constantIndex(by));
  }

  /// Weight `i` of eight in every word, as f32.
  Value nibble(Value words, int64_t i) {
    Type i32 = words.getType();
    auto shift = [&](int64_t bits) { return kernel.constantLike(i32, static_cast<double>(bits)); };
    if (permutes) { // the instruction reads the lowest four bits of each position
      std::array<float, 16> values{};
      for (int value = 0; value < 16; ++value)
        values[static_cast<size_t>(value)] =
            static_cast<float>(dtype == DType::S4 && value >= 8 ? value - 16 : value);
      Type f32 = lanes(b.getF32Type());
      Value table = arith::ConstantOp::create(
          b, kernel.loc(), DenseElementsAttr::get(cast<ShapedType>(f32), ArrayRef<float>(values)));
      Value position = i ? Value(arith::ShRUIOp::create(b, kernel.loc(), words, shift(4 * i))) : words;
      return LLVM::CallIntrinsicOp::create(b, kernel.loc(), f32,
                                           b.getStringAttr("llvm.x86.avx512.permvar.sf.512"),
                                           ValueRange{table, position})
          .getResult(0);
    }
    Value high = arith::ShLIOp::create(b, kernel.loc(), words, shift(28 - 4 * i));
    Value q = dtype == DType::S4 ? Value(arith::ShRSIOp::create(b, kernel.loc(), high, shift(28)))
                                 : Value(arith::ShRUIOp::create(b, kernel.loc(), high, shift(28)));
    return arith::SIToFPOp::create(b, kernel.loc(), lanes(b.getF32Type()), q);
  }

  Value byte(Value bytes) {
    Type i32 = lanes(b.getI32Type());
    Value q = isSigned(dtype) ? Value(arith::ExtSIOp::create(b, kernel.loc(), i32, bytes))
                              : Value(arith::ExtUIOp::create(b, kernel.loc(), i32, bytes));
    return arith::SIToFPOp::create(b, kernel.loc(), lanes(b.getF32Type()), q);
  }

  /// Bytes of eight weights each, the first one lowest, as words: [panels][runs][panel].
  Tensor packWords(const Tensor &bytes) const {
    Shape shape = bytes.shape(); // [panels][1][runs][panel * 8]
    Tensor words = std::move(*Tensor::zeros(DType::S32, {shape[0], shape[2], shape[3] / kRun}));
    for (int64_t word = 0; word < words.size(); ++word) {
      uint32_t value = 0;
      for (int64_t i = 0; i < kRun; ++i)
        value |= (std::to_integer<uint32_t>(bytes.bytes()[word * kRun + i]) & 15) << (4 * i);
      words.mutableValues<int32_t>()[static_cast<size_t>(word)] = static_cast<int32_t>(value);
    }
    return words;
  }
  Tensor packBytes() const {
    WeightMatrix matrix{stored.values.reshaped({1, stored.depth(), stored.columns()})};
    Tensor panels = packPanels(matrix, tile, 1);
    return panels.reshaped({panels.shape()[0], stored.depth(), tile.panel()});
  }
  /// [blocks][columns] as [panels][blocks][panel].
  Tensor packParameters(const Tensor &parameters) const {
    WeightMatrix matrix{parameters.reshaped({1, stored.blocks(), stored.columns()})};
    Tensor panels = packPanels(matrix, tile, 1);
    return panels.reshaped({panels.shape()[0], stored.blocks(), tile.panel()});
  }

  lower::KernelBuilder &kernel;
  OpBuilder &b;
  lower::ContractionArithmetic &arithmetic;
  const StoredWeights &stored;
  Tile tile;
  int64_t runLength;
  DType dtype;
  bool nibbles, permutes;
  Value packed, scales, zeroPoints;
};
} // namespace

int64_t storedWeightRun(const StoredWeights &stored) {
  return stored.depth() % kRun == 0 && (stored.blocks() == 1 || stored.block % kRun == 0) ? kRun : 1;
}

std::unique_ptr<Atom> makeStoredWeightAtom(lower::KernelBuilder &kernel,
                                           lower::ContractionArithmetic &arithmetic,
                                           const StoredWeights &stored, const Tile &tile, const Isa &isa) {
  return std::make_unique<StoredWeightAtom>(kernel, arithmetic, stored, tile, isa);
}

} // namespace limbeck::cpu
