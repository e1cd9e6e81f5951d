// Arrays of .npy and .npz files, read a few rows at a time, so that a file may be larger than memory.
#pragma once
#include "limbeck/Support/File.h"
#include "limbeck/Tensor/Tensor.h"
#include <memory>

namespace limbeck {

/// One array. A row is an index of its first dimension; a scalar has one row.
class ArrayRows {
public:
  ArrayRows(ArrayRows &&) noexcept;
  ~ArrayRows();

  /// The key in an archive; empty for an .npy file.
  const std::string &name() const { return key; }
  DType dtype() const { return type; }
  const Shape &shape() const { return dims; }
  int64_t rows() const { return dims.empty() ? 1 : dims[0]; }

  /// The next `count` rows, as a tensor of the array's rank. E-NPY as of parseNpy and parseNpz; a checksum is known to be wrong once
  /// all rows were read.
  Expected<Tensor> next(int64_t count);

  /// Where the bytes of an array come from.
  struct Source;

private:
  friend Expected<std::vector<ArrayRows>> openArrays(const std::string &path, const Limits &limits);
  ArrayRows();
  static Expected<ArrayRows> open(std::string key, std::unique_ptr<Source> source, const Limits &limits);

  std::string key;
  DType type = DType::F32;
  Shape dims;
  int64_t read = 0;               ///< rows
  std::unique_ptr<Source> source; ///< none for an array that is in memory
  Tensor whole;                   ///< of an array in column-major order, which has no rows in the file
};

/// All arrays of a file; headers are read, and no rows. Errors as of readNpy and readNpz.
Expected<std::vector<ArrayRows>> openArrays(const std::string &path, const Limits &limits = {});

} // namespace limbeck
