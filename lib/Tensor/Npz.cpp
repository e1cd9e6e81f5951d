// The .npz format: a ZIP archive with one .npy file per array, named after its key.
#include "Zip.h"
#include "limbeck/Tensor/Npy.h"
#include <set>

namespace limbeck {

static constexpr std::string_view npyExtension = ".npy";

Expected<std::vector<NamedTensor>> parseNpz(Bytes file, const Limits &limits) {
  LIMBECK_ASSIGN(std::vector<ZipEntry> entries, zipEntries(file, limits.dataBytes));
  std::vector<NamedTensor> tensors;
  std::set<std::string> seen;
  std::vector<std::byte> scratch;
  for (const ZipEntry &entry : entries) {
    if (!entry.name.ends_with(npyExtension))
      return error(Code::Npy, "expected arrays only (NAME.npy) in the archive, found '", entry.name, "'");
    std::string key = entry.name.substr(0, entry.name.size() - npyExtension.size());
    if (!seen.insert(key).second)
      return error(Code::Npy, "expected each array once, found '", key, "' twice");
    LIMBECK_ASSIGN(Bytes content, zipContent(entry, scratch));
    auto tensor = parseNpy(content, limits);
    if (!tensor) {
      tensor.diagnostic().message = message("array '", key, "': ", tensor.diagnostic().message);
      return tensor.diagnostic();
    }
    tensors.push_back({std::move(key), std::move(*tensor)});
  }
  return tensors;
}

Expected<std::vector<NamedTensor>> readNpz(const std::string &path, const Limits &limits) {
  LIMBECK_ASSIGN(std::vector<std::byte> content, readFile(path, limits.dataBytes));
  auto tensors = parseNpz(content, limits);
  if (!tensors)
    tensors.diagnostic().atFile(path);
  return tensors;
}

Status writeNpz(const std::string &path, std::span<const NamedTensor> tensors) {
  ZipWriter archive;
  std::set<std::string_view> seen;
  for (const auto &[name, value] : tensors) {
    if (!seen.insert(name).second)
      return error(Code::Npy, "expected each name once, found '", name, "' twice");
    LIMBECK_TRY(archive.add(name + std::string(npyExtension), npyHeader(value),
                            Bytes(value.bytes(), value.byteSize())));
  }
  return archive.write(path);
}

} // namespace limbeck
