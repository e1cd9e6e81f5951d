// The f32 atom: weights from packed panels, one fused multiply-add per product. Weights of f16 stay so in memory and are widened as they
// are loaded, where one instruction does it: from half of the bytes.
#include "Atoms.h"
#include "Operands.h"
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
  FloatAtom(lower::KernelBuilder &kernel, lower::ContractionArithmetic &arithmetic, const Tile &tile,
            bool halves)
      : kernel(kernel), arithmetic(arithmetic), tile(tile), halves(halves) {}
  int64_t unit() const override { return 1; }
  bool startsAtBias() const override { return false; }
  bool spreadsAsItMultiplies() const override { return tile.lanes == 16; } // AVX-512
  void pack(const WeightMatrix &weights, const Tile &tile) override {
    WeightMatrix wide = weights; // between floats, and to a wider type, the conversion cannot fail
    if (wide.values.dtype() != DType::F32 && !halves)
      wide.values = std::move(*reference::convertFloat(wide.values, DType::F32));
    packed = kernel.weights(packPanels(wide, tile, 1));
  }
  Value start(Value, int64_t vector, int64_t) override { return arithmetic.start(tile.lanesOf(vector)); }
  Value weights(Value panel, Value kh, Value k, int64_t vector) override {
    Value column = kernel.constantIndex(vector * tile.lanes);
    Type stored = cast<MemRefType>(packed.getType()).getElementType();
    auto type = VectorType::get({tile.lanesOf(vector)}, stored);
    Value loaded = vector::LoadOp::create(kernel.builder(), kernel.loc(), type, packed,
                                          ValueRange{panel, kh, k, column});
    return halves ? kernel.widen(loaded, {DType::F16, {}, nullptr}, {}) : loaded;
  }
  Value packedWeights() const override { return packed; }
  Value load(Value buffer, ArrayRef<Index> places) override {
    Value stored = memref::LoadOp::create(kernel.builder(), kernel.loc(), buffer, places[0]);
    return kernel.splat(kernel.widen(stored, arithmetic.inputType(), {}), tile.lanes);
  }
  void multiplyAdd(MutableArrayRef<Value> accumulators, Value input, Value weights) override {
    accumulators[0] = math::FmaOp::create(kernel.builder(), kernel.loc(), lowLanes(kernel, input, weights),
                                          weights, accumulators[0]);
  }

private:
  lower::KernelBuilder &kernel;
  lower::ContractionArithmetic &arithmetic;
  Tile tile;
  bool halves;
  Value packed;
};
} // namespace

bool keepsHalves(const lower::ContractionArithmetic &arithmetic, const Isa &isa) {
  bool converts = isa.has("f16c") || isa.architecture == artifact::Architecture::AArch64;
  return converts && arithmetic.weightType().dtype == DType::F16;
}

std::unique_ptr<Atom> makeFloatAtom(lower::KernelBuilder &kernel, lower::ContractionArithmetic &arithmetic,
                                    const Tile &tile, const Isa &isa) {
  return std::make_unique<FloatAtom>(kernel, arithmetic, tile, keepsHalves(arithmetic, isa));
}

} // namespace limbeck::cpu
