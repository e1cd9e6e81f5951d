// A model of one node, written in a line: NodeModel("Slice", 9).input({2, 3}).attribute("starts",
// {0}).import().
#pragma once
#include "limbeck/Import/Importer.h"
#include <concepts>
#include <onnx.pb.h>

namespace limbeck::importer {

class NodeModel {
public:
  explicit NodeModel(const std::string &opType, int64_t opset = 21, const std::string &domain = "") {
    proto.set_ir_version(8);
    addOpset("", domain.empty() ? opset : 21);
    if (!domain.empty())
      addOpset(domain, opset);
    proto.mutable_graph()->set_name("graph");
    proto.mutable_graph()->add_node();
    node().set_op_type(opType);
    node().set_domain(domain);
    node().set_name("node");
    outputs(1);
  }

  /// A graph input; -1 is a dimension that is not known.
  NodeModel &input(const std::vector<int64_t> &dims, int type = onnx::TensorProto::FLOAT) {
    onnx::ValueInfoProto *info = proto.mutable_graph()->add_input();
    info->set_name(nextOperand());
    auto *tensor = info->mutable_type()->mutable_tensor_type();
    tensor->set_elem_type(type);
    tensor->mutable_shape();
    for (int64_t dim : dims) {
      auto *entry = tensor->mutable_shape()->add_dim();
      if (dim >= 0)
        entry->set_dim_value(dim);
      else
        entry->set_dim_param("D" + std::to_string(symbols++));
    }
    return *this;
  }
  NodeModel &absent() { return node().add_input(""), *this; }
  /// An s64 initializer of rank 1.
  NodeModel &indices(const std::vector<int64_t> &values) {
    onnx::TensorProto *tensor =
        addInitializer(onnx::TensorProto::INT64, {static_cast<int64_t>(values.size())});
    tensor->mutable_int64_data()->Add(values.begin(), values.end());
    return *this;
  }
  /// An f32 initializer of rank 1, a scalar when `rank` is 0.
  NodeModel &floats(const std::vector<float> &values, int rank = 1) {
    onnx::TensorProto *tensor = addInitializer(onnx::TensorProto::FLOAT, {});
    if (rank == 1)
      tensor->add_dims(static_cast<int64_t>(values.size()));
    tensor->mutable_float_data()->Add(values.begin(), values.end());
    return *this;
  }
  /// An f32 initializer full of one value.
  NodeModel &matrix(const std::vector<int64_t> &dims, float value) {
    onnx::TensorProto *tensor = addInitializer(onnx::TensorProto::FLOAT, dims);
    for (int64_t i = 0; i < dims[0] * dims[1]; ++i)
      tensor->add_float_data(value);
    return *this;
  }
  /// An initializer of a type that is held in int32_data.
  NodeModel &integers(int type, const std::vector<int64_t> &dims, const std::vector<int32_t> &values) {
    addInitializer(type, dims)->mutable_int32_data()->Add(values.begin(), values.end());
    return *this;
  }
  NodeModel &scale(float value) { return floats({value}, 0); }
  NodeModel &zero(int32_t value, int type = onnx::TensorProto::UINT8) { return integers(type, {}, {value}); }

  template <std::integral Integer> NodeModel &attribute(const std::string &name, Integer value) {
    auto *attribute = addAttribute(name, onnx::AttributeProto::INT);
    return attribute->set_i(value), *this;
  }
  template <std::floating_point Float> NodeModel &attribute(const std::string &name, Float value) {
    auto *attribute = addAttribute(name, onnx::AttributeProto::FLOAT);
    return attribute->set_f(value), *this;
  }
  NodeModel &text(const std::string &name, const std::string &value) {
    auto *attribute = addAttribute(name, onnx::AttributeProto::STRING);
    return attribute->set_s(value), *this;
  }
  NodeModel &attribute(const std::string &name, const std::vector<int64_t> &values) {
    auto *attribute = addAttribute(name, onnx::AttributeProto::INTS);
    return attribute->mutable_ints()->Add(values.begin(), values.end()), *this;
  }
  NodeModel &outputs(int count) {
    node().clear_output();
    proto.mutable_graph()->clear_output();
    for (int i = 0; i < count; ++i) {
      node().add_output("out" + std::to_string(i));
      proto.mutable_graph()->add_output()->set_name("out" + std::to_string(i));
    }
    return *this;
  }

  Expected<Model> import(const Options &options = {}) const {
    std::string bytes = proto.SerializeAsString();
    return importBytes(std::as_bytes(std::span(bytes)), "model.onnx", options);
  }

private:
  onnx::NodeProto &node() { return *proto.mutable_graph()->mutable_node(0); }
  void addOpset(const std::string &domain, int64_t version) {
    auto *opset = proto.add_opset_import();
    opset->set_domain(domain);
    opset->set_version(version);
  }
  std::string nextOperand() {
    std::string name = "in" + std::to_string(node().input_size());
    node().add_input(name);
    return name;
  }
  onnx::TensorProto *addInitializer(int type, const std::vector<int64_t> &dims) {
    onnx::TensorProto *tensor = proto.mutable_graph()->add_initializer();
    tensor->set_name(nextOperand());
    tensor->set_data_type(type);
    tensor->mutable_dims()->Add(dims.begin(), dims.end());
    return tensor;
  }
  onnx::AttributeProto *addAttribute(const std::string &name, onnx::AttributeProto::AttributeType type) {
    onnx::AttributeProto *attribute = node().add_attribute();
    attribute->set_name(name);
    attribute->set_type(type);
    return attribute;
  }

  onnx::ModelProto proto;
  int symbols = 0;
};

/// The text of the diagnostic's code, or "ok".
inline std::string codeOf(const Expected<Model> &model) {
  return model ? "ok" : std::string(codeText(model.diagnostic().code));
}

/// The names of a model's ops in order, `conv reshape`.
inline std::string opsOf(const Model &model) {
  std::string names;
  for (const Op &op : model.ops)
    names += (names.empty() ? "" : " ") + std::string(op.definition ? op.definition->name : "if");
  return names;
}

inline const TensorType &outputType(const Model &model, size_t index = 0) {
  return model.values[model.outputs[index]].type;
}

} // namespace limbeck::importer
