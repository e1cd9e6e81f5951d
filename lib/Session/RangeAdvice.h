// What statistics say against the choices that were made before they were there.
#pragma once
#include "limbeck/Calibration/Document.h"
#include "limbeck/Session/Quantize.h"
#include "mlir/IR/BuiltinOps.h"

namespace limbeck::session {

/// Asks a module behind insert-observers what was chosen, and statistics whether it was right.
class RangeAdvice {
public:
  void read(mlir::ModuleOp module);

  /// Those whose values would err half as much with minmax; where there is no histogram, those whose range is less than half of
  /// what was seen. Worst first.
  std::vector<ClippedTensor> clipped(const calibration::Statistics &statistics) const;
  /// One for each contraction whose Gram matrix has too few rows: gptq wants as many as columns, awq a few.
  std::vector<std::string> notes(const calibration::Statistics &statistics) const;

private:
  struct StoredTensor {
    std::string name;
    calibration::Method method;
    double percentile;
    DType storage;
    bool symmetric;
  };
  struct RoundedByGram {
    std::string node, method, input;
    int64_t rows; ///< of one sample
  };

  std::vector<StoredTensor> stored;
  std::vector<RoundedByGram> byGram;
};

} // namespace limbeck::session
