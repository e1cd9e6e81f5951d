// What the rules of several families share: axes, operands that decide shapes, scalars, casts.
#pragma once
#include "limbeck/Import/Rules.h"

namespace limbeck::importer {

using Results = Expected<std::vector<ValueId>>;
using Indices = std::vector<int64_t>;

constexpr int64_t kNewest = INT64_MAX; ///< Rule::lastOpset of what is still current
constexpr std::string_view kMicrosoft = "com.microsoft";

/// A rule's answer of one value.
Results single(Expected<ValueId> value);

/// The operand, or E-ARITY naming it when it is absent.
Expected<ValueId> operand(const Node &node, size_t index, std::string_view name);
/// All operands of a node that takes any number of them; E-ARITY when one is absent.
Results allOperands(const Node &node);

/// A flag attribute: 0 or 1, else E-ATTR-RANGE.
Expected<bool> flagAttribute(const Node &node, const std::string &name, bool fallback);
/// E-UNSUPPORTED unless the attribute is absent or has this value.
Status requireAttribute(const Node &node, const std::string &name, int64_t value);
/// A text attribute that must be one of `choices`, else `code`.
Expected<std::string> choiceAttribute(const Node &node, const std::string &name, std::string fallback,
                                      std::span<const std::string_view> choices, Code code);

/// E-UNSUPPORTED-TYPE where all operands have an integer type that ONNX allows for this op, and that only floats
/// are computed for.
Status refuseIntegers(const Node &node, const Builder &builder);

/// The element type with an ONNX number, given in attribute `name`.
Expected<DType> dtypeFromOnnx(int64_t number, const std::string &name);

/// An axis counted from the front; `code` when it is outside [-rank, rank).
Expected<int64_t> normalizeAxis(int64_t axis, int64_t rank, Code code = Code::Axis);
/// Axes counted from the front, in the given order; `code` when one is out of range or occurs twice.
Expected<Indices> normalizeAxes(std::span<const int64_t> axes, int64_t rank, Code code = Code::Axis);
/// 0, 1, .. count - 1.
Indices firstAxes(int64_t count);

/// The elements of an operand that decides a shape, kUnknown where unknown. E-UNSUPPORTED when nothing is
/// known, E-SHAPE unless it is a list or a scalar.
Expected<Indices> partialOperand(const Node &node, Builder &builder, size_t index, std::string_view name);
/// As partialOperand, every element known.
Expected<Indices> indicesOperand(const Node &node, Builder &builder, size_t index, std::string_view name);
/// The operand's value, or E-UNSUPPORTED with the way to make it known.
Expected<Tensor> constantOperand(const Node &node, Builder &builder, size_t index, std::string_view name);
/// A list that older opsets give as an attribute and newer ones as an operand; nullopt when it is in neither
/// place.
Expected<std::optional<Indices>> indicesOperandOrAttribute(const Node &node, Builder &builder, size_t index,
                                                           const std::string &name);
/// E-UNSUPPORTED for a dimension that must be known, with the way to set it.
Diagnostic unknownDimension(std::string_view what);

const Shape &shapeOf(const Builder &builder, ValueId value);
int64_t rankOf(const Builder &builder, ValueId value);
DType dtypeOf(const Builder &builder, ValueId value);

/// A rank-0 constant; the value is converted to the type (floats are rounded once).
ValueId scalarConstant(Builder &builder, DType dtype, double value);
/// The value as another type; itself when it has the type.
Expected<ValueId> castTo(Builder &builder, ValueId value, DType dtype);
/// Of a reshape. `kept`, where given, says which dimension of the operand each one is, -1 for none; it is left out where `shape` says enough.
reference::Attributes reshapeAttributes(Shape shape, Indices kept);
Expected<ValueId> reshapeTo(Builder &builder, ValueId value, Shape shape, Indices kept = {});
/// A value of one element as a scalar; `code` when it has more elements.
Expected<ValueId> asScalar(Builder &builder, ValueId value, std::string_view name, Code code);
/// A shape full of one constant, without its bytes in memory.
Expected<ValueId> filled(Builder &builder, ValueId scalar, const Shape &shape);

/// The numpy broadcast of two shapes: E-SHAPE when they do not match. Unknown against a known n > 1 is n.
Expected<Shape> broadcastShapes(const Shape &a, const Shape &b);
/// The product of a range of dimensions: kUnknown when one is, E-SIZE-OVERFLOW past the limit.
Expected<int64_t> productOf(std::span<const int64_t> shape, const Builder &builder);

} // namespace limbeck::importer
