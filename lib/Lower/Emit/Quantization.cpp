// Kernels of the operand form of quantization: quantize_by, dequantize_by, requantize_by, dynamic_quantize.
#include "limbeck/Lower/CoreEmitters.h"
#include "limbeck/Lower/Elementwise.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace limbeck::lower {

using namespace mlir;

namespace {
/// Where the parameters of an element are: one for all, one per slice of an axis, or one per block along it.
struct ParameterPlace {
  KernelBuilder &kernel;
  Shape data;
  int64_t axis = 0, block = 0;

  ParameterPlace(KernelBuilder &kernel, Operation *op)
      : kernel(kernel), data(kernel.shapeOf(op->getOperand(0))) {
    reference::Attributes attributes = attributesOf(op);
    axis = attributes.integer("axis");
    block = attributes.integer("block_size");
  }
  /// The element of `parameter` for the block at `index`, in computed form (or stored), spread to `lanes`.
  Value load(Value parameter, ArrayRef<Value> index, int64_t lanes, bool stored) const {
    Shape shape = kernel.shapeOf(parameter);
    auto at = static_cast<size_t>(axis);
    auto element = [&](ArrayRef<Value> place, int64_t count) {
      Value value = stored ? kernel.load(parameter, place, count) : kernel.real(parameter, place, count);
      return count == lanes ? value : kernel.splat(value, lanes);
    };
    if (shape.empty())
      return element({}, 1);
    bool runs = at + 1 == data.size(), one = shape.size() == 1 && shape[0] == 1;
    if (shape.size() == 1 && block == 0)
      return element(one ? kernel.constantIndex(0) : index[at], !one && runs ? lanes : 1);
    Index place(index);
    auto inBlock = [&](Value position) -> Value {
      return arith::DivUIOp::create(kernel.builder(), kernel.loc(), position, kernel.constantIndex(block));
    };
    if (!runs || lanes == 1) {
      place[at] = inBlock(index[at]);
      return element(place, lanes);
    }
    SmallVector<Value> elements; // blocks along the innermost dimension: each lane looks up its own
    for (int64_t lane = 0; lane < lanes; ++lane) {
      place[at] = inBlock(kernel.addIndex(index[at], lane));
      elements.push_back(stored ? kernel.load(parameter, place, 1) : kernel.real(parameter, place, 1));
    }
    auto type = cast<VectorType>(kernel.vectorOf(elements[0].getType(), lanes));
    return vector::FromElementsOp::create(kernel.builder(), kernel.loc(), type, elements);
  }
};
} // namespace

/// A stored integer, sign- or zero-extended to 32 bits (32-bit types to 64).
static Value extendStored(KernelBuilder &kernel, Value stored, DType dtype, int64_t lanes) {
  OpBuilder &b = kernel.builder();
  Type wide = kernel.vectorOf(bitWidth(dtype) < 32 ? b.getI32Type() : b.getI64Type(), lanes);
  return isSigned(dtype) ? Value(arith::ExtSIOp::create(b, kernel.loc(), wide, stored))
                         : Value(arith::ExtUIOp::create(b, kernel.loc(), wide, stored));
}

/// t clamped, rounded and moved by a zero point that is a value.
static Value roundByZeroPoint(KernelBuilder &kernel, Value t, Value zeroStored, DType dtype, int64_t lanes) {
  OpBuilder &b = kernel.builder();
  Type f32 = kernel.vectorOf(b.getF32Type(), lanes);
  Value zero = extendStored(kernel, zeroStored, dtype, lanes);
  if (bitWidth(dtype) == 32)
    return roundWide(kernel, t, zero, dtype, lowest(dtype), highest(dtype));
  auto bound = [&](int64_t limit) -> Value {
    Value least = kernel.constantLike(zero.getType(), static_cast<double>(limit));
    return arith::SIToFPOp::create(b, kernel.loc(), f32, arith::SubIOp::create(b, kernel.loc(), least, zero));
  };
  t = clampOrdered(kernel, t, bound(lowest(dtype)), bound(highest(dtype)));
  Value q = roundSmall(kernel, t);
  q = arith::AddIOp::create(b, kernel.loc(), q, zero);
  return arith::TruncIOp::create(b, kernel.loc(), kernel.vectorOf(kernel.storageType(dtype), lanes), q);
}

static void emitQuantizeBy(KernelBuilder &kernel, Operation *op) {
  ParameterPlace parameters(kernel, op);
  DType dtype = kernel.typeOf(op->getResult(0)).dtype;
  kernel.forEachBlock(parameters.data, true, [&](ArrayRef<Value> index, int64_t lanes) {
    Value x = kernel.real(op->getOperand(0), index, lanes);
    Value t = arith::DivFOp::create(kernel.builder(), kernel.loc(), x,
                                    parameters.load(op->getOperand(1), index, lanes, false));
    Value zero = parameters.load(op->getOperand(2), index, lanes, true);
    kernel.finishStored(index, lanes, roundByZeroPoint(kernel, t, zero, dtype, lanes));
  });
}

static void emitDequantizeBy(KernelBuilder &kernel, Operation *op) {
  OpBuilder &b = kernel.builder();
  ParameterPlace parameters(kernel, op);
  DType dtype = kernel.typeOf(op->getOperand(0)).dtype;
  kernel.forEachBlock(parameters.data, true, [&](ArrayRef<Value> index, int64_t lanes) {
    Value q = extendStored(kernel, kernel.load(op->getOperand(0), index, lanes), dtype, lanes);
    Value zero = extendStored(kernel, parameters.load(op->getOperand(2), index, lanes, true), dtype, lanes);
    Value difference = arith::SubIOp::create(b, kernel.loc(), q, zero);
    Value x = arith::SIToFPOp::create(b, kernel.loc(), kernel.vectorOf(b.getF32Type(), lanes), difference);
    Value scale = parameters.load(op->getOperand(1), index, lanes, false);
    kernel.finish(index, lanes, arith::MulFOp::create(b, kernel.loc(), x, scale));
  });
}

static void emitRequantizeBy(KernelBuilder &kernel, Operation *op) {
  OpBuilder &b = kernel.builder();
  Shape shape = kernel.shapeOf(op->getResult(0));
  auto axis = static_cast<size_t>(attributesOf(op).integer("axis"));
  DType dtype = kernel.typeOf(op->getResult(0)).dtype;
  kernel.forEachBlock(shape, true, [&](ArrayRef<Value> index, int64_t lanes) {
    // A parameter of one element serves all; a longer one runs along `along`.
    auto parameter = [&](unsigned operand, size_t along) {
      Shape own = kernel.shapeOf(op->getOperand(operand));
      bool many = own.size() == 1 && own[0] > 1, runs = many && along + 1 == shape.size();
      Index place;
      if (!own.empty())
        place.push_back(many ? index[along] : kernel.constantIndex(0));
      Value value = kernel.real(op->getOperand(operand), place, runs ? lanes : 1);
      return runs ? value : kernel.splat(value, lanes);
    };
    Value product =
        arith::MulFOp::create(b, kernel.loc(), parameter(1, axis == 0 ? 0 : axis - 1), parameter(2, axis));
    Value m = arith::DivFOp::create(b, kernel.loc(), product, parameter(3, axis));
    Value accumulator = kernel.load(op->getOperand(0), index, lanes);
    Value t = arith::SIToFPOp::create(b, kernel.loc(), kernel.vectorOf(b.getF32Type(), lanes), accumulator);
    t = arith::MulFOp::create(b, kernel.loc(), t, m);
    Index place;
    if (!kernel.shapeOf(op->getOperand(4)).empty())
      place.push_back(kernel.constantIndex(0));
    Value zero = kernel.splat(kernel.load(op->getOperand(4), place, 1), lanes);
    kernel.finishStored(index, lanes, roundByZeroPoint(kernel, t, zero, dtype, lanes));
  });
}

namespace {
/// The elements of a tensor, row by row: stretches of 16 and what is left of each row.
class Rows {
public:
  static constexpr int64_t kLanes = 16;
  Rows(KernelBuilder &kernel, Shape shape) : kernel(kernel), outer(std::move(shape)), scalar(outer.empty()) {
    if (!scalar) {
      width = outer.back();
      outer.pop_back();
    }
    for (int64_t dim : outer)
      rows *= dim;
  }

  using Body =
      llvm::function_ref<SmallVector<Value>(ArrayRef<Value> index, int64_t lanes, ValueRange carried)>;
  /// Calls `body` for vectors first, then for single elements; it hands on what it is given, changed. Carried are values for each:
  /// `vectors`, then `singles`.
  SmallVector<Value> forEach(SmallVector<Value> vectors, SmallVector<Value> singles, Body body) {
    int64_t whole = width / kLanes * kLanes;
    size_t count = vectors.size();
    vectors.append(singles);
    return kernel.loop(0, rows, 1, vectors, [&](Value row, ValueRange carried) {
      auto run = [&](int64_t first, int64_t last, int64_t lanes, ValueRange values) -> SmallVector<Value> {
        if (first == last)
          return llvm::to_vector(values);
        return kernel.loop(first, last, lanes, values, [&](Value column, ValueRange inner) {
          return body(placeOf(row, column), lanes, inner);
        });
      };
      SmallVector<Value> next = run(0, whole, kLanes, carried.take_front(count));
      next.append(run(whole, width, 1, carried.drop_front(count)));
      return next;
    });
  }

private:
  Index placeOf(Value row, Value column) {
    if (scalar)
      return {};
    Index place = outer.empty() ? Index{} : kernel.delinearize(row, outer);
    place.push_back(column);
    return place;
  }

  KernelBuilder &kernel;
  Shape outer;
  bool scalar;
  int64_t width = 1, rows = 1;
};
} // namespace

/// One worker does it: the range must be known before the first element is rounded.
static void emitDynamicQuantize(KernelBuilder &kernel, Operation *op) {
  OpBuilder &b = kernel.builder();
  Location loc = kernel.loc();
  Value x = op->getOperand(0);
  kernel.shared(1, [&](Value) {
    auto constant = [&](double value) { return kernel.constantLike(b.getF32Type(), value); };
    // Comparisons that let NaN go: it is no end of the range.
    auto lesser = [&](Value value, Value than, arith::CmpFPredicate predicate) -> Value {
      Value chosen = arith::CmpFOp::create(b, loc, predicate, value, than);
      return arith::SelectOp::create(b, loc, chosen, value, than);
    };
    auto extend = [&](Value least, Value greatest, Value value, Value other) {
      return SmallVector<Value>{lesser(value, least, arith::CmpFPredicate::OLT),
                                lesser(other, greatest, arith::CmpFPredicate::OGT)};
    };
    Value zero = constant(0), zeros = kernel.splat(zero, Rows::kLanes);
    Rows all(kernel, kernel.shapeOf(x));
    SmallVector<Value> ends = all.forEach({zeros, zeros}, {zero, zero},
                                          [&](ArrayRef<Value> index, int64_t lanes, ValueRange carried) {
                                            Value element = kernel.real(x, index, lanes);
                                            return extend(carried[0], carried[1], element, element);
                                          });
    SmallVector<Value> range{ends[2], ends[3]};
    for (int64_t lane = 0; lane < Rows::kLanes; ++lane)
      range = extend(range[0], range[1], vector::ExtractOp::create(b, loc, ends[0], ArrayRef<int64_t>{lane}),
                     vector::ExtractOp::create(b, loc, ends[1], ArrayRef<int64_t>{lane}));
    Value scale =
        arith::DivFOp::create(b, loc, arith::SubFOp::create(b, loc, range[1], range[0]), constant(255));
    Value flat = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, range[0], range[1]);
    scale = arith::SelectOp::create(b, loc, flat, constant(1), scale);
    Value zeroPoint = arith::DivFOp::create(b, loc, arith::SubFOp::create(b, loc, zero, range[0]), scale);
    zeroPoint = clampOrdered(kernel, zeroPoint, zero, constant(255));
    zeroPoint = math::RoundEvenOp::create(b, loc, zeroPoint);
    Value stored = arith::TruncIOp::create(b, loc, b.getI8Type(),
                                           arith::FPToSIOp::create(b, loc, b.getI32Type(), zeroPoint));
    all.forEach({}, {}, [&](ArrayRef<Value> index, int64_t lanes, ValueRange) {
      Value t = arith::DivFOp::create(b, loc, kernel.real(x, index, lanes), kernel.splat(scale, lanes));
      kernel.store(0, index, lanes,
                   roundByZeroPoint(kernel, t, kernel.splat(stored, lanes), DType::U8, lanes));
      return SmallVector<Value>{};
    });
    kernel.store(1, {}, 1, scale);
    kernel.store(2, {}, 1, stored);
  });
}

void addQuantizationEmitters(EmitterList &list) {
  list.insert(list.end(), {{"quantize_by", emitQuantizeBy},
                           {"dequantize_by", emitDequantizeBy},
                           {"requantize_by", emitRequantizeBy},
                           {"dynamic_quantize", emitDynamicQuantize}});
}

} // namespace limbeck::lower
