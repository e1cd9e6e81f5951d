// Kernels of the pooling ops: one loop over the window's taps, invalid taps masked by a choice.
#include "limbeck/Lower/CoreEmitters.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

namespace limbeck::lower {

using namespace mlir;

/// Taps up to which a window is written out: then every test that a tap lies on the input is left out where it must.
static constexpr int64_t kWrittenOutTaps = 16;

namespace {
/// The window of a pooling op at one result position: which input element a tap reads, and whether it exists.
class PoolingWindow {
public:
  PoolingWindow(KernelBuilder &kernel, Operation *op)
      : kernel(kernel), attributes(attributesOf(op)), input(kernel.shapeOf(op->getOperand(0))),
        output(kernel.shapeOf(op->getResult(0))) {
    firstSpatial = attributes.text("layout") == "NHWC" ? 1 : 2;
    taps = product(kernelShape());
  }
  ArrayRef<int64_t> kernelShape() const { return attributes.integers("kernel"); }
  size_t spatial() const { return kernelShape().size(); }

  /// Runs `body` for each of `count` taps in ascending order, with carried values; returns their last values.
  SmallVector<Value> overTaps(int64_t count, ValueRange carried, const KernelBuilder::LoopBody &body) {
    if (taps > kWrittenOutTaps)
      return kernel.loop(0, count, 1, carried, body);
    SmallVector<Value> values(carried);
    for (int64_t tap = 0; tap < count; ++tap)
      values = body(kernel.constantIndex(tap), values);
    return values;
  }

  /// Offsets along `shape`, leading axes of the kernel, of the row-major tap `tap`.
  Index offsets(Value tap, ArrayRef<int64_t> shape) {
    std::optional<int64_t> number = getConstantIntValue(tap);
    if (!number)
      return kernel.delinearize(tap, shape);
    Index index(shape.size());
    for (size_t i = shape.size(); i-- > 0; *number /= shape[i])
      index[i] = kernel.constantIndex(*number % shape[i]);
    return index;
  }

  /// Position read by the tap at `offsets` for result position `index`; `inside` is set to whether it lies in the input and
  /// `padded` to whether it lies in the input or its padding, both null when it always does. Outside positions are clamped,
  /// so that loading them is harmless.
  Index position(ArrayRef<Value> index, ArrayRef<Value> offsets, Value &inside, Value &padded) {
    Index place(index);
    for (size_t i = 0; i < spatial(); ++i) {
      size_t dim = firstSpatial + i;
      int64_t before = attributes.integers("pads")[i], after = attributes.integers("pads")[spatial() + i];
      int64_t stride = attributes.integers("strides")[i], dilation = attributes.integers("dilations")[i];
      int64_t least = -before, greatest = (output[dim] - 1) * stride - before;
      Value at = kernel.multiplyIndex(index[dim], stride);
      if (std::optional<int64_t> offset = getConstantIntValue(offsets[i])) {
        least += *offset * dilation, greatest += *offset * dilation;
        at = kernel.addIndex(at, least);
      } else {
        greatest += (kernelShape()[i] - 1) * dilation;
        at = kernel.addIndex(kernel.addIndex(at, kernel.multiplyIndex(offsets[i], dilation)), -before);
      }
      if (least < 0 || greatest >= input[dim]) {
        inside = both(inside, within(at, 0, input[dim]));
        OpBuilder &b = kernel.builder();
        place[dim] = arith::MinSIOp::create(
            b, kernel.loc(), arith::MaxSIOp::create(b, kernel.loc(), at, kernel.constantIndex(0)),
            kernel.constantIndex(input[dim] - 1));
      } else {
        place[dim] = at;
      }
      if (greatest >= input[dim] + after)
        padded = both(padded, within(at, -before, input[dim] + after));
    }
    return place;
  }
  /// Number of an input element as ONNX counts: channels before spatial dimensions in every layout.
  Value flatIndex(ArrayRef<Value> place) {
    bool columnMajor = attributes.integer("storage_order") == 1;
    size_t channel = firstSpatial == 1 ? place.size() - 1 : 1;
    Value number = kernel.addIndex(kernel.multiplyIndex(place[0], input[channel]), place[channel]);
    for (size_t i = 0; i < spatial(); ++i) {
      size_t dim = firstSpatial + (columnMajor ? spatial() - 1 - i : i);
      number = kernel.addIndex(kernel.multiplyIndex(number, input[dim]), place[dim]);
    }
    return number;
  }

  /// `yes` where `condition` holds or is null, otherwise `no`.
  Value chosen(Value condition, Value yes, Value no) {
    return condition ? choose(kernel, condition, yes, no) : yes;
  }

  int64_t taps = 1;

private:
  Value both(Value a, Value c) {
    return a ? Value(arith::AndIOp::create(kernel.builder(), kernel.loc(), a, c)) : c;
  }
  Value within(Value at, int64_t low, int64_t high) {
    return both(isLess(kernel, kernel.constantIndex(low - 1), at),
                isLess(kernel, at, kernel.constantIndex(high)));
  }
  KernelBuilder &kernel;
  reference::Attributes attributes;
  Shape input, output;
  size_t firstSpatial;
};
} // namespace

/// The value that every other is greater than: -inf, or the least integer.
static Value poolingFloor(KernelBuilder &kernel, const TensorType &type, Type computed) {
  if (isFloat(type.expressed()))
    return kernel.constantLike(computed, -std::numeric_limits<double>::infinity());
  Type element = getElementTypeOrSelf(computed);
  auto attribute = kernel.builder().getIntegerAttr(element, lowest(type.dtype));
  return kernel.splat(arith::ConstantOp::create(kernel.builder(), kernel.loc(), attribute),
                      isa<VectorType>(computed) ? cast<VectorType>(computed).getNumElements() : 1);
}

static Value greaterOf(KernelBuilder &kernel, const TensorType &type, Value a, Value c) {
  OpBuilder &b = kernel.builder();
  if (isFloat(type.expressed()))
    return maximumOf(kernel, a, c);
  return isSigned(type.dtype) ? Value(arith::MaxSIOp::create(b, kernel.loc(), a, c))
                              : Value(arith::MaxUIOp::create(b, kernel.loc(), a, c));
}

static Value bitsOf(KernelBuilder &kernel, Value scalar) {
  if (!isa<FloatType>(scalar.getType()))
    return scalar;
  Type integer = kernel.builder().getIntegerType(scalar.getType().getIntOrFloatBitWidth());
  return arith::BitcastOp::create(kernel.builder(), kernel.loc(), integer, scalar);
}

static void emitMaxPool(KernelBuilder &kernel, Operation *op) {
  PoolingWindow window(kernel, op);
  TensorType type = kernel.typeOf(op->getOperand(0));
  // Quantization is monotone: with equal types on both sides the greatest stored value is the result.
  bool stored = type.quantization && kernel.typeOf(op->getResult(0)).quantization &&
                *type.quantization == *kernel.typeOf(op->getResult(0)).quantization;
  if (stored)
    type.quantization = nullptr;
  bool channelsLast = attributesOf(op).text("layout") == "NHWC";
  kernel.forEachBlock(
      kernel.shapeOf(op->getResult(0)), channelsLast, [&](ArrayRef<Value> index, int64_t lanes) {
        Type computed = kernel.vectorOf(kernel.computeType(type), lanes);
        auto best = window.overTaps(
            window.taps, poolingFloor(kernel, type, computed),
            [&](Value tap, ValueRange carried) -> SmallVector<Value> {
              Value inside, padded;
              Index place = window.position(index, window.offsets(tap, window.kernelShape()), inside, padded);
              Value x = stored ? kernel.load(op->getOperand(0), place, lanes)
                               : kernel.real(op->getOperand(0), place, lanes);
              return {window.chosen(inside, greaterOf(kernel, type, carried[0], x), carried[0])};
            });
        if (stored)
          kernel.finishStored(index, lanes, best[0]);
        else
          kernel.finish(index, lanes, best[0]);
      });
}

static void emitArgMaxPool(KernelBuilder &kernel, Operation *op) {
  OpBuilder &b = kernel.builder();
  PoolingWindow window(kernel, op);
  TensorType type = kernel.typeOf(op->getOperand(0));
  kernel.forEachBlock(kernel.shapeOf(op->getResult(0)), false, [&](ArrayRef<Value> index, int64_t lanes) {
    Value none = kernel.constantIndex(-1);
    auto best = window.overTaps(
        window.taps, {poolingFloor(kernel, type, kernel.computeType(type)), none},
        [&](Value tap, ValueRange carried) -> SmallVector<Value> {
          Value inside, padded;
          Index place = window.position(index, window.offsets(tap, window.kernelShape()), inside, padded);
          Value x = kernel.real(op->getOperand(0), place, 1);
          Value greatest = greaterOf(kernel, type, carried[0], x);
          // Replaced when the maximum is not the one there was, bit for bit: so NaN and +0 count as they do in max_pool.
          Value greater = arith::CmpIOp::create(b, kernel.loc(), arith::CmpIPredicate::ne,
                                                bitsOf(kernel, greatest), bitsOf(kernel, carried[0]));
          Value first = arith::CmpIOp::create(b, kernel.loc(), arith::CmpIPredicate::eq, carried[1], none);
          Value better = arith::OrIOp::create(b, kernel.loc(), greater, first);
          if (inside)
            better = arith::AndIOp::create(b, kernel.loc(), inside, better);
          return {choose(kernel, better, x, carried[0]),
                  choose(kernel, better, window.flatIndex(place), carried[1])};
        });
    kernel.finishStored(index, lanes, arith::IndexCastOp::create(b, kernel.loc(), b.getI64Type(), best[1]));
  });
}

static void emitAveragePool(KernelBuilder &kernel, Operation *op) {
  OpBuilder &b = kernel.builder();
  PoolingWindow window(kernel, op);
  TensorType type = kernel.typeOf(op->getOperand(0));
  reference::Attributes attributes = attributesOf(op);
  bool channelsLast = attributes.text("layout") == "NHWC", includePad = attributes.flag("count_include_pad");
  kernel.forEachBlock(
      kernel.shapeOf(op->getResult(0)), channelsLast, [&](ArrayRef<Value> index, int64_t lanes) {
        Type element = kernel.computeType(type), computed = kernel.vectorOf(element, lanes);
        // One sum per column of the window, then their sum.
        ArrayRef<int64_t> rows = window.kernelShape().drop_back();
        Value zero = kernel.constantLike(computed, 0);
        auto sums = window.overTaps(
            window.kernelShape().back(), {zero, kernel.constantLike(element, 0)},
            [&](Value column, ValueRange total) -> SmallVector<Value> {
              auto sum = window.overTaps(
                  product(rows), {zero, total[1]}, [&](Value row, ValueRange carried) -> SmallVector<Value> {
                    Value inside, padded;
                    Index offsets = window.offsets(row, rows);
                    offsets.push_back(column);
                    Index place = window.position(index, offsets, inside, padded);
                    Value x = kernel.real(op->getOperand(0), place, lanes);
                    Value more = arith::AddFOp::create(b, kernel.loc(), carried[0], x);
                    Value count =
                        arith::AddFOp::create(b, kernel.loc(), carried[1], kernel.constantLike(element, 1));
                    return {window.chosen(inside, more, carried[0]),
                            window.chosen(includePad ? padded : inside, count, carried[1])};
                  });
              return {arith::AddFOp::create(b, kernel.loc(), total[0], sum[0]), sum[1]};
            });
        kernel.finish(index, lanes,
                      arith::DivFOp::create(b, kernel.loc(), sums[0], kernel.splat(sums[1], lanes)));
      });
}

void addPoolingEmitters(EmitterList &list) {
  list.insert(
      list.end(),
      {{"max_pool", emitMaxPool}, {"arg_max_pool", emitArgMaxPool}, {"average_pool", emitAveragePool}});
}

} // namespace limbeck::lower
