// A model that another tool quantized, taken apart beside the float model that it was made of.
#pragma once
#include "Compiler.h"
#include "limbeck/Session/SourceModel.h"

namespace limbeck::session {

/// The quantized model as floats with observers, as limbeck-quantize-observe-rounded leaves it; contractions whose weights were
/// found in the float model have them in `calib.exact_weights`.
struct GivenModel {
  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::vector<std::string> outputs;
  std::map<std::string, std::string> floatNodes; ///< by node of the quantized model: whose weights it has
  std::vector<std::string> notes;                ///< what stays rounded, by name
};

/// Weights are looked for by the names of nodes and of tensors, then by what they are, and are taken only where rounding can
/// have made one of the other. E-SHAPE where inputs or outputs of the two models differ; errors of import.
Expected<GivenModel> takeApart(Compiler &compiler, const SourceModel &exact, const SourceModel &quantized);

} // namespace limbeck::session
