// Sizes and refusals of sliding windows.
#include "limbeck/Reference/Window.h"
#include "OpTesting.h"

namespace limbeck::reference::testing {
namespace {

WindowAxis axisOf(int64_t kernel, int64_t stride, int64_t dilation, int64_t begin, int64_t end) {
  return {kernel, stride, dilation, begin, end};
}

TEST(Window, SlidingSizesByCounting) {
  for (int64_t input = 1; input < 12; ++input)
    for (int64_t kernel = 1; kernel < 5; ++kernel)
      for (int64_t stride = 1; stride < 5; ++stride)
        for (int64_t dilation = 1; dilation < 3; ++dilation)
          for (int64_t pad = 0; pad < kernel; ++pad) {
            WindowAxis axis = axisOf(kernel, stride, dilation, pad, kernel - 1 - pad);
            int64_t fits = 0, hangs = 0, padded = input + kernel - 1;
            for (int64_t start = 0; start < padded; start += stride) {
              fits += start + axis.extent() <= padded;
              // With ceil_mode a window counts when the one before it does not reach the end, and it starts
              // in time.
              hangs += start == 0 || (start - stride + axis.extent() < padded && start < input + pad);
            }
            if (axis.extent() > padded) {
              EXPECT_EQ(codeOf(slidingSize(axis, input, false)), Code::AttributeRange);
              continue;
            }
            EXPECT_EQ(*slidingSize(axis, input, false), fits);
            EXPECT_EQ(*slidingSize(axis, input, true), hangs);
          }
}

TEST(Window, TransposedSizeUndoesSliding) {
  for (int64_t input = 1; input < 8; ++input)
    for (int64_t kernel = 1; kernel < 4; ++kernel)
      for (int64_t stride = 1; stride < 4; ++stride) {
        WindowAxis axis = axisOf(kernel, stride, 2, 1, 0);
        auto output = transposedSize(axis, input, 0);
        if (!output.ok()) {
          EXPECT_EQ(output.diagnostic().code, Code::AttributeRange);
          EXPECT_LT((input - 1) * stride + axis.extent() - 1, 1);
          continue;
        }
        EXPECT_EQ(*slidingSize(axis, *output, false), input);
        EXPECT_EQ(*transposedSize(axis, input, 1), *output + 1);
      }
}

TEST(Window, UnknownSizesStayUnknown) {
  EXPECT_EQ(*slidingSize(axisOf(3, 1, 1, 0, 0), kUnknown, false), kUnknown);
  EXPECT_EQ(*slidingSize(axisOf(kUnknown, 1, 1, 0, 0), 5, true), kUnknown);
  EXPECT_EQ(*transposedSize(axisOf(3, 2, 1, 0, 0), kUnknown, 1), kUnknown);
}

TEST(Window, RefusesWrongLists) {
  int64_t kernel[] = {3, 3};
  auto code = [&](std::vector<int64_t> strides, std::vector<int64_t> pads, std::vector<int64_t> dilations) {
    return codeOf(windowAxes({{"strides", strides}, {"pads", pads}, {"dilations", dilations}}, kernel));
  };
  constexpr int64_t huge = int64_t(1) << 62;
  EXPECT_EQ(code({1}, {0, 0, 0, 0}, {1, 1}), Code::AttributeLength);
  EXPECT_EQ(code({1, 1}, {0, 0}, {1, 1}), Code::AttributeLength);
  EXPECT_EQ(code({1, 1}, {0, 0, 0, 0}, {1, 1, 1}), Code::AttributeLength);
  EXPECT_EQ(code({0, 1}, {0, 0, 0, 0}, {1, 1}), Code::AttributeRange);
  EXPECT_EQ(code({1, huge}, {0, 0, 0, 0}, {1, 1}), Code::AttributeRange);
  EXPECT_EQ(code({1, 1}, {0, -1, 0, 0}, {1, 1}), Code::AttributeRange);
  EXPECT_EQ(code({1, 1}, {huge, huge, huge, huge}, {1, 1}), Code::AttributeRange);
  EXPECT_EQ(code({1, 1}, {0, 0, 0, 0}, {1, 0}), Code::AttributeRange);
  EXPECT_EQ(code({1, 1}, {0, 0, 0, 0}, {1, int64_t(1) << 40}), Code::AttributeRange);
  EXPECT_EQ(codeOf(transposedSize(axisOf(3, int64_t(1) << 40, 1, 0, 0), int64_t(1) << 40, 0)),
            Code::SizeOverflow);
  EXPECT_EQ(codeOf(transposedSize(axisOf(3, 1, 1, 0, 0), 4, -1)), Code::AttributeRange);
  EXPECT_EQ(codeOf(slidingSize(axisOf(3, 1, 1, 0, 0), std::numeric_limits<int64_t>::max() - 1, false)),
            Code::SizeOverflow);
}

TEST(Window, LayoutsPlaceTheChannels) {
  const int64_t spatial[] = {5, 7};
  EXPECT_EQ(imageLayout({{"layout", std::string("NCHW")}}, 4)->shape(2, 3, spatial), (Shape{2, 3, 5, 7}));
  EXPECT_EQ(imageLayout({{"layout", std::string("NHWC")}}, 4)->shape(2, 3, spatial), (Shape{2, 5, 7, 3}));
  EXPECT_EQ(codeOf(imageLayout({{"layout", std::string("CHWN")}}, 4)), Code::Attribute);
}

} // namespace
} // namespace limbeck::reference::testing
