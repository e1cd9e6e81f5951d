// The window of convolutions and pools over the spatial dimensions, with auto_pad resolved; and the lifting
// of one spatial dimension to two, which is all that the convolutions of the dialect know.
#pragma once
#include "Helpers.h"

namespace limbeck::importer {

struct Window {
  Indices kernel, strides, dilations; ///< one per spatial dimension
  Indices pads;                       ///< begins, then ends
  bool automatic = false;             ///< the pads come from auto_pad
};

/// The spatial dimensions of N, C, spatial.. or N, spatial.., C.
Indices spatialOf(const Shape &shape, bool channelsLast = false);

/// Reads kernel_shape, strides, dilations, pads and auto_pad. `kernel` is the weights' spatial shape, which
/// kernel_shape must agree with; without it kernel_shape is required.
Expected<Window> readWindow(const Node &node, const Indices &spatial, const std::optional<Indices> &kernel);

/// The same for transposed convolution, where output_shape too decides the pads. `outputPadding` is set.
Expected<Window> readTransposedWindow(const Node &node, const Indices &spatial, const Indices &kernel,
                                      Indices &outputPadding);

/// One spatial dimension becomes two, the first of size 1.
void liftWindow(Window &window);
/// N, C, L becomes N, C, 1, L and back.
Expected<ValueId> insertSpatialAxis(Builder &builder, ValueId value);
Expected<ValueId> removeSpatialAxis(Builder &builder, ValueId value);

/// The pools that com.microsoft has for quantized data too; defined beside the float ones.
Expected<ValueId> averagePool(const Node &node, Builder &builder, ValueId x, bool channelsLast);
Expected<ValueId> globalPool(Builder &builder, std::string_view reduction, ValueId x, bool channelsLast);

} // namespace limbeck::importer
