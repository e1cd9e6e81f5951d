// One result of a contraction, for every combination of element types.
#include "limbeck/Lower/ContractionArithmetic.h"
#include "limbeck/Lower/Elementwise.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include <cmath>

namespace limbeck::lower {

using namespace mlir;

static int64_t laneCount(Value value) {
  auto vector = dyn_cast<VectorType>(value.getType());
  return vector ? vector.getNumElements() : 1;
}

ContractionArithmetic::ContractionArithmetic(KernelBuilder &kernel, Operation *op, int64_t length,
                                             int64_t channels)
    : kernel(kernel), b(kernel.builder()), op(op), xType(kernel.typeOf(op->getOperand(0))),
      wType(kernel.typeOf(op->getOperand(1))), yType(kernel.typeOf(op->getResult(0))), products(length) {
  if (op->getName().stripDialect().ends_with("_integer"))
    mode = Mode::OperandQuantized;
  else if (xType.quantization)
    mode = Mode::Quantized;
  else
    mode = limbeck::isFloat(yType.dtype) ? Mode::Float : Mode::Integer;
  if (mode != Mode::Quantized)
    return;
  const Quantization &x = *xType.quantization, &w = *wType.quantization;
  // The groups of a transposed convolution share the parameters of their weights.
  for (int64_t channel = 0; channel < (w.axis < 0 ? 1 : channels); ++channel) {
    float product = x.scales[0] * w.scales[static_cast<size_t>(channel) % w.scales.size()];
    multiplier.push_back(yType.quantization ? product / yType.quantization->scales[0] : product);
  }
  wide = !fits32(length, channels);
}

/// Per output channel, the sum of |qw - zw| over constant weights of a convolution or a matrix product.
std::optional<std::vector<int64_t>> ContractionArithmetic::weightSums(int64_t channels) const {
  std::optional<Tensor> constant = kernel.constantOf(op->getOperand(1));
  if (!constant || !isa<graph::ConvOp, graph::MatmulOp>(op) || constant->size() == 0)
    return std::nullopt;
  bool rows = isa<graph::ConvOp>(op); // weights of one channel are neighbours
  if ((rows ? constant->shape()[0] : constant->shape().back()) != channels)
    return std::nullopt;
  const Quantization &w = *wType.quantization;
  std::vector<int64_t> sums(static_cast<size_t>(channels), 0), values = constant->asIndices();
  for (size_t i = 0; i < values.size(); ++i) {
    size_t channel = rows ? i / (values.size() / sums.size()) : i % sums.size();
    sums[channel] += std::abs(values[i] - w.zeroPoints[w.axis < 0 ? 0 : channel]);
  }
  return sums;
}

/// Every sum of a channel is below 2^31: |bias| + max|qx - zx| * sum|qw - zw|, with the weights and the bias there are. Or it is so
/// small a multiple of the result's scale that it rounds to 0 whatever it is modulo 2^32, as in channels without weights.
bool ContractionArithmetic::fits32(int64_t length, int64_t channels) const {
  // Every value that the storage can hold: nobody has checked those of an input against the bounds of its type.
  auto reach = [](const TensorType &type) {
    int64_t most = 0;
    for (int64_t zero : type.quantization->zeroPoints)
      most = std::max({most, highest(type.dtype) - zero, zero - lowest(type.dtype)});
    return most;
  };
  constexpr int64_t limit = int64_t(1) << 31;
  std::vector<int64_t> bias{0};
  if (op->getNumOperands() > 2) {
    std::optional<Tensor> constant = kernel.constantOf(op->getOperand(2));
    if (!constant)
      return false;
    bias = constant->asIndices();
    for (int64_t &value : bias)
      value = std::abs(value);
  }
  std::optional<std::vector<int64_t>> sums = weightSums(channels);
  if (sums && bias.size() == 1)
    bias.resize(sums->size(), bias[0]);
  if (!sums || bias.size() != sums->size()) {
    auto product = checkedMultiply(length, reach(xType) * reach(wType));
    return product && *product < limit - *llvm::max_element(bias);
  }
  for (size_t channel = 0; channel < sums->size(); ++channel)
    if (auto product = checkedMultiply((*sums)[channel], reach(xType));
        !product || *product >= limit - bias[channel])
      return false;
  return true;
}

Value ContractionArithmetic::padding(int64_t lanes) {
  Type storage = kernel.storageType(xType.dtype);
  if (mode == Mode::OperandQuantized)
    return kernel.splat(kernel.load(op->getOperand(2), {}, 1), lanes);
  return kernel.constantLike(kernel.vectorOf(storage, lanes), static_cast<double>(inputZeroPoint()));
}

Value ContractionArithmetic::start(int64_t lanes) {
  Type element;
  if (mode == Mode::Float)
    element = kernel.computeType(xType);
  else if (mode == Mode::Integer)
    element = kernel.storageType(xType.dtype);
  else
    element = wide ? b.getI64Type() : b.getI32Type();
  return kernel.constantLike(kernel.vectorOf(element, lanes), 0);
}

Value ContractionArithmetic::multiplierOf(Value channel, int64_t lanes) {
  if (multiplier.size() == 1)
    return kernel.constantLike(kernel.vectorOf(b.getF32Type(), lanes), multiplier[0]);
  if (!multiplierTable) {
    Tensor table = std::move(*Tensor::zeros(DType::F32, {static_cast<int64_t>(multiplier.size())}));
    llvm::copy(multiplier, table.mutableValues<float>().begin());
    multiplierTable = kernel.weights(table);
  }
  auto type = cast<VectorType>(VectorType::get({lanes}, b.getF32Type()));
  if (lanes == 1)
    return memref::LoadOp::create(b, kernel.loc(), multiplierTable, channel);
  return vector::LoadOp::create(b, kernel.loc(), type, multiplierTable, channel);
}

/// q - zero point in the accumulator's type.
Value ContractionArithmetic::difference(Value stored, const TensorType &type, bool weight, Value channel) {
  int64_t lanes = laneCount(stored);
  Type integer = kernel.vectorOf(wide ? b.getI64Type() : b.getI32Type(), lanes);
  auto extend = [&](Value value) -> Value {
    Type to = kernel.vectorOf(getElementTypeOrSelf(integer), laneCount(value));
    if (getElementTypeOrSelf(value) == getElementTypeOrSelf(to))
      return value;
    return isSigned(type.dtype) ? Value(arith::ExtSIOp::create(b, kernel.loc(), to, value))
                                : Value(arith::ExtUIOp::create(b, kernel.loc(), to, value));
  };
  Value q = extend(stored);
  Value zero;
  if (mode == Mode::OperandQuantized) {
    Value operand = op->getOperand(weight ? 3 : 2);
    Shape shape = kernel.shapeOf(operand);
    bool many = !shape.empty() && shape[0] > 1; // per column of the weights, per row of x
    SmallVector<Value> place;
    if (!shape.empty())
      place.push_back(!many ? kernel.constantIndex(0) : weight ? channel : row);
    zero = extend(kernel.load(operand, place, many && weight ? lanes : 1));
  } else {
    const Quantization &quantization = *type.quantization;
    if (llvm::all_of(quantization.zeroPoints, [](int64_t z) { return z == 0; }))
      return q;
    if (quantization.axis < 0) {
      zero = kernel.constantLike(integer, static_cast<double>(quantization.zeroPoints[0]));
    } else { // a table beside the weights, one entry per channel
      Value &table = tables[weight];
      if (!table) {
        std::vector<int64_t> entries;
        for (size_t i = 0; i < multiplier.size(); ++i)
          entries.push_back(quantization.zeroPoints[i % quantization.zeroPoints.size()]);
        table = kernel.weights(Tensor::fromIndices(entries));
      }
      Value entry =
          lanes == 1 ? Value(memref::LoadOp::create(b, kernel.loc(), table, channel))
                     : Value(vector::LoadOp::create(b, kernel.loc(), VectorType::get({lanes}, b.getI64Type()),
                                                    table, channel));
      zero = wide ? entry : Value(arith::TruncIOp::create(b, kernel.loc(), integer, entry));
    }
  }
  return arith::SubIOp::create(b, kernel.loc(), q,
                               laneCount(zero) == lanes ? zero : kernel.splat(zero, lanes));
}

Value ContractionArithmetic::step(Value accumulator, Value x, Value w, Value channel) {
  int64_t lanes = laneCount(accumulator);
  auto spread = [&](Value value) { return laneCount(value) == lanes ? value : kernel.splat(value, lanes); };
  if (mode == Mode::Float)
    return math::FmaOp::create(b, kernel.loc(), spread(kernel.widen(x, xType, {})),
                               spread(kernel.widen(w, wType, {})), accumulator);
  if (mode != Mode::Integer) {
    x = difference(x, xType, false, channel);
    w = difference(w, wType, true, channel);
  }
  Value product = arith::MulIOp::create(b, kernel.loc(), spread(x), spread(w));
  return arith::AddIOp::create(b, kernel.loc(), accumulator, product);
}

Value ContractionArithmetic::bias() const {
  if (auto anchor = dyn_cast<graph::AnchorOpInterface>(op))
    return anchor.getAnchorBias();
  return mode == Mode::OperandQuantized && op->getNumOperands() > 4 ? op->getOperand(4) : Value();
}

bool ContractionArithmetic::isPlainProduct() const {
  return mode == Mode::OperandQuantized && llvm::all_of(op->getOperands().slice(2, 2), [&](Value zeroPoint) {
           std::optional<Tensor> constant = kernel.constantOf(zeroPoint);
           return constant && llvm::all_of(constant->asIndices(), [](int64_t zero) { return zero == 0; });
         });
}

void ContractionArithmetic::finish(ArrayRef<Value> index, int64_t lanes, Value accumulator, Value channel) {
  Location loc = kernel.loc();
  if (Value operand = bias()) {
    Value added =
        mode == Mode::Float ? kernel.real(operand, channel, lanes) : kernel.load(operand, channel, lanes);
    if (wide)
      added = arith::ExtSIOp::create(b, loc, accumulator.getType(), added);
    accumulator = mode == Mode::Float ? Value(arith::AddFOp::create(b, loc, accumulator, added))
                                      : Value(arith::AddIOp::create(b, loc, accumulator, added));
  }
  finishBiased(index, lanes, accumulator, channel);
}

void ContractionArithmetic::finishBiased(ArrayRef<Value> index, int64_t lanes, Value accumulator,
                                         Value channel) {
  kernel.finishStored(index, lanes, element(index, lanes, accumulator, channel).stored);
}

Element ContractionArithmetic::element(ArrayRef<Value> index, int64_t lanes, Value accumulator,
                                       Value channel) {
  Location loc = kernel.loc();
  if (mode == Mode::Float)
    return {kernel.narrow(accumulator, yType, index), {}};
  if (mode != Mode::Quantized)
    return {accumulator, {}};
  Type f32 = kernel.vectorOf(b.getF32Type(), lanes);
  Value t = arith::MulFOp::create(b, loc, arith::SIToFPOp::create(b, loc, f32, accumulator),
                                  multiplierOf(channel, lanes));
  if (!yType.quantization)
    return {kernel.narrow(t, yType, index), {}};
  kernel.noteForm("requantized");
  const Quantization &y = *yType.quantization;
  auto bound = [&](int64_t value) {
    return kernel.constantLike(f32, static_cast<double>(value - y.zeroPoints[0]));
  };
  Value zero =
      kernel.constantLike(zeroPointType(kernel, yType.dtype, lanes), static_cast<double>(y.zeroPoints[0]));
  Value low = bound(y.lowest), high = bound(y.highest), real;
  // q - zero point is the rounded float: it takes no integer to dequantize that.
  if (bitWidth(yType.dtype) <= 16 && y.expressed == DType::F32)
    real = arith::MulFOp::create(b, loc, roundSmallFloat(kernel, clampOrdered(kernel, t, low, high)),
                                 kernel.constantLike(f32, y.scales[0]));
  return {roundToStorage(kernel, t, low, high, zero, yType), real};
}

} // namespace limbeck::lower
