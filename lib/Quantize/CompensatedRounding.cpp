// With H = x^T x and U upper triangular, U^T U = inverse of H: rounding product i by an error e costs least when every later
// product j takes -e U[i][j] / U[i][i].
#include "CompensatedRounding.h"
#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace limbeck::quantize {

namespace {
/// A square matrix, row by row.
struct Square {
  int64_t size;
  std::vector<double> values;

  explicit Square(int64_t size) : size(size), values(static_cast<size_t>(size * size), 0.0) {}
  double *row(int64_t i) { return values.data() + i * size; }
};
} // namespace

/// The lower triangular L with L L^T = the matrix, in its place; what is above the diagonal stays. False where there is none.
static bool factor(Square &a) {
  std::vector<double> column(static_cast<size_t>(a.size));
  for (int64_t k = 0; k < a.size; ++k) {
    double pivot = a.row(k)[k];
    if (!(pivot > 0) || !std::isfinite(pivot))
      return false;
    pivot = std::sqrt(pivot);
    a.row(k)[k] = pivot;
    for (int64_t i = k + 1; i < a.size; ++i)
      column[static_cast<size_t>(i)] = a.row(i)[k] /= pivot;
    for (int64_t i = k + 1; i < a.size; ++i) {
      double factor = column[static_cast<size_t>(i)], *row = a.row(i);
      for (int64_t j = k + 1; j <= i; ++j)
        row[j] -= factor * column[static_cast<size_t>(j)];
    }
  }
  return true;
}

/// The inverse of a lower triangular matrix.
static Square inverseOfLower(Square &lower) {
  Square inverse(lower.size);
  for (int64_t i = 0; i < lower.size; ++i) {
    double *row = inverse.row(i);
    for (int64_t k = 0; k < i; ++k) {
      double factor = lower.row(i)[k], *above = inverse.row(k);
      for (int64_t j = 0; j <= k; ++j)
        row[j] -= factor * above[j];
    }
    double pivot = lower.row(i)[i];
    for (int64_t j = 0; j < i; ++j)
      row[j] /= pivot;
    row[i] = 1 / pivot;
  }
  return inverse;
}

/// What is added to the diagonal, in units of its mean. An estimate of H from few rows errs least when it is mixed with that much of the
/// identity: Chen et al., "Shrinkage Algorithms for MMSE Covariance Estimation" (2010), equation 23.
static double damping(const calibration::GramSum &gram, int64_t rows) {
  constexpr double least = 0.01, most = 0.99;
  auto n = static_cast<double>(rows), p = static_cast<double>(gram.size());
  double trace = 0, squares = 0;
  for (int64_t i = 0; rows > 0 && i < gram.size(); ++i) {
    trace += gram.at(i, i);
    for (int64_t j = 0; j < gram.size(); ++j)
      squares += gram.at(i, j) * gram.at(i, j);
  }
  double numerator = (1 - 2 / p) * squares + trace * trace,
         denominator = (n + 1 - 2 / p) * (squares - trace * trace / p);
  if (rows <= 0 || !(numerator > 0))
    return least;
  double share = denominator > 0 ? std::min(numerator / denominator, most) : most;
  return std::max(least, share / (1 - share));
}

Status roundCompensated(std::span<const float> weights, int64_t depth, int64_t columns,
                        const calibration::GramSum &gram, int64_t rows, const RoundWeight &round) {
  if (gram.size() != depth)
    return error(Code::Calibration, "expected a Gram matrix of ", depth, " rows, found ", gram.size());
  double mean = 0;
  for (int64_t k = 0; k < depth; ++k)
    mean += gram.at(k, k) / static_cast<double>(depth);
  double damp = mean > 0 ? damping(gram, rows) * mean : 1;
  std::vector<int64_t> order(static_cast<size_t>(depth));
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, std::greater<>(), [&](int64_t k) { return gram.at(k, k); });

  // Backwards, so that the factor is that of the inverse: U[i][j] is element (depth - 1 - i, depth - 1 - j) of the result.
  Square h(depth);
  auto source = [&](int64_t i) { return order[static_cast<size_t>(depth - 1 - i)]; };
  for (int64_t i = 0; i < depth; ++i) {
    for (int64_t j = 0; j < depth; ++j)
      h.row(i)[j] = gram.at(source(i), source(j));
    h.row(i)[i] += damp;
  }
  if (!factor(h))
    return error(Code::Calibration, "the Gram matrix of the inputs is not positive definite");
  Square inverse = inverseOfLower(h);

  // A few columns at a time, which stay in a cache.
  constexpr int64_t together = 64;
  for (int64_t first = 0; first < columns; first += together) {
    int64_t count = std::min(together, columns - first);
    std::vector<double> rest(static_cast<size_t>(depth * count)), errors(static_cast<size_t>(count));
    for (int64_t i = 0; i < depth; ++i)
      for (int64_t c = 0; c < count; ++c)
        rest[static_cast<size_t>(i * count + c)] = static_cast<double>(
            weights[static_cast<size_t>(order[static_cast<size_t>(i)] * columns + first + c)]);
    for (int64_t i = 0; i < depth; ++i) {
      const double *row = inverse.row(depth - 1 - i);
      for (int64_t c = 0; c < count; ++c) {
        double value = rest[static_cast<size_t>(i * count + c)];
        float rounded = round(order[static_cast<size_t>(i)], first + c, static_cast<float>(value));
        errors[static_cast<size_t>(c)] = (value - static_cast<double>(rounded)) / row[depth - 1 - i];
      }
      for (int64_t j = i + 1; j < depth; ++j) {
        double factor = row[depth - 1 - j], *later = rest.data() + j * count;
        for (int64_t c = 0; c < count; ++c)
          later[c] -= factor * errors[static_cast<size_t>(c)];
      }
    }
  }
  return {};
}

} // namespace limbeck::quantize
