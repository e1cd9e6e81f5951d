// The processor of this machine.
#pragma once
#include <string>

namespace limbeck::session {

/// As the system calls it; empty where it does not.
std::string processorName();

} // namespace limbeck::session
