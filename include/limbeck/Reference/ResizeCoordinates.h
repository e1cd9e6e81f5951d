// Where an output index of a resized axis reads the input: computed once per axis, in f32, by the formulas of
// ONNX Resize. The compiler uses the same tables as constants, so that both agree in every bit.
#pragma once
#include "limbeck/Reference/Attributes.h"

namespace limbeck::reference {

/// One axis of a resize. Modes are named as in ONNX.
struct ResizeAxis {
  int64_t inputSize = 1, outputSize = 1; ///< both at least 0
  float scale = 1;                       ///< finite and greater than 0
  bool linear = false;
  std::string coordinateMode = "half_pixel";
  std::string nearestMode = "round_prefer_floor"; ///< unused when linear
  float roiBegin = 0, roiEnd = 1;                 ///< used by tf_crop_and_resize alone
};

/// output = lowWeight * input[low] + highWeight * input[high]. Nearest: low = high, weights 1 and 0.
struct ResizeTap {
  int64_t low = 0, high = 0;
  float lowWeight = 1, highWeight = 0;
  bool outside = false; ///< tf_crop_and_resize left the input: the extrapolation value instead
};

/// One tap per output index, indices inside the input. E-RESIZE for a mode that does not exist, a scale that
/// is not positive and finite, or an empty input of a non-empty output.
Expected<std::vector<ResizeTap>> resizeTable(const ResizeAxis &axis);

/// A whole resize: every axis and its table.
struct ResizePlan {
  std::vector<ResizeAxis> axes;
  std::vector<std::vector<ResizeTap>> tables;
};
/// The plan of the op `resize` with these attributes on an operand of static shape; E-RESIZE otherwise.
Expected<ResizePlan> planResize(const Attributes &attributes, std::span<const int64_t> shape);

/// E-RESIZE unless both name a mode.
Status checkResizeModes(std::string_view coordinateMode, std::string_view nearestMode);

/// floor(size * scale) in f32, or E-RESIZE.
Expected<int64_t> scaledSize(int64_t size, float scale);

} // namespace limbeck::reference
