// Proofs by trying all operands, and the body that serves every target.
#include "limbeck/Lower/PairArithmetic.h"
#include "limbeck/Lower/Elementwise.h"
#include "limbeck/Lower/SplitReciprocal.h"
#include "limbeck/Reference/Quantize.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include <cmath>

namespace limbeck::lower {

using namespace mlir;

/// What is added to stored bytes so that the least is 0.
static int64_t moveOf(const TensorType &type) {
  return -lowest(type.dtype);
}

static bool isByteWithOneScale(const TensorType &type) {
  return bitWidth(type.dtype) == 8 && type.quantization && type.quantization->axis < 0 &&
         type.quantization->expressed == DType::F32;
}

namespace {
/// The operands of an op for all values of its 8-bit ones: the first by rows, the second by columns, from the least.
struct AllOperands {
  std::vector<TensorType> types;
  std::vector<Tensor> tensors;
  SmallVector<Value, 2> varying;

  Shape shape() const { return {kByteValues, varying.size() == 2 ? kByteValues : 1}; }
};
} // namespace

/// Nothing for operands of other kinds.
static std::optional<AllOperands> allOperands(KernelBuilder &kernel, Operation *op) {
  AllOperands all;
  for (Value operand : op->getOperands()) {
    TensorType type = kernel.typeOf(operand);
    if (std::optional<Tensor> constant = kernel.constantOf(operand); constant && constant->size() == 1) {
      type.shape = {};
      all.tensors.push_back(constant->reshaped({}));
      all.types.push_back(std::move(type));
      continue;
    }
    if (!isByteWithOneScale(type))
      return std::nullopt;
    if (!llvm::is_contained(all.varying, operand))
      all.varying.push_back(operand);
    if (all.varying.size() > 2)
      return std::nullopt;
    bool inner = all.varying.size() == 2 && operand == all.varying[1];
    type.shape = inner ? Shape{1, kByteValues} : Shape{kByteValues, 1};
    Tensor values = std::move(*Tensor::zeros(type.dtype, type.shape));
    for (int64_t i = 0; i < kByteValues; ++i)
      values.mutableBytes()[i] = static_cast<std::byte>(i - moveOf(type));
    all.tensors.push_back(std::move(values));
    all.types.push_back(std::move(type));
  }
  return all.varying.empty() ? std::nullopt : std::optional(std::move(all));
}

/// What `op` computes of them, as `type`; nothing for an op that hands on bytes whatever it is asked for.
static std::optional<Tensor> resultsOf(Operation *op, const AllOperands &operands, TensorType type) {
  type.shape = operands.shape();
  reference::Attributes attributes = attributesOf(op);
  const auto *definition = cast<graph::ReferenceOpInterface>(op).getDefinition();
  auto evaluated =
      reference::evaluate(*definition, {attributes, operands.types, operands.tensors, {&type, 1}});
  if (!evaluated || (*evaluated)[0].dtype() != type.dtype)
    return std::nullopt;
  return std::move((*evaluated)[0]);
}

static std::optional<float> provenReciprocal(std::span<const float> results,
                                             const Quantization &quantization) {
  auto round = [&](float t) {
    return reference::clampAndRound(t, quantization.zeroPoints[0], quantization.lowest, quantization.highest);
  };
  float scale = quantization.scales[0], nearest = 1 / scale;
  float up = std::nextafter(nearest, INFINITY), down = std::nextafter(nearest, 0.0f);
  for (float candidate : {nearest, up, down, std::nextafter(up, INFINITY), std::nextafter(down, 0.0f)})
    if (std::isfinite(candidate) &&
        llvm::all_of(results, [&](float x) { return round(x / scale) == round(x * candidate); }))
      return candidate;
  return std::nullopt;
}

/// Whether every one is a number, and divided by the scale so small that conversions round it.
static bool areBounded(std::span<const float> results, float scale) {
  constexpr float kMost = 4194304.0f - 512; // 2^22, less a zero point
  return llvm::all_of(results, [&](float x) { return std::fabs(x / scale) < kMost; });
}

static std::optional<PairForm> provenForm(KernelBuilder &kernel, Operation *op, const AllOperands &operands) {
  if (!isa<graph::AddOp, graph::SubOp, graph::MulOp>(op) || operands.varying.size() != 2 ||
      !kernel.target().vectorUnit().fma)
    return std::nullopt;
  TensorType type = kernel.typeOf(op->getResult(0));
  std::optional<Tensor> stored = resultsOf(op, operands, type);
  if (!stored)
    return std::nullopt;
  std::vector<uint8_t> values;
  for (int64_t i = 0; i < stored->size(); ++i)
    values.push_back(static_cast<uint8_t>(static_cast<int64_t>(stored->bytes()[i]) + moveOf(type)));
  const Quantization &y = *type.quantization, &a = *operands.types[0].quantization,
                     &c = *operands.types[1].quantization;
  PairResults results{values, y.lowest + moveOf(type), y.highest + moveOf(type)};
  double first = a.scales[0], second = c.scales[0], scale = y.scales[0];
  if (!isa<graph::MulOp>(op))
    return findPairSum(results, {first / scale, (isa<graph::SubOp>(op) ? -second : second) / scale});
  auto zeroOf = [&](size_t i) {
    return static_cast<int32_t>(operands.types[i].quantization->zeroPoints[0] + moveOf(operands.types[i]));
  };
  return findPairProduct(results, first * second / scale, {zeroOf(0), zeroOf(1)});
}

PairArithmetic provenPairArithmetic(KernelBuilder &kernel, Operation *op) {
  TensorType type = kernel.typeOf(op->getResult(0));
  if (!isByteWithOneScale(type) || !isa<graph::ReferenceOpInterface>(op))
    return {};
  std::optional<AllOperands> operands = allOperands(kernel, op);
  if (!operands)
    return {};
  if (std::optional<PairForm> form = provenForm(kernel, op, *operands))
    return {form, std::nullopt};
  std::optional<Tensor> results = resultsOf(op, *operands, {DType::F32, {}, nullptr});
  if (!results)
    return {};
  std::span<const float> values = results->values<float>();
  return {std::nullopt, provenReciprocal(values, *type.quantization),
          areBounded(values, type.quantization->scales[0])};
}

/// The same on any target, from bytes without sign to such bytes.
static Value emitOnAnyTarget(KernelBuilder &kernel, const PairForm &form, Value first, Value second) {
  OpBuilder &b = kernel.builder();
  Location loc = kernel.loc();
  auto vector = dyn_cast<VectorType>(first.getType());
  int64_t lanes = vector ? vector.getNumElements() : 1;
  Type i32 = kernel.vectorOf(b.getI32Type(), lanes), f32 = kernel.vectorOf(b.getF32Type(), lanes);
  auto number = [&](int64_t value) { return kernel.constantLike(i32, static_cast<double>(value)); };
  auto wide = [&](Value bytes) -> Value { return arith::ExtUIOp::create(b, loc, i32, bytes); };
  Value n;
  if (form.kind == PairForm::Kind::Sum) {
    Value left = arith::MulIOp::create(b, loc, wide(first), number(form.factors[0]));
    Value right = arith::MulIOp::create(b, loc, wide(second), number(form.factors[1]));
    n = arith::AddIOp::create(b, loc, left, right);
  } else {
    Value left = arith::SubIOp::create(b, loc, wide(first), number(form.zeros[0]));
    Value right = arith::SubIOp::create(b, loc, wide(second), number(form.zeros[1]));
    n = arith::MulIOp::create(b, loc, left, right);
  }
  Value bits = arith::AddIOp::create(b, loc, n, number(form.rounding.start));
  Value rounded = math::FmaOp::create(b, loc, arith::BitcastOp::create(b, loc, f32, bits),
                                      kernel.constantLike(f32, form.rounding.scale),
                                      kernel.constantLike(f32, form.rounding.shift));
  Value value =
      arith::SubIOp::create(b, loc, arith::BitcastOp::create(b, loc, i32, rounded), number(kRoundedZeroBits));
  value = arith::MinSIOp::create(b, loc, arith::MaxSIOp::create(b, loc, value, number(0)), number(255));
  return arith::TruncIOp::create(b, loc, first.getType(), value);
}

Value emitPairForm(KernelBuilder &kernel, Operation *op, const PairForm &form, ArrayRef<Value> stored) {
  OpBuilder &b = kernel.builder();
  Location loc = kernel.loc();
  kernel.noteForm(form.kind == PairForm::Kind::Sum ? "fused sum" : "fused product");
  auto bytes = [&](int64_t value) { // a constant like an element
    return kernel.constantLike(stored[0].getType(), static_cast<double>(static_cast<int8_t>(value)));
  };
  auto moved = [&](Value value, const TensorType &type) -> Value {
    return moveOf(type) == 0 ? value : Value(arith::XOrIOp::create(b, loc, value, bytes(128)));
  };
  Value first = moved(stored[0], kernel.typeOf(op->getOperand(0))),
        second = moved(stored[1], kernel.typeOf(op->getOperand(1)));
  Value result = kernel.target().emitPairForm(kernel, form, first, second);
  if (!result)
    result = emitOnAnyTarget(kernel, form, first, second);
  TensorType type = kernel.typeOf(op->getResult(0));
  int64_t least = type.quantization->lowest + moveOf(type), most = type.quantization->highest + moveOf(type);
  if (least > 0)
    result = arith::MaxUIOp::create(b, loc, result, bytes(least));
  if (most < kByteValues - 1)
    result = arith::MinUIOp::create(b, loc, result, bytes(most));
  return moved(result, type);
}

/// Bytes with their sign's bit flipped where they have one.
static Value withoutSign(KernelBuilder &kernel, Value bytes, const TensorType &type) {
  if (moveOf(type) == 0)
    return bytes;
  return arith::XOrIOp::create(kernel.builder(), kernel.loc(), bytes,
                               kernel.constantLike(bytes.getType(), -128));
}

/// Bytes without sign, each a float 2^23 more, dequantized: exact but for the rounding of the product.
static Value dequantizeFloat(KernelBuilder &kernel, Value number, const TensorType &type) {
  constexpr float kMagic = 8388608.0f, kMostScale = 0x1p100f;
  OpBuilder &b = kernel.builder();
  Location loc = kernel.loc();
  float scale = type.quantization->scales[0];
  auto zero = static_cast<float>(type.quantization->zeroPoints[0] + moveOf(type));
  auto constant = [&](float value) { return kernel.constantLike(number.getType(), value); };
  if (zero == 0 && scale < kMostScale && kernel.target().vectorUnit().fma)
    return math::FmaOp::create(b, loc, number, constant(scale), constant(-kMagic * scale));
  return arith::MulFOp::create(b, loc, arith::SubFOp::create(b, loc, number, constant(kMagic + zero)),
                               constant(scale));
}

Value emitPairFloats(KernelBuilder &kernel, Operation *op, const PairArithmetic &arithmetic,
                     ArrayRef<Value> stored) {
  OpBuilder &b = kernel.builder();
  Location loc = kernel.loc();
  TensorType type = kernel.typeOf(op->getResult(0));
  auto bytes = dyn_cast<VectorType>(stored[0].getType());
  int64_t count = bytes ? bytes.getNumElements() : 1, piece = 4 * kernel.target().vectorUnit().lanes;
  if (count % piece && piece > 16) // vectors of fewer elements are as fast each on its own
    piece /= 2;
  if (count % piece || !kernel.target().packsFloats())
    return {};
  auto perAxis = [&](Value operand) {
    TensorType from = kernel.typeOf(operand);
    return from.quantization && from.quantization->axis >= 0;
  };
  if (llvm::any_of(op->getOperands(), perAxis))
    return {};
  kernel.noteForm("unpacked");
  auto slice = [&](Value whole, int64_t at) -> Value {
    if (piece == count)
      return whole;
    return vector::ExtractStridedSliceOp::create(b, loc, whole, ArrayRef<int64_t>{at},
                                                 ArrayRef<int64_t>{piece}, ArrayRef<int64_t>{1});
  };
  Value result = piece == count ? Value() : kernel.constantLike(bytes, 0);
  for (int64_t at = 0; at < count; at += piece) {
    std::array<SmallVector<Value>, 4> operands;
    for (auto [operand, elements] : llvm::zip_equal(op->getOperands(), stored)) {
      TensorType from = kernel.typeOf(operand);
      std::optional<Tensor> constant = kernel.constantOf(operand);
      if (constant && constant->size() == 1) {
        Value real = kernel.splat(kernel.widen(scalarConstant(kernel, *constant), from, {}), piece / 4);
        for (SmallVector<Value> &quarter : operands)
          quarter.push_back(real);
        continue;
      }
      SmallVector<Value> numbers =
          kernel.target().emitByteFloats(kernel, withoutSign(kernel, slice(elements, at), from));
      for (auto [quarter, number] : llvm::zip_equal(operands, numbers))
        quarter.push_back(dequantizeFloat(kernel, number, from));
    }
    SmallVector<Value> quarters;
    for (SmallVector<Value> &quarter : operands)
      quarters.push_back(divideByScale(kernel, emitElementwise(kernel, op, quarter), *type.quantization,
                                       arithmetic.reciprocal));
    Value packed = kernel.target().emitRoundedBytes(kernel, quarters, type);
    result = piece == count ? packed
                            : Value(vector::InsertStridedSliceOp::create(
                                  b, loc, packed, result, ArrayRef<int64_t>{at}, ArrayRef<int64_t>{1}));
  }
  return result;
}

} // namespace limbeck::lower
