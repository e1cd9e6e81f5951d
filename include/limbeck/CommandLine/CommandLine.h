// The program `limbeck`.
#pragma once

namespace limbeck::command {

/// Parses the command line, runs the command, and returns the exit code that docs/contract.md names. Throws nothing.
int runCommandLine(int argc, char **argv);

} // namespace limbeck::command
