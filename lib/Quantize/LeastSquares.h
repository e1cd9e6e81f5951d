// The search for the range that rounds weights with the least squared error, whatever shares a scale.
#pragma once

namespace limbeck::quantize {

/// Tries ranges from all of it down to two fifths: what is cut off pays in finer steps. `parametersFor(part)` are those of a part of
/// the range, `errorOf` what they cost; of equal ones the widest range is taken.
auto leastSquares(auto parametersFor, auto errorOf) {
  constexpr int steps = 60;
  auto best = parametersFor(1.0);
  double bestError = errorOf(best);
  for (int step = 1; step <= steps; ++step) {
    auto candidate = parametersFor(1 - 0.01 * step);
    if (double error = errorOf(candidate); error < bestError) {
      best = candidate;
      bestError = error;
    }
  }
  return best;
}

} // namespace limbeck::quantize
