// Kernels of conv, conv_integer and conv_transpose in NHWC for every element type and any groups: a block of output channels
// of one pixel at a time, order (kh, kw, ic). Targets replace this by register-tiled bodies where they can.
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
  kernel.forEachBlock(problem.result, problem.blocksStayInGroup(), [&](ArrayRef<Value> index, int64_t lanes) {
    Value channel = index[3], first = problem.firstInput(channel);
    int64_t inputLanes = problem.depthwise() && problem.groups > 1 ? lanes : 1;
    auto rows = kernel.loop(0, kernelHeight, 1, arithmetic.start(lanes), [&](Value kh, ValueRange outer) {
      auto columns = kernel.loop(0, kernelWidth, 1, outer, [&](Value kw, ValueRange middle) {
        Value inside;
        Value ih = position(index[1], kh, 0, inside), iw = position(index[2], kw, 1, inside);
        return kernel.loop(0, problem.groupInputs, 1, middle, [&](Value ic, ValueRange carried) {
          Value element = kernel.load(x, {index[0], ih, iw, kernel.addIndex(first, ic)}, inputLanes);
          if (inside && !transposed)
            element = choose(kernel, inside, element, arithmetic.padding(inputLanes));
          Value w = problem.loadWeight(op->getOperand(1), kh, kw, ic, channel, lanes, transposed);
          Value sum = arithmetic.step(carried[0], element, w, channel);
          return SmallVector<Value>{inside && transposed ? choose(kernel, inside, sum, carried[0]) : sum};
        });
      });
      return columns;
    });
    arithmetic.finish(index, lanes, rows[0], channel);
  });
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
