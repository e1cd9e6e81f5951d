// The peaks of this machine, by code made for the purpose.
#pragma once
#include "limbeck/Runtime/ThreadPool.h"
#include "limbeck/Session/Layers.h"
#include "limbeck/Target/CPU/Isa.h"

namespace limbeck::session {

/// Takes a second or two.
Expected<Peaks> measurePeaks(const cpu::Isa &isa, runtime::ThreadPool &pool);

} // namespace limbeck::session
