// Reading and atomic replacement of files over the POSIX calls, because the standard streams know neither.
#include "limbeck/Support/File.h"
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <new>
#include <sys/mman.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace limbeck {

namespace {

/// Closes on every path out.
class FileHandle {
public:
  explicit FileHandle(int number) : number(number) {}
  FileHandle(FileHandle &&other) noexcept : number(std::exchange(other.number, -1)) {}
  FileHandle &operator=(FileHandle &&) = delete;
  ~FileHandle() {
    if (number >= 0)
      ::close(number);
  }
  bool valid() const { return number >= 0; }
  int get() const { return number; }
  int release() { return std::exchange(number, -1); }

private:
  int number;
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

/// Why a file cannot be read: one that the user named wrongly is his mistake, all else a failure while running.
static Diagnostic openFailure(const std::string &path) {
  static constexpr std::pair<int, const char *> kMistakes[] = {
      {ENOENT, "found nothing of this name"},           {ENOTDIR, "found a name that goes through a file"},
      {EACCES, "found one without permission to read"}, {ELOOP, "found links that lead in a circle"},
      {ENAMETOOLONG, "found a name that is too long"},  {ENXIO, "found a socket or a device"}};
  for (const auto &[number, found] : kMistakes)
    if (errno == number)
      return error(Code::FileKind, "expected a file to read, ", found).atFile(path);
  return systemError("open the file", path);
}

static int openRetrying(const std::string &path, int flags, mode_t mode = 0) {
  int number;
  do
    number = ::open(path.c_str(), flags | O_CLOEXEC, mode);
  while (number < 0 && errno == EINTR);
  return number;
}

/// A regular file, opened.
static Expected<FileHandle> openRegular(const std::string &path, struct stat &status) {
  if (path.empty() || path.find('\0') != std::string::npos)
    return error(Code::FileKind, "expected a file name, found one that is empty or holds a zero byte");
  // Without O_NONBLOCK, opening a FIFO would wait for its writer before its kind can be seen.
  FileHandle file(openRetrying(path, O_RDONLY | O_NONBLOCK | O_NOCTTY));
  if (!file.valid())
    return openFailure(path);
  if (::fstat(file.get(), &status) != 0)
    return systemError("examine the file", path);
  if (!S_ISREG(status.st_mode))
    return error(Code::FileKind, "expected a regular file, found ", fileKind(status.st_mode)).atFile(path);
  return file;
}

static Expected<std::vector<std::byte>> readBytes(const FileHandle &file, size_t count,
                                                  const std::string &path) {
  std::vector<std::byte> content;
  try {
    content.resize(count);
  } catch (const std::bad_alloc &) {
    return error(Code::Memory, "no memory for a file of ", count, " bytes").atFile(path);
  }
  size_t filled = 0;
  while (filled < content.size()) {
    ssize_t length = ::read(file.get(), content.data() + filled, content.size() - filled);
    if (length < 0 && errno == EINTR)
      continue;
    if (length < 0)
      return systemError("read the file", path);
    if (length == 0) // truncated by somebody else meanwhile
      break;
    filled += static_cast<size_t>(length);
  }
  content.resize(filled);
  return content;
}

/// A regular file of at most `limit` bytes.
static Expected<FileHandle> openWithin(const std::string &path, int64_t limit, struct stat &status) {
  LIMBECK_ASSIGN(FileHandle file, openRegular(path, status));
  if (status.st_size > limit)
    return error(Code::FileKind, "expected a file of at most ", limit, " bytes, found ", status.st_size)
        .atFile(path);
  return file;
}

Expected<std::vector<std::byte>> readFile(const std::string &path, int64_t limit) {
  struct stat status;
  LIMBECK_ASSIGN(FileHandle file, openWithin(path, limit, status));
  return readBytes(file, static_cast<size_t>(status.st_size), path);
}

Expected<std::vector<std::byte>> readFileStart(const std::string &path, size_t count) {
  struct stat status;
  LIMBECK_ASSIGN(FileHandle file, openRegular(path, status));
  return readBytes(file, std::min(count, static_cast<size_t>(status.st_size)), path);
}

Expected<OpenFile> OpenFile::open(const std::string &path, int64_t limit) {
  struct stat status;
  LIMBECK_ASSIGN(FileHandle file, openWithin(path, limit, status));
  return OpenFile(file.release(), static_cast<uint64_t>(status.st_size), path);
}

OpenFile::OpenFile(OpenFile &&other) noexcept
    : number(std::exchange(other.number, -1)), length(other.length), path(std::move(other.path)) {}

OpenFile::~OpenFile() {
  if (number >= 0)
    ::close(number);
}

Status OpenFile::read(uint64_t offset, std::span<std::byte> bytes) const {
  while (!bytes.empty()) {
    ssize_t count = ::pread(number, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return systemError("read the file", path);
    if (count == 0)
      return error(Code::File, "expected ", length, " bytes, found an end after ", offset,
                   ": the file was cut off meanwhile")
          .atFile(path);
    offset += static_cast<uint64_t>(count);
    bytes = bytes.subspan(static_cast<size_t>(count));
  }
  return {};
}

/// False with errno set; EINTR when the program is about to end and `givesUp`.
static bool writeAll(int file, Bytes bytes, bool givesUp) {
  constexpr size_t kMostAtOnce = size_t(1) << 24; // so that Ctrl-C is seen soon
  while (!bytes.empty()) {
    if (givesUp && interruptPending()) {
      errno = EINTR;
      return false;
    }
    ssize_t count = ::write(file, bytes.data(), std::min(bytes.size(), kMostAtOnce));
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return false;
    bytes = bytes.subspan(static_cast<size_t>(count));
  }
  return true;
}

/// What symbolic links lead to, also where there is nothing yet: opening the file would make it there, too.
static Expected<std::filesystem::path> behindLinks(const std::string &path) {
  constexpr int kMostLinks = 40; // as of the system
  std::filesystem::path place = path;
  std::error_code failure;
  for (int links = 0; std::filesystem::is_symlink(std::filesystem::symlink_status(place, failure)); ++links) {
    if (links == kMostLinks)
      return error(Code::FileKind, "expected a file to write, found links that lead in a circle")
          .atFile(path);
    std::filesystem::path next = std::filesystem::read_symlink(place, failure);
    if (failure)
      return error(Code::File, "cannot follow the link: ", failure.message()).atFile(path);
    place = place.parent_path() / next; // an absolute one replaces all
  }
  return place;
}

/// The place that will be replaced: behind symbolic links, and only if it is free or a regular file.
static Expected<std::filesystem::path> replacementTarget(const std::string &path) {
  if (path.empty() || path.find('\0') != std::string::npos)
    return error(Code::FileKind, "expected a file name, found one that is empty or holds a zero byte");
  LIMBECK_ASSIGN(std::filesystem::path target, behindLinks(path));
  std::error_code failure;
  if (std::filesystem::path resolved =
          std::filesystem::weakly_canonical(std::filesystem::absolute(target), failure);
      !failure)
    target = resolved;
  struct stat status;
  if (::stat(target.c_str(), &status) == 0 && !S_ISREG(status.st_mode))
    return error(Code::FileKind, "expected to write a regular file, found ", fileKind(status.st_mode))
        .atFile(path);
  return target;
}

/// Where files of a folder begin: the folder of a place that will be replaced.
static std::string folderOf(const std::filesystem::path &target) {
  return target.has_parent_path() ? target.parent_path().string() : ".";
}

/// E-FLAG when a place holds one of the inputs: links and other spellings of a name lead to the same device and number.
static Status expectNoInput(const std::filesystem::path &target, std::span<const std::string> inputs) {
  struct stat taken, read;
  if (::stat(target.c_str(), &taken) != 0)
    return {};
  for (const std::string &input : inputs)
    if (::stat(input.c_str(), &read) == 0 && read.st_dev == taken.st_dev && read.st_ino == taken.st_ino)
      return error(Code::Flag, "expected an output other than the input '", input, "'");
  return {};
}

Status checkWritable(const std::string &path, std::span<const std::string> inputs) {
  LIMBECK_ASSIGN(std::filesystem::path target, replacementTarget(path));
  LIMBECK_TRY(expectNoInput(target, inputs));
  std::string folder = folderOf(target);
  struct stat status;
  if (::stat(folder.c_str(), &status) != 0 || !S_ISDIR(status.st_mode))
    return error(Code::File, "expected a folder '", folder, "' to write into, found none").atFile(path);
  if (::access(folder.c_str(), W_OK | X_OK) != 0)
    return error(Code::File, "expected a folder '", folder,
                 "' that may be written into, found: ", std::generic_category().message(errno))
        .atFile(path);
  return {};
}

OutputFiles::~OutputFiles() {
  for (const Pending &file : pending)
    ::unlink(file.temporary.c_str());
}

Status OutputFiles::add(const std::string &path, std::span<const Bytes> pieces) {
  static std::atomic<unsigned> serial = 0;
  LIMBECK_TRY(checkWritable(path, inputs));
  LIMBECK_ASSIGN(std::filesystem::path target, replacementTarget(path));
  for (const Pending &other : pending)
    if (other.target == target)
      return error(Code::Flag, "expected every output in a file of its own, found two for '", path, "'");
  std::filesystem::path folder = folderOf(target);
  std::string temporary;
  int number;
  do { // a name that an earlier process with this number left behind is passed over
    temporary = folder / message(".limbeck-", ::getpid(), "-", serial++, ".tmp");
    number = openRetrying(temporary, O_WRONLY | O_CREAT | O_EXCL, 0666);
  } while (number < 0 && errno == EEXIST);
  FileHandle file(number);
  if (!file.valid())
    return systemError("create a file in this folder", path);
  pending.push_back({temporary, target, path});
  for (Bytes piece : pieces)
    if (!writeAll(file.get(), piece, true))
      return systemError("write the file", path);
  if (::fsync(file.get()) != 0)
    return systemError("write the file to disk", path);
  return {};
}

Status OutputFiles::commit() {
  hold.finish();
  for (; !pending.empty(); pending.erase(pending.begin())) {
    const Pending &file = pending.front();
    if (::rename(file.temporary.c_str(), file.target.c_str()) != 0)
      return systemError("give the file its name", file.path);
    FileHandle directory(
        openRetrying(std::filesystem::path(file.target).parent_path(), O_RDONLY | O_DIRECTORY));
    if (directory
            .valid()) // makes the name last; where a file system cannot, the content is there all the same
      ::fsync(directory.get());
  }
  return {};
}

Status writeFileAtomically(const std::string &path, std::span<const Bytes> pieces) {
  OutputFiles files;
  LIMBECK_TRY(files.add(path, pieces));
  return files.commit();
}

Status writeFileAtomically(const std::string &path, Bytes content) {
  return writeFileAtomically(path, std::span<const Bytes>(&content, 1));
}

Expected<SpoolFile> SpoolFile::createBeside(const std::string &path) {
  HoldInterrupt hold; // between the two calls the file has a name
  LIMBECK_TRY(checkWritable(path));
  LIMBECK_ASSIGN(std::filesystem::path target, replacementTarget(path));
  std::string name = target.parent_path() / ".limbeck-XXXXXX";
  SpoolFile file;
  file.number = ::mkostemp(name.data(), O_CLOEXEC);
  if (file.number < 0)
    return systemError("create a file in this folder", path);
  ::unlink(name.c_str());
  return file;
}

SpoolFile::SpoolFile(SpoolFile &&other) noexcept
    : number(std::exchange(other.number, -1)), length(other.length),
      address(std::exchange(other.address, nullptr)) {}

SpoolFile &SpoolFile::operator=(SpoolFile &&other) noexcept {
  std::swap(number, other.number);
  std::swap(length, other.length);
  std::swap(address, other.address);
  return *this;
}

SpoolFile::~SpoolFile() {
  if (address)
    ::munmap(address, length);
  if (number >= 0)
    ::close(number);
}

Status SpoolFile::append(Bytes bytes) {
  if (!writeAll(number, bytes, false)) // what was gathered may be kept
    return error(Code::File, "cannot gather output on disk: ", std::generic_category().message(errno));
  length += bytes.size();
  return {};
}

Expected<Bytes> SpoolFile::map() {
  if (length == 0)
    return Bytes();
  if (!address) {
    void *mapped = ::mmap(nullptr, length, PROT_READ, MAP_PRIVATE, number, 0);
    if (mapped == MAP_FAILED)
      return error(Code::Memory, "cannot map ", length, " bytes of gathered output");
    address = mapped;
  }
  return Bytes(static_cast<const std::byte *>(address), length);
}

} // namespace limbeck
