// Marks at the beginning of files.
#include "limbeck/Session/FileKind.h"
#include "limbeck/Artifact/Reader.h"
#include "limbeck/Support/File.h"
#include <algorithm>
#include <filesystem>

namespace limbeck::session {

/// An ONNX model begins with the key of a field, which is a control character or not followed by plain text.
static bool isText(std::string_view start) {
  return !start.empty() && std::ranges::all_of(start, [](unsigned char c) {
    return c >= 0x20 ? c != 0x7f : c == '\n' || c == '\t' || c == '\r';
  });
}

Expected<FileKind> kindOfFile(const std::string &path) {
  constexpr size_t kEnough = 64;
  LIMBECK_ASSIGN(std::vector<std::byte> bytes, readFileStart(path, kEnough));
  std::string_view start(reinterpret_cast<const char *>(bytes.data()), bytes.size());
  if (artifact::looksLikeArtifact(bytes))
    return FileKind::Artifact;
  if (start.starts_with("\x93NUMPY"))
    return FileKind::Array;
  if (start.starts_with("PK\x03\x04") || start.starts_with("PK\x05\x06"))
    return FileKind::Archive;
  if (start.starts_with("ML\xefR"))
    return FileKind::Bytecode;
  return isText(start) ? FileKind::Text : FileKind::Other;
}

Status expectModel(const std::string &path) {
  LIMBECK_ASSIGN(FileKind kind, kindOfFile(path));
  std::string ending = std::filesystem::path(path).extension().string();
  auto found = [&](std::string_view what, std::string_view hint) {
    return error(Code::Parse, "expected an ONNX model, found ", what)
        .atFile(path)
        .withHint(std::string(hint));
  };
  if (kind == FileKind::Artifact)
    return found("a Limbeck artifact", "run, bench and inspect take it");
  if (kind == FileKind::Array || kind == FileKind::Archive)
    return found(kind == FileKind::Array ? "an array of NumPy" : "an archive",
                 "values of inputs are given with --input");
  if (kind == FileKind::Bytecode)
    return found("IR", "compile --from graph, or a later stage, takes it");
  if (kind == FileKind::Text)
    return found("text", ending == ".mlir" ? "compile --from graph, or a later stage, takes IR" : "");
  if (ending == ".lmb")
    return error(Code::ArtifactFormat, "expected a Limbeck artifact, as the name says, found other content")
        .atFile(path)
        .withHint("the file is damaged: compile the model again");
  return {};
}

Status expectIr(const std::string &path) {
  LIMBECK_ASSIGN(FileKind kind, kindOfFile(path));
  if (kind == FileKind::Text || kind == FileKind::Bytecode)
    return {};
  return error(Code::Parse, "expected the text of a module, found ",
               kind == FileKind::Artifact ? "a Limbeck artifact" : "other content")
      .atFile(path)
      .withHint("an ONNX model is compiled without --from");
}

} // namespace limbeck::session
