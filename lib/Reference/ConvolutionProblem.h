// A convolution or its transpose, with every size known, and the loops that all element types share.
#pragma once
#include "Accumulator.h"
#include "MultiplyAccumulate.h"
#include "limbeck/Reference/Operation.h"
#include "limbeck/Reference/Window.h"
#include <algorithm>

namespace limbeck::reference {

enum class Direction { Forward, Transposed };

struct ConvolutionProblem {
  Direction direction;
  ImageLayout layout;
  int64_t batch, inputChannels, outputChannels, groups;
  WindowAxis axes[2]; ///< height, width
  int64_t input[2], output[2];

  Shape outputShape() const { return layout.shape(batch, outputChannels, output); }
  /// Products that one output accumulates.
  int64_t depth() const { return axes[0].kernel * axes[1].kernel * (inputChannels / groups); }

  int64_t weightsPerTap() const { return inputChannels / groups * outputChannels; }
  /// Elements between neighbouring channels of the result.
  int64_t channelStride() const { return layout.channel == 1 ? output[0] * output[1] : 1; }

  /// Input coordinate of a tap along an axis, or -1 where it meets padding (forward) or nothing (transposed).
  int64_t source(int axis, int64_t position, int64_t tap) const {
    const WindowAxis &window = axes[axis];
    int64_t found = direction == Direction::Forward ? window.source(position, tap)
                                                    : window.transposedSource(position, tap);
    return found < input[axis] ? found : -1;
  }
};

/// Checks attributes and the shapes of x and weights; sizes that are not known stay kUnknown.
Expected<ConvolutionProblem> convolutionProblem(const Attributes &attributes, Direction direction,
                                                std::span<const int64_t> x, std::span<const int64_t> weights);

/// The shape that conv, conv_transpose and conv_integer yield; a bias must have one entry per output channel.
Expected<Shape> inferConvolution(const Call &call, Direction direction, size_t biasIndex);

/// x in its layout -> [batch, height, width, channels].
Expected<Tensor> channelsLast(const ConvolutionProblem &problem, const Tensor &x);
/// [batch, height, width, channels] -> the problem's layout.
Expected<Tensor> fromChannelsLast(const ConvolutionProblem &problem, const Tensor &y);
/// OIHW (forward) or IOHW (transposed) weights -> [kh, kw, group, input channel, output channel].
Expected<Tensor> weightsByTap(const ConvolutionProblem &problem, const Tensor &weights);

/// Adds the products of one tap to `count` outputs that follow each other along a row. `pixels` holds the
/// input channels under the tap for each of them, `weights` the tap's weights of all groups.
template <class T>
void accumulateTap(const ConvolutionProblem &problem, const T *const *pixels, int64_t count, const T *weights,
                   T *out) {
  int64_t depth = problem.inputChannels / problem.groups, width = problem.outputChannels / problem.groups;
  if (depth == 1 && width == 1) { // depthwise: side by side over the channels instead
    for (int64_t i = 0; i < count; ++i)
      accumulateEach(pixels[i], weights, problem.groups, out + i * problem.outputChannels);
    return;
  }
  const T *channels[kAccumulatedRows];
  for (int64_t group = 0; group < problem.groups; ++group) {
    for (int64_t i = 0; i < count; ++i)
      channels[i] = pixels[i] + group * depth;
    accumulateRows(channels, count, weights + group * depth * width, depth, width, out + group * width,
                   problem.outputChannels);
  }
}

/// Sums in the order (kh, kw, input channel); a tap in the padding multiplies by +0, one of the transposed window that meets
/// no input is left out. x and weights hold T in the problem's own layouts; so does the result.
template <class T>
Expected<Tensor> convolve(const ConvolutionProblem &problem, const Tensor &x, const Tensor &weights) {
  LIMBECK_ASSIGN(Tensor image, channelsLast(problem, x));
  LIMBECK_ASSIGN(Tensor taps, weightsByTap(problem, weights));
  LIMBECK_ASSIGN(Tensor padding, Tensor::zeros(image.dtype(), {problem.inputChannels}));
  LIMBECK_ASSIGN(Tensor sums,
                 Tensor::zeros(AccumulatorType<T>::dtype, {problem.batch, problem.output[0],
                                                           problem.output[1], problem.outputChannels}));
  const T *in = image.values<T>().data(), *zero = padding.values<T>().data();
  T *out = sums.mutableValues<T>().data();
  auto pixel = [&](int64_t batch, int64_t row, int64_t column) {
    int64_t index = (batch * problem.input[0] + row) * problem.input[1] + column;
    return row < 0 || column < 0 ? zero : in + index * problem.inputChannels;
  };
  int64_t rows = sums.size() == 0 ? 0 : problem.batch * problem.output[0];
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t column = 0; column < problem.output[1]; column += kAccumulatedRows) {
      int64_t count = std::min(kAccumulatedRows, problem.output[1] - column);
      const T *tap = taps.values<T>().data();
      for (int64_t kh = 0; kh < problem.axes[0].kernel; ++kh) {
        int64_t source = problem.source(0, row % problem.output[0], kh);
        for (int64_t kw = 0; kw < problem.axes[1].kernel; ++kw, tap += problem.weightsPerTap()) {
          const T *pixels[kAccumulatedRows];
          for (int64_t i = 0; i < count; ++i)
            pixels[i] = pixel(row / problem.output[0], source, problem.source(1, column + i, kw));
          if (problem.direction == Direction::Forward) {
            accumulateTap(problem, pixels, count, tap, out);
            continue;
          }
          for (int64_t i = 0; i < count; ++i)
            if (pixels[i] != zero)
              accumulateTap(problem, pixels + i, 1, tap, out + i * problem.outputChannels);
        }
      }
      out += count * problem.outputChannels;
    }
  return fromChannelsLast(problem, sums);
}

} // namespace limbeck::reference
