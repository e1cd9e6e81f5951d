// Deals weights of the middle tap of three.
#include "TapPairs.h"
#include "BytePairs.h"

namespace limbeck::cpu {

/// As much of `weight` as a pair takes beside `partner`.
static int64_t fitting(int64_t weight, int64_t partner) {
  return weight - BytePairs::excess(partner, weight);
}

TapPairs TapPairs::of(std::span<const int64_t> weights, int64_t channels, int64_t taps) {
  TapPairs pairs;
  int64_t triples = ceilDivide(taps, 3);
  auto weightOf = [&](int64_t channel, int64_t tap) {
    return tap < taps ? weights[static_cast<size_t>(channel * taps + tap)] : 0;
  };
  auto add = [&](int64_t first, int64_t second) {
    for (int64_t tap : {first, second})
      pairs.taps.push_back(tap < taps ? tap : kNone);
  };
  // What each channel multiplies by in the pairs, and what is left of the middle tap.
  std::vector<std::vector<int64_t>> dealt(static_cast<size_t>(channels)), left(static_cast<size_t>(channels));
  std::vector<bool> remains(static_cast<size_t>(triples));
  for (int64_t triple = 0; triple < triples; ++triple) {
    int64_t first = 3 * triple, middle = first + 1, last = first + 2;
    add(first, middle);
    add(last, middle);
    for (int64_t channel = 0; channel < channels; ++channel) {
      auto at = static_cast<size_t>(channel);
      int64_t w0 = weightOf(channel, first), w1 = weightOf(channel, middle), w2 = weightOf(channel, last);
      int64_t one = fitting(w1, w0), other = fitting(w1 - one, w2), rest = w1 - one - other;
      dealt[at].insert(dealt[at].end(), {w0, one, w2, other});
      left[at].push_back(rest);
      remains[static_cast<size_t>(triple)] = remains[static_cast<size_t>(triple)] || rest != 0;
    }
  }
  for (int64_t triple = 0; triple < triples; ++triple)
    if (remains[static_cast<size_t>(triple)]) {
      add(3 * triple + 1, taps);
      for (size_t channel = 0; channel < dealt.size(); ++channel)
        dealt[channel].insert(dealt[channel].end(), {left[channel][static_cast<size_t>(triple)], 0});
    }
  pairs.taps.resize(static_cast<size_t>(ceilDivide(static_cast<int64_t>(pairs.taps.size()), 4) * 4), kNone);
  for (std::vector<int64_t> &channel : dealt) {
    channel.resize(pairs.taps.size(), 0);
    for (int64_t weight : channel)
      pairs.weights.push_back(static_cast<int8_t>(weight));
  }
  return pairs;
}

} // namespace limbeck::cpu
