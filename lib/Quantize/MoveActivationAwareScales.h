// AWQ's factors go into what computes the inputs, where that takes them, and else into a multiplication.
#pragma once
#include "limbeck/Calibration/Document.h"
#include "limbeck/Graph/IR/Limbeck.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace limbeck::quantize {

/// The Gram matrix of the input of a contraction, which its decision names; E-CALIB where there is none.
Expected<const calibration::GramSum *> gramOf(mlir::DictionaryAttr decision,
                                              const calibration::Statistics *statistics);

/// Multiplies float weights that `awq` will round by factors, and divides their inputs; those that read one tensor share them.
Status moveActivationAwareScales(mlir::func::FuncOp function, const calibration::Statistics *statistics);

} // namespace limbeck::quantize
