// cast and storage_cast. Every conversion rounds at most once.
#include "limbeck/Reference/Registry.h"
#include "limbeck/Reference/Rounding.h"
#include <cmath>
#include <limits>

namespace limbeck::reference {

template <class T>
static constexpr bool isHalfPrecision = std::is_same_v<T, Float16> || std::is_same_v<T, BFloat16>;

/// An integer rounded to odd at 53 significant bits, so that rounding the double again to half precision is
/// the only rounding that counts.
static double integerRoundedToOdd(uint64_t magnitude) {
  constexpr uint64_t low = (uint64_t(1) << 11) - 1;
  if (magnitude >> 53)
    magnitude = (magnitude & ~low) | (magnitude & low ? low + 1 : 0);
  return static_cast<double>(magnitude);
}

/// An integer or bool as the half-precision type To, rounded to nearest even once.
template <class To, class From> static To integerToHalf(From value) {
  if (value < From(0))
    return convertFloatValue<To>(-integerRoundedToOdd(uint64_t(0) - static_cast<uint64_t>(value)));
  return convertFloatValue<To>(integerRoundedToOdd(static_cast<uint64_t>(value)));
}

/// Truncates toward zero and saturates at the bounds of the logical type; NaN gives 0.
template <class To> static To saturate(double value, DType to) {
  if (std::isnan(value))
    return To(0);
  // 2^width is exact in double even where the greatest value is not.
  double limit = std::ldexp(1.0, static_cast<int>(bitWidth(to)) - (isSigned(to) ? 1 : 0));
  if (value >= limit)
    return bitWidth(to) == 4 ? static_cast<To>(highest(to)) : std::numeric_limits<To>::max();
  return value <= static_cast<double>(lowest(to)) ? static_cast<To>(lowest(to)) : static_cast<To>(value);
}

/// Modulo 2^width; 4-bit values are held extended to a byte.
template <class To, class From> static To wrap(From value, DType to) {
  uint64_t bits = static_cast<uint64_t>(value);
  if (bitWidth(to) == 4)
    bits = to == DType::S4 && (bits & 8) ? bits | ~uint64_t(15) : bits & 15;
  return static_cast<To>(bits);
}

template <class To, class From> static To convertElement(From value, DType to) {
  if constexpr (isHalfPrecision<To> && std::is_integral_v<From>)
    return integerToHalf<To>(value);
  else if constexpr (isHalfPrecision<To>)
    return convertFloatValue<To>(value);
  else if constexpr (isHalfPrecision<From>)
    return convertElement<To>(static_cast<float>(value), to);
  else if constexpr (std::is_same_v<To, bool>)
    return value != From(0);
  else if constexpr (std::is_floating_point_v<To>)
    return static_cast<To>(value);
  else if constexpr (std::is_floating_point_v<From>)
    return saturate<To>(static_cast<double>(value), to);
  else
    return wrap<To>(value, to);
}

static Expected<std::vector<TensorType>> inferCast(const Call &call) {
  if (!call.attributes.has("to"))
    return error(Code::Attribute, "expected the element type to cast to").atAttribute("to");
  if (call.operands[0].quantization)
    return error(Code::DataType, "expected a plain tensor, found ", call.operands[0].text())
        .withHint("dequantize it first");
  return std::vector<TensorType>{{call.attributes.dtype("to"), call.operands[0].shape, nullptr}};
}

static Expected<std::vector<Tensor>> evaluateCast(const Evaluation &evaluation) {
  const Tensor &input = evaluation.operands[0];
  DType to = evaluation.attributes.dtype("to");
  if (to == input.dtype())
    return std::vector<Tensor>{input};
  LIMBECK_ASSIGN(Tensor result, Tensor::zeros(to, input.shape()));
  dispatch(input.dtype(), [&]<class From>() {
    dispatch(to, [&]<class To>() {
      std::span<const From> values = input.values<From>();
      To *out = result.mutableValues<To>().data();
      for (From value : values)
        *out++ = convertElement<To>(value, to);
    });
  });
  return std::vector<Tensor>{std::move(result)};
}

/// The same stored values as plain integers, or as the quantized type that the caller gives.
static Expected<std::vector<TensorType>> inferStorageCast(const Call &call) {
  const TensorType &operand = call.operands[0];
  if (!isInteger(operand.dtype))
    return error(Code::DataType, "expected an integer or quantized tensor, found ", operand.text());
  return std::vector<TensorType>{{operand.dtype, operand.shape, nullptr}};
}

static Expected<std::vector<Tensor>> evaluateStorageCast(const Evaluation &evaluation) {
  return std::vector<Tensor>{evaluation.operands[0]};
}

void defineCast(DefinitionList &list) {
  list.push_back({"cast", Kind::Exact, 1, 1, inferCast, evaluateCast});
  list.push_back({"storage_cast", Kind::Exact, 1, 1, inferStorageCast, evaluateStorageCast});
}

} // namespace limbeck::reference
