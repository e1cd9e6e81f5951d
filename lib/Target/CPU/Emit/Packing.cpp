// Packing of constant weights into panels.
#include "Atoms.h"

namespace limbeck::cpu {

WeightMatrix WeightMatrix::inPanels(int64_t panel) const {
  int64_t channels = columns() / taps, padded = ceilDivide(channels, panel) * panel;
  if (taps == 1 || channels == padded)
    return *this;
  size_t bytes = storageBytes(values.dtype()), from = static_cast<size_t>(channels) * bytes,
         to = static_cast<size_t>(padded) * bytes;
  WeightMatrix result;
  result.taps = taps;
  result.values = std::move(*Tensor::zeros(values.dtype(), {outer(), depth(), taps * padded}));
  for (size_t row = 0; row < static_cast<size_t>(outer() * depth() * taps); ++row)
    std::memcpy(result.values.mutableBytes() + row * to, values.bytes() + row * from, from);
  if (!products)
    return result;
  result.products.emplace();
  result.products->starts.resize(static_cast<size_t>(taps * padded));
  result.products->shifts.resize(static_cast<size_t>(taps * padded));
  for (size_t column = 0; column < products->starts.size(); ++column) {
    size_t place = column / static_cast<size_t>(channels) * static_cast<size_t>(padded) + channelOf(column);
    result.products->starts[place] = products->starts[column];
    result.products->shifts[place] = products->shifts[column];
  }
  return result;
}

Tensor packPanels(const WeightMatrix &weights, const Tile &tile, int64_t unit) {
  int64_t panels = ceilDivide(weights.columns(), tile.panel()), steps = ceilDivide(weights.depth(), unit);
  auto bytes = static_cast<int64_t>(storageBytes(weights.values.dtype()));
  Tensor packed = std::move(
      *Tensor::zeros(weights.values.dtype(), {panels, weights.outer(), steps, tile.panel() * unit}));
  std::byte *to = packed.mutableBytes();
  for (int64_t panel = 0; panel < panels; ++panel)
    for (int64_t outer = 0; outer < weights.outer(); ++outer)
      for (int64_t step = 0; step < steps; ++step)
        for (int64_t column = panel * tile.panel(); column < (panel + 1) * tile.panel(); ++column)
          for (int64_t k = step * unit; k < (step + 1) * unit; ++k, to += bytes)
            if (column < weights.columns() && k < weights.depth())
              std::memcpy(to,
                          weights.values.bytes() +
                              ((outer * weights.depth() + k) * weights.columns() + column) * bytes,
                          static_cast<size_t>(bytes));
  return packed;
}

Tensor compensatedBias(const WeightMatrix &weights, const std::optional<Tensor> &bias, int64_t zeroPoint,
                       const Tile &tile) {
  int64_t columns = weights.columns(), panels = ceilDivide(columns, tile.panel());
  Tensor table = std::move(*Tensor::zeros(DType::S32, {panels * tile.panel()}));
  std::vector<int64_t> values = weights.values.asIndices();
  std::vector<int64_t> start(static_cast<size_t>(columns), 0);
  std::vector<int64_t> added = bias ? bias->asIndices() : std::vector<int64_t>{0};
  for (size_t column = 0; column < start.size(); ++column) // taps share that of their channel
    start[column] = added[weights.channelOf(column) % added.size()];
  for (int64_t row = 0; row < weights.outer() * weights.depth(); ++row)
    for (int64_t column = 0; column < columns; ++column)
      start[static_cast<size_t>(column)] -= zeroPoint * values[static_cast<size_t>(row * columns + column)];
  if (weights.products)
    for (size_t column = 0; column < start.size(); ++column)
      start[column] += weights.products->starts[column];
  for (int64_t column = 0; column < columns; ++column) // modulo 2^32, as the accumulator counts
    table.mutableValues<int32_t>()[static_cast<size_t>(column)] =
        static_cast<int32_t>(static_cast<uint32_t>(start[static_cast<size_t>(column)]));
  return table;
}

} // namespace limbeck::cpu
