// Kernels of resize: the tables of Reference/ResizeCoordinates.h as constants, one lookup per axis.
#include "limbeck/Lower/CoreEmitters.h"
#include "limbeck/Reference/ResizeCoordinates.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace limbeck::lower {

using namespace mlir;

namespace {
/// The tables of one resized axis in the kernel.
struct AxisLookup {
  bool active = false, leaves = false; ///< leaves: some positions lie outside the input
  Value low, high, lowWeight, highWeight, inside;

  AxisLookup(KernelBuilder &kernel, const reference::ResizeAxis &axis,
             const std::vector<reference::ResizeTap> &taps) {
    active = axis.scale != 1 || axis.inputSize != axis.outputSize;
    leaves = llvm::any_of(taps, [](const reference::ResizeTap &tap) { return tap.outside; });
    if (!active && !leaves)
      return;
    std::vector<int64_t> lows, highs, insides;
    Tensor lowWeights = std::move(*Tensor::zeros(DType::F32, {static_cast<int64_t>(taps.size())}));
    Tensor highWeights = std::move(*Tensor::zeros(DType::F32, {static_cast<int64_t>(taps.size())}));
    for (size_t i = 0; i < taps.size(); ++i) {
      lows.push_back(taps[i].low);
      highs.push_back(taps[i].high);
      insides.push_back(!taps[i].outside);
      lowWeights.mutableValues<float>()[i] = taps[i].lowWeight;
      highWeights.mutableValues<float>()[i] = taps[i].highWeight;
    }
    low = indexTable(kernel, lows);
    if (leaves)
      inside = indexTable(kernel, insides);
    if (!axis.linear)
      return;
    high = indexTable(kernel, highs);
    lowWeight = kernel.weights(lowWeights);
    highWeight = kernel.weights(highWeights);
  }
};

struct ResizeCorner {
  Index place;
  Value weight; ///< f32; null stands for 1
};
} // namespace

/// All corners around a position: axis 0 slowest, low before high; weights multiplied from axis 0 on.
static SmallVector<ResizeCorner> cornersAt(KernelBuilder &kernel, ArrayRef<AxisLookup> axes,
                                           ArrayRef<Value> index) {
  OpBuilder &b = kernel.builder();
  SmallVector<ResizeCorner> corners{{}};
  for (size_t d = 0; d < axes.size(); ++d) {
    const AxisLookup &axis = axes[d];
    if (!axis.active || !axis.high) {
      Value place = axis.low ? lookup(kernel, axis.low, index[d]) : index[d];
      for (ResizeCorner &corner : corners)
        corner.place.push_back(place);
      continue;
    }
    SmallVector<ResizeCorner> split;
    Value places[] = {lookup(kernel, axis.low, index[d]), lookup(kernel, axis.high, index[d])};
    Value weights[] = {memref::LoadOp::create(b, kernel.loc(), axis.lowWeight, index[d]),
                       memref::LoadOp::create(b, kernel.loc(), axis.highWeight, index[d])};
    for (const ResizeCorner &corner : corners)
      for (int side = 0; side < 2; ++side) {
        ResizeCorner next = corner;
        next.place.push_back(places[side]);
        next.weight = corner.weight
                          ? Value(arith::MulFOp::create(b, kernel.loc(), corner.weight, weights[side]))
                          : weights[side];
        split.push_back(std::move(next));
      }
    corners = std::move(split);
  }
  return corners;
}

static void emitResize(KernelBuilder &kernel, Operation *op) {
  OpBuilder &b = kernel.builder();
  reference::Attributes attributes = attributesOf(op);
  Value operand = op->getOperand(0);
  TensorType type = kernel.typeOf(operand), result = kernel.typeOf(op->getResult(0));
  reference::ResizePlan plan = std::move(*reference::planResize(attributes, type.shape));
  SmallVector<AxisLookup> axes;
  for (size_t d = 0; d < plan.axes.size(); ++d)
    axes.emplace_back(kernel, plan.axes[d], plan.tables[d]);
  bool linear = attributes.text("mode") == "linear";
  bool vectors = !axes.empty() && !axes.back().low;
  bool leaves = llvm::any_of(axes, [](const AxisLookup &axis) { return axis.leaves; });
  bool moves = !linear && !leaves && kernel.requantizesBytes(type, result);
  SmallVector<int64_t> widths = vectors ? kernel.blockWidths() : SmallVector<int64_t>{1};
  kernel.forEachBlock(result.shape, widths, [&](ArrayRef<Value> index, int64_t lanes) {
    if (moves) { // each result is a function of one stored byte
      Value stored = kernel.load(operand, cornersAt(kernel, axes, index)[0].place, lanes);
      return kernel.finishStored(index, lanes, kernel.requantizeBytes(stored, type, result));
    }
    Type computed = kernel.vectorOf(kernel.computeType(type), lanes);
    SmallVector<ResizeCorner> corners = cornersAt(kernel, axes, index);
    Value y;
    if (linear) {
      y = kernel.constantLike(computed, 0);
      for (const ResizeCorner &corner : corners) {
        Value x = kernel.real(operand, corner.place, lanes);
        Value weight = corner.weight ? corner.weight : kernel.constantLike(b.getF32Type(), 1);
        if (getElementTypeOrSelf(computed).isF64())
          weight = arith::ExtFOp::create(b, kernel.loc(), b.getF64Type(), weight);
        y = math::FmaOp::create(b, kernel.loc(), kernel.splat(weight, lanes), x, y);
      }
    } else {
      y = kernel.real(operand, corners[0].place, lanes);
    }
    for (size_t d = 0; d < axes.size(); ++d) {
      if (!axes[d].leaves)
        continue;
      Value inside = arith::CmpIOp::create(b, kernel.loc(), arith::CmpIPredicate::ne,
                                           lookup(kernel, axes[d].inside, index[d]), kernel.constantIndex(0));
      y = choose(kernel, inside, y, kernel.constantLike(computed, attributes.number("extrapolation_value")));
    }
    kernel.finish(index, lanes, y);
  });
}

void addResizeEmitters(EmitterList &list) {
  list.push_back({"resize", emitResize});
}

} // namespace limbeck::lower
