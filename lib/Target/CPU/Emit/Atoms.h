// Atoms: the smallest pieces of a tiled contraction that depend on element types and instructions. One file per atom.
#pragma once
#include "Schedule.h"
#include "limbeck/Lower/ContractionArithmetic.h"

namespace limbeck::cpu {

/// Constant weights of one group as [KH][depth][columns], depth = KW * IC or K.
struct WeightMatrix {
  Tensor values;
  int64_t outer() const { return values.shape()[0]; }
  int64_t depth() const { return values.shape()[1]; }
  int64_t columns() const { return values.shape()[2]; }
};

class Atom {
public:
  virtual ~Atom() = default;
  /// Products that one step adds to each result.
  virtual int64_t unit() const = 0;
  /// Packs weights into [panels][KH][depth / unit][panel][unit], zero beyond the last column and product, and makes them an
  /// operand.
  virtual void pack(const WeightMatrix &weights, const Tile &tile) = 0;
  /// Accumulators of one vector of columns before the first product.
  virtual mlir::Value start(mlir::Value panel, int64_t vector) = 0;
  /// Weights of vector `vector` of `panel` at step (kh, k); k counts products.
  virtual mlir::Value weights(mlir::Value panel, mlir::Value kh, mlir::Value k, int64_t vector) = 0;
  /// Asks for those weights early: `ahead` steps before they are wanted.
  virtual void prefetch(mlir::Value panel, mlir::Value kh, mlir::Value k, int64_t vector, int64_t ahead) = 0;
  /// `unit` elements of the input at `place`, spread over the lanes. Those behind the last product of a window row are read, too.
  virtual mlir::Value input(mlir::Value buffer, llvm::ArrayRef<mlir::Value> place) = 0;
  virtual mlir::Value multiplyAdd(mlir::Value accumulator, mlir::Value input, mlir::Value weights) = 0;
  /// Whether the accumulators start at the bias.
  virtual bool startsAtBias() const = 0;
};

/// f32: one fused multiply-add per product, bias added behind the last.
std::unique_ptr<Atom> makeFloatAtom(lower::KernelBuilder &kernel, lower::ContractionArithmetic &arithmetic,
                                    const Tile &tile);
/// 8-bit integers on any machine: widened to 32 bits, multiplied, added. Weights with zero point 0.
std::unique_ptr<Atom> makeIntegerAtom(lower::KernelBuilder &kernel, lower::ContractionArithmetic &arithmetic,
                                      const Tile &tile);
/// 8-bit integers with vpdpbusd or pmaddwd: four products per lane and step.
std::unique_ptr<Atom> makeDotAtom(lower::KernelBuilder &kernel, lower::ContractionArithmetic &arithmetic,
                                  const Tile &tile, const Isa &isa);

/// Panels of `tile` from a weight matrix: [panels][KH][depth / unit, rounded up][panel][unit], zero where there are no weights.
Tensor packPanels(const WeightMatrix &weights, const Tile &tile, int64_t unit);
/// bias - zeroPoint * sum of weights, per column, padded to whole panels: what an integer accumulator starts at.
Tensor compensatedBias(const WeightMatrix &weights, const std::optional<Tensor> &bias, int64_t zeroPoint,
                       const Tile &tile);

} // namespace limbeck::cpu
