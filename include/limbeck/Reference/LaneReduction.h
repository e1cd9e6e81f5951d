// The order in which every float reduction adds: 16 interleaved lanes, then a fixed tree.
//
//   lane[j] = identity                              for j in 0..15
//   lane[i mod 16] = combine(lane[i mod 16], x[i])  for i ascending in row-major order of the reduced axes
//   for s in 8, 4, 2, 1: lane[j] = combine(lane[j], lane[j + s])  for j < s
//   result = lane[0]
//
// Any vector width up to 16 computes it without changing a bit.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

namespace limbeck::reference {

constexpr size_t reductionLanes = 16;

/// The tree. `Value` is a number, or whatever a compiler has for one.
template <class Value, class Combine>
Value foldLanes(std::array<Value, reductionLanes> lanes, Combine combine) {
  for (size_t step = reductionLanes / 2; step > 0; step /= 2)
    for (size_t j = 0; j < step; ++j)
      lanes[j] = combine(lanes[j], lanes[j + step]);
  return lanes[0];
}

/// Takes the values one after another.
template <class Value, class Combine> class LaneReduction {
public:
  LaneReduction(Value identity, Combine combine) : combine(combine) { lanes.fill(identity); }
  void add(Value value) {
    lanes[next] = combine(lanes[next], value);
    next = (next + 1) % reductionLanes;
  }
  Value result() const { return foldLanes(lanes, combine); }

private:
  std::array<Value, reductionLanes> lanes;
  size_t next = 0;
  Combine combine;
};

/// The sum of `count` values `at(0)`, `at(1)`, ..
template <class Value, class At> Value laneSum(int64_t count, At at) {
  LaneReduction sum(Value(0), [](Value a, Value b) { return a + b; });
  for (int64_t i = 0; i < count; ++i)
    sum.add(at(i));
  return sum.result();
}

} // namespace limbeck::reference
