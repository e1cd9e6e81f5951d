// max_pool, arg_max_pool and average_pool.
#include "Accumulator.h"
#include "PoolingWindows.h"
#include "limbeck/Reference/Registry.h"
#include <algorithm>
#include <cmath>
#include <limits>

namespace limbeck::reference {

static Expected<std::vector<TensorType>> inferMaxPool(const Call &call) {
  const TensorType &x = call.operands[0];
  if (!isFloat(x.dtype) && !isInteger(x.dtype))
    return error(Code::DataType, "expected numbers to take the maximum of, found ", name(x.dtype));
  LIMBECK_ASSIGN(Shape shape, inferPooling(call));
  return std::vector<TensorType>{{x.dtype, std::move(shape), nullptr}};
}

static Expected<std::vector<TensorType>> inferArgMaxPool(const Call &call) {
  int64_t order = call.attributes.integer("storage_order");
  if (order != 0 && order != 1)
    return error(Code::AttributeRange, "expected a storage_order of 0 or 1, found ", order);
  LIMBECK_ASSIGN(std::vector<TensorType> results, inferMaxPool(call));
  results[0].dtype = DType::S64;
  return results;
}

static Expected<std::vector<TensorType>> inferAveragePool(const Call &call) {
  const TensorType &x = call.operands[0];
  if (!isFloat(x.dtype))
    return error(Code::DataType, "expected floats to average, found ", name(x.dtype));
  LIMBECK_ASSIGN(Shape shape, inferPooling(call));
  return std::vector<TensorType>{{x.dtype, std::move(shape), nullptr}};
}

/// Whether `a` replaces `b` as the maximum: NaN wins over numbers, +0 over -0, and the earlier of two equals
/// stays.
template <class T> static bool winsMaximum(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(a) || std::isnan(b))
      return !std::isnan(b);
    return a > b || (a == b && std::signbit(b) && !std::signbit(a));
  } else {
    return a > b;
  }
}

/// Calls `take(place, offset, coordinates)` with the winner of every window; offset -1 where only padding
/// lies under it.
template <class T, class Take>
static void forEachMaximum(const PoolingWindows &windows, std::span<const T> in, Take &&take) {
  windows.forEachOutput([&](const PoolingWindows::Place &place) {
    int64_t best = -1, coordinates[PoolingWindows::kAxes] = {};
    windows.forEachTap(place, [&](int64_t offset, const int64_t *at) {
      if (best >= 0 && !winsMaximum(in[static_cast<size_t>(offset)], in[static_cast<size_t>(best)]))
        return;
      best = offset;
      std::copy_n(at, PoolingWindows::kAxes, coordinates);
    });
    take(place, best, coordinates);
  });
}

/// Runs `body.template operator()<T>()` for a number type; the dispatcher has widened f16 and bf16 before.
template <class Body> static Status dispatchNumbers(DType dtype, Body &&body) {
  return dispatch(dtype, [&]<class T>() -> Status {
    if constexpr (std::is_arithmetic_v<T> && !std::is_same_v<T, bool>)
      return body.template operator()<T>(), Status();
    else
      return error(Code::DataType, "expected integers, f32 or f64, found ", name(dtype));
  });
}

template <class T> static T maximumOfPadding(DType dtype) {
  if constexpr (std::is_floating_point_v<T>)
    return -std::numeric_limits<T>::infinity();
  else
    return static_cast<T>(lowest(dtype));
}

static Expected<std::vector<Tensor>> evaluateMaxPool(const Evaluation &evaluation) {
  const Tensor &x = evaluation.operands[0];
  const Shape &shape = evaluation.resultTypes[0].shape;
  LIMBECK_ASSIGN(PoolingWindows windows, poolingWindows(evaluation.attributes, x.shape(), shape));
  LIMBECK_ASSIGN(Tensor y, Tensor::zeros(x.dtype(), shape));
  LIMBECK_TRY(dispatchNumbers(x.dtype(), [&]<class T>() {
    std::span<const T> in = x.values<T>();
    std::span<T> out = y.mutableValues<T>();
    forEachMaximum<T>(windows, in, [&](const PoolingWindows::Place &place, int64_t best, const int64_t *) {
      out[static_cast<size_t>(place.output)] =
          best < 0 ? maximumOfPadding<T>(x.dtype()) : in[static_cast<size_t>(best)];
    });
  }));
  return std::vector<Tensor>{y};
}

/// Numbers of elements as ONNX counts them, with channels first in every layout; -1 under padding alone.
static Expected<std::vector<Tensor>> evaluateArgMaxPool(const Evaluation &evaluation) {
  const Tensor &x = evaluation.operands[0];
  const Shape &shape = evaluation.resultTypes[0].shape;
  LIMBECK_ASSIGN(PoolingWindows windows, poolingWindows(evaluation.attributes, x.shape(), shape));
  LIMBECK_ASSIGN(Tensor y, Tensor::zeros(DType::S64, shape));
  std::span<int64_t> out = y.mutableValues<int64_t>();
  bool columnMajor = evaluation.attributes.integer("storage_order") == 1;
  const auto &[outer, middle, inner] = windows.axes;
  int64_t plane = outer.input * middle.input * inner.input;
  LIMBECK_TRY(dispatchNumbers(x.dtype(), [&]<class T>() {
    forEachMaximum<T>(
        windows, x.values<T>(), [&](const PoolingWindows::Place &place, int64_t best, const int64_t *at) {
          int64_t inPlane = columnMajor ? at[0] + outer.input * (at[1] + middle.input * at[2])
                                        : at[2] + inner.input * (at[1] + middle.input * at[0]);
          out[static_cast<size_t>(place.output)] = best < 0 ? -1 : place.plane * plane + inPlane;
        });
  }));
  return std::vector<Tensor>{y};
}

static Expected<std::vector<Tensor>> evaluateAveragePool(const Evaluation &evaluation) {
  const Tensor &x = evaluation.operands[0];
  const Shape &shape = evaluation.resultTypes[0].shape;
  LIMBECK_ASSIGN(PoolingWindows windows, poolingWindows(evaluation.attributes, x.shape(), shape));
  bool countPadding = evaluation.attributes.flag("count_include_pad");
  return dispatchFloat(x.dtype(), [&]<class T>() -> Expected<std::vector<Tensor>> {
    LIMBECK_ASSIGN(Tensor y, Tensor::zeros(x.dtype(), shape));
    std::span<const T> in = x.values<T>();
    std::span<T> out = y.mutableValues<T>();
    // One sum per column of the window, then their sum: the order of ONNX Runtime's pooling.
    const PoolingWindows::Axis &across = windows.axes[2];
    std::vector<T> columns(static_cast<size_t>(across.window.kernel));
    windows.forEachOutput([&](const PoolingWindows::Place &place) {
      std::fill(columns.begin(), columns.end(), T(0));
      int64_t taps = 0, paddedTaps = 1, first = across.start(place.position[2]);
      windows.forEachTap(place, [&](int64_t offset, const int64_t *at) {
        columns[static_cast<size_t>((at[2] - first) / across.window.dilation)] +=
            in[static_cast<size_t>(offset)];
        ++taps;
      });
      T sum = 0;
      for (T column : columns)
        sum += column;
      for (size_t a = 0; a < PoolingWindows::kAxes; ++a)
        paddedTaps *= windows.axes[a].paddedTaps(place.position[a]);
      out[static_cast<size_t>(place.output)] = sum / static_cast<T>(countPadding ? paddedTaps : taps);
    });
    return std::vector<Tensor>{y};
  });
}

void definePooling(DefinitionList &list) {
  list.push_back({"max_pool", Kind::Compute, 1, 1, inferMaxPool, evaluateMaxPool});
  list.push_back({"arg_max_pool", Kind::Compute, 1, 1, inferArgMaxPool, evaluateArgMaxPool});
  list.push_back({"average_pool", Kind::Compute, 1, 1, inferAveragePool, evaluateAveragePool});
}

} // namespace limbeck::reference
