// Parsing of argv: the library's errors become ours, and interruption has its own exit code.
#include "limbeck/CommandLine/CommandLine.h"
#include "limbeck/CommandLine/CommandSet.h"
#include "limbeck/Session/Version.h"
#include "limbeck/Session/Worker.h"
#include "limbeck/Support/Interrupt.h"
#include <new>

namespace limbeck::command {

CLI::App *CommandSet::addBare(const CommandText &text) {
  CLI::App *command = app.add_subcommand(text.name, text.about);
  command->footer(std::string("Examples:\n") + text.examples);
  command->add_flag("--json", console.json, "results and errors as one JSON document on standard output")
      ->group("Console");
  command->add_flag("--quiet,-q", console.quiet, "no notes and no progress")->group("Console");
  command->add_option("--color", console.color, "auto, always or never")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->group("Console");
  return command;
}

/// Before the parser knows: an error in the flags is to have the form that the flags ask for.
static bool asksForJson(int argc, char **argv) {
  for (int i = 1; i < argc; ++i)
    if (std::string_view(argv[i]) == "--json")
      return true;
  return false;
}

static bool hasCommand(const CLI::App &app, const std::string &name) {
  auto found = app.get_subcommands([&](const CLI::App *command) { return command->get_name() == name; });
  return !found.empty();
}

static int parseAndRun(int argc, char **argv) {
  CLI::App app("Compiles ONNX networks, float and quantized, to native code.", "limbeck");
  app.set_version_flag("--version", std::string("limbeck ") + session::kVersion);
  app.require_subcommand(1);
  app.footer("limbeck COMMAND --help explains a command and shows examples.\n"
             "Exit codes: 0 done, 1 failure while running, 2 bad input or flags, 3 not supported, 4 a gate "
             "failed, 130 interrupted.");
  Console console;
  console.json = asksForJson(argc, argv);
  CommandSet set(app, console);
#define LIMBECK_COMMAND(name) add##name##Command(set);
#include "limbeck/CommandLine/Commands.def"
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success &request) { // --help, --version
    return app.exit(request);
  } catch (const CLI::ParseError &failure) {
    std::string text = failure.what();
    if (argc < 2)
      text = "expected a command, found none";
    else if (argv[1][0] != '-' && !hasCommand(app, argv[1]))
      text = message("expected a command, found '", argv[1], "'");
    return console.fail(
        error(Code::Flag, text).withHint("limbeck --help lists commands, limbeck COMMAND --help flags"));
  }
  return set.run();
}

int runCommandLine(int argc, char **argv) {
  installInterruptHandler();
  try {
    if (argc == 2 && std::string_view(argv[1]) == session::kWorkerCommand)
      return session::runWorker();
    return parseAndRun(argc, argv);
  } catch (const std::bad_alloc &) {
    return Console().fail(error(Code::Memory, "no memory left"));
  } catch (const std::exception &exception) {
    return Console().fail(error(Code::Internal, exception.what()));
  }
}

} // namespace limbeck::command
