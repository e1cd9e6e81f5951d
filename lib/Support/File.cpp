// Reading and atomic replacement of files over the POSIX calls, because the standard streams know neither.
#include "limbeck/Support/File.h"
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <new>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace limbeck {

namespace {

/// Closes on every path out.
class FileHandle {
public:
  explicit FileHandle(int number) : number(number) {}
  FileHandle(const FileHandle &) = delete;
  FileHandle &operator=(const FileHandle &) = delete;
  ~FileHandle() {
    if (number >= 0)
      ::close(number);
  }
  bool valid() const { return number >= 0; }
  int get() const { return number; }

private:
  int number;
};

/// Removes the temporary file unless it took its final name.
class TemporaryFile {
public:
  explicit TemporaryFile(std::string path) : path(std::move(path)) {}
  TemporaryFile(const TemporaryFile &) = delete;
  TemporaryFile &operator=(const TemporaryFile &) = delete;
  ~TemporaryFile() {
    if (!kept)
      ::unlink(path.c_str());
  }
  void keep() { kept = true; }

private:
  std::string path;
  bool kept = false;
};

} // namespace

static Diagnostic systemError(std::string_view action, const std::string &path) {
  return error(Code::File, "cannot ", action, ": ", std::generic_category().message(errno)).atFile(path);
}

static std::string_view fileKind(mode_t mode) {
  if (S_ISDIR(mode))
    return "a directory";
  if (S_ISFIFO(mode))
    return "a FIFO";
  if (S_ISSOCK(mode))
    return "a socket";
  return "a device";
}

static int openRetrying(const std::string &path, int flags, mode_t mode = 0) {
  int number;
  do
    number = ::open(path.c_str(), flags | O_CLOEXEC, mode);
  while (number < 0 && errno == EINTR);
  return number;
}

Expected<std::vector<std::byte>> readFile(const std::string &path, int64_t limit) {
  if (path.empty() || path.find('\0') != std::string::npos)
    return error(Code::File, "expected a file name, found one that is empty or holds a zero byte");
  // Without O_NONBLOCK, opening a FIFO would wait for its writer before its kind can be seen.
  FileHandle file(openRetrying(path, O_RDONLY | O_NONBLOCK | O_NOCTTY));
  if (!file.valid())
    return systemError("open the file", path);
  struct stat status;
  if (::fstat(file.get(), &status) != 0)
    return systemError("examine the file", path);
  if (!S_ISREG(status.st_mode))
    return error(Code::FileKind, "expected a regular file, found ", fileKind(status.st_mode)).atFile(path);
  if (status.st_size > limit)
    return error(Code::FileKind, "expected a file of at most ", limit, " bytes, found ", status.st_size)
        .atFile(path);
  std::vector<std::byte> content;
  try {
    content.resize(static_cast<size_t>(status.st_size));
  } catch (const std::bad_alloc &) {
    return error(Code::Memory, "no memory for a file of ", status.st_size, " bytes").atFile(path);
  }
  size_t filled = 0;
  while (filled < content.size()) {
    ssize_t count = ::read(file.get(), content.data() + filled, content.size() - filled);
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return systemError("read the file", path);
    if (count == 0) // truncated by somebody else meanwhile
      break;
    filled += static_cast<size_t>(count);
  }
  content.resize(filled);
  return content;
}

static bool writeAll(int file, Bytes bytes) {
  while (!bytes.empty()) {
    ssize_t count = ::write(file, bytes.data(), std::min(bytes.size(), size_t(1) << 30));
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return false;
    bytes = bytes.subspan(static_cast<size_t>(count));
  }
  return true;
}

/// The place that will be replaced: behind symbolic links, and only if it is free or a regular file.
static Expected<std::filesystem::path> replacementTarget(const std::string &path) {
  if (path.empty() || path.find('\0') != std::string::npos)
    return error(Code::File, "expected a file name, found one that is empty or holds a zero byte");
  std::filesystem::path target = path;
  std::error_code failure;
  if (std::filesystem::path resolved = std::filesystem::canonical(target, failure); !failure)
    target = resolved;
  struct stat status;
  if (::stat(target.c_str(), &status) == 0 && !S_ISREG(status.st_mode))
    return error(Code::FileKind, "expected to write a regular file, found ", fileKind(status.st_mode))
        .atFile(path);
  return target;
}

Status writeFileAtomically(const std::string &path, std::span<const Bytes> pieces) {
  static std::atomic<unsigned> serial = 0;
  LIMBECK_ASSIGN(std::filesystem::path target, replacementTarget(path));
  std::filesystem::path folder = target.has_parent_path() ? target.parent_path() : std::filesystem::path(".");
  std::string temporary;
  int number;
  do { // a name that an earlier process with this number left behind is passed over
    temporary = folder / message(".limbeck-", ::getpid(), "-", serial++, ".tmp");
    number = openRetrying(temporary, O_WRONLY | O_CREAT | O_EXCL, 0666);
  } while (number < 0 && errno == EEXIST);
  FileHandle file(number);
  if (!file.valid())
    return systemError("create a file in this folder", path);
  TemporaryFile guard(temporary);
  for (Bytes piece : pieces)
    if (!writeAll(file.get(), piece))
      return systemError("write the file", path);
  if (::fsync(file.get()) != 0)
    return systemError("write the file to disk", path);
  if (::rename(temporary.c_str(), target.c_str()) != 0)
    return systemError("give the file its name", path);
  guard.keep();
  FileHandle directory(openRetrying(folder, O_RDONLY | O_DIRECTORY));
  if (directory.valid())
    ::fsync(
        directory
            .get()); // makes the new name last; where a file system cannot, the content is there all the same
  return {};
}

Status writeFileAtomically(const std::string &path, Bytes content) {
  return writeFileAtomically(path, std::span<const Bytes>(&content, 1));
}

} // namespace limbeck
