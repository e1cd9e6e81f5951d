// Reductions over any set of axes, and arg_max.
#include "AxisExtent.h"
#include "limbeck/Reference/Broadcast.h"
#include "limbeck/Reference/HostScalar.h"
#include "limbeck/Reference/LaneReduction.h"
#include "limbeck/Reference/Registry.h"
#include <algorithm>

namespace limbeck::reference {

namespace {
/// A reducer: the accumulator for values of type T, its start, one step, and the result from `count` values.
struct SumReducer {
  template <class T> using Accumulator = T;
  template <class T> static T identity() { return T(0); }
  template <class T> static T combine(T a, T b) { return HostScalar<T>().add(a, b); }
  template <class T> static T finish(T sum, int64_t) { return sum; }
};
/// Integers are summed in 64 bits; the quotient truncates, and that of an empty set is 0.
struct MeanReducer : SumReducer {
  template <class T>
  using Accumulator = std::conditional_t<std::is_integral_v<T>,
                                         std::conditional_t<std::is_signed_v<T>, int64_t, uint64_t>, T>;
  template <class A> static A finish(A sum, int64_t count) {
    if constexpr (std::is_integral_v<A>)
      return count == 0 ? A(0) : static_cast<A>(sum / static_cast<A>(count));
    else
      return sum / static_cast<A>(count);
  }
};
struct ProductReducer : SumReducer {
  template <class T> static T identity() { return T(1); }
  template <class T> static T combine(T a, T b) { return HostScalar<T>().mul(a, b); }
};
struct MaximumReducer : SumReducer {
  template <class T> static T identity() {
    return std::is_floating_point_v<T> ? -std::numeric_limits<T>::infinity()
                                       : std::numeric_limits<T>::lowest();
  }
  template <class T> static T combine(T a, T b) {
    if constexpr (std::is_same_v<T, bool>)
      return a || b;
    else
      return HostScalar<T>().maximum(a, b);
  }
};
struct MinimumReducer : SumReducer {
  template <class T> static T identity() {
    return std::is_floating_point_v<T> ? std::numeric_limits<T>::infinity() : std::numeric_limits<T>::max();
  }
  template <class T> static T combine(T a, T b) {
    if constexpr (std::is_same_v<T, bool>)
      return a && b;
    else
      return HostScalar<T>().minimum(a, b);
  }
};

/// bool has an order but no sum.
template <class Reducer>
constexpr bool takesBool = std::is_same_v<Reducer, MaximumReducer> || std::is_same_v<Reducer, MinimumReducer>;
template <class Reducer, class T>
constexpr bool reducesHost = std::is_arithmetic_v<T> && (takesBool<Reducer> || !std::is_same_v<T, bool>);
} // namespace

static bool isReduced(std::span<const int64_t> axes, size_t d) {
  return std::find(axes.begin(), axes.end(), static_cast<int64_t>(d)) != axes.end();
}

static Shape reducedShape(const Shape &shape, std::span<const int64_t> axes, bool keepDims) {
  Shape result;
  for (size_t d = 0; d < shape.size(); ++d)
    if (!isReduced(axes, d))
      result.push_back(shape[d]);
    else if (keepDims)
      result.push_back(1);
  return result;
}

template <bool acceptsBool> static Expected<std::vector<TensorType>> inferReduction(const Call &call) {
  const TensorType &operand = call.operands[0];
  if (!acceptsBool || operand.dtype != DType::Bool)
    LIMBECK_TRY(checkElementType(ElementwiseTypes::Number, operand.dtype));
  const std::vector<int64_t> &axes = call.attributes.integers("axes");
  for (size_t i = 0; i < axes.size(); ++i) {
    LIMBECK_TRY(checkAxis(axes[i], operand.shape.size()));
    if (i > 0 && axes[i] <= axes[i - 1])
      return error(Code::Axis, "expected ascending axes, found ", axes[i], " after ", axes[i - 1])
          .atAttribute("axes");
  }
  return std::vector<TensorType>{
      {operand.dtype, reducedShape(operand.shape, axes, call.attributes.flag("keepdims")), nullptr}};
}

/// The dimensions of a tensor that are reduced, or those that are kept, with their strides.
static StridedLoop loopOver(const Shape &shape, std::span<const int64_t> axes, bool reduced) {
  std::vector<int64_t> all = rowMajorStrides(shape), sizes, strides;
  for (size_t d = 0; d < shape.size(); ++d)
    if (isReduced(axes, d) == reduced) {
      sizes.push_back(shape[d]);
      strides.push_back(all[d]);
    }
  return StridedLoop(sizes, std::span(&strides, 1));
}

template <class Reducer, class T>
static void reduceValues(const Tensor &input, std::span<const int64_t> axes, Tensor &result) {
  using Accumulator = typename Reducer::template Accumulator<T>;
  StridedLoop kept = loopOver(input.shape(), axes, false), reduced = loopOver(input.shape(), axes, true);
  const T *values = input.values<T>().data();
  T *out = result.mutableValues<T>().data();
  int64_t count = result.size() ? input.size() / result.size() : 0;
  auto combine = [](Accumulator a, Accumulator b) { return Reducer::template combine<Accumulator>(a, b); };
  auto reduceAt = [&](const T *first) {
    LaneReduction lanes(Reducer::template identity<Accumulator>(), combine);
    reduced.forEachRow([&](std::span<const int64_t> offsets) {
      const T *row = first + offsets[0];
      for (int64_t i = 0; i < reduced.rowLength(); ++i)
        lanes.add(static_cast<Accumulator>(row[i * reduced.rowStride(0)]));
    });
    return static_cast<T>(Reducer::finish(lanes.result(), count));
  };
  kept.forEachRow([&](std::span<const int64_t> offsets) {
    for (int64_t i = 0; i < kept.rowLength(); ++i)
      *out++ = reduceAt(values + offsets[0] + i * kept.rowStride(0));
  });
}

template <class Reducer>
static Expected<std::vector<Tensor>> evaluateReduction(const Evaluation &evaluation) {
  const Tensor &input = evaluation.operands[0];
  const std::vector<int64_t> &axes = evaluation.attributes.integers("axes");
  LIMBECK_ASSIGN(Tensor result,
                 Tensor::zeros(input.dtype(),
                               reducedShape(input.shape(), axes, evaluation.attributes.flag("keepdims"))));
  bool reduced = dispatch(input.dtype(), [&]<class T>() {
    if constexpr (reducesHost<Reducer, T>)
      reduceValues<Reducer, T>(input, axes, result);
    return reducesHost<Reducer, T>;
  });
  if (!reduced)
    return error(Code::Internal, "no reduction of values of type ", name(input.dtype()));
  return std::vector<Tensor>{std::move(result)};
}

static Expected<std::vector<TensorType>> inferArgMax(const Call &call) {
  const TensorType &operand = call.operands[0];
  int64_t axis = call.attributes.integer("axis");
  LIMBECK_TRY(checkElementType(ElementwiseTypes::Number, operand.dtype));
  LIMBECK_TRY(checkAxis(axis, operand.shape.size()));
  if (operand.shape[static_cast<size_t>(axis)] == 0)
    return error(Code::Shape, "expected at least one element along axis ", axis, ", found shape ",
                 shapeText(operand.shape));
  int64_t axes[] = {axis};
  return std::vector<TensorType>{
      {DType::S64, reducedShape(operand.shape, axes, call.attributes.flag("keepdims")), nullptr}};
}

/// Index of the greatest of `count` values `step` apart, the first or the last of equal ones; NaN counts as
/// greatest.
template <class T> static int64_t greatestIndex(const T *values, int64_t count, int64_t step, bool last) {
  int64_t best = 0;
  for (int64_t i = 1; i < count; ++i) {
    T value = values[i * step], greatest = values[best * step];
    bool isNan = value != value, bestIsNan = greatest != greatest;
    bool equal = value == greatest || (isNan && bestIsNan);
    bool greater = value > greatest || (isNan && !bestIsNan);
    if (greater || (equal && last))
      best = i;
  }
  return best;
}

static Expected<std::vector<Tensor>> evaluateArgMax(const Evaluation &evaluation) {
  const Tensor &input = evaluation.operands[0];
  int64_t axes[] = {evaluation.attributes.integer("axis")};
  bool last = evaluation.attributes.flag("select_last_index");
  AxisExtent extent(input.shape(), axes[0]);
  LIMBECK_ASSIGN(
      Tensor result,
      Tensor::zeros(DType::S64, reducedShape(input.shape(), axes, evaluation.attributes.flag("keepdims"))));
  int64_t *out = result.mutableValues<int64_t>().data();
  dispatch(input.dtype(), [&]<class T>() {
    if constexpr (std::is_arithmetic_v<T>)
      extent.forEachLine([&](int64_t offset) {
        *out++ = greatestIndex(input.values<T>().data() + offset, extent.length, extent.inner, last);
      });
  });
  return std::vector<Tensor>{std::move(result)};
}

void defineReduction(DefinitionList &list) {
  auto define = [&]<class Reducer>(std::string_view name, Reducer) {
    list.push_back(
        {name, Kind::Compute, 1, 1, inferReduction<takesBool<Reducer>>, evaluateReduction<Reducer>});
  };
  define("reduce_sum", SumReducer());
  define("reduce_mean", MeanReducer());
  define("reduce_prod", ProductReducer());
  define("reduce_max", MaximumReducer());
  define("reduce_min", MinimumReducer());
  list.push_back({"arg_max", Kind::Compute, 1, 1, inferArgMax, evaluateArgMax});
}

} // namespace limbeck::reference
