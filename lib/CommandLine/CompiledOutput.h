// The file that compiling makes, and what belongs beside it.
#pragma once
#include "limbeck/Session/Compile.h"
#include "limbeck/Support/File.h"

namespace limbeck::command {

/// Sets what the ending of the file decides: product, last stage unless the user named one, the one instruction set of a text, and
/// the names that are written into the file. E-FLAG, also where the file is one of `inputs`, and errors of the path.
Status prepareOutput(session::CompileOptions &options, const std::string &path, bool stageGiven,
                     std::span<const std::string> inputs);
/// Whether the file holds one instruction set only.
bool hasOneLevel(const session::CompileOptions &options);

/// Adds the file, a C header where it is to be linked, and the weights of an ONNX model that are too many for it.
Status addOutput(OutputFiles &files, const session::CompileOptions &options, const std::string &path,
                 std::span<const std::byte> compiled);

} // namespace limbeck::command
