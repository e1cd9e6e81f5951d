// Runs code for AArch64 in qemu's user mode, through the small program of the folder arm64.
#pragma once
#include "limbeck/Target/CPU/Compile.h"

namespace limbeck::test {

/// Whether qemu and the program were there when this was built.
bool arm64Available();
/// As runHere. Only where arm64Available.
Expected<std::vector<Tensor>> runArm64(const cpu::CompiledEntry &compiled, std::span<const Tensor> inputs,
                                       std::span<const TensorType> outputTypes, int workers);

} // namespace limbeck::test
