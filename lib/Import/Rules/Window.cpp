// The window of convolutions and pools: lengths, ranges, and the four kinds of auto_pad.
#include "Window.h"
#include <algorithm>

namespace limbeck::importer {

static constexpr std::string_view autoPadChoices[] = {"NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"};

Indices spatialOf(const Shape &shape, bool channelsLast) {
  if (shape.size() < 3)
    return {};
  return channelsLast ? Indices(shape.begin() + 1, shape.end() - 1) : Indices(shape.begin() + 2, shape.end());
}

/// A list of `count` numbers of at least `minimum`.
static Expected<Indices> readList(const Node &node, const std::string &name, std::optional<Indices> fallback,
                                  size_t count, int64_t minimum) {
  LIMBECK_ASSIGN(Indices list, node.integers(name, std::move(fallback)));
  if (list.size() != count)
    return error(Code::AttributeLength, "expected ", count, " numbers, found ", list.size())
        .atAttribute(name);
  for (int64_t value : list)
    if (value < minimum)
      return error(Code::AttributeRange, "expected numbers of at least ", minimum, ", found ", value)
          .atAttribute(name);
  return list;
}

static Diagnostic tooLarge(const std::string &name) {
  return error(Code::AttributeRange, "expected a window whose size fits 64 bits, found a larger one")
      .atAttribute(name);
}

/// (kernel - 1) * dilation + 1.
static std::optional<int64_t> extentOf(int64_t kernel, int64_t dilation) {
  auto reach = checkedMultiply(kernel - 1, dilation);
  return reach ? checkedAdd(*reach, 1) : std::nullopt;
}

/// Splits the padding of one dimension into begin and end: the odd one goes to the end for SAME_UPPER.
static void distribute(Window &window, size_t dim, int64_t total, bool upper) {
  int64_t small = total / 2, large = total - small;
  window.pads[dim] = upper ? small : large;
  window.pads[dim + window.strides.size()] = upper ? large : small;
}

/// SAME: as much padding as makes the result ceil(dim / stride) long.
static Status padSame(Window &window, const Indices &spatial, bool upper) {
  for (size_t i = 0; i < spatial.size(); ++i) {
    int64_t dim = spatial[i], stride = window.strides[i];
    if (window.kernel[i] == kUnknown || (dim == kUnknown && stride != 1))
      return unknownDimension("auto_pad").atAttribute("auto_pad");
    auto extent = extentOf(window.kernel[i], window.dilations[i]);
    if (!extent)
      return tooLarge("dilations");
    // With a stride of one the padding is the same for every dimension.
    int64_t covered = stride == 1 ? 0 : (ceilDivide(dim, stride) - 1) * stride - dim + 1;
    auto total = checkedAdd(covered, *extent - 1);
    distribute(window, i, total ? std::max<int64_t>(*total, 0) : 0, upper);
  }
  return {};
}

/// strides, dilations, kernel_shape, and pads unless auto_pad replaces them.
static Expected<Window> readLists(const Node &node, size_t count, const std::optional<Indices> &kernel,
                                  const std::string &autoPad) {
  Window window;
  window.automatic = autoPad != "NOTSET";
  LIMBECK_ASSIGN(window.kernel, readList(node, "kernel_shape", kernel, count,
                                         node.hasAttribute("kernel_shape") ? 1 : kUnknown));
  LIMBECK_ASSIGN(window.strides, readList(node, "strides", Indices(count, 1), count, 1));
  LIMBECK_ASSIGN(window.dilations, readList(node, "dilations", Indices(count, 1), count, 1));
  LIMBECK_ASSIGN(window.pads, readList(node, "pads", Indices(2 * count, 0), 2 * count, 0));
  // Some exporters write pads of zero beside VALID, which says the same twice.
  bool zero = std::all_of(window.pads.begin(), window.pads.end(), [](int64_t pad) { return pad == 0; });
  if (window.automatic && node.hasAttribute("pads") && !(zero && autoPad == "VALID"))
    return error(Code::AttributeRange, "expected no pads beside auto_pad '", autoPad, "', found some")
        .atAttribute("pads");
  for (size_t i = 0; kernel && i < count; ++i)
    if (window.kernel[i] != (*kernel)[i] && (*kernel)[i] != kUnknown)
      return error(Code::Shape, "expected the weights' spatial shape ", shapeText(*kernel), ", found ",
                   shapeText(window.kernel))
          .atAttribute("kernel_shape");
  return window;
}

Expected<Window> readWindow(const Node &node, const Indices &spatial, const std::optional<Indices> &kernel) {
  LIMBECK_ASSIGN(std::string autoPad,
                 choiceAttribute(node, "auto_pad", "NOTSET", autoPadChoices, Code::AttributeRange));
  LIMBECK_ASSIGN(Window window, readLists(node, spatial.size(), kernel, autoPad));
  if (autoPad == "SAME_UPPER" || autoPad == "SAME_LOWER")
    LIMBECK_TRY(padSame(window, spatial, autoPad == "SAME_UPPER"));
  return window;
}

/// The pads that give one dimension of a transposed convolution the length `wanted`. A length beyond the
/// natural one is reached by output padding, which leaves zeros at the end.
static Status padToLength(Window &window, size_t i, int64_t dim, int64_t wanted, bool upper,
                          Indices &outputPadding) {
  auto extent = extentOf(window.kernel[i], window.dilations[i]);
  auto span = checkedMultiply(dim - 1, window.strides[i]);
  auto natural = extent && span ? checkedAdd(*extent, *span) : std::nullopt;
  auto padded = natural ? checkedAdd(*natural, outputPadding[i]) : std::nullopt;
  auto total = padded ? checkedSubtract(*padded, wanted) : std::nullopt;
  auto missing = total ? checkedSubtract(0, std::min<int64_t>(*total, 0)) : std::nullopt;
  auto longer = missing ? checkedAdd(outputPadding[i], *missing) : std::nullopt;
  if (!longer)
    return tooLarge("output_shape");
  outputPadding[i] = *longer;
  distribute(window, i, std::max<int64_t>(*total, 0), upper);
  return {};
}

Expected<Window> readTransposedWindow(const Node &node, const Indices &spatial, const Indices &kernel,
                                      Indices &outputPadding) {
  size_t count = spatial.size();
  LIMBECK_ASSIGN(std::string autoPad,
                 choiceAttribute(node, "auto_pad", "NOTSET", autoPadChoices, Code::AttributeRange));
  LIMBECK_ASSIGN(Window window, readLists(node, count, kernel, autoPad));
  LIMBECK_ASSIGN(outputPadding, readList(node, "output_padding", Indices(count, 0), count, 0));
  for (size_t i = 0; i < count; ++i)
    if (int64_t below = std::max(window.strides[i], window.dilations[i]);
        outputPadding[i] != 0 && outputPadding[i] >= below)
      return error(Code::AttributeRange, "expected numbers below the stride or dilation of ", below,
                   ", found ", outputPadding[i])
          .atAttribute("output_padding");
  bool same = autoPad == "SAME_UPPER" || autoPad == "SAME_LOWER";
  bool sized = node.hasAttribute("output_shape");
  if (!same && !sized)
    return window;
  LIMBECK_ASSIGN(Indices wanted,
                 readList(node, "output_shape", Indices(count, kUnknown), count, sized ? 0 : kUnknown));
  for (size_t i = 0; i < count; ++i) {
    if (spatial[i] == kUnknown || window.kernel[i] == kUnknown)
      return unknownDimension(sized ? "output_shape" : "auto_pad");
    if (!sized) {
      auto length = checkedMultiply(spatial[i], window.strides[i]);
      if (!length)
        return tooLarge("strides");
      wanted[i] = *length;
    }
    LIMBECK_TRY(padToLength(window, i, spatial[i], wanted[i], autoPad == "SAME_UPPER", outputPadding));
  }
  return window;
}

void liftWindow(Window &window) {
  window.kernel.insert(window.kernel.begin(), 1);
  window.strides.insert(window.strides.begin(), 1);
  window.dilations.insert(window.dilations.begin(), 1);
  window.pads = {0, window.pads[0], 0, window.pads[1]};
}

Expected<ValueId> insertSpatialAxis(Builder &builder, ValueId value) {
  Shape shape = shapeOf(builder, value);
  Indices kept = firstAxes(static_cast<int64_t>(shape.size()));
  shape.insert(shape.begin() + 2, 1);
  kept.insert(kept.begin() + 2, -1);
  return reshapeTo(builder, value, std::move(shape), std::move(kept));
}

Expected<ValueId> removeSpatialAxis(Builder &builder, ValueId value) {
  Shape shape = shapeOf(builder, value);
  Indices kept = firstAxes(static_cast<int64_t>(shape.size()));
  shape.erase(shape.begin() + 2);
  kept.erase(kept.begin() + 2);
  return reshapeTo(builder, value, std::move(shape), std::move(kept));
}

} // namespace limbeck::importer
