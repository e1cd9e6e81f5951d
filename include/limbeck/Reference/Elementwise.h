// The elementwise ops of ElementwiseOps.def as functions over a scalar language: one type per op for loops
// that are specialised, and `evaluateElementwise` for callers that choose the op at run time, such as the
// compiler.
#pragma once
#include "limbeck/Reference/Algorithms/Arithmetic.h"
#include "limbeck/Reference/Algorithms/ErrorFunction.h"
#include "limbeck/Reference/Attributes.h"

namespace limbeck::reference {

/// The attributes that elementwise ops read, looked up once per op and not per element.
struct ElementwiseParameters {
  double alpha = 0, beta = 0, minimum = 0, maximum = 0;
  bool byTangent = false; ///< gelu {approximate = "tanh"}
  ElementwiseParameters() = default;
  ElementwiseParameters(const Attributes &attributes)
      : alpha(attributes.number("alpha")), beta(attributes.number("beta")), minimum(attributes.number("min")),
        maximum(attributes.number("max")), byTangent(attributes.text("approximate") == "tanh") {}
};

/// What operands and result are. All operands that are not a condition have the same type.
enum class ElementwiseForm : uint8_t {
  Unary,   ///< value -> value
  Binary,  ///< value, value -> value
  Compare, ///< value, value -> condition
  Choose,  ///< condition, value, value -> value
};
constexpr int arity(ElementwiseForm form) {
  return form == ElementwiseForm::Unary ? 1 : form == ElementwiseForm::Choose ? 3 : 2;
}
/// Accepted element types. Number: floats and integers of at least 8 bits.
enum class ElementwiseTypes : uint8_t { Float, Number, Bool, Any };
bool accepts(ElementwiseTypes types, DType type);

/// One type per op: `Op::apply(l, parameters, operands..)` is its value in a language that has the operations
/// for it.
namespace elementwise {
#define LIMBECK_ELEMENTWISE_OP(identifier, text, shape, accepted, value, ...)                                \
  struct identifier {                                                                                        \
    static constexpr std::string_view name = text;                                                           \
    static constexpr ElementwiseForm form = ElementwiseForm::shape;                                          \
    static constexpr ElementwiseTypes types = ElementwiseTypes::accepted;                                    \
    template <class L>                                                                                       \
    static auto apply(L &l, const ElementwiseParameters &p, __VA_ARGS__) -> decltype(value) {                \
      return value;                                                                                          \
    }                                                                                                        \
  };
#define LIMBECK_UNARY(identifier, name, types, value)                                                        \
  LIMBECK_ELEMENTWISE_OP(identifier, name, Unary, types, (value), typename L::Value x)
#define LIMBECK_BINARY(identifier, name, types, value)                                                       \
  LIMBECK_ELEMENTWISE_OP(identifier, name, Binary, types, (value), typename L::Value a, typename L::Value b)
#define LIMBECK_COMPARE(identifier, name, types, value)                                                      \
  LIMBECK_ELEMENTWISE_OP(identifier, name, Compare, types, (value), typename L::Value a, typename L::Value b)
#define LIMBECK_CHOOSE(identifier, name, types, value)                                                       \
  LIMBECK_ELEMENTWISE_OP(identifier, name, Choose, types, (value), typename L::Condition c,                  \
                         typename L::Value a, typename L::Value b)
#include "limbeck/Reference/ElementwiseOps.def"
#undef LIMBECK_ELEMENTWISE_OP
} // namespace elementwise

/// Calls `f.template operator()<Op>()` for every op of the table.
template <class F> void forEachElementwiseOp(F &&f) {
#define LIMBECK_UNARY(identifier, name, types, value) f.template operator()<elementwise::identifier>();
#define LIMBECK_BINARY(identifier, name, types, value) f.template operator()<elementwise::identifier>();
#define LIMBECK_COMPARE(identifier, name, types, value) f.template operator()<elementwise::identifier>();
#define LIMBECK_CHOOSE(identifier, name, types, value) f.template operator()<elementwise::identifier>();
#include "limbeck/Reference/ElementwiseOps.def"
}

/// Whether the name is that of an elementwise op.
bool isElementwise(std::string_view name);

/// The value of the op `name` in the language of its operands' type. Where a language has one type for values
/// and conditions (an MLIR builder, a bool tensor), every op is served: comparisons yield a condition, and
/// the first operand of `where` is one. Empty for a name that is not in the table, a wrong number of
/// operands, and a form that the language cannot express.
template <ScalarLanguage L>
std::optional<typename L::Value> evaluateElementwise(L &l, std::string_view name,
                                                     std::span<const typename L::Value> operands,
                                                     const ElementwiseParameters &parameters) {
  using Value = typename L::Value;
  std::optional<Value> result;
  forEachElementwiseOp([&]<class Op>() {
    if (Op::name != name || operands.size() != static_cast<size_t>(arity(Op::form)))
      return;
    constexpr bool conditions = std::same_as<Value, typename L::Condition>;
    if constexpr (Op::form == ElementwiseForm::Unary) {
      if constexpr (requires(Value v) { Op::apply(l, parameters, v); })
        result = Op::apply(l, parameters, operands[0]);
    } else if constexpr (Op::form == ElementwiseForm::Binary ||
                         (Op::form == ElementwiseForm::Compare && conditions)) {
      if constexpr (requires(Value v) { Op::apply(l, parameters, v, v); })
        result = Op::apply(l, parameters, operands[0], operands[1]);
    } else if constexpr (Op::form == ElementwiseForm::Choose && conditions) {
      result = Op::apply(l, parameters, operands[0], operands[1], operands[2]);
    }
  });
  return result;
}

} // namespace limbeck::reference
