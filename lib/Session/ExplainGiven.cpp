// The last round for a model that another tool quantized: the file itself, compiled, beside the float one.
#include "Explainer.h"
#include "limbeck/Session/Bench.h"

namespace limbeck::session {

/// Says how far the file is from float, and how much of that the layers do not account for.
Status Explainer::compareGiven() {
  struct Built {
    std::string file;
    std::unique_ptr<runtime::Context> context;
  };
  Built built[2];
  for (size_t i = 0; i < 2; ++i) {
    CompileOptions what;
    what.model = source;
    what.target = "cpu:native";
    if (i == 1)
      what.model.path = options.quantized;
    LIMBECK_ASSIGN(built[i].file, compiled(i == 0 ? "float" : "quantized", what));
    LIMBECK_ASSIGN(std::shared_ptr<const runtime::Model> loaded, runtime::Model::load(built[i].file, {}));
    runtime::ContextOptions contextOptions;
    contextOptions.threads = options.threads;
    LIMBECK_ASSIGN(built[i].context, runtime::Context::create(loaded, contextOptions));
  }
  OutputNoise integers, unrounded;
  Variant none = model->variant(false);
  LIMBECK_TRY(forSamples("compiled models", 1, [&](const Sample &sample) -> Status {
    LIMBECK_ASSIGN(std::vector<Tensor> expected, built[0].context->run("", sample.values));
    LIMBECK_ASSIGN(std::vector<Tensor> found, built[1].context->run("", sample.values));
    LIMBECK_ASSIGN(std::vector<Tensor> apart, model->run(sample.values, none));
    integers.add(expected, found);
    unrounded.add(expected, apart);
    if ((report.interrupted = interrupt.take()))
      return error(Code::Run, "interrupted");
    return {};
  }));
  report.compiled = report.reached = integers.decibels();
  report.unrounded = unrounded.decibels();
  // Ten times the noise of the layers hides nothing.
  constexpr double apart = 10;
  if (*report.unrounded < report.quantized + apart)
    report.notes.push_back(message(
        "with nothing rounded the model is as far as ", static_cast<int>(std::lround(*report.unrounded)),
        " dB from the float one: what was changed beside that is in no layer's numbers"));
  if (options.timed == 0)
    return {};
  BenchOptions benchOptions;
  benchOptions.model.path = built[1].file;
  benchOptions.threads = options.threads;
  benchOptions.seconds = options.seconds;
  LIMBECK_ASSIGN(BenchReport times, bench(benchOptions, progress));
  report.timeMs = times.model.p50Ms;
  return {};
}

} // namespace limbeck::session
