// Kernels of pad: a table per padded axis names the source position, -1 where the fill value goes.
#include "limbeck/Lower/CoreEmitters.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace limbeck::lower {

using namespace mlir;

/// The element of `size` that stands at `position`, which may lie outside; -1 for the fill value.
static int64_t paddingSource(const std::string &mode, int64_t position, int64_t size) {
  if (position >= 0 && position < size)
    return position;
  if (mode == "edge")
    return std::clamp<int64_t>(position, 0, size - 1);
  if (mode == "wrap")
    return ((position % size) + size) % size;
  if (mode == "reflect") {
    if (size == 1)
      return 0;
    int64_t period = 2 * (size - 1), folded = ((position % period) + period) % period;
    return folded < size ? folded : period - folded;
  }
  return -1;
}

/// Source positions along a dimension of `dim` elements. Negative pads crop first; what is left is then extended.
static std::vector<int64_t> paddingTable(const std::string &mode, int64_t dim, int64_t before,
                                         int64_t after) {
  int64_t offset = std::max<int64_t>(-before, 0), kept = dim - offset + std::min<int64_t>(after, 0);
  std::vector<int64_t> table;
  for (int64_t i = -std::max<int64_t>(before, 0); i < kept + std::max<int64_t>(after, 0); ++i) {
    int64_t source = paddingSource(mode, i, kept);
    table.push_back(source < 0 ? -1 : source + offset);
  }
  return table;
}

/// The stored fill value: the operand, else what stands for 0.
static Value fillValue(KernelBuilder &kernel, Operation *op, Type stored, int64_t lanes) {
  if (op->getNumOperands() > 1)
    return kernel.splat(kernel.load(op->getOperand(1), {}, 1), lanes);
  TensorType type = kernel.typeOf(op->getOperand(0));
  return kernel.constantLike(stored,
                             type.quantization ? static_cast<double>(type.quantization->zeroPoints[0]) : 0);
}

namespace {
/// Constant padding as runs of memory: along the innermost padded axis and all behind it, a row of the result is a stretch of fill
/// values, a stretch of the operand, and a stretch of fill values. The operand may be there already.
class PaddedRuns {
public:
  PaddedRuns(KernelBuilder &kernel, Operation *op, const KernelOutput &place)
      : kernel(kernel), b(kernel.builder()), op(op), place(place), outer(place.result.shape),
        inner(place.values.shape), rows(outer.size()) {
    while (rows > 0 && outer[rows - 1] == inner[rows - 1])
      run *= outer[--rows];
    for (size_t dim = rows; dim < outer.size(); ++dim)
      if (outer[dim] != place.shape[dim])
        cut = dim;
  }

  /// There is a border.
  bool applies() const { return rows > 0; }
  /// A row is one run, as no other result lies between its elements.
  bool isRun() const { return cut == 0; }

  void emit(bool copiesInterior) {
    size_t axis = rows - 1; // the innermost padded one
    int64_t before = place.values.origin[axis] - place.result.origin[axis], length = inner[axis];
    ArrayRef<int64_t> lead(outer.data(), axis);
    kernel.shared(product(lead), [&](Value t) {
      Index row = kernel.delinearize(t, lead), source;
      Value inside;
      for (size_t i = 0; i < axis; ++i) {
        source.push_back(kernel.addIndex(row[i], place.result.origin[i] - place.values.origin[i]));
        if (outer[i] == inner[i])
          continue;
        // Below 0 is far above, too, without sign.
        Value valid = arith::CmpIOp::create(b, kernel.loc(), arith::CmpIPredicate::ult, source[i],
                                            kernel.constantIndex(inner[i]));
        inside = inside ? Value(arith::AndIOp::create(b, kernel.loc(), inside, valid)) : valid;
      }
      auto writeRow = [&] {
        fill(row, 0, before);
        if (copiesInterior)
          copy(row, source, before, length);
        fill(row, before + length, outer[axis] - before - length);
      };
      if (!inside)
        return writeRow();
      auto choice = scf::IfOp::create(b, kernel.loc(), inside, /*withElseRegion=*/true);
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(choice.thenBlock());
      writeRow();
      b.setInsertionPointToStart(choice.elseBlock());
      fill(row, 0, outer[axis]);
    });
  }

private:
  void overRun(int64_t first, int64_t length, llvm::function_ref<void(Value, int64_t)> body) {
    int64_t widest = 64 / static_cast<int64_t>(storageBytes(kernel.typeOf(op->getResult(0)).dtype)), done = 0;
    for (int64_t lanes : {widest, std::max<int64_t>(widest / 4, 1), int64_t(1)}) {
      int64_t end = done + (length - done) / lanes * lanes;
      if (done < end)
        kernel.loop(first + done, first + end, lanes, {}, [&](Value at, ValueRange) -> SmallVector<Value> {
          body(at, lanes);
          return {};
        });
      done = end;
    }
  }
  /// `count` positions along the innermost padded axis from `first` on, with all that lies behind them.
  void fill(ArrayRef<Value> row, int64_t first, int64_t count) {
    if (count == 0)
      return;
    if (isRun())
      return fillRun(row, first * run, count * run);
    // Up to where another result cuts in, position by position.
    Shape between(outer.begin() + static_cast<std::ptrdiff_t>(rows),
                  outer.begin() + static_cast<std::ptrdiff_t>(cut));
    between.insert(between.begin(), count);
    int64_t piece = product(ArrayRef(outer).drop_front(cut));
    kernel.loop(0, product(between), 1, {}, [&](Value number, ValueRange) -> SmallVector<Value> {
      Index at(row);
      at.append(kernel.delinearize(number, between));
      at[rows - 1] = kernel.addIndex(at[rows - 1], first);
      fillRun(at, 0, piece);
      return {};
    });
  }
  void fillRun(ArrayRef<Value> lead, int64_t first, int64_t length) {
    overRun(first, length, [&](Value at, int64_t lanes) {
      Type stored = kernel.vectorOf(kernel.storageType(kernel.typeOf(op->getResult(0)).dtype), lanes);
      store(lead, at, lanes, fillValue(kernel, op, stored, lanes));
    });
  }
  void copy(ArrayRef<Value> row, ArrayRef<Value> source, int64_t before, int64_t length) {
    overRun(before * run, length * run, [&](Value at, int64_t lanes) {
      Index from(source);
      from.resize(outer.size() - 1, kernel.constantIndex(0));
      from.push_back(kernel.addIndex(at, -before * run));
      store(row, at, lanes, kernel.load(op->getOperand(0), from, lanes));
    });
  }
  /// At the leading position `lead` of the result; `at` counts along the last axis, as what follows is a run.
  void store(ArrayRef<Value> lead, Value at, int64_t lanes, Value stored) {
    Index position(lead);
    position.resize(outer.size(), kernel.constantIndex(0));
    for (auto [dim, origin] : llvm::enumerate(place.result.origin))
      position[dim] = kernel.addIndex(position[dim], origin);
    position.back() = kernel.addIndex(position.back(), at);
    if (lanes == 1)
      memref::StoreOp::create(b, kernel.loc(), stored, place.buffer, position);
    else
      vector::StoreOp::create(b, kernel.loc(), stored, place.buffer, position);
  }

  KernelBuilder &kernel;
  OpBuilder &b;
  Operation *op;
  const KernelOutput &place;
  const Shape &outer, &inner; ///< with the border and without
  size_t rows;                ///< dimensions up to the innermost padded one
  int64_t run = 1;            ///< elements behind that dimension
  size_t cut = 0;             ///< the last dimension behind it in which the buffer holds more; 0: none
};
} // namespace

void emitBorder(KernelBuilder &kernel, Operation *pad, const KernelOutput &place) {
  if (PaddedRuns runs(kernel, pad, place); runs.applies())
    runs.emit(/*copiesInterior=*/false);
}

/// The pad alone, as runs of memory. False where something follows it or elements do not stay neighbours.
static bool emitPaddedRuns(KernelBuilder &kernel, Operation *op) {
  reference::Attributes attributes = attributesOf(op);
  const std::vector<int64_t> &pads = attributes.integers("pads");
  bool extends = llvm::all_of(pads, [](int64_t pad) { return pad >= 0; });
  bool alone = kernel.outputs().size() == 1 && kernel.results()[0] == op->getResult(0);
  if (attributes.text("mode") != "constant" || !extends || !alone)
    return false;
  KernelOutput place = kernel.outputs()[0];
  place.values.shape = kernel.shapeOf(op->getOperand(0));
  for (size_t dim = 0; dim < place.shape.size(); ++dim)
    place.values.origin[dim] += pads[dim];
  PaddedRuns runs(kernel, op, place);
  if (!runs.applies() || !runs.isRun() || product(place.values.shape) == 0)
    return false;
  runs.emit(/*copiesInterior=*/true);
  return true;
}

static void emitPad(KernelBuilder &kernel, Operation *op) {
  if (emitPaddedRuns(kernel, op))
    return;
  OpBuilder &b = kernel.builder();
  reference::Attributes attributes = attributesOf(op);
  const std::vector<int64_t> &pads = attributes.integers("pads");
  const std::string &mode = attributes.text("mode");
  Shape from = kernel.shapeOf(op->getOperand(0)), to = kernel.shapeOf(op->getResult(0));
  size_t rank = from.size();
  SmallVector<Value> tables(rank);
  for (size_t i = 0; i < rank; ++i) {
    if (pads[i] == 0 && pads[rank + i] == 0)
      continue;
    tables[i] = indexTable(kernel, paddingTable(mode, from[i], pads[i], pads[rank + i]));
  }
  bool vectors = rank > 0 && !tables[rank - 1];
  kernel.forEachBlock(to, vectors, [&](ArrayRef<Value> index, int64_t lanes) {
    Index source(index);
    Value inside;
    for (size_t i = 0; i < rank; ++i) {
      if (!tables[i])
        continue;
      source[i] = lookup(kernel, tables[i], index[i]);
      if (mode != "constant")
        continue;
      Value valid = arith::CmpIOp::create(b, kernel.loc(), arith::CmpIPredicate::sge, source[i],
                                          kernel.constantIndex(0));
      inside = inside ? Value(arith::AndIOp::create(b, kernel.loc(), inside, valid)) : valid;
    }
    if (!inside)
      return kernel.finishStored(index, lanes, kernel.load(op->getOperand(0), source, lanes));
    Type stored = kernel.vectorOf(kernel.storageType(kernel.typeOf(op->getResult(0)).dtype), lanes);
    auto choice = scf::IfOp::create(b, kernel.loc(), TypeRange{stored}, inside, /*withElseRegion=*/true);
    {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(choice.thenBlock());
      scf::YieldOp::create(b, kernel.loc(), kernel.load(op->getOperand(0), source, lanes));
      b.setInsertionPointToStart(choice.elseBlock());
      scf::YieldOp::create(b, kernel.loc(), fillValue(kernel, op, stored, lanes));
    }
    kernel.finishStored(index, lanes, choice.getResult(0));
  });
}

void addPaddingEmitters(EmitterList &list) {
  list.push_back({"pad", emitPad});
}

} // namespace limbeck::lower
