// Two rows of results at stride 1 see height + 1 rows of inputs. Four of those, one below the other, serve either row in one step for
// each column of the window. One or two rows that are left over are interleaved along the row: the first of 5 + 1 rows belongs to
// the upper results alone, the last one to the lower ones, and the four between them to both.
//
// At vertical stride 2, fours are squares of two rows and two columns: each is read by every result whose window meets it.
#include "DepthwiseScheme.h"
#include <algorithm>

namespace limbeck::cpu {

void DepthwiseScheme::addColumns(int64_t firstRow, int64_t rows, int64_t width, int64_t horizontalStride) {
  for (int64_t column = 0; column < std::min(width, horizontalStride); ++column) {
    Plane plane;
    for (int64_t row = 0; row < rows; ++row)
      plane.sources[static_cast<size_t>(row)] = {firstRow + row, column};
    planes.push_back(plane);
  }
}

void DepthwiseScheme::addRow(int64_t row) {
  Plane plane;
  for (int64_t column = 0; column < 4; ++column)
    plane.sources[static_cast<size_t>(column)] = {row, column};
  planes.push_back(plane);
}

DepthwiseScheme::DepthwiseScheme(int64_t height, int64_t width, int64_t verticalStride,
                                 int64_t horizontalStride)
    : slides(verticalStride == 2) {
  if (slides) {
    for (int64_t i = 0; i <= (height + 1) / 2; ++i)
      planes.push_back({{{{{2 * i, 0}}, {{2 * i, 1}}, {{2 * i + 1, 0}}, {{2 * i + 1, 1}}}}});
  } else {
    int64_t rows = height + 1, left = rows % 4 == 3 ? 0 : rows % 4, above = left == 2 ? 1 : 0,
            below = rows - left + above;
    for (int64_t row = above; row < below; row += 4)
      addColumns(row, std::min<int64_t>(4, below - row), width, horizontalStride);
    if (above)
      addRow(0);
    if (left)
      addRow(rows - 1);
  }
  std::vector<std::array<bool, 4>> used(planes.size());
  for (int64_t result = 0; result < 2; ++result) {
    std::vector<bool> done(static_cast<size_t>(height * width));
    auto taps = [&](const Plane &plane, int64_t shift) {
      TapFour found;
      for (size_t i = 0; i < 4; ++i) {
        if (!plane.sources[i])
          continue;
        int64_t row = plane.sources[i]->row - result * verticalStride,
                column = plane.sources[i]->column + shift * horizontalStride;
        if (row >= 0 && row < height && column < width && !done[static_cast<size_t>(row * width + column)])
          found[i] = row * width + column;
      }
      return found;
    };
    auto count = [](const TapFour &four) {
      return std::count_if(four.begin(), four.end(), [](const auto &tap) { return tap.has_value(); });
    };
    for (size_t number = 0; number < planes.size(); ++number)
      for (;;) { // the fullest first
        int64_t best = 0;
        for (int64_t shift = 1; shift < width; ++shift)
          if (count(taps(planes[number], shift)) > count(taps(planes[number], best)))
            best = shift;
        TapFour four = taps(planes[number], best);
        if (count(four) == 0)
          break;
        uses[result].push_back({static_cast<int64_t>(number), best, four});
        planes[number].shifts = std::max(planes[number].shifts, best);
        for (size_t i = 0; i < 4; ++i)
          if (four[i]) {
            done[static_cast<size_t>(*four[i])] = true;
            used[number][i] = true;
          }
      }
  }
  if (slides) { // each plane takes the place of every other one in turn
    int64_t most = 0;
    for (const Plane &plane : planes)
      most = std::max(most, plane.shifts);
    for (Plane &plane : planes)
      plane.shifts = most;
    return;
  }
  for (size_t number = 0; number < planes.size();
       ++number) // what no result reads may lie outside of the input
    for (size_t i = 0; i < 4; ++i)
      if (!used[number][i])
        planes[number].sources[i].reset();
}

} // namespace limbeck::cpu
