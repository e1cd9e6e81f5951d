// What can still be quantized.
#pragma once
#include "limbeck/Support/Status.h"
#include "mlir/IR/BuiltinOps.h"

namespace limbeck::session {

/// E-UNSUPPORTED for a model behind stage Graph that quantizes or dequantizes something already; `path` is the model's.
Status expectFloatModel(mlir::ModuleOp module, const std::string &path);

} // namespace limbeck::session
