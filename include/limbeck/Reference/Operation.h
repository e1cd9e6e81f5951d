// What an op is: its name, the types it accepts, the types it yields, and the values it computes.
//
// The importer, the dialect's verifiers, constant folding and the interpreter all stand on these definitions, so that a
// shape formula or a rounding exists once. Every file in lib/Reference defines the ops of one family and registers them.
#pragma once
#include "limbeck/Reference/Attributes.h"

namespace limbeck::reference {

/// One application of an op, as far as it is known before it runs.
struct Call {
  const Attributes &attributes;
  std::span<const TensorType> operands; ///< expressed types: a quantized operand appears as its float type
  /// Operand values known at compile time, null where not known; as long as `operands`.
  std::span<const Tensor *const> constants;
  /// The same types with their quantization, for the ops that constrain it; empty where the caller knows of none.
  std::span<const TensorType> quantizedOperands = {};

  const Tensor *constant(size_t index) const { return index < constants.size() ? constants[index] : nullptr; }
  bool hasOperand(size_t index) const { return index < operands.size(); }
};

/// One application with values. `results` are the types to produce, with static shapes.
struct Evaluation {
  const Attributes &attributes;
  std::span<const TensorType> operandTypes; ///< with quantization
  std::span<const Tensor> operands;
  std::span<const TensorType> resultTypes; ///< with quantization
};

/// Result types, or the first constraint that does not hold. Unknown dimensions stay unknown; a wrong known one is an error.
using InferFunction = Expected<std::vector<TensorType>> (*)(const Call &);
/// Result values. Runs only after infer succeeded on static shapes; data-dependent faults (an index out of range) are errors.
using EvaluateFunction = Expected<std::vector<Tensor>> (*)(const Evaluation &);

/// How an op treats quantized and half-precision values. The dispatcher `evaluate` acts on it.
enum class Kind {
  /// Moves elements without looking at them: works on storage, any element type, same quantization in and out.
  Movement,
  /// Computes: f16/bf16 are widened to f32 and rounded once per result; a quantized operand is dequantized and a
  /// quantized result quantized around the float op, unless the op has its own `evaluateQuantized`.
  Compute,
  /// Sees exactly the types it is given (casts, quantize, integer contractions).
  Exact,
};

struct OpDefinition {
  std::string_view name; ///< the name in the `limbeck` dialect
  Kind kind;
  int minimumOperands, maximumOperands; ///< maximum -1: any number
  InferFunction infer;
  EvaluateFunction evaluate;
  EvaluateFunction evaluateQuantized = nullptr; ///< anchors: integer accumulation, design section 3
};

/// The definition, or null. Names are those of the dialect without its prefix.
const OpDefinition *findOp(std::string_view name);
/// All definitions in order of name.
std::vector<const OpDefinition *> allOps();

/// Checks the number of operands, then infers. Quantized operands are presented as their expressed types.
Expected<std::vector<TensorType>> infer(const OpDefinition &op, const Attributes &attributes,
                                        std::span<const TensorType> operands,
                                        std::span<const Tensor *const> constants);
/// Evaluates by the op's Kind: widening, dequantizing and quantizing around it as section 3 and 4 of the semantics say.
Expected<std::vector<Tensor>> evaluate(const OpDefinition &op, const Evaluation &evaluation);
/// The float evaluation of a Compute op with quantized and half-precision values converted around it: what
/// `evaluateQuantized` falls back to where it has no formula of its own.
Expected<std::vector<Tensor>> evaluateWidened(const OpDefinition &op, const Evaluation &evaluation);

} // namespace limbeck::reference
