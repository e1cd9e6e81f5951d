// Parsing of argv: the library's errors become ours, and interruption has its own exit code.
#include "limbeck/CommandLine/CommandLine.h"
#include "ArgumentErrors.h"
#include "Interruption.h"
#include "limbeck/CommandLine/CommandSet.h"
#include "limbeck/CommandLine/Flags.h"
#include "limbeck/Session/Version.h"
#include "limbeck/Session/Worker.h"
#include "limbeck/Support/Interrupt.h"
#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <new>
#include <sstream>
#include <unistd.h>

namespace limbeck::command {

/// Taken before and behind the name of a command.
static void addConsoleFlags(CLI::App &command, Console &console) {
  command.add_flag("--json", console.json, "results and errors as one JSON document on standard output")
      ->group("Console");
  command.add_flag("--quiet,-q", console.quiet, "no notes and no progress")->group("Console");
  command.add_option("--color", console.color, "auto, always or never")
      ->type_name("WHEN")
      ->check(oneOf({"auto", "always", "never"}))
      ->group("Console");
}

CLI::App *CommandSet::addBare(const CommandText &text) {
  CLI::App *command = app.add_subcommand(text.name, text.about);
  if (*text.examples)
    command->footer(std::string("Examples:\n") + text.examples);
  addConsoleFlags(*command, console);
  return command;
}

/// `help` as another way to say `--help`: `help run` is `run --help`.
static std::vector<std::string> argumentsOf(int argc, char **argv) {
  std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
  if (arguments.empty() || arguments.front() != "help")
    return arguments;
  arguments.erase(arguments.begin());
  arguments.emplace_back("--help");
  return arguments;
}

static int parseAndRun(std::vector<std::string> arguments) {
  CLI::App app("Compiles ONNX networks, float and quantized, to native code.", "limbeck");
  app.set_version_flag("--version", std::string("limbeck ") + session::kVersion);
  app.require_subcommand(1);
  app.footer("limbeck COMMAND --help explains a command and shows examples.\n"
             "Exit codes: 0 done, 1 failure while running, 2 bad input or flags, 3 not supported, 4 a gate "
             "failed, 130 interrupted.");
  Console console;
  // Before the parser knows: an error in the flags is to have the form that the flags ask for.
  console.json = std::ranges::find(arguments, "--json") != arguments.end();
  addConsoleFlags(app, console);
  CommandSet set(app, console);
#define LIMBECK_COMMAND(name) add##name##Command(set);
#include "limbeck/CommandLine/Commands.def"
  try {
    // The parser takes them from the end.
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::Success &request) { // --help, --version
    std::ostringstream text;
    app.exit(request, text, text);
    console.json = false;
    console.result(text.str());
    return console.finish(0);
  } catch (const CLI::ParseError &failure) {
    return console.finish(console.fail(argumentError(app, failure, arguments)));
  }
  announceInterruption(console, kNothingWritten, kAllWritten);
  int code = set.run();
  sayWhenInterrupted(STDERR_FILENO, ""); // the command has said what became of it
  return console.finish(code);
}

/// A file opened on the number of a closed standard stream would be taken for it; writing to a closed one is to fail.
static void openStandardStreams() {
  for (int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(number, F_GETFD) < 0)
      (void)::open("/dev/null",
                   number == STDERR_FILENO ? O_WRONLY : O_RDONLY); // takes the lowest free number
}

int runCommandLine(int argc, char **argv) {
  openStandardStreams();
  // A file that grows beyond the limit of the system is an error of writing, not an end without a word.
  ::signal(SIGXFSZ, SIG_IGN);
  installInterruptHandler();
  try {
    if (argc == 2 && std::string_view(argv[1]) == session::kWorkerCommand)
      return session::runWorker();
    return parseAndRun(argumentsOf(argc, argv));
  } catch (const std::bad_alloc &) {
    return Console().fail(error(Code::Memory, "no memory left"));
  } catch (const std::exception &exception) {
    return Console().fail(error(Code::Internal, exception.what()));
  }
}

} // namespace limbeck::command
