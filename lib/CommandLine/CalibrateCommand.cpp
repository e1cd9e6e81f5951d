// limbeck calibrate
#include "InputFiles.h"
#include "Interruption.h"
#include "RecipeFlags.h"
#include "limbeck/CommandLine/CommandSet.h"
#include "limbeck/CommandLine/Flags.h"
#include "limbeck/Session/Calibrate.h"
#include "limbeck/Session/Json.h"
#include "limbeck/Support/Counted.h"
#include "limbeck/Support/File.h"
#include "limbeck/Support/Printable.h"
#include <filesystem>
#include <set>

namespace limbeck::command {

using calibration::Statistics;

namespace {
struct CalibrateFlags {
  session::CalibrateOptions options;
  std::string recipe;
  std::vector<std::string> merge;
  std::string collect = "minmax", output;
  bool resume = false, noWorker = false;
  CLI::App *command = nullptr;

  InputFiles inputs() const { return InputFiles().add(options.model).add(recipe).addSet(options.dataSet); }
};
} // namespace

static void calibrateFlags(CLI::App &command, CalibrateFlags &flags) {
  session::CalibrateOptions &options = flags.options;
  flags.command = &command;
  command.add_option("MODEL", options.model.path, "an ONNX file of floats");
  command.add_option("--data", options.dataSet, "samples: an .npz, .npy, folder or list of paths")
      ->type_name("SET")
      ->group("Inputs");
  command.add_option("--samples", options.samples, "the first N samples only; all when not given")
      ->type_name("N")
      ->group("Inputs")
      ->check(between(1, 1 << 29));
  command
      .add_option(
          "--collect", flags.collect,
          "minmax (always); histogram, for the methods percentile, entropy and mse; channels, greatest "
          "values per channel; gram, matrices for GPTQ; means per channel, to correct biases; with commas")
      ->type_name("LIST");
  command.add_option("-o,--output", flags.output, "the statistics to write")
      ->required()
      ->type_name("stats.json")
      ->check(endsIn(".json"));
  command
      .add_option("--recipe", flags.recipe,
                  "observe what quantize would with this recipe, more than by default")
      ->type_name("recipe.yaml");
  command.add_flag("--resume", flags.resume, "go on behind the samples that the file to write has already");
  command.add_option("--merge", flags.merge, "add up files of statistics, in place of MODEL and --data")
      ->type_name("A.json B.json..")
      ->expected(1, -1);
  addShapeFlags(command, options.model);
  addThreadsFlag(command, options.threads);
  command.add_flag("--no-worker", flags.noWorker, "compile in this process")->group("Development");
}

/// Writes the statistics and says so.
static int finishCalibrate(const Statistics &statistics, const CalibrateFlags &flags,
                           std::span<const std::string> notes, int interrupted, bool resumable,
                           Console &console) {
  const std::string &output = flags.output;
  if (Status status = calibration::writeStatistics(output, statistics, flags.inputs().paths()); !status.ok())
    return console.fail(status.diagnostic());
  if (console.json)
    console.result(session::jsonDocument([&](llvm::json::OStream &json) {
      json.attribute("output", session::jsonText(output));
      json.attribute("samples", statistics.samples);
      json.attribute("tensors", static_cast<int64_t>(statistics.tensors.size()));
      json.attribute("interrupted", interrupted != 0);
      json.attribute("notes", session::jsonTexts(notes));
    }));
  for (const std::string &note : notes)
    console.note(printable(note));
  if (interrupted)
    console.note(message("interrupted: ", printable(output), " has the first ",
                         counted(statistics.samples, "sample"), "; ",
                         resumable ? "--resume goes on from there"
                                   : "with a rule for smooth, --resume does not go on from there"));
  else
    console.note(message("wrote ", printable(output), ": ", counted(statistics.samples, "sample"), ", ",
                         counted(statistics.tensors.size(), "tensor")));
  return interrupted;
}

/// --merge listens to the console's flags and to -o.
static Status expectMergeAlone(const CLI::App &command) {
  for (const CLI::Option *option : command.get_options())
    if (std::string name = option->get_name();
        option->count() > 0 && option->get_group() != "Console" && name != "--merge" && name != "--output")
      return error(Code::Flag, "expected --merge without ", name, ", found both");
  return {};
}

static int runMerge(const CalibrateFlags &flags, Console &console) {
  if (Status status = expectMergeAlone(*flags.command); !status.ok())
    return console.fail(status.diagnostic());
  std::optional<Statistics> all;
  std::vector<std::string> notes;
  std::set<size_t> contents;
  for (const std::string &path : flags.merge) {
    Expected<std::vector<std::byte>> bytes = readFile(path);
    if (!bytes.ok())
      return console.fail(bytes.diagnostic());
    std::string_view text(reinterpret_cast<const char *>(bytes->data()), bytes->size());
    if (!contents.insert(std::hash<std::string_view>()(text)).second)
      notes.push_back(message(path, " is equal to a file before it: its samples count twice"));
    Expected<Statistics> part = calibration::parseStatistics(*bytes, path);
    if (!part.ok())
      return console.fail(part.diagnostic());
    if (!all) {
      all = std::move(*part);
      continue;
    }
    if (Status status = all->merge(*part); !status.ok())
      return console.fail(status.diagnostic().atFile(path));
  }
  return finishCalibrate(*all, flags, notes, 0, true, console);
}

/// What an earlier run left; nothing when there is no file yet.
static Expected<std::optional<Statistics>> readBefore(const CalibrateFlags &flags) {
  std::error_code failure;
  if (!flags.resume || !std::filesystem::exists(flags.output, failure))
    return std::optional<Statistics>();
  Expected<Statistics> before = calibration::readStatistics(flags.output);
  if (!before.ok())
    return before.diagnostic().withHint("without --resume the file is written anew");
  return std::optional(std::move(*before));
}

static int runCalibrate(const CalibrateFlags &flags, Console &console) {
  session::CalibrateOptions options = flags.options;
  options.worker = !flags.noWorker;
  options.resumed = flags.output;
  if (Status status = checkWritable(flags.output, flags.inputs().paths()); !status.ok())
    return console.fail(status.diagnostic());
  if (!flags.merge.empty())
    return runMerge(flags, console);
  if (options.model.path.empty() || options.dataSet.empty())
    return console.fail(error(Code::Flag, "expected MODEL and --data SET, or --merge A.json B.json.., found ",
                              options.model.path.empty() ? "no MODEL" : "no --data"));
  Expected<calibration::Collect> collect = calibration::collectFromText(flags.collect);
  if (!collect.ok())
    return console.fail(collect.diagnostic());
  options.collect = *collect;
  if (!flags.recipe.empty()) {
    RecipeFlags recipeFlags;
    recipeFlags.recipe = flags.recipe;
    Expected<quantize::Recipe> recipe = readRecipe(recipeFlags);
    if (!recipe.ok())
      return console.fail(recipe.diagnostic());
    options.recipe = quantize::recipeText(*recipe);
  }
  Expected<std::optional<Statistics>> before = readBefore(flags);
  if (!before.ok())
    return console.fail(before.diagnostic());
  Expected<session::CalibrateReport> report =
      session::calibrateSmoothed(options, *before, console.progress());
  if (!report.ok())
    return console.fail(report.diagnostic());
  if (report->statistics.samples == 0)
    return interruptedWithNothing(report->interrupted, console);
  return finishCalibrate(report->statistics, flags, report->notes, report->interrupted, report->resumable,
                         console);
}

void addCalibrateCommand(CommandSet &set) {
  set.add<CalibrateFlags>(
      {"calibrate", "Collect statistics of a model's tensors, from which quantize chooses ranges",
       "  limbeck calibrate model.onnx --data samples.npz -o stats.json\n"
       "  limbeck calibrate model.onnx --data folder --collect histogram --samples 500 -o stats.json\n"
       "  limbeck calibrate model.onnx --data folder --recipe recipe.yaml -o stats.json\n"
       "  limbeck calibrate model.onnx --data folder -o stats.json --resume\n"
       "  limbeck calibrate --merge one.json two.json -o stats.json\n"
       "Ctrl-C keeps the samples that were seen; --resume goes on from there. Statistics of parts of the "
       "data merge\n"
       "to those of all of it, byte for byte, in any order; with gram, but for the name of the file of "
       "matrices.\n"},
      calibrateFlags, runCalibrate);
}

} // namespace limbeck::command
