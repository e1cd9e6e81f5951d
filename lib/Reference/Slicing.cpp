// slice: every steps[i]-th element from starts[i] up to, not including, ends[i] of each axis, clamped as ONNX
// clamps.
#include "Movement.h"
#include "limbeck/Reference/Registry.h"
#include <algorithm>

namespace limbeck::reference {

namespace {

/// The indices start, start + step, .. of one axis.
struct AxisSlice {
  int64_t start = 0, step = 1, count = 0; ///< count kUnknown when the dimension is
};

} // namespace

static AxisSlice clampedSlice(int64_t dim, int64_t start, int64_t end, int64_t step) {
  if (dim == kUnknown)
    return {start, step, kUnknown};
  bool forward = step > 0;
  auto clamped = [&](int64_t bound, int64_t least, int64_t greatest) {
    return std::max(std::min(bound < 0 ? bound + dim : bound, greatest), least);
  };
  start = clamped(start, 0, forward ? dim : dim - 1);
  end = forward ? clamped(end, 0, dim) : clamped(end, -1, dim - 1);
  int64_t distance = forward ? end - start : start - end;
  if (dim == 0 || distance <= 0)
    return {0, step, 0};
  // The magnitude as unsigned, because that of the least int64 has no signed form.
  uint64_t magnitude = forward ? static_cast<uint64_t>(step) : uint64_t(0) - static_cast<uint64_t>(step);
  return {start, step, static_cast<int64_t>((static_cast<uint64_t>(distance) - 1) / magnitude) + 1};
}

static Expected<std::vector<AxisSlice>> axisSlices(const Attributes &attributes,
                                                   std::span<const int64_t> shape) {
  const std::vector<int64_t> &starts = attributes.integers("starts"), &ends = attributes.integers("ends"),
                             &steps = attributes.integers("steps");
  if (starts.size() != shape.size() || ends.size() != shape.size() || steps.size() != shape.size())
    return error(Code::Slice, "expected ", shape.size(), " starts, ends and steps, found ", starts.size(),
                 ", ", ends.size(), " and ", steps.size());
  std::vector<AxisSlice> slices;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (steps[i] == 0)
      return error(Code::Slice, "expected steps other than 0, found 0 for axis ", i).atAttribute("steps");
    slices.push_back(clampedSlice(shape[i], starts[i], ends[i], steps[i]));
  }
  return slices;
}

static Shape slicedShape(std::span<const AxisSlice> slices) {
  Shape shape;
  for (const AxisSlice &slice : slices)
    shape.push_back(slice.count);
  return shape;
}

static Expected<std::vector<TensorType>> inferSlice(const Call &call) {
  LIMBECK_ASSIGN(std::vector<AxisSlice> slices, axisSlices(call.attributes, call.operands[0].shape));
  return oneType(call.operands[0].dtype, slicedShape(slices));
}

static Expected<std::vector<Tensor>> evaluateSlice(const Evaluation &evaluation) {
  const Tensor &operand = evaluation.operands[0];
  LIMBECK_ASSIGN(std::vector<AxisSlice> slices, axisSlices(evaluation.attributes, operand.shape()));
  Shape shape = slicedShape(slices);
  LIMBECK_ASSIGN(Tensor result, Tensor::zeros(operand.dtype(), shape));
  if (result.size() == 0)
    return std::vector<Tensor>{result};
  std::vector<int64_t> strides = rowMajorStrides(operand.shape());
  StridedView from;
  for (size_t i = 0; i < slices.size(); ++i) {
    from.offset += slices[i].start * strides[i];
    from.strides.push_back(slices[i].count > 1 ? slices[i].step * strides[i]
                                               : 0); // one element: the step may be huge
  }
  copyView(shape, operand, from, result, {0, rowMajorStrides(shape)});
  return std::vector<Tensor>{result};
}

void defineSlicing(DefinitionList &list) {
  list.push_back({"slice", Kind::Movement, 1, 1, inferSlice, evaluateSlice});
}

} // namespace limbeck::reference
