// Samples of tensors: slices along dimension 0.
#pragma once
#include "limbeck/Tensor/Tensor.h"
#include <span>
#include <vector>

namespace limbeck::graph {

/// Sample `number` of each of the tensors, with a dimension 0 of 1.
Expected<std::vector<Tensor>> sampleOf(std::span<const Tensor> tensors, int64_t number);
/// Puts the results of sample `number` of `samples` where they belong in `whole`, which is made with the first.
Status keepSample(std::span<const Tensor> results, int64_t number, int64_t samples,
                  std::vector<Tensor> &whole);

} // namespace limbeck::graph
