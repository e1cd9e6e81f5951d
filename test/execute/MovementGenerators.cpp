// Ops that move elements, on every element type and on quantized ones.
#include "CaseBuilder.h"
#include <numeric>

namespace limbeck::test {

namespace {
/// An operand of any element type, and the type that its moved elements have.
struct Moved {
  ValueId value;
  TensorType type;
};
} // namespace

static DType movedType(Draw &draw) {
  return draw.pick({DType::F32, DType::F32, DType::U8, DType::S8, DType::F64, DType::F16, DType::BF16,
                    DType::S16, DType::S32, DType::S64, DType::Bool});
}

static Moved movedOperand(CaseBuilder &b, const Shape &shape) {
  if (b.draw.oneIn(4)) {
    TensorType type = b.draw.quantized(b.storage(), shape, 0.05);
    return {b.input(type, b.draw.values(type.dtype, shape)), type};
  }
  TensorType type{movedType(b.draw), shape, nullptr};
  return {b.input(type, b.draw.values(type.dtype, shape)), type};
}

/// Adds a movement op; its result keeps the element type. Sometimes an element-wise op follows, which is fused to it.
static void finishMoved(CaseBuilder &b, std::string_view name, Attributes attributes,
                        std::vector<ValueId> operands) {
  const TensorType data = b.typeOf(operands[0]);
  ValueId y;
  if (data.quantization) {
    TensorType plain{data.quantization->expressed, data.shape, nullptr};
    std::vector<TensorType> types;
    for (ValueId id : operands)
      types.push_back({b.typeOf(id).expressed(), b.shapeOf(id), nullptr});
    auto inferred = reference::infer(*reference::findOp(name), attributes, types,
                                     std::vector<const Tensor *>(types.size()));
    if (!inferred)
      throw std::runtime_error(inferred.diagnostic().text());
    TensorType result{data.dtype, (*inferred)[0].shape, data.quantization};
    y = b.opWithResult(name, std::move(attributes), std::move(operands), result);
    if (b.draw.oneIn(2))
      y = b.op("dequantize", {}, {y});
  } else {
    y = b.op(name, std::move(attributes), std::move(operands));
    if (isFloat(data.dtype) && b.draw.oneIn(2))
      y = b.op("relu", {}, {y});
  }
  b.output(y);
}

static void drawTranspose(CaseBuilder &b) {
  Shape shape = b.draw.maybeEmpty(b.draw.shape(0, 5));
  std::vector<int64_t> perm(shape.size());
  std::iota(perm.begin(), perm.end(), int64_t(0));
  for (size_t i = perm.size(); i > 1; --i)
    std::swap(perm[i - 1], perm[static_cast<size_t>(b.draw.between(0, static_cast<int64_t>(i) - 1))]);
  finishMoved(b, "transpose", {{"perm", perm}}, {movedOperand(b, shape).value});
}

static void drawReshape(CaseBuilder &b) {
  Shape shape = b.draw.shape(0, 4), to;
  int64_t count = std::accumulate(shape.begin(), shape.end(), int64_t(1), std::multiplies<>());
  for (int64_t left = count; left > 1;) {
    int64_t factor = b.draw.between(1, left);
    while (left % factor)
      --factor;
    to.push_back(factor);
    left /= factor;
    if (to.size() == 4) {
      to.back() *= left;
      break;
    }
  }
  // Behind another op, so that it is more than a view of an input.
  ValueId x = movedOperand(b, shape).value;
  if (b.typeOf(x).dtype == DType::F32 && b.draw.oneIn(2))
    x = b.op("neg", {}, {x});
  finishMoved(b, "reshape", {{"shape", to}}, {x});
}

static void drawExpand(CaseBuilder &b) {
  Shape to = b.draw.shape(0, 4), from = b.draw.broadcastable(to);
  finishMoved(b, "expand", {{"shape", to}}, {movedOperand(b, from).value});
}

static void drawTile(CaseBuilder &b) {
  Shape shape = b.draw.shape(0, 3, 300);
  std::vector<int64_t> repeats;
  for (size_t i = 0; i < shape.size(); ++i)
    repeats.push_back(b.draw.between(1, 3));
  finishMoved(b, "tile", {{"repeats", repeats}}, {movedOperand(b, shape).value});
}

static void drawConcat(CaseBuilder &b) {
  Shape shape = b.draw.shape(1, 4, 600);
  int64_t axis = b.draw.between(0, static_cast<int64_t>(shape.size()) - 1);
  shape = b.draw.maybeEmpty(shape);
  Moved first = movedOperand(b, shape);
  std::vector<ValueId> operands{first.value};
  for (int64_t more = b.draw.between(0, 3); more > 0; --more) {
    shape[static_cast<size_t>(axis)] = b.draw.dimension(20);
    TensorType type{first.type.dtype, shape, first.type.quantization};
    operands.push_back(b.either(type, b.draw.values(type.dtype, shape)));
  }
  finishMoved(b, "concat", {{"axis", axis}}, operands);
}

static void drawSlice(CaseBuilder &b) {
  Shape shape = b.draw.shape(0, 4);
  std::vector<int64_t> starts, ends, steps;
  for (int64_t dim : shape) {
    int64_t step = b.draw.pick<int64_t>({1, 1, 1, 2, 3, -1, -2});
    int64_t low = b.draw.between(0, dim - 1), high = b.draw.between(low + 1, dim + 2);
    bool fromEnd = b.draw.oneIn(4);
    if (step > 0) {
      starts.push_back(fromEnd ? low - dim : low);
      ends.push_back(b.draw.oneIn(4) ? std::numeric_limits<int64_t>::max() : high);
    } else {
      starts.push_back(std::min(high, dim + 1));
      ends.push_back(low == 0 ? std::numeric_limits<int64_t>::min() : low - 1);
    }
    steps.push_back(step);
  }
  finishMoved(b, "slice", {{"starts", starts}, {"ends", ends}, {"steps", steps}},
              {movedOperand(b, shape).value});
}

static void drawGather(CaseBuilder &b) {
  Shape shape = b.draw.shape(1, 3, 600);
  if (b.draw.oneIn(6))
    shape[static_cast<size_t>(b.draw.between(0, static_cast<int64_t>(shape.size()) - 1))] = 0;
  int64_t axis = b.draw.between(0, static_cast<int64_t>(shape.size()) - 1),
          dim = shape[static_cast<size_t>(axis)];
  DType indexType = b.draw.pick({DType::S32, DType::S64});
  Shape indexShape = b.draw.maybeEmpty(b.draw.shape(0, 2, 12));
  if (dim == 0) // nothing to look up
    indexShape = {0};
  ValueId data = movedOperand(b, shape).value;
  // Constant ones must be in range; others may lie outside and are clamped.
  bool fixed = b.draw.oneIn(3);
  int64_t beyond = fixed ? 0 : 3;
  Tensor values = b.draw.integers(indexType, indexShape, -dim - beyond, dim - 1 + beyond);
  TensorType type{indexType, indexShape, nullptr};
  ValueId indices = fixed ? b.constant(type, values) : b.input(type, values);
  finishMoved(b, "gather", {{"axis", axis}}, {data, indices});
}

static void drawRange(CaseBuilder &b) {
  DType dtype =
      b.draw.pick({DType::S8, DType::U8, DType::S32, DType::S64, DType::F16, DType::F32, DType::F64});
  // Constants, which alone give the result a known size.
  auto scalar = [&](int64_t low, int64_t high) {
    Tensor value = isFloat(dtype)
                       ? b.draw.floats(dtype, {}, static_cast<double>(low), static_cast<double>(high))
                       : b.draw.integers(dtype, {}, low, high);
    return b.constant({dtype, {}, nullptr}, std::move(value));
  };
  finishMoved(b, "range", {}, {scalar(0, 5), scalar(0, 100), scalar(1, 7)});
}

static void drawPad(CaseBuilder &b) {
  Shape shape = b.draw.shape(1, 4, 400);
  size_t rank = shape.size();
  std::string mode = b.draw.pick<std::string>({"constant", "constant", "reflect", "edge", "wrap"});
  std::vector<int64_t> pads(2 * rank, 0);
  for (size_t i = 0; i < rank; ++i)
    for (size_t side : {i, rank + i}) {
      if (b.draw.oneIn(2))
        pads[side] = b.draw.between(0, 3);
      else if (shape[i] > 4 && b.draw.oneIn(3))
        pads[side] = -b.draw.between(1, 2);
    }
  Moved x = movedOperand(b, shape);
  std::vector<ValueId> operands{x.value};
  if (b.draw.oneIn(2)) {
    TensorType scalar{x.type.dtype, {}, x.type.quantization};
    operands.push_back(b.either(scalar, b.draw.values(scalar.dtype, {})));
  }
  finishMoved(b, "pad", {{"pads", pads}, {"mode", mode}}, operands);
}

void addMovementGenerators(GeneratorList &list) {
  list.insert(list.end(), {{"transpose", drawTranspose},
                           {"reshape", drawReshape},
                           {"expand", drawExpand},
                           {"tile", drawTile},
                           {"concat", drawConcat},
                           {"slice", drawSlice},
                           {"gather", drawGather},
                           {"range", drawRange},
                           {"pad", drawPad}});
}

} // namespace limbeck::test
