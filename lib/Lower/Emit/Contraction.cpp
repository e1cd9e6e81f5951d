// Kernels of matmul and matmul_integer for every element type: a few rows by one block of columns at a time, k ascending.
// Targets replace this by register-tiled bodies where they can.
#include "limbeck/Lower/ContractionArithmetic.h"
#include "limbeck/Lower/CoreEmitters.h"

namespace limbeck::lower {

using namespace mlir;

/// Rows that share each load of the right operand; their sums do not wait for each other.
static constexpr int64_t kRowsTogether = 6;

namespace {
/// The loops over blocks of `together` rows, from row `first` on.
class MatrixProduct {
public:
  MatrixProduct(KernelBuilder &kernel, Operation *op)
      : kernel(kernel), a(op->getOperand(0)), c(op->getOperand(1)), left(kernel.shapeOf(a)),
        right(kernel.shapeOf(c)), result(kernel.shapeOf(op->getResult(0))), length(left.back()),
        arithmetic(kernel, op, length, right.back()) {}

  void emit() {
    int64_t rows = result[result.size() - 2], whole = rows / kRowsTogether * kRowsTogether;
    emitRows(0, whole / kRowsTogether, kRowsTogether);
    emitRows(whole, 1, rows - whole);
  }

private:
  void emitRows(int64_t first, int64_t blocks, int64_t together) {
    if (together == 0)
      return;
    size_t rowDim = result.size() - 2;
    Shape shape = result;
    shape[rowDim] = blocks;
    kernel.forEachBlock(shape, true, [&](ArrayRef<Value> index, int64_t lanes) {
      Value column = index.back();
      SmallVector<Value> rows;
      for (int64_t m = 0; m < together; ++m)
        rows.push_back(kernel.addIndex(kernel.multiplyIndex(index[rowDim], together), first + m));
      SmallVector<Value> sums(static_cast<size_t>(together), arithmetic.start(lanes));
      if (length)
        sums = kernel.loop(0, length, 1, sums, [&](Value k, ValueRange carried) {
          SmallVector<Value> next;
          Value w = kernel.load(c, place(right, index, k, column), lanes);
          for (auto [row, sum] : llvm::zip(rows, carried)) {
            arithmetic.setRow(row);
            next.push_back(arithmetic.step(sum, kernel.load(a, place(left, index, row, k), 1), w, column));
          }
          return next;
        });
      for (auto [row, sum] : llvm::zip(rows, sums)) {
        Index at(index);
        at[rowDim] = row;
        arithmetic.setRow(row);
        arithmetic.finish(at, lanes, sum, column);
      }
    });
  }

  /// Position in an operand, whose batch dimensions broadcast.
  Index place(const Shape &shape, ArrayRef<Value> index, Value row, Value column) const {
    Index own;
    size_t lead = result.size() - shape.size();
    for (size_t i = 0; i + 2 < shape.size(); ++i)
      own.push_back(shape[i] == 1 ? kernel.constantIndex(0) : index[lead + i]);
    own.push_back(row);
    own.push_back(column);
    return own;
  }

  KernelBuilder &kernel;
  Value a, c;
  Shape left, right, result;
  int64_t length;
  ContractionArithmetic arithmetic;
};
} // namespace

static void emitMatmul(KernelBuilder &kernel, Operation *op) {
  MatrixProduct(kernel, op).emit();
}

void addContractionEmitters(EmitterList &list) {
  list.insert(list.end(), {{"matmul", emitMatmul}, {"matmul_integer", emitMatmul}});
}

} // namespace limbeck::lower
