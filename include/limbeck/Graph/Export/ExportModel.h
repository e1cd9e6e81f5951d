// A module of the dialect `limbeck` as an ONNX model: the inverse of Graph/Import.
#pragma once
#include "limbeck/Support/Status.h"
#include "mlir/IR/BuiltinOps.h"
#include <cstddef>

namespace limbeck::graph {

struct ExportOptions {
  std::string producerVersion; ///< the producer is Limbeck
  /// metadata_props, in this order.
  std::vector<std::pair<std::string, std::string>> metadata;
  /// The file beside the model for weights, where they are too many for one: without its folder.
  std::string externalDataName;
  /// Bytes of all weights from which on they are there. A file of protobuf ends at 2 GiB.
  int64_t mostInlineBytes = int64_t(3) << 29;
};

/// The content of the files to write; equal modules and options give equal bytes.
struct OnnxFiles {
  std::string model, externalData; ///< the second is mostly empty
};

/// Writes the function `main` of a module in front of stage Quantize: floats, and quantization as pairs of quantize and dequantize.
/// Names and the opset are those that importModel leaves; the opset is at least 13, and as new as the ops and types at hand ask for.
/// E-UNSUPPORTED-OP, E-UNSUPPORTED-TYPE and E-UNSUPPORTED, with the node, for what has no form in ai.onnx.
///
///   LIMBECK_ASSIGN(OnnxFiles files, exportModel(*module, {.producerVersion = "1.0"}));
Expected<OnnxFiles> exportModel(mlir::ModuleOp module, const ExportOptions &options);

/// Whether an op, by its full name, has a form in ai.onnx for some of its types and attributes.
bool hasOnnxForm(llvm::StringRef op);

} // namespace limbeck::graph
