// Checks and size formulas of sliding windows.
#include "limbeck/Reference/Window.h"

namespace limbeck::reference {

/// No extent, stride or pad past this makes sense; below it the sums in this file cannot overflow.
static constexpr int64_t kLargestWindowValue = Limits().elements;

static Status checkWindowList(std::string_view what, std::span<const int64_t> values, size_t length,
                              int64_t least) {
  if (values.size() != length)
    return error(Code::AttributeLength, "expected ", length, " entries in '", what, "', found ",
                 values.size());
  for (int64_t value : values)
    if (value < least || value > kLargestWindowValue)
      return error(Code::AttributeRange, "expected every entry of '", what, "' in [", least, ", ",
                   kLargestWindowValue, "], found ", value);
  return {};
}

Expected<std::vector<WindowAxis>> windowAxes(const Attributes &attributes, std::span<const int64_t> kernel) {
  size_t rank = kernel.size();
  const auto &strides = attributes.integers("strides"), &pads = attributes.integers("pads"),
             &dilations = attributes.integers("dilations");
  LIMBECK_TRY(checkWindowList("strides", strides, rank, 1));
  LIMBECK_TRY(checkWindowList("pads", pads, 2 * rank, 0));
  LIMBECK_TRY(checkWindowList("dilations", dilations, rank, 1));
  std::vector<WindowAxis> axes;
  for (size_t i = 0; i < rank; ++i) {
    WindowAxis axis{kernel[i], strides[i], dilations[i], pads[i], pads[i + rank]};
    if (axis.kernel != kUnknown) {
      if (axis.kernel < 1)
        return error(Code::AttributeRange, "expected a kernel of at least 1, found ", axis.kernel);
      auto reach = checkedMultiply(axis.dilation, axis.kernel - 1);
      if (!reach || *reach >= kLargestWindowValue)
        return error(Code::AttributeRange, "the window of kernel ", axis.kernel, " and dilation ",
                     axis.dilation, " exceeds the limit of ", kLargestWindowValue);
    }
    axes.push_back(axis);
  }
  return axes;
}

Expected<int64_t> slidingSize(const WindowAxis &axis, int64_t input, bool ceilMode) {
  if (input == kUnknown || axis.kernel == kUnknown)
    return kUnknown;
  auto padded = checkedAdd(input, axis.padBegin + axis.padEnd);
  if (!padded || *padded > 4 * kLargestWindowValue)
    return error(Code::SizeOverflow, "the padded size of an axis of ", input, " exceeds the limit of ",
                 4 * kLargestWindowValue);
  int64_t room = *padded - axis.extent();
  if (room < 0)
    return error(Code::AttributeRange, "expected a window that fits into the padded input of ", *padded,
                 ", found ", axis.extent())
        .withHint("check the kernel, the dilations and the pads");
  if (!ceilMode)
    return room / axis.stride + 1;
  int64_t last = ceilDivide(room, axis.stride);
  return last * axis.stride < input + axis.padBegin ? last + 1 : last;
}

Expected<int64_t> transposedSize(const WindowAxis &axis, int64_t input, int64_t outputPadding) {
  if (outputPadding < 0 || outputPadding > kLargestWindowValue)
    return error(Code::AttributeRange, "expected an output padding in [0, ", kLargestWindowValue, "], found ",
                 outputPadding);
  if (input == kUnknown || axis.kernel == kUnknown)
    return kUnknown;
  auto spread = checkedMultiply(input - 1, axis.stride);
  if (!spread || *spread > kLargestWindowValue)
    return error(Code::SizeOverflow, "the output of an axis of ", input, " with stride ", axis.stride,
                 " exceeds the limit of ", kLargestWindowValue);
  int64_t output = *spread + axis.extent() + outputPadding - axis.padBegin - axis.padEnd;
  if (input < 1 || output < 1)
    return error(Code::AttributeRange, "expected an output of at least 1, found ", output)
        .withHint("the pads of a transposed convolution crop its output");
  return output;
}

Shape ImageLayout::shape(int64_t batch, int64_t channels, std::span<const int64_t> spatial) const {
  Shape shape(spatial.size() + 2, batch);
  shape[channel] = channels;
  for (size_t i = 0; i < spatial.size(); ++i)
    shape[firstSpatial + i] = spatial[i];
  return shape;
}

Expected<ImageLayout> imageLayout(const Attributes &attributes, size_t rank) {
  const std::string &layout = attributes.text("layout");
  if (layout == "NCHW")
    return ImageLayout{1, 2};
  if (layout == "NHWC")
    return ImageLayout{rank - 1, 1};
  return error(Code::Attribute, "expected the layout NCHW or NHWC, found '", layout, "'");
}

} // namespace limbeck::reference
