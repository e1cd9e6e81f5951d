// Packing, multiplying, and the plain atom.
#include "limbeck/Lower/PackedProduct.h"
#include "limbeck/Lower/CoreEmitters.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace limbeck::lower {

using namespace mlir;

/// Words by columns that are packed together.
static constexpr int64_t kSquare = 8;

namespace {
class PlainProductAtom : public ProductAtom {
public:
  explicit PlainProductAtom(ContractionArithmetic &arithmetic) : arithmetic(arithmetic) {}
  int64_t unit() const override { return 1; }
  Value multiplyAdd(Value accumulator, Value word, Value words, Value column) override {
    return arithmetic.step(accumulator, word, words, column);
  }

private:
  ContractionArithmetic &arithmetic;
};
} // namespace

std::unique_ptr<ProductAtom> makePlainProductAtom(ContractionArithmetic &arithmetic) {
  return std::make_unique<PlainProductAtom>(arithmetic);
}

static int64_t roundUp(int64_t value, int64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

static VectorType vectorIn(Value memory, int64_t lanes) {
  return VectorType::get({lanes}, cast<MemRefType>(memory.getType()).getElementType());
}

static ContractionArithmetic arithmeticOf(KernelBuilder &kernel, graph::MatmulOp op) {
  return {kernel, op, kernel.shapeOf(op.getLhs()).back(), kernel.shapeOf(op.getRhs()).back()};
}

int64_t PackedProduct::rowsTogether(KernelBuilder &kernel, graph::MatmulOp op) {
  ContractionArithmetic arithmetic = arithmeticOf(kernel, op);
  std::unique_ptr<ProductAtom> atom = kernel.target().productAtom(kernel, arithmetic);
  if (atom && atom->rowsTogether() > 1)
    return atom->rowsTogether();
  return kernel.target().vectorUnit().registers >= 32 ? 8 : 4; // that registers hold sums for
}

PackedProduct::PackedProduct(KernelBuilder &kernel, graph::MatmulOp op, int64_t together)
    : kernel(kernel), b(kernel.builder()), sums(arithmeticOf(kernel, op)),
      atom(kernel.target().productAtom(kernel, sums)), leftOperand(operandOf(op.getLhs())),
      rightOperand(operandOf(op.getRhs())), rows(together), depth(kernel.shapeOf(op.getLhs()).back()),
      columnCount(kernel.shapeOf(op.getRhs()).back()), lanes(kernel.target().vectorUnit().lanes) {
  if (!atom)
    atom = makePlainProductAtom(sums);
  atom->prepare();
  unit = atom->unit();
  steps = roundUp(ceilDivide(depth, unit), atom->stepsTogether());
  columnPitch = roundUp(columnCount, lanes);
  leftPitch = unit == 1 ? depth : roundUp(depth, lanes * unit);
  direct = unit == 1 && rightOperand.base && rightOperand.rowsAreRuns() && columnCount == columnPitch;
  Type leftElement = kernel.storageType(sums.inputType().dtype);
  rows = roundUp(rows, atom->rowsTogether());
  left = kernel.scratch(rows * leftPitch, leftElement);
  if (leftPitch > depth)
    clear(left, rows * leftPitch);
  results = kernel.scratch(rows * columnPitch, getElementTypeOrSelf(sums.start(1).getType()));
  if (atom->hasRowTerms())
    rowTerms = kernel.scratch(rows, b.getI32Type());
  if (direct)
    return;
  packed = kernel.scratch(steps * columnPitch * unit, kernel.storageType(sums.weightType().dtype));
  if (columnPitch > columnCount || steps * unit > depth)
    clear(packed, steps * columnPitch * unit);
  if (atom->hasColumnTerms())
    starts = kernel.scratch(columnPitch, b.getI32Type());
}

PackedProduct::Operand PackedProduct::operandOf(Value value) const {
  Operand operand{isa<BlockArgument>(value) ? value : Value(), kernel.shapeOf(value), {}};
  for (size_t i = 0; i < operand.shape.size(); ++i)
    operand.dims.push_back(static_cast<int64_t>(i));
  if (auto transpose = value.getDefiningOp<graph::TransposeOp>()) {
    operand.base = transpose.getX();
    operand.dims.assign(transpose.getPerm().begin(), transpose.getPerm().end());
  }
  return operand;
}

/// `count` stored elements along the dimension that is a run of memory. The batch broadcasts.
Value PackedProduct::load(const Operand &operand, ArrayRef<Value> batch, Value row, Value column,
                          int64_t count) {
  size_t rank = operand.shape.size(), lead = batch.size() + 2 - rank;
  Index place(rank);
  auto put = [&](size_t dim, Value at) { place[static_cast<size_t>(operand.dims[dim])] = at; };
  for (size_t dim = 0; dim + 2 < rank; ++dim)
    put(dim, operand.shape[dim] == 1 ? kernel.constantIndex(0) : batch[lead + dim]);
  put(rank - 2, row);
  put(rank - 1, column);
  return kernel.load(operand.base, place, count);
}

void PackedProduct::clear(Value memory, int64_t elements) {
  kernel.loop(0, elements, 1, {}, [&](Value i, ValueRange) -> SmallVector<Value> {
    Type element = cast<MemRefType>(memory.getType()).getElementType();
    memref::StoreOp::create(b, kernel.loc(), kernel.constantLike(element, 0), memory, i);
    return {};
  });
}

Value PackedProduct::packedPlace(Value step, Value column) {
  return kernel.multiplyIndex(kernel.addIndex(kernel.multiplyIndex(step, columnPitch), column), unit);
}

void PackedProduct::pack(ArrayRef<Value> batch) {
  if (direct)
    return;
  if (rightOperand.rowsAreRuns())
    packRows(batch);
  else if (rightOperand.columnsAreRuns())
    packColumns(batch);
  else
    packElements(batch, 0, 0);
  if (!starts)
    return;
  kernel.loop(0, columnPitch, lanes, {}, [&](Value column, ValueRange) -> SmallVector<Value> {
    Value terms = atom->columnTerms(steps, [&](Value step) { return wordsAt(batch, step, column); });
    vector::StoreOp::create(b, kernel.loc(), terms, starts, column);
    return {};
  });
}

/// Vectors, a power of two of them, as one: the first elements of all, then the second. Halves alternate until one vector is left:
/// 0 2 | 1 3, then 0 1 2 3.
Value PackedProduct::alternate(SmallVector<Value> parts) {
  for (size_t half = parts.size() / 2; half > 0; half /= 2)
    for (size_t i = 0; i < half; ++i)
      parts[i] = vector::InterleaveOp::create(b, kernel.loc(), parts[i], parts[i + half]);
  return parts[0];
}

/// Whole words of whole vectors: `unit` rows are dealt to the words of neighbouring columns.
void PackedProduct::packRows(ArrayRef<Value> batch) {
  int64_t wholeColumns = columnCount / lanes * lanes, wholeSteps = depth / unit;
  kernel.loop(0, wholeSteps, 1, {}, [&](Value step, ValueRange) -> SmallVector<Value> {
    kernel.loop(0, wholeColumns, lanes, {}, [&](Value column, ValueRange) -> SmallVector<Value> {
      SmallVector<Value> parts;
      for (int64_t i = 0; i < unit; ++i)
        parts.push_back(atom->right(
            load(rightOperand, batch, kernel.addIndex(kernel.multiplyIndex(step, unit), i), column, lanes)));
      storeTo(kernel, packed, packedPlace(step, column), alternate(parts));
      return {};
    });
    return {};
  });
  if (wholeColumns < columnCount)
    packElements(batch, 0, wholeColumns);
  if (wholeSteps * unit < depth)
    packElements(batch, wholeSteps * unit, 0);
}

/// Whole words: the elements of one are neighbours already. Squares of words are exchanged in registers.
void PackedProduct::packColumns(ArrayRef<Value> batch) {
  int64_t wholeSteps = depth / unit;
  int64_t blockSteps = wholeSteps / kSquare * kSquare, blockColumns = columnCount / kSquare * kSquare;
  if (blockSteps > 0 && blockColumns > 0)
    packColumnBlocks(batch, blockSteps, blockColumns);
  if (blockColumns < columnCount)
    packWords(batch, 0, blockColumns);
  if (blockSteps < wholeSteps)
    packWords(batch, blockSteps, 0);
  if (wholeSteps * unit < depth)
    packElements(batch, wholeSteps * unit, 0);
}

void PackedProduct::packColumnBlocks(ArrayRef<Value> batch, int64_t blockSteps, int64_t blockColumns) {
  VectorType elements = vectorIn(packed, kSquare * unit);
  Type word = elements.getElementType();
  if (unit > 1)
    word = b.getIntegerType(static_cast<unsigned>(unit) * elements.getElementTypeBitWidth());
  auto words = VectorType::get({kSquare}, word);
  kernel.loop(0, blockColumns, kSquare, {}, [&](Value column, ValueRange) -> SmallVector<Value> {
    kernel.loop(0, blockSteps, kSquare, {}, [&](Value step, ValueRange) -> SmallVector<Value> {
      SmallVector<Value> parts;
      for (int64_t i = 0; i < kSquare; ++i) {
        Value run = load(rightOperand, batch, kernel.multiplyIndex(step, unit), kernel.addIndex(column, i),
                         kSquare * unit);
        parts.push_back(vector::BitCastOp::create(b, kernel.loc(), words, atom->right(run)));
      }
      Value square = alternate(parts);
      for (int64_t i = 0; i < kSquare; ++i) {
        Value row =
            vector::ExtractStridedSliceOp::create(b, kernel.loc(), square, ArrayRef<int64_t>{i * kSquare},
                                                  ArrayRef<int64_t>{kSquare}, ArrayRef<int64_t>{1});
        storeTo(kernel, packed, packedPlace(kernel.addIndex(step, i), column),
                vector::BitCastOp::create(b, kernel.loc(), elements, row));
      }
      return {};
    });
    return {};
  });
}

/// Word by word, what squares leave.
void PackedProduct::packWords(ArrayRef<Value> batch, int64_t firstStep, int64_t firstColumn) {
  kernel.loop(firstColumn, columnCount, 1, {}, [&](Value column, ValueRange) -> SmallVector<Value> {
    kernel.loop(firstStep, depth / unit, 1, {}, [&](Value step, ValueRange) -> SmallVector<Value> {
      Value word = load(rightOperand, batch, kernel.multiplyIndex(step, unit), column, unit);
      storeTo(kernel, packed, packedPlace(step, column), atom->right(word));
      return {};
    });
    return {};
  });
}

void PackedProduct::packElements(ArrayRef<Value> batch, int64_t firstRow, int64_t firstColumn) {
  kernel.loop(firstRow, depth, 1, {}, [&](Value row, ValueRange) -> SmallVector<Value> {
    kernel.loop(firstColumn, columnCount, 1, {}, [&](Value column, ValueRange) -> SmallVector<Value> {
      Value step = row, part = kernel.constantIndex(0);
      if (unit > 1) {
        step = arith::DivUIOp::create(b, kernel.loc(), row, kernel.constantIndex(unit));
        part = arith::RemUIOp::create(b, kernel.loc(), row, kernel.constantIndex(unit));
      }
      storeTo(kernel, packed, kernel.addIndex(packedPlace(step, column), part),
              atom->right(load(rightOperand, batch, row, column, 1)));
      return {};
    });
    return {};
  });
}

void PackedProduct::stage(ArrayRef<Value> batch, Value first, Value count) {
  kernel.loop(kernel.constantIndex(0), count, 1, {}, [&](Value row, ValueRange) -> SmallVector<Value> {
    Value from = kernel.addIndex(first, row);
    int64_t done = 0;
    for (int64_t width : {kBlockLanes, int64_t(1)}) {
      if (width > 1 && !leftOperand.rowsAreRuns())
        continue;
      int64_t end = done + (depth - done) / width * width;
      kernel.loop(done, end, width, {}, [&](Value column, ValueRange) -> SmallVector<Value> {
        keep(row, column, load(leftOperand, batch, from, column, width));
        return {};
      });
      done = end;
    }
    return {};
  });
}

void PackedProduct::keep(Value row, Value column, Value stored) {
  storeTo(kernel, left, kernel.addIndex(kernel.multiplyIndex(row, leftPitch), column), atom->left(stored));
}

/// A word of each of `lanes` columns from `column` on.
Value PackedProduct::wordsAt(ArrayRef<Value> batch, Value step, Value column) {
  if (direct)
    return load(rightOperand, batch, step, column, lanes);
  return loadFrom(kernel, packed, packedPlace(step, column), lanes * unit);
}

/// An element of the left operand, or a word of it in every lane.
Value PackedProduct::leftWord(Value row, Value step) {
  Value place = kernel.addIndex(kernel.multiplyIndex(row, leftPitch), kernel.multiplyIndex(step, unit));
  Value elements = loadFrom(kernel, left, place, unit);
  if (unit == 1)
    return elements;
  auto whole = b.getIntegerType(static_cast<unsigned>(unit) * vectorIn(left, 1).getElementTypeBitWidth());
  Value word = vector::BitCastOp::create(b, kernel.loc(), VectorType::get({1}, whole), elements);
  Value scalar = vector::ExtractOp::create(b, kernel.loc(), word, ArrayRef<int64_t>{0});
  return vector::BitCastOp::create(b, kernel.loc(), vectorIn(left, lanes * unit),
                                   kernel.splat(scalar, lanes));
}

void PackedProduct::emitRowTerms() {
  kernel.loop(0, rows, 1, {}, [&](Value row, ValueRange) -> SmallVector<Value> {
    Value first = kernel.multiplyIndex(row, leftPitch);
    Value term = atom->rowTerm(leftPitch / (lanes * unit), [&](Value step) {
      return loadFrom(kernel, left, kernel.addIndex(first, kernel.multiplyIndex(step, lanes * unit)),
                      lanes * unit);
    });
    memref::StoreOp::create(b, kernel.loc(), term, rowTerms, row);
    return {};
  });
}

void PackedProduct::multiply(ArrayRef<Value> batch) {
  // 8 rows by 3 vectors of 32 registers, 4 by 2 of 16: what is left holds words.
  int64_t most = kernel.target().vectorUnit().registers >= 32 ? 3 : 2, vectors = columnPitch / lanes;
  most = std::min(most, vectors);
  if (rowTerms)
    emitRowTerms();
  if (inMemory())
    return atom->multiply({left, packed, results, rows, leftPitch, steps, columnPitch});
  kernel.loop(0, vectors / most, 1, {}, [&](Value panel, ValueRange) -> SmallVector<Value> {
    emitPanel(batch, kernel.multiplyIndex(panel, most * lanes), most);
    return {};
  });
  if (int64_t rest = vectors % most)
    emitPanel(batch, kernel.constantIndex((vectors - rest) * lanes), rest);
}

void PackedProduct::emitPanel(ArrayRef<Value> batch, Value first, int64_t vectors) {
  SmallVector<Value> accumulators, columns, rowNumbers;
  for (int64_t v = 0; v < vectors; ++v)
    columns.push_back(kernel.addIndex(first, v * lanes));
  for (int64_t row = 0; row < rows; ++row) {
    rowNumbers.push_back(kernel.constantIndex(row));
    Value term;
    if (rowTerms)
      term = kernel.splat(memref::LoadOp::create(b, kernel.loc(), rowTerms, rowNumbers.back()), lanes);
    for (Value column : columns) {
      Value start = starts ? loadFrom(kernel, starts, column, lanes) : sums.start(lanes);
      accumulators.push_back(term ? Value(arith::AddIOp::create(b, kernel.loc(), start, term)) : start);
    }
  }
  accumulators = kernel.loop(0, steps, 1, accumulators, [&](Value step, ValueRange carried) {
    SmallVector<Value> next, words;
    for (Value column : columns)
      words.push_back(wordsAt(batch, step, column));
    for (int64_t row = 0; row < rows; ++row) {
      Value word = leftWord(rowNumbers[static_cast<size_t>(row)], step);
      for (int64_t v = 0; v < vectors; ++v)
        next.push_back(atom->multiplyAdd(carried[static_cast<size_t>(row * vectors + v)], word,
                                         words[static_cast<size_t>(v)], columns[static_cast<size_t>(v)]));
    }
    return next;
  });
  for (auto [number, accumulator] : llvm::enumerate(accumulators)) {
    Value row = kernel.multiplyIndex(rowNumbers[number / static_cast<size_t>(vectors)], columnPitch);
    vector::StoreOp::create(b, kernel.loc(), accumulator, results,
                            kernel.addIndex(row, columns[number % static_cast<size_t>(vectors)]));
  }
}

Value PackedProduct::sum(Value row, Value column, int64_t count) {
  Value place = kernel.addIndex(kernel.multiplyIndex(row, columnPitch), column);
  return loadFrom(kernel, results, place, count);
}

} // namespace limbeck::lower
