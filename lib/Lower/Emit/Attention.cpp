// The kernel of an attention: a few rows of queries at a time, whose scores and probabilities stay on the stack.
//
//   keys and values of a head are packed, for all rows that a worker computes of it
//   for a few rows:
//     scores = queries * keys                      sums of a product
//     x = what follows up to the softmax           requantized, scaled, masked; each rounding stays
//     e = exp(x - max x), s = sum e                in the order of the softmax's own kernel
//     p = what follows up to the second product    e / s, quantized
//     result = p * values, what follows, stored
#include "limbeck/Fuse/Attention.h"
#include "SoftmaxRow.h"
#include "limbeck/Lower/PackedProduct.h"

namespace limbeck::lower {

using namespace mlir;

namespace {
class AttentionKernel {
public:
  AttentionKernel(KernelBuilder &kernel, fuse::Attention attention)
      : kernel(kernel), b(kernel.builder()), attention(attention),
        shape(kernel.shapeOf(attention.scores.getResult())), rows(shape[shape.size() - 2]),
        keys(shape.back()), together(rowsTogether()), scores(kernel, attention.scores, together),
        values(kernel, attention.values, together), m(kernel, kernel.typeOf(attention.softmax.getX())) {}

  void emit() {
    Type scalar = kernel.computeType(kernel.typeOf(attention.softmax.getX()));
    stage = kernel.scratch(together * keys, scalar);
    greatest = kernel.scratch(together, scalar);
    sums = kernel.scratch(together, scalar);
    Shape batch(shape.begin(), shape.end() - 2);
    int64_t blocks = ceilDivide(rows, together);
    // A worker's share is a stretch of heads and rows in order, so that it packs few heads.
    auto [begin, end] = kernel.share(product(batch) * blocks);
    kernel.loop(begin, end, 1, {}, [&, begin = begin](Value t, ValueRange) -> SmallVector<Value> {
      Value head = arith::DivUIOp::create(b, kernel.loc(), t, kernel.constantIndex(blocks));
      Value block = arith::RemUIOp::create(b, kernel.loc(), t, kernel.constantIndex(blocks));
      Index at = kernel.delinearize(head, batch);
      packHead(at, isEqual(t, begin), isEqual(block, kernel.constantIndex(0)));
      Value first = kernel.multiplyIndex(block, together), count = kernel.constantIndex(together);
      if (rows % together != 0)
        count =
            arith::MinUIOp::create(b, kernel.loc(), count,
                                   arith::SubIOp::create(b, kernel.loc(), kernel.constantIndex(rows), first));
      emitRows(at, first, count);
      return {};
    });
    kernel.setFamily("attention");
  }

private:
  int64_t rowsTogether() const {
    int64_t most = std::min(PackedProduct::rowsTogether(kernel, attention.scores),
                            PackedProduct::rowsTogether(kernel, attention.values));
    return std::min({most, rows, fuse::kMostRowsOfScores});
  }

  Value isEqual(Value a, Value c) {
    return arith::CmpIOp::create(b, kernel.loc(), arith::CmpIPredicate::eq, a, c);
  }

  void packHead(ArrayRef<Value> at, Value isFirst, Value isNew) {
    auto choice = scf::IfOp::create(b, kernel.loc(), arith::OrIOp::create(b, kernel.loc(), isFirst, isNew));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(choice.thenBlock());
    scores.pack(at);
    values.pack(at);
  }

  using RowBody = llvm::function_ref<void(Value row, Index place)>;
  /// `place`: of column 0 of the row, in the scores and in the result.
  void forEachRow(ArrayRef<Value> at, Value first, Value count, RowBody body) {
    kernel.loop(kernel.constantIndex(0), count, 1, {}, [&](Value row, ValueRange) -> SmallVector<Value> {
      Index place(at);
      place.append({kernel.addIndex(first, row), kernel.constantIndex(0)});
      body(row, place);
      return {};
    });
  }

  /// Blocks of `widths` columns, from the widest to single ones.
  void forEachColumn(int64_t count, DType stored,
                     llvm::function_ref<void(Value column, int64_t lanes)> body) {
    // Four vectors of results are one of bytes.
    int64_t widest = bitWidth(stored) == 8 ? 4 * kernel.target().vectorUnit().lanes : kBlockLanes, done = 0;
    for (int64_t lanes : {widest, kBlockLanes, int64_t(1)}) {
      int64_t end = done + (count - done) / lanes * lanes;
      if (done < end)
        kernel.loop(done, end, lanes, {}, [&](Value column, ValueRange) -> SmallVector<Value> {
          body(column, lanes);
          return {};
        });
      done = end;
    }
  }

  Value stagePlace(Value row, Value column) {
    return kernel.addIndex(kernel.multiplyIndex(row, keys), column);
  }

  void emitRows(ArrayRef<Value> at, Value first, Value count) {
    scores.stage(at, first, count);
    scores.multiply(at);
    Type scalar = cast<MemRefType>(stage.getType()).getElementType();
    Value operand = attention.softmax.getX(), probabilities = attention.softmax.getResult();
    forEachRow(at, first, count, [&](Value row, Index place) {
      // A NaN makes the sum one, too; and the exponential of -0 is that of +0.
      Value most =
          reduceContiguous(kernel, m.maximumOfNumbers(), keys, scalar, [&](Value column, int64_t lanes) {
            place.back() = column;
            Value sum = scores.sum(row, column, lanes);
            Element score = scores.arithmetic().element(place, lanes, sum, column);
            Value x = kernel.widen(kernel.follow(attention.scores.getResult(), score, operand, place, lanes),
                                   kernel.typeOf(operand), place);
            storeTo(kernel, stage, stagePlace(row, column), x);
            return x;
          });
      storeTo(kernel, greatest, row, most);
    });
    forEachRow(at, first, count, [&](Value row, Index) {
      Value most = loadFrom(kernel, greatest, row, 1);
      Value sum = reduceContiguous(kernel, laneSum(kernel), keys, scalar, [&](Value column, int64_t lanes) {
        Value at = stagePlace(row, column);
        Value y = m.exp(m.sub(loadFrom(kernel, stage, at, lanes), m.spread(most, lanes)));
        storeTo(kernel, stage, at, y);
        return y;
      });
      storeTo(kernel, sums, row, sum);
    });
    bool exact = !roundsSmallAway(kernel, attention.softmax);
    forEachRow(at, first, count, [&](Value row, Index place) {
      RowDivision division(m, loadFrom(kernel, sums, row, 1), exact);
      forEachColumn(keys, kernel.typeOf(attention.values.getLhs()).dtype, [&](Value column, int64_t lanes) {
        place.back() = column;
        Value p = division.divide(loadFrom(kernel, stage, stagePlace(row, column), lanes), lanes);
        Value stored = kernel.narrow(p, kernel.typeOf(probabilities), place);
        values.keep(row, column,
                    kernel.follow(probabilities, {stored, {}}, attention.values.getLhs(), place, lanes));
      });
    });
    values.multiply(at);
    forEachRow(at, first, count, [&](Value row, Index place) {
      forEachColumn(values.columns(), kernel.typeOf(last()).dtype, [&](Value column, int64_t lanes) {
        place.back() = column;
        Element mixed = values.arithmetic().element(place, lanes, values.sum(row, column, lanes), column);
        Value result = kernel.follow(attention.values.getResult(), mixed, last(), place, lanes);
        for (unsigned number = 0; number < kernel.outputs().size(); ++number)
          kernel.store(number, placeOfResult(place), lanes, result);
      });
    });
  }

  /// What the kernel stores, in front of the transpose behind all.
  Value last() { return attention.result ? attention.result.getX() : kernel.results()[0]; }

  Index placeOfResult(const Index &place) {
    if (!attention.result)
      return place;
    Index own;
    for (int64_t dim : attention.result.getPerm())
      own.push_back(place[static_cast<size_t>(dim)]);
    return own;
  }

  KernelBuilder &kernel;
  OpBuilder &b;
  fuse::Attention attention;
  Shape shape; ///< of the scores
  int64_t rows, keys, together;
  PackedProduct scores, values;
  NormalizationMath m;
  Value stage, greatest, sums;
};
} // namespace

void emitAttention(KernelBuilder &kernel, fuse::Attention attention) {
  AttentionKernel(kernel, attention).emit();
}

} // namespace limbeck::lower
