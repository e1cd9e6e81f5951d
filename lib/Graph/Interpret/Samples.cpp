// Samples lie behind one another, so that taking and placing one is a copy of neighbouring bytes.
#include "Samples.h"
#include <cstring>

namespace limbeck::graph {

static void copyBytes(std::byte *to, const std::byte *from, size_t bytes) {
  if (bytes > 0)
    std::memcpy(to, from, bytes);
}

Expected<std::vector<Tensor>> sampleOf(std::span<const Tensor> tensors, int64_t number) {
  std::vector<Tensor> samples;
  for (const Tensor &tensor : tensors) {
    Shape shape = tensor.shape();
    shape.front() = 1;
    LIMBECK_ASSIGN(Tensor sample, Tensor::zeros(tensor.dtype(), shape));
    copyBytes(sample.mutableBytes(), tensor.bytes() + static_cast<size_t>(number) * sample.byteSize(),
              sample.byteSize());
    samples.push_back(std::move(sample));
  }
  return samples;
}

Status keepSample(std::span<const Tensor> results, int64_t number, int64_t samples,
                  std::vector<Tensor> &whole) {
  for (size_t i = 0; i < results.size(); ++i) {
    const Tensor &result = results[i];
    if (number == 0) {
      Shape shape = result.shape();
      shape.front() = samples;
      LIMBECK_ASSIGN(Tensor tensor, Tensor::zeros(result.dtype(), shape));
      whole.push_back(std::move(tensor));
    }
    copyBytes(whole[i].mutableBytes() + static_cast<size_t>(number) * result.byteSize(), result.bytes(),
              result.byteSize());
  }
  return {};
}

} // namespace limbeck::graph
