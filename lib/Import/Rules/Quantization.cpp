// QuantizeLinear, DequantizeLinear (ai.onnx and com.microsoft) and DynamicQuantizeLinear.
#include "Quantized.h"
#include <algorithm>

namespace limbeck::importer {

namespace {
/// One pair of parameters per tensor, per index of an axis, or per block along an axis.
struct Granularity {
  int64_t axis = 0, blockSize = 0;
  bool perTensor = false;
};
} // namespace

static Expected<Granularity> readGranularity(const Node &node, const Shape &shape, const Shape &scale) {
  Granularity result;
  LIMBECK_ASSIGN(int64_t axis, node.integer("axis", 1));
  LIMBECK_ASSIGN(result.blockSize, node.integer("block_size", 0));
  if (result.blockSize < 0)
    return error(Code::QuantizedAxis, "expected a block size of at least 0, found ", result.blockSize)
        .atAttribute("block_size");
  result.perTensor = scale.empty() || scale == Shape{1};
  if (result.perTensor)
    return Granularity{0, 0, true};
  bool blocked = result.blockSize > 0;
  size_t rank = blocked ? shape.size() : 1;
  if (scale.size() != rank)
    return error(Code::QuantizedAxis, "expected a scale of rank ", rank, blocked ? "" : " or a scalar",
                 ", found shape ", shapeText(scale));
  auto normalized = normalizeAxis(axis, static_cast<int64_t>(shape.size()), Code::QuantizedAxis);
  if (!normalized)
    return std::move(normalized.diagnostic().atAttribute("axis"));
  result.axis = *normalized;
  return result;
}

namespace {
/// A storage type and the opset of ai.onnx that brought it; com.microsoft had all of them from the start.
struct Storage {
  DType dtype;
  int64_t since;
  bool onlyDequantized = false;
};
} // namespace

static constexpr Storage storages[] = {{DType::U8, 10},       {DType::S8, 10}, {DType::U16, 21},
                                       {DType::S16, 21},      {DType::U4, 21}, {DType::S4, 21},
                                       {DType::S32, 10, true}};

/// E-DTYPE unless the op has this storage type at its opset.
static Status checkStorage(const Node &node, DType dtype) {
  for (const Storage &storage : storages) {
    bool present = node.domain == kMicrosoft || node.opset >= storage.since;
    bool taken = !storage.onlyDequantized || node.opType == "DequantizeLinear";
    if (storage.dtype == dtype && present && taken)
      return {};
  }
  return error(Code::DataType, "expected a quantized type that ", node.opType, " has at opset ", node.opset,
               ", found ", name(dtype));
}

/// E-DTYPE for scales of half precision before opset 19; com.microsoft had them from the start.
static Status checkScaleType(const Node &node, DType dtype) {
  bool half = dtype == DType::F16 || dtype == DType::BF16;
  if (!half || node.domain == kMicrosoft || node.opset >= 19)
    return {};
  return error(Code::DataType, "expected scales of type f32 at opset ", node.opset, ", found ", name(dtype));
}

/// Zero points for scales. Constant ones get a constant, however many they are: only those can move into types.
static Expected<ValueId> zerosLike(Builder &builder, ValueId scale, DType dtype) {
  const Shape &shape = shapeOf(builder, scale);
  if (!builder.constant(scale))
    return filled(builder, scalarConstant(builder, dtype, 0), shape);
  LIMBECK_ASSIGN(Tensor zeros, Tensor::zeros(dtype, shape));
  return builder.makeConstant(std::move(zeros));
}

/// Scale and zero point in the shape of their granularity; an absent zero point becomes zeros.
static Expected<ScaleAndZero> linearParameters(const Node &node, Builder &builder, ValueId scale,
                                               DType storage, bool perTensor) {
  LIMBECK_TRY(checkScaleType(node, dtypeOf(builder, scale)));
  LIMBECK_TRY(checkScale(builder, scale));
  LIMBECK_ASSIGN(ValueId zeroPoint, zeroPointOperand(node, builder, 2, "zero_point", storage));
  if (perTensor) {
    LIMBECK_ASSIGN(scale, asScalar(builder, scale, "scale", Code::QuantizedAxis));
    LIMBECK_ASSIGN(zeroPoint, asScalar(builder, zeroPoint, "zero_point", Code::QuantizedAxis));
  } else if (!node.hasOperand(2)) {
    LIMBECK_ASSIGN(zeroPoint, zerosLike(builder, scale, dtypeOf(builder, zeroPoint)));
  }
  return ScaleAndZero{scale, zeroPoint};
}

/// The element type that an attribute gives by its ONNX number; nullopt when it is absent or 0.
static Expected<std::optional<DType>> dtypeAttribute(const Node &node, const std::string &name) {
  LIMBECK_ASSIGN(int64_t number, node.integer(name, 0));
  if (number == 0)
    return std::optional<DType>();
  LIMBECK_ASSIGN(DType dtype, dtypeFromOnnx(number, name));
  return std::optional(dtype);
}

/// The result type of QuantizeLinear: that of the zero point, which output_dtype must agree with, else u8.
static Expected<DType> storageOf(const Node &node, const Builder &builder) {
  LIMBECK_ASSIGN(std::optional<DType> wanted, dtypeAttribute(node, "output_dtype"));
  if (!node.hasOperand(2))
    return wanted.value_or(DType::U8);
  DType found = dtypeOf(builder, *node.operands[2]);
  if (!isInteger(found) || (wanted && found != *wanted))
    return error(Code::ZeroPoint, "expected a zero point of ",
                 wanted ? message("type ", name(*wanted)) : "an integer type", ", found ", name(found));
  return found;
}

static Results importQuantizeLinear(const Node &node, Builder &builder) {
  LIMBECK_ASSIGN(ValueId x, operand(node, 0, "x"));
  LIMBECK_ASSIGN(ValueId scale, operand(node, 1, "y_scale"));
  LIMBECK_ASSIGN(DType storage, storageOf(node, builder));
  LIMBECK_TRY(checkStorage(node, storage));
  LIMBECK_ASSIGN(std::optional<DType> precision, dtypeAttribute(node, "precision"));
  if (precision && *precision != DType::F32)
    return error(Code::Unsupported, "expected a division in f32, found ", name(*precision))
        .atAttribute("precision");
  LIMBECK_ASSIGN(Granularity granularity,
                 readGranularity(node, shapeOf(builder, x), shapeOf(builder, scale)));
  LIMBECK_ASSIGN(ScaleAndZero by, linearParameters(node, builder, scale, storage, granularity.perTensor));
  // Integers are divided as f32.
  for (ValueId *value : {&x, &by.scale})
    if (dtypeOf(builder, *value) == DType::S32) {
      LIMBECK_ASSIGN(*value, castTo(builder, *value, DType::F32));
    }
  return builder.create("quantize_by", {{"axis", granularity.axis}, {"block_size", granularity.blockSize}},
                        {x, by.scale, by.zeroPoint});
}

/// s32 is the type of biases, which have no zero point.
static Status checkAccumulatorZero(const Builder &builder, ValueId zeroPoint) {
  const Tensor *known = builder.constant(zeroPoint);
  if (!known || known->dtype() != DType::S32)
    return {};
  for (int32_t value : known->values<int32_t>())
    if (value != 0)
      return error(Code::ZeroPoint, "expected a zero point of 0 for data of type s32, found ", value);
  return {};
}

static Results importDequantizeLinear(const Node &node, Builder &builder) {
  LIMBECK_ASSIGN(ValueId x, operand(node, 0, "x"));
  LIMBECK_ASSIGN(ValueId scale, operand(node, 1, "x_scale"));
  DType storage = dtypeOf(builder, x);
  LIMBECK_TRY(checkStorage(node, storage));
  LIMBECK_ASSIGN(std::optional<DType> wanted, dtypeAttribute(node, "output_dtype"));
  DType to = wanted.value_or(dtypeOf(builder, scale));
  LIMBECK_ASSIGN(Granularity granularity,
                 readGranularity(node, shapeOf(builder, x), shapeOf(builder, scale)));
  LIMBECK_ASSIGN(ScaleAndZero by, linearParameters(node, builder, scale, storage, granularity.perTensor));
  LIMBECK_TRY(checkAccumulatorZero(builder, by.zeroPoint));
  return builder.create("dequantize_by",
                        {{"axis", granularity.axis}, {"block_size", granularity.blockSize}, {"to", to}},
                        {x, by.scale, by.zeroPoint});
}

static Results importDynamicQuantizeLinear(const Node &node, Builder &builder) {
  LIMBECK_ASSIGN(ValueId x, operand(node, 0, "x"));
  return builder.create("dynamic_quantize", {}, {x});
}

void addQuantizationRules(RuleList &list) {
  for (std::string_view domain : {std::string_view(""), kMicrosoft}) {
    int64_t first = domain.empty() ? 10 : 1;
    list.push_back({domain, "QuantizeLinear", first, kNewest, 2, 3, 1, importQuantizeLinear});
    list.push_back({domain, "DequantizeLinear", first, kNewest, 2, 3, 1, importDequantizeLinear});
  }
  list.push_back({"", "DynamicQuantizeLinear", 11, kNewest, 1, 1, 3, importDynamicQuantizeLinear});
}

} // namespace limbeck::importer
