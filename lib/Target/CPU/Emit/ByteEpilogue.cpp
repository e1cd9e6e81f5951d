// Multipliers per column, and the proof that results need no clamp before they are rounded.
#include "ByteEpilogue.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace limbeck::cpu {

using namespace mlir;

bool ByteEpilogue::applies(const lower::ContractionArithmetic &arithmetic, const Tile &tile, const Isa &isa) {
  return tile.lanes == isa.lanes && arithmetic.isQuantized() && packsTo(arithmetic.resultType());
}

std::vector<ColumnReach> ByteEpilogue::reachOf(lower::KernelBuilder &kernel,
                                               const lower::ContractionArithmetic &arithmetic,
                                               const WeightMatrix &weights) {
  std::vector<ColumnReach> columns(static_cast<size_t>(weights.columns()));
  Operation *op = arithmetic.operation();
  if (op->getNumOperands() > 2) {
    std::vector<int64_t> bias = kernel.constantOf(op->getOperand(2))->asIndices();
    for (size_t column = 0; column < columns.size(); ++column)
      columns[column].start = bias[weights.channelOf(column) % bias.size()];
  }
  std::vector<int64_t> w = weights.values.asIndices();
  for (size_t i = 0; i < w.size(); ++i)
    columns[i % columns.size()].weight += std::abs(w[i]);
  return columns;
}

ByteEpilogue::ByteEpilogue(lower::KernelBuilder &kernel, const lower::ContractionArithmetic &arithmetic,
                           const WeightMatrix &weights, const Tile &tile, const Isa &isa)
    : kernel(kernel), instructions(kernel, isa), type(arithmetic.resultType()), tile(tile) {
  const std::vector<float> &m = arithmetic.multipliers();
  for (auto [column, reach] : llvm::enumerate(reachOf(kernel, arithmetic, weights)))
    bounded &= staysBounded(reach, m[weights.channelOf(column) % m.size()]);
  auto tableOf = [&](const std::vector<float> &values) {
    int64_t panels = ceilDivide(weights.columns(), tile.panel());
    Tensor table = std::move(*Tensor::zeros(DType::F32, {panels * tile.panel()}));
    llvm::copy(values, table.mutableValues<float>().begin());
    return kernel.weights(table);
  };
  if (m.size() == 1) {
    single = m[0];
  } else {
    std::vector<float> ofColumns;
    for (size_t column = 0; column < static_cast<size_t>(weights.columns()); ++column)
      ofColumns.push_back(m[weights.channelOf(column) % m.size()]);
    multipliers = tableOf(ofColumns);
  }
  if (weights.products)
    shifts = tableOf(weights.products->shifts);
}

Value ByteEpilogue::requantize(Value accumulator, Value base, int64_t vector) {
  OpBuilder &b = kernel.builder();
  auto f32 = VectorType::get({tile.lanes}, b.getF32Type());
  auto load = [&](Value table) -> Value {
    return vector::LoadOp::create(b, kernel.loc(), f32, table, kernel.addIndex(base, vector * tile.lanes));
  };
  Value m = single ? kernel.constantLike(f32, *single) : load(multipliers);
  return requantizeForPacking(kernel, instructions, type, accumulator, m, shifts ? load(shifts) : Value(),
                              bounded);
}

Value ByteEpilogue::pack(ArrayRef<Value> quarters) {
  return packRequantized(kernel, instructions, type, quarters, ByteInstructions::Order::Natural);
}

} // namespace limbeck::cpu
