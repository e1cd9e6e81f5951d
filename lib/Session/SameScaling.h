// Whether a recipe moves factors in the model that is compiled as it does in the one that samples run on.
#pragma once
#include "limbeck/Calibration/Document.h"
#include "limbeck/Session/SourceModel.h"

namespace limbeck::session {

/// Which channels share a factor is read from shapes, and open dimensions hide some: ranges of the one model would then be those of
/// other tensors in the other. `observed` has the shapes of samples; each entry of `compiled` is compared. E-CALIB names the node
/// whose weights differ. `recipe` is YAML.
Status expectSameScaling(const SourceModel &observed, const SourceModel &compiled, const std::string &recipe,
                         const calibration::Statistics &statistics);

} // namespace limbeck::session
