// The verifier of every op that lib/Reference defines: infer the result types and compare with the declared ones.
#include "limbeck/Graph/IR/Constants.h"
#include "limbeck/Graph/IR/Conversion.h"
#include "limbeck/Graph/IR/Limbeck.h"
#include "limbeck/Reference/Operation.h"

#include "limbeck/Graph/IR/Interfaces.cpp.inc"

namespace limbeck::graph {

const reference::OpDefinition *findDefinition(llvm::StringRef name) {
  return reference::findOp(std::string_view(name.data(), name.size()));
}

static bool compatible(const Shape &a, const Shape &b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](int64_t x, int64_t y) {
           return x == y || x == kUnknown || y == kUnknown;
         });
}

static bool sameQuantization(const TensorType &a, const TensorType &b) {
  return TensorType{a.dtype, {}, a.quantization} == TensorType{b.dtype, {}, b.quantization};
}

/// A quantized result stands for floats, so the expressed types are compared; storage_cast alone speaks about storage.
static Status checkResult(mlir::Operation *op, size_t index, const TensorType &inferred,
                          const TensorType &declared) {
  DType found = mlir::isa<StorageCastOp>(op) ? declared.dtype : declared.expressed();
  if (found != inferred.expressed() || !compatible(inferred.shape, declared.shape))
    return error(found != inferred.expressed() ? Code::DataType : Code::Shape, "expected result ", index,
                 " to be ", inferred.text(), ", found ", declared.text());
  return {};
}

/// Movement ops work on storage: the result has the quantization of the data operands, its axis moved along.
static Status checkCarriedQuantization(MovementOpInterface op, const TensorType &result) {
  LIMBECK_ASSIGN(std::vector<TensorType> data, toTensorTypes(op.getDataOperands().getTypes()));
  if (data.empty())
    return {};
  for (const TensorType &type : data)
    if (!sameQuantization(type, data.front()))
      return error(Code::DataType, "expected data operands of one element type and quantization, found ",
                   data.front().text(), " and ", type.text());
  TensorType expected{data.front().dtype, result.shape, data.front().quantization};
  if (expected.quantization && expected.quantization->axis >= 0) {
    Quantization moved = *expected.quantization;
    auto axis = op.mapAxis(moved.axis);
    if (!axis)
      return error(Code::QuantizedAxis, "expected an op that keeps the slices along quantization axis ",
                   moved.axis, " whole and in order")
          .withHint("dequantize first, or quantize per tensor");
    moved.axis = *axis;
    expected.quantization = std::make_shared<const Quantization>(std::move(moved));
  }
  if (!sameQuantization(expected, result))
    return error(Code::DataType, "expected the quantization of the operand, ", expected.text(), ", found ",
                 result.text());
  return {};
}

static Status checkReferenceOp(ReferenceOpInterface op) {
  const reference::OpDefinition *definition = op.getDefinition();
  if (!definition)
    return error(Code::UnsupportedOp, "lib/Reference has no definition of '", op.getReferenceName().str(),
                 "'");
  LIMBECK_ASSIGN(reference::Attributes attributes, toAttributes(op));
  LIMBECK_ASSIGN(std::vector<TensorType> operands, toTensorTypes(op->getOperandTypes()));
  LIMBECK_ASSIGN(std::vector<TensorType> declared, toTensorTypes(op->getResultTypes()));

  std::vector<std::optional<Tensor>> values;
  for (mlir::Value operand : op->getOperands())
    values.push_back(smallConstantOf(operand));
  std::vector<const Tensor *> constants;
  for (const auto &value : values)
    constants.push_back(value ? &*value : nullptr);

  LIMBECK_ASSIGN(std::vector<TensorType> inferred,
                 reference::infer(*definition, attributes, operands, constants));
  if (inferred.size() != declared.size())
    return error(Code::Arity, "expected ", inferred.size(), " results, found ", declared.size());
  for (size_t i = 0; i < declared.size(); ++i)
    LIMBECK_TRY(checkResult(op, i, inferred[i], declared[i]));
  if (auto movement = mlir::dyn_cast<MovementOpInterface>(op.getOperation()))
    return checkCarriedQuantization(movement, declared.front());
  return {};
}

llvm::LogicalResult detail::verifyReferenceOp(mlir::Operation *op) {
  auto reference = mlir::cast<ReferenceOpInterface>(op);
  Status status = checkReferenceOp(reference);
  if (status.ok())
    return llvm::success();
  mlir::InFlightDiagnostic report = emitDiagnostic(op, status.diagnostic());
  llvm::StringRef message = status.diagnostic().message;
  auto fault =
      llvm::find_if(reference.getFaults(), [&](Fault each) { return message.contains(each.message); });
  if (fault != reference.getFaults().end())
    report << " (" << fault->constraint << ")";
  return report;
}

} // namespace limbeck::graph
