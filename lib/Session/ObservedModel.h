// A model with observers, compiled for the shapes that samples have.
#pragma once
#include "limbeck/Calibration/Statistics.h"
#include "limbeck/Quantize/Observed.h"
#include "limbeck/Runtime/Context.h"
#include "limbeck/Session/Calibrate.h"
#include "limbeck/Tensor/Inputs.h"

namespace limbeck::session {

/// What one run says of one tensor.
struct ObservedTensor {
  std::string name;
  calibration::Observation observation;
};

/// The code for one signature.
class ObservedModel {
public:
  /// `outputs`: how many results the model itself has; those behind are observed.
  static Expected<std::unique_ptr<ObservedModel>> load(std::span<const std::byte> artifact, size_t outputs,
                                                       int threads);
  Expected<std::vector<ObservedTensor>> run(std::span<const Tensor> inputs);

private:
  std::unique_ptr<runtime::Context> context;
  std::vector<quantize::ObservedName> names; ///< of the results behind the model's own
  size_t outputs = 0;
};

/// The code for all signatures so far.
class ObservedModels {
public:
  ObservedModels(const CalibrateOptions &options, std::vector<NamedType> inputs, size_t outputs,
                 const Progress &progress)
      : options(options), inputs(std::move(inputs)), outputs(outputs), progress(progress) {}

  /// Compiles when these shapes are new. E-CALIB for more than kMostEntries signatures.
  Expected<ObservedModel *> forInputs(std::span<const Tensor> values);
  size_t size() const { return models.size(); }

private:
  const CalibrateOptions &options;
  std::vector<NamedType> inputs;
  size_t outputs;
  const Progress &progress;
  std::map<std::vector<Shape>, std::unique_ptr<ObservedModel>> models;
};

} // namespace limbeck::session
