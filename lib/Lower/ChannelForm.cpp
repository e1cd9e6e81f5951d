// The search over channels, and the few operations that are left of the op.
#include "limbeck/Lower/ChannelForm.h"
#include "limbeck/Lower/Elementwise.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include <algorithm>
#include <cmath>

namespace limbeck::lower {

using namespace mlir;

/// What is added to stored bytes so that the least is 0.
static int64_t moveOf(const TensorType &type) {
  return -limbeck::lowest(type.dtype);
}

/// The function of one channel, mirrored where it falls.
static StepFunction stepsOf(std::span<const uint8_t> results, size_t channels, size_t channel, bool mirrored,
                            int64_t lowest, int64_t highest) {
  auto at = [&](int64_t n) {
    int64_t element = mirrored ? kByteValues - 1 - n : n;
    return static_cast<int64_t>(results[static_cast<size_t>(element) * channels + channel]);
  };
  StepFunction function;
  function.most = kByteValues - 1;
  if (at(0) > lowest)
    function.lowest = at(0);
  if (at(function.most) < highest)
    function.highest = at(function.most);
  int64_t from = 0;
  for (int64_t value = lowest + 1; value <= highest; ++value) {
    while (from < kByteValues && at(from) < value)
      ++from;
    if (from == kByteValues)
      break;
    if (from > 0)
      function.steps.push_back({value, from - 1, from});
  }
  return function;
}

std::optional<ChannelForm> findChannelForm(std::span<const uint8_t> results, int64_t lowest, int64_t highest,
                                           std::span<const double> slopes) {
  size_t channels = slopes.size();
  Shape shape{static_cast<int64_t>(channels)};
  ChannelForm form{std::move(*Tensor::zeros(DType::S32, shape)), std::move(*Tensor::zeros(DType::F32, shape)),
                   std::move(*Tensor::zeros(DType::F32, shape)), std::move(*Tensor::zeros(DType::U8, shape))};
  for (size_t channel = 0; channel < channels; ++channel) {
    bool falls = slopes[channel] < 0;
    StepFunction function = stepsOf(results, channels, channel, falls, lowest, highest);
    // A channel that training has switched off, with a factor of 0, or that ends up outside of the range.
    std::optional<FusedRounding> found = function.steps.empty()
                                             ? constantRounding(results[channel])
                                             : findFusedRounding(function, std::fabs(slopes[channel]));
    if (!found)
      return std::nullopt;
    for (int64_t n = 0; n < kByteValues; ++n) {
      int64_t element = falls ? kByteValues - 1 - n : n;
      std::optional<int64_t> value = found->at(n);
      if (!value ||
          std::clamp(*value, lowest, highest) != results[static_cast<size_t>(element) * channels + channel])
        return std::nullopt;
    }
    form.start.mutableValues<int32_t>()[channel] = found->start;
    form.scale.mutableValues<float>()[channel] = found->scale;
    form.shift.mutableValues<float>()[channel] = found->shift;
    form.mirror.mutableValues<uint8_t>()[channel] = falls ? 255 : 0;
    form.mirrors |= falls;
  }
  return form;
}

std::optional<ChannelForm> provenChannelForm(KernelBuilder &kernel, graph::BatchNormOp op) {
  TensorType x = kernel.typeOf(op.getX()), y = kernel.typeOf(op.getResult());
  std::optional<BatchNormConstants> constants = batchNormConstants(kernel, op);
  if (!constants || !kernel.target().vectorUnit().fma || !KernelBuilder::requantizesBytes(x, y))
    return std::nullopt;
  int64_t channels = constants->factor.size();
  x.shape = y.shape = {kByteValues, channels};
  Tensor elements = std::move(*Tensor::zeros(x.dtype, x.shape));
  for (int64_t i = 0; i < elements.size(); ++i)
    elements.mutableBytes()[i] = static_cast<std::byte>(i / channels - moveOf(x));
  std::vector<TensorType> types{x};
  std::vector<Tensor> operands{std::move(elements)};
  for (Value parameter : op->getOperands().drop_front()) {
    types.push_back(kernel.typeOf(parameter));
    types.back().shape = {channels};
    operands.push_back(kernel.constantOf(parameter)->reshaped({channels}));
  }
  reference::Attributes attributes = attributesOf(op);
  attributes.set("axis", int64_t(1));
  const auto *definition = cast<graph::ReferenceOpInterface>(op.getOperation()).getDefinition();
  auto evaluated = reference::evaluate(*definition, {attributes, types, operands, {&y, 1}});
  if (!evaluated || (*evaluated)[0].dtype() != y.dtype)
    return std::nullopt;
  std::vector<uint8_t> results;
  for (int64_t i = 0; i < (*evaluated)[0].size(); ++i)
    results.push_back(static_cast<uint8_t>(static_cast<int64_t>((*evaluated)[0].bytes()[i]) + moveOf(y)));
  std::vector<double> slopes;
  for (float factor : constants->factor.values<float>())
    slopes.push_back(static_cast<double>(factor) * static_cast<double>(x.quantization->scales[0]) /
                     static_cast<double>(y.quantization->scales[0]));
  return findChannelForm(results, y.quantization->lowest + moveOf(y), y.quantization->highest + moveOf(y),
                         slopes);
}

Value emitChannelForm(KernelBuilder &kernel, graph::BatchNormOp op, Value x, ArrayRef<Value> constants) {
  OpBuilder &b = kernel.builder();
  Location loc = kernel.loc();
  kernel.noteForm("fused per channel");
  TensorType from = kernel.typeOf(op.getX()), to = kernel.typeOf(op.getResult());
  auto vector = dyn_cast<VectorType>(x.getType());
  int64_t lanes = vector ? vector.getNumElements() : 1;
  Type i32 = kernel.vectorOf(b.getI32Type(), lanes), f32 = kernel.vectorOf(b.getF32Type(), lanes);
  auto number = [&](int64_t value) { return kernel.constantLike(i32, static_cast<double>(value)); };
  auto bytes = [&](int64_t value) {
    return kernel.constantLike(x.getType(), static_cast<double>(static_cast<int8_t>(value)));
  };
  auto moved = [&](Value value, const TensorType &type) -> Value {
    return moveOf(type) == 0 ? value : Value(arith::XOrIOp::create(b, loc, value, bytes(128)));
  };
  Value n = moved(x, from);
  if (constants.size() > 3)
    n = arith::XOrIOp::create(b, loc, n, constants[3]);
  Value bits = arith::AddIOp::create(b, loc, arith::ExtUIOp::create(b, loc, i32, n), constants[0]);
  Value rounded =
      math::FmaOp::create(b, loc, arith::BitcastOp::create(b, loc, f32, bits), constants[1], constants[2]);
  Value value =
      arith::SubIOp::create(b, loc, arith::BitcastOp::create(b, loc, i32, rounded), number(kRoundedZeroBits));
  Value result = kernel.target().emitBytePack(kernel, value, /*isSigned=*/false);
  if (!result) {
    value = arith::MinSIOp::create(b, loc, arith::MaxSIOp::create(b, loc, value, number(0)), number(255));
    result = arith::TruncIOp::create(b, loc, x.getType(), value);
  }
  int64_t least = to.quantization->lowest + moveOf(to), most = to.quantization->highest + moveOf(to);
  if (least > 0)
    result = arith::MaxUIOp::create(b, loc, result, bytes(least));
  if (most < kByteValues - 1)
    result = arith::MinUIOp::create(b, loc, result, bytes(most));
  return moved(result, to);
}

} // namespace limbeck::lower
