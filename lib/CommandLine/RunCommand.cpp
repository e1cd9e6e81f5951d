// limbeck run
#include "InputFiles.h"
#include "limbeck/CommandLine/CommandSet.h"
#include "limbeck/CommandLine/Flags.h"
#include "limbeck/Session/RunModel.h"
#include "limbeck/Session/SampleShapes.h"
#include "limbeck/Support/Counted.h"
#include "limbeck/Support/Printable.h"

namespace limbeck::command {

namespace {
struct RunFlags {
  session::RunOptions options;
  std::string dataSet;
  OutputTargets targets;
  bool noWorker = false;
};
} // namespace

static void runFlags(CLI::App &command, RunFlags &flags) {
  session::RunOptions &options = flags.options;
  addModelArgument(command, options.model, "MODEL|ARTIFACT");
  addInputFlags(command, options.inputs);
  addEntryFlag(command, options.entry);
  command
      .add_option("--data", flags.dataSet,
                  "run every sample of an .npz, .npy, folder or list; outputs have one row per sample")
      ->type_name("SET")
      ->group("Inputs")
      ->excludes("--input");
  addOutputFlags(command, flags.targets);
  addShapeFlags(command, options.model);
  addPrecisionFlag(command, options.model);
  addThreadsFlag(command, options.threads);
  command.add_option("--spin-us", options.spinMicroseconds, "how long idle threads spin; 0 turns it off")
      ->type_name("MICROSECONDS")
      ->check(between(0, 1000));
  addMapFlag(command, options.mapWeights);
  command
      .add_flag("--reference", options.reference,
                "compute with the interpreter instead of compiled code: slow, the same bits (but for "
                "--precision bf16)")
      ->excludes("--mmap");
  addStageFlag(command, "--reference-stage", options.referenceStage,
               "the stage behind which the interpreter computes", pipeline::Stage::Fuse)
      ->needs("--reference");
  command.add_flag("--no-worker", flags.noWorker, "compile in this process")->group("Development");
}

static int runSet(session::RunOptions options, const RunFlags &flags, Console &console) {
  const OutputTargets &targets = flags.targets;
  if (targets.archive.empty() || !targets.files.empty() || !targets.folder.empty())
    return console.fail(error(Code::Flag, "expected -o outputs.npz with --data, found ",
                              targets.empty() ? "none" : "other outputs"));
  Expected<std::string> shapes = session::takeShapesOfSamples(options.model, flags.dataSet);
  if (!shapes.ok())
    return console.fail(shapes.diagnostic());
  if (!shapes->empty())
    console.note(printable(*shapes));
  Expected<session::DataSetRun> run =
      session::runDataSet(options, flags.dataSet, targets.archive, console.progress());
  if (!run.ok())
    return console.fail(run.diagnostic());
  if (console.json)
    console.result(outputsJson(run->outputs));
  for (const std::string &note : run->notes)
    console.note(printable(note));
  if (run->interrupted)
    console.note(message("interrupted: ", printable(targets.archive), " has the first ",
                         counted(run->samples, "sample")));
  else
    console.note(message("wrote ", printable(targets.archive), ": ", counted(run->samples, "sample")));
  return run->interrupted;
}

static int runRun(const RunFlags &flags, Console &console) {
  session::RunOptions options = flags.options;
  options.worker = !flags.noWorker;
  const std::vector<std::string> inputs =
      InputFiles().add(options.model).addArguments(options.inputs).addSet(flags.dataSet).paths();
  if (Status status = checkTargets(flags.targets, inputs); !status.ok())
    return console.fail(status.diagnostic());
  if (options.mapWeights)
    console.note(kMappedNote);
  if (!flags.dataSet.empty())
    return runSet(options, flags, console);
  if (Status status = session::takeShapesOfInputs(options.model, options.inputs); !status.ok())
    return console.fail(status.diagnostic());
  Expected<std::vector<NamedTensor>> outputs = session::runModel(options, console.progress());
  if (!outputs.ok())
    return console.fail(outputs.diagnostic());
  if (Status status = writeOutputs(*outputs, flags.targets, inputs); !status.ok())
    return console.fail(status.diagnostic());
  if (console.json)
    console.result(outputsJson(*outputs, flags.targets));
  else if (flags.targets.empty())
    console.result(outputSummary(*outputs));
  return 0;
}

void addRunCommand(CommandSet &set) {
  set.add<RunFlags>(
      {"run", "Run a model or an artifact",
       "  limbeck run model.lmb --input x=@x.npy --output y=@y.npy\n"
       "  limbeck run model.lmb --input x=random:1\n"
       "  limbeck run model.lmb --data samples.npz -o outputs.npz --threads 4\n"
       "  limbeck run model.lmb --mmap --input x=@x.npy --output y=@y.npy\n"
       "  limbeck run model.onnx --input x=random:1 --precision bf16\n"
       "  limbeck run model.onnx --reference --shape x=1x3x48x320 --input @x.npy --outputs y.npz\n"},
      runFlags, runRun);
}

} // namespace limbeck::command
