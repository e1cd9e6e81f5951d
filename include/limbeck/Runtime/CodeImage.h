// Machine code of an artifact, placed in memory where it can run and cannot be written.
#pragma once
#include "limbeck/Artifact/MachineCode.h"

namespace limbeck::runtime {

class CodeImage {
public:
  /// How the pages become executable. `Automatic` changes the protection of anonymous memory and, where that
  /// is forbidden (PR_SET_MDWE, SELinux), maps a sealed memory file.
  enum class Placement { Automatic, SealedFile };

  /// E-RUN when the system grants no executable memory. `code` comes from a reader that has verified it.
  static Expected<CodeImage> load(const artifact::MachineCode &code,
                                  Placement placement = Placement::Automatic);

  CodeImage(CodeImage &&other) noexcept;
  CodeImage &operator=(CodeImage &&other) noexcept;
  ~CodeImage();

  const std::byte *address(uint64_t offset) const { return memory + offset; }

private:
  CodeImage(std::byte *memory, size_t length) : memory(memory), length(length) {}

  std::byte *memory = nullptr;
  size_t length = 0;
};

} // namespace limbeck::runtime
