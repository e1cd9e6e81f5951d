// What a file is, told by how it begins: so that a file of another kind is called by its name, not a malformed one of the kind
// that was expected.
#pragma once
#include "limbeck/Support/Status.h"

namespace limbeck::session {

/// `Other` is what may be an ONNX model: that format has no mark at its beginning.
/// `Bytecode` is IR in its binary form.
enum class FileKind { Artifact, Array, Archive, Text, Bytecode, Other };

/// E-FILE.. when the file cannot be read.
Expected<FileKind> kindOfFile(const std::string &path);

/// E-PARSE for what is surely no ONNX model, with the commands that take it.
Status expectModel(const std::string &path);
/// E-PARSE for what is surely no text of IR.
Status expectIr(const std::string &path);

} // namespace limbeck::session
