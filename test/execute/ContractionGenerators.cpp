// matmul and matmul_integer, and what they share with convolutions.
#include "Anchors.h"
#include <algorithm>
#include <cmath>

namespace limbeck::test {

ValueId drawAnchorInput(CaseBuilder &b, const Shape &shape) {
  if (b.form == Form::Plain) {
    DType dtype = b.floatType();
    return b.input({dtype, shape, nullptr}, b.draw.values(dtype, shape, b.draw.oneIn(3)));
  }
  DType dtype = b.draw.oneIn(8) ? b.draw.pick({DType::U16, DType::S16}) : b.draw.pick({DType::U8, DType::S8});
  return b.quantizedOperand(b.draw.quantized(dtype, shape, 0.02), false);
}

/// The quantization of a value: its own, or that of the dequantize_by that made it.
static double scaleOf(const CaseBuilder &b, ValueId x) {
  if (b.typeOf(x).quantization)
    return b.typeOf(x).quantization->scales[0];
  for (const importer::Op &op : b.result.model.ops)
    if (op.results[0] == x && op.definition->name == "dequantize_by")
      return b.result.model.values[op.operands[1]].constant->asDouble(0);
  return 0.02;
}

/// The greatest number that a dequantized value can be.
static double reachOf(const CaseBuilder &b, ValueId x) {
  for (const importer::Op &op : b.result.model.ops)
    if (op.results[0] == x && op.definition->name == "dequantize_by")
      return std::ldexp(scaleOf(b, x), static_cast<int>(bitWidth(b.typeOf(op.operands[0]).dtype)));
  return 0;
}

/// How far a sum of `depth` f32 products and a bias can be from the exact one: n roundings of 2^-24 of the sum of all magnitudes
/// (Higham, Accuracy and Stability, section 3.1), twice over for those of the dequantized values themselves.
static double roundingOfSum(int64_t depth, double input, const TensorType &weights, double bias) {
  double scale = std::ranges::max(weights.quantization->scales);
  double products =
      static_cast<double>(depth) * input * std::ldexp(scale, static_cast<int>(bitWidth(weights.dtype)));
  return 2 * static_cast<double>(depth + 3) * 0x1p-24 * (products + bias * scale);
}

ValueId drawAnchorOn(CaseBuilder &b, std::string_view name, Attributes attributes, const AnchorShapes &shapes,
                     ValueId x) {
  Draw &draw = b.draw;
  bool hasBias = draw.oneIn(2), constantWeights = !draw.oneIn(4);
  std::vector<ValueId> operands{x};
  if (b.form == Form::Plain) {
    DType dtype = b.typeOf(x).dtype;
    auto parameter = [&](const Shape &shape) {
      TensorType type{dtype, shape, nullptr};
      Tensor values =
          draw.oneIn(2) ? draw.floats(dtype, shape, -1, 1) : draw.values(dtype, shape, draw.oneIn(6));
      return constantWeights ? b.constant(type, values) : b.input(type, values);
    };
    operands.push_back(parameter(shapes.w));
    if (hasBias)
      operands.push_back(parameter({shapes.channels}));
    return b.op(name, std::move(attributes), std::move(operands));
  }
  // Weights: s8 with zero point 0 as tools make them, and everything else that is allowed.
  bool usual = !draw.oneIn(3);
  DType dtype = usual ? DType::S8 : draw.pick({DType::S8, DType::U8, DType::S8, DType::S16});
  int64_t axis = shapes.weightAxis >= 0 && draw.oneIn(2) ? shapes.weightAxis : -1;
  TensorType weights = draw.quantized(dtype, shapes.w, 0.01, axis, usual);
  double inputScale = scaleOf(b, x), accumulatorScale = inputScale * 0.01;
  operands.push_back(b.quantizedOperand(weights, constantWeights));
  if (hasBias) {
    TensorType bias{DType::S32, {shapes.channels}, nullptr};
    Tensor values = draw.integers(DType::S32, bias.shape, -3000, 3000);
    Quantization q;
    q.axis = axis < 0 ? -1 : 0;
    q.lowest = lowest(DType::S32);
    q.highest = highest(DType::S32);
    const std::vector<float> &scales = weights.quantization->scales;
    for (size_t i = 0; i < (axis < 0 ? 1 : static_cast<size_t>(shapes.channels)); ++i) {
      q.scales.push_back(static_cast<float>(inputScale) * scales[i % scales.size()]);
      q.zeroPoints.push_back(0);
    }
    ValueId stored = draw.oneIn(6) ? b.input(bias, values) : b.constant(bias, values);
    TensorType quantized{DType::S32, bias.shape, std::make_shared<const Quantization>(q)};
    operands.push_back(b.form == Form::Operand ? b.dequantized(stored, quantized) : stored);
  }
  if (b.form == Form::Operand) {
    b.result.comparison = ImportComparison::OneStep;
    b.result.slack =
        roundingOfSum(shapes.depth, reachOf(b, operands[0]), weights, hasBias ? 3000 * inputScale : 0);
  }
  double wide =
      weights.dtype == DType::S16 || b.typeOf(x).dtype == DType::U16 || b.typeOf(x).dtype == DType::S16 ? 200
                                                                                                        : 1;
  return b.realOp(name, std::move(attributes), std::move(operands),
                  accumulatorScale * 40 * std::sqrt(static_cast<double>(std::max<int64_t>(shapes.depth, 1))) *
                      wide);
}

ValueId drawAnchor(CaseBuilder &b, std::string_view name, Attributes attributes, const AnchorShapes &shapes) {
  if (b.draw.oneIn(2))
    b.form = b.draw.oneIn(2) ? Form::Operand : Form::Typed;
  return drawAnchorOn(b, name, std::move(attributes), shapes, drawAnchorInput(b, shapes.x));
}

AnchorShapes matmulShapes(Draw &draw) {
  int64_t rows = draw.dimension(40), depth = draw.oneIn(40) ? 0 : draw.dimension(70),
          columns = draw.dimension(70);
  Shape batch = draw.shape(0, 2, 4), left = batch,
        right = draw.oneIn(2) ? Shape() : draw.broadcastable(batch);
  if (draw.oneIn(4))
    std::swap(left, right);
  AnchorShapes shapes{left, right, columns, -1, depth};
  shapes.x.insert(shapes.x.end(), {rows, depth});
  shapes.w.insert(shapes.w.end(), {depth, columns});
  shapes.weightAxis = static_cast<int64_t>(shapes.w.size()) - 1;
  return shapes;
}

/// Integers that are no quantized values.
static ValueId drawPlainIntegers(CaseBuilder &b, const AnchorShapes &shapes) {
  DType dtype = b.draw.pick({DType::S32, DType::U32, DType::S64, DType::U64});
  std::vector<ValueId> operands{b.operand(dtype, shapes.x), b.operand(dtype, shapes.w)};
  if (b.draw.oneIn(2))
    operands.push_back(b.operand(dtype, {shapes.channels}));
  return b.op("matmul", {}, std::move(operands));
}

/// Two activations of bytes in whole words and vectors, as in attention.
static void drawActivationProduct(CaseBuilder &b) {
  Draw &draw = b.draw;
  b.form = Form::Typed;
  AnchorShapes shapes = matmulShapes(draw);
  int64_t depth = 4 * draw.between(1, 40), columns = 16 * draw.between(1, 6), rows = draw.dimension(80);
  auto operand = [&](Shape shape, int64_t height, int64_t width, double scale) {
    shape.end()[-2] = height;
    shape.back() = width;
    DType dtype = draw.pick({DType::U8, DType::S8});
    return b.quantizedOperand(draw.quantized(dtype, shape, scale), false);
  };
  ValueId x = operand(shapes.x, rows, depth, 0.02), y = operand(shapes.w, depth, columns, 0.01);
  b.output(b.realOp("matmul", {}, {x, y}, 0.008 * std::sqrt(static_cast<double>(depth))));
}

static void drawMatmul(CaseBuilder &b) {
  if (b.draw.oneIn(4))
    return drawActivationProduct(b);
  if (b.draw.oneIn(5))
    return b.output(drawPlainIntegers(b, matmulShapes(b.draw)));
  b.output(drawAnchor(b, "matmul", {}, matmulShapes(b.draw)));
}

static void drawMatmulInteger(CaseBuilder &b) {
  Draw &draw = b.draw;
  AnchorShapes shapes = matmulShapes(draw);
  DType left = draw.pick({DType::U8, DType::S8}), right = draw.pick({DType::U8, DType::S8});
  std::vector<ValueId> operands{b.input({left, shapes.x, nullptr}, draw.values(left, shapes.x)),
                                b.either({right, shapes.w, nullptr}, draw.values(right, shapes.w))};
  auto zeroPoint = [&](DType dtype, int64_t count) {
    Shape shape = draw.oneIn(3) ? Shape{count} : draw.oneIn(2) ? Shape{1} : Shape();
    operands.push_back(b.either({dtype, shape, nullptr}, draw.values(dtype, shape)));
  };
  zeroPoint(left, shapes.x.end()[-2]);
  zeroPoint(right, shapes.w.back());
  if (draw.oneIn(2))
    operands.push_back(b.operand(DType::S32, {shapes.channels}));
  b.output(b.op("matmul_integer", {}, operands));
}

void addContractionGenerators(GeneratorList &list) {
  list.insert(list.end(), {{"matmul", drawMatmul}, {"matmul_integer", drawMatmulInteger}});
}

} // namespace limbeck::test
