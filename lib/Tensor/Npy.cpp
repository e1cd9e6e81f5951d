// The .npy format: a magic number, a Python dictionary in ASCII with type, order and shape, and the elements.
#include "limbeck/Tensor/Npy.h"
#include "NpyHeader.h"
#include <algorithm>
#include <bit>
#include <charconv>

static_assert(std::endian::native == std::endian::little, "arrays are read and written in place");

namespace limbeck {

namespace {

constexpr std::string_view npyMagic = "\x93NUMPY";
constexpr size_t npyAlignment = 64;

struct NpyType {
  std::string_view text; ///< without the byte order
  DType dtype;
};
constexpr NpyType npyTypes[] = {
    {"b1", DType::Bool}, {"u1", DType::U8},  {"i1", DType::S8},  {"u2", DType::U16},
    {"i2", DType::S16},  {"u4", DType::U32}, {"i4", DType::S32}, {"u8", DType::U64},
    {"i8", DType::S64},  {"f2", DType::F16}, {"f4", DType::F32}, {"f8", DType::F64},
};

/// A reader of the few Python literals that the dictionary may hold. Every function skips blanks first.
class NpyScanner {
public:
  explicit NpyScanner(std::string_view text) : rest(text) {}

  bool take(std::string_view token) {
    skipBlanks();
    if (!rest.starts_with(token))
      return false;
    rest.remove_prefix(token.size());
    return true;
  }
  std::optional<std::string_view> quoted() {
    skipBlanks();
    if (rest.empty() || (rest[0] != '\'' && rest[0] != '"'))
      return std::nullopt;
    size_t end = rest.find(rest[0], 1);
    if (end == std::string_view::npos)
      return std::nullopt;
    std::string_view text = rest.substr(1, end - 1);
    rest.remove_prefix(end + 1);
    return text;
  }
  std::optional<int64_t> natural() {
    skipBlanks();
    int64_t value = 0;
    auto [end, failure] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    if (failure != std::errc() || value < 0)
      return std::nullopt;
    rest.remove_prefix(static_cast<size_t>(end - rest.data()));
    return value;
  }
  bool atEnd() {
    skipBlanks();
    return rest.empty();
  }

private:
  void skipBlanks() {
    size_t first = rest.find_first_not_of(" \t\n");
    rest.remove_prefix(first == std::string_view::npos ? rest.size() : first);
  }
  std::string_view rest;
};

} // namespace

static Expected<DType> npyDType(std::string_view text) {
  if (text.starts_with('>'))
    return error(Code::Npy, "expected little endian values, found '", text, "'")
        .withHint("convert with x.astype(x.dtype.newbyteorder('<'))");
  std::string_view plain = text;
  if (!plain.empty() && std::string_view("<|=").find(plain[0]) != std::string_view::npos)
    plain.remove_prefix(1);
  for (const NpyType &type : npyTypes)
    if (type.text == plain)
      return type.dtype;
  Diagnostic unsupported = error(Code::Npy, "expected bool, an integer or a float type, found '", text, "'");
  if (plain == "V2")
    unsupported.withHint("bfloat16 travels as uint16: save x.view(np.uint16)");
  return unsupported;
}

/// The shape's tuple: `()`, `(3,)` or `(1, 3)`.
static Expected<Shape> npyShape(NpyScanner &scanner, const Limits &limits) {
  Diagnostic malformed = error(Code::Npy, "expected a tuple of sizes as 'shape'");
  if (!scanner.take("("))
    return malformed;
  Shape shape;
  while (!scanner.take(")")) {
    auto size = scanner.natural();
    if (!size)
      return malformed;
    shape.push_back(*size);
    if (static_cast<int64_t>(shape.size()) > limits.rank)
      return error(Code::Npy, "expected at most ", limits.rank, " dimensions, found more");
    if (scanner.take(","))
      continue;
    if (shape.size() == 1 || !scanner.take(")")) // one entry without a comma is a number in brackets
      return malformed;
    break;
  }
  return shape;
}

static Expected<NpyDescription> npyDescription(std::string_view text, const Limits &limits) {
  NpyScanner scanner(text);
  NpyDescription description;
  bool haveType = false, haveOrder = false, haveShape = false;
  if (!scanner.take("{"))
    return error(Code::Npy, "expected a dictionary as the header");
  while (!scanner.take("}")) {
    auto key = scanner.quoted();
    if (!key || !scanner.take(":"))
      return error(Code::Npy, "expected a quoted key and a colon in the header");
    if (*key == "descr" && !haveType) {
      auto type = scanner.quoted();
      if (!type)
        return error(Code::Npy, "expected one type as 'descr', found a structure");
      LIMBECK_ASSIGN(description.dtype, npyDType(*type));
      haveType = true;
    } else if (*key == "fortran_order" && !haveOrder) {
      description.columnMajor = scanner.take("True");
      if (!description.columnMajor && !scanner.take("False"))
        return error(Code::Npy, "expected True or False as 'fortran_order'");
      haveOrder = true;
    } else if (*key == "shape" && !haveShape) {
      LIMBECK_ASSIGN(description.shape, npyShape(scanner, limits));
      haveShape = true;
    } else {
      return error(Code::Npy, "expected descr, fortran_order and shape once each, found '", *key, "'");
    }
    if (scanner.take(","))
      continue;
    if (!scanner.take("}"))
      return error(Code::Npy, "expected a comma or a closing brace in the header");
    break;
  }
  if (!scanner.atEnd())
    return error(Code::Npy, "expected blanks after the header's dictionary, found more");
  if (!haveType || !haveOrder || !haveShape)
    return error(Code::Npy, "expected descr, fortran_order and shape in the header, found fewer");
  return description;
}

/// The first stored value that the type does not have, or -1.
static int64_t firstOutOfRange(DType dtype, Bytes bytes) {
  if (dtype != DType::Bool && dtype != DType::U4 && dtype != DType::S4)
    return -1;
  auto found = std::find_if(bytes.begin(), bytes.end(), [&](std::byte byte) {
    int value = std::to_integer<int>(byte);
    int stored = dtype == DType::S4 ? static_cast<int8_t>(value) : value;
    return stored < lowest(dtype) || stored > highest(dtype);
  });
  return found == bytes.end() ? -1 : found - bytes.begin();
}

Expected<Tensor> tensorFromBytes(DType dtype, Shape shape, Bytes bytes, Code code) {
  auto count = elementCount(shape, Limits().elements);
  if (!count || *count == kUnknown)
    return error(code, "expected a shape of known and moderate size, found ", shapeText(shape));
  auto expected = checkedMultiply(*count, static_cast<int64_t>(storageBytes(dtype)));
  if (!expected || static_cast<uint64_t>(*expected) != bytes.size())
    return error(code, "expected ", *count, " elements of ", storageBytes(dtype), " bytes for ", name(dtype),
                 "[", shapeText(shape), "], found ", bytes.size(), " bytes");
  if (int64_t bad = firstOutOfRange(dtype, bytes); bad >= 0)
    return error(code, "expected values from ", lowest(dtype), " to ", highest(dtype), " for ", name(dtype),
                 ", found ",
                 dtype == DType::S4 ? int(static_cast<int8_t>(bytes[bad])) : std::to_integer<int>(bytes[bad]),
                 " at element ", bad);
  LIMBECK_ASSIGN(Tensor tensor, Tensor::zeros(dtype, std::move(shape)));
  if (!bytes.empty())
    std::memcpy(tensor.mutableBytes(), bytes.data(), bytes.size());
  return tensor;
}

Expected<Tensor> rowMajorCopy(const Tensor &columnMajor, const Shape &shape) {
  LIMBECK_ASSIGN(Tensor result, Tensor::zeros(columnMajor.dtype(), shape));
  size_t elementBytes = storageBytes(result.dtype());
  std::vector<int64_t> strides = rowMajorStrides(shape), position(shape.size(), 0);
  int64_t target = 0;
  for (int64_t source = 0; source < result.size(); ++source) {
    std::memcpy(result.mutableBytes() + static_cast<size_t>(target) * elementBytes,
                columnMajor.bytes() + static_cast<size_t>(source) * elementBytes, elementBytes);
    for (size_t axis = 0; axis < shape.size(); ++axis) { // the first index runs fastest in the file
      target += strides[axis];
      if (++position[axis] < shape[axis])
        break;
      target -= strides[axis] * shape[axis];
      position[axis] = 0;
    }
  }
  return result;
}

Expected<size_t> npyHeaderSize(Bytes start, uint64_t fileSize) {
  std::string_view text(reinterpret_cast<const char *>(start.data()), start.size());
  if (!text.starts_with(npyMagic))
    return error(Code::Npy, "expected an .npy file, found other content");
  auto byteAt = [&](size_t index) { return static_cast<size_t>(std::to_integer<unsigned>(start[index])); };
  size_t lengthBytes = text.size() > npyMagic.size() && byteAt(npyMagic.size()) == 1 ? 2 : 4;
  size_t size = npyMagic.size() + 2 + lengthBytes;
  if (start.size() < size)
    return error(Code::Npy, "expected a header, found the end of the file after ", start.size(), " bytes");
  size_t version = byteAt(npyMagic.size());
  if (version < 1 || version > 3)
    return error(Code::Npy, "expected format version 1, 2 or 3, found ", version);
  size_t length = 0;
  for (size_t i = 0; i < lengthBytes; ++i)
    length |= byteAt(npyMagic.size() + 2 + i) << (8 * i);
  if (length > fileSize - size)
    return error(Code::Npy, "expected a header of ", length, " bytes, found ", fileSize - size);
  return size + length;
}

Expected<NpyDescription> parseNpyHeader(Bytes header, const Limits &limits) {
  size_t length = std::to_integer<unsigned>(header[npyMagic.size()]) == 1 ? 2 : 4;
  size_t start = npyMagic.size() + 2 + length;
  std::string_view text(reinterpret_cast<const char *>(header.data()), header.size());
  return npyDescription(text.substr(start), limits);
}

Expected<Tensor> parseNpy(Bytes file, const Limits &limits) {
  LIMBECK_ASSIGN(size_t start, npyHeaderSize(file, file.size()));
  LIMBECK_ASSIGN(NpyDescription description, parseNpyHeader(file.first(start), limits));
  Bytes data = file.subspan(start);
  LIMBECK_ASSIGN(Tensor tensor, tensorFromBytes(description.dtype, description.shape, data, Code::Npy));
  if (!description.columnMajor || tensor.size() < 2)
    return tensor;
  return rowMajorCopy(tensor, description.shape);
}

Expected<Tensor> readNpy(const std::string &path, const Limits &limits) {
  LIMBECK_ASSIGN(std::vector<std::byte> content, readFile(path, limits.dataBytes));
  auto tensor = parseNpy(content, limits);
  if (!tensor)
    tensor.diagnostic().atFile(path);
  return tensor;
}

/// The type that travels: bf16 as uint16, 4-bit values as bytes.
static DType travellingType(DType dtype) {
  switch (dtype) {
  case DType::BF16:
    return DType::U16;
  case DType::U4:
    return DType::U8;
  case DType::S4:
    return DType::S8;
  default:
    return dtype;
  }
}

std::string npyHeader(DType dtype, const Shape &dims) {
  DType travelling = travellingType(dtype);
  auto type = std::find_if(std::begin(npyTypes), std::end(npyTypes),
                           [&](const NpyType &candidate) { return candidate.dtype == travelling; });
  std::string shape;
  for (int64_t dim : dims)
    shape += (shape.empty() ? "" : ", ") + std::to_string(dim);
  std::string header =
      message("{'descr': '", storageBytes(travelling) == 1 ? "|" : "<", type->text,
              "', 'fortran_order': False, 'shape': (", shape, dims.size() == 1 ? ",), }" : "), }");
  size_t used = npyMagic.size() + 4 + header.size() + 1;
  header.append((npyAlignment - used % npyAlignment) % npyAlignment, ' ');
  header += '\n';
  std::string file(npyMagic);
  file += {'\x01', '\x00', static_cast<char>(header.size() & 0xff), static_cast<char>(header.size() >> 8)};
  return file + header;
}

Status addNpy(OutputFiles &files, const std::string &path, const Tensor &tensor) {
  std::string header = npyHeader(tensor.dtype(), tensor.shape());
  Bytes pieces[] = {bytesOf(header), Bytes(tensor.bytes(), tensor.byteSize())};
  return files.add(path, pieces);
}

Status writeNpy(const std::string &path, const Tensor &tensor) {
  OutputFiles files;
  LIMBECK_TRY(addNpy(files, path, tensor));
  return files.commit();
}

} // namespace limbeck
