// Kernels of ops that move elements: the result's position decides which stored element is read.
#include "limbeck/Lower/CoreEmitters.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

namespace limbeck::lower {

using namespace mlir;

/// One result element per operand element at a mapped position.
static void emitMapped(KernelBuilder &kernel, Operation *op, bool contiguous, IndexMap map) {
  Shape shape = kernel.shapeOf(op->getResult(0));
  kernel.forEachBlock(shape, true, [&](ArrayRef<Value> index, int64_t lanes) {
    kernel.finishStored(index, lanes, loadMapped(kernel, op->getOperand(0), index, lanes, contiguous, map));
  });
}

/// A result with few elements in its innermost dimension, row by row: neighbours along the row come from neighbours, which vectors take.
static void emitShortColumns(KernelBuilder &kernel, Operation *op, IndexMap map) {
  Shape shape = kernel.shapeOf(op->getResult(0));
  ArrayRef<int64_t> outer = ArrayRef(shape).drop_back(2);
  kernel.shared(product(outer), [&](Value t) {
    Index row = kernel.delinearize(t, outer);
    kernel.loop(0, shape.end()[-2], 1, {}, [&](Value i, ValueRange) -> SmallVector<Value> {
      for (int64_t column = 0; column < shape.back(); ++column) {
        Index index(row);
        index.append({i, kernel.constantIndex(column)});
        kernel.finishStored(index, 1, kernel.load(op->getOperand(0), map(index), 1));
      }
      return {};
    });
  });
}

static void emitTranspose(KernelBuilder &kernel, Operation *op) {
  reference::Attributes attributes = attributesOf(op);
  const std::vector<int64_t> &permutation = attributes.integers("perm");
  int64_t last = static_cast<int64_t>(permutation.size()) - 1;
  bool contiguous = permutation.empty() || permutation.back() == last;
  auto map = [&](ArrayRef<Value> index) {
    Index source(index.size());
    for (size_t i = 0; i < permutation.size(); ++i)
      source[static_cast<size_t>(permutation[i])] = index[i];
    return source;
  };
  constexpr int64_t fewColumns = 4, manyRows = 16;
  Shape shape = kernel.shapeOf(op->getResult(0));
  bool rows = !contiguous && last > 1 && permutation.end()[-2] == last && shape.back() <= fewColumns &&
              product(ArrayRef(shape).drop_back(2)) >= manyRows;
  if (rows)
    return emitShortColumns(kernel, op, map);
  emitMapped(kernel, op, contiguous, map);
}

static void emitReshape(KernelBuilder &kernel, Operation *op) {
  Shape from = kernel.shapeOf(op->getOperand(0)), to = kernel.shapeOf(op->getResult(0));
  bool contiguous = !from.empty() && !to.empty() && from.back() == to.back();
  emitMapped(kernel, op, contiguous, [&](ArrayRef<Value> index) {
    Value linear = kernel.constantIndex(0);
    for (size_t i = 0; i < to.size(); ++i)
      linear = kernel.addIndex(kernel.multiplyIndex(linear, to[i]), index[i]);
    return kernel.delinearize(linear, from);
  });
}

static void emitExpand(KernelBuilder &kernel, Operation *op) {
  Shape from = kernel.shapeOf(op->getOperand(0)), to = kernel.shapeOf(op->getResult(0));
  bool contiguous = !from.empty() && from.back() == to.back();
  emitMapped(kernel, op, contiguous, [&](ArrayRef<Value> index) {
    Index source;
    for (size_t i = 0, lead = to.size() - from.size(); i < from.size(); ++i)
      source.push_back(from[i] == to[lead + i] ? index[lead + i] : kernel.constantIndex(0));
    return source;
  });
}

static void emitTile(KernelBuilder &kernel, Operation *op) {
  Shape from = kernel.shapeOf(op->getOperand(0)), to = kernel.shapeOf(op->getResult(0));
  bool contiguous = from.empty() || from.back() == to.back();
  emitMapped(kernel, op, contiguous, [&](ArrayRef<Value> index) {
    Index source(index);
    for (size_t i = 0; i < from.size(); ++i)
      if (from[i] != to[i])
        source[i] =
            arith::RemUIOp::create(kernel.builder(), kernel.loc(), index[i], kernel.constantIndex(from[i]));
    return source;
  });
}

/// First position of a slice along one dimension after ONNX's clamping.
static int64_t sliceStart(int64_t start, int64_t step, int64_t dim) {
  if (start < 0)
    start += dim;
  return std::clamp<int64_t>(start, 0, std::max<int64_t>(step > 0 ? dim : dim - 1, 0));
}

static void emitSlice(KernelBuilder &kernel, Operation *op) {
  reference::Attributes attributes = attributesOf(op);
  const std::vector<int64_t> &starts = attributes.integers("starts"), &steps = attributes.integers("steps");
  Shape from = kernel.shapeOf(op->getOperand(0));
  bool contiguous = steps.empty() || steps.back() == 1;
  // Operands of the launch, so that all parts of one split share their kernel.
  SmallVector<Value> firsts(from.size());
  for (size_t i = 0; i < from.size(); ++i)
    if (int64_t first = sliceStart(starts[i], steps[i], from[i]))
      firsts[i] = indexTable(kernel, {first});
  emitMapped(kernel, op, contiguous, [&](ArrayRef<Value> index) {
    Index source;
    for (size_t i = 0; i < from.size(); ++i) {
      Value place = kernel.multiplyIndex(index[i], steps[i]);
      source.push_back(firsts[i] ? kernel.addIndex(place, lookup(kernel, firsts[i], kernel.constantIndex(0)))
                                 : place);
    }
    return source;
  });
}

static void emitRange(KernelBuilder &kernel, Operation *op) {
  OpBuilder &b = kernel.builder();
  Location loc = kernel.loc();
  Type type = kernel.computeType(kernel.typeOf(op->getResult(0)));
  kernel.forEachBlock(kernel.shapeOf(op->getResult(0)), false, [&](ArrayRef<Value> index, int64_t lanes) {
    Value start = kernel.real(op->getOperand(0), {}, 1), delta = kernel.real(op->getOperand(2), {}, 1);
    Value place = arith::IndexCastOp::create(b, loc, b.getI64Type(), index[0]);
    if (isa<FloatType>(type)) {
      place = arith::SIToFPOp::create(b, loc, type, place);
      Value distance = arith::MulFOp::create(b, loc, place, delta);
      return kernel.finish(index, lanes, arith::AddFOp::create(b, loc, start, distance));
    }
    if (type.getIntOrFloatBitWidth() < 64)
      place = arith::TruncIOp::create(b, loc, type, place);
    Value distance = arith::MulIOp::create(b, loc, place, delta);
    kernel.finish(index, lanes, arith::AddIOp::create(b, loc, start, distance));
  });
}

static void emitConcat(KernelBuilder &kernel, Operation *op) {
  auto axis = static_cast<size_t>(attributesOf(op).integer("axis"));
  int64_t offset = 0;
  for (Value operand : op->getOperands()) {
    Shape shape = kernel.shapeOf(operand);
    kernel.forEachBlock(shape, true, [&](ArrayRef<Value> index, int64_t lanes) {
      Value element = kernel.load(operand, index, lanes);
      Index target(index);
      target[axis] = kernel.addIndex(index[axis], offset);
      kernel.finishStored(target, lanes, element);
    });
    offset += shape[axis];
  }
}

static void emitGather(KernelBuilder &kernel, Operation *op) {
  OpBuilder &b = kernel.builder();
  auto axis = static_cast<size_t>(attributesOf(op).integer("axis"));
  Shape data = kernel.shapeOf(op->getOperand(0)), indices = kernel.shapeOf(op->getOperand(1));
  bool contiguous = axis + 1 < data.size();
  emitMapped(kernel, op, contiguous, [&](ArrayRef<Value> index) {
    Index place(index.begin() + static_cast<std::ptrdiff_t>(axis),
                index.begin() + static_cast<std::ptrdiff_t>(axis + indices.size()));
    Value stored = kernel.load(op->getOperand(1), place, 1);
    Value position = arith::IndexCastOp::create(b, kernel.loc(), b.getIndexType(), stored);
    // Negative positions count from the end; what lies outside is clamped, so that no input can read beyond the data.
    Value zero = kernel.constantIndex(0);
    position =
        choose(kernel, isLess(kernel, position, zero), kernel.addIndex(position, data[axis]), position);
    position = arith::MaxSIOp::create(b, kernel.loc(), position, zero);
    position = arith::MinSIOp::create(b, kernel.loc(), position, kernel.constantIndex(data[axis] - 1));
    Index source(index.begin(), index.begin() + static_cast<std::ptrdiff_t>(axis));
    source.push_back(position);
    source.append(index.begin() + static_cast<std::ptrdiff_t>(axis + indices.size()), index.end());
    return source;
  });
}

void addMovementEmitters(EmitterList &list) {
  list.insert(list.end(), {{"transpose", emitTranspose},
                           {"reshape", emitReshape},
                           {"expand", emitExpand},
                           {"tile", emitTile},
                           {"slice", emitSlice},
                           {"range", emitRange},
                           {"concat", emitConcat},
                           {"gather", emitGather}});
}

} // namespace limbeck::lower
