// Matrix products.
#include "Gemm.h"
#include "Integer.h"
#include "limbeck/Graph/IR/Conversion.h"

namespace limbeck::graph::exporter {

static int64_t rankOf(mlir::Value value) {
  return llvm::cast<mlir::RankedTensorType>(value.getType()).getRank();
}

/// The matrix that an operand is the transpose of; null where it is none.
static mlir::Value transposedMatrix(mlir::Value operand) {
  auto transpose = operand.getDefiningOp<TransposeOp>();
  return transpose && transpose.getPerm() == llvm::ArrayRef<int64_t>{1, 0} ? transpose.getX() : mlir::Value();
}

/// Gemm is a product of two matrices with a bias, or of transposed ones.
static bool isGemm(MatmulOp product) {
  return rankOf(product.getLhs()) == 2 && rankOf(product.getRhs()) == 2 &&
         (product.getBias() || transposedMatrix(product.getLhs()) || transposedMatrix(product.getRhs()));
}

bool isPartOfGemm(TransposeOp transpose) {
  return transposedMatrix(transpose.getResult()) && !transpose.getResult().use_empty() &&
         llvm::all_of(transpose.getResult().getUses(), [](mlir::OpOperand &use) {
           auto product = llvm::dyn_cast<MatmulOp>(use.getOwner());
           return product && isGemm(product) && use.getOperandNumber() < 2;
         });
}

static Status exportGemm(MatmulOp product, GraphWriter &writer) {
  std::vector<Edge> operands;
  bool transposed[2] = {};
  for (int64_t side : {0, 1}) {
    mlir::Value matrix = product->getOperand(side), original = transposedMatrix(matrix);
    transposed[side] = original && isPartOfGemm(matrix.getDefiningOp<TransposeOp>());
    LIMBECK_ASSIGN(Edge edge, writer.operand(transposed[side] ? original : matrix));
    operands.push_back(std::move(edge));
  }
  if (product.getBias()) {
    LIMBECK_ASSIGN(Edge bias, writer.operand(product.getBias()));
    operands.push_back(std::move(bias));
  }
  Node node("Gemm", std::move(operands));
  if (transposed[0])
    node.integer("transA", 1);
  if (transposed[1])
    node.integer("transB", 1);
  return writer.finish(product, std::move(node));
}

/// A product of batches with a bias is rounded in front of the bias, which only f32 and f64 do not notice.
static Status exportMatmul(mlir::Operation *op, GraphWriter &writer) {
  auto product = llvm::cast<MatmulOp>(op);
  if (product.getAccumulate())
    return error(Code::Unsupported,
                 "expected sums in the type of the operands, as ONNX has them, found others")
        .withHint("export without --precision");
  if (isGemm(product))
    return exportGemm(product, writer);
  LIMBECK_ASSIGN(std::vector<Edge> operands, writer.operands(op->getOperands()));
  if (!product.getBias())
    return writer.finish(op, Node("MatMul", std::move(operands)));
  DType dtype = operands[0].dtype;
  if (dtype != DType::F32 && dtype != DType::F64)
    return error(Code::UnsupportedType,
                 "expected a product of batches with a bias to be of f32 or f64, found ", name(dtype));
  Node matmul("MatMul", {operands[0], operands[1]});
  LIMBECK_ASSIGN(Edge sum, writer.intermediate(op, std::move(matmul), "product", dtype));
  return writer.finish(op, Node("Add", {sum, operands[2]}));
}

/// MatMulInteger has no bias: it is added, modulo 2^32 like the sum.
static Status exportMatmulInteger(mlir::Operation *op, GraphWriter &writer) {
  auto product = llvm::cast<MatmulIntegerOp>(op);
  if (RequantizeByOp requantize = requantizationOf(op);
      requantize && !product.getBias() && isQLinear(op, requantize, rankOf(op->getResult(0)) - 1))
    return {}; // both are one node, which the requantization writes
  LIMBECK_ASSIGN(std::vector<Edge> operands, writer.operands(op->getOperands().take_front(4)));
  Node node("MatMulInteger", std::move(operands));
  if (!product.getBias())
    return writer.finish(op, std::move(node));
  LIMBECK_ASSIGN(Edge sum, writer.intermediate(op, std::move(node), "sum", DType::S32));
  LIMBECK_ASSIGN(Edge bias, writer.operand(product.getBias()));
  return writer.finish(op, Node("Add", {sum, bias}));
}

Status exportQLinearMatMul(MatmulIntegerOp product, RequantizeByOp requantize, GraphWriter &writer) {
  LIMBECK_ASSIGN(std::vector<Edge> operands, qlinearOperands(product, requantize, writer));
  return writer.finish(requantize, Node("QLinearMatMul", std::move(operands)));
}

llvm::ArrayRef<ExportRule> contractionRules() {
  static constexpr ExportRule rules[] = {
      {"matmul", "MatMul; Gemm; MatMul, Add", exportMatmul},
      {"matmul_integer", "QLinearMatMul; MatMulInteger, Add", exportMatmulInteger},
  };
  return rules;
}

} // namespace limbeck::graph::exporter
