// Which ops are computed while importing.
#pragma once
#include "limbeck/Reference/Operation.h"

namespace limbeck::importer {

/// Decides which ops on constants are replaced by their results: these must not be much larger than the
/// operands, the work must be small, and a dequantize stays, because the pair of a constant and its
/// dequantize is how a quantized weight looks.
class FoldingBudget {
public:
  explicit FoldingBudget(const Limits &limits) : limits(limits) {}
  /// True if the op is to be folded; its work is then taken off the budget of the whole model.
  bool take(const reference::OpDefinition &op, std::span<const TensorType> operands,
            std::span<const TensorType> results);

private:
  const Limits &limits;
  /// Steps left for short lists (shapes, axes) and for all the rest: weights must not use up what shapes
  /// need.
  int64_t shortWork = int64_t(1) << 30, longWork = int64_t(1) << 30;
};

} // namespace limbeck::importer
