// Reads and packs weights in blocks.
#include "BlockWeights.h"
#include "limbeck/Reference/Quantize.h"

namespace limbeck::cpu {

using namespace mlir;

/// Zero points as s32; none where all are 0.
static std::optional<Tensor> zeroPointTable(const Tensor &stored) {
  std::vector<int64_t> zeroPoints = stored.asIndices();
  if (llvm::all_of(zeroPoints, [](int64_t zero) { return zero == 0; }))
    return std::nullopt;
  Tensor table = std::move(*Tensor::zeros(DType::S32, stored.shape()));
  llvm::transform(zeroPoints, table.mutableValues<int32_t>().begin(),
                  [](int64_t zero) { return static_cast<int32_t>(zero); });
  return table;
}

std::optional<BlockWeights> blockWeights(lower::KernelBuilder &kernel, Operation *op) {
  unsigned first = isa<graph::MatmulBlocksOp>(op) ? 1 : 3;
  auto values = kernel.constantOf(op->getOperand(first)),
       scales = kernel.constantOf(op->getOperand(first + 1)),
       zeroPoints = kernel.constantOf(op->getOperand(first + 2));
  if (!values || !scales || !zeroPoints || values->size() == 0)
    return std::nullopt;
  BlockWeights weights;
  weights.values = *values;
  weights.scales = *scales;
  if (scales->dtype() != DType::F16) // between floats, and to a wider type, the conversion cannot fail
    weights.scales = std::move(*reference::convertFloat(*scales, DType::F32));
  weights.zeroPoints = zeroPointTable(*zeroPoints);
  weights.block = std::min(lower::attributesOf(op).integer("block_size"), weights.depth());
  return weights;
}

Tensor packParameters(const Tensor &parameters, const BlockWeights &weights, const Tile &tile) {
  WeightMatrix matrix{parameters.reshaped({1, weights.blocks(), weights.columns()})};
  Tensor panels = packPanels(matrix, tile, 1);
  return panels.reshaped({panels.shape()[0], weights.blocks(), tile.panel()});
}

Tensor packBlocks(const BlockWeights &weights, const Tile &tile, int64_t unit) {
  int64_t panels = ceilDivide(weights.columns(), tile.panel()), steps = ceilDivide(weights.block, unit);
  Tensor packed = std::move(*Tensor::zeros(isSigned(weights.dtype()) ? DType::S8 : DType::U8,
                                           {panels, weights.blocks(), steps, tile.panel() * unit}));
  std::byte *to = packed.mutableBytes();
  for (int64_t panel = 0; panel < panels; ++panel)
    for (int64_t block = 0; block < weights.blocks(); ++block)
      for (int64_t step = 0; step < steps; ++step)
        for (int64_t column = panel * tile.panel(); column < (panel + 1) * tile.panel(); ++column)
          for (int64_t i = step * unit; i < (step + 1) * unit; ++i, ++to) {
            int64_t k = block * weights.block + i;
            if (column < weights.columns() && i < weights.block && k < weights.depth())
              *to = weights.values.bytes()[k * weights.columns() + column];
          }
  return packed;
}

} // namespace limbeck::cpu
