// Bytes are read as choices that build a structured model, which is imported and interpreted: the shapes that
// inference promised must be the shapes that come out, with dimensions known and unknown.
#include "limbeck/Import/Importer.h"
#include <cstdio>
#include <cstdlib>
#include <fuzzer/FuzzedDataProvider.h>
#include <onnx.pb.h>

using namespace limbeck;

namespace {

enum class Extra { None, Indices, Weight };

/// An op with operands made up for it: how many values it takes, and what comes after them.
struct OpChoice {
  const char *name;
  int values;
  Extra extra;
  const char *axis; ///< integer attribute to draw, or null
  const char *list; ///< integer list attribute to draw, or null
};
constexpr OpChoice opChoices[] = {
    {"Relu", 1, Extra::None, nullptr, nullptr},
    {"Add", 2, Extra::None, nullptr, nullptr},
    {"Mul", 2, Extra::None, nullptr, nullptr},
    {"Concat", 2, Extra::None, "axis", nullptr},
    {"Transpose", 1, Extra::None, nullptr, "perm"},
    {"Softmax", 1, Extra::None, "axis", nullptr},
    {"Flatten", 1, Extra::None, "axis", nullptr},
    {"MatMul", 2, Extra::None, nullptr, nullptr},
    {"Conv", 1, Extra::Weight, nullptr, "pads"},
    {"MaxPool", 1, Extra::None, nullptr, "kernel_shape"},
    {"AveragePool", 1, Extra::None, nullptr, "kernel_shape"},
    {"ReduceMean", 1, Extra::None, "keepdims", "axes"},
    {"Reshape", 1, Extra::Indices, nullptr, nullptr},
    {"Unsqueeze", 1, Extra::Indices, nullptr, nullptr},
    {"Squeeze", 1, Extra::Indices, nullptr, nullptr},
    {"Gather", 1, Extra::Indices, "axis", nullptr},
    {"Expand", 1, Extra::Indices, nullptr, nullptr},
    {"Tile", 1, Extra::Indices, nullptr, nullptr},
    {"Pad", 1, Extra::Indices, nullptr, nullptr},
    {"ArgMax", 1, Extra::None, "axis", nullptr},
    {"Shape", 1, Extra::None, "start", nullptr},
    {"Cast", 1, Extra::None, "to", nullptr},
    {"GlobalAveragePool", 1, Extra::None, nullptr, nullptr},
};

class ModelMaker {
public:
  explicit ModelMaker(FuzzedDataProvider &choices) : choices(choices) {}

  std::string make() {
    model.set_ir_version(8);
    model.add_opset_import()->set_version(17);
    int inputs = choices.ConsumeIntegralInRange(1, 3);
    for (int i = 0; i < inputs; ++i)
      addInput("x" + std::to_string(i));
    int nodes = choices.ConsumeIntegralInRange(1, 8);
    for (int i = 0; i < nodes; ++i)
      addNode("v" + std::to_string(i));
    int outputs = choices.ConsumeIntegralInRange(1, 2);
    for (int i = 0; i < outputs; ++i)
      model.mutable_graph()->add_output()->set_name(values[values.size() - 1 - static_cast<size_t>(i)]);
    return model.SerializeAsString();
  }

private:
  int64_t small() { return choices.ConsumeIntegralInRange<int64_t>(-2, 5); }

  void addInput(const std::string &name) {
    onnx::ValueInfoProto *input = model.mutable_graph()->add_input();
    input->set_name(name);
    auto *type = input->mutable_type()->mutable_tensor_type();
    type->set_elem_type(choices.PickValueInArray({onnx::TensorProto::FLOAT, onnx::TensorProto::INT64,
                                                  onnx::TensorProto::UINT8, onnx::TensorProto::FLOAT16}));
    auto *shape = type->mutable_shape();
    int rank = choices.ConsumeIntegralInRange(0, 4);
    for (int axis = 0; axis < rank; ++axis) {
      if (choices.ConsumeIntegralInRange(0, 3) == 0)
        shape->add_dim()->set_dim_param(choices.ConsumeBool() ? "n" : "m");
      else
        shape->add_dim()->set_dim_value(choices.ConsumeIntegralInRange(0, 5));
    }
    values.push_back(name);
  }

  void addList(onnx::NodeProto *node, const char *name, int longest) {
    onnx::AttributeProto *attribute = node->add_attribute();
    attribute->set_name(name);
    attribute->set_type(onnx::AttributeProto::INTS);
    int count = choices.ConsumeIntegralInRange(0, longest);
    for (int i = 0; i < count; ++i)
      attribute->add_ints(small());
  }

  /// A constant whose shape or elements are drawn.
  std::string addConstant(Extra extra) {
    onnx::TensorProto *tensor = model.mutable_graph()->add_initializer();
    tensor->set_name("c" + std::to_string(model.graph().initializer_size()));
    if (extra == Extra::Indices) {
      tensor->set_data_type(onnx::TensorProto::INT64);
      int count = choices.ConsumeIntegralInRange(0, 5);
      tensor->add_dims(count);
      for (int i = 0; i < count; ++i)
        tensor->add_int64_data(small());
      return tensor->name();
    }
    tensor->set_data_type(onnx::TensorProto::FLOAT);
    int64_t count = 1;
    for (int axis = 0; axis < 4; ++axis) {
      tensor->add_dims(choices.ConsumeIntegralInRange(1, 3));
      count *= tensor->dims(axis);
    }
    for (int64_t i = 0; i < count; ++i)
      tensor->add_float_data(static_cast<float>(i % 7) - 3);
    return tensor->name();
  }

  void addNode(const std::string &result) {
    const OpChoice &choice = choices.PickValueInArray(opChoices);
    onnx::NodeProto *node = model.mutable_graph()->add_node();
    node->set_op_type(choice.name);
    for (int i = 0; i < choice.values; ++i)
      node->add_input(values[choices.ConsumeIntegralInRange<size_t>(0, values.size() - 1)]);
    if (choice.extra != Extra::None)
      node->add_input(addConstant(choice.extra));
    node->add_output(result);
    if (choice.axis) {
      onnx::AttributeProto *attribute = node->add_attribute();
      attribute->set_name(choice.axis);
      attribute->set_type(onnx::AttributeProto::INT);
      attribute->set_i(choices.ConsumeIntegralInRange<int64_t>(-3, 12));
    }
    if (choice.list)
      addList(node, choice.list, 4);
    values.push_back(result);
  }

  FuzzedDataProvider &choices;
  onnx::ModelProto model;
  std::vector<std::string> values;
};

void fail(const char *what, const std::string &text) {
  std::fprintf(stderr, "%s: %s\n", what, text.c_str());
  std::abort();
}

/// Values for the inputs; unknown dimensions get a size.
std::vector<Tensor> drawInputs(const importer::Model &model, FuzzedDataProvider &choices) {
  std::vector<Tensor> inputs;
  for (importer::ValueId input : model.inputs) {
    const TensorType &type = model.values[input].type;
    Shape shape = type.shape;
    for (int64_t &dim : shape)
      if (dim == kUnknown)
        dim = choices.ConsumeIntegralInRange(0, 4);
    auto tensor = Tensor::zeros(type.dtype, shape);
    if (!tensor)
      fail("input", tensor.diagnostic().text());
    choices.ConsumeData(tensor->mutableBytes(), tensor->byteSize());
    inputs.push_back(std::move(*tensor));
  }
  return inputs;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  FuzzedDataProvider choices(data, size);
  std::string bytes = ModelMaker(choices).make();
  auto model = importer::importBytes(std::as_bytes(std::span(bytes)), "fuzz.onnx", {});
  if (!model) {
    if (model.diagnostic().code == Code::Internal)
      fail("import", model.diagnostic().text());
    return 0;
  }
  Limits limits;
  limits.runBytes = int64_t(1) << 26;
  auto results = importer::interpret(*model, drawInputs(*model, choices), limits);
  if (!results) {
    if (results.diagnostic().code == Code::Internal)
      fail("interpret", results.diagnostic().text());
    return 0; // shapes that meet only at run time
  }
  for (size_t i = 0; i < results->size(); ++i) {
    const TensorType &promised = model->values[model->outputs[i]].type;
    const Tensor &found = (*results)[i];
    bool fits = promised.dtype == found.dtype() && promised.shape.size() == found.shape().size();
    for (size_t axis = 0; fits && axis < promised.shape.size(); ++axis)
      fits = promised.shape[axis] == kUnknown || promised.shape[axis] == found.shape()[axis];
    if (!fits)
      fail("promised and found", promised.text() + " " + shapeText(found.shape()));
  }
  return 0;
}
