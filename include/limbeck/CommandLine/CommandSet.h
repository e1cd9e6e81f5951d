// The commands of the program. Each has a file in lib/CommandLine with its options, its flags and what it does.
#pragma once
#include "limbeck/CommandLine/Console.h"
#include <CLI/CLI.hpp>

namespace limbeck::command {

/// What `--help` says about a command.
struct CommandText {
  const char *name, *about;
  const char *examples; ///< whole lines, or none
};

class CommandSet {
public:
  CommandSet(CLI::App &app, Console &console) : app(app), console(console) {}

  /// `flags` binds the flags of the command to its options; `run` returns the exit code.
  template <class Options>
  void add(const CommandText &text, void (*flags)(CLI::App &, Options &),
           int (*run)(const Options &, Console &)) {
    CLI::App *command = addBare(text);
    auto options = std::make_shared<Options>();
    flags(*command, *options);
    command->callback(
        [this, options, run] { chosen = [this, options, run] { return run(*options, console); }; });
  }

  /// Runs the command that was parsed.
  int run() const { return chosen(); }

private:
  CLI::App *addBare(const CommandText &text);

  CLI::App &app;
  Console &console;
  std::function<int()> chosen;
};

#define LIMBECK_COMMAND(name) void add##name##Command(CommandSet &set);
#include "limbeck/CommandLine/Commands.def"

} // namespace limbeck::command
