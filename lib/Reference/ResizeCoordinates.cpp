// The coordinate transformations and roundings of ONNX Resize, in f32 in the order in which ONNX Runtime
// computes them.
#include "limbeck/Reference/ResizeCoordinates.h"
#include <algorithm>
#include <cmath>

namespace limbeck::reference {

namespace {

/// What a transformation sees of its axis.
struct AxisGeometry {
  float scale, inputSize, outputSize, roiBegin, roiEnd;
};

struct CoordinateMode {
  std::string_view name;
  float (*original)(float index, const AxisGeometry &axis);
};

struct NearestMode {
  std::string_view name;
  float (*round)(float coordinate);
};

} // namespace

static float halfPixel(float index, const AxisGeometry &axis) {
  return (index + 0.5f) / axis.scale - 0.5f;
}

/// The last sum is in f64, as in ONNX Runtime.
static float halfPixelSymmetric(float index, const AxisGeometry &axis) {
  float adjustment = axis.outputSize / (axis.scale * axis.inputSize);
  double offset = axis.inputSize / 2 * (1 - adjustment);
  double center = (static_cast<double>(index) + 0.5) / static_cast<double>(axis.scale);
  return static_cast<float>(offset + center - 0.5);
}

static float pytorchHalfPixel(float index, const AxisGeometry &axis) {
  return axis.outputSize > 1 ? halfPixel(index, axis) : 0.0f;
}

static float alignCorners(float index, const AxisGeometry &axis) {
  return axis.outputSize == 1 ? 0.0f : index * (axis.inputSize - 1) / (axis.outputSize - 1);
}

static float asymmetric(float index, const AxisGeometry &axis) {
  return index / axis.scale;
}

static float tfHalfPixelForNearest(float index, const AxisGeometry &axis) {
  return (index + 0.5f) / axis.scale;
}

static float tfCropAndResize(float index, const AxisGeometry &axis) {
  float last = axis.inputSize - 1;
  if (axis.outputSize > 1)
    return axis.roiBegin * last + index * (axis.roiEnd - axis.roiBegin) * last / (axis.outputSize - 1);
  return static_cast<float>(0.5 * static_cast<double>(axis.roiBegin + axis.roiEnd) *
                            static_cast<double>(last));
}

static constexpr CoordinateMode coordinateModes[] = {
    {"align_corners", alignCorners},
    {"asymmetric", asymmetric},
    {"half_pixel", halfPixel},
    {"half_pixel_symmetric", halfPixelSymmetric},
    {"pytorch_half_pixel", pytorchHalfPixel},
    {"tf_crop_and_resize", tfCropAndResize},
    {"tf_half_pixel_for_nn", tfHalfPixelForNearest},
};

/// Whether a coordinate is meant to lie halfway: the f32 division leaves up to this much beside it.
static bool isTie(float coordinate) {
  constexpr float tolerance = 1e-6f;
  return std::fabs(coordinate - std::floor(coordinate) - 0.5f) <= tolerance;
}

static float roundPreferFloor(float coordinate) {
  return isTie(coordinate) ? std::floor(coordinate) : std::round(coordinate);
}

static float roundPreferCeil(float coordinate) {
  return isTie(coordinate) ? std::ceil(coordinate) : std::round(coordinate);
}

static constexpr NearestMode nearestModes[] = {
    {"ceil", [](float coordinate) { return std::ceil(coordinate); }},
    {"floor", [](float coordinate) { return std::floor(coordinate); }},
    {"round_prefer_ceil", roundPreferCeil},
    {"round_prefer_floor", roundPreferFloor},
};

/// The entry of a mode table with this name, or null.
template <class Mode, size_t count>
static const Mode *findMode(const Mode (&table)[count], std::string_view name) {
  auto found = std::find_if(table, table + count, [&](const Mode &mode) { return mode.name == name; });
  return found == table + count ? nullptr : found;
}

Status checkResizeModes(std::string_view coordinateMode, std::string_view nearestMode) {
  if (!findMode(coordinateModes, coordinateMode))
    return error(Code::Resize, "expected a coordinate transformation of ONNX Resize, found '", coordinateMode,
                 "'")
        .atAttribute("coordinate_mode");
  if (!findMode(nearestModes, nearestMode))
    return error(Code::Resize, "expected ceil, floor, round_prefer_ceil or round_prefer_floor, found '",
                 nearestMode, "'")
        .atAttribute("nearest_mode");
  return {};
}

Expected<int64_t> scaledSize(int64_t size, float scale) {
  if (!(scale > 0) || !std::isfinite(scale))
    return error(Code::Resize, "expected scales that are finite and greater than 0, found ", scale)
        .atAttribute("scales");
  float scaled = std::floor(static_cast<float>(size) * scale);
  if (scaled > static_cast<float>(Limits().elements))
    return error(Code::Resize, "the resized dimension is too large: ", size, " times ", scale);
  return static_cast<int64_t>(scaled);
}

/// Any float as an index into 0 .. last; NaN as 0.
static int64_t clampedIndex(float coordinate, int64_t last) {
  if (!(coordinate > 0))
    return 0;
  return coordinate >= static_cast<float>(last) ? last : static_cast<int64_t>(coordinate);
}

static ResizeTap nearestTap(float coordinate, int64_t last, const NearestMode &mode) {
  ResizeTap tap;
  tap.low = tap.high = clampedIndex(mode.round(coordinate), last);
  return tap;
}

static ResizeTap linearTap(float coordinate, int64_t last) {
  float inside = coordinate > 0 ? std::min(coordinate, static_cast<float>(last)) : 0.0f;
  ResizeTap tap;
  tap.low = clampedIndex(inside, last);
  tap.high = std::min(tap.low + 1, last);
  tap.highWeight = std::fabs(inside - static_cast<float>(tap.low));
  tap.lowWeight = std::fabs(inside - static_cast<float>(tap.high));
  if (tap.low == tap.high)
    tap.lowWeight = tap.highWeight = 0.5f;
  return tap;
}

Expected<std::vector<ResizeTap>> resizeTable(const ResizeAxis &axis) {
  LIMBECK_TRY(checkResizeModes(axis.coordinateMode, axis.nearestMode));
  LIMBECK_TRY(scaledSize(0, axis.scale));
  if (axis.inputSize < 0 || axis.outputSize < 0 || axis.outputSize > Limits().elements)
    return error(Code::Resize, "expected sizes of at least 0, found ", axis.inputSize, " and ",
                 axis.outputSize);
  if (axis.inputSize == 0 && axis.outputSize > 0)
    return error(Code::Resize, "expected elements to resize, found an empty axis");
  const CoordinateMode &coordinates = *findMode(coordinateModes, axis.coordinateMode);
  const NearestMode &nearest = *findMode(nearestModes, axis.nearestMode);
  bool crops = axis.coordinateMode == "tf_crop_and_resize";
  bool untouched = axis.scale == 1 && axis.inputSize == axis.outputSize;
  AxisGeometry geometry = {axis.scale, static_cast<float>(axis.inputSize),
                           static_cast<float>(axis.outputSize), axis.roiBegin, axis.roiEnd};
  int64_t last = axis.inputSize - 1;
  std::vector<ResizeTap> table;
  for (int64_t i = 0; i < axis.outputSize; ++i) {
    float index = static_cast<float>(i),
          coordinate = untouched ? index : coordinates.original(index, geometry);
    ResizeTap tap = axis.linear ? linearTap(coordinate, last) : nearestTap(coordinate, last, nearest);
    tap.outside = crops && !(coordinate >= 0 && coordinate <= static_cast<float>(last));
    table.push_back(tap);
  }
  return table;
}

} // namespace limbeck::reference
