// Runs a compiled case the whole way: artifact, loader, code, in guarded memory.
#pragma once
#include "limbeck/Artifact/Manifest.h"
#include "limbeck/Target/CPU/Compile.h"

namespace limbeck::test {

/// The results with `workers` workers that run one after the other, the last first; all scratch memory is 0xff before.
Expected<std::vector<Tensor>> runHere(const cpu::CompiledEntry &compiled, const cpu::Isa &isa,
                                      std::span<const Tensor> inputs, std::span<const TensorType> outputTypes,
                                      int workers);
/// The same through a context of the runtime, with that many threads.
Expected<std::vector<Tensor>> runThreads(const cpu::CompiledEntry &compiled, const cpu::Isa &isa,
                                         std::span<const Tensor> inputs,
                                         std::span<const TensorType> inputTypes,
                                         std::span<const TensorType> outputTypes, int threads);

} // namespace limbeck::test
