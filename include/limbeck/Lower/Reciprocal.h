// Division by a constant scale as a multiplication, where every case there is has been tried.
#pragma once
#include "limbeck/Lower/KernelBuilder.h"

namespace limbeck::lower {

/// A factor r with quantize(x * r) == quantize(x / scale) for every element x that `op` can compute: its operands are at most two
/// elements of 8 bits, so all 65,536 pairs are compared. Nothing when no factor near 1 / scale holds, or when the operands are wider.
std::optional<float> provenReciprocal(KernelBuilder &kernel, mlir::Operation *op);

} // namespace limbeck::lower
