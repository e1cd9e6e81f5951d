// A search over one exponent, on the weights as they will be rounded.
#include "ActivationAwareScales.h"
#include "limbeck/Reference/Quantize.h"
#include <algorithm>
#include <cmath>

namespace limbeck::quantize {

Expected<Tensor> scaledRows(const Tensor &weights, std::span<const float> factors) {
  LIMBECK_ASSIGN(Tensor result, Tensor::zeros(DType::F32, weights.shape()));
  std::span<const float> values = weights.values<float>();
  size_t columns = values.size() / factors.size();
  for (size_t i = 0; i < values.size(); ++i)
    result.mutableValues<float>()[i] = values[i] * factors[i / columns];
  return result;
}

/// Mean squares of the inputs, up to a common factor. An input that is always 0 counts as the least of the others: nothing it meets errs.
static std::vector<double> meanSquares(const calibration::GramSum &gram) {
  std::vector<double> squares;
  double least = 0;
  for (int64_t k = 0; k < gram.size(); ++k) {
    squares.push_back(std::max(0.0, gram.at(k, k)));
    if (squares.back() > 0 && (least == 0 || squares.back() < least))
      least = squares.back();
  }
  for (double &square : squares)
    square = square > 0 ? square : least > 0 ? least : 1;
  return squares;
}

static std::vector<float> factorsFor(std::span<const double> squares, double alpha) {
  double logarithms = 0;
  for (double square : squares)
    logarithms += std::log(square) / 2;
  double mean = logarithms / static_cast<double>(squares.size());
  std::vector<float> factors;
  for (double square : squares)
    factors.push_back(static_cast<float>(std::exp(alpha * (std::log(square) / 2 - mean))));
  return factors;
}

/// Squared errors of the weights behind rounding, each weighed by its input.
static Expected<double> weighedError(const Tensor &weights, const BlockRounding &rounding,
                                     std::span<const double> squares, std::span<const float> factors) {
  LIMBECK_ASSIGN(Tensor scaled, scaledRows(weights, factors));
  LIMBECK_ASSIGN(RoundedBlocks rounded, roundBlocks(scaled, rounding));
  std::vector<int64_t> stored = rounded.stored.asIndices(), zeroPoints = rounded.zeroPoints.asIndices();
  int64_t columns = weights.shape()[1];
  double error = 0;
  for (int64_t i = 0; i < weights.size(); ++i) {
    int64_t k = i / columns, parameter = k / rounding.block * columns + i % columns;
    float back = reference::dequantize(stored[static_cast<size_t>(i)],
                                       static_cast<float>(rounded.scales.asDouble(parameter)),
                                       zeroPoints[static_cast<size_t>(parameter)]);
    auto row = static_cast<size_t>(k);
    double difference = weights.asDouble(i) - static_cast<double>(back) / static_cast<double>(factors[row]);
    error += difference * difference * squares[row];
  }
  return error;
}

Expected<std::vector<float>> activationAwareScales(const Tensor &weights, const BlockRounding &rounding,
                                                   const calibration::GramSum &gram) {
  if (gram.size() != weights.shape()[0])
    return error(Code::Calibration, "expected a Gram matrix of ", weights.shape()[0],
                 " inputs, found one of ", gram.size());
  constexpr int kSteps = 20;
  std::vector<double> squares = meanSquares(gram);
  std::vector<float> best;
  double least = 0;
  for (int step = 0; step <= kSteps; ++step) {
    std::vector<float> factors = factorsFor(squares, static_cast<double>(step) / kSteps);
    LIMBECK_ASSIGN(double error, weighedError(weights, rounding, squares, factors));
    if (best.empty() || error < least) {
      best = std::move(factors);
      least = error;
    }
  }
  return best;
}

} // namespace limbeck::quantize
