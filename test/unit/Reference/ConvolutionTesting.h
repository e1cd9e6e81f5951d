// Random convolutions, and textbook loops over them that share nothing with the library.
#pragma once
#include "OpTesting.h"

namespace limbeck::reference::testing {

/// NCHW images, OIHW weights (IOHW when transposed).
struct ConvolutionCase {
  int64_t n, c, h, w, o, kh, kw, groups;
  std::vector<int64_t> strides, pads, dilations, outputPadding;
  bool transposed = false;

  static ConvolutionCase random(Random &random, bool transposed) {
    ConvolutionCase out;
    out.transposed = transposed;
    out.groups = random.integer(1, 3);
    out.n = random.integer(1, 2);
    out.c = out.groups * random.integer(1, 4);
    out.o = out.groups * random.integer(1, 40); // odd widths on both sides of the vector blocks
    out.h = random.integer(5, 9);
    out.w = random.integer(5, 9);
    out.kh = random.integer(1, 3);
    out.kw = random.integer(1, 3);
    out.strides = {random.integer(1, 3), random.integer(1, 3)};
    out.dilations = {random.integer(1, 2), random.integer(1, 2)};
    out.pads = {1, random.integer(0, 2), 1, random.integer(0, 2)};
    out.outputPadding = {2,
                         random.integer(2, 3)}; // keeps every transposed output from vanishing under its pads
    return out;
  }
  Attributes attributes(const std::string &layout) const {
    Attributes out{{"strides", strides},
                   {"pads", pads},
                   {"dilations", dilations},
                   {"groups", groups},
                   {"layout", layout}};
    if (transposed)
      out.set("output_padding", outputPadding);
    return out;
  }
  Shape x() const { return {n, c, h, w}; }
  Shape weights() const { return transposed ? Shape{c, o / groups, kh, kw} : Shape{o, c / groups, kh, kw}; }
  Shape y() const {
    auto size = [&](int64_t in, int64_t k, size_t i) {
      int64_t extent = dilations[i] * (k - 1) + 1, pad = pads[i] + pads[i + 2];
      return transposed ? (in - 1) * strides[i] + extent + outputPadding[i] - pad
                        : (in + pad - extent) / strides[i] + 1;
    };
    return {n, o, size(h, kh, 0), size(w, kw, 1)};
  }
  /// Input coordinate under a tap, or -1.
  int64_t source(int64_t out, int64_t tap, size_t i) const {
    int64_t in = i == 0 ? h : w;
    if (!transposed) {
      int64_t at = out * strides[i] + tap * dilations[i] - pads[i];
      return at >= 0 && at < in ? at : -1;
    }
    for (int64_t at = 0; at < in; ++at)
      if (at * strides[i] + tap * dilations[i] - pads[i] == out)
        return at;
    return -1;
  }
  /// Calls `term(accumulator, xOffset or -1, weightOffset)` for the products of each output in order.
  template <class T, class Term> std::vector<T> textbook(T start, Term &&term) const {
    std::vector<T> out;
    Shape size = y();
    int64_t cg = c / groups, og = o / groups;
    for (int64_t b = 0; b < n; ++b)
      for (int64_t oc = 0; oc < o; ++oc)
        for (int64_t i = 0; i < size[2]; ++i)
          for (int64_t j = 0; j < size[3]; ++j) {
            T sum = start;
            for (int64_t p = 0; p < kh; ++p)
              for (int64_t q = 0; q < kw; ++q)
                for (int64_t ic = 0; ic < cg; ++ic) {
                  int64_t channel = oc / og * cg + ic, row = source(i, p, 0), column = source(j, q, 1);
                  int64_t at = row < 0 || column < 0 ? -1 : ((b * c + channel) * h + row) * w + column;
                  int64_t weight = transposed ? ((channel * og + oc % og) * kh + p) * kw + q
                                              : ((oc * cg + ic) * kh + p) * kw + q;
                  sum = term(sum, at, weight);
                }
            out.push_back(sum);
          }
    return out;
  }
  int64_t channelOf(size_t output) const {
    Shape size = y();
    return static_cast<int64_t>(output) / (size[2] * size[3]) % o;
  }
};

/// NCHW -> NHWC.
template <class T> Tensor toChannelsLast(const Tensor &image) {
  const Shape &s = image.shape();
  Tensor out = std::move(*Tensor::zeros(image.dtype(), {s[0], s[2], s[3], s[1]}));
  for (int64_t b = 0; b < s[0]; ++b)
    for (int64_t c = 0; c < s[1]; ++c)
      for (int64_t i = 0; i < s[2] * s[3]; ++i)
        out.mutableValues<T>()[static_cast<size_t>((b * s[2] * s[3] + i) * s[1] + c)] =
            image.values<T>()[static_cast<size_t>((b * s[1] + c) * s[2] * s[3] + i)];
  return out;
}

} // namespace limbeck::reference::testing
