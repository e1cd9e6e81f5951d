// Writes the body of one kernel: loops over blocks of the result, loads that look through fused element-wise ops, stores.
//
// A kernel computes one fused region. Its *core* is the op that is not element-wise (a convolution, a softmax, a transpose), if
// there is one; everything else is element-wise and is evaluated where its value is needed: `load` of a value that an
// element-wise op defines emits that op for the wanted elements. So every core emitter gets fusion without knowing of it.
//
//   forEachBlock(shape, [&](Index index, lanes) {     // one 1-D scf.forall, shared between workers, vectors of `lanes`
//     Value x = kernel.real(operand, index, lanes);   // dequantized or widened
//     kernel.finish(index, lanes, computed);          // narrowed, run through the epilogue, stored
//   });
#pragma once
#include "limbeck/Graph/IR/Limbeck.h"
#include "limbeck/Lower/KernelFacts.h"
#include "limbeck/Lower/PairForms.h"
#include "limbeck/Lower/Target.h"
#include "limbeck/Reference/Operation.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include <functional>
#include <optional>

namespace limbeck::lower {

/// Lanes of one vector block in the loops that are not register-tiled; LLVM splits it into the registers there are.
inline constexpr int64_t kBlockLanes = 16;

/// The most channels for which an operand with one element each is repeated.
inline constexpr int64_t kMostRepeated = 512;

using Index = llvm::SmallVector<mlir::Value, 4>;

inline int64_t product(llvm::ArrayRef<int64_t> shape) {
  int64_t elements = 1;
  for (int64_t dim : shape)
    elements *= dim;
  return elements;
}

/// The bounds of a table that only clamps: each stored value becomes min(max(value, low), high).
struct Clamp {
  int64_t low, high;
};

/// A part of a buffer.
struct Window {
  Shape origin, shape;
};

/// Where a result of the region is stored: in a buffer of its own, or as a window of a larger one.
struct KernelOutput {
  mlir::Value buffer;
  Shape shape;   ///< of the buffer
  Window result; ///< with the border around it
  Window values; ///< without
};

/// A chain of element-wise ops as a table of its 256 results (Tables.h), and how the kernel holds it.
struct KernelTable {
  mlir::Value source; ///< null: the op is none
  Tensor values;
  std::optional<Clamp> clamp;
  bool isSigned = false;
  mlir::Value buffer; ///< once it is an operand of the kernel
};

/// For each channel the low 16 bits of fma(bits(start + n), scale, shift), saturated to 0 and 255 (ChannelForm.h). Elements n and
/// results are taken without sign: signed ones plus 128. Where a channel falls, n is 255 - n: `mirror` is 255 there, else 0.
struct ChannelForm {
  Tensor start, scale, shift, mirror;
  bool mirrors = false; ///< whether any channel falls
};

/// An element in its stored form, and as arithmetic sees it where that is at hand without the stored one.
struct Element {
  mlir::Value stored, real;
};

class KernelBuilder {
public:
  /// Starts a private function `name(inputs.., weights.., outputs.., worker, workers)` for `region` at the builder's place.
  KernelBuilder(mlir::OpBuilder &builder, graph::FusedOp region, llvm::StringRef name, const Target &target);

  mlir::OpBuilder &builder() { return b; }
  mlir::Location loc() const { return location; }
  const Target &target() const { return machine; }
  graph::FusedOp region() { return fused; }
  /// The op that is not element-wise, or null when all are.
  mlir::Operation *core() { return coreOp; }
  mlir::func::FuncOp function() { return func; }
  /// What `plan` calls the way in which the kernel computes; whoever emits another body than plain loops says so.
  void setFamily(llvm::StringRef name) { kernelFacts.family = name; }
  /// The same for the way in which elements are brought to the type of the result; each name once.
  void noteForm(llvm::StringRef name);
  /// What is known of the kernel so far.
  KernelFacts &facts() { return kernelFacts; }

  // --- Facts about values of the region. A region whose tensors are all of one shape or of one element, without parameters along
  // an axis and without a core, is seen as one dimension; with a border, as those up to the last that has one. So is one with a few
  // channels in the innermost dimension and tensors of one element for each: those are seen as one dimension of their own, and repeat.
  TensorType typeOf(mlir::Value tensor) const;
  const Shape shapeOf(mlir::Value tensor) const { return typeOf(tensor).shape; }
  /// The value of an operand that is constant in the graph, or nothing.
  std::optional<Tensor> constantOf(mlir::Value tensor) const;
  /// The values that the region yields, without the borders around them.
  llvm::SmallVector<mlir::Value> results();
  /// Whether elements are stored one behind the other from dimension `dim` on, so that an index may run on beyond its end.
  bool storesRuns(size_t dim) const;
  /// From here on, indices of results count on in dimension `dim`, through all dimensions before it, where they are 0.
  void countOn(size_t dim) { countedDim = dim; }

  // --- Operands of the kernel.
  /// The buffer of an operand of the region (a memref of its storage); becomes an input on first use.
  mlir::Value buffer(mlir::Value tensor);
  /// Whether kernels may read up to a vector behind the buffer of an operand: it lies in the arena, not with the caller.
  bool hasRoomBehind(mlir::Value tensor);
  /// The places of the results of the region, in order.
  llvm::ArrayRef<KernelOutput> outputs() const { return outputPlaces; }
  /// A constant that the kernel reads: packed weights, per-channel multipliers, index tables.
  mlir::Value weights(const Tensor &tensor);

  // --- Elements. With lanes > 1, a vector along the innermost dimension starting at `index`.
  /// The stored element: integers signless, bool and 4-bit types as i8, bf16 as the i16 of its bits.
  mlir::Value load(mlir::Value tensor, llvm::ArrayRef<mlir::Value> index, int64_t lanes);
  /// The element as arithmetic sees it: dequantized, f16 and bf16 as f32, bool as i1.
  mlir::Value real(mlir::Value tensor, llvm::ArrayRef<mlir::Value> index, int64_t lanes);
  mlir::Value widen(mlir::Value stored, const TensorType &type, llvm::ArrayRef<mlir::Value> index);
  /// `reciprocal`: what to multiply by in place of the division by the type's scale, where that is known to give the same.
  mlir::Value narrow(mlir::Value computed, const TensorType &type, llvm::ArrayRef<mlir::Value> index,
                     std::optional<float> reciprocal = std::nullopt);
  /// Whether a stored element of `from` becomes one of `to` by a table: both of 8 bits, each with one scale.
  static bool requantizesBytes(const TensorType &from, const TensorType &to);
  /// quantize(dequantize(stored)), for such types; the same pair throughout a kernel.
  mlir::Value requantizeBytes(mlir::Value stored, const TensorType &from, const TensorType &to);
  /// The core's element is `computed`: narrows it, evaluates the ops behind it, stores what the region yields.
  void finish(llvm::ArrayRef<mlir::Value> index, int64_t lanes, mlir::Value computed);
  /// The same for an element that is in its stored form already (data movement, integer results).
  void finishStored(llvm::ArrayRef<mlir::Value> index, int64_t lanes, mlir::Value stored);
  /// The stored element of `wanted`, which follows from `from` by element-wise ops, where that of `from` is `element`.
  mlir::Value follow(mlir::Value from, const Element &element, mlir::Value wanted,
                     llvm::ArrayRef<mlir::Value> index, int64_t lanes);
  /// Whether the ops from `from` to the results read beside it only constants of one element, or of one for each channel.
  bool followsChannels(mlir::Value from);
  /// The stored elements of result `number` where those of the core are the vector `stored`, in a region that followsChannels:
  /// from lane to lane channels need not be neighbours. The channel of lane l is channels[at + l].
  mlir::Value followChannels(unsigned number, mlir::Value stored, llvm::ArrayRef<int64_t> channels,
                             mlir::Value at);
  /// Stores to result `number` directly: for cores with several results, which nothing is fused to.
  void store(unsigned number, llvm::ArrayRef<mlir::Value> index, int64_t lanes, mlir::Value stored);

  // --- Loops.
  using BlockBody = std::function<void(llvm::ArrayRef<mlir::Value> index, int64_t lanes)>;
  /// Every element of `shape`, in blocks of kBlockLanes along the innermost dimension, of four and one by one where it is
  /// shorter; the last block reaches back into the one before it. The trip is shared between workers. `vectors` false: one by
  /// one throughout.
  void forEachBlock(llvm::ArrayRef<int64_t> shape, bool vectors, const BlockBody &body);
  /// The same in blocks of `widths` elements, from the widest to the last, which is 1.
  void forEachBlock(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int64_t> widths, const BlockBody &body);
  /// The widths of blocks for what stores the results of the region: results of bytes fill a whole vector.
  llvm::SmallVector<int64_t> blockWidths();
  /// The shared loop alone: body(t) for t in [0, trip).
  void shared(int64_t trip, const std::function<void(mlir::Value)> &body);
  /// This worker's part of [0, trip), for an emitter that runs through it by itself.
  std::pair<mlir::Value, mlir::Value> share(int64_t trip);
  /// A sequential loop with carried values; returns their final values.
  using LoopBody = std::function<llvm::SmallVector<mlir::Value>(mlir::Value, mlir::ValueRange)>;
  llvm::SmallVector<mlir::Value> loop(int64_t lower, int64_t upper, int64_t step, mlir::ValueRange carried,
                                      const LoopBody &body);
  llvm::SmallVector<mlir::Value> loop(mlir::Value lower, mlir::Value upper, int64_t step,
                                      mlir::ValueRange carried, const LoopBody &body);
  /// Row-major position of element `linear` in `shape`.
  Index delinearize(mlir::Value linear, llvm::ArrayRef<int64_t> shape);

  // --- Small values.
  mlir::Value constantIndex(int64_t value);
  mlir::Value addIndex(mlir::Value a, mlir::Value c);
  mlir::Value addIndex(mlir::Value a, int64_t c);
  mlir::Value multiplyIndex(mlir::Value a, int64_t c);
  /// Type in memory of an element type, and the type that arithmetic uses.
  mlir::Type storageType(DType dtype);
  mlir::Type computeType(const TensorType &type);
  mlir::Type vectorOf(mlir::Type element, int64_t lanes);
  mlir::Value splat(mlir::Value scalar, int64_t lanes);
  mlir::Value constantLike(mlir::Type type, double value); ///< float, integer or vector of them

  /// Memory of `elements` on the stack of the kernel, for the whole call.
  mlir::Value scratch(int64_t elements, mlir::Type element);
  /// Whether the core accumulates f16 or bf16 in f32, so that results are held to a bound and not to bits.
  bool isHeldToBound();
  /// Whether what follows the core takes more than a table or one op: then emitters write it once, not once per element.
  bool hasLongEpilogue();

  /// Ends the function; afterwards `inputs()` and `weightTensors()` are the operands of its launch, in order.
  void finalize();
  llvm::ArrayRef<mlir::Value> inputs() const { return inputValues; }
  llvm::ArrayRef<Tensor> weightTensors() const { return weightValues; }

private:
  mlir::Value operandElement(mlir::Value tensor, llvm::ArrayRef<mlir::Value> index, const Shape &resultShape,
                             int64_t lanes, bool stored);
  /// Whether a tensor of that shape has one element for each channel, where the region is seen as fewer dimensions.
  bool repeats(const Shape &shape) const {
    return collapsed && shape.size() == 1 && shape[0] != collapsed->back();
  }
  /// The buffer of a tensor with one element for each channel, repeated so far that a block can begin at any channel.
  mlir::Value repeatedBuffer(mlir::Value tensor);
  /// The elements of a constant with one for each channel, at those of the lanes of the current block.
  mlir::Value loadChannels(const Tensor &constant, int64_t lanes);
  /// The same at `index` of the result.
  mlir::Value channelConstant(const Tensor &constant, llvm::ArrayRef<mlir::Value> index, int64_t lanes);
  mlir::Value evaluateElementwise(mlir::Operation *op, llvm::ArrayRef<mlir::Value> index, int64_t lanes);
  void startBlock(llvm::ArrayRef<mlir::Value> index, int64_t lanes);
  KernelTable &findTable(mlir::Operation *op); ///< valid until the next one is found
  mlir::Value lookUp(KernelTable &table, mlir::Value positions);
  mlir::Value perAxis(const Tensor &table, llvm::ArrayRef<mlir::Value> index, int64_t axis, int64_t rank,
                      int64_t lanes);
  mlir::Value zeroPointAt(const TensorType &type, llvm::ArrayRef<mlir::Value> index, int64_t lanes);
  mlir::Type bufferType(const TensorType &type);
  std::optional<Shape> collapsedShape();
  KernelOutput placeOf(unsigned number);
  void storeRows(const KernelOutput &output, llvm::ArrayRef<mlir::Value> index, int64_t lanes,
                 mlir::Value stored);
  Index positionIn(const KernelOutput &output, llvm::ArrayRef<mlir::Value> index);

  mlir::OpBuilder &b;
  mlir::Location location;
  graph::FusedOp fused;
  const Target &machine;
  mlir::Operation *coreOp = nullptr;
  mlir::func::FuncOp func;
  KernelFacts kernelFacts;
  std::optional<Shape> collapsed; ///< all tensors are seen with this shape, or as scalars
  int64_t rowChannels = 0;        ///< of a window; 0: results that are seen as one dimension lie so
  llvm::SmallVector<mlir::Value> inputValues; ///< operands of the fused op
  llvm::SmallVector<Tensor> weightValues;
  llvm::DenseMap<mlir::Value, mlir::Value>
      buffers; ///< block argument of the region -> argument of the function
  llvm::DenseMap<mlir::Value, mlir::Value> repeated; ///< the same -> the repeated elements
  llvm::SmallVector<KernelOutput> outputPlaces;
  size_t countedDim = 0; ///< 0: indices stay inside each dimension
  llvm::DenseMap<mlir::Operation *, KernelTable> tables;
  llvm::DenseMap<mlir::Operation *, PairArithmetic> pairs;
  llvm::DenseMap<mlir::Operation *, std::optional<ChannelForm>> channelForms;
  std::optional<KernelTable> requantization;
  llvm::DenseMap<mlir::Value, mlir::Value> known; ///< elements at the current block: value -> stored element
  llvm::DenseMap<mlir::Value, mlir::Value>
      knownReal; ///< the same for `real`, where it takes less than widening
  llvm::SmallVector<mlir::Value> blockIndex;
  int64_t blockLanes = 0;                  ///< 0: no block is being finished, so nothing may be remembered
  llvm::SmallVector<int64_t> laneChannels; ///< of followChannels; empty: lanes are neighbours
  mlir::Value firstLane;                   ///< where those of the current block begin
  llvm::SmallVector<std::pair<Tensor, mlir::Value>> channelConstants; ///< in the order of lanes
};

/// Whether a result element depends only on the operands' elements at its (broadcast) position.
bool isElementwise(mlir::Operation *op);
/// The attributes of a verified op.
reference::Attributes attributesOf(mlir::Operation *op);

} // namespace limbeck::lower
