// The AMX tiles of a thread, which compiled code leaves as they are: filled, they make switches of threads slower and keep a core
// from deep sleep.
#pragma once
#include "limbeck/Runtime/CpuFeatures.h"

namespace limbeck::runtime {

/// For a thread that goes idle or back to its own work. Nothing where there are no tiles.
inline void releaseTiles() {
#if defined(__x86_64__)
  static const bool haveTiles = CpuFeatures::host().names.contains("amx-tile");
  if (haveTiles)
    asm volatile(".byte 0xc4, 0xe2, 0x78, 0x49, 0xc0"); // tilerelease, for any assembler
#endif
}

} // namespace limbeck::runtime
