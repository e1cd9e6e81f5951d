// conv and conv_transpose, float and quantized.
#include "ConvolutionProblem.h"
#include "QuantizedContraction.h"
#include "limbeck/Reference/Registry.h"

namespace limbeck::reference {

template <Direction direction>
static Expected<std::vector<TensorType>> inferFloatConvolution(const Call &call) {
  LIMBECK_ASSIGN(Shape shape, inferConvolution(call, direction, 2));
  LIMBECK_ASSIGN(DType type, contractionResult(call, direction == Direction::Forward ? 0 : 1));
  return std::vector<TensorType>{{type, std::move(shape), nullptr}};
}

static Expected<ConvolutionProblem> problemOf(const Evaluation &evaluation, Direction direction) {
  return convolutionProblem(evaluation.attributes, direction, evaluation.operands[0].shape(),
                            evaluation.operands[1].shape());
}

template <Direction direction>
static Expected<std::vector<Tensor>> evaluateConvolution(const Evaluation &evaluation) {
  std::span<const Tensor> operands = evaluation.operands;
  LIMBECK_ASSIGN(ConvolutionProblem problem, problemOf(evaluation, direction));
  return dispatchFloat(operands[0].dtype(), [&]<class T>() -> Expected<std::vector<Tensor>> {
    LIMBECK_ASSIGN(Tensor result, convolve<T>(problem, operands[0], operands[1]));
    if (operands.size() > 2)
      addBias(result.mutableValues<T>(), operands[2].values<T>(), problem.channelStride());
    return std::vector<Tensor>{result};
  });
}

template <Direction direction>
static Expected<std::vector<Tensor>> evaluateQuantizedConvolution(const Evaluation &evaluation) {
  LIMBECK_ASSIGN(ConvolutionProblem problem, problemOf(evaluation, direction));
  ContractionSizes sizes{problem.depth(), direction == Direction::Forward ? 0 : 1, problem.outputChannels,
                         problem.channelStride()};
  return contractQuantized(evaluation, sizes, [&]<class T>(const Tensor &x, const Tensor &weights) {
    return convolve<T>(problem, x, weights);
  });
}

template <Direction direction> static OpDefinition convolutionNamed(std::string_view name) {
  return {name,
          Kind::Compute,
          2,
          3,
          inferFloatConvolution<direction>,
          evaluateConvolution<direction>,
          evaluateQuantizedConvolution<direction>};
}

void defineConvolution(DefinitionList &list) {
  list.push_back(convolutionNamed<Direction::Forward>("conv"));
  list.push_back(convolutionNamed<Direction::Transposed>("conv_transpose"));
}

} // namespace limbeck::reference
