// The version of the program, as artifacts and reports record it.
#pragma once

namespace limbeck::session {

extern const char *const kVersion;

} // namespace limbeck::session
