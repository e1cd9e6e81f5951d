// A folder for files that only this process needs.
#pragma once
#include "limbeck/Support/Status.h"
#include <filesystem>
#include <stdlib.h>
#include <utility>

namespace limbeck::session {

/// Goes with all that is in it when it is done with.
class TemporaryFolder {
public:
  static Expected<TemporaryFolder> create() {
    std::error_code failure;
    std::string pattern = (std::filesystem::temp_directory_path(failure) / "limbeck-XXXXXX").string();
    if (failure || !::mkdtemp(pattern.data()))
      return error(Code::File, "cannot make a folder for temporary files").atFile(pattern);
    return TemporaryFolder(pattern);
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
