// Resize and its ancestor Upsample: scales or sizes of some axes become scales and sizes of all.
#include "Helpers.h"
#include <algorithm>
#include <cmath>
#include <limits>

namespace limbeck::importer {

namespace {
/// Where and how far each axis is resized, over all axes.
struct Geometry {
  std::vector<float> scales; ///< 0: size / dim
  Indices sizes;             ///< -1: floor(dim * scale)
  std::vector<float> roi;
  explicit Geometry(size_t rank) : scales(rank, 1.0f), sizes(rank, -1) {}
};

struct Sampling {
  std::string mode, coordinates, nearest;
  float extrapolation = 0;
};
} // namespace

static constexpr std::string_view resizeModes[] = {"nearest", "linear", "cubic"};
static constexpr std::string_view coordinateModes[] = {"half_pixel",         "half_pixel_symmetric",
                                                       "pytorch_half_pixel", "align_corners",
                                                       "asymmetric",         "tf_crop_and_resize"};
static constexpr std::string_view nearestModes[] = {"round_prefer_floor", "round_prefer_ceil", "floor",
                                                    "ceil"};
static constexpr std::string_view aspectPolicies[] = {"stretch", "not_larger", "not_smaller"};

static Expected<ValueId> createResize(Builder &builder, ValueId x, const Geometry &geometry,
                                      const Sampling &sampling) {
  return builder.createOne("resize",
                           {{"mode", sampling.mode},
                            {"coordinate_mode", sampling.coordinates},
                            {"nearest_mode", sampling.nearest},
                            {"scales", geometry.scales},
                            {"sizes", geometry.sizes},
                            {"extrapolation_value", sampling.extrapolation},
                            {"roi", geometry.roi}},
                           {x});
}

static Expected<std::string> resizeMode(const Node &node) {
  LIMBECK_ASSIGN(std::string mode, choiceAttribute(node, "mode", "nearest", resizeModes, Code::Resize));
  if (mode == "cubic")
    return error(Code::Unsupported, "cubic interpolation is not supported").atAttribute("mode");
  return mode;
}

/// E-RESIZE unless there are `count` scales, all positive and finite.
static Status checkScales(std::span<const float> scales, size_t count) {
  if (scales.size() != count)
    return error(Code::Resize, "expected ", count, " scales, found ", scales.size());
  for (float scale : scales)
    if (!(scale > 0) || !std::isfinite(scale))
      return error(Code::Resize, "expected scales that are positive and finite, found ", scale);
  return {};
}

static std::vector<float> asFloats(const Tensor &tensor) {
  std::vector<float> values;
  for (int64_t i = 0; i < tensor.size(); ++i)
    values.push_back(static_cast<float>(tensor.asDouble(i)));
  return values;
}

/// Whether an operand is there and has elements: an empty list stands for an absent one.
static bool hasElements(const Node &node, const Builder &builder, size_t index) {
  return node.hasOperand(index) && shapeOf(builder, *node.operands[index]) != Shape{0};
}

static Status applyScales(const Node &node, Builder &builder, const Indices &axes, Geometry &geometry) {
  LIMBECK_ASSIGN(Tensor operand, constantOperand(node, builder, 2, "scales"));
  std::vector<float> scales = asFloats(operand);
  LIMBECK_TRY(checkScales(scales, axes.size()));
  for (size_t i = 0; i < axes.size(); ++i)
    geometry.scales[axes[i]] = scales[i];
  return {};
}

/// One scale for all axes: the smallest that reaches every size, or the largest that exceeds none.
static Status applyAspect(Builder &builder, const Indices &axes, const Indices &sizes, const Shape &shape,
                          bool reachAll, Geometry &geometry) {
  double scale = reachAll ? 0 : std::numeric_limits<double>::infinity();
  for (size_t i = 0; i < axes.size(); ++i) {
    int64_t dim = shape[axes[i]];
    if (dim == kUnknown)
      return unknownDimension("the scale of a resize that keeps the aspect ratio");
    if (dim == 0)
      return error(Code::Resize, "expected data with elements, found shape ", shapeText(shape));
    double own = static_cast<double>(sizes[i]) / static_cast<double>(dim);
    scale = reachAll ? std::max(scale, own) : std::min(scale, own);
  }
  for (int64_t axis : axes) {
    double size = std::floor(scale * static_cast<double>(shape[axis]) + 0.5);
    if (size > static_cast<double>(builder.limits().elements))
      return error(Code::Resize, "expected sizes up to ", builder.limits().elements, ", found ", size);
    geometry.sizes[axis] = static_cast<int64_t>(size);
    geometry.scales[axis] = static_cast<float>(scale);
  }
  return {};
}

static Status applySizes(const Node &node, Builder &builder, const Indices &axes, const Shape &shape,
                         Geometry &geometry) {
  LIMBECK_ASSIGN(Indices sizes, indicesOperand(node, builder, 3, "sizes"));
  LIMBECK_ASSIGN(std::string policy,
                 choiceAttribute(node, "keep_aspect_ratio_policy", "stretch", aspectPolicies, Code::Resize));
  if (sizes.size() != axes.size())
    return error(Code::Resize, "expected ", axes.size(), " sizes, found ", sizes.size());
  for (int64_t size : sizes)
    if (size < 1 || size > builder.limits().elements)
      return error(Code::Resize, "expected sizes from 1 to ", builder.limits().elements, ", found ", size);
  if (policy != "stretch")
    return applyAspect(builder, axes, sizes, shape, policy == "not_smaller", geometry);
  for (size_t i = 0; i < axes.size(); ++i) {
    geometry.sizes[axes[i]] = sizes[i];
    geometry.scales[axes[i]] = 0;
  }
  return {};
}

/// The region of tf_crop_and_resize: starts, then ends, as parts of each dimension.
static Status applyRegion(const Node &node, Builder &builder, const Indices &axes, Geometry &geometry) {
  LIMBECK_ASSIGN(Tensor operand, constantOperand(node, builder, 1, "roi"));
  std::vector<float> region = asFloats(operand);
  size_t rank = geometry.scales.size();
  if (region.size() != 2 * axes.size())
    return error(Code::Resize, "expected ", 2 * axes.size(), " bounds in 'roi', found ", region.size());
  geometry.roi.assign(2 * rank, 0.0f);
  std::fill(geometry.roi.begin() + static_cast<ptrdiff_t>(rank), geometry.roi.end(), 1.0f);
  for (size_t i = 0; i < axes.size(); ++i) {
    geometry.roi[axes[i]] = region[i];
    geometry.roi[axes[i] + rank] = region[i + axes.size()];
  }
  return {};
}

static Expected<Sampling> readSampling(const Node &node) {
  Sampling sampling;
  LIMBECK_ASSIGN(sampling.mode, resizeMode(node));
  LIMBECK_ASSIGN(sampling.coordinates, choiceAttribute(node, "coordinate_transformation_mode", "half_pixel",
                                                       coordinateModes, Code::Resize));
  LIMBECK_ASSIGN(sampling.nearest,
                 choiceAttribute(node, "nearest_mode", "round_prefer_floor", nearestModes, Code::Resize));
  LIMBECK_ASSIGN(sampling.extrapolation, node.number("extrapolation_value", 0.0f));
  LIMBECK_TRY(requireAttribute(node, "antialias", 0));
  LIMBECK_TRY(requireAttribute(node, "exclude_outside", 0));
  return sampling;
}

static Results importResize(const Node &node, Builder &builder) {
  LIMBECK_ASSIGN(ValueId x, operand(node, 0, "X"));
  LIMBECK_ASSIGN(Sampling sampling, readSampling(node));
  Shape shape = shapeOf(builder, x);
  int64_t rank = static_cast<int64_t>(shape.size());
  LIMBECK_ASSIGN(Indices given, node.integers("axes", firstAxes(rank)));
  LIMBECK_ASSIGN(Indices axes, normalizeAxes(given, rank, Code::Resize));
  bool scaled = hasElements(node, builder, 2), sized = hasElements(node, builder, 3);
  if (scaled == sized)
    return error(Code::Resize, "expected either 'scales' or 'sizes', found ", scaled ? "both" : "neither");
  Geometry geometry(shape.size());
  LIMBECK_TRY(scaled ? applyScales(node, builder, axes, geometry)
                     : applySizes(node, builder, axes, shape, geometry));
  if (sampling.coordinates == "tf_crop_and_resize")
    LIMBECK_TRY(applyRegion(node, builder, axes, geometry));
  return single(createResize(builder, x, geometry, sampling));
}

/// The first Resize and Upsample: asymmetric coordinates. Nearest took the lower neighbour when enlarging and
/// the upper one when reducing; an op that does both becomes two, which is exact because each axis is on its
/// own.
static Results resizeAsymmetric(const Node &node, Builder &builder, const std::vector<float> &scales) {
  LIMBECK_ASSIGN(ValueId x, operand(node, 0, "X"));
  LIMBECK_ASSIGN(std::string mode, resizeMode(node));
  size_t rank = shapeOf(builder, x).size();
  LIMBECK_TRY(checkScales(scales, rank));
  Geometry enlarging(rank), reducing(rank);
  bool enlarges = false, reduces = false;
  for (size_t i = 0; i < rank; ++i) {
    bool down = scales[i] < 1 && mode == "nearest";
    (down ? reducing : enlarging).scales[i] = scales[i];
    reduces |= down;
    enlarges |= !down && scales[i] != 1;
  }
  if (enlarges) {
    LIMBECK_ASSIGN(x, createResize(builder, x, enlarging, {mode, "asymmetric", "floor"}));
  }
  if (reduces) {
    LIMBECK_ASSIGN(x, createResize(builder, x, reducing, {mode, "asymmetric", "ceil"}));
  }
  return single(x);
}

static Results importScalesOperand(const Node &node, Builder &builder) {
  LIMBECK_ASSIGN(Tensor scales, constantOperand(node, builder, 1, "scales"));
  return resizeAsymmetric(node, builder, asFloats(scales));
}

static Results importScalesAttribute(const Node &node, Builder &builder) {
  LIMBECK_ASSIGN(std::vector<float> scales, node.numbers("scales", std::nullopt));
  return resizeAsymmetric(node, builder, scales);
}

void addResizeRules(RuleList &list) {
  list.push_back({"", "Upsample", 7, 8, 1, 1, 1, importScalesAttribute});
  list.push_back({"", "Upsample", 9, 9, 2, 2, 1, importScalesOperand});
  list.push_back({"", "Resize", 10, 10, 2, 2, 1, importScalesOperand});
  list.push_back({"", "Resize", 11, 12, 3, 4, 1, importResize});
  list.push_back({"", "Resize", 13, kNewest, 1, 4, 1, importResize});
}

} // namespace limbeck::importer
