// Multipliers per column, and the proof that results need no clamp before they are rounded.
#include "ByteEpilogue.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace limbeck::cpu {

using namespace mlir;

bool ByteEpilogue::applies(const lower::ContractionArithmetic &arithmetic, const Tile &tile, const Isa &isa) {
  return tile.lanes == isa.lanes && arithmetic.isQuantized() && packsTo(arithmetic.resultType());
}

ByteEpilogue::ByteEpilogue(lower::KernelBuilder &kernel, const lower::ContractionArithmetic &arithmetic,
                           const WeightMatrix &weights, const Tile &tile, const Isa &isa)
    : kernel(kernel), instructions(kernel, isa), type(arithmetic.resultType()), tile(tile) {
  int64_t columns = weights.columns(), panels = ceilDivide(columns, tile.panel());
  const std::vector<float> &m = arithmetic.multipliers();
  std::vector<int64_t> w = weights.values.asIndices();
  Operation *op = arithmetic.operation();
  std::vector<int64_t> bias(static_cast<size_t>(columns), 0);
  if (op->getNumOperands() > 2)
    bias = kernel.constantOf(op->getOperand(2))->asIndices();
  std::vector<int64_t> reach(static_cast<size_t>(columns), 0);
  for (size_t i = 0; i < w.size(); ++i)
    reach[i % static_cast<size_t>(columns)] += std::abs(w[i]);
  for (size_t column = 0; column < static_cast<size_t>(columns); ++column)
    bounded &= staysBounded(bias[column], reach[column], m[m.size() == 1 ? 0 : column]);
  if (m.size() == 1) {
    single = m[0];
    return;
  }
  Tensor table = std::move(*Tensor::zeros(DType::F32, {panels * tile.panel()}));
  llvm::copy(m, table.mutableValues<float>().begin());
  multipliers = kernel.weights(table);
}

Value ByteEpilogue::requantize(Value accumulator, Value base, int64_t vector) {
  OpBuilder &b = kernel.builder();
  auto f32 = VectorType::get({tile.lanes}, b.getF32Type());
  Value m = single ? kernel.constantLike(f32, *single)
                   : Value(vector::LoadOp::create(b, kernel.loc(), f32, multipliers,
                                                  kernel.addIndex(base, vector * tile.lanes)));
  return requantizeForPacking(kernel, instructions, type, accumulator, m, bounded);
}

Value ByteEpilogue::pack(ArrayRef<Value> quarters) {
  return packRequantized(kernel, instructions, type, quarters, ByteInstructions::Order::Natural);
}

} // namespace limbeck::cpu
