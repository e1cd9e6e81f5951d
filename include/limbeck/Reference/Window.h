// Geometry of windows that slide over an image: convolution, its transpose, and pooling.
#pragma once
#include "limbeck/Reference/Attributes.h"

namespace limbeck::reference {

/// One spatial axis of a window. The kernel is kUnknown where the weights' shape is not known yet.
struct WindowAxis {
  int64_t kernel = 1, stride = 1, dilation = 1, padBegin = 0, padEnd = 0;

  /// Distance from the first tap to the last, plus one.
  int64_t extent() const { return dilation * (kernel - 1) + 1; }
  /// Input coordinate under a tap; outside [0, input) it lies in the padding.
  int64_t source(int64_t output, int64_t tap) const { return output * stride - padBegin + tap * dilation; }
  /// Input coordinate that reaches `output` through a tap of the transposed window, or -1 where none does.
  int64_t transposedSource(int64_t output, int64_t tap) const {
    int64_t spread = output + padBegin - tap * dilation;
    return spread >= 0 && spread % stride == 0 ? spread / stride : -1;
  }
};

/// Reads `strides`, `pads` (all begins, then all ends) and `dilations`, one axis per entry of `kernel`.
/// E-ATTR-LEN for a list of another length, E-ATTR-RANGE for a kernel, stride or dilation below 1, a negative
/// pad, or an extent past every limit.
Expected<std::vector<WindowAxis>> windowAxes(const Attributes &attributes, std::span<const int64_t> kernel);

/// Number of window positions along an axis; E-ATTR-RANGE where the window is larger than the padded input.
/// With `ceilMode` a last window may hang over the end, but never starts in the padding there.
Expected<int64_t> slidingSize(const WindowAxis &axis, int64_t input, bool ceilMode);
/// (input - 1) * stride + extent + outputPadding - pads.
Expected<int64_t> transposedSize(const WindowAxis &axis, int64_t input, int64_t outputPadding);

/// Where an image keeps its axes; the batch axis comes first.
struct ImageLayout {
  size_t channel, firstSpatial;

  /// The shape [batch, channels, spatial..] in this layout's order.
  Shape shape(int64_t batch, int64_t channels, std::span<const int64_t> spatial) const;
};
/// "NCHW" (channels first) or "NHWC" (channels last), with any number of spatial axes; else E-ATTR.
Expected<ImageLayout> imageLayout(const Attributes &attributes, size_t rank);

} // namespace limbeck::reference
