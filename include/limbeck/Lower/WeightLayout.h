// Rearranging constant weights at compile time, so that kernels read them in order.
#pragma once
#include "limbeck/Tensor/Tensor.h"

namespace limbeck::lower {

/// Any transposition of a tensor by its permutation, bytes moved as they are.
Tensor transposed(const Tensor &tensor, const std::vector<int64_t> &permutation);
/// Convolution weights OIHW -> [KH][KW][I][O].
Tensor weightsKhKwIcOc(const Tensor &oihw);
/// Transposed-convolution weights [I][O/g][KH][KW] -> [KH][KW][I/g][O].
Tensor weightsOfTransposed(const Tensor &weights, int64_t groups);

} // namespace limbeck::lower
