// What a command says that Ctrl-C, or a request to end, stops.
#pragma once
#include "limbeck/CommandLine/Console.h"

namespace limbeck::command {

/// From now on a signal that ends the program leaves `interrupted: WHAT`, or FINISHED when the outputs are there, on standard error; with
/// --json, a document of errors on standard output, of WHAT only.
void announceInterruption(const Console &console, std::string_view what, std::string_view finished);
/// Says the same for a command that ended its work itself; returns `code`.
int interruptedWithNothing(int code, Console &console);

inline constexpr std::string_view kNothingWritten = "nothing was written", kAllWritten = "all was written";

} // namespace limbeck::command
