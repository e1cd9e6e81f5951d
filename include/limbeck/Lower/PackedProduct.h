// A few rows times all columns, for two operands that the kernel is given: the right one packed for many rows, the left one copied
// for few, sums left on the stack.
//
//   PackedProduct product(kernel, matmul, rows);
//   product.pack(batch);               // once for all rows of a batch
//   product.stage(batch, first, count) // or keep(..) for each element
//   product.multiply();
//   product.sum(row, column, lanes)    // accumulators, what ContractionArithmetic requantizes
#pragma once
#include "limbeck/Lower/ProductAtom.h"

namespace limbeck::lower {

class PackedProduct {
public:
  /// `together`: rows at once; some of the last may be none, and the atom may round them up.
  PackedProduct(KernelBuilder &kernel, graph::MatmulOp op, int64_t together);

  /// Rows that are best computed at once.
  static int64_t rowsTogether(KernelBuilder &kernel, graph::MatmulOp op);

  ContractionArithmetic &arithmetic() { return sums; }
  int64_t columns() const { return columnCount; }
  /// Packs the right operand of one batch: all dimensions of the result but the last two.
  void pack(llvm::ArrayRef<mlir::Value> batch);
  /// Copies rows `first`.. of the left operand.
  void stage(llvm::ArrayRef<mlir::Value> batch, mlir::Value first, mlir::Value count);
  /// One element or vector of the left operand, in stored form, from whoever computes it.
  void keep(mlir::Value row, mlir::Value column, mlir::Value stored);
  void multiply(llvm::ArrayRef<mlir::Value> batch);
  /// Accumulators of neighbouring columns, behind `multiply`.
  mlir::Value sum(mlir::Value row, mlir::Value column, int64_t lanes);

private:
  /// An operand of the region, seen through the transpose that makes the operand of the product.
  struct Operand {
    mlir::Value base;
    Shape shape;                     ///< as the product sees it
    llvm::SmallVector<int64_t> dims; ///< dimension i is dimension dims[i] of the base
    bool rowsAreRuns() const { return dims.back() + 1 == static_cast<int64_t>(dims.size()); }
    bool columnsAreRuns() const { return dims[dims.size() - 2] + 1 == static_cast<int64_t>(dims.size()); }
  };
  Operand operandOf(mlir::Value value) const;
  mlir::Value load(const Operand &operand, llvm::ArrayRef<mlir::Value> batch, mlir::Value row,
                   mlir::Value column, int64_t count);
  /// Zeros, for what is read and never written.
  void clear(mlir::Value memory, int64_t elements);
  mlir::Value packedPlace(mlir::Value step, mlir::Value column);
  mlir::Value wordsAt(llvm::ArrayRef<mlir::Value> batch, mlir::Value step, mlir::Value column);
  mlir::Value leftWord(mlir::Value row, mlir::Value step);
  void packRows(llvm::ArrayRef<mlir::Value> batch);
  void packColumns(llvm::ArrayRef<mlir::Value> batch);
  void packColumnBlocks(llvm::ArrayRef<mlir::Value> batch, int64_t blockSteps, int64_t blockColumns);
  void packWords(llvm::ArrayRef<mlir::Value> batch, int64_t firstStep, int64_t firstColumn);
  mlir::Value alternate(llvm::SmallVector<mlir::Value> parts);
  /// Element by element, what vectors and words leave.
  void packElements(llvm::ArrayRef<mlir::Value> batch, int64_t firstRow, int64_t firstColumn);
  bool inMemory() const { return atom->rowsTogether() > 1; }
  void emitRowTerms();
  void emitPanel(llvm::ArrayRef<mlir::Value> batch, mlir::Value first, int64_t vectors);

  KernelBuilder &kernel;
  mlir::OpBuilder &b;
  ContractionArithmetic sums;
  std::unique_ptr<ProductAtom> atom;
  Operand leftOperand, rightOperand;
  int64_t rows, depth, columnCount, lanes, unit, steps;
  int64_t columnPitch; ///< columns rounded up to whole vectors
  int64_t leftPitch;   ///< elements of a row of `left`
  bool direct;         ///< the right operand is read where it is
  mlir::Value left, packed, starts, rowTerms, results;
};

} // namespace limbeck::lower
