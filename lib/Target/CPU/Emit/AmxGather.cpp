// Pieces are copied as whole vectors, in the order of their places: what one writes behind its end the next overwrites. The last
// position of a step has room behind it.
#include "AmxGather.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace limbeck::cpu {

using namespace mlir;
using lower::Index;

static Type elementOf(const TiledProblem &problem) {
  return cast<MemRefType>(problem.buffer.getType()).getElementType();
}

AmxGather::AmxGather(lower::KernelBuilder &kernel, const TiledProblem &problem, const AmxSchedule &schedule)
    : kernel(kernel), b(kernel.builder()), problem(problem), schedule(schedule),
      copy(kernel.scratch(schedule.steps() * (schedule.height() + 1) * schedule.stepDepth(),
                          elementOf(problem))) {}

Value AmxGather::byteOf(int64_t position, Value step) {
  return kernel.multiplyIndex(kernel.addIndex(kernel.multiplyIndex(step, schedule.height() + 1), position),
                              kTileBytes);
}

void AmxGather::emit(Value start) {
  kernel.loop(0, schedule.height(), 1, {}, [&](Value position, ValueRange) -> SmallVector<Value> {
    Index at = kernel.delinearize(arith::AddIOp::create(b, kernel.loc(), start, position),
                                  {problem.rows, problem.width});
    for (const AmxPiece &piece : schedule.pieces)
      copyPiece(piece, at[0], at[1], position);
    return {};
  });
}

void AmxGather::copyPiece(const AmxPiece &piece, Value row, Value column, Value position) {
  Index place =
      problem.inputPlace(row, column, kernel.constantIndex(piece.outer), kernel.constantIndex(piece.first));
  auto type = VectorType::get({schedule.stepDepth()}, elementOf(problem));
  Value line;
  if (piece.count == schedule.stepDepth()) {
    line = vector::LoadOp::create(b, kernel.loc(), type, problem.buffer, place);
  } else {
    SmallVector<bool> read(static_cast<size_t>(schedule.stepDepth()), false);
    std::fill_n(read.begin(), piece.count, true);
    Value mask = arith::ConstantOp::create(b, kernel.loc(), b.getBoolVectorAttr(read));
    Value zero = arith::ConstantOp::create(b, kernel.loc(), b.getZeroAttr(type));
    line = vector::MaskedLoadOp::create(b, kernel.loc(), type, problem.buffer, place, mask, zero);
  }
  Value at = kernel.addIndex(kernel.multiplyIndex(position, schedule.stepDepth()),
                             piece.step * (schedule.height() + 1) * schedule.stepDepth() + piece.offset);
  vector::StoreOp::create(b, kernel.loc(), line, copy, at);
}

} // namespace limbeck::cpu
