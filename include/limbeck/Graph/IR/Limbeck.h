// The `limbeck` dialect: tensor computation, float or quantized by element type.
#pragma once
#include "limbeck/Graph/IR/ExactNumbers.h"
#include "limbeck/Graph/IR/Interfaces.h"
#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "limbeck/Graph/IR/LimbeckDialect.h.inc"
#define GET_OP_CLASSES
#include "limbeck/Graph/IR/Limbeck.h.inc"
