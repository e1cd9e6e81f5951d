// Interpreted twice, then for each instruction set compiled, and run with one worker, several, and threads.
#include "CaseRun.h"
#include "Arm64.h"
#include "Compare.h"
#include "Execution.h"
#include <algorithm>
#include <cmath>

namespace limbeck::test {

std::vector<TensorType> CaseRun::typesOf(std::span<const ValueId> values) const {
  std::vector<TensorType> types;
  for (ValueId id : values)
    types.push_back(drawn.model.values[id].type);
  return types;
}

std::string CaseRun::moduleText() {
  return ready ? compilation.text() : "(the front end failed)\n";
}

Expected<std::vector<Tensor>> CaseRun::interpret() {
  LIMBECK_ASSIGN(std::vector<Tensor> imported, compilation.interpretImported(drawn.inputs));
  LIMBECK_ASSIGN(std::vector<Tensor> fused, compilation.interpretFused(drawn.inputs));
  if (drawn.splitSamples) {
    LIMBECK_ASSIGN(std::vector<Tensor> split, compilation.interpretSamples(drawn.inputs));
    Difference difference = compare(split, fused, false);
    if (!difference.text.empty())
      return error(Code::Internal, "interpreted sample by sample: ", difference.text);
  }
  if (drawn.comparison == ImportComparison::None || drawn.bound > 0)
    return fused;
  bool oneStep = drawn.comparison == ImportComparison::OneStep;
  Difference difference = compare(fused, imported, oneStep, drawn.slack);
  if (!difference.text.empty())
    return error(Code::Internal, "interpreted before stage Lower and behind the import: ", difference.text);
  if (oneStep)
    stepCount = {difference.elements, difference.steps};
  return fused;
}

static void makeAbsolute(Tensor &tensor) {
  if (tensor.dtype() != DType::F32)
    return;
  Tensor absolute = std::move(*Tensor::zeros(DType::F32, tensor.shape())); // copies share their values
  std::ranges::transform(tensor.values<float>(), absolute.mutableValues<float>().begin(),
                         [](float value) { return std::fabs(value); });
  tensor = std::move(absolute);
}

Expected<std::vector<Tensor>> CaseRun::interpretMagnitudes() const {
  Case absolute = drawn;
  for (importer::Value &value : absolute.model.values)
    if (value.constant)
      makeAbsolute(*value.constant);
  for (Tensor &input : absolute.inputs)
    makeAbsolute(input);
  Compilation other(absolute.model, true);
  LIMBECK_TRY(other.runFrontEnd());
  return other.interpretFused(absolute.inputs);
}

Status CaseRun::checkResults(const Expected<std::vector<Tensor>> &found, const std::string &how) const {
  if (!found)
    return error(Code::Run, how, ": ", found.diagnostic().text());
  Difference difference = drawn.bound > 0 ? compareWithin(*found, expected, magnitudes, drawn.bound)
                                          : compare(*found, expected, false);
  return difference.text.empty() ? Status() : error(Code::Run, "compiled, ", how, ": ", difference.text);
}

Status CaseRun::prepare() {
  LIMBECK_TRY(compilation.runFrontEnd());
  ready = true;
  LIMBECK_ASSIGN(expected, interpret());
  if (drawn.bound > 0) {
    LIMBECK_ASSIGN(magnitudes, interpretMagnitudes());
  }
  return {};
}

Status CaseRun::runOn(Pairing pairing) {
  LIMBECK_ASSIGN(cpu::CompiledEntry compiled, compilation.compile(*pairing.kernels, *pairing.code, options));
  std::vector<TensorType> inputTypes = typesOf(drawn.model.inputs),
                          outputTypes = typesOf(drawn.model.outputs);
  bool emulated = pairing.code->architecture == artifact::Architecture::AArch64;
  for (int workers : emulated ? std::vector{1, 3} : std::vector{1, 2, 3, 4, 5, 6, 7}) {
    auto found = emulated ? runArm64(compiled, drawn.inputs, outputTypes, workers)
                          : runHere(compiled, *pairing.code, drawn.inputs, outputTypes, workers);
    LIMBECK_TRY(checkResults(found, message("with ", workers, " workers")));
  }
  if (emulated)
    return {};
  auto found = runThreads(compiled, *pairing.code, drawn.inputs, inputTypes, outputTypes, 3);
  return checkResults(found, "with 3 threads of the runtime");
}

} // namespace limbeck::test
