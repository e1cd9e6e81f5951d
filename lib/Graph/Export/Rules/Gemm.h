// Gemm transposes its matrices itself.
#pragma once
#include "../ExportRules.h"

namespace limbeck::graph::exporter {

/// Whether all that reads a transpose is products that become Gemm: then it is an attribute of those.
bool isPartOfGemm(TransposeOp transpose);

} // namespace limbeck::graph::exporter
