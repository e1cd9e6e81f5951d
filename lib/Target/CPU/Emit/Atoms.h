// Atoms: the smallest pieces of a tiled contraction that depend on element types and instructions. One file per atom.
#pragma once
#include "ByteInstructions.h"
#include "Bytes.h"
#include "limbeck/Lower/ContractionArithmetic.h"

namespace limbeck::cpu {

/// Constant weights of one group as [KH][depth][columns], depth = KW * IC or K. Columns of several taps lie behind one another, as many
/// of each.
struct WeightMatrix {
  Tensor values;
  /// Of quantized columns: what accumulators start at beyond the bias, and how they are requantized then.
  std::optional<FusedProducts> products = std::nullopt;
  int64_t taps = 1;
  int64_t outer() const { return values.shape()[0]; }
  int64_t depth() const { return values.shape()[1]; }
  int64_t columns() const { return values.shape()[2]; }
  /// The channel of a column: its number in its tap.
  size_t channelOf(size_t column) const { return column % static_cast<size_t>(columns() / taps); }
  /// The same with columns of zero behind those of each tap, so that a tap is whole panels of `panel` columns.
  WeightMatrix inPanels(int64_t panel) const;
};

class Atom {
public:
  virtual ~Atom() = default;
  /// Products that one step adds to each result.
  virtual int64_t unit() const = 0;
  /// Steps whose inputs come with one load.
  virtual int64_t stepsPerLoad() const { return 1; }
  /// Rows of the tile that are computed together. There are as many accumulators for each vector of columns.
  virtual int64_t rowsTogether() const { return 1; }
  /// Packs weights into [panels][KH][depth / unit][panel][unit], zero beyond the last column and product, and makes them an
  /// operand.
  virtual void pack(const WeightMatrix &weights, const Tile &tile) = 0;
  /// Accumulator `number` of the rows together, of one vector of columns, before the first product.
  virtual mlir::Value start(mlir::Value panel, int64_t vector, int64_t number) = 0;
  /// Weights of vector `vector` of `panel` at step (kh, k); k counts products.
  virtual mlir::Value weights(mlir::Value panel, mlir::Value kh, mlir::Value k, int64_t vector) = 0;
  /// The packed weights, where they are worth asking for early; else null.
  virtual mlir::Value packedWeights() const { return {}; }
  /// The elements of `stepsPerLoad` steps, at the place of each row. Those behind the last product of a window row are
  /// read, too, where readsBehind() says so.
  virtual mlir::Value load(mlir::Value buffer, llvm::ArrayRef<lower::Index> places) = 0;
  /// Whether elements behind the last product may be read; they meet weights of zero.
  virtual bool readsBehind() const { return true; }
  /// Where not, for a unit of two: the last element where it stands alone, for one row.
  virtual mlir::Value loadLast(mlir::Value buffer, llvm::ArrayRef<mlir::Value> place) {
    return load(buffer, {lower::Index(place)});
  }
  /// Products of a window row that are computed behind the loop over whole units, and the place they are loaded from.
  virtual int64_t lastProducts(int64_t depth) const { return readsBehind() ? 0 : depth % unit(); }
  virtual int64_t placeOfLast(int64_t depth) const { return depth - lastProducts(depth); }
  /// Whether multiplyAdd() spreads an input as it reads it from memory, if nothing else needs it: that takes neither a register nor an
  /// instruction.
  virtual bool spreadsAsItMultiplies() const { return false; }
  /// What one step multiplies of that, spread over the lanes.
  virtual mlir::Value input(mlir::Value loaded, int64_t step) { return loaded; }
  virtual void multiplyAdd(llvm::MutableArrayRef<mlir::Value> accumulators, mlir::Value input,
                           mlir::Value weights) = 0;

  // --- Atoms that read weights anew for each row: weights(), input() and multiplyAdd() are not called then. (Asking early for
  // weights would take instructions in every row: ResNet-50's last 3x3 convolution took 1.9 ms with it, 1.2 without.)
  virtual bool multipliesByRow() const { return false; }
  /// Where weights from (kh, k) on are; and those of a remainder step.
  virtual mlir::Value rowWeights(mlir::Value panel, mlir::Value kh, mlir::Value k) { return {}; }
  virtual mlir::Value remainderWeights(mlir::Value step) { return {}; }
  /// Adds the products of inputs `loaded` of one row to its sums, one for each vector. The next row takes `weights` as it leaves them.
  virtual void multiplyRow(llvm::MutableArrayRef<mlir::Value> sums, mlir::Value loaded, mlir::Value &weights,
                           int64_t products) {}
  /// Steps of `panel` that come after all others, from the first to before the second; null where there are none.
  virtual std::pair<mlir::Value, mlir::Value> remainderSteps(mlir::Value panel) { return {}; }
  /// The (kh, k) that such a step loads inputs from.
  virtual std::pair<mlir::Value, mlir::Value> remainderPlace(mlir::Value step) { return {}; }

  /// Makes the accumulators of rows together one vector for each row.
  virtual void separate(llvm::MutableArrayRef<mlir::Value> accumulators) {}
  /// Whether the accumulators start at the bias.
  virtual bool startsAtBias() const = 0;
};

/// f32, or halves that are widened: one fused multiply-add per product, bias added behind the last.
std::unique_ptr<Atom> makeFloatAtom(lower::KernelBuilder &kernel, lower::ContractionArithmetic &arithmetic,
                                    const Tile &tile, const Isa &isa);
/// Whether that atom holds weights as f16.
bool keepsHalves(const lower::ContractionArithmetic &arithmetic, const Isa &isa);
/// bf16 with vdpbf16ps: two products per lane and step, where results are held to a bound.
bool bf16AtomApplies(const lower::ContractionArithmetic &arithmetic, const Isa &isa);
std::unique_ptr<Atom> makeBF16Atom(lower::KernelBuilder &kernel, lower::ContractionArithmetic &arithmetic,
                                   const Tile &tile);
/// 8-bit integers on any machine: widened to 32 bits, multiplied, added. Weights with zero point 0.
std::unique_ptr<Atom> makeIntegerAtom(lower::KernelBuilder &kernel, lower::ContractionArithmetic &arithmetic,
                                      const Tile &tile);
/// 8-bit integers whose products ByteInstructions sum in fours or eights.
std::unique_ptr<Atom> makeDotAtom(lower::KernelBuilder &kernel, lower::ContractionArithmetic &arithmetic,
                                  const Tile &tile, const Isa &isa, ByteInstructions::Form form);
/// The same where there are products in pairs of 16 bits only, which the weights keep from saturating.
std::unique_ptr<Atom> makeBytePairAtom(lower::KernelBuilder &kernel, lower::ContractionArithmetic &arithmetic,
                                       const Tile &tile, const Isa &isa);

/// Panels of `tile` from a weight matrix: [panels][KH][depth / unit, rounded up][panel][unit], zero where there are no weights.
Tensor packPanels(const WeightMatrix &weights, const Tile &tile, int64_t unit);
/// bias - zeroPoint * sum of weights, and what fused products add, per column, padded to whole panels: what an integer accumulator starts at.
Tensor compensatedBias(const WeightMatrix &weights, const std::optional<Tensor> &bias, int64_t zeroPoint,
                       const Tile &tile);

} // namespace limbeck::cpu
