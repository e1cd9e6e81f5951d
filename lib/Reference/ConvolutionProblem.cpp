// Shape rules of convolutions, and the reordering of images and weights around the shared loops.
#include "ConvolutionProblem.h"
#include "limbeck/Reference/Broadcast.h"

namespace limbeck::reference {

static Status checkChannels(ConvolutionProblem &problem, std::span<const int64_t> weights) {
  bool forward = problem.direction == Direction::Forward;
  int64_t groups = problem.groups;
  if (groups < 1)
    return error(Code::Shape, "expected at least 1 group, found ", groups);
  // Forward weights hold all output channels and one group's input channels; transposed ones the other way
  // round.
  int64_t all = weights[0], perGroup = weights[1], other = kUnknown;
  if (all != kUnknown && all % groups != 0)
    return error(Code::Shape, "expected the weights' first dimension to divide into ", groups,
                 " groups, found ", all);
  if (perGroup != kUnknown) {
    auto product = checkedMultiply(perGroup, groups);
    if (!product)
      return error(Code::SizeOverflow, "too many channels: ", perGroup, " in each of ", groups, " groups");
    other = *product;
  }
  int64_t fromWeights = forward ? other : all;
  int64_t &channels = problem.inputChannels;
  if (channels != kUnknown && fromWeights != kUnknown && channels != fromWeights)
    return error(Code::Shape, "expected ", fromWeights, " input channels as the weights say, found ",
                 channels);
  if (channels == kUnknown)
    channels = fromWeights;
  if (channels != kUnknown && channels % groups != 0)
    return error(Code::Shape, "expected input channels that divide into ", groups, " groups, found ",
                 channels);
  problem.outputChannels = forward ? all : other;
  return {};
}

Expected<ConvolutionProblem> convolutionProblem(const Attributes &attributes, Direction direction,
                                                std::span<const int64_t> x,
                                                std::span<const int64_t> weights) {
  if (x.size() != 4 || weights.size() != 4)
    return error(Code::Rank, "expected an image and weights of rank 4, found ", x.size(), " and ",
                 weights.size());
  LIMBECK_ASSIGN(ImageLayout layout, imageLayout(attributes, x.size()));
  ConvolutionProblem problem{};
  problem.direction = direction;
  problem.layout = layout;
  problem.batch = x[0];
  problem.inputChannels = x[layout.channel];
  problem.groups = attributes.integer("groups");
  LIMBECK_TRY(checkChannels(problem, weights));
  LIMBECK_ASSIGN(std::vector<WindowAxis> axes, windowAxes(attributes, weights.subspan(2)));
  const std::vector<int64_t> &outputPadding = attributes.integers("output_padding");
  if (direction == Direction::Transposed && outputPadding.size() != 2)
    return error(Code::AttributeLength, "expected 2 entries in 'output_padding', found ",
                 outputPadding.size());
  for (size_t i = 0; i < 2; ++i) {
    problem.axes[i] = axes[i];
    problem.input[i] = x[layout.firstSpatial + i];
    LIMBECK_ASSIGN(problem.output[i], direction == Direction::Forward
                                          ? slidingSize(axes[i], problem.input[i], /*ceilMode=*/false)
                                          : transposedSize(axes[i], problem.input[i], outputPadding[i]));
  }
  return problem;
}

Expected<Shape> inferConvolution(const Call &call, Direction direction, size_t biasIndex) {
  LIMBECK_ASSIGN(
      ConvolutionProblem problem,
      convolutionProblem(call.attributes, direction, call.operands[0].shape, call.operands[1].shape));
  if (call.hasOperand(biasIndex)) {
    const Shape &bias = call.operands[biasIndex].shape;
    if (bias.size() != 1)
      return error(Code::Rank, "expected a bias of rank 1, found ", shapeText(bias));
    if (bias[0] != kUnknown && problem.outputChannels != kUnknown && bias[0] != problem.outputChannels)
      return error(Code::Shape, "expected a bias of ", problem.outputChannels, " entries, found ", bias[0]);
    if (problem.outputChannels == kUnknown)
      problem.outputChannels = bias[0];
  }
  Shape shape = problem.outputShape();
  LIMBECK_TRY(elementCount(shape, Limits().elements));
  return shape;
}

/// Copies `in`, read with `strides`, to a row-major tensor of `shape`.
static Expected<Tensor> gatherStrided(const Tensor &in, Shape shape, const std::vector<int64_t> &strides) {
  LIMBECK_ASSIGN(Tensor out, Tensor::zeros(in.dtype(), shape));
  const std::vector<int64_t> both[] = {rowMajorStrides(shape), strides};
  StridedLoop loop(shape, both);
  dispatch(in.dtype(), [&]<class T>() {
    const T *from = in.values<T>().data();
    T *to = out.mutableValues<T>().data();
    loop.forEachRow([&](std::span<const int64_t> offsets) {
      for (int64_t i = 0; i < loop.rowLength(); ++i)
        to[offsets[0] + i * loop.rowStride(0)] = from[offsets[1] + i * loop.rowStride(1)];
    });
  });
  return out;
}

Expected<Tensor> channelsLast(const ConvolutionProblem &problem, const Tensor &x) {
  if (problem.layout.firstSpatial == 1)
    return x;
  std::vector<int64_t> strides = rowMajorStrides(x.shape());
  return gatherStrided(x, {problem.batch, problem.input[0], problem.input[1], problem.inputChannels},
                       {strides[0], strides[2], strides[3], strides[1]});
}

Expected<Tensor> fromChannelsLast(const ConvolutionProblem &problem, const Tensor &y) {
  if (problem.layout.firstSpatial == 1)
    return y;
  std::vector<int64_t> strides = rowMajorStrides(y.shape());
  return gatherStrided(y, problem.outputShape(), {strides[0], strides[3], strides[1], strides[2]});
}

Expected<Tensor> weightsByTap(const ConvolutionProblem &problem, const Tensor &weights) {
  std::vector<int64_t> strides = rowMajorStrides(weights.shape());
  int64_t inputs = problem.inputChannels / problem.groups, outputs = problem.outputChannels / problem.groups;
  bool forward = problem.direction == Direction::Forward;
  int64_t group = strides[0] * (forward ? outputs : inputs);
  return gatherStrided(weights,
                       {problem.axes[0].kernel, problem.axes[1].kernel, problem.groups, inputs, outputs},
                       {strides[2], strides[3], group, strides[forward ? 1 : 0], strides[forward ? 0 : 1]});
}

} // namespace limbeck::reference
