// The shape rule of matrix products.
#include "MatrixProduct.h"

namespace limbeck::reference {

Expected<Shape> inferMatrixProduct(const Call &call, size_t biasIndex) {
  std::span<const int64_t> a = call.operands[0].shape, b = call.operands[1].shape;
  if (a.size() < 2 || b.size() < 2)
    return error(Code::Rank, "expected operands of rank 2 or more, found ", shapeText(a), " and ",
                 shapeText(b))
        .withHint("reshape a vector to a matrix first");
  int64_t rows = a.end()[-2], leftDepth = a.end()[-1], rightDepth = b.end()[-2], width = b.end()[-1];
  if (leftDepth != kUnknown && rightDepth != kUnknown && leftDepth != rightDepth)
    return error(Code::Shape, "expected equal inner dimensions, found ", shapeText(a), " and ", shapeText(b));
  if (call.hasOperand(biasIndex)) {
    const Shape &bias = call.operands[biasIndex].shape;
    if (bias.size() != 1)
      return error(Code::Rank, "expected a bias of rank 1, found ", shapeText(bias));
    if (bias[0] != kUnknown && width != kUnknown && bias[0] != width)
      return error(Code::Shape, "expected a bias of ", width, " entries, found ", bias[0]);
    if (width == kUnknown)
      width = bias[0];
  }
  LIMBECK_ASSIGN(Shape shape, broadcastShapes(a.first(a.size() - 2), b.first(b.size() - 2)));
  shape.push_back(rows);
  shape.push_back(width);
  LIMBECK_TRY(elementCount(shape, Limits().elements));
  return shape;
}

} // namespace limbeck::reference
