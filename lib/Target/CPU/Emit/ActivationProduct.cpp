// Matrix products of two activations in bytes, as in attention: neither operand is constant, so the right one is packed on the way.
//
//   sum (qa - za)(qb - zb) = sum qa*qb  -  za * sum qb  -  zb * sum qa  +  K * za * zb
//
// with qa moved to the signedness that the instruction reads, and qb to signed bytes. The terms of a column are what an accumulator starts
// at, those of a row are added to all its accumulators; both are sums of bytes that the same instruction forms, with ones. All
// counts modulo 2^32; the arithmetic has shown that the whole sum fits.
#include "ByteInstructions.h"
#include "Contractions.h"
#include "limbeck/Target/CPU/Emitters.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace limbeck::cpu {

using namespace mlir;
using lower::Index;

namespace {
class ActivationProduct {
public:
  ActivationProduct(lower::KernelBuilder &kernel, Operation *op, lower::ContractionArithmetic &arithmetic,
                    const Isa &isa, const ByteInstructions::Form &form)
      : kernel(kernel), b(kernel.builder()), arithmetic(arithmetic), instructions(kernel, isa),
        left(op->getOperand(0)), right(op->getOperand(1)), leftShape(kernel.shapeOf(left)),
        rightShape(kernel.shapeOf(right)), result(kernel.shapeOf(op->getResult(0))), depth(leftShape.back()),
        rows(result[result.size() - 2]), columns(result.back()), lanes(isa.lanes) {
    ContractionExtent extent{1, rows, columns, depth, 1, depth};
    tile = chooseTile(extent, isa, lanes, form.cost);
    while (columns % tile.panel() != 0) // one vector divides them
      --tile.vectors;
    tile.height = std::min(tile.height, rows);
  }

  /// Whether whole vectors of columns and whole words of depth make up the product, and a packed panel fits the stack.
  static bool applies(const Shape &left, const Shape &result, int64_t lanes) {
    constexpr int64_t kMostPackedBytes = int64_t(64) << 10, kMostVectors = 4;
    int64_t depth = left.back();
    return depth > 0 && depth % 4 == 0 && result.back() > 0 && result.back() % lanes == 0 &&
           depth * lanes * kMostVectors <= kMostPackedBytes && lower::product(result) > 0;
  }

  void emit() {
    packed = kernel.scratch(depth * tile.panel(), b.getI8Type());
    starts = kernel.scratch(tile.panel(), b.getI32Type());
    leftBuffer = kernel.buffer(left);
    rightBuffer = kernel.buffer(right);
    Shape batch(result.begin(), result.end() - 2);
    int64_t panels = columns / tile.panel(), blocks = rowBlocks(lower::product(batch) * panels);
    Shape shares = batch;
    shares.push_back(panels);
    shares.push_back(blocks);
    kernel.shared(lower::product(shares), [&](Value t) {
      Index at = kernel.delinearize(t, shares);
      Value block = at.pop_back_val(), panel = at.pop_back_val();
      Value column = kernel.multiplyIndex(panel, tile.panel());
      packPanel(at, column);
      int64_t perBlock = rows / blocks, whole = perBlock / tile.height, rest = perBlock % tile.height;
      Value first = kernel.multiplyIndex(block, perBlock);
      kernel.loop(0, whole, 1, {}, [&](Value number, ValueRange) -> SmallVector<Value> {
        Value row = kernel.addIndex(first, kernel.multiplyIndex(number, tile.height));
        emitTile(at, row, column, tile.height);
        return {};
      });
      if (rest)
        emitTile(at, kernel.addIndex(first, whole * tile.height), column, rest);
    });
  }

private:
  /// Equal parts of the rows, so that there are enough shares for many workers, each worth the packing of its panel.
  int64_t rowBlocks(int64_t shares) const {
    constexpr int64_t kEnoughShares = 32, kLeastRows = 32;
    int64_t blocks = 1;
    for (int64_t next = 2; blocks * shares < kEnoughShares && rows / next >= kLeastRows; ++next)
      if (rows % next == 0)
        blocks = next;
    return blocks;
  }

  VectorType dwords() { return VectorType::get({lanes}, b.getI32Type()); }
  VectorType bytes(int64_t count) { return VectorType::get({count}, b.getI8Type()); }
  bool leftSigned() const { return isSigned(arithmetic.inputType().dtype); }
  /// Whether the left bytes are signed once they are moved.
  bool readsSigned() const { return (instructions.inputShift(leftSigned()) == 0) == leftSigned(); }
  bool movesRight() const { return !isSigned(arithmetic.weightType().dtype); }
  /// Zero points of the bytes as the instruction sees them.
  int64_t leftZero() const { return arithmetic.inputZeroPoint() + instructions.inputShift(leftSigned()); }
  int64_t rightZero() const {
    return arithmetic.weightType().quantization->zeroPoints[0] - (movesRight() ? 128 : 0);
  }
  Value movedRight(Value value) {
    return movesRight() ? Value(arith::XOrIOp::create(b, kernel.loc(), value,
                                                      kernel.constantLike(value.getType(), -128)))
                        : value;
  }
  Value dot(Value accumulator, Value x, Value w) { return instructions.dot(accumulator, x, w, leftSigned()); }

  /// Position in an operand, whose batch dimensions broadcast.
  Index place(const Shape &shape, ArrayRef<Value> batch, Value row, Value column) {
    Index own;
    size_t lead = result.size() - shape.size();
    for (size_t i = 0; i + 2 < shape.size(); ++i)
      own.push_back(shape[i] == 1 ? kernel.constantIndex(0) : batch[lead + i]);
    own.push_back(row);
    own.push_back(column);
    return own;
  }

  /// Words of four rows of the right operand, a column after the other, and what the accumulators of the columns start at.
  void packPanel(ArrayRef<Value> batch, Value column) {
    auto zeroes = kernel.constantLike(dwords(), 0);
    Value ones = kernel.constantLike(bytes(4 * lanes), 1);
    SmallVector<Value> none(static_cast<size_t>(tile.vectors), zeroes);
    SmallVector<Value> sums = kernel.loop(0, depth, 4, none, [&](Value k, ValueRange carried) {
      SmallVector<Value> next;
      for (int64_t v = 0; v < tile.vectors; ++v) {
        Value rowsOf[4];
        for (int64_t i = 0; i < 4; ++i)
          rowsOf[i] = movedRight(vector::LoadOp::create(
              b, kernel.loc(), bytes(lanes), rightBuffer,
              place(rightShape, batch, kernel.addIndex(k, i), kernel.addIndex(column, v * lanes))));
        auto interleave = [&](Value even, Value odd) -> Value {
          return vector::InterleaveOp::create(b, kernel.loc(), even, odd);
        };
        Value words = interleave(interleave(rowsOf[0], rowsOf[2]), interleave(rowsOf[1], rowsOf[3]));
        vector::StoreOp::create(b, kernel.loc(), words, packed, packedPlace(k, v));
        next.push_back(dot(carried[static_cast<size_t>(v)], ones, words));
      }
      return next;
    });
    auto all = static_cast<double>(depth * leftZero() * rightZero());
    for (int64_t v = 0; v < tile.vectors; ++v) {
      Value scaled = arith::MulIOp::create(b, kernel.loc(), sums[static_cast<size_t>(v)],
                                           kernel.constantLike(dwords(), static_cast<double>(-leftZero())));
      Value start = arith::AddIOp::create(b, kernel.loc(), scaled, kernel.constantLike(dwords(), all));
      vector::StoreOp::create(b, kernel.loc(), start, starts, kernel.constantIndex(v * lanes));
    }
  }

  Value packedPlace(Value k, int64_t vector) {
    return kernel.addIndex(kernel.multiplyIndex(k, tile.panel()), vector * 4 * lanes);
  }

  /// -rightZero * the sum of one row of the left operand, or null where that is nothing.
  Value rowTerm(ArrayRef<Value> batch, Value row) {
    if (rightZero() == 0)
      return {};
    int64_t whole = depth / (4 * lanes) * (4 * lanes);
    auto load = [&](Value k, int64_t count) {
      return instructions.shifted(
          vector::LoadOp::create(b, kernel.loc(), bytes(count), leftBuffer, place(leftShape, batch, row, k)),
          leftSigned());
    };
    Value total = arith::ConstantOp::create(b, kernel.loc(), b.getI32IntegerAttr(0));
    auto addUp = [&](Value vector) {
      total = vector::ReductionOp::create(b, kernel.loc(), vector::CombiningKind::ADD, vector, total);
    };
    if (whole) {
      Value ones = kernel.constantLike(bytes(4 * lanes), 1);
      Value sums = kernel.constantLike(dwords(), 0);
      sums = kernel.loop(0, whole, 4 * lanes, sums, [&](Value k, ValueRange carried) -> SmallVector<Value> {
        return {dot(carried[0], load(k, 4 * lanes), ones)};
      })[0];
      addUp(sums);
    }
    if (int64_t rest = depth - whole) {
      auto wide = VectorType::get({rest}, b.getI32Type());
      Value bytes = load(kernel.constantIndex(whole), rest);
      addUp(readsSigned() ? Value(arith::ExtSIOp::create(b, kernel.loc(), wide, bytes))
                          : Value(arith::ExtUIOp::create(b, kernel.loc(), wide, bytes)));
    }
    Value scale =
        arith::ConstantOp::create(b, kernel.loc(), b.getI32IntegerAttr(static_cast<int32_t>(-rightZero())));
    return kernel.splat(arith::MulIOp::create(b, kernel.loc(), total, scale), lanes);
  }

  void emitTile(ArrayRef<Value> batch, Value row, Value column, int64_t height) {
    SmallVector<Value> accumulators;
    for (int64_t m = 0; m < height; ++m) {
      Value term = rowTerm(batch, kernel.addIndex(row, m));
      for (int64_t v = 0; v < tile.vectors; ++v) {
        Value start =
            vector::LoadOp::create(b, kernel.loc(), dwords(), starts, kernel.constantIndex(v * lanes));
        accumulators.push_back(term ? Value(arith::AddIOp::create(b, kernel.loc(), start, term)) : start);
      }
    }
    accumulators = kernel.loop(0, depth, 4, accumulators, [&](Value k, ValueRange carried) {
      SmallVector<Value> next, words;
      for (int64_t v = 0; v < tile.vectors; ++v)
        words.push_back(vector::LoadOp::create(b, kernel.loc(), bytes(4 * lanes), packed, packedPlace(k, v)));
      for (int64_t m = 0; m < height; ++m) {
        Value input = spreadWord(place(leftShape, batch, kernel.addIndex(row, m), k));
        for (int64_t v = 0; v < tile.vectors; ++v)
          next.push_back(
              dot(carried[static_cast<size_t>(m * tile.vectors + v)], input, words[static_cast<size_t>(v)]));
      }
      return next;
    });
    for (int64_t m = 0; m < height; ++m)
      finishRow(batch, kernel.addIndex(row, m), column,
                ArrayRef(accumulators)
                    .slice(static_cast<size_t>(m * tile.vectors), static_cast<size_t>(tile.vectors)));
  }

  /// Four elements of the left operand in every lane.
  Value spreadWord(const Index &at) {
    Value four =
        instructions.shifted(vector::LoadOp::create(b, kernel.loc(), bytes(4), leftBuffer, at), leftSigned());
    Value word = vector::BitCastOp::create(b, kernel.loc(), VectorType::get({1}, b.getI32Type()), four);
    Value scalar = vector::ExtractOp::create(b, kernel.loc(), word, ArrayRef<int64_t>{0});
    return vector::BitCastOp::create(b, kernel.loc(), bytes(4 * lanes), kernel.splat(scalar, lanes));
  }

  /// Four vectors at once where there are four: they pack into one of bytes.
  void finishRow(ArrayRef<Value> batch, Value row, Value column, ArrayRef<Value> sums) {
    Index at(batch);
    at.append({row, column});
    if (tile.vectors != 4) {
      for (auto [v, sum] : llvm::enumerate(sums)) {
        at.back() = kernel.addIndex(column, static_cast<int64_t>(v) * lanes);
        arithmetic.finishBiased(at, lanes, sum, at.back());
      }
      return;
    }
    Value wide = kernel.constantLike(VectorType::get({4 * lanes}, b.getI32Type()), 0);
    for (auto [v, sum] : llvm::enumerate(sums))
      wide = vector::InsertStridedSliceOp::create(b, kernel.loc(), sum, wide,
                                                  ArrayRef<int64_t>{static_cast<int64_t>(v) * lanes},
                                                  ArrayRef<int64_t>{1});
    arithmetic.finishBiased(at, 4 * lanes, wide, column);
  }

  lower::KernelBuilder &kernel;
  OpBuilder &b;
  lower::ContractionArithmetic &arithmetic;
  ByteInstructions instructions;
  Value left, right;
  Shape leftShape, rightShape, result;
  int64_t depth, rows, columns, lanes;
  Tile tile{};
  Value packed, starts, leftBuffer, rightBuffer;
};
} // namespace

LogicalResult emitActivationProduct(lower::KernelBuilder &kernel, const Isa &isa) {
  Operation *op = kernel.core();
  if (!isa_and_nonnull<graph::MatmulOp>(op) || op->getNumOperands() > 2)
    return failure();
  TensorType a = kernel.typeOf(op->getOperand(0)), c = kernel.typeOf(op->getOperand(1));
  auto isByte = [](const TensorType &type) {
    return type.quantization && type.quantization->axis < 0 && bitWidth(type.dtype) == 8;
  };
  Shape result = kernel.shapeOf(op->getResult(0));
  if (!isByte(a) || !isByte(c) || kernel.constantOf(op->getOperand(1)) || a.shape.size() < 2 ||
      c.shape.size() < 2 || !ActivationProduct::applies(a.shape, result, isa.lanes))
    return failure();
  std::optional<ByteInstructions::Form> form =
      ByteInstructions::tileForm(isa, /*width=*/1, a.shape.back(), /*room=*/false);
  lower::ContractionArithmetic arithmetic(kernel, op, a.shape.back(), result.back());
  if (!form || arithmetic.accumulates64())
    return failure();
  ActivationProduct(kernel, op, arithmetic, isa, *form).emit();
  kernel.setFamily("activation product");
  return success();
}

} // namespace limbeck::cpu
