// The first difference as text.
#include "Compare.h"
#include "limbeck/Support/Status.h"
#include <cmath>
#include <cstdio>

namespace limbeck::test {

static std::string elementText(const Tensor &tensor, int64_t index) {
  size_t bytes = storageBytes(tensor.dtype());
  uint64_t bits = 0;
  std::memcpy(&bits, tensor.bytes() + static_cast<size_t>(index) * bytes, bytes);
  char text[96];
  std::snprintf(text, sizeof text, "%.17g (0x%0*llx)", tensor.asDouble(index), static_cast<int>(2 * bytes),
                static_cast<unsigned long long>(bits));
  return text;
}

static bool sameElement(const Tensor &a, const Tensor &b, int64_t index) {
  size_t bytes = storageBytes(a.dtype()), at = static_cast<size_t>(index) * bytes;
  if (std::memcmp(a.bytes() + at, b.bytes() + at, bytes) == 0)
    return true;
  return isFloat(a.dtype()) && std::isnan(a.asDouble(index)) && std::isnan(b.asDouble(index));
}

/// False where one is no number.
static bool isNear(double a, double b, double slack) {
  return slack > 0 && std::fabs(a - b) <= slack + 0x1p-23 * std::fabs(b);
}

Difference compare(std::span<const Tensor> found, std::span<const Tensor> expected, bool oneStep,
                   double slack) {
  Difference difference;
  if (found.size() != expected.size()) {
    difference.text = message("expected ", expected.size(), " results, found ", found.size());
    return difference;
  }
  for (size_t output = 0; output < found.size(); ++output) {
    const Tensor &a = found[output], &b = expected[output];
    if (a.dtype() != b.dtype() || a.shape() != b.shape()) {
      difference.text = message("result ", output, " is ", name(a.dtype()), " ", shapeText(a.shape()),
                                ", expected ", name(b.dtype()), " ", shapeText(b.shape()));
      return difference;
    }
    int64_t differing = 0, first = -1;
    for (int64_t i = 0; i < a.size(); ++i) {
      ++difference.elements;
      if (sameElement(a, b, i))
        continue;
      if (oneStep && isInteger(a.dtype()) && std::fabs(a.asDouble(i) - b.asDouble(i)) == 1) {
        ++difference.steps;
        continue;
      }
      if (a.dtype() == DType::F32 && isNear(a.asDouble(i), b.asDouble(i), slack))
        continue;
      first = differing++ ? first : i;
    }
    if (differing && difference.text.empty())
      difference.text =
          message("result ", output, " (", name(a.dtype()), " ", shapeText(a.shape()), ") differs at ",
                  differing, " of ", a.size(), " elements, first at index ", first, ": found ",
                  elementText(a, first), ", expected ", elementText(b, first));
  }
  return difference;
}

Difference compareWithin(std::span<const Tensor> found, std::span<const Tensor> expected,
                         std::span<const Tensor> magnitudes, double bound) {
  Difference difference;
  if (found.size() != expected.size() || magnitudes.size() != expected.size()) {
    difference.text = message("expected ", expected.size(), " results, found ", found.size());
    return difference;
  }
  // Subnormal numbers may become 0 on the way.
  constexpr double subnormal = 0x1p-120;
  for (size_t output = 0; output < found.size(); ++output)
    for (int64_t i = 0; i < expected[output].size() && difference.text.empty(); ++i, ++difference.elements) {
      double distance = std::fabs(found[output].asDouble(i) - expected[output].asDouble(i));
      double most = bound * magnitudes[output].asDouble(i) + subnormal;
      if (!(distance <= most)) // a NaN is near nothing
        difference.text =
            message("result ", output, " differs at index ", i, ": found ", elementText(found[output], i),
                    ", expected ", elementText(expected[output], i), " within ", most);
    }
  return difference;
}

} // namespace limbeck::test
