// Integer arithmetic of quantized convolutions and matrix products: docs/semantics.md, section 1.
#pragma once
#include "Accumulator.h"
#include "limbeck/Reference/Operation.h"

namespace limbeck::reference {

/// What the quantized part must know about a contraction.
struct ContractionSizes {
  int64_t depth;         ///< products that one output accumulates
  int64_t weightAxis;    ///< axis of operand 1 along which its scales may run
  int64_t channels;      ///< output channels
  int64_t channelStride; ///< elements between neighbours along the result's channel axis
};

/// The element type of the result of matmul, conv and conv_transpose, whose operands (x, weights, optional bias) are
/// floats of one type, or all quantized with an s32 bias. With `accumulate`, result and bias of f16 and bf16 operands are
/// f32, and x may be, too. E-DTYPE and E-QCONV.
Expected<DType> contractionResult(const Call &call, int64_t weightAxis);

/// The quantized half of that check, on types with their quantization.
Status checkQuantizedContraction(std::span<const TensorType> operands, int64_t weightAxis);

/// Whether |sum| < 2^31 for every input; E-SIZE-OVERFLOW where even 64 bits are too few.
Expected<bool> fitsNarrowAccumulator(const Evaluation &evaluation, int64_t depth);

/// x or weights minus zero point.
template <class T> Expected<Tensor> centredOperand(const Evaluation &evaluation, size_t index) {
  const Quantization &parameters = *evaluation.operandTypes[index].quantization;
  const Tensor &stored = evaluation.operands[index];
  return centred<T>(stored, parameters.zeroPoints,
                    parameters.axis < 0 ? ParameterMap()
                                        : ParameterMap(stored.shape(), parameters.axis, true));
}

/// Adds the bias to the sums (u32 or u64 holding two's complement), and requantizes or dequantizes.
Expected<std::vector<Tensor>> finishContraction(const Evaluation &evaluation, const ContractionSizes &sizes,
                                                const Tensor &sums);

/// `multiply.template operator()<T>(x, weights)` yields the sums of products of centred operands.
template <class Multiply>
Expected<std::vector<Tensor>> contractQuantized(const Evaluation &evaluation, const ContractionSizes &sizes,
                                                Multiply &&multiply) {
  LIMBECK_TRY(checkQuantizedContraction(evaluation.operandTypes, sizes.weightAxis));
  auto contract = [&]<class T>() -> Expected<Tensor> {
    LIMBECK_ASSIGN(Tensor x, centredOperand<T>(evaluation, 0));
    LIMBECK_ASSIGN(Tensor weights, centredOperand<T>(evaluation, 1));
    return multiply.template operator()<T>(x, weights);
  };
  LIMBECK_ASSIGN(bool narrow, fitsNarrowAccumulator(evaluation, sizes.depth));
  LIMBECK_ASSIGN(Tensor sums, narrow ? contract.template operator()<uint32_t>()
                                     : contract.template operator()<uint64_t>());
  return finishContraction(evaluation, sizes, sums);
}

} // namespace limbeck::reference
