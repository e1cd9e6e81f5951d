// Broadcasting, and sets by union and find.
#include "ChannelFields.h"
#include <algorithm>
#include <numeric>
#include <utility>

namespace limbeck::quantize {

static size_t elementsOf(std::span<const int64_t> shape) {
  size_t count = 1;
  for (int64_t size : shape)
    count *= static_cast<size_t>(size);
  return count;
}

/// The step in a field along each dimension of a tensor that is read by it: 0 where there is no difference.
static std::vector<size_t> stepsOf(const ChannelField &field) {
  std::vector<size_t> steps(field.shape.size(), 0);
  size_t step = 1;
  for (size_t dim = field.shape.size(); dim-- > 0;) {
    steps[dim] = field.varies(dim) ? step : 0;
    step *= static_cast<size_t>(field.shape[dim]);
  }
  return steps;
}

void forEachElement(std::span<const int64_t> shape, const ChannelField &field,
                    const std::function<void(size_t, size_t)> &use) {
  std::vector<size_t> steps = stepsOf(field);
  std::vector<int64_t> index(shape.size(), 0);
  size_t count = elementsOf(shape), place = 0;
  for (size_t i = 0; i < count; ++i) {
    use(i, place);
    for (size_t dim = shape.size(); dim-- > 0;) {
      place += steps[dim];
      if (++index[dim] < shape[dim])
        break;
      place -= steps[dim] * static_cast<size_t>(shape[dim]);
      index[dim] = 0;
    }
  }
}

ChannelField ChannelSets::fresh(size_t rank, size_t dim, int64_t count) {
  ChannelField field{Shape(rank, 1), {}};
  field.shape[dim] = count;
  for (int64_t i = 0; i < count; ++i) {
    field.channels.push_back(parents.size());
    parents.push_back(parents.size());
    fixed.push_back(false);
  }
  return field;
}

size_t ChannelSets::find(size_t channel) {
  while (parents[channel] != channel)
    channel = parents[channel] = parents[parents[channel]];
  return channel;
}

void ChannelSets::unite(size_t left, size_t right) {
  left = find(left);
  right = find(right);
  // The first one stays, so that numbers do not depend on the order of what is united.
  size_t root = std::min(left, right), other = std::max(left, right);
  fixed[root] = fixed[root] || fixed[other];
  parents[other] = root;
}

void ChannelSets::fix(const ChannelField &field) {
  for (size_t channel : field.channels)
    fix(channel);
}

void ChannelSets::unite(const ChannelField &left, const ChannelField &right) {
  Shape both;
  for (size_t dim = 0; dim < left.shape.size(); ++dim)
    both.push_back(std::max(left.shape[dim], right.shape[dim]));
  std::vector<size_t> places(elementsOf(both));
  forEachElement(both, left, [&](size_t i, size_t place) { places[i] = place; });
  forEachElement(both, right,
                 [&](size_t i, size_t place) { unite(left.channels[places[i]], right.channels[place]); });
}

ChannelField ChannelSets::collapsed(const ChannelField &field, std::span<const size_t> dims) {
  ChannelField result{field.shape, {}};
  for (size_t dim : dims)
    result.shape[dim] = 1;
  constexpr size_t none = ~size_t(0);
  result.channels.assign(elementsOf(result.shape), none);
  forEachElement(field.shape, result, [&](size_t i, size_t place) {
    if (result.channels[place] == none)
      result.channels[place] = field.channels[i];
    unite(result.channels[place], field.channels[i]);
  });
  return result;
}

ChannelField ChannelSets::ofOperand(const ChannelField &result, std::span<const int64_t> shape) {
  size_t more = result.shape.size() - shape.size();
  std::vector<size_t> dims;
  for (size_t dim = 0; dim < result.shape.size(); ++dim)
    if (dim < more || shape[dim - more] != result.shape[dim])
      dims.push_back(dim);
  ChannelField field = collapsed(result, dims);
  field.shape.erase(field.shape.begin(), field.shape.begin() + static_cast<ptrdiff_t>(more));
  return field;
}

ChannelField ChannelSets::ofResult(const ChannelField &operand, size_t rank) {
  ChannelField field = operand;
  field.shape.insert(field.shape.begin(), rank - operand.shape.size(), 1);
  return field;
}

/// Dimensions along which all channels are the same ones do not matter.
static ChannelField compressed(ChannelField field) {
  for (size_t dim = 0; dim < field.shape.size(); ++dim) {
    if (!field.varies(dim))
      continue;
    ChannelField shorter{field.shape, {}};
    shorter.shape[dim] = 1;
    shorter.channels.resize(elementsOf(shorter.shape));
    std::vector<size_t> places(field.channels.size());
    forEachElement(field.shape, shorter, [&](size_t i, size_t place) {
      places[i] = place;
      shorter.channels[place] = field.channels[i];
    });
    bool same = true;
    for (size_t i = 0; i < places.size(); ++i)
      same &= shorter.channels[places[i]] == field.channels[i];
    if (same)
      field = std::move(shorter);
  }
  return field;
}

ChannelField transposed(const ChannelField &field, std::span<const int64_t> perm) {
  ChannelField result{{}, std::vector<size_t>(field.channels.size())};
  std::vector<size_t> steps = stepsOf(field), permuted;
  for (int64_t dim : perm) {
    result.shape.push_back(field.shape[static_cast<size_t>(dim)]);
    permuted.push_back(steps[static_cast<size_t>(dim)]);
  }
  std::vector<size_t> own = stepsOf(result);
  for (size_t i = 0; i < result.channels.size(); ++i) {
    size_t place = 0;
    for (size_t dim = 0; dim < own.size(); ++dim)
      if (own[dim])
        place += i / own[dim] % static_cast<size_t>(result.shape[dim]) * permuted[dim];
    result.channels[i] = field.channels[place];
  }
  return result;
}

namespace {
/// Finds runs of dimensions that hold the same elements before and behind; those in which the field varies are written out.
struct ReshapeMatch {
  const ChannelField &field;
  std::span<const int64_t> from, to, kept;
  Shape expanded = Shape(from.size(), 1), result = Shape(to.size(), 1);

  /// From the first dimension on, or from the last one back.
  bool run(bool backwards);

private:
  bool isKept(size_t dimFrom, size_t dimTo) const {
    return !kept.empty() && kept[dimTo] == static_cast<int64_t>(dimFrom);
  }
};
} // namespace

/// Dimensions in the order of the walk; those of size 1 divide nothing.
static std::vector<size_t> longDims(std::span<const int64_t> sizes, bool backwards) {
  std::vector<size_t> dims;
  for (size_t dim = 0; dim < sizes.size(); ++dim)
    if (sizes[dim] != 1)
      dims.push_back(dim);
  if (backwards)
    std::ranges::reverse(dims);
  return dims;
}

bool ReshapeMatch::run(bool backwards) {
  std::vector<size_t> left = longDims(from, backwards), right = longDims(to, backwards);
  auto varying = std::ranges::count_if(left, [&](size_t dim) { return field.varies(dim); });
  size_t i = 0, j = 0;
  // One pair of unknown sizes is equal because all others are: then there must be a pair for each of them.
  bool byTheOthers = false;
  // Elements of what is left are as many before as behind.
  while (varying > 0 || (byTheOthers && (i < left.size() || j < right.size()))) {
    if (i == left.size() || j == right.size())
      return false;
    size_t firstFrom = i, firstTo = j;
    int64_t before = from[left[i++]], behind = to[right[j++]];
    if (before < 0 || behind < 0) {
      if (before != behind || field.varies(left[firstFrom]))
        return false;
      if (!isKept(left[firstFrom], right[firstTo]) && std::exchange(byTheOthers, true))
        return false;
      continue;
    }
    while (before != behind) {
      bool isLeft = before < behind;
      if (isLeft ? i == left.size() : j == right.size())
        return false;
      int64_t next = isLeft ? from[left[i++]] : to[right[j++]];
      if (next < 0)
        return false;
      (isLeft ? before : behind) *= next;
    }
    auto own = std::span(left).subspan(firstFrom, i - firstFrom);
    auto varies = std::ranges::count_if(own, [&](size_t dim) { return field.varies(dim); });
    if (varies == 0)
      continue;
    varying -= varies;
    for (size_t dim : own)
      expanded[dim] = from[dim];
    for (size_t dim : std::span(right).subspan(firstTo, j - firstTo))
      result[dim] = to[dim];
  }
  return true;
}

std::optional<ChannelField> reshaped(const ChannelField &field, std::span<const int64_t> from,
                                     std::span<const int64_t> to, std::span<const int64_t> kept) {
  for (bool backwards : {false, true}) {
    ReshapeMatch match{field, from, to, kept};
    if (!match.run(backwards))
      continue;
    ChannelField moved{match.result, std::vector<size_t>(elementsOf(match.result))};
    forEachElement(match.expanded, field,
                   [&](size_t element, size_t place) { moved.channels[element] = field.channels[place]; });
    return compressed(std::move(moved));
  }
  return std::nullopt;
}

ChannelField sliced(const ChannelField &field, size_t dim, int64_t begin, int64_t size) {
  if (!field.varies(dim))
    return field;
  ChannelField result{field.shape, {}};
  result.shape[dim] = size;
  size_t step = 1;
  for (size_t inner = dim + 1; inner < field.shape.size(); ++inner)
    step *= static_cast<size_t>(field.shape[inner]);
  auto length = static_cast<size_t>(field.shape[dim]);
  for (size_t i = 0; i < field.channels.size(); ++i)
    if (auto at = static_cast<int64_t>(i / step % length); at >= begin && at < begin + size)
      result.channels.push_back(field.channels[i]);
  return result;
}

} // namespace limbeck::quantize
