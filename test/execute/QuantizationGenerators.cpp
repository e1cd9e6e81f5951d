// Quantization in both forms: parameters as operands, and in the types.
#include "CaseBuilder.h"

namespace limbeck::test {

namespace {
struct Parameters {
  Shape shape;
  int64_t axis = 0, block = 0;
};
} // namespace

static Parameters drawParameters(Draw &draw, const Shape &x) {
  Parameters parameters;
  if (x.empty() || draw.oneIn(3)) {
    if (draw.oneIn(3))
      parameters.shape = {1};
    return parameters;
  }
  parameters.axis = draw.between(0, static_cast<int64_t>(x.size()) - 1);
  int64_t dim = x[static_cast<size_t>(parameters.axis)];
  if (draw.oneIn(2)) {
    parameters.shape = {dim};
    return parameters;
  }
  parameters.block = draw.between(1, dim + 1);
  parameters.shape = x;
  parameters.shape[static_cast<size_t>(parameters.axis)] = ceilDivide(dim, parameters.block);
  return parameters;
}

static DType storedType(Draw &draw) {
  return draw.pick(
      {DType::U8, DType::S8, DType::U8, DType::S8, DType::U16, DType::S16, DType::S32, DType::U4, DType::S4});
}

static ValueId drawScale(CaseBuilder &b, DType dtype, const Shape &shape) {
  return b.either({dtype, shape, nullptr}, b.draw.oneIn(3) ? b.draw.floats(dtype, shape, 0.25, 0.2500001)
                                                           : b.draw.floats(dtype, shape, 0.01, 0.3));
}

static ValueId drawZeroPoint(CaseBuilder &b, DType dtype, const Shape &shape) {
  return b.either({dtype, shape, nullptr},
                  dtype == DType::S32 ? b.draw.integers(dtype, shape, -1000, 1000)
                                      : b.draw.integers(dtype, shape, lowest(dtype), highest(dtype)));
}

static DType narrowFloat(Draw &draw) {
  return draw.pick({DType::F32, DType::F32, DType::F32, DType::F16, DType::BF16});
}

static void drawQuantizeBy(CaseBuilder &b) {
  Shape shape = b.draw.shape(0, 4);
  Parameters p = drawParameters(b.draw, shape);
  ValueId x = b.operand(narrowFloat(b.draw), shape);
  ValueId scale = drawScale(b, narrowFloat(b.draw), p.shape),
          zero = drawZeroPoint(b, storedType(b.draw), p.shape);
  b.output(b.op("quantize_by", {{"axis", p.axis}, {"block_size", p.block}}, {x, scale, zero}));
}

static void drawDequantizeBy(CaseBuilder &b) {
  Shape shape = b.draw.shape(0, 4);
  Parameters p = drawParameters(b.draw, shape);
  DType stored = storedType(b.draw);
  ValueId x = b.operand(stored, shape), scale = drawScale(b, narrowFloat(b.draw), p.shape);
  ValueId zero = drawZeroPoint(b, stored, p.shape);
  b.output(b.op("dequantize_by", {{"axis", p.axis}, {"block_size", p.block}, {"to", narrowFloat(b.draw)}},
                {x, scale, zero}));
}

static void drawRequantizeBy(CaseBuilder &b) {
  Draw &draw = b.draw;
  Shape shape = draw.shape(1, 4);
  int64_t axis = draw.between(0, static_cast<int64_t>(shape.size()) - 1);
  auto along = [&](int64_t dim) {
    return dim < 0 || draw.oneIn(2) ? Shape() : Shape{shape[static_cast<size_t>(dim)]};
  };
  ValueId x = b.operand(DType::S32, shape);
  ValueId sx = drawScale(b, DType::F32, along(axis - 1)), sw = drawScale(b, DType::F32, along(axis));
  ValueId sy = drawScale(b, DType::F32, draw.oneIn(3) ? Shape{1} : Shape());
  ValueId zy = drawZeroPoint(b, draw.pick({DType::U8, DType::S8}), {});
  b.output(b.op("requantize_by", {{"axis", axis}}, {x, sx, sw, sy, zy}));
}

static void drawDynamicQuantize(CaseBuilder &b) {
  Shape shape = b.draw.shape(0, 4);
  Tensor values =
      b.draw.oneIn(8) ? b.draw.floats(DType::F32, shape, 0, 1e-30) : b.draw.values(DType::F32, shape);
  for (ValueId result : b.ops("dynamic_quantize", {}, {b.input({DType::F32, shape, nullptr}, values)}))
    b.output(result);
}

/// A type of any storage and expressed type, per tensor or per axis, with bounds inside the range of the storage sometimes.
static TensorType typedParameters(Draw &draw, const Shape &shape) {
  int64_t axis =
      shape.empty() || draw.oneIn(2) ? -1 : draw.between(0, static_cast<int64_t>(shape.size()) - 1);
  DType dtype = draw.pick({DType::U8, DType::S8, DType::U8, DType::S8, DType::U16, DType::S16, DType::S32});
  TensorType type = draw.quantized(dtype, shape, 0.05, axis);
  Quantization q = *type.quantization;
  q.expressed = narrowFloat(draw);
  if (draw.oneIn(3)) {
    q.lowest += draw.between(0, 20);
    q.highest -= draw.between(0, 20);
    for (int64_t &zero : q.zeroPoints)
      zero = std::clamp(zero, q.lowest, q.highest);
  }
  type.quantization = std::make_shared<const Quantization>(q);
  return type;
}

static void drawQuantize(CaseBuilder &b) {
  Shape shape = b.draw.shape(0, 4);
  TensorType type = typedParameters(b.draw, shape);
  ValueId x = b.operand(type.expressed(), shape);
  b.output(b.opWithResult("quantize", {}, {x}, type));
}

static void drawDequantize(CaseBuilder &b) {
  TensorType type = typedParameters(b.draw, b.draw.shape(0, 4));
  b.output(b.op("dequantize", {}, {b.input(type, b.draw.values(type.dtype, type.shape))}));
}

static void drawRequantize(CaseBuilder &b) {
  Shape shape = b.draw.shape(0, 4);
  TensorType from = typedParameters(b.draw, shape), to = typedParameters(b.draw, shape);
  Quantization q = *to.quantization;
  q.expressed = from.quantization->expressed;
  to.quantization = std::make_shared<const Quantization>(q);
  b.output(b.opWithResult("requantize", {}, {b.input(from, b.draw.values(from.dtype, shape))}, to));
}

/// Ops on two tensors of bytes, with scales in ratios of small whole numbers: many results lie halfway between two steps, and whether
/// f32 rounds them up is no function of one integer. A contraction in front at times, a channel or a few in the innermost dimension.
static void drawBytesWithTies(CaseBuilder &b) {
  Draw &draw = b.draw;
  b.form = Form::Typed;
  Shape shape{draw.between(1, 2), draw.between(1, 5), draw.pick<int64_t>({1, 3, 8, 17, 33}),
              draw.pick<int64_t>({1, 3, 16, 24, 32, 40, 64, 65, 96, 130})};
  double unit = draw.pick({0.001, 0.0013, 0.00171});
  auto typeOf = [&](double scale) {
    TensorType type = draw.quantized(draw.pick({DType::U8, DType::S8}), shape, 1);
    Quantization q = *type.quantization;
    q.scales = {static_cast<float>(scale)};
    if (draw.oneIn(3))
      q.zeroPoints = {std::max<int64_t>(q.lowest, 0)};
    if (draw.oneIn(4)) {
      q.lowest = std::min(q.zeroPoints[0], q.lowest + draw.between(0, 40));
      q.highest = std::max(q.zeroPoints[0], q.highest - draw.between(0, 40));
    }
    type.quantization = std::make_shared<const Quantization>(q);
    return type;
  };
  auto parts = [&] { return static_cast<double>(draw.between(9, 40)) * unit; };
  TensorType first = typeOf(parts());
  ValueId x;
  if (draw.oneIn(2)) {
    Shape from = shape;
    from.back() = draw.pick<int64_t>({8, 40, 192});
    Tensor weights = draw.values(DType::S8, {from.back(), shape.back()});
    TensorType weight = draw.quantized(DType::S8, weights.shape(), 0.01, -1, /*symmetric=*/true);
    ValueId inputs = b.quantizedOperand(draw.quantized(DType::U8, from, 0.02), false);
    x = b.opWithResult("matmul", {}, {inputs, b.constant(weight, weights)}, first);
    b.result.comparison = ImportComparison::None;
  } else {
    x = b.input(first, draw.values(first.dtype, shape));
  }
  TensorType second = typeOf(parts());
  if (draw.oneIn(4))
    second.shape = draw.broadcastable(shape);
  ValueId y = b.input(second, draw.values(second.dtype, second.shape));
  std::string_view name = draw.pick<std::string_view>({"add", "add", "add", "sub", "mul", "max", "div"});
  double scale = name == "mul" ? 900 * unit * unit : name == "div" ? 1.0 / 32 : 26 * unit;
  b.output(b.opWithResult(name, {}, {x, draw.oneIn(8) ? x : y}, typeOf(scale)));
}

void addQuantizationGenerators(GeneratorList &list) {
  list.insert(list.end(), {{"quantize_by", drawQuantizeBy},
                           {"dequantize_by", drawDequantizeBy},
                           {"requantize_by", drawRequantizeBy},
                           {"dynamic_quantize", drawDynamicQuantize},
                           {"quantize", drawQuantize},
                           {"dequantize", drawDequantize},
                           {"requantize", drawRequantize},
                           {"bytes-with-ties", drawBytesWithTies}});
}

} // namespace limbeck::test
