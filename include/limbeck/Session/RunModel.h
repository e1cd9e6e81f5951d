// Runs a model or an artifact on inputs that the user names.
#pragma once
#include "limbeck/Pipeline/Stages.h"
#include "limbeck/Session/Progress.h"
#include "limbeck/Session/SourceModel.h"
#include "limbeck/Tensor/Outputs.h"

namespace limbeck::session {

struct RunOptions {
  SourceModel model; ///< an ONNX file, or an artifact
  /// Computes with the interpreter, on the module behind `referenceStage`, instead of with compiled code.
  bool reference = false;
  pipeline::Stage referenceStage = pipeline::Stage::Fuse;
  std::vector<std::string> inputs; ///< as readInputs takes them
  std::string entry;               ///< name of the one to run; empty: by the shapes of the inputs
  int threads = 0;                 ///< 0: as the runtime chooses
  int64_t spinMicroseconds = -1;   ///< -1: as the runtime chooses
  bool mapWeights = false;         ///< as runtime::LoadOptions::mapWeights
  bool worker = true;              ///< compile in a process of its own
};

/// One tensor per output of the model, in order.
Expected<std::vector<NamedTensor>> runModel(const RunOptions &options, const Progress &progress = {});

struct DataSetRun {
  std::vector<OutputType> outputs;
  size_t samples = 0;
  std::vector<std::string> notes;
  int interrupted = 0; ///< exit code that Ctrl-C asks for; what was computed before it is in the file
};
/// Runs every sample of a set into one .npz with a row per sample, which appears when all is done.
Expected<DataSetRun> runDataSet(const RunOptions &options, const std::string &dataSet,
                                const std::string &archive, const Progress &progress = {});

} // namespace limbeck::session
