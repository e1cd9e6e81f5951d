// Lists of f32 in text, with as many digits as it takes to read the same bits again: `custom<Numbers>` of op formats. Upstream's list
// prints seven.
#pragma once
#include "mlir/IR/OpImplementation.h"

namespace limbeck {

mlir::ParseResult parseNumbers(mlir::OpAsmParser &parser, mlir::DenseF32ArrayAttr &numbers);
void printNumbers(mlir::OpAsmPrinter &printer, mlir::Operation *op, mlir::DenseF32ArrayAttr numbers);

} // namespace limbeck
