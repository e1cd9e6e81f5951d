// MatMul, Gemm, and the integer products MatMulInteger, QLinearMatMul and com.microsoft.QGemm.
#include "Quantized.h"
#include <algorithm>

namespace limbeck::importer {

namespace {
/// Operands of a product as matrices, and which of them were vectors.
struct Matrices {
  ValueId a, b;
  bool aWasVector = false, bWasVector = false;
};
} // namespace

/// numpy's rule: a vector on the left is a row, one on the right a column.
static Expected<Matrices> promoteVectors(Builder &builder, ValueId a, ValueId b) {
  Matrices result{a, b, rankOf(builder, a) == 1, rankOf(builder, b) == 1};
  if (rankOf(builder, a) == 0 || rankOf(builder, b) == 0)
    return error(Code::Shape, "expected operands of rank 1 or more, found a scalar");
  if (result.aWasVector) {
    LIMBECK_ASSIGN(result.a, reshapeTo(builder, a, {1, shapeOf(builder, a)[0]}));
  }
  if (result.bWasVector) {
    LIMBECK_ASSIGN(result.b, reshapeTo(builder, b, {shapeOf(builder, b)[0], 1}));
  }
  return result;
}

/// Removes from a product the dimensions that promoteVectors added.
static Results demoteVectors(Builder &builder, ValueId product, const Matrices &matrices) {
  Shape shape = shapeOf(builder, product);
  Indices kept = firstAxes(static_cast<int64_t>(shape.size()));
  auto remove = [&](size_t fromBack) {
    shape.erase(shape.end() - fromBack);
    kept.erase(kept.end() - fromBack);
  };
  if (matrices.bWasVector)
    remove(1);
  if (matrices.aWasVector)
    remove(matrices.bWasVector ? 1 : 2);
  return single(reshapeTo(builder, product, std::move(shape), std::move(kept)));
}

/// Integers have products since opset 9.
static Status checkProductType(const Node &node, const Builder &builder) {
  DType dtype = dtypeOf(builder, *node.operands[0]);
  if (isInteger(dtype) && node.opset < 9)
    return error(Code::DataType, "expected floats at opset ", node.opset, ", found ", name(dtype));
  return {};
}

static Results importMatMul(const Node &node, Builder &builder) {
  LIMBECK_ASSIGN(ValueId a, operand(node, 0, "A"));
  LIMBECK_ASSIGN(ValueId b, operand(node, 1, "B"));
  LIMBECK_TRY(checkProductType(node, builder));
  LIMBECK_ASSIGN(Matrices matrices, promoteVectors(builder, a, b));
  LIMBECK_ASSIGN(ValueId product, builder.createOne("matmul", {}, {matrices.a, matrices.b}));
  return demoteVectors(builder, product, matrices);
}

/// A matrix operand of Gemm, transposed where the flag says so.
static Expected<ValueId> gemmOperand(const Node &node, Builder &builder, size_t index,
                                     const std::string &flag) {
  LIMBECK_ASSIGN(ValueId matrix, operand(node, index, flag.substr(5)));
  LIMBECK_ASSIGN(int64_t transposed, node.integer(flag, 0));
  if (rankOf(builder, matrix) != 2)
    return error(Code::Shape, "expected a matrix, found shape ", shapeText(shapeOf(builder, matrix)));
  if (transposed == 0)
    return matrix;
  return builder.createOne("transpose", {{"perm", Indices{1, 0}}}, {matrix});
}

static Expected<ValueId> scaledBy(Builder &builder, ValueId value, float factor) {
  if (factor == 1.0f)
    return value;
  return builder.createOne("mul", {{"arith", ""}},
                           {value, scalarConstant(builder, dtypeOf(builder, value), factor)});
}

/// A bias that is one row, as the vector that the products of the dialect add; nullopt when it is anything
/// else.
static Expected<std::optional<ValueId>> biasRow(Builder &builder, ValueId bias, int64_t columns) {
  Shape shape = shapeOf(builder, bias);
  bool row = shape.size() == 1 || (shape.size() == 2 && shape[0] == 1);
  if (!row || shape.back() != columns || columns == kUnknown)
    return std::optional<ValueId>();
  LIMBECK_ASSIGN(ValueId vector, reshapeTo(builder, bias, {columns}));
  return std::optional(vector);
}

/// The addend of Gemm must broadcast to the product, never widen it.
static Status checkAddend(const Builder &builder, ValueId addend, const Shape &product) {
  LIMBECK_ASSIGN(Shape sum, broadcastShapes(shapeOf(builder, addend), product));
  if (sum.size() != product.size())
    return error(Code::Shape, "expected C to broadcast to ", shapeText(product), ", found shape ",
                 shapeText(shapeOf(builder, addend)));
  for (size_t i = 0; i < product.size(); ++i)
    if (product[i] != kUnknown && sum[i] != product[i])
      return error(Code::Shape, "expected C to broadcast to ", shapeText(product), ", found shape ",
                   shapeText(shapeOf(builder, addend)));
  return {};
}

static Results importGemm(const Node &node, Builder &builder) {
  LIMBECK_ASSIGN(float alpha, node.number("alpha", 1.0f));
  LIMBECK_ASSIGN(float beta, node.number("beta", 1.0f));
  LIMBECK_TRY(checkProductType(node, builder));
  if (alpha != 1.0f || (beta != 1.0f && beta != 0.0f)) // fractions of integers
    LIMBECK_TRY(refuseIntegers(node, builder));
  LIMBECK_ASSIGN(ValueId a, gemmOperand(node, builder, 0, "transA"));
  LIMBECK_ASSIGN(ValueId b, gemmOperand(node, builder, 1, "transB"));
  Shape productShape = {shapeOf(builder, a)[0], shapeOf(builder, b)[1]};
  // ONNX leaves open where alpha is rounded: constant weights take it, so that nothing is left to do when the model runs.
  if (builder.constant(b) && dtypeOf(builder, b) == DType::F32) {
    LIMBECK_ASSIGN(b, scaledBy(builder, b, alpha));
    alpha = 1.0f;
  }
  bool drops = beta == 0.0f; // C does not matter, not even its infinities
  if (node.hasOperand(2) && alpha == 1.0f && !drops) {
    LIMBECK_ASSIGN(std::optional<ValueId> bias, biasRow(builder, *node.operands[2], productShape[1]));
    if (bias) {
      LIMBECK_ASSIGN(bias, scaledBy(builder, *bias, beta));
      return builder.create("matmul", {}, {a, b, *bias});
    }
  }
  LIMBECK_ASSIGN(ValueId product, builder.createOne("matmul", {}, {a, b}));
  LIMBECK_ASSIGN(product, scaledBy(builder, product, alpha));
  if (!node.hasOperand(2))
    return single(product);
  LIMBECK_TRY(checkAddend(builder, *node.operands[2], productShape));
  if (drops && dtypeOf(builder, *node.operands[2]) == dtypeOf(builder, product))
    return single(product);
  LIMBECK_ASSIGN(ValueId addend, scaledBy(builder, *node.operands[2], beta));
  return builder.create("add", {{"arith", ""}}, {product, addend});
}

/// A parameter per row (dimension -2) or per column (-1) of a product's operand, as a vector or a scalar.
static Expected<ValueId> asVector(Builder &builder, ValueId value, size_t fromBack) {
  Shape shape = shapeOf(builder, value);
  if (shape.size() <= 1)
    return value;
  for (size_t i = 0; i < shape.size(); ++i)
    if (i != shape.size() - fromBack && shape[i] != 1)
      return error(Code::Unsupported, "parameters per matrix of a batch are not supported, found shape ",
                   shapeText(shape));
  return reshapeTo(builder, value, {shape[shape.size() - fromBack]});
}

static Results importMatMulInteger(const Node &node, Builder &builder) {
  LIMBECK_ASSIGN(ValueId a, operand(node, 0, "A"));
  LIMBECK_ASSIGN(ValueId b, operand(node, 1, "B"));
  LIMBECK_ASSIGN(ValueId aZero, zeroPointOperand(node, builder, 2, "a_zero_point", dtypeOf(builder, a)));
  LIMBECK_ASSIGN(aZero, asVector(builder, aZero, 2));
  LIMBECK_ASSIGN(ValueId bZero, zeroPointOperand(node, builder, 3, "b_zero_point", dtypeOf(builder, b)));
  LIMBECK_ASSIGN(bZero, asVector(builder, bZero, 1));
  LIMBECK_ASSIGN(Matrices matrices, promoteVectors(builder, a, b));
  LIMBECK_ASSIGN(ValueId product,
                 builder.createOne("matmul_integer", {}, {matrices.a, matrices.b, aZero, bZero}));
  return demoteVectors(builder, product, matrices);
}

static Expected<ScaleAndZero> vectorParameters(const Node &node, Builder &builder, size_t first,
                                               DType storage, size_t fromBack) {
  LIMBECK_ASSIGN(ScaleAndZero result, parameters(node, builder, first, first + 1, storage));
  LIMBECK_ASSIGN(result.scale, asVector(builder, result.scale, fromBack));
  LIMBECK_ASSIGN(result.zeroPoint, asVector(builder, result.zeroPoint, fromBack));
  return result;
}

static Results importQLinearMatMul(const Node &node, Builder &builder) {
  LIMBECK_ASSIGN(ValueId a, operand(node, 0, "a"));
  LIMBECK_ASSIGN(ValueId b, operand(node, 3, "b"));
  LIMBECK_ASSIGN(ScaleAndZero ofA, vectorParameters(node, builder, 1, dtypeOf(builder, a), 2));
  LIMBECK_ASSIGN(ScaleAndZero ofB, vectorParameters(node, builder, 4, dtypeOf(builder, b), 1));
  LIMBECK_ASSIGN(ScaleAndZero ofY, scalarParameters(node, builder, 6, 7, std::nullopt));
  LIMBECK_ASSIGN(Matrices matrices, promoteVectors(builder, a, b));
  LIMBECK_ASSIGN(ValueId sum, builder.createOne("matmul_integer", {},
                                                {matrices.a, matrices.b, ofA.zeroPoint, ofB.zeroPoint}));
  LIMBECK_ASSIGN(ValueId product,
                 requantized(builder, sum, ofA.scale, ofB.scale, ofY, rankOf(builder, sum) - 1));
  return demoteVectors(builder, product, matrices);
}

/// The s32 sum of QGemm: a bias of one row goes into the product, any other is added with wrap-around.
static Expected<ValueId> gemmSum(const Node &node, Builder &builder, ValueId a, ValueId b, ValueId aZero,
                                 ValueId bZero) {
  std::vector<ValueId> operands = {a, b, aZero, bZero};
  if (!node.hasOperand(6))
    return builder.createOne("matmul_integer", {}, operands);
  ValueId bias = *node.operands[6];
  LIMBECK_TRY(checkIntegerBias(builder, bias));
  Shape productShape = {shapeOf(builder, a)[0], shapeOf(builder, b)[1]};
  LIMBECK_ASSIGN(std::optional<ValueId> row, biasRow(builder, bias, productShape[1]));
  if (row) {
    operands.push_back(*row);
    return builder.createOne("matmul_integer", {}, operands);
  }
  LIMBECK_TRY(checkAddend(builder, bias, productShape));
  LIMBECK_ASSIGN(ValueId product, builder.createOne("matmul_integer", {}, operands));
  return builder.createOne("add", {{"arith", ""}}, {product, bias});
}

static Results importQGemm(const Node &node, Builder &builder) {
  LIMBECK_ASSIGN(float alpha, node.number("alpha", 1.0f));
  LIMBECK_ASSIGN(ValueId a, operand(node, 0, "A"));
  LIMBECK_ASSIGN(ValueId b, operand(node, 3, "B"));
  LIMBECK_ASSIGN(ScaleAndZero ofA, scalarParameters(node, builder, 1, 2, dtypeOf(builder, a)));
  LIMBECK_ASSIGN(ScaleAndZero ofB, parameters(node, builder, 4, 5, dtypeOf(builder, b)));
  LIMBECK_ASSIGN(a, gemmOperand(node, builder, 0, "transA"));
  LIMBECK_ASSIGN(b, gemmOperand(node, builder, 3, "transB"));
  LIMBECK_ASSIGN(ValueId sum, gemmSum(node, builder, a, b, ofA.zeroPoint, ofB.zeroPoint));
  LIMBECK_ASSIGN(ofA.scale, scaledBy(builder, ofA.scale, alpha));
  if (node.hasOperand(7)) {
    LIMBECK_ASSIGN(ScaleAndZero ofY, scalarParameters(node, builder, 7, 8, std::nullopt));
    return single(requantized(builder, sum, ofA.scale, ofB.scale, ofY, 1));
  }
  LIMBECK_ASSIGN(ValueId scale, builder.createOne("mul", {{"arith", ""}}, {ofA.scale, ofB.scale}));
  ValueId zero = scalarConstant(builder, DType::S32, 0);
  LIMBECK_ASSIGN(zero, filled(builder, zero, Shape(shapeOf(builder, scale))));
  return builder.create("dequantize_by",
                        {{"axis", int64_t(1)}, {"block_size", int64_t(0)}, {"to", DType::F32}},
                        {sum, scale, zero});
}

void addContractionRules(RuleList &list) {
  list.push_back({"", "MatMul", 1, kNewest, 2, 2, 1, importMatMul});
  list.push_back({"", "Gemm", 7, kNewest, 2, 3, 1, importGemm});
  list.push_back({"", "MatMulInteger", 10, kNewest, 2, 4, 1, importMatMulInteger});
  list.push_back({"", "QLinearMatMul", 10, kNewest, 8, 8, 1, importQLinearMatMul});
  list.push_back({kMicrosoft, "QGemm", 1, kNewest, 6, 9, 1, importQGemm});
}

} // namespace limbeck::importer
