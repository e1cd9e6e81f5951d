// Conversion of element types, tensor types and attributes between MLIR and the LLVM-free folders.
#include "limbeck/Graph/IR/Conversion.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/IR/Builders.h"
#include "llvm/Support/Format.h"
#include <cmath>

namespace limbeck::graph {

namespace quant = mlir::quant;

static std::string textOf(mlir::Type type) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  stream << type;
  return text;
}

/// Enough digits to read the same double again.
static std::string exactText(double value) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%.17g", value);
  return text;
}

static std::optional<DType> integerType(unsigned width, bool isSigned) {
  return dtypeFromName((isSigned ? "s" : "u") + std::to_string(width));
}

Expected<DType> toDType(mlir::Type element) {
  std::optional<DType> dtype;
  if (auto integer = mlir::dyn_cast<mlir::IntegerType>(element)) {
    if (integer.isSignless())
      dtype = integer.getWidth() == 1 ? std::optional(DType::Bool) : std::nullopt;
    else
      dtype = integerType(integer.getWidth(), integer.isSigned());
  } else if (mlir::isa<mlir::Float16Type, mlir::BFloat16Type, mlir::Float32Type, mlir::Float64Type>(
                 element)) {
    dtype = dtypeFromName(textOf(element));
  }
  if (!dtype)
    return error(Code::UnsupportedType,
                 "expected i1, an integer with signedness of 4 to 64 bits, f16, bf16, f32 or f64, found ",
                 textOf(element));
  return *dtype;
}

mlir::Type fromDType(mlir::MLIRContext *context, DType dtype) {
  switch (dtype) {
  case DType::Bool:
    return mlir::IntegerType::get(context, 1);
  case DType::F16:
    return mlir::Float16Type::get(context);
  case DType::BF16:
    return mlir::BFloat16Type::get(context);
  case DType::F32:
    return mlir::Float32Type::get(context);
  case DType::F64:
    return mlir::Float64Type::get(context);
  default:
    return mlir::IntegerType::get(context, bitWidth(dtype),
                                  isSigned(dtype) ? mlir::IntegerType::Signed : mlir::IntegerType::Unsigned);
  }
}

/// The parameters of a uniform type, with every scale checked to be exact in f32.
static Expected<Quantization> toQuantization(quant::QuantizedType type) {
  Quantization quantization;
  LIMBECK_ASSIGN(quantization.expressed, toDType(type.getExpressedType()));
  quantization.lowest = type.getStorageTypeMin();
  quantization.highest = type.getStorageTypeMax();
  llvm::SmallVector<double> scales;
  if (auto perTensor = mlir::dyn_cast<quant::UniformQuantizedType>(type)) {
    scales = {perTensor.getScale()};
    quantization.zeroPoints = {perTensor.getZeroPoint()};
  } else if (auto perAxis = mlir::dyn_cast<quant::UniformQuantizedPerAxisType>(type)) {
    scales.assign(perAxis.getScales().begin(), perAxis.getScales().end());
    quantization.zeroPoints.assign(perAxis.getZeroPoints().begin(), perAxis.getZeroPoints().end());
    quantization.axis = perAxis.getQuantizedDimension();
  } else {
    return error(Code::UnsupportedType, "expected quantization per tensor or per axis, found ", textOf(type));
  }
  for (double scale : scales) {
    float rounded = static_cast<float>(scale);
    if (rounded != scale)
      return error(Code::Scale, "expected a scale that is exact in f32, found ", scale)
          .withHint("the nearest is " + exactText(rounded));
    quantization.scales.push_back(rounded);
  }
  for (int64_t zeroPoint : quantization.zeroPoints)
    if (zeroPoint < quantization.lowest || zeroPoint > quantization.highest)
      return error(Code::ZeroPoint, "expected a zero point in [", quantization.lowest, ", ",
                   quantization.highest, "], found ", zeroPoint);
  return quantization;
}

static Status checkQuantizedAxis(const Quantization &quantization, const Shape &shape) {
  if (quantization.axis < 0)
    return {};
  auto rank = static_cast<int64_t>(shape.size());
  if (quantization.axis >= rank)
    return error(Code::QuantizedAxis, "expected a quantization axis below the rank ", rank, ", found ",
                 quantization.axis);
  int64_t dim = shape[quantization.axis];
  auto count = static_cast<int64_t>(quantization.scales.size());
  if (dim != kUnknown && dim != count)
    return error(Code::QuantizedAxis, "expected ", dim, " scales for axis ", quantization.axis, ", found ",
                 count);
  return {};
}

Expected<TensorType> toTensorType(mlir::Type type) {
  auto ranked = mlir::dyn_cast<mlir::RankedTensorType>(type);
  if (!ranked || ranked.getEncoding())
    return error(Code::UnsupportedType, "expected a ranked tensor without encoding, found ", textOf(type));
  TensorType result;
  for (int64_t dim : ranked.getShape())
    result.shape.push_back(mlir::ShapedType::isDynamic(dim) ? kUnknown : dim);
  auto quantized = mlir::dyn_cast<quant::QuantizedType>(ranked.getElementType());
  if (!quantized) {
    LIMBECK_ASSIGN(result.dtype, toDType(ranked.getElementType()));
    return result;
  }
  auto storage = integerType(quantized.getStorageTypeIntegralWidth(), quantized.isSigned());
  if (!storage)
    return error(Code::UnsupportedType, "expected 4, 8, 16 or 32 bits of storage, found ", textOf(quantized));
  result.dtype = *storage;
  LIMBECK_ASSIGN(Quantization quantization, toQuantization(quantized));
  LIMBECK_TRY(checkQuantizedAxis(quantization, result.shape));
  result.quantization = std::make_shared<const Quantization>(std::move(quantization));
  return result;
}

Expected<std::vector<TensorType>> toTensorTypes(mlir::TypeRange types) {
  std::vector<TensorType> result;
  for (mlir::Type type : types) {
    LIMBECK_ASSIGN(TensorType converted, toTensorType(type));
    result.push_back(std::move(converted));
  }
  return result;
}

/// What upstream takes for granted when a type is made: a type that breaks it could not be read back.
static Status checkRepresentable(DType storage, const Quantization &quantization) {
  if (!isInteger(storage) || bitWidth(storage) > 32 || !isFloat(quantization.expressed))
    return error(Code::UnsupportedType, "expected integers of at most 32 bits for floats, found ",
                 name(storage), " for ", name(quantization.expressed));
  if (quantization.lowest < lowest(storage) || quantization.highest > highest(storage) ||
      quantization.lowest >= quantization.highest)
    return error(Code::ZeroPoint, "expected a range within ", name(storage), ", found [", quantization.lowest,
                 ", ", quantization.highest, "]");
  size_t count = quantization.scales.size();
  if (count != quantization.zeroPoints.size() || (quantization.axis < 0 && count != 1))
    return error(Code::Scale, "expected as many scales as zero points, one per tensor, found ", count,
                 " and ", quantization.zeroPoints.size());
  for (float scale : quantization.scales)
    if (!(scale > 0) || !std::isfinite(scale))
      return error(Code::ScaleRange, "expected a positive finite scale, found ", scale);
  return {};
}

static Expected<mlir::Type> fromQuantization(mlir::MLIRContext *context, DType storage,
                                             const Quantization &quantization) {
  LIMBECK_TRY(checkRepresentable(storage, quantization));
  unsigned flags = isSigned(storage) ? quant::QuantizationFlags::Signed : 0;
  mlir::Type storageType = mlir::IntegerType::get(context, bitWidth(storage));
  auto expressed = mlir::cast<mlir::FloatType>(fromDType(context, quantization.expressed));
  double smallest = llvm::APFloat::getSmallest(expressed.getFloatSemantics()).convertToDouble();
  double largest = llvm::APFloat::getLargest(expressed.getFloatSemantics()).convertToDouble();
  llvm::SmallVector<double> scales(quantization.scales.begin(), quantization.scales.end());
  for (double scale : scales)
    if (scale < smallest || scale > largest)
      return error(Code::ScaleRange, "expected a scale that ", name(quantization.expressed),
                   " can hold, found ", scale);
  if (quantization.axis >= 0)
    return mlir::Type(quant::UniformQuantizedPerAxisType::get(flags, storageType, expressed, scales,
                                                              quantization.zeroPoints, quantization.axis,
                                                              quantization.lowest, quantization.highest));
  return mlir::Type(quant::UniformQuantizedType::get(flags, storageType, expressed, scales.front(),
                                                     quantization.zeroPoints.front(), quantization.lowest,
                                                     quantization.highest));
}

Expected<mlir::RankedTensorType> fromTensorType(mlir::MLIRContext *context, const TensorType &type) {
  llvm::SmallVector<int64_t> shape;
  for (int64_t dim : type.shape)
    shape.push_back(dim == kUnknown ? mlir::ShapedType::kDynamic : dim);
  mlir::Type element = fromDType(context, type.dtype);
  if (type.quantization) {
    LIMBECK_ASSIGN(element, fromQuantization(context, type.dtype, *type.quantization));
  }
  return mlir::RankedTensorType::get(shape, element);
}

static Expected<reference::Attribute> toAttribute(mlir::Attribute attribute) {
  if (auto flag = mlir::dyn_cast<mlir::BoolAttr>(attribute))
    return reference::Attribute(flag.getValue());
  if (auto integer = mlir::dyn_cast<mlir::IntegerAttr>(attribute);
      integer && integer.getType().isSignlessInteger(64))
    return reference::Attribute(integer.getInt());
  if (auto number = mlir::dyn_cast<mlir::FloatAttr>(attribute); number && number.getType().isF32())
    return reference::Attribute(number.getValue().convertToFloat());
  if (auto text = mlir::dyn_cast<mlir::StringAttr>(attribute))
    return reference::Attribute(text.str());
  if (auto symbol = mlir::dyn_cast<mlir::FlatSymbolRefAttr>(attribute))
    return reference::Attribute(symbol.getValue().str());
  if (auto list = mlir::dyn_cast<mlir::DenseI64ArrayAttr>(attribute))
    return reference::Attribute(std::vector<int64_t>(list.asArrayRef().begin(), list.asArrayRef().end()));
  if (auto list = mlir::dyn_cast<mlir::DenseF32ArrayAttr>(attribute))
    return reference::Attribute(std::vector<float>(list.asArrayRef().begin(), list.asArrayRef().end()));
  if (auto type = mlir::dyn_cast<mlir::TypeAttr>(attribute)) {
    LIMBECK_ASSIGN(DType dtype, toDType(type.getValue()));
    return reference::Attribute(dtype);
  }
  return error(Code::Attribute, "expected an integer, float, string, bool, type or list of numbers");
}

Expected<reference::Attributes> toAttributes(mlir::Operation *op) {
  reference::Attributes attributes;
  for (mlir::StringAttr name : op->getName().getAttributeNames()) {
    mlir::Attribute attribute = op->getAttr(name);
    if (!attribute)
      continue;
    auto converted = toAttribute(attribute);
    if (!converted)
      return std::move(converted.diagnostic().atAttribute(name.str()));
    attributes.set(name.str(), std::move(*converted));
  }
  return attributes;
}

mlir::NamedAttrList fromAttributes(mlir::MLIRContext *context, const reference::Attributes &attributes) {
  mlir::Builder builder(context);
  auto convert = [&](const auto &value) -> mlir::Attribute {
    using T = std::decay_t<decltype(value)>;
    if constexpr (std::is_same_v<T, bool>)
      return builder.getBoolAttr(value);
    else if constexpr (std::is_same_v<T, int64_t>)
      return builder.getI64IntegerAttr(value);
    else if constexpr (std::is_same_v<T, float>)
      return builder.getF32FloatAttr(value);
    else if constexpr (std::is_same_v<T, std::string>)
      return builder.getStringAttr(value);
    else if constexpr (std::is_same_v<T, std::vector<int64_t>>)
      return builder.getDenseI64ArrayAttr(value);
    else if constexpr (std::is_same_v<T, std::vector<float>>)
      return builder.getDenseF32ArrayAttr(value);
    else
      return mlir::TypeAttr::get(fromDType(context, value));
  };
  mlir::NamedAttrList list;
  for (const auto &[name, value] : attributes.all())
    list.append(name, std::visit(convert, value));
  return list;
}

mlir::InFlightDiagnostic emitDiagnostic(mlir::Operation *op, const Diagnostic &diagnostic) {
  mlir::InFlightDiagnostic report = op->emitOpError();
  report << "[" << codeText(diagnostic.code) << "] ";
  if (!diagnostic.attribute.empty())
    report << "attribute '" << diagnostic.attribute << "': ";
  report << diagnostic.message;
  if (!diagnostic.hint.empty())
    report << "; " << diagnostic.hint;
  return report;
}

} // namespace limbeck::graph
