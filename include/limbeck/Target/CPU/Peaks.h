// Code that does nothing but multiply and add, or read: what the speed of kernels is measured against.
#pragma once
#include "limbeck/Target/CPU/Compile.h"

namespace limbeck::cpu {

enum class Peak { Int8, BF16, F32, Read };

/// An entry without arena and weights.
///   Int8..F32  every worker computes as many products as it can for a while: `products` in all for one worker
///   Read       the workers share out inputs[0], memory of *(int64_t *)inputs[1] blocks of `blockBytes`, and read their parts
///              *(int64_t *)inputs[2] times: what is small is read so often that waking the workers does not count
struct PeakCode {
  CompiledEntry entry;
  int64_t products = 0, blockBytes = 0;
};
/// Whether the instruction set multiplies bf16 as such; else it is widened, and there is no loop for it.
bool multipliesBF16(const Isa &isa);
Expected<PeakCode> compilePeak(Peak peak, const Isa &isa);

} // namespace limbeck::cpu
