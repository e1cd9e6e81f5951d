// Pages are first filled, then made read-only or executable: no page is ever both writable and executable.
#include "limbeck/Runtime/CodeImage.h"
#include "limbeck/Artifact/Format.h"
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace limbeck::runtime {

static Diagnostic refused(std::string_view action) {
  return error(Code::Run, "cannot ", action,
               " for the code of the model: ", std::generic_category().message(errno));
}

static void fill(std::byte *memory, const artifact::MachineCode &code) {
  if (!code.readOnly.empty())
    std::memcpy(memory, code.readOnly.data(), code.readOnly.size());
  std::memcpy(memory + code.executableOffset, code.executable.data(), code.executable.size());
}

/// Gives filled anonymous memory its final protection.
static bool protect(std::byte *memory, size_t length, uint64_t executableOffset) {
  return ::mprotect(memory + executableOffset, length - executableOffset, PROT_READ | PROT_EXEC) == 0 &&
         (executableOffset == 0 || ::mprotect(memory, executableOffset, PROT_READ) == 0);
}

static int createMemoryFile() {
#ifdef MFD_EXEC
  if (int file = ::memfd_create("limbeck-code", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC); file >= 0)
    return file;
#endif
  return ::memfd_create("limbeck-code", MFD_CLOEXEC | MFD_ALLOW_SEALING);
}

static bool writeAll(int file, const std::byte *bytes, size_t length) {
  while (length > 0) {
    ssize_t written = ::write(file, bytes, length);
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return false;
    bytes += written;
    length -= static_cast<size_t>(written);
  }
  return true;
}

/// Replaces filled memory by mappings of a file of the same contents that nobody can change any more.
static bool replaceBySealedFile(std::byte *memory, size_t length, uint64_t executableOffset) {
  int file = createMemoryFile();
  if (file < 0)
    return false;
  auto mapAt = [&](uint64_t offset, size_t size, int protection) {
    return size == 0 || ::mmap(memory + offset, size, protection, MAP_PRIVATE | MAP_FIXED, file,
                               static_cast<off_t>(offset)) != MAP_FAILED;
  };
  bool done = writeAll(file, memory, length) &&
              ::fcntl(file, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0 &&
              mapAt(0, executableOffset, PROT_READ) &&
              mapAt(executableOffset, length - executableOffset, PROT_READ | PROT_EXEC);
  int failure = errno;
  ::close(file);
  errno = failure;
  return done;
}

Expected<CodeImage> CodeImage::load(const artifact::MachineCode &code, Placement placement) {
  LIMBECK_TRY(artifact::validate(code));
  auto page = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  if (code.executableOffset % page != 0)
    return error(Code::ArtifactTarget, "the code was linked for pages smaller than the ", page,
                 " bytes of this system");
  size_t length = artifact::alignUp(code.span, page);
  void *mapped = ::mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED)
    return refused("get memory");
  CodeImage image(static_cast<std::byte *>(mapped), length);
  fill(image.memory, code);
  bool done = placement == Placement::Automatic && protect(image.memory, length, code.executableOffset);
  if (!done && !replaceBySealedFile(image.memory, length, code.executableOffset))
    return refused("get executable memory");
  // Where instruction and data caches are apart (AArch64), the first must forget what it holds of these
  // addresses.
  auto *start = reinterpret_cast<char *>(image.memory + code.executableOffset);
  __builtin___clear_cache(start, start + code.executable.size());
  return image;
}

CodeImage::CodeImage(CodeImage &&other) noexcept
    : memory(std::exchange(other.memory, nullptr)), length(std::exchange(other.length, 0)) {}

CodeImage &CodeImage::operator=(CodeImage &&other) noexcept {
  std::swap(memory, other.memory);
  std::swap(length, other.length);
  return *this;
}

CodeImage::~CodeImage() {
  if (memory)
    ::munmap(memory, length);
}

} // namespace limbeck::runtime
