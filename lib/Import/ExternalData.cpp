// The path is checked as text, resolved, compared with the folders it may lie in, and opened component by
// component without following links, so that nothing can be swapped between the check and the use. Sizes come
// from the open file.
#include "ExternalData.h"
#include "limbeck/Support/Checked.h"
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <map>
#include <sys/stat.h>
#include <unistd.h>

namespace limbeck::importer {

ExternalRange &ExternalRange::operator=(ExternalRange &&other) noexcept {
  std::swap(descriptor, other.descriptor);
  offset = other.offset;
  location = std::move(other.location);
  return *this;
}

ExternalRange::~ExternalRange() {
  if (descriptor >= 0)
    ::close(descriptor);
}

Status ExternalRange::read(std::span<std::byte> destination) const {
  size_t done = 0;
  while (done < destination.size()) {
    size_t step = std::min<size_t>(destination.size() - done, size_t(1) << 30);
    ssize_t got = ::pread(descriptor, destination.data() + done, step, offset + static_cast<int64_t>(done));
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return error(Code::File, "cannot read external data '", location, "': ", std::strerror(errno));
    if (got == 0)
      return error(Code::ExternalRange, "external data '", location, "' became shorter while it was read");
    done += static_cast<size_t>(got);
  }
  return {};
}

/// Entries by key: E-EXT-KEY for one that is unknown or given twice.
static Expected<std::map<std::string, std::string>> externalKeys(const onnx::TensorProto &tensor) {
  constexpr std::string_view known[] = {"location", "offset", "length", "checksum"};
  std::map<std::string, std::string> entries;
  for (const onnx::StringStringEntryProto &entry : tensor.external_data()) {
    if (std::find(std::begin(known), std::end(known), entry.key()) == std::end(known))
      return error(Code::ExternalKey, "expected location, offset, length or checksum, found '",
                   entry.key().substr(0, 80), "'");
    if (!entries.emplace(entry.key(), entry.value()).second)
      return error(Code::ExternalKey, "'", entry.key(), "' is given twice");
  }
  return entries;
}

static Status checkLocation(const std::string &location) {
  auto refuse = [&](std::string_view why) {
    return error(Code::ExternalPath, "external data location '", location.substr(0, 200), "' ", why);
  };
  if (location.empty())
    return refuse("is empty");
  auto isControl = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
  if (std::any_of(location.begin(), location.end(), isControl))
    return refuse("has control characters");
  if (location.front() == '/' || location.find('\\') != std::string::npos ||
      (location.size() > 1 && location[1] == ':'))
    return refuse("is not a relative path with '/'");
  // Other runtimes pass memory addresses under names like */_TAG_/*; no file is called that.
  if (location.find('*') != std::string::npos)
    return refuse("is not a file name");
  for (const auto &component : std::filesystem::path(location))
    if (component == "..")
      return refuse("leaves the folder of the model");
  return {};
}

static std::optional<std::string> realPath(const std::string &path) {
  std::error_code failure;
  auto resolved = std::filesystem::canonical(path, failure);
  return failure ? std::nullopt : std::optional(resolved.string());
}

static bool liesUnder(const std::string &path, const std::string &folder) {
  if (folder == "/")
    return true;
  return path.size() > folder.size() && path.compare(0, folder.size(), folder) == 0 &&
         path[folder.size()] == '/';
}

Expected<std::string> ExternalData::resolve(const std::string &location) const {
  LIMBECK_TRY(checkLocation(location));
  if (directory.empty())
    return error(Code::ExternalPath, "external data '", location, "' has no folder to be found in")
        .withHint("give --external-data-dir");
  auto resolved = realPath(directory + "/" + location);
  if (!resolved && !realPath(directory))
    return error(Code::ExternalPath, "expected a folder '", directory, "' for external data '", location,
                 "', found none");
  if (!resolved) {
    bool besideModel = std::filesystem::path(modelPath).parent_path() == std::filesystem::path(directory) ||
                       (directory == "." && !std::filesystem::path(modelPath).has_parent_path());
    return error(Code::ExternalPath, "external data file '", location, "' does not exist in '", directory,
                 "'")
        .withHint(besideModel ? "put it beside the model, or give --external-data-dir"
                              : "--external-data-dir names another folder");
  }
  auto folder = realPath(directory);
  if (folder && liesUnder(*resolved, *folder))
    return *resolved;
  // Caches keep the model and its data as links into one store.
  auto model = modelPath.empty() ? std::nullopt : realPath(modelPath);
  if (model && liesUnder(*resolved, std::filesystem::path(*model).parent_path().string()))
    return *resolved;
  return error(Code::ExternalLink, "external data '", location, "' is a link out of the folder of the model")
      .withHint("name the folder it lies in with --external-data-dir");
}

/// Opens an absolute path whose components must not be links.
static int openWithoutLinks(const std::string &path) {
  int folder = ::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  std::vector<std::string> components;
  for (const auto &component : std::filesystem::path(path).relative_path())
    components.push_back(component.string());
  for (size_t i = 0; i < components.size() && folder >= 0; ++i) {
    // Not blocking: opening a FIFO would wait for a writer.
    int flags = i + 1 < components.size() ? O_PATH | O_DIRECTORY : O_RDONLY | O_NONBLOCK;
    int next = ::openat(folder, components[i].c_str(), flags | O_NOFOLLOW | O_CLOEXEC);
    ::close(folder);
    folder = next;
  }
  return folder;
}

static Expected<int64_t> decimal(const std::map<std::string, std::string> &entries, const std::string &key,
                                 int64_t fallback) {
  auto found = entries.find(key);
  if (found == entries.end())
    return fallback;
  const std::string &text = found->second;
  int64_t value = 0;
  auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size() || value < 0)
    return error(Code::ExternalRange, "expected ", key, " to be a number of bytes, found '",
                 text.substr(0, 80), "'");
  return value;
}

Expected<ExternalRange> ExternalData::open(const onnx::TensorProto &tensor, int64_t expectedBytes) const {
  LIMBECK_ASSIGN(auto entries, externalKeys(tensor));
  LIMBECK_ASSIGN(std::string path, resolve(entries["location"]));
  LIMBECK_ASSIGN(int64_t offset, decimal(entries, "offset", 0));
  LIMBECK_ASSIGN(int64_t length, decimal(entries, "length", expectedBytes));
  int descriptor = openWithoutLinks(path);
  if (descriptor < 0)
    return error(Code::ExternalLink, "cannot open external data '", entries["location"],
                 "': ", std::strerror(errno));
  ExternalRange range(descriptor, offset, entries["location"]);
  struct stat file;
  if (::fstat(descriptor, &file) != 0 || !S_ISREG(file.st_mode))
    return error(Code::ExternalLink, "external data '", entries["location"], "' is not a regular file");
  if (file.st_nlink > 1 && !trustHardlinks)
    return error(Code::ExternalLink, "external data '", entries["location"], "' has ", file.st_nlink,
                 " hard links")
        .withHint("--trust-hardlinks allows them");
  if (length > file.st_size || offset > file.st_size - length)
    return error(Code::ExternalRange, "bytes ", offset, " + ", length, " lie outside external data '",
                 entries["location"], "' of ", static_cast<int64_t>(file.st_size), " bytes");
  if (length != expectedBytes)
    return error(Code::DataSize, "expected ", expectedBytes, " bytes of external data, found a length of ",
                 length);
  return range;
}

} // namespace limbeck::importer
