// What each op of a float graph demands of the channels of its operands and results.
#pragma once
#include "ChannelFields.h"
#include "limbeck/Graph/IR/Limbeck.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace limbeck::quantize {

/// A constant of f32.
bool isFloatConstant(mlir::Value value);
/// Whether the op multiplies or divides by a constant, which can take the factors of both sides.
bool takesBothFactors(mlir::Operation *op);

/// Fields of all values that a channel of a contraction that takes factors is related to.
class ChannelRelations {
public:
  explicit ChannelRelations(mlir::func::FuncOp function);

  ChannelSets sets;
  llvm::DenseMap<mlir::Value, ChannelField> fields;

private:
  void seed(mlir::Value value, size_t axis);
  void join(mlir::Value value, ChannelField field);
  void fix(mlir::Value value);
  void fixAll(mlir::Operation *op);
  void uniteAlong(mlir::Value value, llvm::function_ref<bool(size_t)> dims);
  void same(mlir::Value left, mlir::Value right);
  void spread(mlir::Value operand, mlir::Value result);
  void relate(mlir::Operation *op);
  void relateReshape(graph::ReshapeOp op);
  void relateTranspose(graph::TransposeOp op);
  void relateReduction(mlir::Operation *op, llvm::ArrayRef<int64_t> axes, bool keepdims);
  void relateConcat(graph::ConcatOp op);
  void relateProduct(graph::MatmulOp op);
  void relateNorm(mlir::Operation *op);

  llvm::SmallVector<mlir::Value> pending;
  mlir::Region *body;
};

} // namespace limbeck::quantize
