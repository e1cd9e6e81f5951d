// Integers that are known element by element: shape arithmetic over dimensions of which some are symbolic.
#pragma once
#include "limbeck/Import/Rules.h"

namespace limbeck::importer {

struct PartialValue {
  Tensor values; ///< integers or bool; 0 where not known
  Tensor known;  ///< bool, of the same shape
  Tensor
      origins; ///< s64, of the same shape: the number of the dimension that an element is, 0 where it is computed

  bool complete() const;
};

/// A dimension as a number that shape arithmetic moves along with its size.
int64_t numberOf(const Dimension &dimension);
/// Nothing for 0.
std::optional<Dimension> dimensionOf(int64_t number);

constexpr int64_t kLongestPartialValue = 1024; ///< elements; shapes and index lists are shorter

PartialValue completelyKnown(const Tensor &constant);

/// An application of an op; the parts are null where nothing is known.
struct PartialCall {
  const reference::OpDefinition &op;
  const reference::Attributes &attributes;
  std::span<const ValueId> operands;
  std::span<const TensorType> types;
  std::span<const PartialValue *const> parts;
};

/// What is known of the one result of an op. nullopt when the op moves or combines no known elements, or the result is not a
/// short static list.
std::optional<PartialValue> propagate(const PartialCall &call, const TensorType &result);

} // namespace limbeck::importer
