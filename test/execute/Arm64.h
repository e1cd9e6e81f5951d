// Runs code for AArch64 in qemu's user mode, through the small program of the folder arm64.
#pragma once
#include "limbeck/Target/CPU/Compile.h"

namespace limbeck::test {

/// As runHere. E-RUN where qemu or the program is missing.
Expected<std::vector<Tensor>> runArm64(const cpu::CompiledEntry &compiled, std::span<const Tensor> inputs,
                                       std::span<const TensorType> outputTypes, int workers);

} // namespace limbeck::test
