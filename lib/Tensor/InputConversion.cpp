// The conversions that are allowed between the array of a file and the input of a model: none that changes a
// value.
#include "limbeck/Tensor/Inputs.h"
#include <algorithm>
#include <cmath>
#include <limits>

namespace limbeck {

static std::string_view numpyName(DType dtype) {
  switch (dtype) {
  case DType::Bool:
    return "bool_";
  case DType::U4:
  case DType::U8:
    return "uint8";
  case DType::S4:
  case DType::S8:
    return "int8";
  case DType::U16:
  case DType::BF16:
    return "uint16";
  case DType::S16:
    return "int16";
  case DType::U32:
    return "uint32";
  case DType::S32:
    return "int32";
  case DType::U64:
    return "uint64";
  case DType::S64:
    return "int64";
  case DType::F16:
    return "float16";
  case DType::F32:
    return "float32";
  case DType::F64:
    return "float64";
  }
  return "?";
}

static std::string castHint(DType wanted) {
  return wanted == DType::BF16 ? "bf16 travels as uint16: save x.astype(ml_dtypes.bfloat16).view(np.uint16)"
                               : message("convert with x.astype(np.", numpyName(wanted), ")");
}

/// Converts value by value; the index of the first that would change, or -1.
template <class From, class To> static int64_t narrowExactly(const Tensor &value, Tensor &result) {
  std::span<const From> source = value.values<From>();
  std::span<To> target = result.mutableValues<To>();
  for (size_t i = 0; i < source.size(); ++i) {
    if constexpr (std::is_floating_point_v<From>) {
      if (std::isfinite(source[i]) &&
          std::fabs(source[i]) > static_cast<From>(std::numeric_limits<To>::max()))
        return static_cast<int64_t>(i);
    } else if (source[i] < std::numeric_limits<To>::min() || source[i] > std::numeric_limits<To>::max()) {
      return static_cast<int64_t>(i);
    }
    target[i] = static_cast<To>(source[i]);
    if (static_cast<From>(target[i]) != source[i] && source[i] == source[i]) // a NaN stays a NaN
      return static_cast<int64_t>(i);
  }
  return -1;
}

static Expected<Tensor> narrowed(const Tensor &value, const NamedType &input) {
  DType wanted = input.type.dtype;
  LIMBECK_ASSIGN(Tensor result, Tensor::zeros(wanted, value.shape()));
  int64_t changed = wanted == DType::F32 ? narrowExactly<double, float>(value, result)
                                         : narrowExactly<int64_t, int32_t>(value, result);
  if (changed >= 0)
    return error(Code::InputData, "input '", input.name, "': expected ", name(wanted), ", found ",
                 name(value.dtype()), " whose element ", changed, " would change")
        .withHint(castHint(wanted));
  return result;
}

Expected<Tensor> conformInput(const Tensor &value, const NamedType &input) {
  const TensorType &type = input.type;
  bool fits = value.shape().size() == type.shape.size() &&
              std::equal(type.shape.begin(), type.shape.end(), value.shape().begin(),
                         [](int64_t wanted, int64_t found) { return wanted == kUnknown || wanted == found; });
  if (!fits)
    return error(Code::InputData, "input '", input.name, "': expected shape ", shapeText(type.shape),
                 ", found ", shapeText(value.shape()));
  if (value.dtype() == type.dtype)
    return value;
  using Pair = std::pair<DType, DType>;
  Pair conversion = {value.dtype(), type.dtype};
  if (conversion == Pair(DType::F64, DType::F32) || conversion == Pair(DType::S64, DType::S32))
    return narrowed(value, input);
  if (conversion == Pair(DType::U16, DType::BF16) || conversion == Pair(DType::U8, DType::U4) ||
      conversion == Pair(DType::S8, DType::S4)) {
    auto same =
        tensorFromBytes(type.dtype, value.shape(), {value.bytes(), value.byteSize()}, Code::InputData);
    if (!same)
      same.diagnostic().message = message("input '", input.name, "': ", same.diagnostic().message);
    return same;
  }
  return error(Code::InputData, "input '", input.name, "': expected ", name(type.dtype), ", found ",
               name(value.dtype()))
      .withHint(castHint(type.dtype));
}

} // namespace limbeck
