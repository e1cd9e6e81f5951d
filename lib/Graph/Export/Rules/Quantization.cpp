// Quantization in both forms. A quantized tensor is the tensor of its stored integers: its parameters are constants beside it.
#include "Blocks.h"
#include "Integer.h"
#include "limbeck/Graph/IR/Conversion.h"
#include "limbeck/Graph/IR/SourceNames.h"
#include "limbeck/Import/ElementTypes.h"

namespace limbeck::graph::exporter {

namespace {
/// Constants that QuantizeLinear and DequantizeLinear read.
struct Parameters {
  Edge scale, zeroPoint;
  int64_t axis; ///< -1 per tensor
};
} // namespace

template <class Half> static bool areExactIn(const std::vector<float> &scales) {
  return llvm::all_of(scales, [](float scale) { return static_cast<float>(Half(scale)) == scale; });
}

/// The type of scales: that of the real values, unless it rounds one of them.
static DType scaleType(const Quantization &quantization) {
  DType real = quantization.expressed;
  bool exact = real == DType::F16    ? areExactIn<Float16>(quantization.scales)
               : real == DType::BF16 ? areExactIn<BFloat16>(quantization.scales)
                                     : true;
  return exact ? real : DType::F32;
}

/// One value, or one per slice of the axis.
template <class Number>
static Expected<Tensor> parameterTensor(DType dtype, const std::vector<Number> &values, int64_t axis) {
  Shape shape;
  if (axis >= 0)
    shape.push_back(static_cast<int64_t>(values.size()));
  LIMBECK_ASSIGN(Tensor tensor, Tensor::zeros(dtype, shape));
  dispatch(dtype, [&]<class T>() {
    for (auto [target, value] : llvm::zip(tensor.mutableValues<T>(), values)) {
      if constexpr (std::is_same_v<T, Float16> || std::is_same_v<T, BFloat16>)
        target = T(static_cast<float>(value));
      else
        target = static_cast<T>(value);
    }
  });
  return tensor;
}

static Expected<Parameters> parametersOf(const TensorType &type, llvm::StringRef base, GraphWriter &writer) {
  const Quantization &quantization = *type.quantization;
  Parameters result;
  result.axis = quantization.axis;
  LIMBECK_ASSIGN(Tensor scale,
                 parameterTensor(scaleType(quantization), quantization.scales, quantization.axis));
  result.scale = writer.constant((base + "_scale").str(), scale);
  // Sums of products have no zero point.
  if (type.dtype == DType::S32 &&
      llvm::all_of(quantization.zeroPoints, [](int64_t zero) { return zero == 0; }))
    return result;
  LIMBECK_ASSIGN(Tensor zeroPoint, parameterTensor(type.dtype, quantization.zeroPoints, quantization.axis));
  result.zeroPoint = writer.constant((base + "_zero_point").str(), zeroPoint);
  return result;
}

static Node quantizeNode(const Edge &x, const Parameters &by) {
  Node node("QuantizeLinear", {x, by.scale, by.zeroPoint});
  if (by.axis >= 0)
    node.integer("axis", by.axis);
  // The division is one of f32, as everywhere in the dialect.
  if (by.scale.dtype != x.dtype)
    node.integer("precision", importer::onnxElementType(DType::F32));
  return node;
}

static Node dequantizeNode(const Edge &x, const Parameters &by, DType to) {
  Node node("DequantizeLinear", {x, by.scale, by.zeroPoint});
  if (by.axis >= 0)
    node.integer("axis", by.axis);
  if (by.scale.dtype != to)
    node.integer("output_dtype", importer::onnxElementType(to));
  return node;
}

/// The name of the real tensor that a quantized one stands for: parameters, and what has no name itself, are called after it.
static std::string realName(mlir::Value quantized, GraphWriter &writer) {
  mlir::Value stored = tensorOf(quantized);
  if (auto quantize = stored.getDefiningOp<QuantizeOp>())
    return writer.nameOf(quantize.getX());
  std::string name = writer.nameOf(stored);
  llvm::StringRef base = name;
  base.consume_back("_quantized");
  return base.str();
}

/// QuantizeLinear has the whole range of the type; what a narrower one cuts off is cut behind it.
static Status exportQuantizeTo(mlir::Operation *op, const Edge &x, llvm::StringRef base,
                               GraphWriter &writer) {
  LIMBECK_ASSIGN(TensorType type, toTensorType(op->getResult(0).getType()));
  LIMBECK_ASSIGN(Parameters by, parametersOf(type, base, writer));
  Node node = quantizeNode(x, by);
  std::string name = (base + "_quantized").str();
  int64_t least = type.quantization->lowest, greatest = type.quantization->highest;
  if (least == lowest(type.dtype) && greatest == highest(type.dtype))
    return writer.finish(op, std::move(node), name);
  LIMBECK_ASSIGN(Edge wide, writer.intermediate(op, std::move(node), "unclipped", type.dtype));
  Edge minimum = writer.scalar((base + "_least").str(), type.dtype, static_cast<double>(least));
  Edge maximum = writer.scalar((base + "_greatest").str(), type.dtype, static_cast<double>(greatest));
  return writer.finish(op, Node("Clip", {wide, minimum, maximum}), name);
}

static Status exportQuantize(mlir::Operation *op, GraphWriter &writer) {
  LIMBECK_ASSIGN(Edge x, writer.operand(op->getOperand(0)));
  return exportQuantizeTo(op, x, x.name, writer);
}

static Status exportDequantize(mlir::Operation *op, GraphWriter &writer) {
  mlir::Value x = op->getOperand(0), stored = tensorOf(x);
  std::string base = realName(x, writer);
  // A constant that has the name of the real one is its quantized form.
  bool isOwn = stored.getDefiningOp<ConstOp>() && tensorName(op->getResult(0)) != "" &&
               tensorName(op->getResult(0)) != tensorName(stored);
  LIMBECK_ASSIGN(Edge edge, writer.operand(stored, isOwn ? "" : base + "_quantized"));
  LIMBECK_ASSIGN(TensorType type, toTensorType(x.getType()));
  LIMBECK_ASSIGN(Parameters by, parametersOf(type, base, writer));
  return writer.finish(op, dequantizeNode(edge, by, type.quantization->expressed), base + "_dequantized");
}

static Status exportRequantize(mlir::Operation *op, GraphWriter &writer) {
  mlir::Value x = op->getOperand(0);
  LIMBECK_ASSIGN(Edge edge, writer.operand(x));
  LIMBECK_ASSIGN(TensorType type, toTensorType(x.getType()));
  LIMBECK_ASSIGN(Parameters by, parametersOf(type, realName(x, writer), writer));
  DType real = type.quantization->expressed;
  LIMBECK_ASSIGN(Edge between, writer.intermediate(op, dequantizeNode(edge, by, real), "dequantized", real));
  return exportQuantizeTo(op, between, realName(op->getResult(0), writer), writer);
}

static Status exportStorageCast(mlir::Operation *, GraphWriter &) {
  return {}; // tensorOf sees through it
}

/// Axis and block size of parameters that are operands; a scalar scale has neither.
template <class Op> static void setGranularity(Node &node, Op op) {
  if (llvm::cast<mlir::RankedTensorType>(op.getScale().getType()).getRank() == 0)
    return;
  node.integer("axis", op.getAxis());
  if (op.getBlockSize() != 0)
    node.integer("block_size", op.getBlockSize());
}

static Status exportQuantizeBy(mlir::Operation *op, GraphWriter &writer) {
  LIMBECK_ASSIGN(std::vector<Edge> operands, writer.operands(op->getOperands()));
  Node node = quantizeNode(operands[0], {operands[1], operands[2], -1});
  setGranularity(node, llvm::cast<QuantizeByOp>(op));
  return writer.finish(op, std::move(node));
}

static Status exportDequantizeBy(mlir::Operation *op, GraphWriter &writer) {
  LIMBECK_ASSIGN(std::optional<ConstantBlocks> blocks, constantBlocks(llvm::cast<DequantizeByOp>(op)));
  if (blocks)
    return exportBlocks(op, *blocks, writer);
  LIMBECK_ASSIGN(std::vector<Edge> operands, writer.operands(op->getOperands()));
  LIMBECK_ASSIGN(DType to, toDType(llvm::cast<DequantizeByOp>(op).getTo()));
  Node node = dequantizeNode(operands[0], {operands[1], operands[2], -1}, to);
  setGranularity(node, llvm::cast<DequantizeByOp>(op));
  return writer.finish(op, std::move(node));
}

static Status exportDynamicQuantize(mlir::Operation *op, GraphWriter &writer) {
  LIMBECK_ASSIGN(Edge x, writer.operand(op->getOperand(0)));
  return writer.finish(op, Node("DynamicQuantizeLinear", {x}));
}

RequantizeByOp requantizationOf(mlir::Operation *accumulator) {
  mlir::Value result = accumulator->getResult(0);
  auto requantize =
      result.hasOneUse() ? llvm::dyn_cast<RequantizeByOp>(*result.user_begin()) : RequantizeByOp();
  return requantize && requantize.getAccumulator() == result ? requantize : RequantizeByOp();
}

static bool hasBytes(mlir::Value value) {
  return llvm::cast<mlir::RankedTensorType>(value.getType()).getElementTypeBitWidth() == 8;
}

bool isQLinear(mlir::Operation *accumulator, RequantizeByOp requantize, int64_t axis) {
  auto hasOne = [](mlir::Value value) {
    return llvm::cast<mlir::RankedTensorType>(value.getType()).getRank() == 0;
  };
  // In one graph: the accumulator has no node that a branch could read.
  return requantize->getBlock() == accumulator->getBlock() && requantize.getAxis() == axis &&
         hasOne(requantize.getInputScale()) && hasOne(requantize.getResultScale()) &&
         hasOne(requantize.getResultZeroPoint()) && hasBytes(accumulator->getOperand(0)) &&
         hasBytes(accumulator->getOperand(1)) && hasBytes(requantize.getResult());
}

Expected<std::vector<Edge>> qlinearOperands(mlir::Operation *accumulator, RequantizeByOp requantize,
                                            GraphWriter &writer) {
  return writer.operands({accumulator->getOperand(0), requantize.getInputScale(), accumulator->getOperand(2),
                          accumulator->getOperand(1), requantize.getWeightsScale(),
                          accumulator->getOperand(3), requantize.getResultScale(),
                          requantize.getResultZeroPoint()});
}

/// A scale per slice of an axis, so that it broadcasts to the result.
static Expected<Edge> alongAxis(RequantizeByOp op, mlir::Value scale, int64_t axis, llvm::StringRef what,
                                GraphWriter &writer) {
  LIMBECK_ASSIGN(Edge edge, writer.operand(scale));
  if (llvm::cast<mlir::RankedTensorType>(scale.getType()).getRank() == 0)
    return edge;
  llvm::SmallVector<int64_t> shape(
      llvm::cast<mlir::RankedTensorType>(op.getResult().getType()).getRank() - axis, 1);
  shape.front() = -1;
  Node column("Reshape", {edge, writer.indices(op, (what + "_shape").str(), shape)});
  return writer.intermediate(op, std::move(column), what, edge.dtype);
}

/// Where no QLinear op does it: f32(accumulator) * ((sx * sw) / sy), quantized with a scale of 1.
static Status exportRequantizeInSteps(RequantizeByOp op, GraphWriter &writer) {
  LIMBECK_ASSIGN(Edge sum, writer.operand(op.getAccumulator()));
  LIMBECK_ASSIGN(Edge input, alongAxis(op, op.getInputScale(), op.getAxis() - 1, "input_scale", writer));
  LIMBECK_ASSIGN(Edge weights, alongAxis(op, op.getWeightsScale(), op.getAxis(), "weights_scale", writer));
  LIMBECK_ASSIGN(Edge scale, writer.operand(op.getResultScale()));
  LIMBECK_ASSIGN(Edge zeroPoint, writer.operand(op.getResultZeroPoint()));
  for (const Edge *edge : {&input, &weights, &scale})
    if (edge->dtype != DType::F32)
      return error(Code::UnsupportedType, "expected scales of f32, found ", name(edge->dtype));
  Node product("Mul", {input, weights});
  LIMBECK_ASSIGN(Edge multiplier, writer.intermediate(op, std::move(product), "scales", DType::F32));
  Node quotient("Div", {multiplier, scale});
  LIMBECK_ASSIGN(multiplier, writer.intermediate(op, std::move(quotient), "multiplier", DType::F32));
  Node cast("Cast", {sum});
  cast.integer("to", importer::onnxElementType(DType::F32));
  LIMBECK_ASSIGN(Edge real, writer.intermediate(op, std::move(cast), "sum", DType::F32));
  LIMBECK_ASSIGN(real, writer.intermediate(op, Node("Mul", {real, multiplier}), "scaled", DType::F32));
  Edge one = writer.scalar("one", DType::F32, 1);
  return writer.finish(op, Node("QuantizeLinear", {real, one, zeroPoint}));
}

static Status exportRequantizeBy(mlir::Operation *op, GraphWriter &writer) {
  auto requantize = llvm::cast<RequantizeByOp>(op);
  mlir::Operation *accumulator = requantize.getAccumulator().getDefiningOp();
  bool alone = accumulator && requantizationOf(accumulator) == requantize;
  if (auto conv = llvm::dyn_cast_or_null<ConvIntegerOp>(accumulator);
      conv && alone && isQLinear(conv, requantize, 1))
    return exportQLinearConv(conv, requantize, writer);
  int64_t last = llvm::cast<mlir::RankedTensorType>(requantize.getResult().getType()).getRank() - 1;
  if (auto product = llvm::dyn_cast_or_null<MatmulIntegerOp>(accumulator);
      product && alone && !product.getBias() && isQLinear(product, requantize, last))
    return exportQLinearMatMul(product, requantize, writer);
  return exportRequantizeInSteps(requantize, writer);
}

llvm::ArrayRef<ExportRule> quantizationRules() {
  static constexpr ExportRule rules[] = {
      {"quantize", "QuantizeLinear; QuantizeLinear, Clip", exportQuantize},
      {"dequantize", "DequantizeLinear", exportDequantize},
      {"requantize", "DequantizeLinear, QuantizeLinear", exportRequantize},
      {"storage_cast", "nothing", exportStorageCast},
      {"quantize_by", "QuantizeLinear", exportQuantizeBy},
      {"dequantize_by", "DequantizeLinear", exportDequantizeBy},
      {"requantize_by", "QLinearConv; QLinearMatMul; Mul, Div, Cast, Mul, QuantizeLinear",
       exportRequantizeBy},
      {"dynamic_quantize", "DynamicQuantizeLinear", exportDynamicQuantize},
  };
  return rules;
}

} // namespace limbeck::graph::exporter
