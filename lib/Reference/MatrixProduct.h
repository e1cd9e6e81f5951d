// Batched matrix products: shapes, and the loops that all element types share.
#pragma once
#include "Accumulator.h"
#include "MultiplyAccumulate.h"
#include "limbeck/Reference/Broadcast.h"
#include "limbeck/Reference/Operation.h"
#include <algorithm>

namespace limbeck::reference {

/// [.., M, K] x [.., K, N] with broadcast batch dimensions, and optionally a bias of N entries -> [.., M, N].
Expected<Shape> inferMatrixProduct(const Call &call, size_t biasIndex);

/// One accumulator per output, k ascending. `a` and `b` hold T.
template <class T>
Expected<Tensor> multiplyMatrices(const Tensor &a, const Tensor &b, std::span<const int64_t> resultShape) {
  LIMBECK_ASSIGN(Tensor product,
                 Tensor::zeros(AccumulatorType<T>::dtype, Shape(resultShape.begin(), resultShape.end())));
  int64_t rows = a.shape().end()[-2], depth = a.shape().end()[-1], width = b.shape().end()[-1];
  auto batchOf = [](std::span<const int64_t> shape) { return shape.first(shape.size() - 2); };
  std::span<const int64_t> batch = batchOf(resultShape);
  const std::vector<int64_t> strides[] = {broadcastStrides(batchOf(a.shape()), batch),
                                          broadcastStrides(batchOf(b.shape()), batch)};
  StridedLoop loop(batch, strides);
  const T *left = a.values<T>().data(), *right = b.values<T>().data();
  T *out = product.mutableValues<T>().data();
  if (product.size() == 0)
    return product;
  loop.forEachRow([&](std::span<const int64_t> offsets) {
    for (int64_t i = 0; i < loop.rowLength(); ++i) {
      const T *values = left + (offsets[0] + i * loop.rowStride(0)) * rows * depth;
      const T *weights = right + (offsets[1] + i * loop.rowStride(1)) * depth * width;
      for (int64_t row = 0; row < rows; row += kAccumulatedRows) {
        int64_t count = std::min(kAccumulatedRows, rows - row);
        const T *pointers[kAccumulatedRows];
        for (int64_t r = 0; r < count; ++r, values += depth)
          pointers[r] = values;
        accumulateRows(pointers, count, weights, depth, width, out, width);
        out += count * width;
      }
    }
  });
  return product;
}

} // namespace limbeck::reference
