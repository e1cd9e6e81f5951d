// Errors of the argument library in our words: what was expected, what was found, how to mend it.
#pragma once
#include "limbeck/Support/Status.h"
#include <CLI/CLI.hpp>
#include <span>

namespace limbeck::command {

/// `arguments` are those of the command line, in order; `app` has parsed them up to the failure.
Diagnostic argumentError(const CLI::App &app, const CLI::ParseError &failure,
                         std::span<const std::string> arguments);

} // namespace limbeck::command
