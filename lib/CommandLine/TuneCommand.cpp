// limbeck tune
#include "InputFiles.h"
#include "Interruption.h"
#include "limbeck/CommandLine/CommandSet.h"
#include "limbeck/CommandLine/Flags.h"
#include "limbeck/Session/Tune.h"
#include "limbeck/Support/File.h"
#include "limbeck/Support/Printable.h"

namespace limbeck::command {

namespace {
struct TuneFlags {
  session::TuneOptions options;
  bool noWorker = false;
};
} // namespace

static void tuneFlags(CLI::App &command, TuneFlags &flags) {
  session::TuneOptions &options = flags.options;
  addModelArgument(command, options.model, "MODEL");
  command
      .add_option("-o,--output", options.output,
                  "the tuning file to write, for compile --tuning; one that is there is continued")
      ->required()
      ->type_name("tuning.json")
      ->check(endsIn(".json"));
  addShapeFlags(command, options.model);
  addThreadsFlag(command, options.threads);
  command
      .add_option("--candidates", options.candidates,
                  "tiles to try for each problem beside the cost model's own; 16 when not given")
      ->type_name("N")
      ->check(between(1, 1000));
  command
      .add_option("--seconds", options.seconds,
                  "seconds to measure for at a time, three times for each candidate; 0.1 when not given")
      ->type_name("SECONDS")
      ->check(between(0.01, 60.0));
  command.add_flag("--no-worker", flags.noWorker, "compile in this process")->group("Development");
}

static int runTune(const TuneFlags &flags, Console &console) {
  session::TuneOptions options = flags.options;
  options.worker = !flags.noWorker;
  if (Status status = checkWritable(options.output, InputFiles().add(options.model).paths()); !status.ok())
    return console.fail(status.diagnostic());
  constexpr const char *kGoesOn = "the same command goes on behind the last round that was whole";
  announceInterruption(console, kGoesOn, kGoesOn);
  Expected<session::TuneReport> report = session::tune(options, console.progress());
  if (!report.ok())
    return console.fail(report.diagnostic());
  console.result(console.json ? session::tuneJson(*report) : session::tuneText(*report));
  console.note(message("wrote ", printable(options.output), ": compile --tuning takes it"));
  return 0;
}

void addTuneCommand(CommandSet &set) {
  set.add<TuneFlags>({"tune", "Choose register tiles by measuring them on this machine",
                      "  limbeck tune model.onnx -o tuning.json\n"
                      "  limbeck tune model.onnx -o tuning.json --threads 4 --candidates 8\n"
                      "  limbeck compile model.onnx -o model.lmb --tuning tuning.json\n"
                      "Ctrl-C loses nothing but the round under way: the same command goes on from there.\n"},
                     tuneFlags, runTune);
}

} // namespace limbeck::command
