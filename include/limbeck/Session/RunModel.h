// Runs a model or an artifact on inputs that the user names.
#pragma once
#include "limbeck/Pipeline/Stages.h"
#include "limbeck/Session/Progress.h"
#include "limbeck/Session/SourceModel.h"
#include "limbeck/Tensor/Npy.h"

namespace limbeck::session {

struct RunOptions {
  SourceModel model; ///< an ONNX file, or an artifact
  /// Computes with the interpreter, on the module behind `referenceStage`, instead of with compiled code.
  bool reference = false;
  pipeline::Stage referenceStage = pipeline::Stage::Fuse;
  std::vector<std::string> inputs; ///< as readInputs takes them
  std::string dataSet;             ///< when set, runs every sample of it, and outputs have one row per sample
  int threads = 0;                 ///< 0: as the runtime chooses
  int64_t spinMicroseconds = -1;   ///< -1: as the runtime chooses
  bool worker = true;              ///< compile in a process of its own
};

/// One tensor per output of the model, in order.
Expected<std::vector<NamedTensor>> runModel(const RunOptions &options, const Progress &progress = {});

} // namespace limbeck::session
