// Writes a random model: inputs and constants with values, ops whose result types lib/Reference infers.
#pragma once
#include "Draw.h"
#include "limbeck/Import/Model.h"
#include <functional>

namespace limbeck::test {

using importer::ValueId;
using reference::Attributes;

/// How far results may differ between the module behind the import and the one before stage Lower.
enum class ImportComparison {
  Exact,
  OneStep, ///< `fuse-qdq` may change a quantized result of an anchor by one, seldom
  None,    ///< several anchors in a row, so that one step becomes more behind the next
};

struct Case {
  importer::Model model;
  std::vector<Tensor> inputs;
  ImportComparison comparison = ImportComparison::Exact;
  /// With OneStep: how far float results may be, as `fuse-qdq` sums integers where the import sums rounded floats.
  double slack = 0;
  /// With `--precision bf16`: how far compiled results may be from interpreted ones, as a multiple of what the same model
  /// computes from absolute values. 0: f32, bit for bit.
  double bound = 0;
  /// Samples are computed one by one wherever that is right, not where it pays.
  bool splitSamples = false;
};

/// How the operands of a float op come into being.
enum class Form {
  Plain,
  Operand, ///< dequantize_by in front of the op and quantize_by behind it, as in an imported QDQ model
  Typed,   ///< quantized types at the op itself
};

class CaseBuilder {
public:
  explicit CaseBuilder(uint64_t seed) : draw(seed) {}

  Draw draw;
  Form form = Form::Plain;
  DType expressed = DType::F32; ///< what quantized values stand for
  Case result;

  ValueId input(TensorType type, Tensor values);
  ValueId constant(TensorType type, Tensor values);
  /// An input, or sometimes a constant.
  ValueId either(TensorType type, Tensor values);
  /// One case in `chance` gets a quantized form.
  void drawForm(int64_t chance);
  /// A plain operand with drawn values.
  ValueId operand(DType dtype, const Shape &shape, bool special = true);
  /// An operand of a float op in the form of the case: plain, dequantized or quantized. `dtype` counts for plain ones.
  ValueId real(DType dtype, const Shape &shape, bool special = true);
  ValueId quantizedOperand(const TensorType &type, bool isConstant);
  /// dequantize_by of a stored tensor with constant parameters.
  ValueId dequantized(ValueId stored, const TensorType &type);
  ValueId quantizedBy(ValueId value, const TensorType &type);

  /// Adds an op with the inferred results. The overload with a type replaces that of the first result.
  std::vector<ValueId> ops(std::string_view name, Attributes attributes, std::vector<ValueId> operands);
  ValueId op(std::string_view name, Attributes attributes, std::vector<ValueId> operands);
  ValueId opWithResult(std::string_view name, Attributes attributes, std::vector<ValueId> operands,
                       TensorType type);
  /// A float op in the form of the case, with its result: quantized around `scale` if the form says so.
  ValueId realOp(std::string_view name, Attributes attributes, std::vector<ValueId> operands,
                 double scale = 0.05);
  /// An `if` over two branches, each of which adds ops and returns a value of the type of `like`.
  ValueId branch(ValueId condition, ValueId like, const std::function<ValueId()> &yes,
                 const std::function<ValueId()> &no);
  void output(ValueId value);

  const TensorType &typeOf(ValueId value) const { return result.model.values[value].type; }
  const Shape &shapeOf(ValueId value) const { return typeOf(value).shape; }
  /// 8-bit storage mostly, 16-bit sometimes.
  DType storage();
  DType floatType() {
    return draw.pick({DType::F32, DType::F32, DType::F32, DType::F64, DType::F16, DType::BF16});
  }

private:
  TensorType quantizedType(DType dtype, const Shape &shape, double scale);
  ValueId add(TensorType type, std::optional<Tensor> constant = std::nullopt);
  ValueId addOp(std::string_view name, Attributes attributes, const std::vector<ValueId> &operands,
                std::vector<TensorType> types);
  std::vector<TensorType> inferred(std::string_view name, const Attributes &attributes,
                                   const std::vector<ValueId> &operands);
  /// Scale and zero point of a type as constants.
  std::vector<ValueId> parameters(const TensorType &type);
};

/// Draws a case around one op or one chain of ops.
struct Generator {
  std::string_view name;
  std::function<void(CaseBuilder &)> draw;
};
using GeneratorList = std::vector<Generator>;

/// Each defines one family in the file of its name.
void addElementwiseGenerators(GeneratorList &list);
void addConversionGenerators(GeneratorList &list);
void addMovementGenerators(GeneratorList &list);
void addContractionGenerators(GeneratorList &list);
void addAttentionGenerators(GeneratorList &list);
void addConvolutionGenerators(GeneratorList &list);
void addPoolingGenerators(GeneratorList &list);
void addReductionGenerators(GeneratorList &list);
void addNormalizationGenerators(GeneratorList &list);
void addResizeGenerators(GeneratorList &list);
void addQuantizationGenerators(GeneratorList &list);
void addBlockGenerators(GeneratorList &list);
void addChainGenerators(GeneratorList &list);
void addWindowGenerators(GeneratorList &list);
void addReducedPrecisionGenerators(GeneratorList &list);
void addSampleGenerators(GeneratorList &list);

} // namespace limbeck::test
