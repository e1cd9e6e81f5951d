// Rows of arrays, from a file or from an entry of an archive.
#include "limbeck/Tensor/ArrayRows.h"
#include "NpyHeader.h"
#include "Zip.h"
#include "limbeck/Tensor/Npy.h"
#include <set>

namespace limbeck {

/// The bytes of one .npy file, in order.
struct ArrayRows::Source {
  virtual ~Source() = default;
  virtual uint64_t size() const = 0;
  virtual Status read(std::span<std::byte> bytes) = 0;
};

ArrayRows::ArrayRows() = default;
ArrayRows::ArrayRows(ArrayRows &&) noexcept = default;
ArrayRows::~ArrayRows() = default;

/// Bytes to fill; E-MEMORY where there are none.
static Expected<std::vector<std::byte>> roomFor(uint64_t count) {
  try {
    return std::vector<std::byte>(count);
  } catch (const std::exception &) { // no memory, or more than a vector can have
    return error(Code::Memory, "no memory for ", count, " bytes of an array");
  }
}

Expected<ArrayRows> ArrayRows::open(std::string key, std::unique_ptr<Source> source, const Limits &limits) {
  uint64_t size = source->size();
  std::vector<std::byte> header(std::min<uint64_t>(size, kNpyStart));
  LIMBECK_TRY(source->read(header));
  LIMBECK_ASSIGN(size_t headerSize, npyHeaderSize(header, size));
  size_t begun = header.size();
  if (headerSize < begun) // an empty dictionary would be as short
    return error(Code::Npy, "expected a dictionary as the header");
  LIMBECK_ASSIGN(std::vector<std::byte> all, roomFor(headerSize));
  std::copy(header.begin(), header.end(), all.begin());
  LIMBECK_TRY(source->read(std::span(all).subspan(begun)));
  LIMBECK_ASSIGN(NpyDescription description, parseNpyHeader(all, limits));

  ArrayRows array;
  array.key = std::move(key);
  array.type = description.dtype;
  array.dims = description.shape;
  LIMBECK_ASSIGN(int64_t count, elementCount(array.dims, limits.elements));
  auto bytes = checkedMultiply(count, static_cast<int64_t>(storageBytes(array.type)));
  if (!bytes || static_cast<uint64_t>(*bytes) != size - headerSize)
    return error(Code::Npy, "expected ", count, " elements of ", storageBytes(array.type), " bytes for ",
                 limbeck::name(array.type), "[", shapeText(array.dims), "], found ", size - headerSize,
                 " bytes");
  array.source = std::move(source);
  if (description.columnMajor && count > 1) {
    LIMBECK_ASSIGN(Tensor stored, array.next(array.rows()));
    LIMBECK_ASSIGN(array.whole, rowMajorCopy(stored, array.dims));
    array.source.reset();
    array.read = 0;
  }
  return array;
}

Expected<Tensor> ArrayRows::next(int64_t count) {
  if (count > rows() - read)
    return error(Code::Npy, "expected ", count, " more rows, found ", rows() - read);
  Shape shape = dims;
  if (!shape.empty())
    shape[0] = count;
  LIMBECK_ASSIGN(int64_t elements, elementCount(shape, Limits().elements));
  uint64_t bytes = static_cast<uint64_t>(elements) * storageBytes(type);
  int64_t first = std::exchange(read, read + count);
  if (!source) {
    size_t row = whole.byteSize() / static_cast<size_t>(rows());
    return tensorFromBytes(type, shape, Bytes(whole.bytes() + row * static_cast<size_t>(first), bytes),
                           Code::Npy);
  }
  LIMBECK_ASSIGN(std::vector<std::byte> content, roomFor(bytes));
  LIMBECK_TRY(source->read(content));
  return tensorFromBytes(type, shape, content, Code::Npy);
}

namespace {
struct FileSource : ArrayRows::Source {
  std::shared_ptr<OpenFile> file;
  uint64_t at = 0;
  explicit FileSource(std::shared_ptr<OpenFile> file) : file(std::move(file)) {}
  uint64_t size() const override { return file->size(); }
  Status read(std::span<std::byte> bytes) override {
    LIMBECK_TRY(file->read(at, bytes));
    at += bytes.size();
    return {};
  }
};
struct EntrySource : ArrayRows::Source {
  ZipStream stream;
  explicit EntrySource(ZipStream stream) : stream(std::move(stream)) {}
  uint64_t size() const override { return stream.size(); }
  Status read(std::span<std::byte> bytes) override { return stream.read(bytes); }
};
} // namespace

Expected<std::vector<ArrayRows>> openArrays(const std::string &path, const Limits &limits) {
  constexpr std::string_view kExtension = ".npy";
  LIMBECK_ASSIGN(OpenFile opened, OpenFile::open(path, limits.dataBytes));
  auto file = std::make_shared<OpenFile>(std::move(opened));
  std::vector<ArrayRows> arrays;
  auto add = [&](std::string key, std::unique_ptr<ArrayRows::Source> source) -> Status {
    auto array = ArrayRows::open(key, std::move(source), limits);
    if (!array.ok()) {
      if (!key.empty())
        array.diagnostic().message = message("array '", key, "': ", array.diagnostic().message);
      return array.diagnostic().atFile(path);
    }
    arrays.push_back(std::move(*array));
    return {};
  };
  if (!path.ends_with(".npz")) {
    LIMBECK_TRY(add("", std::make_unique<FileSource>(file)));
    return arrays;
  }
  auto read = [file](uint64_t offset, std::span<std::byte> bytes) { return file->read(offset, bytes); };
  auto places = zipPlaces(file->size(), read, limits.dataBytes);
  if (!places.ok())
    return places.diagnostic().atFile(path);
  std::set<std::string> seen;
  for (ZipPlace &place : *places) {
    if (!place.name.ends_with(kExtension))
      return error(Code::Npy, "expected arrays only (NAME.npy) in the archive, found '", place.name, "'")
          .atFile(path);
    std::string key = place.name.substr(0, place.name.size() - kExtension.size());
    if (!seen.insert(key).second)
      return error(Code::Npy, "expected each array once, found '", key, "' twice").atFile(path);
    LIMBECK_TRY(add(std::move(key), std::make_unique<EntrySource>(ZipStream(std::move(place), read))));
  }
  return arrays;
}

} // namespace limbeck
