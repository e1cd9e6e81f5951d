// How a kernel multiplies a few rows by many columns where neither operand is constant: what depends on element types and instructions.
//
// Elements of one row and one column that are multiplied in one step are a *word* of `unit` elements.
#pragma once
#include "limbeck/Lower/ContractionArithmetic.h"

namespace limbeck::lower {

class ProductAtom {
public:
  using WordAt = llvm::function_ref<mlir::Value(mlir::Value step)>;

  virtual ~ProductAtom() = default;
  virtual int64_t unit() const = 0;
  /// Stored elements as `multiplyAdd` reads them, vectors or scalars. A zero there adds nothing.
  virtual mlir::Value left(mlir::Value stored) { return stored; }
  virtual mlir::Value right(mlir::Value stored) { return stored; }
  /// Whether an accumulator starts at anything but 0: at terms of its column and of its row, each an i32.
  virtual bool hasColumnTerms() const { return false; }
  virtual bool hasRowTerms() const { return false; }
  /// The term of each of a vector of columns; `words` are theirs, for each of `steps` steps.
  virtual mlir::Value columnTerms(int64_t steps, WordAt words) { return {}; }
  /// That of a row; `words` are `count` vectors of its words, zero beyond the last.
  virtual mlir::Value rowTerm(int64_t count, WordAt words) { return {}; }
  /// Rows that are multiplied at once, as a matrix in memory, and the steps that this takes at once; 1: step by step in registers.
  virtual int64_t rowsTogether() const { return 1; }
  virtual int64_t stepsTogether() const { return 1; }
  /// Words of `left` in rows of `leftPitch` elements, those of `right` in `steps` rows of `columnPitch` words, zero beyond the last;
  /// accumulators, which start at 0, go to `results`.
  struct Matrices {
    mlir::Value left, right, results;
    int64_t rows, leftPitch, steps, columnPitch;
  };
  virtual void multiply(const Matrices &matrices) {}
  /// What a kernel does once for that, in front of its loops.
  virtual void prepare() {}
  /// One step for one row: `word`, an element or a word in every lane, and a word of each column.
  virtual mlir::Value multiplyAdd(mlir::Value accumulator, mlir::Value word, mlir::Value words,
                                  mlir::Value column) = 0;
};

/// One product a step, whatever the elements.
std::unique_ptr<ProductAtom> makePlainProductAtom(ContractionArithmetic &arithmetic);

} // namespace limbeck::lower
