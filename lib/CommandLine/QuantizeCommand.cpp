// limbeck quantize
#include "CompiledOutput.h"
#include "Gates.h"
#include "InputFiles.h"
#include "Interruption.h"
#include "RecipeFlags.h"
#include "limbeck/CommandLine/CommandSet.h"
#include "limbeck/CommandLine/Flags.h"
#include "limbeck/Session/Quantize.h"
#include "limbeck/Session/SampleShapes.h"
#include "limbeck/Support/File.h"
#include "limbeck/Support/Printable.h"

namespace limbeck::command {

namespace {
struct QuantizeFlags {
  session::QuantizeOptions options;
  RecipeFlags recipe;
  std::string output;
  bool printRecipe = false, noWorker = false, failIfSlower = false, noBench = false;
  std::optional<double> minSqnr;
  CLI::Option *to = nullptr;
};
} // namespace

/// A stage, or a step of quantization, which is behind stage graph.
static CLI::Option *addLastFlag(CLI::App &command, session::CompileOptions &compile) {
  std::string names = "observe, choose, fold, graph, quantize, layout, fuse, lower";
  auto parse = [&compile, names](const std::string &text) {
    auto step = pipeline::quantizationStepFromName(text);
    auto stage = pipeline::stageFromName(text);
    if ((!step || *step == pipeline::QuantizationStep::Round) && !stage)
      throw CLI::ValidationError("--to", message("expected one of ", names, ", found '", text, "'"));
    compile.to = stage.value_or(pipeline::Stage::Graph);
    compile.quantization.last = step.value_or(pipeline::QuantizationStep::Round);
  };
  return command
      .add_option_function<std::string>(
          "--to", parse, "last step or stage to run; before lower, OUT ends in .mlir: " + names)
      ->type_name("STAGE");
}

static void quantizeFlags(CLI::App &command, QuantizeFlags &flags) {
  session::CompileOptions &compile = flags.options.compile;
  addModelArgument(command, compile.model, "MODEL");
  command
      .add_option("-o,--output", flags.output,
                  "the file to write: .lmb (artifact), .onnx, .o, .so, .mlir, .ll or .s")
      ->type_name("OUT");
  const char *group = "Data";
  command
      .add_option(
          "--data", flags.options.dataSet,
          "samples to calibrate with; some are held back to measure accuracy. With --stats, accuracy is "
          "measured with all")
      ->type_name("SET")
      ->group(group);
  command.add_option("--stats", compile.quantization.statistics, "statistics that calibrate collected")
      ->type_name("stats.json")
      ->group(group);
  addShapeFlags(command, compile.model);
  command
      .add_option("--target", compile.target,
                  "cpu: every level of this machine's architecture; cpu:native; cpu:LEVEL[,LEVEL..]")
      ->type_name("T");
  addPrecisionFlag(command, compile.model);
  flags.to = addLastFlag(command, compile);
  addThreadsFlag(command, flags.options.threads);
  addRecipeFlags(command, flags.recipe);
  addFormFlags(command, flags.recipe);
  command.add_flag("--print-recipe", flags.printRecipe, "print all rules that would be used, and stop")
      ->group("What is quantized, and how");
  group = "Gates";
  command
      .add_flag("--fail-if-slower", flags.failIfSlower,
                "exit with 4 when the quantized model is slower than float on this machine")
      ->group(group);
  command.add_option("--min-sqnr", flags.minSqnr, "exit with 4 when an output has less signal to noise")
      ->type_name("DB")
      ->check(between(-1000.0, 1000.0))
      ->group(group);
  command.add_flag("--no-bench", flags.noBench, "do not measure float beside the quantized model")
      ->group(group);
  command.add_flag("--no-worker", flags.noWorker, "compile in this process")->group("Development");
}

static Status checkFlags(const QuantizeFlags &flags) {
  const std::string &weightOnly = flags.recipe.weightOnly;
  if (!weightOnly.empty() && weightOnly != "int8" && weightOnly != "int4")
    return error(Code::Flag, "expected --weight-only int8 or int4, found '", printable(weightOnly), "'");
  const std::string &dynamic = flags.recipe.dynamic;
  if (!dynamic.empty() && dynamic != "int8" && dynamic != "int4")
    return error(Code::Flag, "expected --dynamic, --dynamic=int8 or --dynamic=int4, found '",
                 printable(dynamic), "'");
  if (flags.recipe.perRow && dynamic.empty())
    return error(Code::Flag, "expected --dynamic with --per-row: fixed ranges are of whole tensors");
  if (!weightOnly.empty() && !dynamic.empty())
    return error(Code::Flag, "expected one of --weight-only and --dynamic, found both");
  if (flags.output.empty())
    return error(Code::Flag, "expected -o with the file to write, found none");
  bool samples = !flags.options.dataSet.empty() || !flags.options.compile.quantization.statistics.empty();
  bool steps = flags.options.compile.quantization.last != pipeline::QuantizationStep::Round;
  if (steps && !flags.output.ends_with(".mlir"))
    return error(Code::Flag, "expected an output file that ends in .mlir with --to ",
                 flags.to->as<std::string>(), ", found ", printable(flags.output));
  samples |= flags.options.compile.quantization.last == pipeline::QuantizationStep::Observe;
  // A recipe of the user's may do without, too: a tensor that needs statistics will say so.
  if (!samples && dynamic.empty() && weightOnly.empty() && flags.recipe.recipe.empty())
    return error(Code::Flag, "expected --data with samples or --stats with statistics, found neither")
        .withHint("limbeck quantize model.onnx --data samples.npz -o model.lmb");
  if (flags.to->count() && flags.options.compile.to == pipeline::Stage::Import)
    return error(
        Code::Flag,
        "expected --to graph or a later stage: the model is quantized behind stage graph, found import");
  if (flags.failIfSlower && flags.noBench)
    return error(Code::Flag, "expected one of --fail-if-slower, which measures, and --no-bench, found both");
  if (flags.minSqnr && flags.options.dataSet.empty())
    return error(Code::Flag, "expected --data with --min-sqnr: accuracy is measured with samples");
  return {};
}

/// A gate that could not be measured has not been passed.
static Status checkGates(const QuantizeFlags &flags, const session::QuantizeReport &report) {
  if (flags.failIfSlower) {
    std::optional<session::Speedup> speedup = report.speedup();
    if (!speedup)
      return error(Code::Gate, "expected times with --fail-if-slower, found none: nothing was measured");
    if (speedup->isSlower())
      return error(Code::Gate, report.choice.formText(),
                   " is slower than float: ", measuredText(speedup->ratio), " times as fast, between ",
                   measuredText(speedup->least), " and ", measuredText(speedup->greatest));
  }
  if (!flags.minSqnr)
    return {};
  std::optional<double> sqnr = report.leastSignalToNoise();
  if (!sqnr)
    return error(Code::Gate, "expected accuracy with --min-sqnr, found none: nothing was measured");
  if (*sqnr < *flags.minSqnr)
    return tooNoisy(*flags.minSqnr, *sqnr);
  return {};
}

static int runQuantize(const QuantizeFlags &flags, Console &console) {
  Expected<quantize::Recipe> recipe = readRecipe(flags.recipe);
  if (!recipe.ok())
    return console.fail(recipe.diagnostic());
  if (flags.printRecipe) {
    quantize::Recipe all = quantize::defaultRecipe();
    all.rules.insert(all.rules.end(), recipe->rules.begin(), recipe->rules.end());
    console.result(console.json ? session::recipeJson(all) : quantize::recipeText(all));
    return 0;
  }
  if (Status status = checkFlags(flags); !status.ok())
    return console.fail(status.diagnostic());
  const std::vector<std::string> idle = quantize::idleSettings(*recipe);
  for (const std::string &note : idle)
    console.note(printable(note));
  if (Expected<quantize::Recipe> ofFlags = shorthandRecipe(flags.recipe);
      ofFlags.ok() && !ofFlags->rules.empty())
    console.note(message("the flags stand for these rules:\n", quantize::rulesText(*ofFlags)));
  session::QuantizeOptions options = flags.options;
  session::CompileOptions &compile = options.compile;
  const std::vector<std::string> inputs = InputFiles()
                                              .add(compile.model)
                                              .add(compile.quantization.statistics)
                                              .add(flags.recipe.recipe)
                                              .addSet(options.dataSet)
                                              .paths();
  if (Status status = prepareOutput(compile, flags.output, flags.to->count() != 0, inputs); !status.ok())
    return console.fail(status.diagnostic());
  compile.quantization.recipe = quantize::recipeText(*recipe);
  if (!options.dataSet.empty() && compile.to == pipeline::Stage::Lower) {
    Expected<std::string> shapes = session::takeShapesOfSamples(compile.model, options.dataSet);
    if (!shapes.ok())
      return console.fail(shapes.diagnostic());
    if (!shapes->empty())
      console.note(printable(*shapes));
  }
  options.worker = !flags.noWorker;
  options.needAccuracy = flags.minSqnr.has_value();
  // The text of a stage is looked at, not run, unless a gate asks for a run.
  bool isText = compile.product == session::Product::Mlir || compile.product == session::Product::LlvmIr ||
                compile.product == session::Product::Assembly;
  options.measure = !isText || flags.failIfSlower || flags.minSqnr;
  options.measureSpeed = !flags.noBench && options.measure;
  Expected<session::QuantizeReport> report = session::quantize(options, console.progress());
  if (!report.ok())
    return console.fail(report.diagnostic());
  for (const std::string &note : report->notes)
    console.note(note);
  report->notes.insert(report->notes.begin(), idle.begin(), idle.end());
  if (report->interrupted)
    return interruptedWithNothing(report->interrupted, console);
  console.result(console.json ? session::quantizeJson(*report, flags.output)
                              : session::quantizeText(*report));
  // What does not pass is not written.
  if (Status status = checkGates(flags, *report); !status.ok())
    return console.fail(status.diagnostic());
  OutputFiles files(inputs);
  Status status = addOutput(files, compile, flags.output, report->output);
  if (status.ok())
    status = files.commit();
  if (!status.ok())
    return console.fail(status.diagnostic());
  console.note(message("wrote ", printable(flags.output), ": ", report->output.size(), " bytes"));
  return 0;
}

void addQuantizeCommand(CommandSet &set) {
  set.add<QuantizeFlags>(
      {"quantize", "Quantize a float model",
       "  limbeck quantize model.onnx --data samples.npz -o model.lmb\n"
       "  limbeck quantize model.onnx --stats stats.json --dim N=1 -o model.lmb\n"
       "  limbeck quantize model.onnx --data samples.npz --exclude '^head/' --method mse -o model.lmb\n"
       "  limbeck quantize model.onnx --data samples.npz --recipe recipe.yaml --min-sqnr 20 -o model.lmb\n"
       "  limbeck quantize model.onnx --data samples.npz -o model.int8.onnx\n"
       "  limbeck quantize model.onnx --dynamic -o model.lmb\n"
       "  limbeck quantize model.onnx --print-recipe\n"},
      quantizeFlags, runQuantize);
}

} // namespace limbeck::command
