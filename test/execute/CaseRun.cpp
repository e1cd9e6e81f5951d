// Interpreted twice, then for each instruction set compiled, and run with one worker, several, and threads.
#include "CaseRun.h"
#include "Arm64.h"
#include "Compare.h"
#include "Execution.h"

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
  if (drawn.comparison == ImportComparison::None)
    return fused;
  bool oneStep = drawn.comparison == ImportComparison::OneStep;
  Difference difference = compare(fused, imported, oneStep);
  if (!difference.text.empty())
    return error(Code::Internal, "interpreted before stage Lower and behind the import: ", difference.text);
  if (oneStep)
    stepCount = {difference.elements, difference.steps};
  return fused;
}

static Status checkResults(const Expected<std::vector<Tensor>> &found, std::span<const Tensor> expected,
                           const std::string &how) {
  if (!found)
    return error(Code::Run, how, ": ", found.diagnostic().text());
  Difference difference = compare(*found, expected, false);
  return difference.text.empty() ? Status() : error(Code::Run, "compiled, ", how, ": ", difference.text);
}

Status CaseRun::prepare() {
  LIMBECK_TRY(compilation.runFrontEnd());
  ready = true;
  LIMBECK_ASSIGN(expected, interpret());
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
    LIMBECK_TRY(checkResults(found, expected, message("with ", workers, " workers")));
  }
  if (emulated)
    return {};
  auto found = runThreads(compiled, *pairing.code, drawn.inputs, inputTypes, outputTypes, 3);
  return checkResults(found, expected, "with 3 threads of the runtime");
}

} // namespace limbeck::test
