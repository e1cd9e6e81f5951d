// The two loops under every Movement op. Both copy whole runs of bytes wherever elements lie side by side.
#include "Movement.h"
#include "limbeck/Reference/Broadcast.h"
#include <numeric>

namespace limbeck::reference {

namespace {

/// Steps and addresses of one row, in elements.
struct RowCopy {
  int64_t length, fromStride, toStride;
  const std::byte *from;
  std::byte *to;
};

} // namespace

template <size_t bytes> static void copyElements(const RowCopy &row) {
  for (int64_t i = 0; i < row.length; ++i)
    std::memcpy(row.to + i * row.toStride * int64_t(bytes), row.from + i * row.fromStride * int64_t(bytes),
                bytes);
}

static void copyRow(const RowCopy &row, size_t elementBytes) {
  if (row.fromStride == 1 && row.toStride == 1) {
    std::memcpy(row.to, row.from, static_cast<size_t>(row.length) * elementBytes);
    return;
  }
  switch (elementBytes) {
  case 1:
    return copyElements<1>(row);
  case 2:
    return copyElements<2>(row);
  case 4:
    return copyElements<4>(row);
  default:
    return copyElements<8>(row);
  }
}

void copyView(std::span<const int64_t> sizes, const Tensor &source, const StridedView &from, Tensor &target,
              const StridedView &to) {
  size_t elementBytes = storageBytes(target.dtype());
  int64_t bytes = static_cast<int64_t>(elementBytes);
  const std::vector<int64_t> strides[] = {from.strides, to.strides};
  StridedLoop loop(sizes, strides);
  loop.forEachRow([&](std::span<const int64_t> offsets) {
    copyRow({loop.rowLength(), loop.rowStride(0), loop.rowStride(1),
             source.bytes() + (from.offset + offsets[0]) * bytes,
             target.mutableBytes() + (to.offset + offsets[1]) * bytes},
            elementBytes);
  });
}

AxisTable identityTable(int64_t size) {
  AxisTable table(static_cast<size_t>(size));
  std::iota(table.begin(), table.end(), int64_t(0));
  return table;
}

static bool isIdentity(const AxisTable &table, int64_t size) {
  if (static_cast<int64_t>(table.size()) != size)
    return false;
  for (int64_t i = 0; i < size; ++i)
    if (table[static_cast<size_t>(i)] != i)
      return false;
  return true;
}

namespace {

/// One walk over the result. The trailing axes that are taken whole form one block; neighbouring blocks along
/// the axis in front of them form runs.
class TableGather {
public:
  TableGather(const Tensor &source, std::span<const AxisTable> tables, const std::byte *fill, Tensor &result)
      : tables(tables), fill(fill), elementBytes(storageBytes(source.dtype())),
        strides(rowMajorStrides(source.shape())), block(elementBytes), next(result.mutableBytes()) {
    axes = tables.size();
    while (axes > 0 && isIdentity(tables[axes - 1], source.shape()[axes - 1]))
      block *= tables[--axes].size();
    for (int64_t &stride : strides)
      stride *= static_cast<int64_t>(elementBytes);
    if (axes > 0)
      findRuns(tables[axes - 1]);
    else
      runs.push_back({0, 1});
    copyFrom(0, source.bytes());
  }

private:
  struct Run {
    int64_t first; ///< index in the source, or kOutside
    size_t length;
  };

  void findRuns(const AxisTable &table) {
    for (int64_t index : table) {
      bool extends =
          !runs.empty() && (index == kOutside ? runs.back().first == kOutside
                                              : runs.back().first != kOutside &&
                                                    index == runs.back().first + int64_t(runs.back().length));
      if (extends)
        ++runs.back().length;
      else
        runs.push_back({index, 1});
    }
  }

  /// `from` is null where an outer axis is outside.
  void copyFrom(size_t axis, const std::byte *from) {
    if (axis + 1 < axes) {
      for (int64_t index : tables[axis])
        copyFrom(axis + 1, from && index != kOutside ? from + index * strides[axis] : nullptr);
      return;
    }
    for (const Run &run : runs) {
      size_t bytes = run.length * block;
      if (from && run.first != kOutside)
        std::memcpy(next, from + run.first * static_cast<int64_t>(block), bytes);
      else
        fillBytes(bytes);
      next += bytes;
    }
  }

  void fillBytes(size_t bytes) {
    for (size_t i = 0; fill && i < bytes; i += elementBytes)
      std::memcpy(next + i, fill, elementBytes);
  }

  std::span<const AxisTable> tables;
  const std::byte *fill;
  size_t elementBytes;
  std::vector<int64_t> strides; ///< in bytes
  size_t block;                 ///< bytes of the axes that are taken whole
  size_t axes;                  ///< the others
  std::vector<Run> runs;        ///< along the last of those
  std::byte *next;
};

} // namespace

void gatherByTables(const Tensor &source, std::span<const AxisTable> tables, const std::byte *fill,
                    Tensor &result) {
  if (result.size() > 0)
    TableGather(source, tables, fill, result);
}

} // namespace limbeck::reference
