// Quantize, dequantize and float conversion of whole tensors.
#include "limbeck/Reference/Quantize.h"
#include "ParameterMap.h"
#include "limbeck/Reference/Rounding.h"

namespace limbeck::reference {

Status checkQuantization(const TensorType &type) {
  const Quantization &parameters = *type.quantization;
  if (!isInteger(type.dtype) || bitWidth(type.dtype) > 32)
    return error(Code::DataType, "expected integer storage of at most 32 bits, found ", name(type.dtype));
  if (!isFloat(parameters.expressed) || parameters.expressed == DType::F64)
    return error(Code::DataType, "expected f32, f16 or bf16 as expressed type, found ",
                 name(parameters.expressed));
  int64_t rank = static_cast<int64_t>(type.shape.size());
  if (parameters.axis < -1 || parameters.axis >= rank)
    return error(Code::QuantizedAxis, "expected a quantized axis below the rank ", rank, ", found ",
                 parameters.axis);
  int64_t count = static_cast<int64_t>(parameters.scales.size());
  int64_t wanted = parameters.axis < 0 ? 1 : type.shape[static_cast<size_t>(parameters.axis)];
  if ((wanted != kUnknown && count != wanted) || parameters.zeroPoints.size() != parameters.scales.size())
    return error(Code::QuantizedAxis, "expected ", wanted, " scales and zero points, found ", count, " and ",
                 parameters.zeroPoints.size());
  int64_t lo = lowest(type.dtype), hi = highest(type.dtype);
  if (parameters.lowest < lo || parameters.highest > hi || parameters.lowest > parameters.highest)
    return error(Code::ZeroPoint, "expected bounds inside [", lo, ", ", hi, "], found [", parameters.lowest,
                 ", ", parameters.highest, "]");
  for (float scale : parameters.scales)
    if (!std::isfinite(scale) || scale <= 0)
      return error(Code::Scale, "expected a finite positive scale, found ", scale);
  for (int64_t zeroPoint : parameters.zeroPoints)
    if (zeroPoint < lo || zeroPoint > hi)
      return error(Code::ZeroPoint, "expected a zero point inside [", lo, ", ", hi, "], found ", zeroPoint);
  return {};
}

static ParameterMap parameterMap(const TensorType &type, std::span<const int64_t> shape) {
  int64_t axis = type.quantization->axis;
  return axis < 0 ? ParameterMap() : ParameterMap(shape, axis, /*perAxis=*/true);
}

/// Guards shared by both directions: a sound type that fits the tensor at hand.
static Status checkQuantizedTensor(const Tensor &tensor, DType expected, const TensorType &type) {
  if (tensor.dtype() != expected)
    return error(Code::DataType, "expected a tensor of ", name(expected), ", found ", name(tensor.dtype()));
  return checkQuantization({type.dtype, tensor.shape(), type.quantization});
}

Expected<Tensor> dequantizeTensor(const Tensor &stored, const TensorType &type) {
  if (!type.quantization)
    return error(Code::DataType, "expected a quantized type, found ", type.text());
  LIMBECK_TRY(checkQuantizedTensor(stored, type.dtype, type));
  const Quantization &parameters = *type.quantization;
  LIMBECK_ASSIGN(Tensor real, Tensor::zeros(DType::F32, stored.shape()));
  ParameterMap parameterOf = parameterMap(type, stored.shape());
  dispatch(stored.dtype(), [&]<class T>() {
    if constexpr (std::is_integral_v<T>) {
      std::span<const T> in = stored.values<T>();
      std::span<float> out = real.mutableValues<float>();
      for (size_t i = 0; i < in.size(); ++i) {
        size_t p = parameterOf(static_cast<int64_t>(i));
        out[i] = dequantize(static_cast<int64_t>(in[i]), parameters.scales[p], parameters.zeroPoints[p]);
      }
    }
  });
  return convertFloat(real, parameters.expressed);
}

Expected<Tensor> quantizeTensor(const Tensor &real, const TensorType &type) {
  if (!type.quantization)
    return error(Code::DataType, "expected a quantized type, found ", type.text());
  if (!isFloat(real.dtype()) || real.dtype() == DType::F64)
    return error(Code::DataType, "expected f32, f16 or bf16 to quantize, found ", name(real.dtype()));
  LIMBECK_ASSIGN(Tensor wide, convertFloat(real, DType::F32));
  LIMBECK_TRY(checkQuantizedTensor(wide, DType::F32, type));
  const Quantization &parameters = *type.quantization;
  LIMBECK_ASSIGN(Tensor stored, Tensor::zeros(type.dtype, real.shape()));
  ParameterMap parameterOf = parameterMap(type, real.shape());
  dispatch(type.dtype, [&]<class T>() {
    if constexpr (std::is_integral_v<T>) {
      std::span<const float> in = wide.values<float>();
      std::span<T> out = stored.mutableValues<T>();
      for (size_t i = 0; i < in.size(); ++i) {
        size_t p = parameterOf(static_cast<int64_t>(i));
        out[i] = static_cast<T>(quantize(in[i], parameters.scales[p], parameters.zeroPoints[p],
                                         parameters.lowest, parameters.highest));
      }
    }
  });
  return stored;
}

Expected<Tensor> convertFloat(const Tensor &tensor, DType to) {
  if (tensor.dtype() == to)
    return tensor;
  if (!isFloat(tensor.dtype()) || !isFloat(to))
    return error(Code::DataType, "expected two float types, found ", name(tensor.dtype()), " and ", name(to));
  LIMBECK_ASSIGN(Tensor converted, Tensor::zeros(to, tensor.shape()));
  dispatch(tensor.dtype(), [&]<class From>() {
    dispatch(to, [&]<class To>() {
      if constexpr (!std::is_integral_v<From> && !std::is_integral_v<To>) {
        std::span<const From> in = tensor.values<From>();
        std::span<To> out = converted.mutableValues<To>();
        for (size_t i = 0; i < in.size(); ++i)
          out[i] = convertFloatValue<To>(in[i]);
      }
    });
  });
  return converted;
}

} // namespace limbeck::reference
