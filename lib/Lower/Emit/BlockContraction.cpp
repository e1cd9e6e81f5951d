// Kernels of matrix products with weights in blocks, for any target: one vector of columns of one row at a time; and of the op that
// rounds their input when the model runs.
#include "limbeck/Lower/CoreEmitters.h"
#include "limbeck/Lower/Elementwise.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include <limits>

namespace limbeck::lower {

using namespace mlir;

namespace {
/// One product: where its operands are, and the loops that both have in common.
class BlockProduct {
public:
  BlockProduct(KernelBuilder &kernel, Operation *op, unsigned weights)
      : kernel(kernel), b(kernel.builder()), op(op), weights(op->getOperand(weights)),
        scale(op->getOperand(weights + 1)), zeroPoint(op->getOperand(weights + 2)),
        result(kernel.shapeOf(op->getResult(0))), depth(kernel.shapeOf(this->weights)[0]),
        block(attributesOf(op).integer("block_size")) {}
  virtual ~BlockProduct() = default;

  void emit() {
    kernel.forEachBlock(result, true, [&](ArrayRef<Value> index, int64_t lanes) {
      Type f32 = kernel.vectorOf(b.getF32Type(), lanes);
      Value sum = kernel.constantLike(f32, 0);
      int64_t whole = depth / block;
      if (whole)
        sum = kernel.loop(0, whole, 1, sum, [&](Value at, ValueRange carried) -> SmallVector<Value> {
          return {addBlock(index, lanes, at, block, carried[0])};
        })[0];
      if (int64_t rest = depth % block)
        sum = addBlock(index, lanes, kernel.constantIndex(whole), rest, sum);
      kernel.finish(index, lanes, sum);
    });
  }

protected:
  /// What a block starts at, one product more, and the whole block behind the result so far.
  virtual Value start(int64_t lanes) = 0;
  virtual Value step(ArrayRef<Value> index, Value k, Value weight, Value zero, Value sum, int64_t lanes) = 0;
  virtual Value finishBlock(ArrayRef<Value> index, Value at, Value zero, Value sum, Value before,
                            int64_t lanes) = 0;

  Index inputPlace(ArrayRef<Value> index, Value last) const {
    Index place(index);
    place.back() = last;
    return place;
  }
  Value wide(Value stored, DType dtype, int64_t lanes) {
    Type i32 = kernel.vectorOf(b.getI32Type(), lanes);
    return isSigned(dtype) ? Value(arith::ExtSIOp::create(b, kernel.loc(), i32, stored))
                           : Value(arith::ExtUIOp::create(b, kernel.loc(), i32, stored));
  }
  Value toFloat(Value integers, int64_t lanes) {
    return arith::SIToFPOp::create(b, kernel.loc(), kernel.vectorOf(b.getF32Type(), lanes), integers);
  }
  Value scaleAt(Value at, ArrayRef<Value> index, int64_t lanes) {
    return kernel.real(scale, {at, index.back()}, lanes);
  }

  KernelBuilder &kernel;
  OpBuilder &b;
  Operation *op;
  Value weights, scale, zeroPoint;

private:
  Value addBlock(ArrayRef<Value> index, int64_t lanes, Value at, int64_t count, Value before) {
    DType dtype = kernel.typeOf(weights).dtype;
    Value zero = wide(kernel.load(zeroPoint, {at, index.back()}, lanes), dtype, lanes);
    Value first = kernel.multiplyIndex(at, block);
    Value sum =
        kernel.loop(0, count, 1, start(lanes), [&](Value i, ValueRange carried) -> SmallVector<Value> {
          Value k = kernel.addIndex(first, i);
          Value weight = wide(kernel.load(weights, {k, index.back()}, lanes), dtype, lanes);
          return {step(index, k, weight, zero, carried[0], lanes)};
        })[0];
    return finishBlock(index, at, zero, sum, before, lanes);
  }

  Shape result;
  int64_t depth, block;
};

class FloatProduct : public BlockProduct {
public:
  FloatProduct(KernelBuilder &kernel, Operation *op) : BlockProduct(kernel, op, 1) {}

private:
  Value start(int64_t lanes) override {
    return kernel.constantLike(kernel.vectorOf(b.getF32Type(), lanes), 0);
  }
  Value step(ArrayRef<Value> index, Value k, Value weight, Value zero, Value sum, int64_t lanes) override {
    Value x = kernel.splat(kernel.real(op->getOperand(0), inputPlace(index, k), 1), lanes);
    Value w = toFloat(arith::SubIOp::create(b, kernel.loc(), weight, zero), lanes);
    return math::FmaOp::create(b, kernel.loc(), x, w, sum);
  }
  Value finishBlock(ArrayRef<Value> index, Value at, Value, Value sum, Value before, int64_t lanes) override {
    return math::FmaOp::create(b, kernel.loc(), sum, scaleAt(at, index, lanes), before);
  }
};

class IntegerProduct : public BlockProduct {
public:
  IntegerProduct(KernelBuilder &kernel, Operation *op) : BlockProduct(kernel, op, 3) {}

private:
  Value start(int64_t lanes) override {
    return kernel.constantLike(kernel.vectorOf(b.getI32Type(), lanes), 0);
  }
  Value step(ArrayRef<Value> index, Value k, Value weight, Value, Value sum, int64_t lanes) override {
    Value x =
        kernel.splat(wide(kernel.load(op->getOperand(0), inputPlace(index, k), 1), DType::S8, 1), lanes);
    return arith::AddIOp::create(b, kernel.loc(), sum,
                                 arith::MulIOp::create(b, kernel.loc(), x, weight).getResult());
  }
  Value finishBlock(ArrayRef<Value> index, Value at, Value zero, Value sum, Value before,
                    int64_t lanes) override {
    Value inputSum = kernel.splat(kernel.load(op->getOperand(2), inputPlace(index, at), 1), lanes);
    Value moved = arith::MulIOp::create(b, kernel.loc(), zero, inputSum);
    Value t = toFloat(arith::SubIOp::create(b, kernel.loc(), sum, moved), lanes);
    Value inputScale = kernel.splat(kernel.real(op->getOperand(1), inputPlace(index, at), 1), lanes);
    Value both = arith::MulFOp::create(b, kernel.loc(), inputScale, scaleAt(at, index, lanes));
    return math::FmaOp::create(b, kernel.loc(), t, both, before);
  }
};

/// The blocks of a row as stretches of vectors and single elements.
class BlockRounding {
public:
  BlockRounding(KernelBuilder &kernel, Operation *op)
      : kernel(kernel), b(kernel.builder()), loc(kernel.loc()), x(op->getOperand(0)),
        shape(kernel.shapeOf(x)), block(attributesOf(op).integer("block_size")) {}

  void emit() {
    int64_t depth = shape.back(), whole = depth / block, rest = depth % block;
    emitBlocks(0, whole, block);
    if (rest)
      emitBlocks(whole, 1, rest);
  }

private:
  /// `count` blocks of `length` elements in each row, from block `first` on.
  void emitBlocks(int64_t first, int64_t count, int64_t length) {
    Shape units = shape;
    units.back() = count;
    int64_t trip = 1;
    for (int64_t dim : units)
      trip *= dim;
    if (trip == 0)
      return;
    kernel.shared(trip, [&](Value t) {
      Index at = kernel.delinearize(t, units);
      at.back() = kernel.addIndex(at.back(), first);
      Value start = kernel.multiplyIndex(at.back(), block);
      auto place = [&](Value i) {
        Index own = at;
        own.back() = kernel.addIndex(start, i);
        return own;
      };
      Value scale = scaleOf(greatestOf(place, length));
      Value sum = roundBlock(place, length, scale);
      fillBehind(place, length);
      kernel.store(1, at, 1, scale);
      kernel.store(2, at, 1, sum);
    });
  }

  using Place = llvm::function_ref<Index(Value)>;
  /// Runs `body` over vectors and then over single elements, with a value carried for each.
  std::pair<Value, Value> over(int64_t length, Value vectors, Value singles,
                               llvm::function_ref<Value(Value i, int64_t lanes, Value carried)> body) {
    int64_t whole = length / kBlockLanes * kBlockLanes;
    auto run = [&](int64_t first, int64_t last, int64_t lanes, Value carried) {
      if (first == last)
        return carried;
      return kernel.loop(first, last, lanes, carried, [&](Value i, ValueRange values) -> SmallVector<Value> {
        return {body(i, lanes, values[0])};
      })[0];
    };
    vectors = run(0, whole, kBlockLanes, vectors);
    return {vectors, run(whole, length, 1, singles)};
  }

  /// The greater, but for a first operand that is NaN.
  Value greater(Value a, Value than) {
    Value chosen = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OGT, a, than);
    return arith::SelectOp::create(b, loc, chosen, a, than);
  }

  Value greatestOf(Place place, int64_t length) {
    Value zero = kernel.constantLike(b.getF32Type(), 0);
    auto [vectors, single] =
        over(length, kernel.splat(zero, kBlockLanes), zero, [&](Value i, int64_t lanes, Value carried) {
          return greater(math::AbsFOp::create(b, loc, kernel.real(x, place(i), lanes)), carried);
        });
    for (int64_t lane = 0; length >= kBlockLanes && lane < kBlockLanes; ++lane)
      single = greater(vector::ExtractOp::create(b, loc, vectors, ArrayRef<int64_t>{lane}), single);
    return single;
  }

  Value scaleOf(Value greatest) {
    auto constant = [&](float value) {
      return kernel.constantLike(b.getF32Type(), static_cast<double>(value));
    };
    Value scale = arith::DivFOp::create(b, loc, greatest, constant(127));
    Value small = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OLT, scale,
                                        constant(std::numeric_limits<float>::min()));
    return arith::SelectOp::create(b, loc, small, constant(1), scale);
  }

  Value roundBlock(Place place, int64_t length, Value scale) {
    Value zero = kernel.constantLike(b.getI32Type(), 0);
    auto [vectors, single] =
        over(length, kernel.splat(zero, kBlockLanes), zero, [&](Value i, int64_t lanes, Value carried) {
          Type f32 = kernel.vectorOf(b.getF32Type(), lanes);
          Value t =
              arith::DivFOp::create(b, loc, kernel.real(x, place(i), lanes), kernel.splat(scale, lanes));
          t = clampOrdered(kernel, t, kernel.constantLike(f32, -127), kernel.constantLike(f32, 127));
          Value q = roundSmall(kernel, t);
          kernel.store(0, place(i), lanes,
                       arith::TruncIOp::create(b, loc, kernel.vectorOf(b.getI8Type(), lanes), q));
          return Value(arith::AddIOp::create(b, loc, carried, q));
        });
    if (length < kBlockLanes)
      return single;
    Value all = vector::ReductionOp::create(b, loc, vector::CombiningKind::ADD, vectors);
    return arith::AddIOp::create(b, loc, all, single);
  }

  void fillBehind(Place place, int64_t length) {
    if (length == block)
      return;
    kernel.loop(length, block, 1, {}, [&](Value i, ValueRange) -> SmallVector<Value> {
      kernel.store(0, place(i), 1, kernel.constantLike(b.getI8Type(), 0));
      return {};
    });
  }

  KernelBuilder &kernel;
  OpBuilder &b;
  Location loc;
  Value x;
  Shape shape;
  int64_t block;
};
} // namespace

static void emitMatmulBlocks(KernelBuilder &kernel, Operation *op) {
  FloatProduct(kernel, op).emit();
}
static void emitMatmulIntegerBlocks(KernelBuilder &kernel, Operation *op) {
  IntegerProduct(kernel, op).emit();
}
static void emitDynamicQuantizeBlocks(KernelBuilder &kernel, Operation *op) {
  BlockRounding(kernel, op).emit();
}

void addBlockContractionEmitters(EmitterList &list) {
  list.insert(list.end(), {{"matmul_blocks", emitMatmulBlocks},
                           {"matmul_integer_blocks", emitMatmulIntegerBlocks},
                           {"dynamic_quantize_blocks", emitDynamicQuantizeBlocks}});
}

} // namespace limbeck::lower
