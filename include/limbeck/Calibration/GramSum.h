// The sum of Gram matrices, x^T x over the rows of a tensor, for methods that weigh errors by them (GPTQ).
//
// Each sample brings one matrix of f32. A sum has two digits of 32 bits per element below one common power of 2^32, the one of
// the greatest element seen; what lies below both digits of a sample's element is cut off. Cutting at fixed places makes the
// sum independent of the order, and leaves at least 32 bits below the greatest element.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace limbeck::calibration {

class GramSum {
public:
  /// Of matrices with `size` rows and columns.
  explicit GramSum(int64_t size = 0);
  /// `high` and `low` hold the digits of all elements. Nothing when they do not fit each other, or no samples give them.
  static std::optional<GramSum> make(int64_t size, int place, std::vector<int64_t> high,
                                     std::vector<int64_t> low);

  /// The finite elements of one sample's matrix; `size` squared.
  void add(std::span<const float> matrix);
  /// One of the same size.
  void add(const GramSum &other);

  int64_t size() const { return rows; }
  /// The value of an element is high * 2^(32 * place) + low * 2^(32 * (place - 1)).
  int place() const { return top; }
  std::span<const int64_t> high() const { return upper; }
  std::span<const int64_t> low() const { return lower; }
  double at(int64_t row, int64_t column) const;

  bool operator==(const GramSum &) const = default;

private:
  void raise(int place);

  int64_t rows = 0;
  int top = 0;
  bool empty = true; ///< nothing but zeros so far: any place will do
  std::vector<int64_t> upper, lower;
};

} // namespace limbeck::calibration
