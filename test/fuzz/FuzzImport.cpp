// Any bytes into the importer: an answer within the limits, never a crash. A model that is accepted must also
// be consistent.
#include "limbeck/Import/Importer.h"
#include <cstdlib>

using namespace limbeck;

/// Small enough that no single input is slow.
static importer::Options smallLimits() {
  importer::Options options;
  options.limits.nodes = 2000;
  options.limits.tensors = 8000;
  options.limits.elements = int64_t(1) << 24;
  options.limits.initializerBytes = int64_t(1) << 24;
  options.limits.foldBytes = int64_t(1) << 18;
  return options;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const importer::Options options = smallLimits();
  auto result = importer::checkBytes(std::as_bytes(std::span(data, size)), "fuzz.onnx", options);
  if (result.model.has_value() != result.diagnostics.empty())
    std::abort();
  for (const Diagnostic &diagnostic : result.diagnostics)
    if (diagnostic.code == Code::Internal || diagnostic.text().find('\n') != std::string::npos)
      std::abort();
  if (result.model && result.model->outputs.empty())
    std::abort();
  return 0;
}
