// How operands reach instructions, where LLVM would choose otherwise.
#pragma once
#include "limbeck/Lower/KernelBuilder.h"

namespace limbeck::cpu {

/// The same number, of which LLVM does not know that it is: what is loaded at it is loaded anew, in every iteration.
mlir::Value readAnew(lower::KernelBuilder &kernel, mlir::Value number);
/// The same vector, of which LLVM does not know how it came about: what is made of it is made of the register that holds it.
mlir::Value heldInRegister(lower::KernelBuilder &kernel, mlir::Value vector);
/// As many of the lanes of `vector` as `like` has, from the first on.
mlir::Value lowLanes(lower::KernelBuilder &kernel, mlir::Value vector, mlir::Value like);

} // namespace limbeck::cpu
