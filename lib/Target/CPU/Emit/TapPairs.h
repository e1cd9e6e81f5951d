// Which taps of a depthwise window are added in pairs, so that the 16 bits of vpmaddubsw hold every sum.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace limbeck::cpu {

/// Three taps a, c, d fill the four factors of a lane as (a, c) and (d, c): the weight of c is dealt over its two places, channel by
/// channel, so that no pair is too heavy (BytePairs.h). Taps change places until little is left that the two cannot take; that is added
/// in pairs behind all others. Four taps in place of three serve where that saves a step.
struct TapPairs {
  static constexpr int64_t kNone = -1;
  std::vector<int64_t> taps;   ///< the tap of each factor, a multiple of four; or kNone
  std::vector<int8_t> weights; ///< [channels][factors]

  /// From weights [channels][taps].
  static TapPairs of(std::span<const int64_t> weights, int64_t channels, int64_t taps);
};

} // namespace limbeck::cpu
