// How the taps of a depthwise window are dealt into fours that neighbouring results share.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace limbeck::cpu {

/// The tap of a window that each factor of a product in fours belongs to, row by row; none: a factor 0.
using TapFour = std::array<std::optional<int64_t>, 4>;

/// Interleaved inputs: entry q of a plane has, for every channel, four elements of the input. They lie at these rows below the plane's
/// first one and these columns behind column stride * q.
struct Plane {
  struct Source {
    int64_t row, column;
  };
  std::array<std::optional<Source>, 4> sources;
  int64_t shifts = 0; ///< beyond how many entries a result reaches at most
};

/// One step of a result: the entry of a plane `shift` behind its own, times weights.
struct PlaneUse {
  int64_t plane, shift;
  TapFour taps;
};

/// Planes and their uses for two rows of results, one below the other.
struct DepthwiseScheme {
  /// At vertical stride 2: plane i has rows 2 * i and 2 * i + 1, so that what is plane 2 now is plane 0 two rows of results later.
  bool slides;
  std::vector<Plane> planes;
  std::vector<PlaneUse> uses[2]; ///< by row of results

  /// For windows of height x width elements at strides of 1 or 2.
  DepthwiseScheme(int64_t height, int64_t width, int64_t verticalStride, int64_t horizontalStride);

private:
  void addColumns(int64_t firstRow, int64_t rows, int64_t width, int64_t horizontalStride);
  void addRow(int64_t row);
};

} // namespace limbeck::cpu
