// Ops that change only the shape, the order of dimensions, or repeat and join whole tensors.
#include "Helpers.h"
#include <algorithm>

namespace limbeck::importer {

/// What the -1 of a target stands for, from the dimensions that no 0 copies: known even where a copied one is
/// not. The target stays as it is when that does not say; whether it fits at all (never without elements) is
/// checked when the op is created.
static Shape inferDimension(Shape target, const Indices &wanted, const Shape &shape, bool allowZero) {
  int64_t rest = 1, others = 1;
  auto multiply = [](int64_t &product, int64_t dim) {
    auto next = product < 1 || dim < 1 ? std::nullopt : checkedMultiply(product, dim);
    product = next.value_or(kUnknown);
  };
  for (size_t i = 0; i < shape.size(); ++i)
    if (allowZero || i >= wanted.size() || wanted[i] != 0)
      multiply(rest, shape[i]);
  for (int64_t dim : wanted)
    if (dim != -1 && (dim != 0 || allowZero))
      multiply(others, dim);
  bool empty = std::find(shape.begin(), shape.end(), int64_t(0)) != shape.end();
  if (!empty && rest >= 1 && others >= 1 && rest % others == 0)
    target[std::find(wanted.begin(), wanted.end(), int64_t(-1)) - wanted.begin()] = rest / others;
  return target;
}

/// Reshape's target as the dialect has it: zeros replaced by the data's dimensions, at most one -1 unless
/// shapes are unknown.
static Expected<Shape> reshapeTarget(const Indices &wanted, const Shape &shape, bool allowZero, bool exact) {
  Shape target = wanted;
  auto inferred = std::count(wanted.begin(), wanted.end(), int64_t(-1));
  if (exact && inferred > 1)
    return error(Code::Reshape, "expected at most one -1, found ", inferred);
  if (allowZero && inferred > 0 && std::find(wanted.begin(), wanted.end(), int64_t(0)) != wanted.end())
    return error(Code::Reshape, "expected no 0 beside -1 with allowzero, found both");
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i] < -1)
      return error(Code::Reshape, "expected dimensions of at least -1, found ", wanted[i]);
    if (wanted[i] != 0 || allowZero)
      continue;
    if (i >= shape.size())
      return error(Code::Reshape, "expected a dimension to copy for the 0 at ", i, ", found data of shape ",
                   shapeText(shape));
    target[i] = shape[i];
  }
  return inferred == 1 ? inferDimension(std::move(target), wanted, shape, allowZero) : target;
}

/// Which dimensions of the data those of a target are: copied by a 0, or read from the data's own shape.
static Indices keptDimensions(const Builder &builder, ValueId data, ValueId target, const Indices &wanted,
                              bool allowZero) {
  std::vector<std::optional<Dimension>> behind = builder.dimensionsBehind(target);
  behind.resize(wanted.size());
  Indices kept(wanted.size(), -1);
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i] == 0 && !allowZero)
      kept[i] = static_cast<int64_t>(i);
    else if (behind[i] && behind[i]->tensor == data)
      kept[i] = behind[i]->axis;
  }
  return kept;
}

/// The tensor whose softmax over the last dimension a reshape gives, if its target is that tensor's shape: rows made of it, their
/// softmax, and the shape back, as onnx's converter to opset 13 writes it. With open dimensions the rows alone do not say the target.
static std::optional<ValueId> softmaxOfRows(const Builder &builder, ValueId data, ValueId list,
                                            const Shape &target) {
  const Op *softmax = builder.maker(data);
  int64_t last = rankOf(builder, data) - 1;
  if (!softmax || !softmax->definition || softmax->definition->name != "softmax" ||
      softmax->attributes.integer("axis") != last)
    return std::nullopt;
  const Op *rows = builder.maker(softmax->operands[0]);
  if (!rows || !rows->definition || rows->definition->name != "reshape")
    return std::nullopt;
  ValueId tensor = rows->operands[0];
  const Shape &shape = builder.type(tensor).shape;
  std::vector<std::optional<Dimension>> behind = builder.dimensionsBehind(list);
  behind.resize(target.size());
  if (shape.empty() || shape.size() != target.size())
    return std::nullopt;
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    bool known = target[axis] != kUnknown && target[axis] == shape[axis];
    bool read =
        behind[axis] && behind[axis]->tensor == tensor && behind[axis]->axis == static_cast<int64_t>(axis);
    if (!known && !read)
      return std::nullopt;
  }
  const Indices &kept = rows->attributes.integers("kept");
  bool sameRows = shape.back() == kUnknown
                      ? !kept.empty() && kept.back() == static_cast<int64_t>(shape.size()) - 1
                      : shape.back() == builder.type(data).shape.back();
  return sameRows ? std::optional(tensor) : std::nullopt;
}

static Results importReshape(const Node &node, Builder &builder) {
  LIMBECK_ASSIGN(ValueId data, operand(node, 0, "data"));
  LIMBECK_ASSIGN(Indices wanted, partialOperand(node, builder, 1, "shape"));
  LIMBECK_ASSIGN(bool allowZero, flagAttribute(node, "allowzero", false));
  bool exact = builder.constant(*node.operands[1]) != nullptr;
  LIMBECK_ASSIGN(Shape target, reshapeTarget(wanted, shapeOf(builder, data), allowZero, exact));
  if (std::optional<ValueId> tensor = softmaxOfRows(builder, data, *node.operands[1], target))
    return builder.create("softmax", {{"axis", rankOf(builder, *tensor) - 1}}, {*tensor});
  Indices kept = keptDimensions(builder, data, *node.operands[1], wanted, allowZero);
  return builder.create("reshape", reshapeAttributes(std::move(target), std::move(kept)), {data});
}

static Results importFlatten(const Node &node, Builder &builder) {
  LIMBECK_ASSIGN(ValueId data, operand(node, 0, "input"));
  LIMBECK_ASSIGN(int64_t axis, node.integer("axis", 1));
  Shape shape = shapeOf(builder, data);
  int64_t rank = rankOf(builder, data);
  // The axis is a place between dimensions, so that rank is one too.
  if (axis != rank) {
    LIMBECK_ASSIGN(axis, normalizeAxis(axis, rank));
  }
  std::span<const int64_t> dims = shape;
  LIMBECK_ASSIGN(int64_t rows, productOf(dims.first(axis), builder));
  LIMBECK_ASSIGN(int64_t columns, productOf(dims.subspan(axis), builder));
  Indices kept = {axis == 1 ? 0 : -1, axis == rank - 1 ? axis : -1};
  return builder.create("reshape", reshapeAttributes({rows, columns}, std::move(kept)), {data});
}

/// All dimensions of size 1; every dimension must be known.
static Expected<Indices> unitAxes(const Shape &shape) {
  Indices axes;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == kUnknown)
      return unknownDimension("which axes have size 1");
    if (shape[i] == 1)
      axes.push_back(static_cast<int64_t>(i));
  }
  return axes;
}

static Results importSqueeze(const Node &node, Builder &builder) {
  LIMBECK_ASSIGN(ValueId data, operand(node, 0, "data"));
  LIMBECK_ASSIGN(std::optional<Indices> axes, indicesOperandOrAttribute(node, builder, 1, "axes"));
  Shape shape = shapeOf(builder, data);
  if (!axes) {
    LIMBECK_ASSIGN(axes, unitAxes(shape));
  }
  LIMBECK_ASSIGN(Indices removed, normalizeAxes(*axes, static_cast<int64_t>(shape.size())));
  std::sort(removed.rbegin(), removed.rend());
  Indices kept = firstAxes(static_cast<int64_t>(shape.size()));
  for (int64_t axis : removed) {
    if (shape[axis] != 1 && shape[axis] != kUnknown)
      return error(Code::Axis, "expected axis ", axis, " of size 1, found size ", shape[axis]);
    shape.erase(shape.begin() + axis);
    kept.erase(kept.begin() + axis);
  }
  return single(reshapeTo(builder, data, std::move(shape), std::move(kept)));
}

static Results importUnsqueeze(const Node &node, Builder &builder) {
  LIMBECK_ASSIGN(ValueId data, operand(node, 0, "data"));
  LIMBECK_ASSIGN(std::optional<Indices> axes, indicesOperandOrAttribute(node, builder, 1, "axes"));
  if (!axes)
    return error(Code::Attribute, "expected a list of integers, found no such attribute").atAttribute("axes");
  Shape shape = shapeOf(builder, data);
  LIMBECK_ASSIGN(Indices inserted, normalizeAxes(*axes, static_cast<int64_t>(shape.size() + axes->size())));
  std::sort(inserted.begin(), inserted.end());
  Indices kept = firstAxes(static_cast<int64_t>(shape.size()));
  for (int64_t axis : inserted) {
    shape.insert(shape.begin() + axis, 1);
    kept.insert(kept.begin() + axis, -1);
  }
  return single(reshapeTo(builder, data, std::move(shape), std::move(kept)));
}

static Results importTranspose(const Node &node, Builder &builder) {
  LIMBECK_ASSIGN(ValueId data, operand(node, 0, "data"));
  Indices reversed = firstAxes(rankOf(builder, data));
  std::reverse(reversed.begin(), reversed.end());
  LIMBECK_ASSIGN(Indices permutation, node.integers("perm", std::move(reversed)));
  return builder.create("transpose", {{"perm", permutation}}, {data});
}

static Results importConcat(const Node &node, Builder &builder) {
  LIMBECK_ASSIGN(std::vector<ValueId> operands, allOperands(node));
  LIMBECK_ASSIGN(int64_t given, node.integer("axis", std::nullopt));
  LIMBECK_ASSIGN(int64_t axis, normalizeAxis(given, rankOf(builder, operands[0])));
  return builder.create("concat", {{"axis", axis}}, std::move(operands));
}

/// E-SIZE unless all are at least 0.
static Status checkSizes(const Indices &sizes, std::string_view what) {
  for (int64_t size : sizes)
    if (size < 0)
      return error(Code::Size, "expected ", what, " of at least 0, found ", size);
  return {};
}

/// E-SIZE for a shape that no tensor can have.
static Status checkRepresentable(const Builder &builder, const Shape &shape) {
  if (productOf(shape, builder).ok())
    return {};
  return error(Code::Size, "expected at most ", builder.limits().elements, " elements, found shape ",
               shapeText(shape));
}

/// ONNX broadcasts both ways, the dialect exactly to the shape.
static Results importExpand(const Node &node, Builder &builder) {
  LIMBECK_ASSIGN(ValueId data, operand(node, 0, "input"));
  LIMBECK_ASSIGN(Indices wanted, partialOperand(node, builder, 1, "shape"));
  if (builder.constant(*node.operands[1]))
    LIMBECK_TRY(checkSizes(wanted, "dimensions"));
  LIMBECK_ASSIGN(Shape shape, broadcastShapes(shapeOf(builder, data), wanted));
  LIMBECK_TRY(checkRepresentable(builder, shape));
  return builder.create("expand", {{"shape", shape}}, {data});
}

static Results importTile(const Node &node, Builder &builder) {
  LIMBECK_ASSIGN(ValueId data, operand(node, 0, "input"));
  LIMBECK_ASSIGN(Indices repeats, indicesOperand(node, builder, 1, "repeats"));
  LIMBECK_TRY(checkSizes(repeats, "repeats"));
  Shape shape = shapeOf(builder, data);
  if (repeats.size() != shape.size())
    return error(Code::Size, "expected ", shape.size(), " repeats, found ", repeats.size());
  for (size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == kUnknown)
      continue;
    auto dim = checkedMultiply(shape[i], repeats[i]);
    if (!dim)
      return error(Code::Size, "expected repeats whose result fits 64 bits, found ", repeats[i]);
    shape[i] = *dim;
  }
  LIMBECK_TRY(checkRepresentable(builder, shape));
  return builder.create("tile", {{"repeats", repeats}}, {data});
}

/// A negative bound counts from the end; both are clamped to [0, rank].
static int64_t clampBound(int64_t bound, int64_t rank) {
  return std::clamp<int64_t>(bound < 0 ? bound + rank : bound, 0, rank);
}

static Results importShape(const Node &node, Builder &builder) {
  LIMBECK_ASSIGN(ValueId data, operand(node, 0, "data"));
  int64_t rank = rankOf(builder, data);
  LIMBECK_ASSIGN(int64_t start, node.integer("start", 0));
  LIMBECK_ASSIGN(int64_t end, node.integer("end", rank));
  start = clampBound(start, rank);
  return builder.create("shape", {{"start", start}, {"end", std::max(start, clampBound(end, rank))}}, {data});
}

static Results importSize(const Node &node, Builder &builder) {
  LIMBECK_ASSIGN(ValueId data, operand(node, 0, "data"));
  return builder.create("size", {}, {data});
}

static Results importConstantOfShape(const Node &node, Builder &builder) {
  LIMBECK_ASSIGN(Indices wanted, partialOperand(node, builder, 0, "input"));
  if (builder.constant(*node.operands[0]))
    LIMBECK_TRY(checkSizes(wanted, "dimensions"));
  LIMBECK_TRY(checkRepresentable(builder, wanted));
  ValueId scalar = scalarConstant(builder, DType::F32, 0);
  if (node.hasAttribute("value")) {
    LIMBECK_ASSIGN(Tensor value, node.tensor("value"));
    if (value.size() != 1)
      return error(Code::Attribute, "expected one element, found ", value.size()).atAttribute("value");
    scalar = builder.makeConstant(value.reshaped({}));
  }
  return single(filled(builder, scalar, wanted));
}

void addReshapingRules(RuleList &list) {
  list.push_back({"", "Reshape", 5, kNewest, 2, 2, 1, importReshape});
  list.push_back({"", "Flatten", 1, kNewest, 1, 1, 1, importFlatten});
  list.push_back({"", "Squeeze", 1, 12, 1, 1, 1, importSqueeze});
  list.push_back({"", "Squeeze", 13, kNewest, 1, 2, 1, importSqueeze});
  list.push_back({"", "Unsqueeze", 1, 12, 1, 1, 1, importUnsqueeze});
  list.push_back({"", "Unsqueeze", 13, kNewest, 2, 2, 1, importUnsqueeze});
  list.push_back({"", "Transpose", 1, kNewest, 1, 1, 1, importTranspose});
  list.push_back({"", "Concat", 4, kNewest, 1, -1, 1, importConcat});
  list.push_back({"", "Expand", 8, kNewest, 2, 2, 1, importExpand});
  list.push_back({"", "Tile", 6, kNewest, 2, 2, 1, importTile});
  list.push_back({"", "Shape", 1, kNewest, 1, 1, 1, importShape});
  list.push_back({"", "Size", 1, kNewest, 1, 1, 1, importSize});
  list.push_back({"", "ConstantOfShape", 9, kNewest, 1, 1, 1, importConstantOfShape});
}

} // namespace limbeck::importer
