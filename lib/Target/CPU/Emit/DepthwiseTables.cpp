// Weights in the order of the products, per phase; bias, multipliers and the proofs for them in the order of the accumulators.
#include "Depthwise.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace limbeck::cpu {

using namespace mlir;

DepthwiseProblem::DepthwiseProblem(lower::KernelBuilder &kernel, Operation *op,
                                   const lower::ContractionArithmetic &arithmetic, const Isa &isa)
    : op(op), arithmetic(arithmetic), isa(isa), input(kernel.shapeOf(op->getOperand(0))),
      result(kernel.shapeOf(op->getResult(0))), weights(*kernel.constantOf(op->getOperand(1))) {
  reference::Attributes attributes = lower::attributesOf(op);
  height = weights.shape()[2];
  width = weights.shape()[3];
  channels = result[3];
  verticalStride = attributes.integers("strides")[0];
  horizontalStride = attributes.integers("strides")[1];
  dilations = attributes.integers("dilations");
}

BlockPhases::BlockPhases(int64_t run, int64_t channels, int64_t blockSize) {
  for (int64_t block = 0; block < run / blockSize; ++block) {
    starts.push_back(block * blockSize % channels);
    if ((block + 1) * blockSize % channels == 0)
      break;
  }
  period = static_cast<int64_t>(starts.size());
  if (run % blockSize && run > blockSize)
    starts.push_back((run - blockSize) % channels);
}

/// Element of the block that lane `lane` of accumulator `group` belongs to.
static int64_t elementOf(ByteInstructions::Order order, int64_t group, int64_t lane, int64_t lanes) {
  return order == ByteInstructions::Order::Dealt ? 16 * (lane / 4) + 4 * group + lane % 4
                                                 : lanes * group + lane;
}

DepthwiseTables::DepthwiseTables(lower::KernelBuilder &kernel, ByteInstructions &instructions,
                                 const DepthwiseProblem &problem, ArrayRef<TapFour> fours,
                                 ArrayRef<int64_t> phaseStarts, ByteInstructions::Order order, bool fuses,
                                 const TapPairs *pairs)
    : kernel(kernel), instructions(instructions), type(problem.arithmetic.resultType()), order(order),
      lanes(problem.isa.lanes) {
  auto phases = static_cast<int64_t>(phaseStarts.size()), steps = static_cast<int64_t>(fours.size());
  int64_t blockSize = problem.blockSize(), channels = problem.channels, taps = problem.taps();
  Tensor weightTable = std::move(*Tensor::zeros(DType::S8, {phases, steps, kDepthwiseGroups * blockSize}));
  Tensor biasTable = std::move(*Tensor::zeros(DType::S32, {phases, blockSize}));
  Tensor multiplierTable = std::move(*Tensor::zeros(DType::F32, {phases, blockSize}));
  Tensor shiftTable = std::move(*Tensor::zeros(DType::F32, {phases, blockSize}));
  std::vector<int64_t> w = problem.weights.asIndices();
  std::vector<int64_t> start(static_cast<size_t>(channels), 0);
  if (problem.op->getNumOperands() > 2)
    start = kernel.constantOf(problem.op->getOperand(2))->asIndices();
  std::vector<ColumnReach> reach;
  for (int64_t channel = 0; channel < channels; ++channel) {
    ColumnReach own{start[static_cast<size_t>(channel)], 0};
    for (int64_t tap = 0; tap < taps; ++tap)
      own.weight += std::abs(w[static_cast<size_t>(channel * taps + tap)]);
    reach.push_back(own);
  }
  std::optional<FusedProducts> products;
  if (fuses)
    products = fusedProducts(problem.isa, problem.arithmetic, taps, reach);
  int64_t zero = problem.arithmetic.inputZeroPoint() + instructions.inputShift(problem.signedInput());
  const std::vector<float> &m = problem.arithmetic.multipliers();
  for (int64_t channel = 0; channel < channels; ++channel) {
    auto at = static_cast<size_t>(channel);
    bounded &= staysBounded(reach[at], m[m.size() == 1 ? 0 : at]);
    for (int64_t tap = 0; tap < taps; ++tap)
      start[at] -= zero * w[static_cast<size_t>(channel * taps + tap)];
    if (products)
      start[at] += products->starts[at];
  }
  for (int64_t phase = 0; phase < phases; ++phase)
    for (int64_t group = 0; group < kDepthwiseGroups; ++group)
      for (int64_t lane = 0; lane < lanes; ++lane) {
        int64_t channel =
            (phaseStarts[static_cast<size_t>(phase)] + elementOf(order, group, lane, lanes)) % channels;
        auto of = static_cast<size_t>(channel),
             at = static_cast<size_t>(phase * blockSize + group * lanes + lane);
        biasTable.mutableValues<int32_t>()[at] = static_cast<int32_t>(static_cast<uint32_t>(start[of]));
        multiplierTable.mutableValues<float>()[at] = m[m.size() == 1 ? 0 : of];
        if (products)
          shiftTable.mutableValues<float>()[at] = products->shifts[of];
        for (int64_t step = 0; step < steps; ++step)
          for (int64_t factor = 0; factor < 4; ++factor) {
            std::optional<int64_t> tap = fours[static_cast<size_t>(step)][static_cast<size_t>(factor)];
            int64_t place = ((phase * steps + step) * kDepthwiseGroups + group) * blockSize +
                            instructions.factorPlace(lane, factor);
            if (tap)
              weightTable.mutableValues<int8_t>()[static_cast<size_t>(place)] =
                  pairs ? pairs->weights[static_cast<size_t>((channel * steps + step) * 4 + factor)]
                        : static_cast<int8_t>(w[static_cast<size_t>(channel * taps + *tap)]);
          }
      }
  weights = kernel.weights(weightTable);
  bias = kernel.weights(biasTable);
  multipliers = kernel.weights(multiplierTable);
  if (products)
    shifts = kernel.weights(shiftTable);
}

Value DepthwiseTables::loadOfGroup(Value table, Type element, Value phase, int64_t group) {
  return vector::LoadOp::create(kernel.builder(), kernel.loc(), VectorType::get({lanes}, element), table,
                                ValueRange{phase, kernel.constantIndex(group * lanes)});
}

Value DepthwiseTables::start(Value phase, int64_t group) {
  return loadOfGroup(bias, kernel.builder().getI32Type(), phase, group);
}

Value DepthwiseTables::factors(Value phase, int64_t four, int64_t group) {
  int64_t size = kDepthwiseGroups * lanes;
  return vector::LoadOp::create(
      kernel.builder(), kernel.loc(), instructions.bytes(), weights,
      ValueRange{phase, kernel.constantIndex(four), kernel.constantIndex(group * size)});
}

Value DepthwiseTables::requantize(Value sum, Value phase, int64_t group) {
  Type f32 = kernel.builder().getF32Type();
  return requantizeForPacking(kernel, instructions, type, sum, loadOfGroup(multipliers, f32, phase, group),
                              shifts ? loadOfGroup(shifts, f32, phase, group) : Value(), bounded);
}

Value DepthwiseTables::pack(ArrayRef<Value> quarters) {
  return packRequantized(kernel, instructions, type, quarters, order);
}

} // namespace limbeck::cpu
