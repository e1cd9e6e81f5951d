// Channels of tensors that can only be scaled together.
//
// A factor per channel moves from one place of a network to another by changing constants. What stands between the two places says
// which channels must have one factor: a relu hands it on, a sum wants it of both operands, a softmax allows none but 1. A field
// gives each element of a tensor, up to the dimensions along which there is no difference, the number of its channel; channels are
// joined and fixed as the ops demand.
#pragma once
#include "limbeck/Tensor/Tensor.h"
#include <functional>
#include <optional>

namespace limbeck::quantize {

/// Numbers of channels over a tensor: one for each element of `shape`, which has 1 for the dimensions that do not matter.
struct ChannelField {
  Shape shape;
  std::vector<size_t> channels;

  bool varies(size_t dim) const { return shape[dim] != 1; }
};

/// Sets of channels that have one factor, by union and find.
class ChannelSets {
public:
  /// New channels along one dimension of a tensor of that rank.
  ChannelField fresh(size_t rank, size_t dim, int64_t count);
  size_t find(size_t channel);
  void unite(size_t left, size_t right);
  /// No factor but 1.
  void fix(size_t channel) { fixed[find(channel)] = true; }
  void fix(const ChannelField &field);
  bool isFixed(size_t channel) { return fixed[find(channel)]; }

  /// Elements that meet when two fields of one rank are broadcast have one factor.
  void unite(const ChannelField &left, const ChannelField &right);

  /// A field without these dimensions' differences: what lies along them has one factor.
  ChannelField collapsed(const ChannelField &field, std::span<const size_t> dims);
  /// The field of a broadcast tensor, read by an operand of `shape`, aligned at the last dimension.
  ChannelField ofOperand(const ChannelField &result, std::span<const int64_t> shape);
  /// The other way: the field of an operand as a tensor of `rank` sees it.
  static ChannelField ofResult(const ChannelField &operand, size_t rank);

private:
  std::vector<size_t> parents;
  std::vector<bool> fixed;
};

/// Dimension i of the result is dimension perm[i] of the field.
ChannelField transposed(const ChannelField &field, std::span<const int64_t> perm);
/// The field of a tensor of shape `from` when it has the shape `to`; -1 stands for unknown sizes, of which `kept`, if there is one,
/// says for each of `to` which of `from` it is, -1 where that is not known. Nothing when the field cannot be told.
std::optional<ChannelField> reshaped(const ChannelField &field, std::span<const int64_t> from,
                                     std::span<const int64_t> to, std::span<const int64_t> kept = {});
/// Part of a field along a dimension in which it may vary.
ChannelField sliced(const ChannelField &field, size_t dim, int64_t begin, int64_t size);

/// Elements of a field as a tensor of `shape` meets them when it is broadcast: calls `use` with a place in `shape` and one in the
/// field, for each element of `shape`, which has the rank of the field and its sizes where it varies.
void forEachElement(std::span<const int64_t> shape, const ChannelField &field,
                    const std::function<void(size_t, size_t)> &use);

} // namespace limbeck::quantize
