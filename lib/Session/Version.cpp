// One place that knows the version, so that a new one compiles one file.
#include "limbeck/Session/Version.h"

namespace limbeck::session {

const char *const kVersion = LIMBECK_VERSION;

} // namespace limbeck::session
