// Random tensors that depend on nothing but their type, seed and range: the same bits on every machine.
//
// The generator is counter-based. splitmix64's finalizer is
//   mix(z): z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9; z = (z ^ z >> 27) * 0x94d049bb133111eb; z ^ z >> 31
// and element i (row-major) draws r = mix(mix(seed) + (i + 1) * 0x9e3779b97f4a7c15).
//   floats   : low + k / 2^p * (high - low) in f64, then rounded to the type; k = the top p bits of r, where
//   p is the
//              precision of the type (8, 11, 24, 53). What rounds up to `high` becomes `low`: the range is
//              half-open.
//   integers : low + floor(r * (high - low) / 2^64), also half-open.
#pragma once
#include "limbeck/Tensor/TensorType.h"

namespace limbeck {

/// A range as the user wrote it, `LOW:HIGH`; read as integers or floats by the type that it is for.
struct RandomRange {
  std::string low, high;
};

/// Without a range: floats in [-1, 1), integers and bool 0 or 1. E-FLAG for a range that the type cannot
/// hold, E-SHAPE-MISSING for an unknown dimension.
Expected<Tensor> randomTensor(const TensorType &type, uint64_t seed,
                              const std::optional<RandomRange> &range = {});

} // namespace limbeck
