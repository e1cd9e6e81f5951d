// Short ways to build ONNX models in tests.
#pragma once
#include "limbeck/Import/Importer.h"
#include <gtest/gtest.h>
#include <onnx.pb.h>

namespace limbeck::importer::test {

using onnx::TensorProto;

/// Unknown dimensions carry the symbol given for them: {"n", 3} is n x 3.
struct Dim {
  int64_t value = kUnknown;
  std::string symbol;
  Dim(int64_t value) : value(value) {}
  Dim(int value) : value(value) {}
  Dim(const char *symbol) : symbol(symbol) {}
};

class ModelBuilder {
public:
  explicit ModelBuilder(int64_t opset = 17) {
    proto.set_ir_version(8);
    proto.set_producer_name("tests");
    proto.add_opset_import()->set_version(opset);
  }

  ModelBuilder &input(const std::string &name, const std::vector<Dim> &dims,
                      int32_t type = TensorProto::FLOAT) {
    declare(graph().add_input(), name, dims, type);
    return *this;
  }
  ModelBuilder &output(const std::string &name) {
    graph().add_output()->set_name(name);
    return *this;
  }
  ModelBuilder &floats(const std::string &name, const std::vector<int64_t> &dims,
                       const std::vector<float> &values) {
    TensorProto *tensor = constant(name, dims, TensorProto::FLOAT);
    tensor->mutable_float_data()->Add(values.begin(), values.end());
    return *this;
  }
  ModelBuilder &indices(const std::string &name, const std::vector<int64_t> &values) {
    TensorProto *tensor = constant(name, {static_cast<int64_t>(values.size())}, TensorProto::INT64);
    tensor->mutable_int64_data()->Add(values.begin(), values.end());
    return *this;
  }
  /// An integer or bool of rank 0.
  ModelBuilder &scalar(const std::string &name, int64_t value, int32_t type = TensorProto::INT64) {
    TensorProto *tensor = constant(name, {}, type);
    if (type == TensorProto::INT64)
      tensor->add_int64_data(value);
    else
      tensor->add_int32_data(static_cast<int32_t>(value));
    return *this;
  }
  TensorProto *constant(const std::string &name, const std::vector<int64_t> &dims, int32_t type) {
    TensorProto *tensor = graph().add_initializer();
    tensor->set_name(name);
    tensor->set_data_type(type);
    tensor->mutable_dims()->Add(dims.begin(), dims.end());
    return tensor;
  }
  onnx::NodeProto &node(const std::string &op, const std::vector<std::string> &inputs,
                        const std::vector<std::string> &outputs) {
    return addNode(graph(), op, inputs, outputs);
  }
  onnx::GraphProto &graph() { return *proto.mutable_graph(); }

  static onnx::NodeProto &addNode(onnx::GraphProto &graph, const std::string &op,
                                  const std::vector<std::string> &inputs,
                                  const std::vector<std::string> &outputs) {
    return fill(*graph.add_node(), op, inputs, outputs);
  }
  static onnx::NodeProto &fill(onnx::NodeProto &node, const std::string &op,
                               const std::vector<std::string> &inputs,
                               const std::vector<std::string> &outputs) {
    node.set_op_type(op);
    for (const std::string &name : inputs)
      node.add_input(name);
    for (const std::string &name : outputs)
      node.add_output(name);
    return node;
  }

  std::string bytes() const { return proto.SerializeAsString(); }
  CheckResult check(const Options &options = {}) const {
    std::string text = bytes();
    return checkBytes(std::as_bytes(std::span(text)), "model.onnx", options);
  }
  Expected<Model> import(const Options &options = {}) const {
    std::string text = bytes();
    return importBytes(std::as_bytes(std::span(text)), "model.onnx", options);
  }

  onnx::ModelProto proto;

private:
  static void declare(onnx::ValueInfoProto *value, const std::string &name, const std::vector<Dim> &dims,
                      int32_t type) {
    value->set_name(name);
    auto *tensor = value->mutable_type()->mutable_tensor_type();
    tensor->set_elem_type(type);
    tensor->mutable_shape();
    for (const Dim &dim : dims) {
      auto *added = tensor->mutable_shape()->add_dim();
      if (dim.value != kUnknown)
        added->set_dim_value(dim.value);
      else if (!dim.symbol.empty())
        added->set_dim_param(dim.symbol);
    }
  }
};

inline onnx::AttributeProto &attribute(onnx::NodeProto &node, const std::string &name,
                                       onnx::AttributeProto::AttributeType type) {
  onnx::AttributeProto *added = node.add_attribute();
  added->set_name(name);
  added->set_type(type);
  return *added;
}
inline void setInteger(onnx::NodeProto &node, const std::string &name, int64_t value) {
  attribute(node, name, onnx::AttributeProto::INT).set_i(value);
}
inline onnx::GraphProto &addGraph(onnx::NodeProto &node, const std::string &name) {
  return *attribute(node, name, onnx::AttributeProto::GRAPH).mutable_g();
}

/// `EXPECT_TRUE(failsWith(result, Code::Ssa))`.
template <class Result> testing::AssertionResult failsWith(const Result &result, Code code) {
  if (result.ok())
    return testing::AssertionFailure() << "expected " << codeText(code) << ", found success";
  if (result.diagnostic().code != code)
    return testing::AssertionFailure()
           << "expected " << codeText(code) << ", found " << result.diagnostic().text();
  return testing::AssertionSuccess();
}
template <class Result> testing::AssertionResult succeeds(const Result &result) {
  return result.ok() ? testing::AssertionSuccess()
                     : testing::AssertionFailure() << result.diagnostic().text();
}

inline Tensor floatTensor(Shape shape, const std::vector<float> &values) {
  Tensor tensor = std::move(*Tensor::zeros(DType::F32, std::move(shape)));
  std::copy(values.begin(), values.end(), tensor.mutableValues<float>().begin());
  return tensor;
}
inline std::vector<float> floatsOf(const Tensor &tensor) {
  auto values = tensor.values<float>();
  return {values.begin(), values.end()};
}
/// Names of the ops in order; "if" for one with regions.
inline std::vector<std::string> opNames(const Model &model) {
  std::vector<std::string> names;
  for (const Op &op : model.ops)
    names.push_back(op.definition ? std::string(op.definition->name) : "if");
  return names;
}
inline const TensorType &outputType(const Model &model, size_t index = 0) {
  return model.values[model.outputs[index]].type;
}

} // namespace limbeck::importer::test
