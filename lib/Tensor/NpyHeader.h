// The header of an .npy file, for who reads whole files and for who reads them row by row.
#pragma once
#include "limbeck/Support/File.h"
#include "limbeck/Tensor/Tensor.h"

namespace limbeck {

/// What the dictionary in the header says.
struct NpyDescription {
  DType dtype = DType::F32;
  bool columnMajor = false;
  Shape shape;
};

/// What a header is read from to know how long it is: as many bytes, or all when there are fewer.
inline constexpr size_t kNpyStart = 12;
/// The bytes of the header of a file that begins with `start`. E-NPY when it is none or does not fit into the file.
Expected<size_t> npyHeaderSize(Bytes start, uint64_t fileSize);
/// The header itself, of that size.
Expected<NpyDescription> parseNpyHeader(Bytes header, const Limits &limits);

/// The same array with the last index running fastest.
Expected<Tensor> rowMajorCopy(const Tensor &columnMajor, const Shape &shape);

} // namespace limbeck
