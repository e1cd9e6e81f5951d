// The counter-based generator behind `NAME=random:SEED`.
#include "limbeck/Tensor/Random.h"
#include <charconv>
#include <cmath>

namespace limbeck {

static uint64_t mixBits(uint64_t z) {
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}

static uint64_t randomBits(uint64_t key, size_t index) {
  return mixBits(key + (index + 1) * 0x9e3779b97f4a7c15);
}

/// The whole text as a number, or nothing.
template <class T> static std::optional<T> wholeNumber(const std::string &text) {
  T value{};
  auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size())
    return std::nullopt;
  return value;
}

static Diagnostic badRange(DType dtype, const RandomRange &range, std::string_view expected) {
  return error(Code::Flag, "expected ", expected, " for random values of ", name(dtype), ", found ",
               range.low, ":", range.high);
}

/// Bits of the significand, the implicit one included.
static int significandBits(DType dtype) {
  switch (dtype) {
  case DType::BF16:
    return 8;
  case DType::F16:
    return 11;
  case DType::F32:
    return 24;
  default:
    return 53;
  }
}

template <class T>
static Status fillFloats(Tensor &tensor, uint64_t key, const std::optional<RandomRange> &range) {
  double low = -1, high = 1;
  if (range) {
    auto first = wholeNumber<double>(range->low), last = wholeNumber<double>(range->high);
    if (!first || !last || !std::isfinite(*last - *first) || !(*first < *last))
      return badRange(tensor.dtype(), *range, "finite numbers LOW < HIGH");
    low = *first, high = *last;
  }
  auto rounded = [](double value) {
    if constexpr (std::is_same_v<T, Float16> || std::is_same_v<T, BFloat16>)
      return T(static_cast<float>(value));
    else
      return static_cast<T>(value);
  };
  auto real = [](T value) {
    if constexpr (std::is_same_v<T, Float16> || std::is_same_v<T, BFloat16>)
      return static_cast<double>(static_cast<float>(value));
    else
      return static_cast<double>(value);
  };
  double greatest = tensor.dtype() == DType::F16   ? 65504.0
                    : tensor.dtype() == DType::F64 ? high
                                                   : 3.3895313892515355e38;
  if (std::fabs(low) > greatest || std::fabs(high) > greatest)
    return badRange(tensor.dtype(), *range, "numbers that the type can hold");
  int bits = significandBits(tensor.dtype());
  std::span<T> values = tensor.mutableValues<T>();
  for (size_t i = 0; i < values.size(); ++i) {
    double fraction = std::ldexp(static_cast<double>(randomBits(key, i) >> (64 - bits)), -bits);
    values[i] = rounded(low + fraction * (high - low));
    if (!(real(values[i]) < high))
      values[i] = rounded(low);
  }
  return {};
}

template <class T>
static Status fillIntegers(Tensor &tensor, uint64_t key, const std::optional<RandomRange> &range) {
  int64_t low = 0, high = 2;
  if (range) {
    auto first = wholeNumber<int64_t>(range->low), last = wholeNumber<int64_t>(range->high);
    if (!first || !last || !(*first < *last))
      return badRange(tensor.dtype(), *range, "integers LOW < HIGH");
    if (*first < lowest(tensor.dtype()) || *last - 1 > highest(tensor.dtype()))
      return badRange(tensor.dtype(), *range,
                      message("a range inside ", lowest(tensor.dtype()), " to ", highest(tensor.dtype())));
    low = *first, high = *last;
  }
  uint64_t span = static_cast<uint64_t>(high) - static_cast<uint64_t>(low);
  std::span<T> values = tensor.mutableValues<T>();
  for (size_t i = 0; i < values.size(); ++i) {
    auto step = static_cast<uint64_t>(static_cast<unsigned __int128>(randomBits(key, i)) * span >> 64);
    values[i] = static_cast<T>(static_cast<uint64_t>(low) + step);
  }
  return {};
}

Expected<Tensor> randomTensor(const TensorType &type, uint64_t seed,
                              const std::optional<RandomRange> &range) {
  if (!type.isStatic())
    return error(Code::ShapeMissing, "expected a shape without unknown dimensions for random values, found ",
                 shapeText(type.shape))
        .withHint("give --shape NAME=1x3x48x320 or --dim SYMBOL=1");
  LIMBECK_ASSIGN(Tensor tensor, Tensor::zeros(type.dtype, type.shape));
  Status filled = dispatch(type.dtype, [&]<class T>() {
    if constexpr (std::is_integral_v<T>)
      return fillIntegers<T>(tensor, mixBits(seed), range);
    else
      return fillFloats<T>(tensor, mixBits(seed), range);
  });
  LIMBECK_TRY(std::move(filled));
  return tensor;
}

} // namespace limbeck
