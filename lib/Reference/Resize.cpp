// resize: nearest picks elements, linear blends the corners around a point; both read the tables of
// ResizeCoordinates.h.
#include "Movement.h"
#include "limbeck/Reference/Registry.h"
#include "limbeck/Reference/ResizeCoordinates.h"
#include <algorithm>
#include <cmath>

namespace limbeck::reference {

/// One axis as the attributes describe it; its sizes are kUnknown where the operand's are.
///
/// An entry of `sizes` of at least 0 is the result's size, and -1 stands for floor(size * scale); an entry of
/// `scales` of 0 stands for result size / operand size. Either list may be empty when the other says
/// everything.
static Expected<ResizeAxis> resizeAxis(const Attributes &attributes, size_t index, size_t rank,
                                       int64_t inputSize) {
  const std::vector<float> &scales = attributes.numbers("scales"), &roi = attributes.numbers("roi");
  const std::vector<int64_t> &sizes = attributes.integers("sizes");
  ResizeAxis axis;
  axis.linear = attributes.text("mode") == "linear";
  axis.coordinateMode = attributes.text("coordinate_mode");
  axis.nearestMode = attributes.text("nearest_mode");
  axis.inputSize = inputSize;
  axis.outputSize = sizes.empty() ? kUnknown : sizes[index];
  axis.scale = scales.empty() ? 0 : scales[index];
  if (!roi.empty()) {
    axis.roiBegin = roi[index];
    axis.roiEnd = roi[rank + index];
  }
  if (axis.outputSize < -1 || axis.outputSize > Limits().elements)
    return error(Code::Resize, "expected a size of at least 0, or -1, found ", axis.outputSize)
        .atAttribute("sizes");
  bool derived = axis.scale == 0 && axis.outputSize >= 0;
  if (derived && inputSize != kUnknown)
    axis.scale = inputSize == 0 || axis.outputSize == 0 ? 1.0f : float(axis.outputSize) / float(inputSize);
  else if (derived)
    axis.scale = 1;
  LIMBECK_ASSIGN(int64_t scaled, scaledSize(std::max(inputSize, int64_t(0)), axis.scale));
  if (axis.outputSize == kUnknown && inputSize != kUnknown)
    axis.outputSize = scaled;
  return axis;
}

static Expected<std::vector<ResizeAxis>> resizeAxes(const Attributes &attributes,
                                                    std::span<const int64_t> shape) {
  const std::string &mode = attributes.text("mode");
  if (mode != "nearest" && mode != "linear")
    return error(Code::Resize, "expected the mode nearest or linear, found '", mode, "'").atAttribute("mode");
  LIMBECK_TRY(checkResizeModes(attributes.text("coordinate_mode"), attributes.text("nearest_mode")));
  size_t scales = attributes.numbers("scales").size(), sizes = attributes.integers("sizes").size(),
         rank = shape.size();
  if ((scales != rank && scales != 0) || (sizes != rank && sizes != 0) ||
      (scales == 0 && sizes == 0 && rank != 0))
    return error(Code::Resize, "expected scales or sizes for ", rank, " axes, found ", scales, " scales and ",
                 sizes, " sizes");
  const std::vector<float> &roi = attributes.numbers("roi");
  if (!roi.empty() && roi.size() != 2 * rank)
    return error(Code::Resize, "expected a region of ", 2 * rank, " numbers, found ", roi.size())
        .atAttribute("roi");
  if (!std::all_of(roi.begin(), roi.end(), [](float bound) { return std::isfinite(bound); }))
    return error(Code::Resize, "expected a region of finite numbers, found others").atAttribute("roi");
  std::vector<ResizeAxis> axes;
  for (size_t i = 0; i < rank; ++i) {
    LIMBECK_ASSIGN(ResizeAxis axis, resizeAxis(attributes, i, rank, shape[i]));
    if (axis.inputSize == 0 && axis.outputSize > 0)
      return error(Code::Resize, "expected elements to resize, found axis ", i, " empty");
    axes.push_back(std::move(axis));
  }
  return axes;
}

static Shape resizedShape(std::span<const ResizeAxis> axes) {
  Shape shape;
  for (const ResizeAxis &axis : axes)
    shape.push_back(axis.outputSize);
  return shape;
}

static Diagnostic notBlendable(DType dtype) {
  return error(Code::UnsupportedType, "expected a float type for linear resizing, found ", name(dtype))
      .withHint("cast to f32 and back");
}

static Expected<std::vector<TensorType>> inferResize(const Call &call) {
  const TensorType &operand = call.operands[0];
  LIMBECK_ASSIGN(std::vector<ResizeAxis> axes, resizeAxes(call.attributes, operand.shape));
  if (call.attributes.text("mode") == "linear" && !isFloat(operand.dtype))
    return notBlendable(operand.dtype);
  Shape shape = resizedShape(axes);
  if (auto count = elementCount(shape, Limits().elements); !count)
    return error(Code::Resize, "the resized tensor is too large: ", shapeText(shape));
  return oneType(operand.dtype, std::move(shape));
}

using ResizeTables = std::vector<std::vector<ResizeTap>>;

/// The extrapolation value as one element: saturated and rounded for integers.
static Expected<Tensor> extrapolationElement(DType dtype, float value) {
  LIMBECK_ASSIGN(Tensor element, Tensor::zeros(dtype, {}));
  dispatch(dtype, [&]<class T>() {
    T &stored = element.mutableValues<T>()[0];
    if constexpr (std::is_same_v<T, bool>)
      stored = value != 0;
    else if constexpr (!std::is_integral_v<T>)
      stored = static_cast<T>(value);
    else if (value == value) {
      double bounded = std::clamp(static_cast<double>(std::trunc(value)), static_cast<double>(lowest(dtype)),
                                  static_cast<double>(highest(dtype)));
      stored =
          bounded >= 0x1p63 ? static_cast<T>(highest(dtype)) : static_cast<T>(static_cast<int64_t>(bounded));
    }
  });
  return element;
}

static Status resizeNearest(const Tensor &operand, const ResizeTables &tables, float extrapolation,
                            Tensor &result) {
  LIMBECK_ASSIGN(Tensor fill, extrapolationElement(operand.dtype(), extrapolation));
  std::vector<AxisTable> picks;
  for (const std::vector<ResizeTap> &table : tables) {
    AxisTable &pick = picks.emplace_back();
    for (const ResizeTap &tap : table)
      pick.push_back(tap.outside ? kOutside : tap.low);
  }
  gatherByTables(operand, picks, fill.bytes(), result);
  return {};
}

namespace {

/// One input element and its share in an output element.
struct Corner {
  int64_t offset;
  float weight;
};

} // namespace

/// The corners around one output position, axis 0 slowest, low before high; weights are multiplied from axis
/// 0 on. Axes that are not resized have one corner of weight 1. False where the position lies outside.
static bool findCorners(const ResizeTables &tables, std::span<const bool> resized,
                        std::span<const int64_t> position, std::span<const int64_t> strides,
                        std::vector<Corner> &corners) {
  corners.assign(1, {0, 1.0f});
  for (size_t d = 0; d < tables.size(); ++d) {
    const ResizeTap &tap = tables[d][static_cast<size_t>(position[d])];
    if (tap.outside)
      return false;
    if (!resized[d]) {
      for (Corner &corner : corners)
        corner.offset += tap.low * strides[d];
      continue;
    }
    std::vector<Corner> split;
    for (const Corner &corner : corners) {
      split.push_back({corner.offset + tap.low * strides[d], corner.weight * tap.lowWeight});
      split.push_back({corner.offset + tap.high * strides[d], corner.weight * tap.highWeight});
    }
    corners = std::move(split);
  }
  return true;
}

template <class T>
static void resizeLinear(const Tensor &operand, std::span<const ResizeAxis> axes, const ResizeTables &tables,
                         float extrapolation, Tensor &result) {
  auto resized = std::make_unique<bool[]>(axes.size());
  for (size_t d = 0; d < axes.size(); ++d)
    resized[d] = axes[d].scale != 1 || axes[d].inputSize != axes[d].outputSize;
  std::vector<int64_t> strides = rowMajorStrides(operand.shape()), position(axes.size(), 0);
  std::vector<Corner> corners;
  std::span<const T> values = operand.values<T>();
  for (T &output : result.mutableValues<T>()) {
    output = static_cast<T>(extrapolation);
    if (findCorners(tables, {resized.get(), axes.size()}, position, strides, corners)) {
      output = 0;
      for (const Corner &corner : corners)
        output = std::fma(static_cast<T>(corner.weight), values[static_cast<size_t>(corner.offset)], output);
    }
    for (size_t d = axes.size(); d-- > 0;) {
      if (++position[d] < axes[d].outputSize)
        break;
      position[d] = 0;
    }
  }
}

Expected<ResizePlan> planResize(const Attributes &attributes, std::span<const int64_t> shape) {
  ResizePlan plan;
  LIMBECK_ASSIGN(plan.axes, resizeAxes(attributes, shape));
  for (const ResizeAxis &axis : plan.axes) {
    LIMBECK_ASSIGN(std::vector<ResizeTap> table, resizeTable(axis));
    plan.tables.push_back(std::move(table));
  }
  return plan;
}

static Expected<std::vector<Tensor>> evaluateResize(const Evaluation &evaluation) {
  const Tensor &operand = evaluation.operands[0];
  const Attributes &attributes = evaluation.attributes;
  LIMBECK_ASSIGN(Tensor result, Tensor::zeros(operand.dtype(), evaluation.resultTypes[0].shape));
  if (result.size() == 0) // before the tables, because the other axes may be of any size
    return std::vector<Tensor>{result};
  LIMBECK_ASSIGN(ResizePlan plan, planResize(attributes, operand.shape()));
  const auto &[axes, tables] = plan;
  float extrapolation = attributes.number("extrapolation_value");
  if (attributes.text("mode") == "nearest")
    LIMBECK_TRY(resizeNearest(operand, tables, extrapolation, result));
  else if (operand.dtype() == DType::F64)
    resizeLinear<double>(operand, axes, tables, extrapolation, result);
  else if (operand.dtype() == DType::F32)
    resizeLinear<float>(operand, axes, tables, extrapolation, result);
  else
    return notBlendable(operand.dtype());
  return std::vector<Tensor>{result};
}

void defineResize(DefinitionList &list) {
  list.push_back({"resize", Kind::Compute, 1, 1, inferResize, evaluateResize});
}

} // namespace limbeck::reference
