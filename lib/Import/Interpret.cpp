// Runs a Model on lib/Reference: the oracle that needs no MLIR.
#include "Liveness.h"
#include "limbeck/Import/Importer.h"
#include <algorithm>
#include <new>
#include <unordered_set>

namespace limbeck::importer {
namespace {

class Interpreter {
public:
  Interpreter(const Model &model, const Limits &limits)
      : model(model), limits(limits), values(model.values.size()) {}

  Expected<std::vector<Tensor>> run(std::span<const Tensor> inputs) {
    for (size_t i = 0; i < inputs.size(); ++i)
      LIMBECK_TRY(store(model.inputs[i], inputs[i]));
    LIMBECK_TRY(run(model.ops, model.outputs));
    std::vector<Tensor> outputs;
    for (ValueId output : model.outputs) {
      LIMBECK_ASSIGN(Tensor value, valueOf(output));
      outputs.push_back(std::move(value));
    }
    return outputs;
  }

private:
  Expected<Tensor> valueOf(ValueId value) const {
    const auto &constant = model.values[value].constant;
    if (constant)
      return *constant;
    if (!values[value])
      return error(Code::Internal, "value '", model.values[value].name, "' is used before it is computed");
    return *values[value];
  }

  Status store(ValueId value, Tensor tensor) {
    aliveBytes += static_cast<int64_t>(tensor.byteSize());
    if (aliveBytes > limits.runBytes)
      return error(Code::LimitMemory, "the run needs more than ", limits.runBytes,
                   " bytes of memory at once");
    values[value] = std::move(tensor);
    return {};
  }

  void drop(ValueId value) {
    if (!values[value])
      return;
    aliveBytes -= static_cast<int64_t>(values[value]->byteSize());
    values[value].reset();
  }

  Status run(const std::vector<Op> &ops, const std::vector<ValueId> &results) {
    std::vector<std::vector<ValueId>> dying = lastUses(ops, results);
    std::unordered_set<ValueId> ours; // a region must not drop what the graph around it still uses
    for (size_t i = 0; i < ops.size(); ++i) {
      if (auto status = runOp(ops[i]); !status)
        return located(std::move(status.diagnostic()), ops[i]);
      for (ValueId result : ops[i].results)
        ours.insert(result);
      for (ValueId value : dying[i])
        if (ours.contains(value) || &ops == &model.ops)
          drop(value);
    }
    return {};
  }

  Diagnostic located(Diagnostic diagnostic, const Op &op) const {
    if (!diagnostic.node.empty() || op.source >= model.sources.size())
      return diagnostic;
    return diagnostic.atNode(model.sources[op.source].name).atOp(model.sources[op.source].opType);
  }

  Status runOp(const Op &op) {
    if (!op.definition)
      return runIf(op);
    std::vector<Tensor> operands;
    std::vector<TensorType> types;
    std::vector<const Tensor *> constants;
    for (ValueId operand : op.operands) {
      LIMBECK_ASSIGN(Tensor value, valueOf(operand));
      types.push_back({value.dtype(), value.shape(), model.values[operand].type.quantization});
      operands.push_back(std::move(value));
    }
    for (const Tensor &operand : operands)
      constants.push_back(&operand);
    // Inferred again, now that every shape is known.
    LIMBECK_ASSIGN(std::vector<TensorType> results,
                   reference::infer(*op.definition, op.attributes, types, constants));
    if (results.size() != op.results.size())
      return error(Code::Internal, "expected ", op.results.size(), " results, found ", results.size());
    for (size_t i = 0; i < results.size(); ++i) {
      const TensorType &planned = model.values[op.results[i]].type;
      if (planned.quantization)
        results[i] = {planned.dtype, results[i].shape, planned.quantization};
      LIMBECK_TRY(checkFits(results[i]));
    }
    LIMBECK_ASSIGN(std::vector<Tensor> values,
                   reference::evaluate(*op.definition, {op.attributes, types, operands, results}));
    if (values.size() != op.results.size())
      return error(Code::Internal, "expected ", op.results.size(), " values, found ", values.size());
    for (size_t i = 0; i < values.size(); ++i)
      LIMBECK_TRY(store(op.results[i], std::move(values[i])));
    return {};
  }

  /// Before the memory is taken.
  Status checkFits(const TensorType &type) const {
    LIMBECK_ASSIGN(int64_t count, elementCount(type.shape, limits.elements));
    if (count == kUnknown)
      return error(Code::Unsupported, "the shape ", shapeText(type.shape), " depends on data");
    if (count > (limits.runBytes - aliveBytes) / static_cast<int64_t>(storageBytes(type.dtype)))
      return error(Code::LimitMemory, "the run needs more than ", limits.runBytes,
                   " bytes of memory at once");
    return {};
  }

  Status runIf(const Op &op) {
    LIMBECK_ASSIGN(Tensor condition, valueOf(op.operands[0]));
    if (condition.dtype() != DType::Bool || condition.size() != 1)
      return error(Code::Shape, "expected a condition of one bool, found ", shapeText(condition.shape()));
    const Region &region = op.regions[condition.values<bool>()[0] ? 0 : 1];
    LIMBECK_TRY(run(region.ops, region.results));
    for (size_t i = 0; i < op.results.size(); ++i) {
      LIMBECK_ASSIGN(Tensor value, valueOf(region.results[i]));
      LIMBECK_TRY(store(op.results[i], std::move(value)));
    }
    for (const Op &inner : region.ops)
      for (ValueId result : inner.results)
        drop(result);
    return {};
  }

  const Model &model;
  const Limits &limits;
  std::vector<std::optional<Tensor>> values;
  int64_t aliveBytes = 0;
};

Status checkInput(const Value &expected, const std::string &name, const Tensor &given) {
  bool fits = given.dtype() == expected.type.dtype && given.shape().size() == expected.type.shape.size();
  for (size_t axis = 0; fits && axis < given.shape().size(); ++axis)
    fits = expected.type.shape[axis] == kUnknown || expected.type.shape[axis] == given.shape()[axis];
  if (fits)
    return {};
  return error(Code::InputData, "input '", name, "': expected ", expected.type.text(), ", found ",
               TensorType{given.dtype(), given.shape(), nullptr}.text());
}

} // namespace

Expected<std::vector<Tensor>> interpret(const Model &model, std::span<const Tensor> inputs,
                                        const Limits &limits) {
  try {
    if (inputs.size() != model.inputs.size())
      return error(Code::InputData, "expected ", model.inputs.size(), " inputs, found ", inputs.size());
    for (size_t i = 0; i < inputs.size(); ++i)
      LIMBECK_TRY(checkInput(model.values[model.inputs[i]], model.inputNames[i], inputs[i]));
    return Interpreter(model, limits).run(inputs);
  } catch (const std::bad_alloc &) {
    return error(Code::Memory, "no memory left while the model ran");
  } catch (const std::exception &exception) {
    return error(Code::Internal, exception.what());
  }
}

} // namespace limbeck::importer
