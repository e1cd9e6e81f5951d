// What the two processes of a compilation say to each other.
//   request   one JSON document on the worker's standard input
//   progress  lines `DONE TOTAL WHAT` on its standard output
//   response  in a memory file: a byte that says which, then the bytes of the product, or a diagnostic as JSON
#pragma once
#include "limbeck/Session/Compile.h"

namespace limbeck::session {

/// The descriptor under which the worker finds the memory file for its response.
inline constexpr int kResponseFile = 3;
/// The exit code after an error that LLVM calls fatal.
inline constexpr int kFatalExit = 86;

std::string encodeRequest(const CompileOptions &options);
Expected<CompileOptions> decodeRequest(const std::string &text);

std::vector<std::byte> encodeResponse(const Expected<std::vector<std::byte>> &result);
Expected<std::vector<std::byte>> decodeResponse(std::vector<std::byte> bytes);

} // namespace limbeck::session
