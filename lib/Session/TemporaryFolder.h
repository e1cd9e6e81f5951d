// A folder for files that only this process needs.
#pragma once
#include "limbeck/Support/Status.h"
#include <cerrno>
#include <filesystem>
#include <stdlib.h>
#include <utility>

namespace limbeck::session {

/// Goes with all that is in it when it is done with.
class TemporaryFolder {
public:
  static Expected<TemporaryFolder> create() {
    const char *given = ::getenv("TMPDIR");
    std::filesystem::path parent = given && *given ? given : "/tmp";
    std::string pattern = parent / "limbeck-XXXXXX";
    if (::mkdtemp(pattern.data()))
      return TemporaryFolder(pattern);
    return error(Code::File,
                 "cannot make a folder for temporary files: ", std::generic_category().message(errno))
        .atFile(parent)
        .withHint("the environment variable TMPDIR names another place for them");
  }
  TemporaryFolder(TemporaryFolder &&other) noexcept : path(std::exchange(other.path, {})) {}
  TemporaryFolder &operator=(TemporaryFolder &&) = delete;
  ~TemporaryFolder() {
    std::error_code failure;
    if (!path.empty())
      std::filesystem::remove_all(path, failure);
  }
  std::string file(const std::string &name) const { return (path / name).string(); }

private:
  explicit TemporaryFolder(std::filesystem::path path) : path(std::move(path)) {}
  std::filesystem::path path;
};

} // namespace limbeck::session
