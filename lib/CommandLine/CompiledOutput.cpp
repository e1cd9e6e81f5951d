// What compile and quantize have in common behind the compiler.
#include "CompiledOutput.h"
#include "limbeck/Session/CHeader.h"
#include <filesystem>

namespace limbeck::command {

using session::Product;

static std::string externalDataPath(const std::string &path) {
  return path + ".data";
}

bool hasOneLevel(const session::CompileOptions &options) {
  return options.product != Product::Artifact && options.to == pipeline::Stage::Lower;
}

Status prepareOutput(session::CompileOptions &options, const std::string &path, bool stageGiven,
                     std::span<const std::string> inputs) {
  LIMBECK_ASSIGN(options.product, session::productOf(path));
  LIMBECK_TRY(checkWritable(path, inputs));
  if (options.product == Product::Onnx && !stageGiven)
    options.to = pipeline::Stage::Graph;
  if (hasOneLevel(options) && options.target == "cpu")
    options.target = session::nativeTarget();
  options.symbol = session::cSymbol(path);
  options.externalData = std::filesystem::path(externalDataPath(path)).filename().string();
  return {};
}

Status addOutput(OutputFiles &files, const session::CompileOptions &options, const std::string &path,
                 std::span<const std::byte> compiled) {
  if (options.product == Product::Onnx) {
    LIMBECK_ASSIGN(session::OnnxBytes onnx, session::onnxBytesOf(compiled));
    LIMBECK_TRY(files.add(path, onnx.model));
    return onnx.externalData.empty() ? Status() : files.add(externalDataPath(path), onnx.externalData);
  }
  LIMBECK_TRY(files.add(path, compiled));
  bool linked = options.product == Product::Object || options.product == Product::SharedObject;
  return linked ? files.add(session::cHeaderPath(path), bytesOf(session::cHeader(options.symbol))) : Status();
}

} // namespace limbeck::command
