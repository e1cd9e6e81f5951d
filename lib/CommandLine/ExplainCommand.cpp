// limbeck explain
#include "Gates.h"
#include "InputFiles.h"
#include "Interruption.h"
#include "RecipeFlags.h"
#include "limbeck/CommandLine/CommandSet.h"
#include "limbeck/CommandLine/Flags.h"
#include "limbeck/Session/Explain.h"
#include "limbeck/Session/FileKind.h"
#include "limbeck/Support/File.h"
#include "limbeck/Support/Printable.h"
#include <cmath>
#include <filesystem>

namespace limbeck::command {

namespace {
struct ExplainFlags {
  session::ExplainOptions options;
  RecipeFlags recipe;
  std::string html, overlay, output;
  std::optional<double> minSqnr;
  bool noWorker = false;
};
} // namespace

static void explainFlags(CLI::App &command, ExplainFlags &flags) {
  session::ExplainOptions &options = flags.options;
  command.add_option("FLOAT", options.model.path, "an ONNX file of floats")->required();
  command.add_option("QUANTIZED", options.statistics,
                     "statistics that calibrate collected (.json): the model that quantize --stats makes of "
                     "them, with the "
                     "same recipe and flags; or an .onnx that another tool quantized. --dynamic and "
                     "--weight-only need neither");
  const char *group = "Data";
  command
      .add_option("--data", options.dataSet,
                  "samples to compare with: an .npz, .npy, folder or list of paths")
      ->type_name("SET")
      ->required()
      ->group(group);
  command.add_option("--samples", options.samples, "at most the first N; 32 when not given")
      ->type_name("N")
      ->group(group)
      ->check(between(1, 1 << 29));
  addShapeFlags(command, options.model);
  addThreadsFlag(command, options.threads);
  addRecipeFlags(command, flags.recipe);
  addFormFlags(command, flags.recipe);
  group = "Repairs";
  command.add_option("--worst", options.worst, "layers to look for repairs of; 10 when not given")
      ->type_name("N")
      ->group(group)
      ->check(between(0, 10000));
  command
      .add_option("--time", options.timed,
                  "repairs to compile and time beside the model without them; 3 when not given")
      ->type_name("N")
      ->group(group)
      ->check(between(0, 10000));
  command.add_option("--apply", options.apply, "put the first N repairs into a recipe")
      ->type_name("N")
      ->group(group)
      ->check(between(1, 10000));
  command.add_option("-o,--output", flags.output, "the recipe to write")
      ->type_name("recipe.yaml")
      ->check(endsIn(".yaml"))
      ->group(group);
  group = "Reports";
  command.add_option("--html", flags.html, "a page with plots")
      ->type_name("report.html")
      ->check(endsIn(".html"))
      ->group(group);
  command.add_option("--overlay", flags.overlay, "node data for Model Explorer")
      ->type_name("overlay.json")
      ->check(endsIn(".json"))
      ->group(group);
  command.add_option("--min-sqnr", flags.minSqnr, "exit with 4 when an output has less signal to noise")
      ->type_name("DB")
      ->check(between(-1000.0, 1000.0))
      ->group("Gates");
  command.add_flag("--no-worker", flags.noWorker, "compile in this process")->group("Development");
}

static InputFiles inputsOf(const ExplainFlags &flags) {
  const session::ExplainOptions &options = flags.options;
  return InputFiles()
      .add(options.model)
      .add(options.statistics)
      .add(flags.recipe.recipe)
      .addSet(options.dataSet);
}

static bool isModel(const std::string &path) {
  return std::filesystem::path(path).extension() == ".onnx";
}

/// Statistics are text; any other file that is called by their name was meant to be a model.
static Status expectQuantized(const std::string &path) {
  if (path.empty() || isModel(path))
    return {};
  LIMBECK_ASSIGN(session::FileKind kind, session::kindOfFile(path));
  if (kind == session::FileKind::Text)
    return {};
  return error(Code::Parse,
               "expected statistics of calibrate (.json), or a model that is quantized (.onnx), found ",
               kind == session::FileKind::Artifact ? "an artifact" : "another file")
      .atFile(path)
      .withHint(kind == session::FileKind::Artifact
                    ? "limbeck quantize -o model.int8.onnx writes a model; explain takes statistics as well"
                    : "");
}

static Status checkFlags(const ExplainFlags &flags) {
  LIMBECK_TRY(expectQuantized(flags.options.statistics));
  if ((flags.options.apply > 0) != !flags.output.empty())
    return error(Code::Flag, "expected --apply N and -o recipe.yaml together, found ",
                 flags.output.empty() ? "--apply" : "-o", " alone");
  for (const std::string &path : {flags.html, flags.overlay, flags.output})
    if (!path.empty())
      LIMBECK_TRY(checkWritable(path, inputsOf(flags).paths()));
  if (isModel(flags.options.statistics) && (flags.options.apply > 0 || !flags.recipe.recipe.empty()))
    return error(Code::Flag, "expected statistics of calibrate with ",
                 flags.options.apply > 0 ? "--apply" : "--recipe",
                 ", found a model that is quantized already")
        .atFile(flags.options.statistics)
        .withHint("limbeck calibrate model.onnx --data samples.npz --collect histogram -o stats.json");
  return {};
}

static int runExplain(const ExplainFlags &flags, Console &console) {
  session::ExplainOptions options = flags.options;
  options.worker = !flags.noWorker;
  options.worst = std::max(options.worst, options.apply);
  if (Status status = checkFlags(flags); !status.ok())
    return console.fail(status.diagnostic());
  Expected<quantize::Recipe> recipe = readRecipe(flags.recipe);
  if (!recipe.ok())
    return console.fail(recipe.diagnostic());
  for (const std::string &note : quantize::idleSettings(*recipe))
    console.note(printable(note));
  options.recipe = std::move(*recipe);
  if (isModel(options.statistics)) {
    if (!options.recipe.rules.empty())
      return console.fail(
          error(Code::Flag, "expected no rules for a model that is quantized already, found some")
              .withHint("flags of the recipe go with statistics of calibrate"));
    options.quantized = std::move(options.statistics);
    options.statistics.clear();
  }
  Expected<session::ExplainReport> report = session::explain(options, console.progress());
  if (!report.ok()) {
    // Samples and models name their files; what is left to be wrong are the ranges.
    Diagnostic &diagnostic = report.diagnostic();
    if (diagnostic.code == Code::Calibration && diagnostic.file.empty())
      diagnostic.atFile(options.quantized.empty() ? options.statistics : options.quantized);
    return console.fail(diagnostic);
  }
  if (report->interrupted)
    return interruptedWithNothing(report->interrupted, console);
  for (const std::string &note : report->notes)
    console.note(note);
  OutputFiles files(inputsOf(flags).paths());
  std::string page = session::explainHtml(*report), overlay = session::explainOverlay(*report),
              rules = quantize::recipeText(report->recipe);
  Status status;
  for (auto [path, text] :
       {std::pair(&flags.html, &page), {&flags.overlay, &overlay}, {&flags.output, &rules}})
    if (!path->empty() && status.ok())
      status = files.add(*path, bytesOf(*text));
  if (status.ok())
    status = files.commit();
  if (!status.ok())
    return console.fail(status.diagnostic());
  console.result(console.json ? session::explainJson(*report) : session::explainText(*report));
  if (!flags.output.empty())
    console.note(message("wrote ", printable(flags.output), ": ", report->repairs, " repairs"));
  if (!flags.minSqnr || report->reached >= *flags.minSqnr)
    return 0;
  if (!std::isfinite(report->reached))
    return console.fail(error(Code::Gate, "expected at least ", *flags.minSqnr,
                              " dB, found none: outputs cannot be compared"));
  Diagnostic gate = tooNoisy(*flags.minSqnr, report->reached);
  // What is given has no repairs, and those that there are may be in already.
  if (options.quantized.empty() && options.apply == 0)
    gate.withHint("--apply N -o recipe.yaml writes the first N repairs");
  return console.fail(gate);
}

void addExplainCommand(CommandSet &set) {
  set.add<ExplainFlags>(
      {"explain", "Show which layers lose accuracy to quantization, and what repairs them",
       "  limbeck calibrate model.onnx --data samples.npz --collect histogram -o stats.json\n"
       "  limbeck explain model.onnx stats.json --data samples.npz\n"
       "  limbeck explain model.onnx stats.json --data samples.npz --html report.html --overlay "
       "overlay.json\n"
       "  limbeck explain model.onnx stats.json --data samples.npz --apply 5 -o recipe.yaml --min-sqnr 20\n"
       "  limbeck quantize model.onnx --data samples.npz --recipe recipe.yaml -o model.lmb\n"
       "  limbeck explain model.onnx --data samples.npz --dynamic\n"
       "  limbeck explain model.onnx quantized_by_another_tool.onnx --data samples.npz\n"},
      explainFlags, runExplain);
}

} // namespace limbeck::command
