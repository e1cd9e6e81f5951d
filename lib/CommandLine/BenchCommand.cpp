// limbeck bench
#include "InputFiles.h"
#include "limbeck/CommandLine/CommandSet.h"
#include "limbeck/CommandLine/Flags.h"
#include "limbeck/Session/Bench.h"
#include "limbeck/Support/File.h"

namespace limbeck::command {

namespace {
struct BenchFlags {
  session::BenchOptions options;
  std::string trace;
  bool failIfSlower = false, noWorker = false;
};
} // namespace

static void benchFlags(CLI::App &command, BenchFlags &flags) {
  session::BenchOptions &options = flags.options;
  addModelArgument(command, options.model, "MODEL|ARTIFACT");
  command
      .add_option("--baseline", options.baselines,
                  "another model or artifact, measured in turns with the first")
      ->type_name("MODEL|ARTIFACT")
      ->allow_extra_args(false);
  addInputFlags(command, options.inputs);
  addEntryFlag(command, options.entry);
  addShapeFlags(command, options.model);
  addPrecisionFlag(command, options.model);
  addThreadsFlag(command, options.threads);
  addMapFlag(command, options.mapWeights);
  command.add_option("--streams", options.streams, "runs side by side")
      ->type_name("N")
      ->check(between(1, 1024));
  command.add_option("--warmup", options.warmupSeconds, "seconds of warm-up; at least ten runs in any case")
      ->type_name("SECONDS")
      ->check(between(0.5, 3600.0));
  command.add_option("--seconds", options.seconds, "seconds to measure each for")
      ->type_name("SECONDS")
      ->check(between(0.01, 86400.0));
  command.add_flag("--per-layer", options.perLayer,
                   "also the time of every kernel, what the machine could do in it, and the ten worst");
  command
      .add_option("--trace", flags.trace,
                  "the kernels of one run as a trace for Perfetto (ui.perfetto.dev), a track per worker")
      ->type_name("FILE.json")
      ->check(endsIn(".json"))
      ->needs("--per-layer");
  command
      .add_flag("--fail-if-slower", flags.failIfSlower,
                "exit code 4 when the median is above that of a baseline")
      ->needs("--baseline");
  command.add_flag("--no-worker", flags.noWorker, "compile in this process")->group("Development");
}

static int runBench(const BenchFlags &flags, Console &console) {
  session::BenchOptions options = flags.options;
  options.worker = !flags.noWorker;
  if (options.mapWeights)
    console.note(kMappedNote);
  InputFiles inputs = InputFiles().add(options.model).addArguments(options.inputs);
  for (const std::string &baseline : options.baselines)
    inputs.add(baseline);
  if (!flags.trace.empty())
    if (Status status = checkWritable(flags.trace, inputs.paths()); !status.ok())
      return console.fail(status.diagnostic());
  Expected<session::BenchReport> report = session::bench(options, console.progress());
  if (!report.ok())
    return console.fail(report.diagnostic());
  if (!flags.trace.empty()) {
    OutputFiles files(inputs.paths());
    std::string text = session::benchTrace(*report);
    Status status = files.add(flags.trace, bytesOf(text));
    if (status.ok())
      status = files.commit();
    if (!status.ok())
      return console.fail(status.diagnostic());
  }
  console.result(console.json ? session::benchJson(*report) : session::benchText(*report));
  if (report->model.precision == "int8" && report->baselines.empty())
    console.note("no comparison with float was made: --baseline takes the float model");
  for (const session::Measurement &baseline : report->baselines)
    if (flags.failIfSlower && report->model.p50Ms > baseline.p50Ms) {
      return console.fail(error(Code::Gate, "expected ", report->model.name, " to be no slower than ",
                                baseline.name, ", found ", session::milliseconds(report->model.p50Ms),
                                " ms and ", session::milliseconds(baseline.p50Ms), " ms"));
    }
  return 0;
}

void addBenchCommand(CommandSet &set) {
  set.add<BenchFlags>({"bench", "Measure how long a model takes",
                       "  limbeck bench model.lmb\n"
                       "  limbeck bench int8.lmb --baseline float.onnx --threads 4 --json\n"
                       "  limbeck bench model.onnx --precision bf16 --baseline model.onnx\n"
                       "  limbeck bench model.lmb --per-layer --seconds 5\n"
                       "  limbeck bench model.lmb --per-layer --trace trace.json --quiet\n"},
                      benchFlags, runBench);
}

} // namespace limbeck::command
