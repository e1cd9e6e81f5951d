// The C header beside an artifact that is linked into a program.
#pragma once
#include <string>

namespace limbeck::session {

/// The C name of what an output file holds: `limbeck_` and the file's stem, other characters than letters and digits as `_`.
std::string cSymbol(const std::string &path);
/// The header's path: that of the output, ending in `.h`.
std::string cHeaderPath(const std::string &path);
/// Declares the data under `symbol` and a function that loads it: `SYMBOL_load(&model)`.
std::string cHeader(const std::string &symbol);

} // namespace limbeck::session
