// Verifiers of the ops without a definition in lib/Reference.
#include "limbeck/Graph/IR/Constants.h"
#include "limbeck/Graph/IR/Conversion.h"
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

llvm::LogicalResult LaunchOp::verifySymbolUses(mlir::SymbolTableCollection &symbolTable) {
  if (symbolTable.lookupNearestSymbolFrom<mlir::FunctionOpInterface>(*this, getKernelAttr()))
    return llvm::success();
  return emitOpError("expected '") << getKernel() << "' to name a function (launch_c1)";
}

} // namespace limbeck::graph
