// The one size formula.
#include "limbeck/Support/Checked.h"

namespace limbeck {

Expected<int64_t> elementCount(std::span<const int64_t> shape, int64_t limit) {
  int64_t count = 1;
  bool unknown = false, empty = false;
  for (int64_t dim : shape) {
    if (dim == kUnknown) {
      unknown = true;
      continue;
    }
    if (dim < 0)
      return error(Code::Dim, "expected a dimension of at least 0, found ", dim);
    if (dim == 0) {
      empty = true;
      continue;
    }
    auto next = checkedMultiply(count, dim);
    if (!next || *next > limit)
      return error(Code::SizeOverflow, "the number of elements exceeds the limit of ", limit);
    count = *next;
  }
  if (empty)
    return int64_t(0);
  return unknown ? kUnknown : count;
}

} // namespace limbeck
