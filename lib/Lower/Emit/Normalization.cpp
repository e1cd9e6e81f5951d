// Kernels of softmax, log_softmax, layer_norm, batch_norm and lrn: several passes over a row.
#include "SoftmaxRow.h"

namespace limbeck::lower {

using namespace mlir;

/// How many rows go through each pass together: the chains of one row's sum then overlap with the work of the next.
static int64_t rowsTogether(int64_t rows, int64_t count) {
  constexpr int64_t kMostRows = 8;
  int64_t together = kMostRows;
  while (together > 1 && (rows % together != 0 || together * count > kStagedElements))
    --together;
  return together;
}

/// Softmax of rows that lie in a row of memory and fit on the stack: their exponentials are computed once.
static void emitStagedSoftmax(KernelBuilder &kernel, Operation *op) {
  Value operand = op->getOperand(0);
  TensorType type = kernel.typeOf(operand);
  NormalizationMath m(kernel, type);
  int64_t count = type.shape.back();
  Shape outer(type.shape.begin(), type.shape.end() - 1);
  int64_t together = rowsTogether(product(outer), count);
  Type scalar = kernel.computeType(type);
  Value stage = kernel.scratch(together * count, scalar), greatest = kernel.scratch(together, scalar),
        sums = kernel.scratch(together, scalar);
  bool exact = !roundsSmallAway(kernel, op);
  // Four vectors of results are one of bytes.
  int64_t widest = bitWidth(kernel.typeOf(kernel.results()[0]).dtype) == 8
                       ? 4 * kernel.target().vectorUnit().lanes
                       : kBlockLanes;
  kernel.shared(product(outer) / together, [&](Value t) {
    Value first = kernel.multiplyIndex(t, together);
    auto forEachRow = [&](llvm::function_ref<void(Value row, Value at, Index place)> body) {
      kernel.loop(0, together, 1, {}, [&](Value row, ValueRange) -> SmallVector<Value> {
        Index place = kernel.delinearize(arith::AddIOp::create(m.b, m.loc, first, row), outer);
        place.push_back(kernel.constantIndex(0));
        body(row, kernel.multiplyIndex(row, count), place);
        return {};
      });
    };
    auto element = [&](Index place, Value i, int64_t lanes) {
      place.back() = i;
      return kernel.real(operand, place, lanes);
    };
    forEachRow([&](Value row, Value, Index place) {
      // A NaN makes the sum one, too; and the exponential of -0 is that of +0.
      Value most = reduceContiguous(kernel, m.maximumOfNumbers(), count, scalar,
                                    [&](Value i, int64_t lanes) { return element(place, i, lanes); });
      storeTo(kernel, greatest, row, most);
    });
    forEachRow([&](Value row, Value at, Index place) {
      Value most = loadFrom(kernel, greatest, row, 1);
      Value sum = reduceContiguous(kernel, laneSum(kernel), count, scalar, [&](Value i, int64_t lanes) {
        Value y = m.exp(m.sub(element(place, i, lanes), m.spread(most, lanes)));
        storeTo(kernel, stage, kernel.addIndex(at, i), y);
        return y;
      });
      storeTo(kernel, sums, row, sum);
    });
    forEachRow([&](Value row, Value at, Index place) {
      RowDivision division(m, loadFrom(kernel, sums, row, 1), exact);
      int64_t done = 0;
      for (int64_t lanes : {widest, kBlockLanes, int64_t(1)}) {
        int64_t end = done + (count - done) / lanes * lanes;
        if (done < end)
          kernel.loop(done, end, lanes, {}, [&](Value i, ValueRange) -> SmallVector<Value> {
            place.back() = i;
            Value x = loadFrom(kernel, stage, kernel.addIndex(at, i), lanes);
            kernel.finish(place, lanes, division.divide(x, lanes));
            return {};
          });
        done = end;
      }
    });
  });
}

/// Along any axis: a pass for the maximum, one for the sum, one for the results.
static void emitSoftmaxOf(KernelBuilder &kernel, Operation *op, bool logarithm) {
  TensorType type = kernel.typeOf(op->getOperand(0));
  NormalizationMath m(kernel, type);
  auto axis = static_cast<size_t>(attributesOf(op).integer("axis"));
  Shape shape = type.shape;
  int64_t count = shape[axis];
  bool alongRow = axis + 1 == shape.size();
  if (alongRow && !logarithm && count > 1 && count <= kStagedElements)
    return emitStagedSoftmax(kernel, op);
  Value operand = op->getOperand(0);
  Type scalar = kernel.computeType(type);
  auto place = [&](ArrayRef<Value> index, Value i) {
    Index own(index);
    own[axis] = i;
    return own;
  };
  auto reduce = [&](const LaneReduction &reduction, ArrayRef<Value> index, int64_t width,
                    llvm::function_ref<Value(Value)> map) {
    if (alongRow)
      return reduceContiguous(kernel, reduction, count, scalar, [&](Value i, int64_t lanes) {
        return map(kernel.real(operand, place(index, i), lanes));
      });
    return reduceStrided(kernel, reduction, count, kernel.vectorOf(scalar, width),
                         [&](Value i) { return map(kernel.real(operand, place(index, i), width)); });
  };
  auto row = [&](ArrayRef<Value> index, int64_t width) {
    Value greatest = reduce(m.maximum(), index, width, [](Value x) { return x; });
    auto lanesOf = [](Value x) {
      return isa<VectorType>(x.getType()) ? cast<VectorType>(x.getType()).getNumElements() : 1;
    };
    auto exponential = [&](Value x) { return m.exp(m.sub(x, m.spread(greatest, lanesOf(x)))); };
    Value sum = reduce(laneSum(kernel), index, width, exponential);
    Value logSum = logarithm ? m.log(sum) : Value();
    auto write = [&](Value i, int64_t lanes) {
      Index own = place(index, i);
      Value shifted = m.sub(kernel.real(operand, own, lanes), m.spread(greatest, lanes));
      Value y =
          logarithm ? m.sub(shifted, m.spread(logSum, lanes)) : m.div(m.exp(shifted), m.spread(sum, lanes));
      kernel.finish(own, lanes, y);
    };
    int64_t whole = alongRow ? count / kBlockLanes * kBlockLanes : 0;
    auto body = [&](int64_t lanes) {
      return [&, lanes](Value i, ValueRange) -> SmallVector<Value> {
        write(i, lanes);
        return {};
      };
    };
    if (whole)
      kernel.loop(0, whole, kBlockLanes, {}, body(kBlockLanes));
    if (whole < count)
      kernel.loop(whole, count, 1, {}, body(alongRow ? 1 : width));
  };
  Shape rows = shape;
  rows[axis] = 1;
  kernel.forEachBlock(rows, !alongRow, row);
}

static void emitSoftmax(KernelBuilder &kernel, Operation *op) {
  emitSoftmaxOf(kernel, op, false);
}
static void emitLogSoftmax(KernelBuilder &kernel, Operation *op) {
  emitSoftmaxOf(kernel, op, true);
}

/// Position in an operand that broadcasts against the result.
static Index broadcastPosition(KernelBuilder &kernel, const Shape &from, const Shape &to,
                               ArrayRef<Value> index) {
  Index own;
  for (size_t i = 0, lead = to.size() - from.size(); i < from.size(); ++i)
    own.push_back(from[i] == 1 && to[lead + i] != 1 ? kernel.constantIndex(0) : index[lead + i]);
  return own;
}

static void emitLayerNorm(KernelBuilder &kernel, Operation *op) {
  reference::Attributes attributes = attributesOf(op);
  auto axis = static_cast<size_t>(attributes.integer("axis"));
  TensorType type = kernel.typeOf(op->getOperand(0));
  NormalizationMath m(kernel, type);
  Shape outer(type.shape.begin(), type.shape.begin() + static_cast<std::ptrdiff_t>(axis));
  Shape inner(type.shape.begin() + static_cast<std::ptrdiff_t>(axis), type.shape.end());
  int64_t count = 1, trip = 1;
  for (int64_t dim : inner)
    count *= dim;
  for (int64_t dim : outer)
    trip *= dim;
  Type scalar = kernel.computeType(type);
  bool alongRow = inner.size() == 1;
  kernel.shared(trip, [&](Value t) {
    Index lead = kernel.delinearize(t, outer);
    auto place = [&](Value i) {
      Index own = lead;
      own.append(kernel.delinearize(i, inner));
      return own;
    };
    auto element = [&](Value i, int64_t lanes) { return kernel.real(op->getOperand(0), place(i), lanes); };
    auto sum = [&](llvm::function_ref<Value(Value)> map) {
      if (alongRow)
        return reduceContiguous(kernel, laneSum(kernel), count, scalar,
                                [&](Value i, int64_t lanes) { return map(element(i, lanes)); });
      return reduceStrided(kernel, laneSum(kernel), count, scalar,
                           [&](Value i) { return map(element(i, 1)); });
    };
    auto lanesOf = [](Value x) {
      return isa<VectorType>(x.getType()) ? cast<VectorType>(x.getType()).getNumElements() : 1;
    };
    Value n = kernel.constantLike(scalar, static_cast<double>(count));
    Value mean = m.div(sum([](Value x) { return x; }), n);
    Value variance = m.div(sum([&](Value x) {
                             Value centered = m.sub(x, m.spread(mean, lanesOf(x)));
                             return m.mul(centered, centered);
                           }),
                           n);
    Value epsilon = kernel.constantLike(scalar, attributes.number("epsilon"));
    Value inverse = m.div(kernel.constantLike(scalar, 1), m.sqrt(m.add(variance, epsilon)));
    auto write = [&](Value i, int64_t lanes) {
      Index own = place(i);
      auto parameter = [&](unsigned number) {
        Shape shape = kernel.shapeOf(op->getOperand(number));
        bool one = shape.empty() || shape.back() == 1;
        Value value = kernel.real(op->getOperand(number), broadcastPosition(kernel, shape, type.shape, own),
                                  one ? 1 : lanes);
        return m.spread(value, lanes);
      };
      Value y = m.mul(m.mul(m.sub(element(i, lanes), m.spread(mean, lanes)), m.spread(inverse, lanes)),
                      parameter(1));
      if (op->getNumOperands() > 2)
        y = m.add(y, parameter(2));
      if (kernel.results().size() == 1)
        kernel.finish(own, lanes, y);
      else
        kernel.store(0, own, lanes, kernel.narrow(y, kernel.typeOf(op->getResult(0)), own));
    };
    int64_t whole = alongRow ? count / kBlockLanes * kBlockLanes : 0;
    auto body = [&](int64_t lanes) {
      return [&, lanes](Value i, ValueRange) -> SmallVector<Value> {
        write(i, lanes);
        return {};
      };
    };
    if (whole)
      kernel.loop(0, whole, kBlockLanes, {}, body(kBlockLanes));
    if (whole < count)
      kernel.loop(whole, count, 1, {}, body(1));
    for (auto [number, result] : llvm::enumerate(kernel.results())) {
      if (number == 0)
        continue;
      Index own = lead;
      own.append(inner.size(), kernel.constantIndex(0));
      Value value = result == op->getResult(1) ? mean : inverse;
      kernel.store(static_cast<unsigned>(number), own, 1, kernel.narrow(value, kernel.typeOf(result), own));
    }
  });
}

static void emitBatchNorm(KernelBuilder &kernel, Operation *op) {
  reference::Attributes attributes = attributesOf(op);
  auto axis = static_cast<size_t>(attributes.integer("axis"));
  TensorType type = kernel.typeOf(op->getOperand(0));
  NormalizationMath m(kernel, type);
  bool channelsRun = axis + 1 == type.shape.size();
  kernel.forEachBlock(type.shape, true, [&](ArrayRef<Value> index, int64_t lanes) {
    auto parameter = [&](unsigned number) {
      return kernel.real(op->getOperand(number), index[axis], channelsRun ? lanes : 1);
    };
    Value scale = parameter(1), bias = parameter(2), mean = parameter(3), variance = parameter(4);
    Value epsilon = m.constant(variance, attributes.number("epsilon"));
    Value factor = m.div(scale, m.sqrt(m.add(variance, epsilon)));
    Value x = kernel.real(op->getOperand(0), index, lanes);
    kernel.finish(index, lanes,
                  m.fma(m.sub(x, m.spread(mean, lanes)), m.spread(factor, lanes), m.spread(bias, lanes)));
  });
}

static void emitLrn(KernelBuilder &kernel, Operation *op) {
  reference::Attributes attributes = attributesOf(op);
  auto axis = static_cast<size_t>(attributes.integer("axis"));
  int64_t size = attributes.integer("size");
  TensorType type = kernel.typeOf(op->getOperand(0));
  NormalizationMath m(kernel, type);
  int64_t channels = type.shape[axis], before = (size - 1) / 2;
  bool vectors = axis + 1 != type.shape.size();
  kernel.forEachBlock(type.shape, vectors, [&](ArrayRef<Value> index, int64_t lanes) {
    Value x = kernel.real(op->getOperand(0), index, lanes);
    auto sum = kernel.loop(0, size, 1, m.constant(x, 0), [&](Value i, ValueRange carried) {
      Value channel = kernel.addIndex(kernel.addIndex(index[axis], i), -before);
      Value inside = arith::AndIOp::create(kernel.builder(), kernel.loc(),
                                           isLess(kernel, kernel.constantIndex(-1), channel),
                                           isLess(kernel, channel, kernel.constantIndex(channels)));
      Index own(index);
      own[axis] = choose(kernel, inside, channel, kernel.constantIndex(0));
      Value neighbour = kernel.real(op->getOperand(0), own, lanes);
      return SmallVector<Value>{choose(kernel, inside, m.fma(neighbour, neighbour, carried[0]), carried[0])};
    });
    float alpha = attributes.number("alpha");
    double factor = m.isDouble ? static_cast<double>(alpha) / static_cast<double>(size)
                               : alpha / static_cast<float>(size);
    Value base = m.add(m.constant(x, attributes.number("bias")), m.mul(m.constant(x, factor), sum[0]));
    kernel.finish(index, lanes, m.div(x, m.pow(base, m.constant(x, attributes.number("beta")))));
  });
}

void addNormalizationEmitters(EmitterList &list) {
  list.insert(list.end(), {{"softmax", emitSoftmax},
                           {"log_softmax", emitLogSoftmax},
                           {"layer_norm", emitLayerNorm},
                           {"batch_norm", emitBatchNorm},
                           {"lrn", emitLrn}});
}

} // namespace limbeck::lower
