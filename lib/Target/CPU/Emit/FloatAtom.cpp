// The f32 atom: weights from packed panels, one fused multiply-add per product.
#include "Atoms.h"
#include "limbeck/Reference/Quantize.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace limbeck::cpu {

using namespace mlir;
using lower::Index;

namespace {
class FloatAtom : public Atom {
public:
  FloatAtom(lower::KernelBuilder &kernel, lower::ContractionArithmetic &arithmetic, const Tile &tile)
      : kernel(kernel), arithmetic(arithmetic), tile(tile) {}
  int64_t unit() const override { return 1; }
  bool startsAtBias() const override { return false; }
  void pack(const WeightMatrix &weights, const Tile &tile) override {
    WeightMatrix wide = weights; // between floats, and to a wider type, the conversion cannot fail
    if (wide.values.dtype() != DType::F32)
      wide.values = std::move(*reference::convertFloat(wide.values, DType::F32));
    packed = kernel.weights(packPanels(wide, tile, 1));
  }
  Value start(Value, int64_t, int64_t) override { return arithmetic.start(tile.lanes); }
  Value weights(Value panel, Value kh, Value k, int64_t vector) override {
    Value column = kernel.constantIndex(vector * tile.lanes);
    return vector::LoadOp::create(kernel.builder(), kernel.loc(), type(), packed,
                                  ValueRange{panel, kh, k, column});
  }
  void prefetch(Value panel, Value kh, Value k, int64_t vector, int64_t ahead) override {
    Index place{panel, kh, kernel.addIndex(k, ahead), kernel.constantIndex(vector * tile.lanes)};
    memref::PrefetchOp::create(kernel.builder(), kernel.loc(), packed, place, /*isWrite=*/false,
                               /*localityHint=*/2, /*isDataCache=*/true);
  }
  Value load(Value buffer, ArrayRef<Index> places) override {
    Value stored = memref::LoadOp::create(kernel.builder(), kernel.loc(), buffer, places[0]);
    return kernel.splat(kernel.widen(stored, arithmetic.inputType(), {}), tile.lanes);
  }
  void multiplyAdd(MutableArrayRef<Value> accumulators, Value input, Value weights) override {
    accumulators[0] = math::FmaOp::create(kernel.builder(), kernel.loc(), input, weights, accumulators[0]);
  }

private:
  VectorType type() { return VectorType::get({tile.lanes}, kernel.builder().getF32Type()); }
  lower::KernelBuilder &kernel;
  lower::ContractionArithmetic &arithmetic;
  Tile tile;
  Value packed;
};
} // namespace

std::unique_ptr<Atom> makeFloatAtom(lower::KernelBuilder &kernel, lower::ContractionArithmetic &arithmetic,
                                    const Tile &tile) {
  return std::make_unique<FloatAtom>(kernel, arithmetic, tile);
}

} // namespace limbeck::cpu
