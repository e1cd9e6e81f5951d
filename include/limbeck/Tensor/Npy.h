// NumPy files: .npy holds one tensor, .npz several with names.
//
// Reading accepts format versions 1 to 3, little endian, row-major and column-major order. bf16 travels as
// uint16 and a 4-bit type as one value per byte (uint8, int8), because NumPy has neither: reading yields u16,
// u8, s8.
#pragma once
#include "limbeck/Support/File.h"
#include "limbeck/Tensor/Tensor.h"

namespace limbeck {

struct NamedTensor {
  std::string name;
  Tensor value;
};

/// A tensor of exactly these row-major bytes. `code` is reported when their number is wrong, or when a bool
/// byte or a 4-bit value lies outside the type's range.
Expected<Tensor> tensorFromBytes(DType dtype, Shape shape, Bytes bytes, Code code);

/// E-NPY for anything that is not exactly one well-formed array of a type that we have.
Expected<Tensor> parseNpy(Bytes file, const Limits &limits = {});
Expected<Tensor> readNpy(const std::string &path, const Limits &limits = {});
Status writeNpy(const std::string &path, const Tensor &tensor);
/// The same as one of several files.
Status addNpy(OutputFiles &files, const std::string &path, const Tensor &tensor);
/// The bytes before the data: version 1, padded as NumPy pads it.
std::string npyHeader(DType dtype, const Shape &shape);

/// Arrays in the order of the archive; stored or deflated entries, checksums verified. E-NPY for duplicates,
/// entries that are no array, encryption and ZIP64.
Expected<std::vector<NamedTensor>> parseNpz(Bytes file, const Limits &limits = {});
Expected<std::vector<NamedTensor>> readNpz(const std::string &path, const Limits &limits = {});
/// Names become the keys exactly; entries are stored. The same tensors give the same bytes.
Status writeNpz(const std::string &path, std::span<const NamedTensor> tensors);
Status addNpz(OutputFiles &files, const std::string &path, std::span<const NamedTensor> tensors);
/// The bytes of such a file.
Expected<std::vector<std::byte>> npzBytes(std::span<const NamedTensor> tensors);

/// An archive whose arrays grow row by row along the first dimension; a scalar is a row of one element. The rows are on disk,
/// not in memory.
class NpzRows {
public:
  static Expected<NpzRows> create(std::string path, std::vector<std::string> names);

  /// One more row, or several, of every array. E-SHAPE when one differs from those before it in more than its first
  /// dimension.
  Status append(std::span<const Tensor> values);
  Status write();

  struct Column {
    std::string name;
    DType dtype = DType::F32;
    Shape shape;
    SpoolFile rows;
  };
  /// The arrays so far.
  const std::vector<Column> &columns() const { return arrays; }

private:
  std::string path;
  std::vector<Column> arrays;
  bool started = false;
};

} // namespace limbeck
