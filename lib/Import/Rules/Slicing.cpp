// Slice and Split, both as slices of full rank.
#include "Helpers.h"
#include <algorithm>
#include <limits>
#include <utility>

namespace limbeck::importer {

namespace {
/// The bounds of a slice, one of each per dimension; a fresh one keeps everything.
struct SliceBounds {
  Indices starts, ends, steps;
  explicit SliceBounds(int64_t rank)
      : starts(rank, 0), ends(rank, std::numeric_limits<int64_t>::max()), steps(rank, 1) {}
  reference::Attributes attributes() const { return {{"starts", starts}, {"ends", ends}, {"steps", steps}}; }
};
} // namespace

/// A list that must be as long as `count`.
static Status checkSliceList(const Indices &list, size_t count, std::string_view name) {
  if (list.size() == count)
    return {};
  return error(Code::Slice, "expected ", count, " ", name, ", found ", list.size());
}

static Expected<SliceBounds> sliceBounds(int64_t rank, const Indices &starts, const Indices &ends,
                                         const std::optional<Indices> &givenAxes,
                                         const std::optional<Indices> &givenSteps) {
  size_t count = starts.size();
  LIMBECK_TRY(checkSliceList(ends, count, "ends"));
  Indices axes = givenAxes ? *givenAxes : firstAxes(static_cast<int64_t>(count));
  LIMBECK_TRY(checkSliceList(axes, count, "axes"));
  Indices steps = givenSteps ? *givenSteps : Indices(count, 1);
  LIMBECK_TRY(checkSliceList(steps, count, "steps"));
  LIMBECK_ASSIGN(axes, normalizeAxes(axes, rank, Code::Slice));
  SliceBounds bounds(rank);
  for (size_t i = 0; i < count; ++i) {
    if (steps[i] == 0)
      return error(Code::Slice, "expected steps other than 0, found 0 for axis ", axes[i]);
    bounds.starts[axes[i]] = starts[i];
    bounds.ends[axes[i]] = ends[i];
    bounds.steps[axes[i]] = steps[i];
  }
  return bounds;
}

/// Bounds as attributes, until opset 9.
static Results importSliceAttributes(const Node &node, Builder &builder) {
  LIMBECK_ASSIGN(ValueId data, operand(node, 0, "data"));
  LIMBECK_ASSIGN(Indices starts, node.integers("starts", std::nullopt));
  LIMBECK_ASSIGN(Indices ends, node.integers("ends", std::nullopt));
  LIMBECK_ASSIGN(std::optional<Indices> axes, indicesOperandOrAttribute(node, builder, 1, "axes"));
  LIMBECK_ASSIGN(SliceBounds bounds, sliceBounds(rankOf(builder, data), starts, ends, axes, std::nullopt));
  return builder.create("slice", bounds.attributes(), {data});
}

namespace {
/// An axis that is cut at a dimension of some tensor whose size is not known yet, as positions are at the length of a text.
struct OpenEnd {
  size_t element; ///< of the list of ends
  int64_t axis, start;
};
} // namespace

/// A size as a scalar.
static Expected<ValueId> elementOf(Builder &builder, ValueId list, size_t index) {
  ValueId position = scalarConstant(builder, DType::S64, static_cast<double>(index));
  LIMBECK_ASSIGN(ValueId element, builder.createOne("gather", {{"axis", int64_t(0)}}, {list, position}));
  return castTo(builder, element, DType::S64);
}

/// The slices from the start to the open end, or to that of the data where it comes first.
static Expected<ValueId> cutAt(Builder &builder, ValueId data, ValueId ends, const OpenEnd &open) {
  int64_t rank = rankOf(builder, data);
  LIMBECK_ASSIGN(ValueId end, elementOf(builder, ends, open.element));
  LIMBECK_ASSIGN(ValueId shape, builder.createOne("shape", {{"start", int64_t(0)}, {"end", rank}}, {data}));
  LIMBECK_ASSIGN(ValueId size, elementOf(builder, shape, static_cast<size_t>(open.axis)));
  LIMBECK_ASSIGN(end, builder.createOne("min", {}, {end, size}));
  ValueId start = builder.makeConstant(Tensor::scalar<int64_t>(DType::S64, open.start));
  ValueId one = builder.makeConstant(Tensor::scalar<int64_t>(DType::S64, 1));
  LIMBECK_ASSIGN(ValueId positions, builder.createOne("range", {}, {start, end, one}));
  return builder.createOne("gather", {{"axis", open.axis}}, {data, positions});
}

/// The ends, those that are open as the largest number; an error for one that is computed in another way.
static Expected<Indices> endsOf(const Node &node, Builder &builder, std::vector<size_t> &open) {
  LIMBECK_ASSIGN(Indices ends, partialOperand(node, builder, 2, "ends"));
  std::vector<std::optional<Dimension>> behind = builder.dimensionsBehind(*node.operands[2]);
  for (size_t i = 0; i < behind.size() && i < ends.size(); ++i) {
    if (ends[i] != kUnknown || !behind[i])
      continue;
    ends[i] = std::numeric_limits<int64_t>::max();
    open.push_back(i);
  }
  if (open.empty() || std::find(ends.begin(), ends.end(), kUnknown) != ends.end())
    return indicesOperand(node, builder, 2, "ends");
  return ends;
}

static Results importSlice(const Node &node, Builder &builder) {
  LIMBECK_ASSIGN(ValueId data, operand(node, 0, "data"));
  LIMBECK_ASSIGN(Indices starts, indicesOperand(node, builder, 1, "starts"));
  std::vector<size_t> open;
  LIMBECK_ASSIGN(Indices ends, endsOf(node, builder, open));
  LIMBECK_ASSIGN(std::optional<Indices> axes, indicesOperandOrAttribute(node, builder, 3, "axes"));
  LIMBECK_ASSIGN(std::optional<Indices> steps, indicesOperandOrAttribute(node, builder, 4, "steps"));
  int64_t rank = rankOf(builder, data);
  LIMBECK_ASSIGN(SliceBounds bounds, sliceBounds(rank, starts, ends, axes, steps));
  std::vector<OpenEnd> cuts;
  for (size_t element : open) {
    int64_t axis = axes ? (*axes)[element] : static_cast<int64_t>(element);
    axis += axis < 0 ? rank : 0;
    if (bounds.starts[axis] < 0 || bounds.steps[axis] != 1) // counted from an end that is not known
      LIMBECK_TRY(indicesOperand(node, builder, 2, "ends").status());
    cuts.push_back({element, axis, std::exchange(bounds.starts[axis], 0)});
  }
  if (cuts.size() < ends.size() || cuts.empty()) {
    LIMBECK_ASSIGN(data, builder.createOne("slice", bounds.attributes(), {data}));
  }
  for (const OpenEnd &cut : cuts) {
    LIMBECK_ASSIGN(data, cutAt(builder, data, *node.operands[2], cut));
  }
  return single(data);
}

/// Sizes of equal parts. Only since opset 18 may the last one be shorter.
static Expected<Indices> equalParts(int64_t dim, int64_t count, bool lastMayBeShorter) {
  if (dim == kUnknown)
    return unknownDimension("the size of the parts");
  int64_t size = ceilDivide(dim, count);
  int64_t last = dim - size * (count - 1);
  if (last < 0 || (last != size && !lastMayBeShorter))
    return error(Code::Split, "expected a dimension that ", count, " parts divide, found ", dim);
  Indices sizes(static_cast<size_t>(count), size);
  sizes.back() = last;
  return sizes;
}

/// E-SPLIT unless there is one size per output and they fill the dimension.
static Status checkParts(const Indices &sizes, size_t outputs, int64_t dim) {
  if (sizes.size() != outputs)
    return error(Code::Split, "expected ", outputs, " sizes, one per output, found ", sizes.size());
  int64_t sum = 0;
  for (int64_t size : sizes) {
    auto next = size < 0 ? std::nullopt : checkedAdd(sum, size);
    if (!next)
      return error(Code::Split, "expected sizes of at least 0 whose sum fits 64 bits, found ", size);
    sum = *next;
  }
  if (dim != kUnknown && sum != dim)
    return error(Code::Split, "expected sizes that add up to ", dim, ", found ", sum);
  return {};
}

static Expected<Indices> partSizes(const Node &node, Builder &builder, int64_t dim) {
  LIMBECK_ASSIGN(std::optional<Indices> sizes, indicesOperandOrAttribute(node, builder, 1, "split"));
  int64_t outputs = static_cast<int64_t>(node.outputs.size());
  LIMBECK_ASSIGN(int64_t count, node.integer("num_outputs", outputs));
  if (count != outputs || count == 0)
    return error(Code::Split, "expected as many as the ", outputs, " outputs, found ", count)
        .atAttribute("num_outputs");
  if (sizes && node.hasAttribute("num_outputs"))
    return error(Code::Split, "expected either 'split' or num_outputs, found both")
        .atAttribute("num_outputs");
  if (!sizes) {
    LIMBECK_ASSIGN(sizes, equalParts(dim, count, node.opset >= 18));
  }
  LIMBECK_TRY(checkParts(*sizes, node.outputs.size(), dim));
  return *sizes;
}

static Results importSplit(const Node &node, Builder &builder) {
  LIMBECK_ASSIGN(ValueId data, operand(node, 0, "input"));
  int64_t rank = rankOf(builder, data);
  LIMBECK_ASSIGN(int64_t given, node.integer("axis", 0));
  LIMBECK_ASSIGN(int64_t axis, normalizeAxis(given, rank, Code::Split));
  LIMBECK_ASSIGN(Indices sizes, partSizes(node, builder, shapeOf(builder, data)[axis]));
  std::vector<ValueId> parts;
  int64_t start = 0;
  for (int64_t size : sizes) {
    SliceBounds bounds(rank);
    bounds.starts[axis] = start;
    bounds.ends[axis] = start += size;
    LIMBECK_ASSIGN(ValueId part, builder.createOne("slice", bounds.attributes(), {data}));
    parts.push_back(part);
  }
  return parts;
}

void addSlicingRules(RuleList &list) {
  list.push_back({"", "Slice", 1, 9, 1, 1, 1, importSliceAttributes});
  list.push_back({"", "Slice", 10, kNewest, 3, 5, 1, importSlice});
  list.push_back({"", "Split", 2, 12, 1, 1, -1, importSplit});
  list.push_back({"", "Split", 13, kNewest, 1, 2, -1, importSplit});
}

} // namespace limbeck::importer
