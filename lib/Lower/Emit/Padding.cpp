// Kernels of pad: a table per padded axis names the source position, -1 where the fill value goes.
#include "limbeck/Lower/CoreEmitters.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace limbeck::lower {

using namespace mlir;

/// Source position of result position `i`, for a dimension of `dim` elements with `begin` in front.
static int64_t paddingSource(const std::string &mode, int64_t i, int64_t begin, int64_t dim) {
  int64_t position = i - begin;
  if (position >= 0 && position < dim)
    return position;
  if (mode == "edge")
    return std::clamp<int64_t>(position, 0, dim - 1);
  if (mode == "wrap")
    return ((position % dim) + dim) % dim;
  if (mode == "reflect") {
    if (dim == 1)
      return 0;
    int64_t period = 2 * (dim - 1), folded = ((position % period) + period) % period;
    return folded < dim ? folded : period - folded;
  }
  return -1;
}

static void emitPad(KernelBuilder &kernel, Operation *op) {
  OpBuilder &b = kernel.builder();
  reference::Attributes attributes = attributesOf(op);
  const std::vector<int64_t> &pads = attributes.integers("pads");
  const std::string &mode = attributes.text("mode");
  Shape from = kernel.shapeOf(op->getOperand(0)), to = kernel.shapeOf(op->getResult(0));
  size_t rank = from.size();
  SmallVector<Value> tables(rank);
  for (size_t i = 0; i < rank; ++i) {
    if (pads[i] == 0 && pads[rank + i] == 0)
      continue;
    std::vector<int64_t> table;
    for (int64_t position = 0; position < to[i]; ++position)
      table.push_back(paddingSource(mode, position, pads[i], from[i]));
    tables[i] = indexTable(kernel, table);
  }
  bool vectors = rank > 0 && !tables[rank - 1];
  kernel.forEachBlock(to, vectors, [&](ArrayRef<Value> index, int64_t lanes) {
    Index source(index);
    Value inside;
    for (size_t i = 0; i < rank; ++i) {
      if (!tables[i])
        continue;
      source[i] = lookup(kernel, tables[i], index[i]);
      if (mode != "constant")
        continue;
      Value valid = arith::CmpIOp::create(b, kernel.loc(), arith::CmpIPredicate::sge, source[i],
                                          kernel.constantIndex(0));
      inside = inside ? Value(arith::AndIOp::create(b, kernel.loc(), inside, valid)) : valid;
    }
    if (!inside)
      return kernel.finishStored(index, lanes, kernel.load(op->getOperand(0), source, lanes));
    Type stored = kernel.vectorOf(kernel.storageType(kernel.typeOf(op->getResult(0)).dtype), lanes);
    auto choice = scf::IfOp::create(b, kernel.loc(), TypeRange{stored}, inside, /*withElseRegion=*/true);
    {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(choice.thenBlock());
      scf::YieldOp::create(b, kernel.loc(), kernel.load(op->getOperand(0), source, lanes));
      b.setInsertionPointToStart(choice.elseBlock());
      Value fill = op->getNumOperands() > 1 ? kernel.splat(kernel.load(op->getOperand(1), {}, 1), lanes)
                                            : kernel.constantLike(stored, 0);
      scf::YieldOp::create(b, kernel.loc(), fill);
    }
    kernel.finishStored(index, lanes, choice.getResult(0));
  });
}

void addPaddingEmitters(EmitterList &list) { list.push_back({"pad", emitPad}); }

} // namespace limbeck::lower
