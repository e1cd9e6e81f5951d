// SampleOpInterface, and what the other interfaces say about samples.
#include "limbeck/Graph/IR/Samples.h"
#include "limbeck/Graph/IR/Rewriting.h"

namespace limbeck::graph {

static mlir::RankedTensorType tensorType(mlir::Value value) {
  return llvm::cast<mlir::RankedTensorType>(value.getType());
}

mlir::RankedTensorType sampleType(mlir::RankedTensorType type) {
  llvm::SmallVector<int64_t> shape(type.getShape());
  shape.front() = 1;
  return type.clone(shape);
}

bool variesByFirst(llvm::ArrayRef<bool> varies) {
  return varies.front() && !llvm::is_contained(varies.drop_front(), true);
}

/// Whether a value is the same for every index of dimension 0 of a result of so many dimensions that it broadcasts to.
static bool repeatsAlongSamples(mlir::Value value, int64_t rank) {
  auto type = tensorType(value);
  return type.getRank() < rank || type.getRank() == 0 || type.getDimSize(0) == 1;
}

/// Operands that vary have the rank of what they broadcast to, so that their dimension 0 is its own; the others repeat along it.
static bool broadcastsSamples(mlir::OperandRange operands, llvm::ArrayRef<bool> varies, int64_t rank) {
  return llvm::all_of(llvm::zip(operands, varies), [&](const auto &entry) {
    auto [operand, own] = entry;
    return own ? tensorType(operand).getRank() == rank : repeatsAlongSamples(operand, rank);
  });
}

static bool movesSamples(MovementOpInterface op, llvm::ArrayRef<bool> varies) {
  mlir::OperandRange data = op.getDataOperands();
  for (auto [number, operand] : llvm::enumerate(op->getOperands())) {
    unsigned first = data.getBeginOperandIndex();
    bool moved = number >= first && number < first + data.size();
    if (moved != varies[number])
      return false;
  }
  return op.mapAxis(0) == 0;
}

bool keepsSamples(mlir::Operation *op, llvm::ArrayRef<bool> varies) {
  // Parameters of each sample would be cut, too.
  auto isWhole = [](mlir::Value value) { return quantizationAxis(tensorType(value)) != 0; };
  for (auto [operand, own] : llvm::zip_equal(op->getOperands(), varies))
    if (own && !isWhole(operand))
      return false;
  if (!llvm::all_of(op->getResults(), isWhole))
    return false;
  if (isPointwise(op))
    return broadcastsSamples(op->getOperands(), varies, tensorType(op->getResult(0)).getRank());
  if (auto movement = llvm::dyn_cast<MovementOpInterface>(op))
    return movesSamples(movement, varies);
  auto samples = llvm::dyn_cast<SampleOpInterface>(op);
  return samples && samples.keepsSamples(varies);
}

static bool hasOneElement(mlir::Value value) {
  return tensorType(value).getNumElements() == 1;
}

// --- Products. A row of the left operand gives a row of the result; leading dimensions broadcast.

static bool keepsRows(mlir::Operation *op, llvm::ArrayRef<bool> varies) {
  int64_t rank = tensorType(op->getResult(0)).getRank();
  if (llvm::is_contained(varies.drop_front(2), true))
    return false;
  if (rank == 2) // samples are rows
    return varies[0] && !varies[1];
  return broadcastsSamples(op->getOperands().take_front(2), varies.take_front(2), rank);
}

bool MatmulOp::keepsSamples(llvm::ArrayRef<bool> varies) {
  return keepsRows(*this, varies);
}
bool MatmulIntegerOp::keepsSamples(llvm::ArrayRef<bool> varies) {
  return hasOneElement(getLhsZeroPoint()) && keepsRows(*this, varies);
}
bool MatmulIntegerBlocksOp::keepsSamples(llvm::ArrayRef<bool> varies) {
  // The input, its scales and its sums.
  return !llvm::is_contained(varies.take_front(3), false) && !llvm::is_contained(varies.drop_front(3), true);
}

// --- Reductions and normalizations along other axes.

#define LIMBECK_KEEPS_SAMPLES_ALONG_OTHER_AXES(name)                                                         \
  bool name::keepsSamples(llvm::ArrayRef<bool> varies) {                                                     \
    return variesByFirst(varies) && getAxis() != 0;                                                          \
  }
LIMBECK_KEEPS_SAMPLES_ALONG_OTHER_AXES(ArgMaxOp)
LIMBECK_KEEPS_SAMPLES_ALONG_OTHER_AXES(SoftmaxOp)
LIMBECK_KEEPS_SAMPLES_ALONG_OTHER_AXES(LogSoftmaxOp)
LIMBECK_KEEPS_SAMPLES_ALONG_OTHER_AXES(LayerNormOp)
LIMBECK_KEEPS_SAMPLES_ALONG_OTHER_AXES(BatchNormOp)
LIMBECK_KEEPS_SAMPLES_ALONG_OTHER_AXES(LrnOp)
#undef LIMBECK_KEEPS_SAMPLES_ALONG_OTHER_AXES

#define LIMBECK_KEEPS_SAMPLES_OVER_OTHER_AXES(name)                                                          \
  bool name::keepsSamples(llvm::ArrayRef<bool> varies) {                                                     \
    return variesByFirst(varies) && !llvm::is_contained(getAxes(), 0);                                       \
  }
LIMBECK_KEEPS_SAMPLES_OVER_OTHER_AXES(ReduceSumOp)
LIMBECK_KEEPS_SAMPLES_OVER_OTHER_AXES(ReduceMeanOp)
LIMBECK_KEEPS_SAMPLES_OVER_OTHER_AXES(ReduceMaxOp)
LIMBECK_KEEPS_SAMPLES_OVER_OTHER_AXES(ReduceMinOp)
LIMBECK_KEEPS_SAMPLES_OVER_OTHER_AXES(ReduceProdOp)
#undef LIMBECK_KEEPS_SAMPLES_OVER_OTHER_AXES

// --- Quantization by operands: parameters of one element, or along another axis.

static bool parametersRepeat(mlir::Value parameters, int64_t axis, int64_t blockSize) {
  return hasOneElement(parameters) || (blockSize == 0 && axis != 0);
}

bool QuantizeByOp::keepsSamples(llvm::ArrayRef<bool> varies) {
  return variesByFirst(varies) &&
         parametersRepeat(getScale(), static_cast<int64_t>(getAxis()), static_cast<int64_t>(getBlockSize()));
}
bool DequantizeByOp::keepsSamples(llvm::ArrayRef<bool> varies) {
  return variesByFirst(varies) &&
         parametersRepeat(getScale(), static_cast<int64_t>(getAxis()), static_cast<int64_t>(getBlockSize()));
}
bool RequantizeByOp::keepsSamples(llvm::ArrayRef<bool> varies) {
  return variesByFirst(varies) && hasOneElement(getInputScale()) &&
         parametersRepeat(getWeightsScale(), static_cast<int64_t>(getAxis()), 0);
}
/// Blocks lie in rows.
bool DynamicQuantizeBlocksOp::keepsSamples(llvm::ArrayRef<bool> varies) {
  return variesByFirst(varies) && getX().getType().getRank() > 1;
}

// --- Resampling of other axes.

bool ResizeOp::keepsSamples(llvm::ArrayRef<bool> varies) {
  bool sameScale = getScales().empty() || getScales().front() == 1,
       sameSize = getSizes().empty() || getSizes().front() == -1 ||
                  getSizes().front() == getX().getType().getDimSize(0);
  return variesByFirst(varies) && getRoi().empty() && sameScale && sameSize;
}
void ResizeOp::takeOneSample() {
  llvm::SmallVector<int64_t> sizes(getSizes());
  if (sizes.empty() || sizes.front() == -1)
    return;
  sizes.front() = 1;
  setSizes(sizes);
}

// --- Shapes that are attributes.

template <class Op> static void giveOneSample(Op op) {
  llvm::SmallVector<int64_t> shape(op.getShape());
  shape.front() = 1;
  op.setShape(shape);
}
void ReshapeOp::takeOneSample() {
  giveOneSample(*this);
  if (auto given = getKept()) { // what the shape says is kept no more
    llvm::SmallVector<int64_t> kept(*given);
    kept.front() = -1;
    setKept(kept);
  }
}
void ExpandOp::takeOneSample() {
  giveOneSample(*this);
}

} // namespace limbeck::graph
