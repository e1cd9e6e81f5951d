// Resize. The dialect has scales and sizes of all axes; ONNX takes one of both.
#include "../ExportRules.h"
#include "limbeck/Graph/IR/Conversion.h"
#include <optional>

namespace limbeck::graph::exporter {

namespace {
/// What ONNX is told of a resize: scales or sizes, of all axes or of some.
struct Geometry {
  std::vector<float> scales;
  Shape sizes;
  llvm::SmallVector<int64_t> axes; ///< all where empty
  llvm::StringRef policy;          ///< of sizes that keep the aspect ratio
};
} // namespace

static Expected<Tensor> floatsTensor(llvm::ArrayRef<float> values) {
  LIMBECK_ASSIGN(Tensor tensor, Tensor::zeros(DType::F32, {static_cast<int64_t>(values.size())}));
  llvm::copy(values, tensor.mutableValues<float>().begin());
  return tensor;
}

/// The axes that are resized.
static llvm::SmallVector<int64_t> resizedAxes(ResizeOp op) {
  llvm::SmallVector<int64_t> axes;
  for (int64_t axis : llvm::seq<int64_t>(0, op.getSizes().size()))
    if (op.getSizes()[axis] != -1 || op.getScales().empty() || op.getScales()[axis] != 1)
      axes.push_back(axis);
  return axes;
}

/// A scale and the sizes that follow from it by rounding: the policy that takes the least ratio as the scale of all axes, and one of
/// those that have it. The others are asked for one element more, so that their ratios are greater.
static std::optional<Geometry> keptAspect(ResizeOp op, const Shape &shape) {
  Geometry geometry{{}, {}, resizedAxes(op), "not_larger"};
  bool found = false;
  for (int64_t axis : geometry.axes) {
    int64_t size = op.getSizes()[axis], dim = shape[axis];
    if (dim == kUnknown || size < 1)
      return std::nullopt;
    bool own = !found && static_cast<float>(static_cast<double>(size) / static_cast<double>(dim)) ==
                             op.getScales()[axis];
    geometry.sizes.push_back(own ? size : size + 1);
    found |= own;
  }
  return found ? std::optional(geometry) : std::nullopt;
}

static Expected<Geometry> geometryOf(ResizeOp op, const Shape &shape) {
  llvm::ArrayRef<float> scales = op.getScales();
  llvm::ArrayRef<int64_t> sizes = op.getSizes();
  if (!scales.empty() && llvm::all_of(sizes, [](int64_t size) { return size == -1; }) &&
      !llvm::is_contained(scales, 0.0f))
    return Geometry{scales.vec(), {}, {}, ""};
  Geometry geometry{{}, {}, resizedAxes(op), ""};
  bool bySizes = !geometry.axes.empty();
  for (int64_t axis : geometry.axes) {
    bySizes &= sizes[axis] > 0 && (scales.empty() || scales[axis] == 0);
    geometry.sizes.push_back(sizes[axis]);
  }
  if (bySizes && geometry.axes.size() == sizes.size())
    geometry.axes.clear();
  if (bySizes && !geometry.axes.empty() && !llvm::is_contained(shape, kUnknown)) {
    // Only newer opsets name axes: those that are left alone keep their size.
    geometry = {{}, shape, {}, ""};
    for (int64_t axis : resizedAxes(op))
      geometry.sizes[axis] = sizes[axis];
  }
  if (bySizes)
    return geometry;
  if (std::optional<Geometry> aspect = sizes.size() == scales.size() ? keptAspect(op, shape) : std::nullopt)
    return *aspect;
  return error(Code::Unsupported, "expected a resize by scales or by sizes alone, found both");
}

static Status exportResize(mlir::Operation *op, GraphWriter &writer) {
  auto resize = llvm::cast<ResizeOp>(op);
  LIMBECK_ASSIGN(Edge x, writer.operand(resize.getX()));
  LIMBECK_ASSIGN(TensorType type, toTensorType(resize.getX().getType()));
  LIMBECK_ASSIGN(Geometry geometry, geometryOf(resize, type.shape));
  std::string name = writer.nameOf(resize.getResult());
  std::vector<Edge> operands = {x, {}, {}, {}};
  if (!resize.getRoi().empty()) {
    LIMBECK_ASSIGN(Tensor roi, floatsTensor(resize.getRoi()));
    operands[1] = writer.constant(name + "_roi", roi);
  }
  if (!geometry.scales.empty()) {
    LIMBECK_ASSIGN(Tensor scales, floatsTensor(geometry.scales));
    operands[2] = writer.constant(name + "_scales", scales);
  } else {
    operands[3] = writer.indices(op, "sizes", geometry.sizes);
  }
  Node node("Resize", std::move(operands));
  node.text("mode", resize.getMode()).text("coordinate_transformation_mode", resize.getCoordinateMode());
  node.text("nearest_mode", resize.getNearestMode());
  node.number("extrapolation_value", resize.getExtrapolationValue().convertToFloat());
  if (!geometry.axes.empty())
    node.integers("axes", geometry.axes);
  if (!geometry.policy.empty())
    node.text("keep_aspect_ratio_policy", geometry.policy);
  if (resize.getCoordinateMode() == "half_pixel_symmetric")
    writer.require(19);
  return writer.finish(op, std::move(node));
}

llvm::ArrayRef<ExportRule> resizeRules() {
  static constexpr ExportRule rules[] = {
      {"resize", "Resize", exportResize},
  };
  return rules;
}

} // namespace limbeck::graph::exporter
