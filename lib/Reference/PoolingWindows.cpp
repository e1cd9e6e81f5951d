// Shape rule of pooling, and where its windows lie.
#include "PoolingWindows.h"
#include <algorithm>

namespace limbeck::reference {

int64_t PoolingWindows::Axis::firstTap(int64_t position) const {
  return std::max<int64_t>(0, ceilDivide(-start(position), window.dilation));
}

int64_t PoolingWindows::Axis::endTap(int64_t position) const {
  return std::min(window.kernel, ceilDivide(input - start(position), window.dilation));
}

int64_t PoolingWindows::Axis::paddedTaps(int64_t position) const {
  return std::min(window.kernel, ceilDivide(input + window.padEnd - start(position), window.dilation));
}

Expected<Shape> inferPooling(const Call &call) {
  const Shape &x = call.operands[0].shape;
  const std::vector<int64_t> &kernel = call.attributes.integers("kernel");
  if (x.size() < 3 || x.size() > PoolingWindows::kAxes + 2)
    return error(Code::Rank, "expected a batch, channels and 1 to 3 spatial axes, found ", shapeText(x));
  if (kernel.size() != x.size() - 2)
    return error(Code::AttributeLength, "expected ", x.size() - 2, " entries in 'kernel', found ",
                 kernel.size());
  if (std::find(kernel.begin(), kernel.end(), kUnknown) != kernel.end())
    return error(Code::AttributeRange, "expected a kernel of at least 1, found ", kUnknown);
  LIMBECK_ASSIGN(ImageLayout layout, imageLayout(call.attributes, x.size()));
  LIMBECK_ASSIGN(std::vector<WindowAxis> axes, windowAxes(call.attributes, kernel));
  Shape spatial;
  for (size_t i = 0; i < axes.size(); ++i) {
    if (axes[i].padBegin >= axes[i].kernel || axes[i].padEnd >= axes[i].kernel)
      return error(Code::AttributeRange, "expected pads below the kernel of ", axes[i].kernel, ", found ",
                   std::max(axes[i].padBegin, axes[i].padEnd))
          .withHint("a window would start in the padding");
    int64_t input = x[layout.firstSpatial + i];
    if (input == 0)
      return error(Code::AttributeRange, "expected spatial axes with elements, found ", shapeText(x))
          .withHint("every window would lie on padding alone");
    LIMBECK_ASSIGN(int64_t size, slidingSize(axes[i], input, call.attributes.flag("ceil_mode")));
    spatial.push_back(size);
  }
  Shape shape = layout.shape(x[0], x[layout.channel], spatial);
  LIMBECK_TRY(elementCount(shape, Limits().elements));
  return shape;
}

Expected<PoolingWindows> poolingWindows(const Attributes &attributes, const Shape &x, const Shape &y) {
  LIMBECK_ASSIGN(ImageLayout layout, imageLayout(attributes, x.size()));
  LIMBECK_ASSIGN(std::vector<WindowAxis> axes, windowAxes(attributes, attributes.integers("kernel")));
  std::vector<int64_t> inputStrides = rowMajorStrides(x), outputStrides = rowMajorStrides(y);
  PoolingWindows windows{};
  windows.batch = x[0];
  windows.channels = x[layout.channel];
  windows.inputStrides[0] = inputStrides[0];
  windows.inputStrides[1] = inputStrides[layout.channel];
  windows.outputStrides[0] = outputStrides[0];
  windows.outputStrides[1] = outputStrides[layout.channel];
  size_t missing = PoolingWindows::kAxes - axes.size();
  for (size_t i = 0; i < axes.size(); ++i) {
    size_t axis = layout.firstSpatial + i;
    windows.axes[missing + i] = {axes[i], x[axis], y[axis], inputStrides[axis], outputStrides[axis]};
  }
  return windows;
}

} // namespace limbeck::reference
