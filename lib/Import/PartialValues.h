// Integers that are known element by element: shape arithmetic over dimensions of which some are symbolic.
#pragma once
#include "limbeck/Reference/Operation.h"

namespace limbeck::importer {

struct PartialValue {
  Tensor values; ///< integers or bool; 0 where not known
  Tensor known;  ///< bool, of the same shape

  bool complete() const;
};

constexpr int64_t kLongestPartialValue = 1024; ///< elements; shapes and index lists are shorter

PartialValue completelyKnown(const Tensor &constant);

/// What is known of the one result of an op. `operands` are null where nothing is known. nullopt when the op
/// moves or combines no known elements, or the result is not a short static list.
std::optional<PartialValue> propagate(const reference::OpDefinition &op,
                                      const reference::Attributes &attributes,
                                      std::span<const TensorType> types,
                                      std::span<const PartialValue *const> operands,
                                      const TensorType &result);

} // namespace limbeck::importer
