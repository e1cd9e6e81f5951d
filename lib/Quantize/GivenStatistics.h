// Statistics that a pass gets from whoever builds the pipeline, or reads from the file that its option names.
#pragma once
#include "limbeck/Calibration/Document.h"
#include <memory>
#include <string>

namespace limbeck::quantize {

/// Reads `file` into `given`; without a file, `given` stays. Errors of calibration::readStatistics.
Status readGiven(const std::string &file, std::shared_ptr<const calibration::Statistics> &given);

} // namespace limbeck::quantize
