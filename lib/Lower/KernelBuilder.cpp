// Function frame, operands and loops of a kernel under construction. Elements are in KernelElements.cpp.
#include "limbeck/Lower/KernelBuilder.h"
#include "limbeck/Fuse/Attention.h"
#include "limbeck/Graph/IR/Constants.h"
#include "limbeck/Graph/IR/Conversion.h"
#include "limbeck/Graph/IR/Rewriting.h"
#include "limbeck/Lower/Elementwise.h"
#include "limbeck/Lower/MemoryPlan.h"
#include "limbeck/Lower/WorkerShare.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include <numeric>

namespace limbeck::lower {

using namespace mlir;

/// The border around a value that the region computes, or null.
static graph::PadOp borderAround(Value yielded) {
  auto pad = yielded.getDefiningOp<graph::PadOp>();
  return pad && pad.getX().getDefiningOp() ? pad : graph::PadOp();
}

/// The dimensions behind the first `kept` as one.
static Shape joinedBehind(const Shape &shape, size_t kept) {
  Shape joined(shape.begin(), shape.begin() + static_cast<std::ptrdiff_t>(kept));
  joined.push_back(product(ArrayRef<int64_t>(shape).drop_front(kept)));
  return joined;
}

/// The same for a place, whose windows reach from end to end in the dimensions behind that.
static KernelOutput joinedBehind(KernelOutput place, size_t kept) {
  int64_t run = product(ArrayRef<int64_t>(place.shape).drop_front(std::min(kept + 1, place.shape.size())));
  place.shape = joinedBehind(place.shape, kept);
  for (Window *window : {&place.result, &place.values}) {
    window->shape = joinedBehind(window->shape, kept);
    window->origin.resize(kept + 1);
    window->origin[kept] *= run;
  }
  return place;
}

/// The last dimension in which values do not fill their buffer.
static size_t innermostPartial(const KernelOutput &place) {
  size_t dim = place.shape.size();
  while (dim > 0 && place.shape[dim - 1] == place.values.shape[dim - 1])
    --dim;
  return dim == 0 ? 0 : dim - 1;
}

KernelBuilder::KernelBuilder(OpBuilder &builder, graph::FusedOp region, StringRef name, const Target &target)
    : b(builder), location(region.getLoc()), fused(region), machine(target) {
  for (Operation &op : region.getBody().front().without_terminator())
    if (!isElementwise(&op) && !borderAround(op.getResult(0)))
      coreOp = &op;
  if (std::optional<fuse::Attention> attention = fuse::attentionIn(region))
    coreOp = attention->values;
  collapsed = collapsedShape();
  measureRegion(region, kernelFacts);
  func = func::FuncOp::create(b, location, name, b.getFunctionType({}, {}));
  func.setPrivate();
  Block *entry = func.addEntryBlock();
  b.setInsertionPointToStart(entry);
  for (auto [number, result] : llvm::enumerate(results())) {
    KernelOutput place =
        collapsed && !rowChannels ? joinedBehind(placeOf(number), collapsed->size() - 1) : placeOf(number);
    place.buffer = entry->addArgument(bufferType({typeOf(result).dtype, place.shape, nullptr}), location);
    outputPlaces.push_back(std::move(place));
  }
  entry->addArgument(b.getIndexType(), location); // worker
  entry->addArgument(b.getIndexType(), location); // workers
}

SmallVector<Value> KernelBuilder::results() {
  SmallVector<Value> values;
  for (Value yielded : fused.getBody().front().getTerminator()->getOperands()) {
    graph::PadOp border = borderAround(yielded);
    values.push_back(border ? border.getX() : yielded);
  }
  return values;
}

// The dialect's verifier has seen every type, so the conversion cannot fail here.
TensorType KernelBuilder::typeOf(Value tensor) const {
  TensorType type = std::move(*graph::toTensorType(tensor.getType()));
  if (collapsed)
    type.shape = product(type.shape) == product(*collapsed) ? *collapsed
                 : product(type.shape) == 1                 ? Shape{}
                                                            : Shape{type.shape.back()};
  return type;
}

std::optional<Shape> KernelBuilder::collapsedShape() {
  if (coreOp)
    return std::nullopt;
  TensorType result = typeOf(results()[0]);
  int64_t count = product(result.shape);
  int64_t channels = result.shape.empty() ? 1 : result.shape.back(), widest = 4 * machine.vectorUnit().lanes;
  // One value for each channel repeats along the run, unless blocks fit the channels anyway.
  bool mayRepeat = channels > 1 && channels % widest != 0 && channels <= kMostRepeated && count != channels;
  auto fits = [&](Value value) {
    TensorType type = typeOf(value);
    bool perAxis = type.quantization && type.quantization->axis >= 0;
    bool repeats = mayRepeat && product(type.shape) == channels && type.shape.back() == channels;
    return !perAxis && (type.shape == result.shape || (product(type.shape) == 1 && count != 1) || repeats);
  };
  if (llvm::any_of(results(), [&](Value value) { return typeOf(value).shape != result.shape; }))
    return std::nullopt;
  Block &body = fused.getBody().front();
  bool flat = llvm::all_of(body.getArguments(), fits);
  for (Operation &op : body.without_terminator())
    flat &= borderAround(op.getResult(0)) || llvm::all_of(op.getResults(), fits);
  if (!flat)
    return std::nullopt;
  size_t kept = 0, rank = result.shape.size();
  for (unsigned number = 0; number < fused.getNumResults(); ++number)
    kept = std::max(kept, innermostPartial(placeOf(number)));
  // A window of a few channels: several pixels are one block, whose rows are stored one by one.
  int64_t block = std::lcm(channels, widest);
  if (rank > 1 && kept + 1 == rank && bitWidth(result.dtype) == 8 && channels > 1 && channels < widest &&
      block / machine.vectorUnit().lanes <= machine.vectorUnit().registers / 2 - 4 &&
      result.shape[rank - 2] * channels >= block) {
    rowChannels = channels;
    --kept;
  }
  return joinedBehind(result.shape, kept);
}

/// The place of a result in all its dimensions.
KernelOutput KernelBuilder::placeOf(unsigned number) {
  auto shapeIn = [](Value value) { return graph::toTensorType(value.getType())->shape; };
  Value part = fused.getResult(number), yielded = fused.getBody().front().getTerminator()->getOperand(number);
  Window result{Shape(shapeIn(part).size(), 0), shapeIn(part)}, values = result;
  if (graph::PadOp border = borderAround(yielded)) {
    values.shape = shapeIn(border.getX());
    llvm::copy(border.getPads().take_front(values.shape.size()), values.origin.begin());
  }
  for (graph::ConcatOp join = joinOf(part); join; join = joinOf(part)) {
    auto axis = static_cast<size_t>(join.getAxis());
    for (Value before : join.getInputs()) {
      if (before == part)
        break;
      result.origin[axis] += shapeIn(before)[axis];
      values.origin[axis] += shapeIn(before)[axis];
    }
    part = join.getResult();
  }
  return {Value(), shapeIn(part), result, values};
}

bool KernelBuilder::storesRuns(size_t dim) const {
  return llvm::all_of(outputPlaces, [&](const KernelOutput &output) {
    for (size_t i = dim + 1; i < output.shape.size(); ++i)
      if (output.shape[i] != output.values.shape[i])
        return false;
    return true;
  });
}

reference::Attributes attributesOf(Operation *op) {
  return std::move(*graph::toAttributes(op));
}

std::optional<Tensor> KernelBuilder::constantOf(Value tensor) const {
  auto argument = dyn_cast<BlockArgument>(tensor);
  if (!argument || argument.getOwner()->getParentOp() != fused.operator->())
    return graph::constantOf(tensor);
  return graph::constantOf(graph::FusedOp(fused)->getOperand(argument.getArgNumber()));
}

Type KernelBuilder::storageType(DType dtype) {
  switch (dtype) {
  case DType::F16:
    return b.getF16Type();
  case DType::F32:
    return b.getF32Type();
  case DType::F64:
    return b.getF64Type();
  default:
    return b.getIntegerType(static_cast<unsigned>(storageBytes(dtype)) * 8);
  }
}

Type KernelBuilder::computeType(const TensorType &type) {
  DType dtype = type.expressed();
  if (dtype == DType::Bool)
    return b.getI1Type();
  if (dtype == DType::F16 || dtype == DType::BF16)
    return b.getF32Type();
  return storageType(dtype);
}

Type KernelBuilder::bufferType(const TensorType &type) {
  // LLVM has no memory of zero elements; no loop touches the one that stands for it.
  Shape shape = type.shape;
  for (int64_t &dim : shape)
    dim = std::max<int64_t>(dim, 1);
  return MemRefType::get(shape, storageType(type.dtype));
}

Value KernelBuilder::buffer(Value tensor) {
  Value &known = buffers[tensor];
  if (known)
    return known;
  Block *entry = &func.getBody().front();
  Value operand = fused.getOperand(cast<BlockArgument>(tensor).getArgNumber());
  if (std::optional<Tensor> constant = graph::constantOf(operand)) {
    Value argument = weights(constant->reshaped(typeOf(tensor).shape));
    return buffers[tensor] = argument;
  }
  auto argument =
      entry->insertArgument(static_cast<unsigned>(inputValues.size()), bufferType(typeOf(tensor)), location);
  inputValues.push_back(operand);
  return buffers[tensor] = argument;
}

static bool hasRoomBehindBuffer(Value owner);

/// Whether the value, or a view of it, leaves for a buffer that has no room behind it, as those of the caller.
static bool leavesForTight(Value value) {
  return llvm::any_of(value.getUses(), [](OpOperand &use) {
    Operation *user = use.getOwner();
    if (isView(user))
      return leavesForTight(user->getResult(0));
    if (!user->hasTrait<OpTrait::IsTerminator>())
      return false;
    // Behind a sample lies the next one, behind the last what lies behind all.
    auto samples = dyn_cast<graph::PerSampleOp>(user->getParentOp());
    return !samples || !hasRoomBehindBuffer(samples.getResult(use.getOperandNumber()));
  });
}

static bool hasRoomBehindBuffer(Value owner) {
  if (auto argument = dyn_cast<BlockArgument>(owner)) {
    auto samples = dyn_cast<graph::PerSampleOp>(argument.getOwner()->getParentOp());
    return samples && hasRoomBehindBuffer(bufferOwner(samples.getInputs()[argument.getArgNumber()]));
  }
  return isa<graph::FusedOp, graph::LaunchOp, graph::PerSampleOp>(owner.getDefiningOp()) &&
         !leavesForTight(owner);
}

bool KernelBuilder::hasRoomBehind(Value tensor) {
  auto argument = dyn_cast<BlockArgument>(tensor);
  return argument && !constantOf(tensor) &&
         hasRoomBehindBuffer(bufferOwner(fused.getOperand(argument.getArgNumber())));
}

Value KernelBuilder::repeatedBuffer(Value tensor) {
  Value &known = repeated[tensor];
  if (known)
    return known;
  Value from = buffer(tensor);
  int64_t channels = shapeOf(tensor)[0], widest = blockWidths()[0];
  known = scratch(channels + widest, cast<MemRefType>(from.getType()).getElementType());
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointAfter(known.getDefiningOp());
  loop(0, channels + widest, 1, {}, [&](Value i, ValueRange) -> SmallVector<Value> {
    Value channel = arith::RemUIOp::create(b, location, i, constantIndex(channels));
    Value element = memref::LoadOp::create(b, location, from, channel);
    memref::StoreOp::create(b, location, element, repeated[tensor], i);
    return {};
  });
  return repeated[tensor];
}

Value KernelBuilder::weights(const Tensor &tensor) {
  unsigned place = static_cast<unsigned>(inputValues.size() + weightValues.size());
  weightValues.push_back(tensor);
  return func.getBody().front().insertArgument(place, bufferType({tensor.dtype(), tensor.shape(), nullptr}),
                                               location);
}

Value KernelBuilder::scratch(int64_t elements, Type element) {
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(&func.getBody().front());
  auto type = MemRefType::get({elements}, element);
  return memref::AllocaOp::create(b, location, type, b.getI64IntegerAttr(64));
}

void KernelBuilder::noteForm(StringRef name) {
  if (!llvm::is_contained(kernelFacts.forms, name))
    kernelFacts.forms.push_back(name.str());
}

bool KernelBuilder::isHeldToBound() {
  return coreOp && coreOp->hasAttr("accumulate") && typeOf(coreOp->getOperand(0)).dtype != DType::F32;
}

bool KernelBuilder::hasLongEpilogue() {
  int64_t others = 0;
  for (Operation &op : fused.getBody().front().without_terminator())
    others += &op != coreOp && !worksOnStorage(&op) && !borderAround(op.getResult(0)) &&
              !isa<graph::CastOp>(op); // an instruction or two
  if (others < 2)
    return false;
  Operation *last = results()[0].getDefiningOp();
  return !coreOp || !last || last == coreOp || findTable(last).source != coreOp->getResult(0);
}

bool KernelBuilder::followsChannels(Value from) {
  auto perAxis = [&](Value value) {
    TensorType type = typeOf(value);
    return type.quantization && type.quantization->axis >= 0;
  };
  Shape result = shapeOf(from);
  for (Operation &op : fused.getBody().front().without_terminator()) {
    if (&op == from.getDefiningOp() || worksOnStorage(&op) || borderAround(op.getResult(0)))
      continue;
    if (!isElementwise(&op) || perAxis(op.getResult(0)) || shapeOf(op.getResult(0)) != result)
      return false;
    for (Value operand : op.getOperands()) {
      if (operand == from || operand.getDefiningOp())
        continue;
      std::optional<Tensor> constant = constantOf(operand);
      bool perChannel = constant && constant->rank() > 0 && constant->size() == constant->shape().back() &&
                        constant->size() == result.back();
      if (!constant || perAxis(operand) || bitWidth(constant->dtype()) < 8 ||
          (constant->size() != 1 && !perChannel))
        return false;
    }
  }
  return true;
}

void KernelBuilder::finalize() {
  b.setInsertionPointToEnd(&func.getBody().front());
  func::ReturnOp::create(b, location);
  func.setType(b.getFunctionType(func.getBody().front().getArgumentTypes(), {}));
}

Value KernelBuilder::constantIndex(int64_t value) {
  return arith::ConstantIndexOp::create(b, location, value);
}

Value KernelBuilder::addIndex(Value a, Value c) {
  return arith::AddIOp::create(b, location, a, c);
}

Value KernelBuilder::addIndex(Value a, int64_t c) {
  return c == 0 ? a : addIndex(a, constantIndex(c));
}

Value KernelBuilder::multiplyIndex(Value a, int64_t c) {
  return c == 1 ? a : arith::MulIOp::create(b, location, a, constantIndex(c));
}

Index KernelBuilder::delinearize(Value linear, ArrayRef<int64_t> shape) {
  Index index(shape.size());
  for (size_t i = shape.size(); i-- > 0;) {
    if (shape[i] == 1) {
      index[i] = constantIndex(0);
      continue;
    }
    bool outermost = std::all_of(shape.begin(), shape.begin() + static_cast<std::ptrdiff_t>(i),
                                 [](int64_t dim) { return dim == 1; });
    if (outermost) {
      index[i] = linear;
      continue;
    }
    Value extent = constantIndex(shape[i]);
    index[i] = arith::RemUIOp::create(b, location, linear, extent);
    linear = arith::DivUIOp::create(b, location, linear, extent);
  }
  return index;
}

void KernelBuilder::shared(int64_t trip, const std::function<void(Value)> &body) {
  if (trip == 0)
    return;
  auto forall = scf::ForallOp::create(b, location, ArrayRef<OpFoldResult>{b.getIndexAttr(trip)}, ValueRange{},
                                      std::nullopt);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(forall.getBody());
  body(forall.getInductionVars()[0]);
}

std::pair<Value, Value> KernelBuilder::share(int64_t trip) {
  auto workers = func.getBody().front().getArguments().take_back(2);
  return workerShare(b, location, trip, workers[0], workers[1]);
}

SmallVector<Value> KernelBuilder::loop(int64_t lower, int64_t upper, int64_t step, ValueRange carried,
                                       const LoopBody &body) {
  return loop(constantIndex(lower), constantIndex(upper), step, carried, body);
}

SmallVector<Value> KernelBuilder::loop(Value lower, Value upper, int64_t step, ValueRange carried,
                                       const LoopBody &body) {
  auto loop = scf::ForOp::create(b, location, lower, upper, constantIndex(step), carried);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  SmallVector<Value> next = body(loop.getInductionVar(), loop.getRegionIterArgs());
  if (!carried.empty())
    scf::YieldOp::create(b, location, next);
  return SmallVector<Value>(loop.getResults());
}

SmallVector<int64_t> KernelBuilder::blockWidths() {
  // Four vectors of 32 bits are one of bytes.
  int64_t bytes = 4 * machine.vectorUnit().lanes;
  if (rowChannels)
    return {std::lcm(rowChannels, bytes), 1};
  bool stored = llvm::all_of(results(), [&](Value result) { return bitWidth(typeOf(result).dtype) == 8; });
  SmallVector<int64_t> widths{kBlockLanes, 4, 1};
  if (stored && bytes > kBlockLanes)
    widths.insert(widths.begin(), bytes);
  return widths;
}

void KernelBuilder::forEachBlock(ArrayRef<int64_t> shape, bool vectors, const BlockBody &body) {
  constexpr int64_t widths[] = {kBlockLanes, 4, 1};
  forEachBlock(shape, vectors ? ArrayRef(widths) : ArrayRef(widths).take_back(), body);
}

void KernelBuilder::forEachBlock(ArrayRef<int64_t> shape, ArrayRef<int64_t> widths, const BlockBody &body) {
  // The innermost dimension is cut into stretches, so that a long vector is shared between workers too.
  int64_t stretch = 64 * std::max(widths[0], kBlockLanes);
  int64_t inner = shape.empty() ? 1 : shape.back();
  SmallVector<int64_t> outer(shape.empty() ? shape : shape.drop_back());
  outer.push_back(inner > stretch ? ceilDivide(inner, stretch) : 1);
  int64_t trip = 1;
  for (int64_t dim : outer)
    trip *= dim;
  if (trip == 0 || inner == 0)
    return;
  auto at = [&](Index index, Value position, int64_t lanes) {
    if (shape.empty())
      index.clear();
    else
      index.back() = position;
    body(index, lanes);
  };
  auto emitRange = [&](Index index, Value base, int64_t length) {
    int64_t done = 0;
    for (size_t i = 0; i < widths.size() && done < length; ++i) {
      int64_t width = widths[i], end = done + (length - done) / width * width, rest = length - end;
      if (done < end)
        loop(done, end, width, {}, [&](Value position, ValueRange) -> SmallVector<Value> {
          at(index, addIndex(base, position), width);
          return {};
        });
      done = end;
      // What is left is no more work for the widest vector that fits than for narrow ones; some elements are computed twice.
      if (rest > 0 && length >= width && rest > (i + 1 < widths.size() ? widths[i + 1] : 0)) {
        at(index, addIndex(base, length - width), width);
        done = length;
      }
    }
  };
  shared(trip, [&](Value t) {
    Index index = delinearize(t, outer);
    int64_t pieces = outer.back(), rest = inner - (pieces - 1) * stretch;
    Value base = multiplyIndex(index.back(), stretch);
    if (pieces == 1)
      return emitRange(index, constantIndex(0), inner);
    if (rest == stretch)
      return emitRange(index, base, stretch);
    Value last =
        arith::CmpIOp::create(b, location, arith::CmpIPredicate::eq, index.back(), constantIndex(pieces - 1));
    auto choice = scf::IfOp::create(b, location, last, /*withElseRegion=*/true);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(choice.thenBlock());
    emitRange(index, base, rest);
    b.setInsertionPointToStart(choice.elseBlock());
    emitRange(index, base, stretch);
  });
}

} // namespace limbeck::lower
