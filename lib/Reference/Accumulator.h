// The types in which contractions accumulate, and the tensors that hold them.
#pragma once
#include "DispatchFloat.h"
#include "ParameterMap.h"

namespace limbeck::reference {

/// f32 and f64 round every fused multiply-add; u32 and u64 hold two's complement sums modulo 2^32 and 2^64.
template <class T> struct AccumulatorType;
template <> struct AccumulatorType<float> {
  static constexpr DType dtype = DType::F32;
};
template <> struct AccumulatorType<double> {
  static constexpr DType dtype = DType::F64;
};
template <> struct AccumulatorType<uint32_t> {
  static constexpr DType dtype = DType::U32;
};
template <> struct AccumulatorType<uint64_t> {
  static constexpr DType dtype = DType::U64;
};

/// An integer tensor minus its zero points, as T.
template <class T>
Expected<Tensor> centred(const Tensor &stored, std::span<const int64_t> zeroPoints,
                         const ParameterMap &parameterOf) {
  LIMBECK_ASSIGN(Tensor values, Tensor::zeros(AccumulatorType<T>::dtype, stored.shape()));
  dispatch(stored.dtype(), [&]<class Storage>() {
    if constexpr (std::is_integral_v<Storage>) {
      std::span<const Storage> in = stored.values<Storage>();
      std::span<T> out = values.mutableValues<T>();
      for (size_t i = 0; i < in.size(); ++i)
        out[i] =
            static_cast<T>(static_cast<int64_t>(in[i]) - zeroPoints[parameterOf(static_cast<int64_t>(i))]);
    }
  });
  return values;
}

/// values[i] += bias[channel of i], where `channel` numbers the axis of that size with `inner` elements
/// behind it.
template <class T> void addBias(std::span<T> values, std::span<const T> bias, int64_t inner) {
  for (size_t i = 0; i < values.size(); ++i)
    values[i] += bias[i / static_cast<size_t>(inner) % bias.size()];
}

} // namespace limbeck::reference
