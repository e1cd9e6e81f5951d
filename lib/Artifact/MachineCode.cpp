// A code section: a small header, then the bytes of both parts.
#include "limbeck/Artifact/MachineCode.h"
#include "Hash.h"
#include <vector>

namespace limbeck::artifact {

namespace {
struct CodeHeader {
  uint64_t readOnlySize, executableOffset, executableSize, span;
};
} // namespace

Status validate(const MachineCode &code) {
  if (code.span > kLongestImage)
    return error(Code::ArtifactFormat, "expected a code image of at most ", kLongestImage, " bytes, found ",
                 code.span);
  if (code.executableOffset % kLeastPage != 0)
    return error(Code::ArtifactFormat, "expected executable code at a multiple of ", kLeastPage, ", found ",
                 code.executableOffset);
  if (code.readOnly.size() > code.executableOffset)
    return error(Code::ArtifactFormat, "the read-only and the executable part of a code image overlap");
  if (code.executableOffset > code.span || code.executable.size() > code.span - code.executableOffset)
    return error(Code::ArtifactFormat, "the executable part leaves its code image of ", code.span, " bytes");
  if (code.executable.empty())
    return error(Code::ArtifactFormat, "expected executable code, found none");
  return {};
}

std::vector<std::byte> encode(const MachineCode &code) {
  CodeHeader header{code.readOnly.size(), code.executableOffset, code.executable.size(), code.span};
  std::vector<std::byte> bytes(sizeof header);
  putRecord(bytes, 0, header);
  bytes.insert(bytes.end(), code.readOnly.begin(), code.readOnly.end());
  bytes.insert(bytes.end(), code.executable.begin(), code.executable.end());
  return bytes;
}

Expected<MachineCode> decodeMachineCode(std::span<const std::byte> bytes) {
  if (bytes.size() < sizeof(CodeHeader))
    return error(Code::ArtifactFormat, "expected a code section of at least ", sizeof(CodeHeader),
                 " bytes, found ", bytes.size());
  auto header = recordAt<CodeHeader>(bytes, 0);
  bytes = bytes.subspan(sizeof header);
  if (header.readOnlySize > bytes.size() || header.executableSize != bytes.size() - header.readOnlySize)
    return error(Code::ArtifactFormat, "the parts of a code section do not add up to its length");
  MachineCode code{bytes.first(header.readOnlySize), bytes.subspan(header.readOnlySize),
                   header.executableOffset, header.span};
  LIMBECK_TRY(validate(code));
  return code;
}

} // namespace limbeck::artifact
