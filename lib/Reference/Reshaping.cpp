// Ops that give a tensor another shape, order or number of copies, and those that tell its shape.
#include "Movement.h"
#include "limbeck/Reference/Broadcast.h"
#include "limbeck/Reference/Registry.h"
#include <algorithm>

namespace limbeck::reference {

/// The number of elements, with every fault of the shape reported under the op's own code.
static Expected<int64_t> countUnder(Code code, std::span<const int64_t> shape) {
  auto count = elementCount(shape, Limits().elements);
  if (!count)
    count.diagnostic().code = code;
  return count;
}

static Status checkRank(size_t rank) {
  if (static_cast<int64_t>(rank) > Limits().rank)
    return error(Code::Rank, "expected a result of at most ", Limits().rank, " dimensions, found ", rank);
  return {};
}

/// Whether a caller's result is one of those that `wanted` leaves open.
static bool refines(std::span<const int64_t> result, std::span<const int64_t> wanted) {
  return std::equal(result.begin(), result.end(), wanted.begin(), wanted.end(),
                    [](int64_t given, int64_t open) { return given == open || open == kUnknown; });
}

// reshape

/// The attribute `shape` with what `kept` says of the operand's dimensions put in.
static Expected<Shape> shapeWithKept(std::span<const int64_t> operand, const Attributes &attributes) {
  Shape wanted = attributes.integers("shape");
  if (!attributes.has("kept"))
    return wanted;
  const std::vector<int64_t> &kept = attributes.integers("kept");
  if (kept.size() != wanted.size())
    return error(Code::Reshape, "expected one entry for each of the ", wanted.size(), " dimensions, found ",
                 kept.size())
        .atAttribute("kept");
  auto rank = static_cast<int64_t>(operand.size());
  for (size_t i = 0; i < kept.size(); ++i) {
    if (kept[i] < -1 || kept[i] >= rank)
      return error(Code::Reshape, "expected -1 or a dimension of the operand ", shapeText(operand),
                   ", found ", kept[i])
          .atAttribute("kept");
    if (kept[i] == -1)
      continue;
    if (wanted[i] != kUnknown)
      return error(Code::Reshape, "expected -1 where a dimension is kept, found ", shapeText(wanted));
    wanted[i] = operand[static_cast<size_t>(kept[i])];
  }
  return wanted;
}

/// The shape with its only unknown dimension computed where the operand's size is known.
static Expected<Shape> reshapedShape(std::span<const int64_t> operand, const Attributes &attributes) {
  LIMBECK_ASSIGN(Shape wanted, shapeWithKept(operand, attributes));
  LIMBECK_TRY(checkRank(wanted.size()));
  LIMBECK_ASSIGN(int64_t count, countUnder(Code::Reshape, operand));
  Shape known = wanted;
  auto unknowns = static_cast<int64_t>(std::count(wanted.begin(), wanted.end(), kUnknown));
  std::replace(known.begin(), known.end(), kUnknown, int64_t(1));
  LIMBECK_ASSIGN(int64_t product, countUnder(Code::Reshape, known));
  if (unknowns == 0 && count != kUnknown && count != product)
    return error(Code::Reshape, "expected a shape of ", count, " elements like the operand ",
                 shapeText(operand), ", found ", shapeText(wanted), " of ", product);
  if (unknowns == 0 || count == kUnknown)
    return wanted;
  if (product == 0 && unknowns == 1)
    return error(Code::Reshape, "expected no dimension of 0 beside one to be inferred, found ",
                 shapeText(wanted));
  if (product != 0 && count % product != 0)
    return error(Code::Reshape, "expected the known dimensions of ", shapeText(wanted), " to divide the ",
                 count, " elements of the operand ", shapeText(operand));
  if (unknowns == 1)
    std::replace(wanted.begin(), wanted.end(), kUnknown, count / product);
  return wanted;
}

static Expected<std::vector<TensorType>> inferReshape(const Call &call) {
  const TensorType &operand = call.operands[0];
  LIMBECK_ASSIGN(Shape shape, reshapedShape(operand.shape, call.attributes));
  return oneType(operand.dtype, std::move(shape));
}

/// Several dimensions may be unknown before run time: the caller's result type decides among them.
static Expected<std::vector<Tensor>> evaluateReshape(const Evaluation &evaluation) {
  const Tensor &operand = evaluation.operands[0];
  LIMBECK_ASSIGN(Shape shape, reshapedShape(operand.shape(), evaluation.attributes));
  const Shape &result = evaluation.resultTypes[0].shape;
  LIMBECK_ASSIGN(int64_t count, countUnder(Code::Reshape, result));
  if (!refines(result, shape) || count != operand.size())
    return error(Code::Reshape, "expected the shape ", shapeText(shape), " of ", operand.size(),
                 " elements, found ", shapeText(result));
  return std::vector<Tensor>{operand.reshaped(result)};
}

// transpose

static Status checkPermutation(std::span<const int64_t> permutation, size_t rank) {
  std::vector<bool> seen(rank, false);
  bool valid = permutation.size() == rank;
  for (size_t i = 0; valid && i < rank; ++i) {
    valid = permutation[i] >= 0 && permutation[i] < static_cast<int64_t>(rank) &&
            !seen[static_cast<size_t>(permutation[i])];
    if (valid)
      seen[static_cast<size_t>(permutation[i])] = true;
  }
  if (valid)
    return {};
  std::string found;
  for (int64_t axis : permutation.first(std::min<size_t>(permutation.size(), 32)))
    found += (found.empty() ? "" : ",") + std::to_string(axis);
  return error(Code::Permutation, "expected each of the ", rank, " axes once, found [", found, "]")
      .atAttribute("perm");
}

static Expected<std::vector<TensorType>> inferTranspose(const Call &call) {
  const TensorType &operand = call.operands[0];
  const std::vector<int64_t> &permutation = call.attributes.integers("perm");
  LIMBECK_TRY(checkPermutation(permutation, operand.shape.size()));
  Shape shape;
  for (int64_t axis : permutation)
    shape.push_back(operand.shape[static_cast<size_t>(axis)]);
  return oneType(operand.dtype, std::move(shape));
}

static Expected<std::vector<Tensor>> evaluateTranspose(const Evaluation &evaluation) {
  const Tensor &operand = evaluation.operands[0];
  const std::vector<int64_t> &permutation = evaluation.attributes.integers("perm");
  LIMBECK_TRY(checkPermutation(permutation, operand.shape().size()));
  std::vector<int64_t> strides = rowMajorStrides(operand.shape());
  Shape shape;
  StridedView from;
  for (int64_t axis : permutation) {
    shape.push_back(operand.shape()[static_cast<size_t>(axis)]);
    from.strides.push_back(strides[static_cast<size_t>(axis)]);
  }
  LIMBECK_ASSIGN(Tensor result, Tensor::zeros(operand.dtype(), shape));
  copyView(shape, operand, from, result, {0, rowMajorStrides(shape)});
  return std::vector<Tensor>{result};
}

// expand

static Expected<Shape> expandedShape(std::span<const int64_t> operand, Shape wanted) {
  LIMBECK_TRY(checkRank(wanted.size()));
  if (wanted.size() < operand.size())
    return error(Code::Shape, "expected a shape of at least ", operand.size(), " dimensions, found ",
                 shapeText(wanted));
  size_t added = wanted.size() - operand.size();
  for (size_t i = 0; i < operand.size(); ++i) {
    int64_t from = operand[i];
    int64_t &to = wanted[added + i];
    if (to == kUnknown && from != 1)
      to = from;
    else if (from != kUnknown && from != 1 && from != to)
      return error(Code::Shape, "expected a shape that ", shapeText(operand), " broadcasts to, found ",
                   shapeText(wanted));
  }
  LIMBECK_TRY(countUnder(Code::Size, wanted));
  return wanted;
}

static Expected<std::vector<TensorType>> inferExpand(const Call &call) {
  const TensorType &operand = call.operands[0];
  LIMBECK_ASSIGN(Shape shape, expandedShape(operand.shape, call.attributes.integers("shape")));
  return oneType(operand.dtype, std::move(shape));
}

static Expected<std::vector<Tensor>> evaluateExpand(const Evaluation &evaluation) {
  const Tensor &operand = evaluation.operands[0];
  LIMBECK_ASSIGN(Shape wanted, expandedShape(operand.shape(), evaluation.attributes.integers("shape")));
  // A dimension that the attribute leaves open beside a 1 is the caller's to give.
  const Shape &shape = evaluation.resultTypes[0].shape;
  if (!refines(shape, wanted))
    return error(Code::Shape, "expected the shape ", shapeText(wanted), ", found ", shapeText(shape));
  LIMBECK_ASSIGN(Tensor result, Tensor::zeros(operand.dtype(), shape));
  copyView(shape, operand, {0, broadcastStrides(operand.shape(), shape)}, result,
           {0, rowMajorStrides(shape)});
  return std::vector<Tensor>{result};
}

// tile

static Expected<Shape> tiledShape(std::span<const int64_t> operand, std::span<const int64_t> repeats) {
  if (repeats.size() != operand.size())
    return error(Code::Size, "expected one repeat for each of the ", operand.size(), " dimensions, found ",
                 repeats.size())
        .atAttribute("repeats");
  Shape shape;
  for (size_t i = 0; i < operand.size(); ++i) {
    if (repeats[i] < 0)
      return error(Code::Size, "expected repeats of at least 0, found ", repeats[i]).atAttribute("repeats");
    auto dim = operand[i] == kUnknown ? kUnknown : checkedMultiply(operand[i], repeats[i]);
    if (!dim)
      return error(Code::Size, "dimension ", i, " of the result is too large: ", operand[i], " times ",
                   repeats[i]);
    shape.push_back(*dim);
  }
  LIMBECK_TRY(countUnder(Code::Size, shape));
  return shape;
}

static Expected<std::vector<TensorType>> inferTile(const Call &call) {
  const TensorType &operand = call.operands[0];
  LIMBECK_ASSIGN(Shape shape, tiledShape(operand.shape, call.attributes.integers("repeats")));
  return oneType(operand.dtype, std::move(shape));
}

/// Every axis becomes two: the repeats, along which the source stands still, and the elements.
static Expected<std::vector<Tensor>> evaluateTile(const Evaluation &evaluation) {
  const Tensor &operand = evaluation.operands[0];
  const std::vector<int64_t> &repeats = evaluation.attributes.integers("repeats");
  LIMBECK_ASSIGN(Shape shape, tiledShape(operand.shape(), repeats));
  LIMBECK_ASSIGN(Tensor result, Tensor::zeros(operand.dtype(), shape));
  std::vector<int64_t> strides = rowMajorStrides(operand.shape());
  Shape sizes;
  StridedView from;
  for (size_t i = 0; i < repeats.size(); ++i) {
    sizes.insert(sizes.end(), {repeats[i], operand.shape()[i]});
    from.strides.insert(from.strides.end(), {0, strides[i]});
  }
  copyView(sizes, operand, from, result, {0, rowMajorStrides(sizes)});
  return std::vector<Tensor>{result};
}

// concat

/// The common shape of the operands with the sum of their sizes along `axis`.
template <class ShapeOf>
static Expected<Shape> concatenatedShape(size_t count, int64_t axis, const ShapeOf &shapeOf) {
  Shape result = shapeOf(0);
  if (axis < 0 || axis >= static_cast<int64_t>(result.size()))
    return error(Code::Axis, "expected an axis from 0 to ", static_cast<int64_t>(result.size()) - 1,
                 ", found ", axis)
        .atAttribute("axis");
  for (size_t i = 1; i < count; ++i) {
    const Shape &next = shapeOf(i);
    if (next.size() != result.size())
      return error(Code::Axis, "expected operands of the same rank, found ", shapeText(result), " and ",
                   shapeText(next));
    for (size_t d = 0; d < next.size(); ++d) {
      if (static_cast<int64_t>(d) == axis) {
        auto sum = result[d] == kUnknown || next[d] == kUnknown ? kUnknown : checkedAdd(result[d], next[d]);
        if (!sum)
          return error(Code::SizeOverflow, "the concatenated dimension is too large");
        result[d] = *sum;
      } else if (result[d] == kUnknown) {
        result[d] = next[d];
      } else if (next[d] != kUnknown && next[d] != result[d]) {
        return error(Code::Shape, "expected operands that are equal in all dimensions but ", axis,
                     ", found operand ", i, " of shape ", shapeText(next), " where ", shapeText(result),
                     " went before");
      }
    }
  }
  LIMBECK_TRY(elementCount(result, Limits().elements));
  return result;
}

static Expected<std::vector<TensorType>> inferConcat(const Call &call) {
  for (const TensorType &operand : call.operands)
    if (operand.dtype != call.operands[0].dtype)
      return error(Code::DataType, "expected operands of the same type, found ", name(call.operands[0].dtype),
                   " and ", name(operand.dtype));
  LIMBECK_ASSIGN(Shape shape,
                 concatenatedShape(call.operands.size(), call.attributes.integer("axis"),
                                   [&](size_t i) -> const Shape & { return call.operands[i].shape; }));
  return oneType(call.operands[0].dtype, std::move(shape));
}

static Expected<std::vector<Tensor>> evaluateConcat(const Evaluation &evaluation) {
  std::span<const Tensor> operands = evaluation.operands;
  int64_t axis = evaluation.attributes.integer("axis");
  LIMBECK_ASSIGN(Shape shape, concatenatedShape(operands.size(), axis, [&](size_t i) -> const Shape & {
                   return operands[i].shape();
                 }));
  LIMBECK_ASSIGN(Tensor result, Tensor::zeros(operands[0].dtype(), shape));
  StridedView to = {0, rowMajorStrides(shape)};
  for (const Tensor &operand : operands) {
    if (operand.dtype() != result.dtype())
      return error(Code::DataType, "expected operands stored as ", name(result.dtype()), ", found ",
                   name(operand.dtype()));
    copyView(operand.shape(), operand, {0, rowMajorStrides(operand.shape())}, result, to);
    to.offset += operand.shape()[static_cast<size_t>(axis)] * to.strides[static_cast<size_t>(axis)];
  }
  return std::vector<Tensor>{result};
}

// shape and size

/// The dimensions [start, end) as ONNX's Shape clamps them.
static std::span<const int64_t> dimensionRange(std::span<const int64_t> shape, const Attributes &attributes) {
  auto rank = static_cast<int64_t>(shape.size());
  auto clamped = [&](int64_t bound) {
    return std::clamp(bound < 0 ? bound + rank : bound, int64_t(0), rank);
  };
  int64_t start = clamped(attributes.integer("start")), end = clamped(attributes.integer("end"));
  return shape.subspan(static_cast<size_t>(start), static_cast<size_t>(std::max(end - start, int64_t(0))));
}

static Expected<std::vector<TensorType>> inferShape(const Call &call) {
  size_t count = dimensionRange(call.operands[0].shape, call.attributes).size();
  return oneType(DType::S64, {static_cast<int64_t>(count)});
}

static Expected<std::vector<Tensor>> evaluateShape(const Evaluation &evaluation) {
  return std::vector<Tensor>{
      Tensor::fromIndices(dimensionRange(evaluation.operands[0].shape(), evaluation.attributes))};
}

static Expected<std::vector<TensorType>> inferSize(const Call &) {
  return oneType(DType::S64, {});
}

static Expected<std::vector<Tensor>> evaluateSize(const Evaluation &evaluation) {
  return std::vector<Tensor>{Tensor::scalar(DType::S64, evaluation.operands[0].size())};
}

void defineReshaping(DefinitionList &list) {
  list.push_back({"reshape", Kind::Movement, 1, 1, inferReshape, evaluateReshape});
  list.push_back({"transpose", Kind::Movement, 1, 1, inferTranspose, evaluateTranspose});
  list.push_back({"expand", Kind::Movement, 1, 1, inferExpand, evaluateExpand});
  list.push_back({"tile", Kind::Movement, 1, 1, inferTile, evaluateTile});
  list.push_back({"concat", Kind::Movement, 1, -1, inferConcat, evaluateConcat});
  list.push_back({"shape", Kind::Exact, 1, 1, inferShape, evaluateShape});
  list.push_back({"size", Kind::Exact, 1, 1, inferSize, evaluateSize});
}

} // namespace limbeck::reference
