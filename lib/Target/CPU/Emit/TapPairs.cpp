// Deals the weights of taps, and finds the order of taps in which the least is left.
#include "TapPairs.h"
#include "BytePairs.h"
#include <algorithm>
#include <array>
#include <functional>

namespace limbeck::cpu {

namespace {
/// The weights of taps by channel, those behind the last zero; and the order in which four by four, then three by three, are dealt.
class Groups {
public:
  struct Dealt {
    std::array<int64_t, 4> factors;
    std::array<int64_t, 2> rests; ///< what the second and the fourth do not take of their taps
  };

  /// `fours`: how many groups have four taps.
  Groups(std::span<const int64_t> weights, int64_t channels, int64_t taps, int64_t fours)
      : weights(weights), channels(channels), taps(taps), fours(fours) {
    int64_t count = fours + ceilDivide(taps - 4 * fours, 3);
    for (int64_t place = 0; place < fours + 3 * count; ++place)
      order.push_back(place);
    for (int64_t group = 0; group < count; ++group)
      left.push_back(channelsLeft(group));
  }

  int64_t count() const { return static_cast<int64_t>(left.size()); }
  /// The taps of the four factors; one that there is not is `taps` or more.
  std::array<int64_t, 4> tapsOf(int64_t group) const {
    bool four = group < fours;
    auto first = static_cast<size_t>(four ? 4 * group : fours + 3 * group);
    return {order[first], order[first + 1], order[first + 2], order[first + (four ? 3 : 1)]};
  }

  Dealt deal(int64_t group, int64_t channel) const {
    auto [a, c, d, e] = tapsOf(group);
    int64_t first = weight(channel, a), second = weight(channel, c), third = weight(channel, d);
    int64_t rest = BytePairs::excess(first, second);
    int64_t fourth = c == e ? rest : weight(channel, e), other = BytePairs::excess(third, fourth);
    return {{first, second - rest, third, fourth - other}, {c == e ? 0 : rest, other}};
  }

  /// Exchanges taps as long as that lets fewer groups leave something, or as many of fewer channels.
  void improve() {
    constexpr int kMostPasses = 4; // the last ones find next to nothing
    bool improved = true;
    for (int pass = 0; improved && pass < kMostPasses; ++pass) {
      improved = false;
      for (size_t place = 0; place < order.size(); ++place)
        for (size_t other = place + 1; other < order.size(); ++other)
          improved = ((left[groupOf(place)] || left[groupOf(other)]) && exchange(place, other)) || improved;
    }
  }

private:
  int64_t weight(int64_t channel, int64_t tap) const {
    return tap < taps ? weights[static_cast<size_t>(channel * taps + tap)] : 0;
  }
  size_t groupOf(size_t place) const {
    auto own = static_cast<int64_t>(place);
    return static_cast<size_t>(own < 4 * fours ? own / 4 : (own - fours) / 3);
  }
  int64_t channelsLeft(int64_t group) const {
    int64_t found = 0;
    for (int64_t channel = 0; channel < channels; ++channel)
      found += deal(group, channel).rests != std::array<int64_t, 2>{};
    return found;
  }

  bool exchange(size_t place, size_t other) {
    size_t a = groupOf(place), c = groupOf(other);
    std::swap(order[place], order[other]);
    int64_t leftOfA = channelsLeft(static_cast<int64_t>(a)), leftOfC = channelsLeft(static_cast<int64_t>(c));
    auto cost = [](int64_t one, int64_t two) { return std::pair((one > 0) + (two > 0), one + two); };
    if (cost(leftOfA, leftOfC) >= cost(left[a], left[c])) {
      std::swap(order[place], order[other]);
      return false;
    }
    left[a] = leftOfA;
    left[c] = leftOfC;
    return true;
  }

  std::span<const int64_t> weights;
  int64_t channels, taps, fours;
  std::vector<int64_t> order; ///< taps in the order of the groups
  std::vector<int64_t> left;  ///< of how many channels each group leaves something
};

/// What is left of a tap, by channel.
struct Rest {
  int64_t tap;
  std::vector<int64_t> weights;

  bool isNone() const {
    return std::ranges::all_of(weights, [](int64_t weight) { return weight == 0; });
  }
  bool fitsBeside(const Rest &other) const {
    for (size_t channel = 0; channel < weights.size(); ++channel)
      if (BytePairs::excess(other.weights[channel], weights[channel]))
        return false;
    return true;
  }
};
} // namespace

static TapPairs dealt(const Groups &groups, int64_t channels, int64_t taps) {
  TapPairs pairs;
  auto add = [&](int64_t tap) { pairs.taps.push_back(tap < taps ? tap : TapPairs::kNone); };
  std::vector<std::vector<int64_t>> factors(static_cast<size_t>(channels));
  std::vector<Rest> rests;
  for (int64_t group = 0; group < groups.count(); ++group) {
    std::array<int64_t, 4> own = groups.tapsOf(group);
    std::ranges::for_each(own, add);
    Rest first{own[1], {}}, second{own[3], {}};
    for (int64_t channel = 0; channel < channels; ++channel) {
      Groups::Dealt parts = groups.deal(group, channel);
      std::vector<int64_t> &of = factors[static_cast<size_t>(channel)];
      of.insert(of.end(), parts.factors.begin(), parts.factors.end());
      first.weights.push_back(parts.rests[0]);
      second.weights.push_back(parts.rests[1]);
    }
    for (Rest &rest : {std::ref(first), std::ref(second)})
      if (!rest.isNone())
        rests.push_back(std::move(rest));
  }
  while (!rests.empty()) { // two of them in one pair, if all channels let them
    auto beside = std::find_if(rests.begin() + 1, rests.end(),
                               [&](const Rest &other) { return other.fitsBeside(rests.front()); });
    bool found = beside != rests.end();
    add(rests.front().tap);
    add(found ? beside->tap : taps);
    for (size_t channel = 0; channel < factors.size(); ++channel) {
      factors[channel].push_back(rests.front().weights[channel]);
      factors[channel].push_back(found ? beside->weights[channel] : 0);
    }
    if (found)
      rests.erase(beside);
    rests.erase(rests.begin());
  }
  pairs.taps.resize(static_cast<size_t>(ceilDivide(static_cast<int64_t>(pairs.taps.size()), 4) * 4),
                    TapPairs::kNone);
  for (std::vector<int64_t> &channel : factors) {
    channel.resize(pairs.taps.size(), 0);
    for (int64_t weight : channel)
      pairs.weights.push_back(static_cast<int8_t>(weight));
  }
  return pairs;
}

TapPairs TapPairs::of(std::span<const int64_t> weights, int64_t channels, int64_t taps) {
  auto with = [&](int64_t fours) {
    Groups groups(weights, channels, taps, fours);
    groups.improve();
    return dealt(groups, channels, taps);
  };
  TapPairs pairs = with(0);
  // One or two taps more than threes: as many fours in place of one more three.
  if (int64_t fours = taps % 3; fours && 4 * fours <= taps)
    if (TapPairs other = with(fours); other.taps.size() < pairs.taps.size())
      pairs = std::move(other);
  return pairs;
}

} // namespace limbeck::cpu
