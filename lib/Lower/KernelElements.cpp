// Elements of a kernel: loads through fused element-wise ops, conversion between stored and computed form, stores.
#include "limbeck/Lower/ChannelForm.h"
#include "limbeck/Lower/Elementwise.h"
#include "limbeck/Lower/KernelBuilder.h"
#include "limbeck/Lower/PairArithmetic.h"
#include "limbeck/Lower/SplitReciprocal.h"
#include "limbeck/Lower/Tables.h"
#include "limbeck/Reference/Quantize.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include <cstring>

namespace limbeck::lower {

using namespace mlir;

Type KernelBuilder::vectorOf(Type element, int64_t lanes) {
  return lanes == 1 ? element : Type(VectorType::get({lanes}, element));
}

Value KernelBuilder::splat(Value scalar, int64_t lanes) {
  return lanes == 1 ? scalar
                    : vector::BroadcastOp::create(b, location, vectorOf(scalar.getType(), lanes), scalar);
}

Value KernelBuilder::constantLike(Type type, double value) {
  Type element = getElementTypeOrSelf(type);
  TypedAttr attribute;
  if (auto floating = dyn_cast<FloatType>(element))
    attribute = b.getFloatAttr(floating, value);
  else
    attribute = b.getIntegerAttr(element, static_cast<int64_t>(value));
  if (auto vector = dyn_cast<VectorType>(type))
    attribute = DenseElementsAttr::get(vector, attribute);
  return arith::ConstantOp::create(b, location, attribute);
}

static Type withElement(Type like, Type element) {
  auto vector = dyn_cast<VectorType>(like);
  return vector ? Type(VectorType::get(vector.getShape(), element)) : element;
}

static int64_t lanesOf(Value value) {
  auto vector = dyn_cast<VectorType>(value.getType());
  return vector ? vector.getNumElements() : 1;
}

/// Loads stored elements from a buffer: a vector where the innermost dimension runs, one element spread where it is 1.
static Value loadBuffer(KernelBuilder &kernel, Value buffer, ArrayRef<Value> index, int64_t lanes) {
  OpBuilder &b = kernel.builder();
  auto type = cast<MemRefType>(buffer.getType());
  if (lanes == 1)
    return memref::LoadOp::create(b, kernel.loc(), buffer, index);
  return vector::LoadOp::create(
      b, kernel.loc(), cast<VectorType>(kernel.vectorOf(type.getElementType(), lanes)), buffer, index);
}

Value KernelBuilder::load(Value tensor, ArrayRef<Value> index, int64_t lanes) {
  bool current = lanes == blockLanes && index == ArrayRef<Value>(blockIndex);
  if (current)
    if (Value element = known.lookup(tensor))
      return element;
  Value element;
  if (isa<BlockArgument>(tensor)) {
    std::optional<Tensor> constant = constantOf(tensor);
    if (constant && constant->size() == 1) // an immediate, not a load
      element = splat(scalarConstant(*this, *constant), lanes);
    else if (constant && !laneChannels.empty())
      element = loadChannels(*constant, lanes);
    else if (lanes > 1 && repeats(shapeOf(tensor)))
      element = loadBuffer(*this, repeatedBuffer(tensor), index, lanes);
    else
      element = loadBuffer(*this, buffer(tensor), index, lanes);
  } else {
    element = evaluateElementwise(tensor.getDefiningOp(), index, lanes);
  }
  if (current)
    known[tensor] = element;
  return element;
}

Value KernelBuilder::real(Value tensor, ArrayRef<Value> index, int64_t lanes) {
  if (lanes == blockLanes && index == ArrayRef<Value>(blockIndex))
    if (Value element = knownReal.lookup(tensor))
      return element;
  return widen(load(tensor, index, lanes), typeOf(tensor), index);
}

Value KernelBuilder::operandElement(Value tensor, ArrayRef<Value> index, const Shape &resultShape,
                                    int64_t lanes, bool stored) {
  Shape shape = shapeOf(tensor);
  if (repeats(shape) && !repeats(resultShape)) {
    Value channel = arith::RemUIOp::create(b, location, index.back(), constantIndex(shape[0]));
    return stored ? load(tensor, channel, lanes) : real(tensor, channel, lanes);
  }
  Index own;
  size_t lead = resultShape.size() - shape.size();
  // An index may count on where the result itself has one element (countOn); what is broadcast does not follow.
  bool follows = shape == resultShape;
  for (size_t i = 0; i < shape.size(); ++i)
    own.push_back(shape[i] == 1 && !follows ? constantIndex(0) : index[lead + i]);
  // Lanes of any channels are elements of their own, though there be one channel.
  bool apart = !laneChannels.empty() && shape == resultShape;
  bool spread = lanes > 1 && !apart && (shape.empty() || shape.back() == 1);
  int64_t wanted = spread ? 1 : lanes;
  Value element = stored ? load(tensor, own, wanted) : real(tensor, own, wanted);
  return spread ? splat(element, lanes) : element;
}

/// The elements of a table at stored positions: an order of comparison where it only clamps, one by one where the target
/// has no instruction.
Value KernelBuilder::lookUp(KernelTable &table, Value positions) {
  int64_t lanes = lanesOf(positions);
  noteForm(table.clamp ? "clamp" : "table");
  if (table.clamp) {
    auto bound = [&](int64_t value) { return constantLike(positions.getType(), static_cast<double>(value)); };
    Value low = bound(table.clamp->low), high = bound(table.clamp->high);
    if (table.isSigned)
      return arith::MinSIOp::create(b, location, arith::MaxSIOp::create(b, location, positions, low), high);
    return arith::MinUIOp::create(b, location, arith::MaxUIOp::create(b, location, positions, low), high);
  }
  if (!table.buffer)
    table.buffer = weights(machine.arrangeByteTable(table.values));
  if (lanes > 1)
    if (Value found = machine.emitByteLookup(*this, table.values, table.buffer, positions))
      return found;
  auto one = [&](Value position) -> Value {
    Value wide = arith::IndexCastUIOp::create(b, location, b.getIndexType(), position);
    return memref::LoadOp::create(b, location, table.buffer, wide);
  };
  if (lanes == 1)
    return one(positions);
  SmallVector<Value> elements;
  for (int64_t lane = 0; lane < lanes; ++lane)
    elements.push_back(one(vector::ExtractOp::create(b, location, positions, ArrayRef<int64_t>{lane})));
  return vector::FromElementsOp::create(b, location, cast<VectorType>(positions.getType()), elements);
}

bool KernelBuilder::requantizesBytes(const TensorType &from, const TensorType &to) {
  auto fits = [](const TensorType &type) {
    return bitWidth(type.dtype) == 8 && type.quantization && type.quantization->axis < 0 &&
           type.quantization->expressed == DType::F32;
  };
  return fits(from) && fits(to);
}

Value KernelBuilder::requantizeBytes(Value stored, const TensorType &from, const TensorType &to) {
  const Quantization &x = *from.quantization, &y = *to.quantization;
  if (from.dtype == to.dtype && x == y)
    return stored;
  if (!requantization) {
    Tensor values = std::move(*Tensor::zeros(to.dtype, {256}));
    for (int64_t byte = 0; byte < 256; ++byte) {
      int64_t q = isSigned(from.dtype) ? static_cast<int8_t>(byte) : byte;
      float real = reference::dequantize(q, x.scales[0], x.zeroPoints[0]);
      values.mutableBytes()[byte] = static_cast<std::byte>(
          reference::quantize(real, y.scales[0], y.zeroPoints[0], y.lowest, y.highest));
    }
    requantization = {{}, values, clampOf(values, from.dtype), isSigned(from.dtype), {}};
  }
  return lookUp(*requantization, stored);
}

KernelTable &KernelBuilder::findTable(Operation *op) {
  auto [place, fresh] = tables.try_emplace(op);
  if (fresh)
    if (std::optional<ByteTable> table = tableOf(*this, op)) {
      DType source = typeOf(table->source).dtype;
      place->second = {table->source, table->values, clampOf(table->values, source), isSigned(source),
                       Value()};
    }
  return place->second;
}

Value KernelBuilder::evaluateElementwise(Operation *op, ArrayRef<Value> index, int64_t lanes) {
  if (Value source = findTable(op).source) {
    Value positions = load(source, index, lanes);
    return lookUp(tables[op], positions);
  }
  TensorType type = typeOf(op->getResult(0));
  auto [place, fresh] = pairs.try_emplace(op);
  if (fresh)
    place->second = provenPairArithmetic(*this, op);
  PairArithmetic pair = place->second;
  bool qlinear = isQLinear(*this, op), stored = worksOnStorage(op) || qlinear || pair.form;
  SmallVector<Value> operands;
  if (pair.isBounded && !qlinear && lanes > 1) {
    for (Value operand : op->getOperands())
      operands.push_back(operandElement(operand, index, type.shape, lanes, /*stored=*/true));
    if (Value packed = emitPairFloats(*this, op, pair, operands))
      return packed;
    operands.clear();
  }
  auto norm = dyn_cast<graph::BatchNormOp>(op);
  auto ofChannel = [&](const Tensor &constant) { return channelConstant(constant, index, lanes); };
  if (norm) {
    auto [form, first] = channelForms.try_emplace(op);
    if (first)
      form->second = provenChannelForm(*this, norm);
    if (const std::optional<ChannelForm> &found = form->second) {
      operands = {ofChannel(found->start), ofChannel(found->scale), ofChannel(found->shift)};
      if (found->mirrors)
        operands.push_back(ofChannel(found->mirror));
      return emitChannelForm(
          *this, norm, operandElement(norm.getX(), index, type.shape, lanes, /*stored=*/true), operands);
    }
  }
  if (auto constants = norm ? batchNormConstants(*this, norm) : std::nullopt)
    operands = {operandElement(norm.getX(), index, type.shape, lanes, stored), ofChannel(constants->factor),
                ofChannel(constants->bias), ofChannel(constants->mean)};
  else
    for (Value operand : op->getOperands())
      operands.push_back(operandElement(operand, index, type.shape, lanes, stored));
  if (pair.form)
    return emitPairForm(*this, op, *pair.form, operands);
  if (qlinear)
    return emitQLinear(*this, op, operands);
  if (stored)
    return operands[0];
  return narrow(emitElementwise(*this, op, operands), type, index, pair.reciprocal);
}

static Tensor floatTable(const std::vector<float> &values) {
  Tensor table = std::move(*Tensor::zeros(DType::F32, {static_cast<int64_t>(values.size())}));
  std::copy(values.begin(), values.end(), table.mutableValues<float>().begin());
  return table;
}

/// Per-axis parameters at `index`: a vector where the axis is the innermost dimension.
Value KernelBuilder::perAxis(const Tensor &table, ArrayRef<Value> index, int64_t axis, int64_t rank,
                             int64_t lanes) {
  bool runs = axis == rank - 1;
  Value element = loadBuffer(*this, weights(table), {index[static_cast<size_t>(axis)]}, runs ? lanes : 1);
  return runs ? element : splat(element, lanes);
}

Type zeroPointType(KernelBuilder &kernel, DType storage, int64_t lanes) {
  OpBuilder &b = kernel.builder();
  return kernel.vectorOf(bitWidth(storage) < 32 ? b.getI32Type() : b.getI64Type(), lanes);
}

/// The zero point of the element at `index`, as an integer of zeroPointType.
Value KernelBuilder::zeroPointAt(const TensorType &type, ArrayRef<Value> index, int64_t lanes) {
  const Quantization &quantization = *type.quantization;
  Type wide = zeroPointType(*this, type.dtype, lanes);
  if (quantization.axis < 0)
    return constantLike(wide, static_cast<double>(quantization.zeroPoints[0]));
  Value zero = perAxis(Tensor::fromIndices(quantization.zeroPoints), index, quantization.axis,
                       static_cast<int64_t>(type.shape.size()), lanes);
  return zero.getType() == wide ? zero : Value(arith::TruncIOp::create(b, location, wide, zero));
}

static bool isHalfType(DType dtype) {
  return dtype == DType::F16 || dtype == DType::BF16;
}

Value KernelBuilder::widen(Value stored, const TensorType &type, ArrayRef<Value> index) {
  int64_t lanes = lanesOf(stored), rank = static_cast<int64_t>(type.shape.size());
  Type f32 = vectorOf(b.getF32Type(), lanes);
  if (!type.quantization) {
    if (type.dtype == DType::Bool)
      return arith::CmpIOp::create(b, location, arith::CmpIPredicate::ne, stored,
                                   constantLike(stored.getType(), 0));
    return isHalfType(type.dtype) ? extendHalf(*this, stored, type.dtype) : stored;
  }
  const Quantization &quantization = *type.quantization;
  bool perChannel = quantization.axis >= 0;
  // f32(q - zp): the difference fits 32 bits unless the storage has 32 itself.
  Type wide = zeroPointType(*this, type.dtype, lanes);
  Value q = isSigned(type.dtype) ? Value(arith::ExtSIOp::create(b, location, wide, stored))
                                 : Value(arith::ExtUIOp::create(b, location, wide, stored));
  if (llvm::any_of(quantization.zeroPoints, [](int64_t zero) { return zero != 0; }))
    q = arith::SubIOp::create(b, location, q, zeroPointAt(type, index, lanes));
  Value scale = perChannel ? perAxis(floatTable(quantization.scales), index, quantization.axis, rank, lanes)
                           : constantLike(f32, quantization.scales[0]);
  Value x = arith::MulFOp::create(b, location, arith::SIToFPOp::create(b, location, f32, q), scale);
  if (!isHalfType(quantization.expressed))
    return x;
  return extendHalf(*this, roundToHalf(*this, x, quantization.expressed), quantization.expressed);
}

Value KernelBuilder::narrow(Value computed, const TensorType &type, ArrayRef<Value> index,
                            std::optional<float> reciprocal) {
  int64_t lanes = lanesOf(computed), rank = static_cast<int64_t>(type.shape.size());
  Type storage = vectorOf(storageType(type.dtype), lanes);
  if (!type.quantization) {
    if (type.dtype == DType::Bool)
      return arith::ExtUIOp::create(b, location, storage, computed);
    if (isHalfType(type.dtype))
      return roundToHalf(*this, computed, type.dtype);
    if (bitWidth(type.dtype) == 4) { // one value per byte: keep the low nibble, with its sign
      Value four = constantLike(storage, 4);
      Value high = arith::ShLIOp::create(b, location, computed, four);
      return type.dtype == DType::S4 ? Value(arith::ShRSIOp::create(b, location, high, four))
                                     : Value(arith::ShRUIOp::create(b, location, high, four));
    }
    return computed;
  }
  const Quantization &quantization = *type.quantization;
  bool perChannel = quantization.axis >= 0;
  Type f32 = vectorOf(b.getF32Type(), lanes);
  Value x = computed;
  if (isHalfType(quantization.expressed))
    x = extendHalf(*this, roundToHalf(*this, x, quantization.expressed), quantization.expressed);
  auto parameter = [&](auto &&ofChannel) -> Value {
    if (!perChannel)
      return constantLike(f32, ofChannel(0));
    std::vector<float> values;
    for (size_t i = 0; i < quantization.scales.size(); ++i)
      values.push_back(static_cast<float>(ofChannel(i)));
    return perAxis(floatTable(values), index, quantization.axis, rank, lanes);
  };
  auto zeroPoint = [&](size_t i) { return quantization.zeroPoints[i]; };
  Value low = parameter([&](size_t i) { return static_cast<float>(quantization.lowest - zeroPoint(i)); });
  Value high = parameter([&](size_t i) { return static_cast<float>(quantization.highest - zeroPoint(i)); });
  Value t;
  if (perChannel) {
    noteForm("division");
    t = arith::DivFOp::create(b, location, x, parameter([&](size_t i) { return quantization.scales[i]; }));
  } else {
    t = divideByScale(*this, x, quantization, reciprocal);
  }
  return roundToStorage(*this, t, low, high, zeroPointAt(type, index, lanes), type);
}

Value divideByScale(KernelBuilder &kernel, Value x, const Quantization &quantization,
                    std::optional<float> reciprocal) {
  OpBuilder &b = kernel.builder();
  Location loc = kernel.loc();
  std::optional<SplitReciprocal> split;
  if (!reciprocal && kernel.target().vectorUnit().fma)
    split = provenSplitReciprocal(quantization);
  kernel.noteForm(reciprocal ? "reciprocal" : split ? "split reciprocal" : "division");
  auto constant = [&](float value) { return kernel.constantLike(x.getType(), value); };
  if (reciprocal)
    return arith::MulFOp::create(b, loc, x, constant(*reciprocal));
  if (split)
    return math::FmaOp::create(b, loc, x, constant(split->head),
                               arith::MulFOp::create(b, loc, x, constant(split->tail)));
  return arith::DivFOp::create(b, loc, x, constant(quantization.scales[0]));
}

Value roundToStorage(KernelBuilder &kernel, Value t, Value low, Value high, Value zeroPoint,
                     const TensorType &type) {
  OpBuilder &b = kernel.builder();
  Location loc = kernel.loc();
  if (bitWidth(type.dtype) == 32)
    return roundWide(kernel, t, zeroPoint, type.dtype, type.quantization->lowest, type.quantization->highest);
  if (bitWidth(type.dtype) == 8 && type.quantization->axis < 0)
    if (Value bytes = kernel.target().emitQuantizedBytes(kernel, t, type))
      return bytes;
  Value q = arith::AddIOp::create(b, loc, roundSmall(kernel, clampOrdered(kernel, t, low, high)), zeroPoint);
  if (bitWidth(type.dtype) == 8)
    if (Value bytes = kernel.target().emitBytePack(kernel, q, isSigned(type.dtype)))
      return bytes;
  return arith::TruncIOp::create(b, loc, withElement(q.getType(), kernel.storageType(type.dtype)), q);
}

Value clampOrdered(KernelBuilder &kernel, Value t, Value low, Value high) {
  OpBuilder &b = kernel.builder();
  Value above = arith::CmpFOp::create(b, kernel.loc(), arith::CmpFPredicate::OGT, t, low);
  t = arith::SelectOp::create(b, kernel.loc(), above, t, low);
  Value below = arith::CmpFOp::create(b, kernel.loc(), arith::CmpFPredicate::OLT, t, high);
  return arith::SelectOp::create(b, kernel.loc(), below, t, high);
}

Value roundSmallFloat(KernelBuilder &kernel, Value t) {
  Value shift = kernel.constantLike(t.getType(), 12582912.0); // 1.5 * 2^23
  Value shifted = arith::AddFOp::create(kernel.builder(), kernel.loc(), t, shift);
  return arith::SubFOp::create(kernel.builder(), kernel.loc(), shifted, shift);
}

Value roundSmall(KernelBuilder &kernel, Value t) {
  OpBuilder &b = kernel.builder();
  int64_t lanes = lanesOf(t);
  Type i32 = kernel.vectorOf(b.getI32Type(), lanes);
  Value shifted =
      arith::AddFOp::create(b, kernel.loc(), t, kernel.constantLike(t.getType(), 12582912.0)); // 1.5 * 2^23
  Value bits = arith::BitcastOp::create(b, kernel.loc(), i32, shifted);
  return arith::SubIOp::create(b, kernel.loc(), bits, kernel.constantLike(i32, 0x4b400000));
}

Value roundWide(KernelBuilder &kernel, Value t, Value zeroPoint, DType storage, int64_t least,
                int64_t greatest) {
  OpBuilder &b = kernel.builder();
  Location loc = kernel.loc();
  constexpr double wide = 0x1p40; // past every 32-bit range, and far inside i64
  t = clampOrdered(kernel, t, kernel.constantLike(t.getType(), -wide),
                   kernel.constantLike(t.getType(), wide));
  Value q = arith::FPToSIOp::create(b, loc, zeroPoint.getType(), math::RoundEvenOp::create(b, loc, t));
  q = arith::AddIOp::create(b, loc, q, zeroPoint);
  q = arith::MaxSIOp::create(b, loc, q, kernel.constantLike(q.getType(), static_cast<double>(least)));
  q = arith::MinSIOp::create(b, loc, q, kernel.constantLike(q.getType(), static_cast<double>(greatest)));
  return arith::TruncIOp::create(b, loc, withElement(q.getType(), kernel.storageType(storage)), q);
}

Value scalarConstant(KernelBuilder &kernel, const Tensor &tensor) {
  OpBuilder &b = kernel.builder();
  Type type = kernel.storageType(tensor.dtype());
  TypedAttr attribute;
  if (isa<FloatType>(type))
    attribute = b.getFloatAttr(type, tensor.asDouble(0));
  else
    attribute = b.getIntegerAttr(type, tensor.dtype() == DType::BF16 ? tensor.values<BFloat16>()[0].bits
                                                                     : tensor.asIndices()[0]);
  return arith::ConstantOp::create(b, kernel.loc(), attribute);
}

/// Where a result's element lies in its buffer. An index that counts on skips what the buffer has between the rows it passed.
Index KernelBuilder::positionIn(const KernelOutput &output, ArrayRef<Value> index) {
  Index place;
  for (auto [position, origin] : llvm::zip_equal(index, output.values.origin))
    place.push_back(addIndex(position, origin));
  Value passed = countedDim ? index[countedDim] : Value();
  int64_t pitch = 1;
  for (size_t dim = countedDim; dim > 0 && product(ArrayRef(output.values.shape).take_front(dim)) > 1;
       --dim) {
    passed = arith::DivUIOp::create(b, location, passed, constantIndex(output.values.shape[dim]));
    if (int64_t gap = (output.shape[dim] - output.values.shape[dim]) * pitch)
      place[countedDim] = addIndex(place[countedDim], multiplyIndex(passed, gap));
    pitch *= output.shape[dim];
  }
  return place;
}

/// A block of whole pixels of a window: their channels lie apart.
void KernelBuilder::storeRows(const KernelOutput &output, ArrayRef<Value> index, int64_t lanes,
                              Value stored) {
  Value channels = constantIndex(rowChannels);
  Index pixel(index);
  pixel.back() = arith::DivUIOp::create(b, location, index.back(), channels);
  if (lanes == 1) {
    pixel.push_back(arith::RemUIOp::create(b, location, index.back(), channels));
    memref::StoreOp::create(b, location, stored, output.buffer, positionIn(output, pixel));
    return;
  }
  for (int64_t done = 0, width = kBlockLanes; done < lanes;) {
    int64_t inRow = done % rowChannels;
    width = inRow == 0 ? kBlockLanes : width;
    while (width > rowChannels - inRow)
      width /= 2;
    Index place(pixel);
    place.back() = addIndex(pixel.back(), done / rowChannels);
    place.push_back(constantIndex(inRow));
    Value piece = vector::ExtractStridedSliceOp::create(b, location, stored, ArrayRef<int64_t>{done},
                                                        ArrayRef<int64_t>{width}, ArrayRef<int64_t>{1});
    vector::StoreOp::create(b, location, piece, output.buffer, positionIn(output, place));
    done += width;
  }
}

void KernelBuilder::store(unsigned number, ArrayRef<Value> index, int64_t lanes, Value stored) {
  if (rowChannels)
    return storeRows(outputPlaces[number], index, lanes, stored);
  const KernelOutput &output = outputPlaces[number];
  Index place = positionIn(output, index);
  if (lanes == 1)
    memref::StoreOp::create(b, location, stored, output.buffer, place);
  else
    vector::StoreOp::create(b, location, stored, output.buffer, place);
}

void KernelBuilder::finish(ArrayRef<Value> index, int64_t lanes, Value computed) {
  finishStored(index, lanes, narrow(computed, typeOf(coreOp->getResult(0)), index));
}

/// From here on elements at this block are remembered.
void KernelBuilder::startBlock(ArrayRef<Value> index, int64_t lanes) {
  known.clear();
  knownReal.clear();
  blockIndex = llvm::to_vector(index);
  blockLanes = lanes;
}

void KernelBuilder::finishStored(ArrayRef<Value> index, int64_t lanes, Value stored) {
  startBlock(index, lanes);
  if (coreOp)
    known[coreOp->getResult(0)] = stored;
  for (auto [number, result] : llvm::enumerate(results()))
    store(static_cast<unsigned>(number), index, lanes, load(result, index, lanes));
  startBlock({}, 0);
}

Value KernelBuilder::loadChannels(const Tensor &constant, int64_t lanes) {
  size_t bytes = storageBytes(constant.dtype());
  Tensor arranged = std::move(*Tensor::zeros(constant.dtype(), {static_cast<int64_t>(laneChannels.size())}));
  for (auto [lane, channel] : llvm::enumerate(laneChannels))
    std::memcpy(arranged.mutableBytes() + lane * bytes,
                constant.bytes() + static_cast<size_t>(channel) * bytes, bytes);
  auto known = llvm::find_if(channelConstants, [&](const auto &other) {
    return other.first.dtype() == arranged.dtype() && other.first.shape() == arranged.shape() &&
           std::memcmp(other.first.bytes(), arranged.bytes(), laneChannels.size() * bytes) == 0;
  });
  if (known == channelConstants.end()) {
    Value held = weights(arranged);
    known = channelConstants.insert(channelConstants.end(), {std::move(arranged), held});
  }
  return loadBuffer(*this, known->second, firstLane, lanes);
}

Value KernelBuilder::channelConstant(const Tensor &constant, ArrayRef<Value> index, int64_t lanes) {
  if (!laneChannels.empty())
    return loadChannels(constant, lanes);
  // Behind the last channel the first ones follow, for a block that begins anywhere in a run.
  int64_t channels = constant.size();
  SmallVector<int64_t> order;
  for (int64_t i = 0; i < channels + blockWidths()[0]; ++i)
    order.push_back(i % channels);
  bool runs = collapsed && collapsed->back() != channels;
  Value channel =
      runs ? Value(arith::RemUIOp::create(b, location, index.back(), constantIndex(channels))) : index.back();
  laneChannels = std::move(order);
  firstLane = channel;
  Value elements = loadChannels(constant, lanes);
  laneChannels.clear();
  return elements;
}

Value KernelBuilder::followChannels(unsigned number, Value stored, ArrayRef<int64_t> channels, Value at) {
  laneChannels = llvm::to_vector(channels);
  firstLane = at;
  Value from = coreOp->getResult(0);
  Index anywhere(shapeOf(from).size(), at);
  Value result = follow(from, {stored, Value()}, results()[number], anywhere, lanesOf(stored));
  laneChannels.clear();
  return result;
}

Value KernelBuilder::follow(Value from, const Element &element, Value wanted, ArrayRef<Value> index,
                            int64_t lanes) {
  startBlock(index, lanes);
  known[from] = element.stored;
  if (element.real)
    knownReal[from] = element.real;
  Value result = load(wanted, index, lanes);
  startBlock({}, 0);
  return result;
}

} // namespace limbeck::lower
