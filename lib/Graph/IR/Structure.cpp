// Verifiers of the ops without a definition in lib/Reference.
#include "limbeck/Graph/IR/Constants.h"
#include "limbeck/Graph/IR/Conversion.h"
#include "limbeck/Graph/IR/Samples.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

namespace limbeck::graph {

static Status checkResource(ConstOp op, const TensorType &type) {
  auto resource = mlir::dyn_cast<mlir::DenseResourceElementsAttr>(op.getValue());
  const mlir::AsmResourceBlob *blob = resource ? resource.getRawHandle().getBlob() : nullptr;
  if (!blob)
    return {};
  LIMBECK_ASSIGN(int64_t count, elementCount(type.shape, Limits().elements));
  if (int64_t bytes = blobBytes(type.dtype, count); bytes != static_cast<int64_t>(blob->getData().size()))
    return error(Code::DataSize, "expected ", bytes, " bytes for ", type.text(), ", found ",
                 blob->getData().size());
  return {};
}

llvm::LogicalResult ConstOp::verify() {
  Expected<TensorType> type = toTensorType(getType());
  if (!type)
    return emitDiagnostic(*this, type.diagnostic()) << " (const_c1)";
  Status status = checkResource(*this, *type);
  if (status.ok())
    return llvm::success();
  return emitDiagnostic(*this, status.diagnostic()) << " (const_c2)";
}

llvm::LogicalResult FusedOp::verifyRegions() {
  mlir::Block &block = getBody().front();
  if (block.getArgumentTypes() != getInputs().getTypes())
    return emitOpError("expected one block argument per operand, of the same type (fused_c1)");
  if (block.getTerminator()->getOperandTypes() != getOutputs().getTypes())
    return emitOpError("expected the region to yield one value per result, of the same type (fused_c2)");
  return llvm::success();
}

llvm::LogicalResult PerSampleOp::verify() {
  std::optional<int64_t> samples;
  for (mlir::Type type : llvm::concat<const mlir::Type>(llvm::to_vector(getOperandTypes()),
                                                        llvm::to_vector(getResultTypes()))) {
    auto tensor = mlir::cast<mlir::RankedTensorType>(type);
    bool known = tensor.getRank() > 0 && tensor.hasStaticShape() && tensor.getDimSize(0) > 1;
    if (!known || samples.value_or(tensor.getDimSize(0)) != tensor.getDimSize(0))
      return emitOpError("expected static shapes with one first dimension of at least 2, found ")
             << type << " (per_sample_c1)";
    samples = tensor.getDimSize(0);
  }
  if (getInputs().empty())
    return emitOpError("expected an operand (per_sample_c1)");
  return llvm::success();
}

/// Whether each type of `one` is that of a sample of `all`.
static bool areSamples(mlir::TypeRange one, mlir::TypeRange all) {
  return one.size() == all.size() && llvm::all_of(llvm::zip_equal(one, all), [](const auto &types) {
           return std::get<0>(types) == sampleType(mlir::cast<mlir::RankedTensorType>(std::get<1>(types)));
         });
}

llvm::LogicalResult PerSampleOp::verifyRegions() {
  mlir::Block &block = getBody().front();
  if (!areSamples(block.getArgumentTypes(), getInputs().getTypes()))
    return emitOpError("expected one block argument per operand, of the type of one sample (per_sample_c2)");
  if (!areSamples(block.getTerminator()->getOperandTypes(), getOutputs().getTypes()))
    return emitOpError(
        "expected the region to yield one value per result, of the type of one sample (per_sample_c3)");
  return llvm::success();
}

llvm::LogicalResult LaunchOp::verifySymbolUses(mlir::SymbolTableCollection &symbolTable) {
  if (symbolTable.lookupNearestSymbolFrom<mlir::FunctionOpInterface>(*this, getKernelAttr()))
    return llvm::success();
  return emitOpError("expected '") << getKernel() << "' to name a function (launch_c1)";
}

} // namespace limbeck::graph
