// One case from the model to the comparison of its results.
#pragma once
#include "Compilation.h"

namespace limbeck::test {

/// What one case compiles for.
struct Pairing {
  const cpu::Isa *kernels, *code; ///< the atoms, and the machine that LLVM generates for
};

/// Results of anchors that `fuse-qdq` may change, and how many it did.
struct StepCount {
  int64_t elements = 0, changed = 0;
};

class CaseRun {
public:
  CaseRun(Case drawn, cpu::CompileOptions options)
      : drawn(std::move(drawn)), options(std::move(options)),
        compilation(this->drawn.model, this->drawn.bound > 0, this->drawn.splitSamples) {}

  /// Runs the front end and asks the oracle, once for all pairings; the first thing that is wrong.
  Status prepare();
  /// Compiles for one pairing, runs and compares; the first thing that is wrong. `prepare` has succeeded.
  Status runOn(Pairing pairing);
  /// The module before stage Lower.
  std::string moduleText();
  const StepCount &steps() const { return stepCount; }

private:
  /// What the oracle says of the module before stage Lower, which must be what it says of the imported one.
  Expected<std::vector<Tensor>> interpret();
  /// What the oracle says of the model with absolute values: the sums of |products|.
  Expected<std::vector<Tensor>> interpretMagnitudes() const;
  Status checkResults(const Expected<std::vector<Tensor>> &found, const std::string &how) const;
  std::vector<TensorType> typesOf(std::span<const ValueId> values) const;

  Case drawn;
  cpu::CompileOptions options;
  Compilation compilation;
  StepCount stepCount;
  std::vector<Tensor> expected, magnitudes;
  bool ready = false;
};

} // namespace limbeck::test
