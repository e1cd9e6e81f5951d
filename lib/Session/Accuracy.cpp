// Sums of squares in f64, and the places of greatest elements.
#include "limbeck/Session/Accuracy.h"
#include <cmath>
#include <cstdio>

namespace limbeck::session {

static int64_t placeOfGreatest(const Tensor &tensor, int64_t first, int64_t count) {
  int64_t best = 0;
  for (int64_t i = 1; i < count; ++i)
    if (tensor.asDouble(first + i) > tensor.asDouble(first + best))
      best = i;
  return best;
}

Status OutputComparison::add(const Tensor &expected, const Tensor &found) {
  if (expected.shape() != found.shape())
    return error(Code::Shape, "expected output '", name, "' of shape ", shapeText(expected.shape()),
                 ", found ", shapeText(found.shape()));
  for (int64_t i = 0; i < expected.size(); ++i) {
    double x = expected.asDouble(i), y = found.asDouble(i);
    // An infinity or a NaN that both have is no difference, and no signal either; one that only one has is no number of decibels.
    if (!std::isfinite(x) || !std::isfinite(y)) {
      mismatches += !(x == y || (std::isnan(x) && std::isnan(y)));
      continue;
    }
    signal += x * x;
    noise += (x - y) * (x - y);
    product += x * y;
    power += y * y;
  }
  int64_t last = expected.shape().empty() ? 1 : expected.shape().back();
  for (int64_t first = 0; last > 1 && first < expected.size(); first += last) {
    ++rows;
    sameRows += placeOfGreatest(expected, first, last) == placeOfGreatest(found, first, last);
  }
  return {};
}

double OutputComparison::signalToNoise() const {
  if (mismatches > 0)
    return -INFINITY;
  return noise == 0 ? INFINITY : 10 * std::log10(signal / noise);
}

double OutputComparison::cosine() const {
  return signal == 0 && power == 0 ? 1 : product / std::sqrt(signal * power);
}

std::optional<double> OutputComparison::sameChoice() const {
  return rows ? std::optional(static_cast<double>(sameRows) / static_cast<double>(rows)) : std::nullopt;
}

std::string decibelsText(double value, int digits) {
  if (!std::isfinite(value))
    return value > 0 ? "exact" : "no signal";
  char text[64];
  std::snprintf(text, sizeof text, "%.*f dB", digits, value);
  return text;
}

} // namespace limbeck::session
