// The time of every kernel of a run, and what the machine could have done in it.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace limbeck::session {

/// How fast memory of so many bytes is read, again and again: the more bytes, the farther away the cache that holds them.
struct ReadRate {
  int64_t bytes = 0;
  double bytesPerSecond = 0;
};

/// What all threads together reach in loops that do nothing else, measured in this process.
struct Peaks {
  double int8 = 0, bf16 = 0, f32 = 0; ///< multiply-adds a second; 0 where none is known
  std::vector<ReadRate> read;         ///< ascending
  double dispatchMs = 0;              ///< a call of all threads that does nothing
  double clockMs = 0;                 ///< one look at the clock

  /// Multiply-adds a second of an arithmetic, or 0 where no peak is known.
  double of(const std::string &arithmetic) const;
  /// The rate for the smallest measured size that holds `bytes`, or for the greatest.
  double readRate(int64_t bytes) const;
};

/// One call of a kernel. The facts are the compiler's, from the artifact; without them, as in artifacts of earlier versions,
/// they are 0.
struct LayerTime {
  std::string kernel, kind;
  std::vector<std::string> nodes;
  double milliseconds = 0; ///< median
  std::string arithmetic;  ///< of its products: int8, f32..
  int64_t multiplyAdds = 0, weightBytes = 0, activationBytes = 0;
  double computeMs = 0; ///< its multiply-adds at the machine's peak
  double memoryMs = 0;  ///< its bytes at the speed of the cache that can hold them

  double boundMs() const { return computeMs > memoryMs ? computeMs : memoryMs; }
  /// What explains the most of its time: `compute` or `memory`, or `epilogue` where both explain less than half.
  const char *bound() const;
};

/// One slice of a worker in the run that the trace shows.
struct TraceSlice {
  size_t layer = 0;
  int worker = 0;
  double beginUs = 0, endUs = 0;
};

struct LayerReport {
  std::vector<LayerTime> layers; ///< in the order of the calls
  double betweenMs = 0;          ///< median of what a run takes outside of all kernels
  Peaks peaks;
  std::vector<size_t> worst; ///< at most ten layers, with the most time above their bounds first
  int workers = 0;
  std::vector<TraceSlice> trace; ///< of the run of median length among a few
};

/// Fills in bounds and the worst, from times, facts and peaks. `workingSet`: bytes that a run touches, weights and arena.
void findBounds(LayerReport &report, int64_t workingSet);

} // namespace limbeck::session
