// The windows of a pooling op, one per output element, and the input elements under each.
#pragma once
#include "limbeck/Reference/Operation.h"
#include "limbeck/Reference/Window.h"

namespace limbeck::reference {

/// Always three spatial axes: those in front that an image lacks have size 1.
struct PoolingWindows {
  static constexpr size_t kAxes = 3;
  struct Axis {
    WindowAxis window;
    int64_t input = 1, output = 1, inputStride = 0, outputStride = 0;
    /// First input coordinate of the window at `position`; it may lie in the padding.
    int64_t start(int64_t position) const { return window.source(position, 0); }
    /// Taps [first, end) of the window at `position` that lie on the input.
    int64_t firstTap(int64_t position) const;
    int64_t endTap(int64_t position) const;
    /// Taps that lie on the input or on its declared padding: all but an overhang of ceil_mode.
    int64_t paddedTaps(int64_t position) const;
  };
  Axis axes[kAxes];
  int64_t batch, channels, inputStrides[2], outputStrides[2]; ///< of batch and channel

  struct Place {
    int64_t output;          ///< offset of the output element
    int64_t plane;           ///< number of the (batch, channel) pair
    int64_t position[kAxes]; ///< output coordinates
    int64_t input;           ///< offset of the plane's first element
  };
  /// Calls `body(place)` for every output element.
  template <class Body> void forEachOutput(Body &&body) const;
  /// Calls `body(offset, coordinates)` for every input element under the window, row-major.
  template <class Body> void forEachTap(const Place &place, Body &&body) const;
};

/// Checks the attributes kernel, strides, pads, dilations, ceil_mode and layout against x; yields the
/// result's shape.
Expected<Shape> inferPooling(const Call &call);
/// The windows over a tensor whose type passed inferPooling.
Expected<PoolingWindows> poolingWindows(const Attributes &attributes, const Shape &x, const Shape &y);

template <class Body> void PoolingWindows::forEachOutput(Body &&body) const {
  for (int64_t b = 0; b < batch; ++b)
    for (int64_t c = 0; c < channels; ++c)
      for (int64_t i = 0; i < axes[0].output; ++i)
        for (int64_t j = 0; j < axes[1].output; ++j)
          for (int64_t k = 0; k < axes[2].output; ++k)
            body(Place{b * outputStrides[0] + c * outputStrides[1] + i * axes[0].outputStride +
                           j * axes[1].outputStride + k * axes[2].outputStride,
                       b * channels + c,
                       {i, j, k},
                       b * inputStrides[0] + c * inputStrides[1]});
}

template <class Body> void PoolingWindows::forEachTap(const Place &place, Body &&body) const {
  int64_t first[kAxes], end[kAxes], start[kAxes];
  for (size_t a = 0; a < kAxes; ++a) {
    start[a] = axes[a].start(place.position[a]);
    first[a] = start[a] + axes[a].firstTap(place.position[a]) * axes[a].window.dilation;
    end[a] = start[a] + axes[a].endTap(place.position[a]) * axes[a].window.dilation;
  }
  int64_t at[kAxes];
  for (at[0] = first[0]; at[0] < end[0]; at[0] += axes[0].window.dilation)
    for (at[1] = first[1]; at[1] < end[1]; at[1] += axes[1].window.dilation)
      for (at[2] = first[2]; at[2] < end[2]; at[2] += axes[2].window.dilation)
        body(place.input + at[0] * axes[0].inputStride + at[1] * axes[1].inputStride +
                 at[2] * axes[2].inputStride,
             at);
}

} // namespace limbeck::reference
