// Broadcasting of shapes and the merging of loop dimensions.
#include "limbeck/Reference/Broadcast.h"
#include <algorithm>

namespace limbeck::reference {

/// The dimension `fromEnd` places before the last one (0 is the last), 1 where the shape is shorter.
static int64_t trailingDimension(std::span<const int64_t> shape, size_t fromEnd) {
  return fromEnd < shape.size() ? shape[shape.size() - 1 - fromEnd] : 1;
}

Expected<Shape> broadcastShapes(std::span<const int64_t> a, std::span<const int64_t> b) {
  Shape result(std::max(a.size(), b.size()));
  for (size_t i = 0; i < result.size(); ++i) {
    int64_t left = trailingDimension(a, i), right = trailingDimension(b, i);
    int64_t &dim = result[result.size() - 1 - i];
    if (left == right || right == 1 || (right == kUnknown && left != 1))
      dim = left;
    else if (left == 1 || left == kUnknown)
      dim = right;
    else
      return error(Code::Shape, "expected shapes that broadcast together, found ", shapeText(a), " and ",
                   shapeText(b))
          .withHint("each pair of dimensions, counted from the last, must be equal or hold a 1");
  }
  return result;
}

std::vector<int64_t> broadcastStrides(std::span<const int64_t> operand, std::span<const int64_t> result) {
  std::vector<int64_t> own = rowMajorStrides(operand), strides(result.size(), 0);
  for (size_t i = 0; i < operand.size() && i < result.size(); ++i) {
    size_t from = operand.size() - 1 - i;
    strides[result.size() - 1 - i] = operand[from] == 1 ? 0 : own[from];
  }
  return strides;
}

StridedLoop::StridedLoop(std::span<const int64_t> sizes, std::span<const std::vector<int64_t>> strides)
    : rowStrides(strides.size(), 0) {
  for (size_t d = 0; d < sizes.size(); ++d) {
    if (sizes[d] == 1)
      continue;
    Dimension next{sizes[d], {}};
    for (const std::vector<int64_t> &list : strides)
      next.strides.push_back(list[d]);
    bool even = !outer.empty();
    for (size_t i = 0; even && i < strides.size(); ++i)
      even = outer.back().strides[i] == next.strides[i] * next.size;
    if (!even) {
      outer.push_back(std::move(next));
      continue;
    }
    next.size *= outer.back().size;
    outer.back() = std::move(next);
  }
  if (outer.empty())
    return;
  length = outer.back().size;
  rowStrides = std::move(outer.back().strides);
  outer.pop_back();
}

} // namespace limbeck::reference
