// Transpositions of constant weights.
#include "limbeck/Lower/WeightLayout.h"

namespace limbeck::lower {

Tensor transposed(const Tensor &tensor, const std::vector<int64_t> &permutation) {
  size_t rank = permutation.size(), bytes = storageBytes(tensor.dtype());
  std::vector<int64_t> strides = rowMajorStrides(tensor.shape());
  Shape shape(rank);
  std::vector<int64_t> steps(rank);
  for (size_t i = 0; i < rank; ++i) {
    shape[i] = tensor.shape()[static_cast<size_t>(permutation[i])];
    steps[i] = strides[static_cast<size_t>(permutation[i])];
  }
  Tensor result = std::move(*Tensor::zeros(tensor.dtype(), shape));
  std::vector<int64_t> at(rank, 0);
  int64_t source = 0;
  for (int64_t i = 0; i < tensor.size(); ++i) {
    std::memcpy(result.mutableBytes() + static_cast<size_t>(i) * bytes,
                tensor.bytes() + static_cast<size_t>(source) * bytes, bytes);
    for (size_t dim = rank; dim-- > 0;) {
      source += steps[dim];
      if (++at[dim] < shape[dim])
        break;
      source -= steps[dim] * shape[dim];
      at[dim] = 0;
    }
  }
  return result;
}

Tensor weightsKhKwIcOc(const Tensor &oihw) {
  return transposed(oihw, {2, 3, 1, 0});
}

Tensor weightsOfTransposed(const Tensor &weights, int64_t groups) {
  const Shape &s = weights.shape();
  Tensor split = weights.reshaped({groups, s[0] / groups, s[1], s[2], s[3]}); // g, ic, oc, kh, kw
  Tensor ordered = transposed(split, {3, 4, 1, 0, 2});                        // kh, kw, ic, g, oc
  return ordered.reshaped({s[2], s[3], s[0] / groups, groups * s[1]});
}

} // namespace limbeck::lower
