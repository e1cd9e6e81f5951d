// ONNX Runtime's QLinearAdd and QLinearMul, bit for bit: the arithmetic of `add` and `mul` with arith =
// "ort_qlinear".
#pragma once
#include "limbeck/Reference/Operation.h"

namespace limbeck::reference {

enum class QLinearOp { Add, Mul };

/// Whether both operands and the result are quantized per tensor, the only form that these formulas have.
bool isQLinear(const Evaluation &evaluation);
/// Requires `isQLinear`.
Expected<std::vector<Tensor>> evaluateQLinear(QLinearOp op, const Evaluation &evaluation);

} // namespace limbeck::reference
