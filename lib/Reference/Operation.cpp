// The registry of op definitions, and the dispatcher that widens, dequantizes and quantizes around an op.
#include "limbeck/Reference/Operation.h"
#include "limbeck/Reference/Quantize.h"
#include "limbeck/Reference/Registry.h"
#include <algorithm>

namespace limbeck::reference {

static const DefinitionList &definitions() {
  static const DefinitionList list = [] {
    DefinitionList all;
#define LIMBECK_FAMILY(name) define##name(all);
#include "limbeck/Reference/Families.def"
    std::sort(all.begin(), all.end(), [](const auto &a, const auto &b) { return a.name < b.name; });
    return all;
  }();
  return list;
}

const OpDefinition *findOp(std::string_view name) {
  const DefinitionList &list = definitions();
  auto found =
      std::lower_bound(list.begin(), list.end(), name,
                       [](const OpDefinition &op, std::string_view wanted) { return op.name < wanted; });
  return found != list.end() && found->name == name ? &*found : nullptr;
}

std::vector<const OpDefinition *> allOps() {
  std::vector<const OpDefinition *> all;
  for (const OpDefinition &op : definitions())
    all.push_back(&op);
  return all;
}

Expected<std::vector<TensorType>> infer(const OpDefinition &op, const Attributes &attributes,
                                        std::span<const TensorType> operands,
                                        std::span<const Tensor *const> constants) {
  int count = static_cast<int>(operands.size());
  if (count < op.minimumOperands || (op.maximumOperands >= 0 && count > op.maximumOperands))
    return error(Code::Arity, "expected ",
                 op.minimumOperands == op.maximumOperands ? message(op.minimumOperands)
                 : op.maximumOperands < 0 ? message("at least ", op.minimumOperands)
                                          : message(op.minimumOperands, " to ", op.maximumOperands),
                 " operands, found ", count);
  std::vector<TensorType> expressed(operands.begin(), operands.end());
  if (op.kind != Kind::Exact)
    for (TensorType &type : expressed)
      type = {type.expressed(), std::move(type.shape), nullptr};
  return op.infer(Call{attributes, expressed, constants, operands});
}

static bool isHalf(DType type) {
  return type == DType::F16 || type == DType::BF16;
}

Expected<std::vector<Tensor>> evaluateWidened(const OpDefinition &op, const Evaluation &evaluation) {
  std::vector<Tensor> operands;
  std::vector<TensorType> operandTypes, resultTypes;
  for (size_t i = 0; i < evaluation.operands.size(); ++i) {
    Tensor value = evaluation.operands[i];
    if (evaluation.operandTypes[i].quantization) {
      LIMBECK_ASSIGN(value, dequantizeTensor(value, evaluation.operandTypes[i]));
    }
    if (isHalf(value.dtype())) {
      LIMBECK_ASSIGN(value, convertFloat(value, DType::F32));
    }
    operandTypes.push_back({value.dtype(), value.shape(), nullptr});
    operands.push_back(std::move(value));
  }
  for (const TensorType &type : evaluation.resultTypes)
    resultTypes.push_back({isHalf(type.expressed()) ? DType::F32 : type.expressed(), type.shape, nullptr});
  LIMBECK_ASSIGN(std::vector<Tensor> results,
                 op.evaluate(Evaluation{evaluation.attributes, operandTypes, operands, resultTypes}));
  for (size_t i = 0; i < results.size(); ++i) {
    const TensorType &type = evaluation.resultTypes[i];
    if (isHalf(type.expressed())) {
      LIMBECK_ASSIGN(results[i], convertFloat(results[i], type.expressed()));
    }
    if (type.quantization) {
      LIMBECK_ASSIGN(results[i], quantizeTensor(results[i], type));
    }
  }
  return results;
}

Expected<std::vector<Tensor>> evaluate(const OpDefinition &op, const Evaluation &evaluation) {
  if (op.kind != Kind::Compute)
    return op.evaluate(evaluation);
  auto quantized = [](const TensorType &type) { return type.quantization != nullptr; };
  if (op.evaluateQuantized &&
      std::any_of(evaluation.operandTypes.begin(), evaluation.operandTypes.end(), quantized))
    return op.evaluateQuantized(evaluation);
  return evaluateWidened(op, evaluation);
}

} // namespace limbeck::reference
