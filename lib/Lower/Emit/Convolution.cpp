// Kernels of conv, conv_integer and conv_transpose in NHWC for every element type and any groups: a block of output channels
// of a few pixels at a time, order (kh, kw, ic). Targets replace this by register-tiled bodies where they can.
#include "limbeck/Lower/ContractionArithmetic.h"
#include "limbeck/Lower/CoreEmitters.h"
#include "limbeck/Lower/WeightLayout.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace limbeck::lower {

using namespace mlir;

namespace {
struct ConvolutionProblem {
  KernelBuilder &kernel;
  reference::Attributes attributes;
  Shape input, weights, result;
  int64_t groups, groupInputs, groupOutputs;
  Value constantWeights; ///< [KH][KW][IC/g][O] when the weights are constant

  ConvolutionProblem(KernelBuilder &kernel, Operation *op, bool transposed)
      : kernel(kernel), attributes(attributesOf(op)), input(kernel.shapeOf(op->getOperand(0))),
        weights(kernel.shapeOf(op->getOperand(1))), result(kernel.shapeOf(op->getResult(0))) {
    groups = attributes.integer("groups");
    groupInputs = transposed ? weights[0] / groups : weights[1];
    groupOutputs = transposed ? weights[1] : weights[0] / groups;
    if (std::optional<Tensor> constant = kernel.constantOf(op->getOperand(1)))
      constantWeights =
          kernel.weights(transposed ? weightsOfTransposed(*constant, groups) : weightsKhKwIcOc(*constant));
  }
  int64_t attribute(StringRef name, size_t i) const { return attributes.integers(name)[i]; }
  bool depthwise() const { return groupInputs == 1 && groupOutputs == 1; }
  /// A block of output channels reads the same input channels, or channel by channel its own.
  bool blocksStayInGroup() const { return groups == 1 || depthwise() || groupOutputs % kBlockLanes == 0; }

  /// First input channel of the group of output channel `channel`.
  Value firstInput(Value channel) const {
    if (groups == 1)
      return kernel.constantIndex(0);
    if (depthwise())
      return channel;
    OpBuilder &b = kernel.builder();
    Value group = arith::DivUIOp::create(b, kernel.loc(), channel, kernel.constantIndex(groupOutputs));
    return kernel.multiplyIndex(group, groupInputs);
  }
  Value loadWeight(Value operand, Value kh, Value kw, Value ic, Value channel, int64_t lanes,
                   bool transposed) const {
    OpBuilder &b = kernel.builder();
    if (constantWeights) {
      SmallVector<Value> place{kh, kw, ic, channel};
      if (lanes == 1)
        return memref::LoadOp::create(b, kernel.loc(), constantWeights, place);
      Type element = cast<MemRefType>(constantWeights.getType()).getElementType();
      return vector::LoadOp::create(b, kernel.loc(), VectorType::get({lanes}, element), constantWeights,
                                    place);
    }
    return loadMapped(kernel, operand, {channel}, lanes, false, [&](ArrayRef<Value> at) -> Index {
      if (!transposed)
        return {at[0], ic, kh, kw};
      Value extent = kernel.constantIndex(groupOutputs);
      Value group = arith::DivUIOp::create(b, kernel.loc(), at[0], extent);
      Value row = kernel.addIndex(kernel.multiplyIndex(group, groupInputs), ic);
      return {row, arith::RemUIOp::create(b, kernel.loc(), at[0], extent), kh, kw};
    });
  }
};
} // namespace

/// Pixels whose sums are kept at once, so that they do not wait for each other.
static constexpr int64_t kPixelsTogether = 4;

static void emitConvolution(KernelBuilder &kernel, Operation *op, bool transposed) {
  OpBuilder &b = kernel.builder();
  ConvolutionProblem problem(kernel, op, transposed);
  Value x = op->getOperand(0);
  int64_t kernelHeight = problem.weights[2], kernelWidth = problem.weights[3];
  ContractionArithmetic arithmetic(kernel, op, kernelHeight * kernelWidth * problem.groupInputs,
                                   problem.result.back());
  // Input position of a tap along one spatial dimension, clamped; `inside` tells whether there is such an element.
  auto position = [&](Value out, Value tap, size_t dim, Value &inside) -> Value {
    int64_t stride = problem.attribute("strides", dim), dilation = problem.attribute("dilations", dim);
    int64_t before = problem.attribute("pads", dim), extent = problem.input[1 + dim];
    Value at;
    auto both = [&](Value condition) {
      inside = inside ? Value(arith::AndIOp::create(b, kernel.loc(), inside, condition)) : condition;
    };
    if (!transposed) {
      at = kernel.addIndex(
          kernel.addIndex(kernel.multiplyIndex(out, stride), kernel.multiplyIndex(tap, dilation)), -before);
      if (before == 0 && problem.attribute("pads", 2 + dim) == 0)
        return at;
    } else {
      Value scaled = kernel.addIndex(
          arith::SubIOp::create(b, kernel.loc(), out, kernel.multiplyIndex(tap, dilation)), before);
      Value extentStride = kernel.constantIndex(stride);
      both(arith::CmpIOp::create(b, kernel.loc(), arith::CmpIPredicate::eq,
                                 arith::RemSIOp::create(b, kernel.loc(), scaled, extentStride),
                                 kernel.constantIndex(0)));
      at = arith::DivSIOp::create(b, kernel.loc(), scaled, extentStride);
      both(isLess(kernel, kernel.constantIndex(-1), scaled));
    }
    both(isLess(kernel, kernel.constantIndex(-1), at));
    both(isLess(kernel, at, kernel.constantIndex(extent)));
    at = arith::MaxSIOp::create(b, kernel.loc(), at, kernel.constantIndex(0));
    return arith::MinSIOp::create(b, kernel.loc(), at, kernel.constantIndex(extent - 1));
  };
  // Blocks of `together` pixels of a row, from pixel `from` on: they share each load of the weights.
  auto emitPixels = [&](int64_t from, int64_t blocks, int64_t together) {
    Shape shape = problem.result;
    shape[2] = blocks;
    kernel.forEachBlock(shape, problem.blocksStayInGroup(), [&](ArrayRef<Value> index, int64_t lanes) {
      Value channel = index[3], first = problem.firstInput(channel);
      int64_t inputLanes = problem.depthwise() && problem.groups > 1 ? lanes : 1;
      SmallVector<Value> pixels;
      for (int64_t m = 0; m < together; ++m)
        pixels.push_back(kernel.addIndex(kernel.multiplyIndex(index[2], together), from + m));
      SmallVector<Value> sums(pixels.size(), arithmetic.start(lanes));
      sums = kernel.loop(0, kernelHeight, 1, sums, [&](Value kh, ValueRange outer) {
        return kernel.loop(0, kernelWidth, 1, outer, [&](Value kw, ValueRange middle) {
          SmallVector<Value> inside(pixels.size()), columns;
          Value rowInside, ih = position(index[1], kh, 0, rowInside);
          for (auto [pixel, valid] : llvm::zip(pixels, inside)) {
            valid = rowInside;
            columns.push_back(position(pixel, kw, 1, valid));
          }
          return kernel.loop(0, problem.groupInputs, 1, middle, [&](Value ic, ValueRange carried) {
            Value w = problem.loadWeight(op->getOperand(1), kh, kw, ic, channel, lanes, transposed);
            SmallVector<Value> next;
            for (auto [iw, valid, sum] : llvm::zip(columns, inside, carried)) {
              Value element = kernel.load(x, {index[0], ih, iw, kernel.addIndex(first, ic)}, inputLanes);
              if (valid && !transposed)
                element = choose(kernel, valid, element, arithmetic.padding(inputLanes));
              Value more = arithmetic.step(sum, element, w, channel);
              next.push_back(valid && transposed ? choose(kernel, valid, more, sum) : more);
            }
            return next;
          });
        });
      });
      for (auto [pixel, sum] : llvm::zip(pixels, sums))
        arithmetic.finish({index[0], index[1], pixel, channel}, lanes, sum, channel);
    });
  };
  int64_t whole = problem.result[2] / kPixelsTogether, rest = problem.result[2] % kPixelsTogether;
  emitPixels(0, whole, kPixelsTogether);
  if (rest)
    emitPixels(whole * kPixelsTogether, 1, rest);
}

static void emitConv(KernelBuilder &kernel, Operation *op) {
  emitConvolution(kernel, op, false);
}
static void emitConvTranspose(KernelBuilder &kernel, Operation *op) {
  emitConvolution(kernel, op, true);
}

void addConvolutionEmitters(EmitterList &list) {
  list.insert(list.end(),
              {{"conv", emitConv}, {"conv_integer", emitConv}, {"conv_transpose", emitConvTranspose}});
}

} // namespace limbeck::lower
