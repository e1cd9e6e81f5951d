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

static Status addEntry(ZipWriter &archive, const std::string &name, DType dtype, const Shape &shape,
                       Bytes data) {
  return archive.add(name + std::string(npyExtension), npyHeader(dtype, shape), data);
}

static Expected<ZipWriter> archiveOf(std::span<const NamedTensor> tensors) {
  ZipWriter archive;
  std::set<std::string_view> seen;
  for (const auto &[name, value] : tensors) {
    if (!seen.insert(name).second)
      return error(Code::Npy, "expected each name once, found '", name, "' twice");
    LIMBECK_TRY(
        addEntry(archive, name, value.dtype(), value.shape(), Bytes(value.bytes(), value.byteSize())));
  }
  return archive;
}

Status addNpz(OutputFiles &files, const std::string &path, std::span<const NamedTensor> tensors) {
  LIMBECK_ASSIGN(ZipWriter archive, archiveOf(tensors));
  return archive.write(files, path);
}

Expected<std::vector<std::byte>> npzBytes(std::span<const NamedTensor> tensors) {
  LIMBECK_ASSIGN(ZipWriter archive, archiveOf(tensors));
  return archive.bytes();
}

Status writeNpz(const std::string &path, std::span<const NamedTensor> tensors) {
  OutputFiles files;
  LIMBECK_TRY(addNpz(files, path, tensors));
  return files.commit();
}

Expected<NpzRows> NpzRows::create(std::string path, std::vector<std::string> names) {
  NpzRows rows;
  rows.path = std::move(path);
  for (std::string &name : names) {
    for (const Column &other : rows.arrays)
      if (other.name == name)
        return error(Code::Npy, "expected each name once, found '", name, "' twice");
    LIMBECK_ASSIGN(SpoolFile spool, SpoolFile::createBeside(rows.path));
    rows.arrays.push_back({std::move(name), DType::F32, {}, std::move(spool)});
  }
  return rows;
}

Status NpzRows::append(std::span<const Tensor> values) {
  uint64_t bytes = 0;
  for (size_t i = 0; i < arrays.size(); ++i) {
    Column &column = arrays[i];
    Shape shape = values[i].shape().empty() ? Shape{1} : values[i].shape();
    int64_t before = 0;
    if (started)
      std::swap(before, column.shape[0]);
    else
      column.dtype = values[i].dtype(), column.shape = shape, column.shape[0] = 0;
    bool fits = values[i].dtype() == column.dtype && shape.size() == column.shape.size() &&
                std::equal(shape.begin() + 1, shape.end(), column.shape.begin() + 1);
    if (!fits)
      return error(Code::Shape, "expected output '", column.name, "' of one shape for all samples, found ",
                   shapeText(column.shape), " (samples first) and ", shapeText(values[i].shape()));
    column.shape[0] = before + shape[0];
    LIMBECK_TRY(column.rows.append(Bytes(values[i].bytes(), values[i].byteSize())));
    bytes += column.rows.size();
  }
  started = true;
  if (bytes >= kZipBytes) // now, not when all has been computed
    return error(Code::Npy, "expected outputs of less than 4 GiB in one .npz, found more").atFile(path);
  return {};
}

Status NpzRows::write() {
  if (!started)
    return error(Code::InputData, "expected at least one sample, found none");
  ZipWriter archive;
  for (Column &column : arrays) {
    LIMBECK_ASSIGN(Bytes data, column.rows.map());
    LIMBECK_TRY(addEntry(archive, column.name, column.dtype, column.shape, data));
  }
  OutputFiles files;
  LIMBECK_TRY(archive.write(files, path));
  return files.commit();
}

} // namespace limbeck
