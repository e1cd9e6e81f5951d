// The atoms for 8-bit integers. Both count modulo 2^32 from a compensated bias; the arithmetic has shown that the result fits.
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
    Operation *op = arithmetic.operation();
    std::optional<Tensor> constantBias;
    if (op->getNumOperands() > 2)
      constantBias = kernel.constantOf(op->getOperand(2));
    bias = kernel.weights(compensatedBias(weights, constantBias, zeroPoint(), tile));
  }
  Value start(Value panel, int64_t vector) override {
    Value column = kernel.addIndex(kernel.multiplyIndex(panel, tile.panel()), vector * tile.lanes);
    return vector::LoadOp::create(b, kernel.loc(), wide(), bias, column);
  }
  Value weights(Value panel, Value kh, Value k, int64_t vector) override {
    auto bytes = VectorType::get({tile.lanes}, b.getI8Type());
    Value column = kernel.constantIndex(vector * tile.lanes);
    Value loaded = vector::LoadOp::create(b, kernel.loc(), bytes, packed, ValueRange{panel, kh, k, column});
    return extend(loaded, arithmetic.weightType().dtype, wide());
  }
  void prefetch(Value panel, Value kh, Value k, int64_t vector, int64_t ahead) override {
    Value step =
        unit() == 1 ? k : Value(arith::DivUIOp::create(b, kernel.loc(), k, kernel.constantIndex(unit())));
    lower::Index place{panel, kh, kernel.addIndex(step, ahead),
                       kernel.constantIndex(vector * tile.lanes * unit())};
    memref::PrefetchOp::create(b, kernel.loc(), packed, place, /*isWrite=*/false, /*localityHint=*/2,
                               /*isDataCache=*/true);
  }
  Value input(Value buffer, ArrayRef<Value> place) override {
    Value loaded = memref::LoadOp::create(b, kernel.loc(), buffer, place);
    return kernel.splat(extend(loaded, arithmetic.inputType().dtype, b.getI32Type()), tile.lanes);
  }
  Value multiplyAdd(Value accumulator, Value input, Value weights) override {
    return arith::AddIOp::create(b, kernel.loc(), accumulator,
                                 arith::MulIOp::create(b, kernel.loc(), input, weights).getResult());
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

/// The instructions multiply unsigned inputs by signed weights. Signed inputs are moved up by 128 on the way, and so is their
/// zero point.
class DotAtom : public IntegerAtom {
public:
  DotAtom(lower::KernelBuilder &kernel, lower::ContractionArithmetic &arithmetic, const Tile &tile,
          const Isa &isa)
      : IntegerAtom(kernel, arithmetic, tile), instructions(kernel, isa) {}
  int64_t unit() const override { return 4; }
  Value weights(Value panel, Value kh, Value k, int64_t vector) override {
    Value step = arith::DivUIOp::create(b, kernel.loc(), k, kernel.constantIndex(4));
    Value column = kernel.constantIndex(vector * tile.lanes * 4);
    return vector::LoadOp::create(b, kernel.loc(), quads(), packed, ValueRange{panel, kh, step, column});
  }
  Value input(Value buffer, ArrayRef<Value> place) override {
    auto four = VectorType::get({4}, b.getI8Type());
    Value bytes = vector::LoadOp::create(b, kernel.loc(), four, buffer, place);
    Value word = vector::BitCastOp::create(b, kernel.loc(), VectorType::get({1}, b.getI32Type()), bytes);
    Value scalar = vector::ExtractOp::create(b, kernel.loc(), word, ArrayRef<int64_t>{0});
    if (isSigned(arithmetic.inputType().dtype)) {
      Value flip =
          arith::ConstantOp::create(b, kernel.loc(), b.getI32IntegerAttr(static_cast<int32_t>(0x80808080u)));
      scalar = arith::XOrIOp::create(b, kernel.loc(), scalar, flip);
    }
    return vector::BitCastOp::create(b, kernel.loc(), quads(), kernel.splat(scalar, tile.lanes));
  }
  Value multiplyAdd(Value accumulator, Value input, Value weights) override {
    return instructions.dot(accumulator, input, weights);
  }

private:
  int64_t zeroPoint() const override {
    return arithmetic.inputZeroPoint() + (isSigned(arithmetic.inputType().dtype) ? 128 : 0);
  }
  ByteInstructions instructions;
  VectorType quads() { return VectorType::get({tile.lanes * 4}, b.getI8Type()); }
};
} // namespace

std::unique_ptr<Atom> makeIntegerAtom(lower::KernelBuilder &kernel, lower::ContractionArithmetic &arithmetic,
                                      const Tile &tile) {
  return std::make_unique<IntegerAtom>(kernel, arithmetic, tile);
}
std::unique_ptr<Atom> makeDotAtom(lower::KernelBuilder &kernel, lower::ContractionArithmetic &arithmetic,
                                  const Tile &tile, const Isa &isa) {
  return std::make_unique<DotAtom>(kernel, arithmetic, tile, isa);
}

} // namespace limbeck::cpu
