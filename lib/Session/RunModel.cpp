// run: compiled code or the interpreter, once or for every sample of a set.
#include "limbeck/Session/RunModel.h"
#include "Compiler.h"
#include "Executable.h"
#include "limbeck/Graph/Interpret/Interpreter.h"
#include "limbeck/Session/DataSet.h"

namespace limbeck::session {

namespace {
/// Something that computes outputs from inputs, with the types of both.
struct Runner {
  std::vector<NamedType> inputs;
  std::vector<std::string> outputs;
  std::function<Expected<std::vector<Tensor>>(std::span<const Tensor>)> run;
};
} // namespace

static Expected<Runner> compiledRunner(const RunOptions &options, const Progress &progress) {
  LIMBECK_ASSIGN(std::shared_ptr<const runtime::Model> model,
                 loadExecutable(options.model, options.worker, progress));
  Runner runner;
  runner.inputs = commonInputs(*model);
  for (const artifact::Port &port : model->entries().front().outputs)
    runner.outputs.push_back(port.name);
  runtime::ContextOptions contextOptions;
  contextOptions.threads = options.threads;
  contextOptions.spinMicroseconds = options.spinMicroseconds;
  LIMBECK_ASSIGN(std::unique_ptr<runtime::Context> created, runtime::Context::create(model, contextOptions));
  std::shared_ptr<runtime::Context> context = std::move(created);
  runner.run = [context](std::span<const Tensor> inputs) { return context->run("", inputs); };
  return runner;
}

static Expected<Runner> referenceRunner(const RunOptions &options) {
  LIMBECK_ASSIGN(bool artifact, isArtifact(options.model.path));
  if (artifact)
    return error(Code::Flag, "expected a model with --reference, found an artifact: it holds code only")
        .atFile(options.model.path);
  LIMBECK_ASSIGN(importer::Options importOptions, onlyChoice(options.model));
  LIMBECK_ASSIGN(importer::Model model, importer::importFile(options.model.path, importOptions));
  LIMBECK_TRY(importer::requireStatic(model));
  Runner runner;
  for (size_t i = 0; i < model.inputs.size(); ++i)
    runner.inputs.push_back({model.inputNames[i], model.values[model.inputs[i]].type});
  runner.outputs = model.outputNames;
  auto compiler = std::make_shared<Compiler>();
  LIMBECK_ASSIGN(mlir::OwningOpRef<mlir::ModuleOp> module, compiler->import(model));
  LIMBECK_TRY(compiler->run(*module, pipeline::Stage::Import, options.referenceStage));
  auto shared = std::make_shared<mlir::OwningOpRef<mlir::ModuleOp>>(std::move(module));
  runner.run = [compiler, shared](std::span<const Tensor> inputs) {
    return graph::interpret(**shared, inputs, Limits());
  };
  return runner;
}

static std::vector<NamedTensor> named(const Runner &runner, std::vector<Tensor> values) {
  std::vector<NamedTensor> outputs;
  for (size_t i = 0; i < values.size(); ++i)
    outputs.push_back({runner.outputs[i], std::move(values[i])});
  return outputs;
}

static Expected<std::vector<NamedTensor>> runSet(const Runner &runner, const std::string &path,
                                                 const Progress &progress) {
  LIMBECK_ASSIGN(DataSet set, DataSet::open(path, runner.inputs));
  std::vector<std::vector<Tensor>> rows(runner.outputs.size());
  size_t count = 0;
  LIMBECK_TRY(set.forEach([&](std::span<const Tensor> inputs) -> Status {
    if (progress)
      progress("samples", count++, 0);
    LIMBECK_ASSIGN(std::vector<Tensor> outputs, runner.run(inputs));
    for (size_t i = 0; i < outputs.size(); ++i)
      rows[i].push_back(std::move(outputs[i]));
    return {};
  }));
  std::vector<Tensor> joined;
  for (const std::vector<Tensor> &row : rows) {
    LIMBECK_ASSIGN(Tensor tensor, joinSamples(row));
    joined.push_back(std::move(tensor));
  }
  return named(runner, std::move(joined));
}

Expected<std::vector<NamedTensor>> runModel(const RunOptions &options, const Progress &progress) {
  if (options.reference && options.referenceStage == pipeline::Stage::Lower)
    return error(Code::Flag, "expected --reference-stage before lower: behind it there is code, which the "
                             "interpreter does not run");
  LIMBECK_ASSIGN(Runner runner,
                 options.reference ? referenceRunner(options) : compiledRunner(options, progress));
  if (!options.dataSet.empty())
    return runSet(runner, options.dataSet, progress);
  LIMBECK_ASSIGN(std::vector<Tensor> inputs, readModelInputs(runner.inputs, options.inputs));
  LIMBECK_ASSIGN(std::vector<Tensor> outputs, runner.run(inputs));
  return named(runner, std::move(outputs));
}

} // namespace limbeck::session
