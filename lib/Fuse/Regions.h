// What may share a region: the rules that forming and verifying have in common.
#pragma once
#include "limbeck/Graph/IR/Limbeck.h"

namespace limbeck::fuse {

/// Whether the op must end in a region. Constants, and storage casts of them, are operands of regions
/// instead.
bool belongsInRegion(mlir::Operation *op);
/// Whether a kernel can be built around the op; everything else is pointwise.
bool isCore(mlir::Operation *op);
/// Whether a kernel will compute the value: it is no argument, constant or view.
bool computedByKernel(mlir::Value value);
/// Whether the op only widens f16 or bf16 to f32: cheaper to repeat than to keep.
bool isWidening(mlir::Operation *op);
/// Whether the op only names its operand anew, which takes no kernel as long as nothing else joins it.
bool isView(mlir::Operation *op);
/// Whether two results are computed by the same loops; unknown dimensions may differ.
bool sameStaticShape(mlir::Value a, mlir::Value b);

} // namespace limbeck::fuse
