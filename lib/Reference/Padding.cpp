// pad: first negative pads crop, then every axis is extended at both ends by a constant or by elements of its
// own.
#include "Movement.h"
#include "limbeck/Reference/Registry.h"
#include <algorithm>

namespace limbeck::reference {

namespace {

/// What remains of one axis after cropping, and how far it is extended.
struct AxisPadding {
  int64_t offset, kept; ///< elements of the operand
  int64_t before, after;
};

/// The element of 0 .. size - 1 that stands at `index`, which may lie outside; `size` is at least 1.
using PaddingSource = int64_t (*)(int64_t index, int64_t size);

struct PaddingMode {
  std::string_view name;
  PaddingSource source; ///< null: the constant
};

} // namespace

static int64_t wrappedIndex(int64_t index, int64_t size) {
  return ((index % size) + size) % size;
}

static int64_t edgeIndex(int64_t index, int64_t size) {
  return std::clamp(index, int64_t(0), size - 1);
}

/// Mirrors without repeating the outermost element, back and forth for as long as needed.
static int64_t reflectedIndex(int64_t index, int64_t size) {
  if (size == 1)
    return 0;
  int64_t period = 2 * (size - 1), place = wrappedIndex(index, period);
  return place < size ? place : period - place;
}

static constexpr PaddingMode paddingModes[] = {
    {"constant", nullptr}, {"edge", edgeIndex}, {"reflect", reflectedIndex}, {"wrap", wrappedIndex}};

static Expected<PaddingMode> paddingMode(const Attributes &attributes) {
  const std::string &text = attributes.text("mode");
  for (const PaddingMode &mode : paddingModes)
    if (mode.name == text)
      return mode;
  return error(Code::Pad, "expected the mode constant, edge, reflect or wrap, found '", text, "'")
      .atAttribute("mode");
}

static Expected<AxisPadding> axisPadding(int64_t dim, int64_t before, int64_t after,
                                         const PaddingMode &mode) {
  // Both crops are at least -dim here, so that their sum cannot overflow.
  if (before < -dim || after < -dim || std::min(before, int64_t(0)) + std::min(after, int64_t(0)) < -dim)
    return error(Code::Pad, "expected to crop at most the ", dim, " elements of an axis, found pads of ",
                 before, " and ", after)
        .atAttribute("pads");
  AxisPadding padding = {std::max(-before, int64_t(0)),
                         dim + std::min(before, int64_t(0)) + std::min(after, int64_t(0)),
                         std::max(before, int64_t(0)), std::max(after, int64_t(0))};
  if (mode.source && padding.kept == 0 && padding.before + padding.after > 0)
    return error(Code::Pad, "expected elements to repeat in mode ", mode.name, ", found an empty axis");
  return padding;
}

/// The padded shape, and the parts of every axis; `paddings` may be null.
static Expected<Shape> paddedShape(const Attributes &attributes, std::span<const int64_t> shape,
                                   std::vector<AxisPadding> *paddings) {
  LIMBECK_ASSIGN(PaddingMode mode, paddingMode(attributes));
  const std::vector<int64_t> &pads = attributes.integers("pads");
  if (pads.size() != 2 * shape.size())
    return error(Code::Pad, "expected ", 2 * shape.size(), " pads, one at each end of each axis, found ",
                 pads.size())
        .atAttribute("pads");
  Shape result;
  for (size_t i = 0; i < shape.size(); ++i) {
    int64_t before = pads[i], after = pads[shape.size() + i];
    if (std::max(before, after) > Limits().elements)
      return error(Code::Pad, "expected pads of at most ", Limits().elements, ", found ",
                   std::max(before, after))
          .atAttribute("pads");
    if (shape[i] == kUnknown) {
      result.push_back(kUnknown);
      continue;
    }
    LIMBECK_ASSIGN(AxisPadding padding, axisPadding(shape[i], before, after, mode));
    result.push_back(padding.before + padding.kept + padding.after);
    if (paddings)
      paddings->push_back(padding);
  }
  if (auto count = elementCount(result, Limits().elements); !count)
    return error(Code::Pad, "the padded tensor is too large: ", shapeText(result));
  return result;
}

static Expected<std::vector<TensorType>> inferPad(const Call &call) {
  const TensorType &operand = call.operands[0];
  if (call.hasOperand(1)) {
    const TensorType &value = call.operands[1];
    if (value.dtype != operand.dtype)
      return error(Code::DataType, "expected a pad value of type ", name(operand.dtype), ", found ",
                   name(value.dtype));
    if (!value.shape.empty())
      return error(Code::Rank, "expected a scalar as pad value, found the shape ", shapeText(value.shape));
  }
  LIMBECK_ASSIGN(Shape shape, paddedShape(call.attributes, operand.shape, nullptr));
  return oneType(operand.dtype, std::move(shape));
}

static AxisTable paddingTable(const AxisPadding &padding, const PaddingMode &mode) {
  AxisTable table;
  for (int64_t index = -padding.before; index < padding.kept + padding.after; ++index) {
    bool inside = index >= 0 && index < padding.kept;
    if (inside || mode.source)
      table.push_back(padding.offset + (inside ? index : mode.source(index, padding.kept)));
    else
      table.push_back(kOutside);
  }
  return table;
}

/// The stored value of the real 0, which is what a pad value that is not given stands for.
static Expected<Tensor> storedZero(const Tensor &operand, const TensorType &type) {
  LIMBECK_ASSIGN(Tensor zero, Tensor::zeros(operand.dtype(), {}));
  if (!type.quantization)
    return zero;
  const std::vector<int64_t> &zeroPoints = type.quantization->zeroPoints;
  if (zeroPoints.empty() ||
      std::any_of(zeroPoints.begin(), zeroPoints.end(), [&](int64_t z) { return z != zeroPoints[0]; }))
    return error(Code::Pad, "expected one zero point to pad with, found several")
        .withHint("give the stored value");
  std::memcpy(zero.mutableBytes(), &zeroPoints[0], zero.byteSize()); // little endian: the low bytes
  return zero;
}

static Expected<std::vector<Tensor>> evaluatePad(const Evaluation &evaluation) {
  const Tensor &operand = evaluation.operands[0];
  LIMBECK_ASSIGN(PaddingMode mode, paddingMode(evaluation.attributes));
  std::vector<AxisPadding> paddings;
  LIMBECK_ASSIGN(Shape shape, paddedShape(evaluation.attributes, operand.shape(), &paddings));
  LIMBECK_ASSIGN(Tensor value, storedZero(operand, evaluation.operandTypes[0]));
  if (evaluation.operands.size() > 1)
    value = evaluation.operands[1];
  if (value.dtype() != operand.dtype() || value.size() != 1)
    return error(Code::Pad, "expected a pad value stored as ", name(operand.dtype()), ", found ",
                 value.size(), " elements of ", name(value.dtype()));
  LIMBECK_ASSIGN(Tensor result, Tensor::zeros(operand.dtype(), std::move(shape)));
  if (result.size() == 0) // before the tables, because the other axes may be of any size
    return std::vector<Tensor>{result};
  std::vector<AxisTable> tables;
  for (const AxisPadding &padding : paddings)
    tables.push_back(paddingTable(padding, mode));
  gatherByTables(operand, tables, value.bytes(), result);
  return std::vector<Tensor>{result};
}

void definePadding(DefinitionList &list) {
  list.push_back({"pad", Kind::Movement, 1, 2, inferPad, evaluatePad});
}

} // namespace limbeck::reference
