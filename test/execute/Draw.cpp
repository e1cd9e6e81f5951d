// Values are drawn so that the hard cases are frequent: ties of rounding, wide exponents, special values, edges of vectors.
#include "Draw.h"
#include <algorithm>
#include <cmath>
#include <limits>

namespace limbeck::test {

uint64_t Draw::bits() { // splitmix64
  uint64_t z = state += 0x9e3779b97f4a7c15;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}

int64_t Draw::between(int64_t low, int64_t high) {
  uint64_t range = static_cast<uint64_t>(high) - static_cast<uint64_t>(low) + 1;
  return range == 0 ? static_cast<int64_t>(bits())
                    : static_cast<int64_t>(static_cast<uint64_t>(low) + bits() % range);
}

double Draw::unit() {
  return static_cast<double>(bits() >> 11) * 0x1p-53;
}

int64_t Draw::dimension(int64_t most) {
  if (most > 1000 && oneIn(30)) // kernels cut long rows into stretches of 1024
    return std::min(pick<int64_t>({1023, 1024, 1025, 1500, 2048, 2065}), most);
  int64_t drawn =
      oneIn(2) ? between(1, 5) : pick<int64_t>({1, 2, 3, 7, 8, 15, 16, 17, 31, 32, 33, 48, 63, 65});
  return std::min(drawn, most);
}

Shape Draw::shape(int64_t leastRank, int64_t mostRank, int64_t elements) {
  Shape shape(static_cast<size_t>(between(leastRank, mostRank)));
  // The innermost dimension first: it is the one that vectors run along.
  for (size_t i = shape.size(); i-- > 0;) {
    shape[i] = dimension(elements);
    elements /= shape[i];
  }
  return shape;
}

Shape Draw::maybeEmpty(Shape shape) {
  if (!shape.empty() && oneIn(40))
    shape[static_cast<size_t>(between(0, static_cast<int64_t>(shape.size()) - 1))] = 0;
  return shape;
}

Shape Draw::broadcastable(const Shape &shape) {
  auto dropped = oneIn(3) ? between(0, static_cast<int64_t>(shape.size())) : 0;
  Shape smaller(shape.begin() + dropped, shape.end());
  for (int64_t &dim : smaller)
    if (oneIn(4))
      dim = 1;
  return smaller;
}

namespace {
template <class T> T toElement(double value) {
  if constexpr (std::is_same_v<T, Float16> || std::is_same_v<T, BFloat16>)
    return T(static_cast<float>(value));
  else
    return static_cast<T>(value);
}

double specialValue(Draw &draw) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  return draw.pick<double>({std::numeric_limits<double>::quiet_NaN(), infinity, -infinity, -0.0, 0.0,
                            0x1p-149, -0x1p-149, 3e-40, -3e-40, 0x1p-24, 6e-8, 3.4e38, -3.4e38, 65504, 1,
                            -1});
}
} // namespace

Tensor Draw::integerValues(DType dtype, const Shape &shape) {
  int64_t low = dtype == DType::Bool ? 0 : lowest(dtype), high = dtype == DType::Bool ? 1 : highest(dtype);
  int64_t kind = between(0, 3);
  if (dtype == DType::Bool || kind <= 1)
    return integers(dtype, shape, low, high);
  if (kind == 2)
    return integers(dtype, shape, std::max<int64_t>(low, -9), std::min<int64_t>(high, 9));
  // Few leading bits and a low one, where conversions to floats round.
  Tensor tensor = std::move(*Tensor::zeros(dtype, shape));
  auto width = static_cast<int64_t>(bitWidth(dtype));
  dispatch(dtype, [&]<class T>() {
    if constexpr (std::is_integral_v<T>)
      for (T &element : tensor.mutableValues<T>()) {
        auto leading = static_cast<uint64_t>(between(-512, 511));
        auto value = static_cast<int64_t>(leading << between(0, std::max<int64_t>(width - 10, 0)));
        element = static_cast<T>(std::clamp(value + between(-1, 1), low, high));
      }
  });
  return tensor;
}

Tensor Draw::values(DType dtype, const Shape &shape, bool special) {
  if (!isFloat(dtype))
    return integerValues(dtype, shape);
  Tensor tensor = std::move(*Tensor::zeros(dtype, shape));
  int64_t kind = between(0, 6);
  bool sprinkled = special && oneIn(4);
  dispatch(dtype, [&]<class T>() {
    for (T &element : tensor.mutableValues<T>()) {
      double value = 0;
      if (kind <= 2)
        value = unit() * 8 - 4;
      else if (kind == 3) // ties
        value = static_cast<double>(between(-40, 40)) / 2;
      else if (kind == 4) // any exponent that does not overflow soon
        value = std::ldexp(unit() * 2 - 1, static_cast<int>(between(special ? -60 : -20, special ? 30 : 8)));
      else if (kind == 5)
        value = (unit() * 2 - 1) * 100;
      else // at a tie of rounding to fewer bits, or just beside it
        value = std::ldexp(static_cast<double>(2 * between(-4096, 4096) + 1) +
                               pick({0.0, 0x1p-20, -0x1p-20, 0x1p-35, -0x1p-35}),
                           static_cast<int>(between(-26, -6)));
      if (sprinkled && oneIn(8))
        value = specialValue(*this);
      element = toElement<T>(value);
    }
  });
  return tensor;
}

Tensor Draw::floats(DType dtype, const Shape &shape, double low, double high) {
  Tensor tensor = std::move(*Tensor::zeros(dtype, shape));
  dispatch(dtype, [&]<class T>() {
    for (T &element : tensor.mutableValues<T>())
      element = toElement<T>(low + unit() * (high - low));
  });
  return tensor;
}

Tensor Draw::integers(DType dtype, const Shape &shape, int64_t low, int64_t high) {
  Tensor tensor = std::move(*Tensor::zeros(dtype, shape));
  dispatch(dtype, [&]<class T>() {
    if constexpr (std::is_integral_v<T>)
      for (T &element : tensor.mutableValues<T>())
        element = static_cast<T>(between(low, high));
  });
  return tensor;
}

TensorType Draw::quantized(DType dtype, const Shape &shape, double scale, int64_t axis, bool symmetric) {
  Quantization parameters;
  parameters.axis = axis;
  parameters.lowest = lowest(dtype);
  parameters.highest = highest(dtype);
  int64_t count = axis < 0 ? 1 : shape[static_cast<size_t>(axis)];
  // Powers of two give ties of rounding.
  bool powers = oneIn(3);
  for (int64_t i = 0; i < count; ++i) {
    double factor =
        powers ? std::exp2(std::round(std::log2(scale)) + static_cast<double>(between(-1, 1))) / scale
               : 0.5 + unit();
    parameters.scales.push_back(static_cast<float>(scale * factor));
    int64_t reach = std::min<int64_t>(highest(dtype), 60);
    int64_t middle = isSigned(dtype) ? 0 : std::min<int64_t>(highest(dtype) / 2, 128);
    parameters.zeroPoints.push_back(
        symmetric ? 0 : std::clamp(middle + between(-reach, reach), lowest(dtype), highest(dtype)));
  }
  return {dtype, shape, std::make_shared<const Quantization>(parameters)};
}

} // namespace limbeck::test
