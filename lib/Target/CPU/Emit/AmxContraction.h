// Contractions of bytes and of bf16 on AMX tiles.
#pragma once
#include "TiledProblem.h"

namespace limbeck::cpu {

/// Writes the loops of a problem whose input has its buffer. Failure, with nothing emitted, where the ISA has no tiles, or
/// vector instructions serve better.
mlir::LogicalResult emitAmxContraction(lower::KernelBuilder &kernel, const Isa &isa,
                                       lower::ContractionArithmetic &arithmetic, TiledProblem &problem);

/// Weights as tiles: [panels][groups of columnTiles][steps][tiles of the group][16 rows][16 columns][4 bytes or 2 bf16 of a
/// column], zero beyond the last column and product.
struct AmxSchedule;
Tensor packTiles(const WeightMatrix &weights, const AmxSchedule &schedule);

} // namespace limbeck::cpu
