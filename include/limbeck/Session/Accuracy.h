// How far outputs are from those of another form of the same model.
#pragma once
#include "limbeck/Tensor/Inputs.h"
#include "limbeck/Tensor/Tensor.h"

namespace limbeck::session {

/// Sums over samples; memory does not grow with them.
class OutputComparison {
public:
  explicit OutputComparison(std::string name) : name(std::move(name)) {}

  /// Floats and integers count as numbers. E-SHAPE when the two differ in shape.
  Status add(const Tensor &expected, const Tensor &found);

  const std::string &outputName() const { return name; }
  /// 10 log10(sum of squares / sum of squared differences); infinity when nothing differs, -infinity when something is finite in one
  /// only.
  double signalToNoise() const;
  /// Of all finite elements as one vector; 1 when both are zero.
  double cosine() const;
  /// Elements that are finite in one only, or infinite with other signs, or NaN in one only.
  int64_t notComparable() const { return mismatches; }
  /// Share of rows (along the last dimension) whose greatest element is at the same place; nothing without such rows.
  std::optional<double> sameChoice() const;
  int64_t choices() const { return rows; }

private:
  std::string name;
  double signal = 0, noise = 0, product = 0, power = 0;
  int64_t rows = 0, sameRows = 0, mismatches = 0;
};

/// `31.2 dB`; `exact` where nothing differs, `no signal` where something is finite in one only. With more digits a text can tell a
/// value from a limit that it just misses.
std::string decibelsText(double value, int digits = 1);

} // namespace limbeck::session
