// softmax, log_softmax and the normalizations. Sums over an axis run in the lane order of LaneReduction.h.
#include "AxisExtent.h"
#include "limbeck/Reference/Broadcast.h"
#include "limbeck/Reference/HostScalar.h"
#include "limbeck/Reference/LaneReduction.h"
#include "limbeck/Reference/Registry.h"
#include <algorithm>

namespace limbeck::reference {

/// Float operands, f64 only together, and an axis in range: the rule of every op here.
static Status checkNormalized(const Call &call) {
  for (const TensorType &operand : call.operands) {
    LIMBECK_TRY(checkElementType(ElementwiseTypes::Float, operand.dtype));
    if ((operand.dtype == DType::F64) != (call.operands[0].dtype == DType::F64))
      return error(Code::DataType, "expected f64 parameters exactly for an f64 operand, found ",
                   name(call.operands[0].dtype), " and ", name(operand.dtype));
  }
  return checkAxis(call.attributes.integer("axis"), call.operands[0].shape.size());
}

/// Same type in and out.
static Expected<std::vector<TensorType>> inferAlongAxis(const Call &call) {
  LIMBECK_TRY(checkNormalized(call));
  return std::vector<TensorType>{call.operands[0]};
}

/// m = max, e_i = exp(x_i - m), s = lane sum of e_i; softmax is e_i / s, log_softmax is (x_i - m) - log s.
template <bool logarithmic>
static Expected<std::vector<Tensor>> evaluateSoftmax(const Evaluation &evaluation) {
  const Tensor &input = evaluation.operands[0];
  return dispatchFloat(input.dtype(), [&]<class T>() -> Expected<std::vector<Tensor>> {
    LIMBECK_ASSIGN(Tensor result, Tensor::zeros(input.dtype(), input.shape()));
    HostScalar<T> l;
    AxisExtent extent(input.shape(), evaluation.attributes.integer("axis"));
    std::vector<T> exponentials(static_cast<size_t>(extent.length));
    extent.forEachLine([&](int64_t offset) {
      const T *x = input.values<T>().data() + offset;
      T *y = result.mutableValues<T>().data() + offset;
      T greatest = -std::numeric_limits<T>::infinity();
      for (int64_t i = 0; i < extent.length; ++i)
        greatest = l.maximum(greatest, x[i * extent.inner]);
      for (int64_t i = 0; i < extent.length; ++i)
        exponentials[static_cast<size_t>(i)] = algorithms::exponential(l, x[i * extent.inner] - greatest);
      T sum = laneSum<T>(extent.length, [&](int64_t i) { return exponentials[static_cast<size_t>(i)]; });
      T logarithm = logarithmic ? algorithms::logarithm(l, sum) : T(0);
      for (int64_t i = 0; i < extent.length; ++i)
        y[i * extent.inner] = logarithmic ? (x[i * extent.inner] - greatest) - logarithm
                                          : exponentials[static_cast<size_t>(i)] / sum;
    });
    return std::vector<Tensor>{std::move(result)};
  });
}

/// Operands that must broadcast to `target` without enlarging it.
static Status checkBroadcastsTo(std::span<const TensorType> operands, const Shape &target) {
  for (const TensorType &operand : operands) {
    LIMBECK_ASSIGN(Shape common, broadcastShapes(operand.shape, target));
    bool enlarged = common.size() != target.size();
    for (size_t d = 0; !enlarged && d < target.size(); ++d)
      enlarged = target[d] != kUnknown && common[d] != target[d];
    if (enlarged)
      return error(Code::Shape, "expected an operand that broadcasts to ", shapeText(target), ", found ",
                   shapeText(operand.shape));
  }
  return {};
}

/// Results: y, then the mean and 1 / standard deviation, which are at least f32 and have size 1 on the
/// normalized axes.
static Expected<std::vector<TensorType>> inferLayerNorm(const Call &call) {
  LIMBECK_TRY(checkNormalized(call));
  const TensorType &x = call.operands[0];
  auto axis = static_cast<size_t>(call.attributes.integer("axis"));
  LIMBECK_TRY(checkBroadcastsTo(call.operands.subspan(1), Shape(x.shape.begin() + axis, x.shape.end())));
  TensorType statistics{x.dtype == DType::F64 ? DType::F64 : DType::F32, x.shape, nullptr};
  std::fill(statistics.shape.begin() + axis, statistics.shape.end(), 1);
  return std::vector<TensorType>{x, statistics, statistics};
}

/// The elements of an operand repeated to the normalized shape.
template <class T> static std::vector<T> repeatedValues(const Tensor &operand, const Shape &shape) {
  std::vector<T> values;
  std::vector<int64_t> strides = broadcastStrides(operand.shape(), shape);
  StridedLoop loop(shape, std::span(&strides, 1));
  loop.forEachRow([&](std::span<const int64_t> offsets) {
    for (int64_t i = 0; i < loop.rowLength(); ++i)
      values.push_back(operand.values<T>()[static_cast<size_t>(offsets[0] + i * loop.rowStride(0))]);
  });
  return values;
}

/// mean = lane sum / n; variance = lane sum of (x - mean)^2 / n; y = ((x - mean) * inv) * scale + bias, each
/// operation rounded by itself.
static Expected<std::vector<Tensor>> evaluateLayerNorm(const Evaluation &evaluation) {
  const Tensor &input = evaluation.operands[0];
  auto axis = static_cast<size_t>(evaluation.attributes.integer("axis"));
  return dispatchFloat(input.dtype(), [&]<class T>() -> Expected<std::vector<Tensor>> {
    Shape normalized(input.shape().begin() + axis, input.shape().end()), statistics = input.shape();
    std::fill(statistics.begin() + axis, statistics.end(), 1);
    LIMBECK_ASSIGN(Tensor result, Tensor::zeros(input.dtype(), input.shape()));
    LIMBECK_ASSIGN(Tensor means, Tensor::zeros(input.dtype(), statistics));
    LIMBECK_ASSIGN(Tensor inverses, Tensor::zeros(input.dtype(), statistics));
    bool hasBias = evaluation.operands.size() > 2;
    std::vector<T> scale = repeatedValues<T>(evaluation.operands[1], normalized), bias;
    if (hasBias)
      bias = repeatedValues<T>(evaluation.operands[2], normalized);
    auto count = static_cast<int64_t>(scale.size());
    T epsilon = evaluation.attributes.number("epsilon");
    for (int64_t group = 0; group < means.size(); ++group) {
      const T *x = input.values<T>().data() + group * count;
      T *y = result.mutableValues<T>().data() + group * count;
      T mean = laneSum<T>(count, [&](int64_t i) { return x[i]; }) / static_cast<T>(count);
      T squares = laneSum<T>(count, [&](int64_t i) { return (x[i] - mean) * (x[i] - mean); });
      T inverse = T(1) / std::sqrt(squares / static_cast<T>(count) + epsilon);
      for (int64_t i = 0; i < count; ++i) {
        auto at = static_cast<size_t>(i);
        T scaled = ((x[i] - mean) * inverse) * scale[at];
        y[i] = hasBias ? scaled + bias[at] : scaled;
      }
      means.mutableValues<T>()[static_cast<size_t>(group)] = mean;
      inverses.mutableValues<T>()[static_cast<size_t>(group)] = inverse;
    }
    return std::vector<Tensor>{std::move(result), std::move(means), std::move(inverses)};
  });
}

/// Scale, bias, mean and variance have one element per channel.
static Expected<std::vector<TensorType>> inferBatchNorm(const Call &call) {
  LIMBECK_TRY(checkNormalized(call));
  TensorType result = call.operands[0];
  int64_t &channels = result.shape[static_cast<size_t>(call.attributes.integer("axis"))];
  for (const TensorType &parameter : call.operands.subspan(1)) {
    if (parameter.shape.size() != 1)
      return error(Code::Rank, "expected a parameter of rank 1, found shape ", shapeText(parameter.shape));
    int64_t length = parameter.shape[0];
    if (channels == kUnknown)
      channels = length;
    if (length != kUnknown && length != channels)
      return error(Code::Shape, "expected a parameter with one element for each of ", channels,
                   " channels, found ", length);
  }
  return std::vector<TensorType>{std::move(result)};
}

/// f = scale / sqrt(variance + epsilon); y = fma(x - mean, f, bias).
static Expected<std::vector<Tensor>> evaluateBatchNorm(const Evaluation &evaluation) {
  const Tensor &input = evaluation.operands[0];
  return dispatchFloat(input.dtype(), [&]<class T>() -> Expected<std::vector<Tensor>> {
    LIMBECK_ASSIGN(Tensor result, Tensor::zeros(input.dtype(), input.shape()));
    AxisExtent extent(input.shape(), evaluation.attributes.integer("axis"));
    T epsilon = evaluation.attributes.number("epsilon");
    const T *x = input.values<T>().data();
    T *y = result.mutableValues<T>().data();
    for (int64_t line = 0; line < extent.outer * extent.length; ++line) {
      auto parameter = [&](size_t operand) {
        return evaluation.operands[operand].values<T>()[static_cast<size_t>(line % extent.length)];
      };
      T mean = parameter(3), bias = parameter(2), factor = parameter(1) / std::sqrt(parameter(4) + epsilon);
      for (int64_t i = 0; i < extent.inner; ++i)
        *y++ = std::fma(*x++ - mean, factor, bias);
    }
    return std::vector<Tensor>{std::move(result)};
  });
}

static Expected<std::vector<TensorType>> inferLocalResponse(const Call &call) {
  if (call.attributes.integer("size") < 1)
    return error(Code::AttributeRange, "expected a window of at least one channel, found ",
                 call.attributes.integer("size"))
        .atAttribute("size");
  return inferAlongAxis(call);
}

/// y = x / pow(bias + (alpha / size) * sum, beta), where the sum of squares ascends over `size` channels
/// around that of x, with fma from 0.
static Expected<std::vector<Tensor>> evaluateLocalResponse(const Evaluation &evaluation) {
  const Tensor &input = evaluation.operands[0];
  const Attributes &attributes = evaluation.attributes;
  return dispatchFloat(input.dtype(), [&]<class T>() -> Expected<std::vector<Tensor>> {
    LIMBECK_ASSIGN(Tensor result, Tensor::zeros(input.dtype(), input.shape()));
    AxisExtent extent(input.shape(), attributes.integer("axis"));
    HostScalar<T> l;
    int64_t size = attributes.integer("size"), below = (size - 1) / 2, above = size / 2;
    T factor = T(attributes.number("alpha")) / static_cast<T>(size);
    extent.forEachLine([&](int64_t offset) {
      const T *x = input.values<T>().data() + offset;
      T *y = result.mutableValues<T>().data() + offset;
      for (int64_t c = 0; c < extent.length; ++c) {
        T sum = 0;
        int64_t last = above < extent.length - 1 - c ? c + above : extent.length - 1;
        for (int64_t k = below < c ? c - below : 0; k <= last; ++k)
          sum = std::fma(x[k * extent.inner], x[k * extent.inner], sum);
        T base = T(attributes.number("bias")) + factor * sum;
        y[c * extent.inner] =
            x[c * extent.inner] / algorithms::powerOfFloats(l, base, T(attributes.number("beta")));
      }
    });
    return std::vector<Tensor>{std::move(result)};
  });
}

void defineNormalization(DefinitionList &list) {
  list.push_back({"softmax", Kind::Compute, 1, 1, inferAlongAxis, evaluateSoftmax<false>});
  list.push_back({"log_softmax", Kind::Compute, 1, 1, inferAlongAxis, evaluateSoftmax<true>});
  list.push_back({"layer_norm", Kind::Compute, 2, 3, inferLayerNorm, evaluateLayerNorm});
  list.push_back({"batch_norm", Kind::Compute, 5, 5, inferBatchNorm, evaluateBatchNorm});
  list.push_back({"lrn", Kind::Compute, 1, 1, inferLocalResponse, evaluateLocalResponse});
}

} // namespace limbeck::reference
