// Shared by the tests of contractions, pooling and quantization: tensors from literals or random, and one
// call that infers and evaluates an op.
#pragma once
#include "limbeck/Reference/Operation.h"
#include <gtest/gtest.h>
#include <random>

namespace limbeck::reference::testing {

template <class T> Tensor tensorOf(DType dtype, Shape shape, const std::vector<T> &values) {
  Tensor tensor = std::move(*Tensor::zeros(dtype, std::move(shape)));
  EXPECT_EQ(static_cast<size_t>(tensor.size()), values.size());
  std::copy(values.begin(), values.end(), tensor.mutableValues<T>().begin());
  return tensor;
}

template <class T> std::vector<T> listOf(const Tensor &tensor) {
  return {tensor.values<T>().begin(), tensor.values<T>().end()};
}

class Random {
public:
  explicit Random(unsigned seed) : engine(seed) {}
  int64_t integer(int64_t lo, int64_t hi) { return std::uniform_int_distribution<int64_t>(lo, hi)(engine); }
  float real(float lo, float hi) { return std::uniform_real_distribution<float>(lo, hi)(engine); }
  Tensor floats(Shape shape) {
    Tensor tensor = std::move(*Tensor::zeros(DType::F32, std::move(shape)));
    for (float &value : tensor.mutableValues<float>())
      value = real(-2, 2);
    return tensor;
  }
  /// Any value of an integer type of at most 32 bits.
  Tensor integers(DType dtype, Shape shape) {
    Tensor tensor = std::move(*Tensor::zeros(dtype, std::move(shape)));
    dispatch(dtype, [&]<class T>() {
      if constexpr (std::is_integral_v<T>)
        for (T &value : tensor.mutableValues<T>())
          value = static_cast<T>(integer(lowest(dtype), highest(dtype)));
    });
    return tensor;
  }

private:
  std::mt19937 engine;
};

inline std::shared_ptr<const Quantization> quantization(DType storage, std::vector<float> scales,
                                                        std::vector<int64_t> zeroPoints, int64_t axis = -1,
                                                        DType expressed = DType::F32) {
  return std::make_shared<Quantization>(Quantization{
      expressed, axis, std::move(scales), std::move(zeroPoints), lowest(storage), highest(storage)});
}

/// A tensor with the type that it has in the graph.
struct Typed {
  Tensor value;
  std::shared_ptr<const Quantization> quantization = nullptr;
  TensorType type() const { return {value.dtype(), value.shape(), quantization}; }
};

/// Infers with all operands known as constants, then evaluates; `result`, if given, replaces the first
/// result's type but for its shape.
inline Expected<std::vector<Tensor>> run(std::string_view name, const Attributes &attributes,
                                         const std::vector<Typed> &operands,
                                         std::optional<TensorType> result = std::nullopt) {
  const OpDefinition *op = findOp(name);
  if (!op)
    return error(Code::UnsupportedOp, "no op ", name);
  std::vector<TensorType> types;
  std::vector<Tensor> values;
  for (const Typed &operand : operands) {
    types.push_back(operand.type());
    values.push_back(operand.value);
  }
  std::vector<const Tensor *> constants;
  for (const Tensor &value : values)
    constants.push_back(&value);
  LIMBECK_ASSIGN(std::vector<TensorType> results, infer(*op, attributes, types, constants));
  if (result)
    results[0] = {result->dtype, results[0].shape, result->quantization};
  LIMBECK_ASSIGN(std::vector<Tensor> out, evaluate(*op, Evaluation{attributes, types, values, results}));
  EXPECT_EQ(out.size(), results.size());
  for (size_t i = 0; i < out.size(); ++i) {
    EXPECT_EQ(out[i].shape(), results[i].shape);
    EXPECT_EQ(out[i].dtype(), results[i].dtype);
  }
  return out;
}

/// The shape that infer yields for types alone, or the code of its error.
inline Expected<Shape> inferShape(std::string_view name, const Attributes &attributes,
                                  const std::vector<TensorType> &types) {
  std::vector<const Tensor *> unknown(types.size());
  LIMBECK_ASSIGN(std::vector<TensorType> results, infer(*findOp(name), attributes, types, unknown));
  return results[0].shape;
}

template <class T> Code codeOf(const Expected<T> &expected) {
  EXPECT_FALSE(expected.ok());
  return expected.ok() ? Code::Internal : expected.diagnostic().code;
}

} // namespace limbeck::reference::testing
