// What the emitters of convolutions and matrix products ask before they take a region.
#pragma once
#include "limbeck/Lower/ContractionArithmetic.h"

namespace limbeck::cpu {

/// Weights that the integer atoms take: 8 bits, zero points 0, one multiplier per column.
bool integerAtomsApply(const lower::ContractionArithmetic &arithmetic, lower::KernelBuilder &kernel);

/// Whether the epilogue's operands allow the pixels of all rows to be counted in one dimension.
bool allowsFlatPixels(lower::KernelBuilder &kernel, const Shape &result);
/// The same for pixels and channels together: every operand has the result's shape or one element, and nothing runs along channels.
bool allowsRuns(lower::KernelBuilder &kernel, const Shape &result);

} // namespace limbeck::cpu
