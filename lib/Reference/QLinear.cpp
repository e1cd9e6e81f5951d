// The two formulas. Unlike quantize, the zero point of the result is added before rounding, which decides
// ties.
#include "QLinear.h"
#include "limbeck/Reference/Broadcast.h"
#include <algorithm>
#include <cmath>

namespace limbeck::reference {

bool isQLinear(const Evaluation &evaluation) {
  auto perTensor = [](const TensorType &type) {
    return type.quantization && type.quantization->axis < 0 && type.quantization->scales.size() == 1;
  };
  return evaluation.operandTypes.size() == 2 && evaluation.resultTypes.size() == 1 &&
         perTensor(evaluation.operandTypes[0]) && perTensor(evaluation.operandTypes[1]) &&
         perTensor(evaluation.resultTypes[0]);
}

namespace {
/// The constants of one op, every operation in f32 and rounded by itself.
struct QLinearFormula {
  float zeroA, zeroB, zeroC, ratioA, ratioB, fixedPart, product;
  QLinearFormula(const Quantization &a, const Quantization &b, const Quantization &c)
      : zeroA(static_cast<float>(a.zeroPoints[0])), zeroB(static_cast<float>(b.zeroPoints[0])),
        zeroC(static_cast<float>(c.zeroPoints[0])), ratioA(a.scales[0] / c.scales[0]),
        ratioB(b.scales[0] / c.scales[0]), fixedPart(zeroC - (ratioA * zeroA + ratioB * zeroB)),
        product(a.scales[0] * b.scales[0] / c.scales[0]) {}

  float add(float a, float b) const { return std::fma(a, ratioA, std::fma(b, ratioB, fixedPart)); }
  float mul(float a, float b) const { return (a - zeroA) * (b - zeroB) * product + zeroC; }
};
} // namespace

Expected<std::vector<Tensor>> evaluateQLinear(QLinearOp op, const Evaluation &evaluation) {
  const TensorType &type = evaluation.resultTypes[0];
  const Quantization &target = *type.quantization;
  QLinearFormula formula(*evaluation.operandTypes[0].quantization, *evaluation.operandTypes[1].quantization,
                         target);
  std::vector<int64_t> a = evaluation.operands[0].asIndices(), b = evaluation.operands[1].asIndices();
  LIMBECK_ASSIGN(Shape shape,
                 broadcastShapes(evaluation.operands[0].shape(), evaluation.operands[1].shape()));
  std::vector<int64_t> strides[] = {broadcastStrides(evaluation.operands[0].shape(), shape),
                                    broadcastStrides(evaluation.operands[1].shape(), shape)};
  StridedLoop loop(shape, strides);
  LIMBECK_ASSIGN(Tensor result, Tensor::zeros(type.dtype, shape));
  float lowest = static_cast<float>(target.lowest), highest = static_cast<float>(target.highest);
  dispatch(type.dtype, [&]<class T>() {
    if constexpr (std::is_integral_v<T>) {
      T *out = result.mutableValues<T>().data();
      loop.forEachRow([&](std::span<const int64_t> offsets) {
        for (int64_t i = 0; i < loop.rowLength(); ++i) {
          float left = static_cast<float>(a[static_cast<size_t>(offsets[0] + i * loop.rowStride(0))]);
          float right = static_cast<float>(b[static_cast<size_t>(offsets[1] + i * loop.rowStride(1))]);
          float value = op == QLinearOp::Add ? formula.add(left, right) : formula.mul(left, right);
          // maxnum then minnum: NaN, which takes overflowing scales, gives the lowest value.
          float rounded = std::nearbyint(std::fmin(std::fmax(value, lowest), highest));
          *out++ = static_cast<T>(std::clamp(static_cast<int64_t>(rounded), target.lowest, target.highest));
        }
      });
    }
  });
  return std::vector<Tensor>{std::move(result)};
}

} // namespace limbeck::reference
