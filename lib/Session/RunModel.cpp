// run: compiled code or the interpreter, once or for every sample of a set.
#include "limbeck/Session/RunModel.h"
#include "Compiler.h"
#include "Executable.h"
#include "limbeck/Graph/Interpret/Interpreter.h"
#include "limbeck/Session/DataSet.h"
#include "limbeck/Support/Counted.h"
#include "limbeck/Support/Interrupt.h"
#include <algorithm>
#include <cmath>

namespace limbeck::session {

namespace {
/// Something that computes outputs from inputs, with the types of both.
struct Runner {
  std::vector<NamedType> inputs;
  std::vector<std::string> outputs;
  std::function<Expected<std::vector<Tensor>>(std::span<const Tensor>)> run;
  std::string inputHint; ///< when inputs do not fit: what there is to choose from
};
} // namespace

static Expected<Runner> compiledRunner(const RunOptions &options, const Progress &progress) {
  LIMBECK_ASSIGN(LoadExecutable load,
                 findExecutable(options.model, options.worker, progress, options.mapWeights));
  LIMBECK_ASSIGN(std::shared_ptr<const runtime::Model> model, load());
  Runner runner;
  runner.inputs = commonInputs(*model);
  if (!options.entry.empty()) {
    LIMBECK_ASSIGN(size_t entry, findEntry(*model, options.entry));
    runner.inputs = typesOf(model->entries()[entry].inputs);
  } else if (model->entries().size() > 1) {
    runner.inputHint = "--entry NAME chooses one of " + entriesText(*model);
  }
  for (const artifact::Port &port : model->entries().front().outputs)
    runner.outputs.push_back(port.name);
  runtime::ContextOptions contextOptions;
  contextOptions.threads = options.threads;
  contextOptions.spinMicroseconds = options.spinMicroseconds;
  LIMBECK_ASSIGN(std::unique_ptr<runtime::Context> created, runtime::Context::create(model, contextOptions));
  std::shared_ptr<runtime::Context> context = std::move(created);
  runner.run = [context, entry = options.entry](std::span<const Tensor> inputs) {
    return context->run(entry, inputs);
  };
  return runner;
}

static Expected<Runner> referenceRunner(const RunOptions &options) {
  LIMBECK_ASSIGN(bool artifact, isArtifact(options.model.path));
  if (artifact)
    return error(Code::Flag, "expected a model with --reference, found an artifact: it holds code only")
        .atFile(options.model.path);
  if (!options.entry.empty())
    return error(Code::Flag, "expected --entry without --reference, found both")
        .withHint("--dim and --shape choose what the interpreter computes");
  LIMBECK_TRY(checkPrecision(options.model));
  if (options.model.precision != "f32" && options.referenceStage < pipeline::Stage::Quantize)
    return error(Code::Flag, "expected --reference-stage quantize or one behind it with --precision ",
                 options.model.precision, ", found ", pipeline::name(options.referenceStage));
  LIMBECK_ASSIGN(importer::Options importOptions, onlyChoice(options.model));
  LIMBECK_ASSIGN(importer::Model model, importStatic(options.model.path, importOptions));
  Runner runner;
  for (size_t i = 0; i < model.inputs.size(); ++i)
    runner.inputs.push_back({model.inputNames[i], model.values[model.inputs[i]].type});
  runner.outputs = model.outputNames;
  auto compiler = std::make_shared<Compiler>();
  LIMBECK_ASSIGN(mlir::OwningOpRef<mlir::ModuleOp> module, compiler->import(model, options.model.precision));
  LIMBECK_TRY(compiler->run(*module, pipeline::Stage::Import, options.referenceStage));
  auto shared = std::make_shared<mlir::OwningOpRef<mlir::ModuleOp>>(std::move(module));
  runner.run = [compiler, shared](std::span<const Tensor> inputs) {
    return graph::interpret(**shared, inputs, Limits());
  };
  return runner;
}

static Expected<Runner> makeRunner(const RunOptions &options, const Progress &progress) {
  if (options.reference && options.referenceStage == pipeline::Stage::Lower)
    return error(Code::Flag, "expected --reference-stage before lower: behind it there is code, which the "
                             "interpreter does not run");
  return options.reference ? referenceRunner(options) : compiledRunner(options, progress);
}

Expected<std::vector<NamedTensor>> runModel(const RunOptions &options, const Progress &progress) {
  LIMBECK_ASSIGN(Runner runner, makeRunner(options, progress));
  auto inputs = readModelInputs(runner.inputs, options.inputs);
  // Of a file that cannot be read, no entry is the remedy.
  if (!inputs.ok() && inputs.diagnostic().code != Code::FileKind && !runner.inputHint.empty())
    inputs.diagnostic().withHint(runner.inputHint);
  LIMBECK_TRY(inputs.status());
  LIMBECK_ASSIGN(std::vector<Tensor> values, runner.run(*inputs));
  std::vector<NamedTensor> outputs;
  for (size_t i = 0; i < values.size(); ++i)
    outputs.push_back({runner.outputs[i], std::move(values[i])});
  return outputs;
}

static bool hasNaN(const Tensor &value) {
  return dispatch(value.dtype(), [&]<class T>() -> bool {
    if constexpr (std::is_integral_v<T>)
      return false;
    else
      return std::ranges::any_of(value.values<T>(), [](T x) {
        if constexpr (std::is_same_v<T, double>)
          return std::isnan(x);
        else
          return std::isnan(static_cast<float>(x));
      });
  });
}

namespace {
/// The samples whose results hold NaN: a file of them looks like any other.
struct NaNCount {
  size_t samples = 0, first = 0;
  std::string output;

  void look(size_t sample, std::span<const std::string> names, std::span<const Tensor> values) {
    auto found = std::ranges::find_if(values, hasNaN);
    if (found != values.end() && samples++ == 0) {
      first = sample;
      output = names[static_cast<size_t>(found - values.begin())];
    }
  }
};
} // namespace

Expected<DataSetRun> runDataSet(const RunOptions &options, const std::string &dataSet,
                                const std::string &archive, const Progress &progress) {
  LIMBECK_ASSIGN(Runner runner, makeRunner(options, progress));
  LIMBECK_ASSIGN(DataSet set, DataSet::open(dataSet, runner.inputs));
  LIMBECK_ASSIGN(NpzRows rows, NpzRows::create(archive, runner.outputs));
  CatchInterrupt interrupt;
  DataSetRun result;
  NaNCount notNumbers;
  Status status = set.forEach([&](std::span<const Tensor> inputs) -> Status {
    if (progress)
      progress("samples", result.samples, 0);
    LIMBECK_ASSIGN(std::vector<Tensor> outputs, runner.run(inputs));
    LIMBECK_TRY(rows.append(outputs));
    notNumbers.look(result.samples, runner.outputs, outputs);
    ++result.samples;
    if ((result.interrupted = interrupt.take()))
      return error(Code::Run, "interrupted");
    return {};
  });
  if (!status.ok() && !result.interrupted)
    return status.diagnostic();
  LIMBECK_TRY(rows.write());
  // While the file got its name: it is there, with what it was to have.
  if (!result.interrupted)
    result.interrupted = interrupt.take();
  for (const NpzRows::Column &column : rows.columns())
    result.outputs.push_back({column.name, column.dtype, column.shape, archive});
  if (notNumbers.samples > 0)
    result.notes.push_back(message("results of ", counted(notNumbers.samples, "sample"), " of ",
                                   result.samples, " hold NaN, first output '", notNumbers.output,
                                   "' of sample ", notNumbers.first));
  return result;
}

} // namespace limbeck::session
