// gather picks slices of an axis by index; range counts.
#include "Movement.h"
#include "limbeck/Reference/Registry.h"
#include "limbeck/Reference/Rounding.h"
#include <algorithm>
#include <cmath>

namespace limbeck::reference {

// gather

static Expected<Shape> gatheredShape(std::span<const int64_t> data, std::span<const int64_t> indices,
                                     int64_t axis) {
  if (axis < 0 || axis >= static_cast<int64_t>(data.size()))
    return error(Code::Axis, "expected an axis from 0 to ", static_cast<int64_t>(data.size()) - 1, ", found ",
                 axis)
        .atAttribute("axis");
  Shape shape(data.begin(), data.end());
  shape.erase(shape.begin() + axis);
  shape.insert(shape.begin() + axis, indices.begin(), indices.end());
  if (static_cast<int64_t>(shape.size()) > Limits().rank)
    return error(Code::Rank, "expected a result of at most ", Limits().rank, " dimensions, found ",
                 shape.size());
  LIMBECK_TRY(elementCount(shape, Limits().elements));
  // Clamping an index that only run time knows needs an element to clamp it to.
  LIMBECK_ASSIGN(int64_t count, elementCount(indices, Limits().elements));
  if (data[static_cast<size_t>(axis)] == 0 && count != 0)
    return error(Code::Index, "expected no index into an axis of size 0, found indices of shape ",
                 shapeText(indices));
  return shape;
}

static Status checkIndexType(DType dtype) {
  if (dtype == DType::S32 || dtype == DType::S64)
    return {};
  return error(Code::DataType, "expected indices of type s32 or s64, found ", name(dtype));
}

static Expected<std::vector<TensorType>> inferGather(const Call &call) {
  const TensorType &data = call.operands[0], &indices = call.operands[1];
  LIMBECK_TRY(checkIndexType(indices.dtype));
  int64_t axis = call.attributes.integer("axis");
  LIMBECK_ASSIGN(Shape shape, gatheredShape(data.shape, indices.shape, axis));
  int64_t dim = data.shape[static_cast<size_t>(axis)];
  if (const Tensor *constant = call.constant(1); constant && dim != kUnknown)
    for (int64_t index : constant->asIndices())
      if (index < -dim || index >= dim)
        return error(Code::Index, "expected indices from ", -dim, " to ", dim - 1, ", found ", index);
  return oneType(data.dtype, std::move(shape));
}

/// An index that only run time knows is clamped: the same bits everywhere, and never a read outside.
static Expected<std::vector<Tensor>> evaluateGather(const Evaluation &evaluation) {
  const Tensor &data = evaluation.operands[0], &indices = evaluation.operands[1];
  LIMBECK_TRY(checkIndexType(indices.dtype()));
  int64_t axis = evaluation.attributes.integer("axis");
  LIMBECK_ASSIGN(Shape shape, gatheredShape(data.shape(), indices.shape(), axis));
  int64_t dim = data.shape()[static_cast<size_t>(axis)];
  LIMBECK_ASSIGN(Tensor result, Tensor::zeros(data.dtype(), std::move(shape)));
  if (result.size() == 0)
    return std::vector<Tensor>{result};
  AxisTable table = indices.asIndices();
  for (int64_t &index : table)
    index = std::clamp(index < 0 ? index + dim : index, int64_t(0), dim - 1);
  std::vector<AxisTable> tables;
  for (int64_t size : data.shape())
    tables.push_back(identityTable(size));
  tables[static_cast<size_t>(axis)] = std::move(table);
  gatherByTables(data, tables, nullptr, result);
  return std::vector<Tensor>{result};
}

// range

/// The number of values of start, start + delta, .. before limit.
template <class T> static Expected<int64_t> rangeCount(T start, T limit, T delta) {
  if (delta == T(0))
    return error(Code::Size, "expected a delta other than 0, found 0");
  double count;
  if constexpr (std::is_integral_v<T>) {
    __int128 distance = static_cast<__int128>(limit) - start, step = delta;
    if (step < 0)
      distance = -distance, step = -step;
    count = distance <= 0 ? 0 : static_cast<double>((distance + step - 1) / step);
  } else {
    count = std::ceil(static_cast<double>(limit - start) / static_cast<double>(delta));
    if (std::isnan(count))
      return error(Code::Size,
                   "expected a start, limit and delta that are numbers, found a NaN or two infinities");
  }
  if (count > static_cast<double>(Limits().elements))
    return error(Code::Size, "expected at most ", Limits().elements, " values, found more");
  return std::max(static_cast<int64_t>(std::max(count, 0.0)), int64_t(0));
}

/// The type in which a range is counted: f32 for half precision.
template <class T>
using RangeArithmetic =
    std::conditional_t<std::is_same_v<T, Float16> || std::is_same_v<T, BFloat16>, float, T>;

template <class T> static RangeArithmetic<T> rangeScalar(const Tensor &tensor) {
  return static_cast<RangeArithmetic<T>>(tensor.values<T>()[0]);
}

/// Calls `f` with the storage type of a range; bool has no arithmetic.
template <class F> static auto dispatchRange(DType dtype, F &&f) {
  return dispatch(dtype, [&]<class T>() {
    return f.template operator()<std::conditional_t<std::is_same_v<T, bool>, uint8_t, T>>();
  });
}

static Expected<int64_t> rangeCountOf(const Tensor &start, const Tensor &limit, const Tensor &delta) {
  return dispatchRange(start.dtype(), [&]<class T>() {
    return rangeCount(rangeScalar<T>(start), rangeScalar<T>(limit), rangeScalar<T>(delta));
  });
}

static Status checkRangeOperand(DType dtype, std::span<const int64_t> shape, DType first) {
  if (dtype != first || dtype == DType::Bool)
    return error(Code::DataType, "expected a start, limit and delta of one numeric type, found ", name(first),
                 " and ", name(dtype));
  if (!shape.empty())
    return error(Code::Rank, "expected scalars as start, limit and delta, found the shape ",
                 shapeText(shape));
  return {};
}

static Expected<std::vector<TensorType>> inferRange(const Call &call) {
  for (const TensorType &operand : call.operands)
    LIMBECK_TRY(checkRangeOperand(operand.dtype, operand.shape, call.operands[0].dtype));
  int64_t count = kUnknown;
  if (call.constant(0) && call.constant(1) && call.constant(2)) {
    for (size_t i = 0; i < 3; ++i)
      LIMBECK_TRY(
          checkRangeOperand(call.constant(i)->dtype(), call.constant(i)->shape(), call.operands[0].dtype));
    LIMBECK_ASSIGN(count, rangeCountOf(*call.constant(0), *call.constant(1), *call.constant(2)));
  }
  return oneType(call.operands[0].dtype, {count});
}

template <class T> static void fillRange(Tensor &result, RangeArithmetic<T> start, RangeArithmetic<T> delta) {
  std::span<T> values = result.mutableValues<T>();
  for (size_t i = 0; i < values.size(); ++i) {
    if constexpr (std::is_integral_v<T>) // unsigned: wraps instead of overflowing
      values[i] = static_cast<T>(static_cast<uint64_t>(start) +
                                 static_cast<uint64_t>(i) * static_cast<uint64_t>(delta));
    else
      values[i] = convertFloatValue<T>(start + static_cast<RangeArithmetic<T>>(i) * delta);
  }
}

static Expected<std::vector<Tensor>> evaluateRange(const Evaluation &evaluation) {
  std::span<const Tensor> operands = evaluation.operands;
  for (const Tensor &operand : operands)
    LIMBECK_TRY(checkRangeOperand(operand.dtype(), operand.shape(), operands[0].dtype()));
  LIMBECK_ASSIGN(int64_t count, rangeCountOf(operands[0], operands[1], operands[2]));
  LIMBECK_ASSIGN(Tensor result, Tensor::zeros(operands[0].dtype(), {count}));
  dispatchRange(result.dtype(), [&]<class T>() {
    fillRange<T>(result, rangeScalar<T>(operands[0]), rangeScalar<T>(operands[2]));
  });
  return std::vector<Tensor>{result};
}

void defineIndexing(DefinitionList &list) {
  list.push_back({"gather", Kind::Movement, 2, 2, inferGather, evaluateGather});
  list.push_back({"range", Kind::Exact, 3, 3, inferRange, evaluateRange});
}

} // namespace limbeck::reference
