// Kernels of matmul and matmul_integer for every element type: one block of columns at a time, k ascending.
// Targets replace this by register-tiled bodies where they can.
#include "limbeck/Lower/ContractionArithmetic.h"
#include "limbeck/Lower/CoreEmitters.h"

namespace limbeck::lower {

using namespace mlir;

static void emitMatmul(KernelBuilder &kernel, Operation *op) {
  Value a = op->getOperand(0), c = op->getOperand(1);
  Shape left = kernel.shapeOf(a), right = kernel.shapeOf(c), result = kernel.shapeOf(op->getResult(0));
  int64_t length = left.back();
  ContractionArithmetic arithmetic(kernel, op, length, right.back());
  kernel.forEachBlock(result, true, [&](ArrayRef<Value> index, int64_t lanes) {
    auto place = [&](const Shape &shape, Value row, Value column) {
      Index own;
      size_t lead = result.size() - shape.size();
      for (size_t i = 0; i + 2 < shape.size(); ++i)
        own.push_back(shape[i] == 1 ? kernel.constantIndex(0) : index[lead + i]);
      own.push_back(row);
      own.push_back(column);
      return own;
    };
    Value row = index[index.size() - 2], column = index.back();
    arithmetic.setRow(row);
    auto sum = kernel.loop(0, length, 1, arithmetic.start(lanes), [&](Value k, ValueRange carried) {
      Value x = kernel.load(a, place(left, row, k), 1), w = kernel.load(c, place(right, k, column), lanes);
      return SmallVector<Value>{arithmetic.step(carried[0], x, w, column)};
    });
    arithmetic.finish(index, lanes, length ? sum[0] : arithmetic.start(lanes), column);
  });
}

void addContractionEmitters(EmitterList &list) {
  list.insert(list.end(), {{"matmul", emitMatmul}, {"matmul_integer", emitMatmul}});
}

} // namespace limbeck::lower
