// The static share of one worker.
#pragma once
#include "mlir/IR/Builders.h"

namespace limbeck::lower {

/// [trip * worker / workers, trip * (worker + 1) / workers): what worker `worker` of `workers` does of [0, trip).
std::pair<mlir::Value, mlir::Value> workerShare(mlir::OpBuilder &b, mlir::Location location, int64_t trip,
                                                mlir::Value worker, mlir::Value workers);

} // namespace limbeck::lower
