// A float model whose roundings are chosen when it runs: the inputs and results that select-variants adds to the function.
#pragma once
#include "limbeck/Calibration/Statistics.h"
#include "limbeck/Graph/IR/Calib.h"
#include "limbeck/Graph/IR/Limbeck.h"
#include "mlir/IR/BuiltinOps.h"

namespace limbeck::quantize {

/// Input of f32[tensors x 4], a row for each of VariantSites::tensors, in the order of RoundingColumn. Then x is read as
///   applied > 0 ? roundeven(min(max(x / scale, lowest), highest)) * scale : x
/// which are the bits of quantize and dequantize with lowest and highest taken from the zero point. The scale is above 0.
inline constexpr llvm::StringLiteral kRoundingInput = "limbeck.rounding";
enum RoundingColumn { Scale, Lowest, Highest, Applied, kRoundingColumns };

/// A row that rounds as tensors of that range and storage are; not applied unless somebody says so.
std::array<float, kRoundingColumns> roundingRow(calibration::Range range, DType storage, bool symmetric);

/// Of a `calib.stat`: scale, lowest and highest of its row, where somebody else chose them.
inline constexpr llvm::StringLiteral kRowAttribute = "calib.row";
/// The method of ranges and of weights that were in the model.
inline constexpr llvm::StringLiteral kGivenMethod = "given";

/// Input of si32[contractions], a WeightVariant for each of VariantSites::contractions. None where there is no such contraction.
inline constexpr llvm::StringLiteral kWeightsInput = "limbeck.weights";
/// Channels: one scale per channel by extremes; of weights in blocks of a column, finer() blocks. LeastSquares: one per channel by
/// least squares; of blocks, the recipe's.
enum class WeightVariant : int32_t { Float, Recipe, Channels, LeastSquares };
inline constexpr int32_t kWeightVariants = 4;

/// Of a contraction whose weights somebody else rounded: weights and bias before that, dense tensors. Such a contraction has two
/// variants, Float and Recipe: these, and its own.
inline constexpr llvm::StringLiteral kExactWeightsAttribute = "calib.exact_weights",
                                     kExactBiasAttribute = "calib.exact_bias";

/// Input of si32[contractions], a RunRounding for each of VariantSites::whenRun. None where there is no such contraction.
inline constexpr llvm::StringLiteral kRunInput = "limbeck.run";
enum class RunRounding : int32_t { Float, Recipe, Rows }; ///< Rows: one scale for each row

/// Input of bool, a scalar: whether the results of kMeasuredPrefix are computed.
inline constexpr llvm::StringLiteral kMeasureInput = "limbeck.measure";

/// Results of f32[4], behind those of the model: `limbeck.measured:TENSOR` for each value that a row of the rounding is for, in
/// the order of MeasuredPart. r is x as it would be read, whether applied or not. All 0 unless asked for.
inline constexpr llvm::StringLiteral kMeasuredPrefix = "limbeck.measured:";
enum MeasuredPart {
  Signal,
  Rounded,
  Noise,
  Clipped,
  kMeasuredParts
}; ///< sums of x^2, r^2, (x - r)^2, and of |clipped part| > step / 2

/// What can be rounded, in the order of the inputs' elements.
struct VariantSites {
  llvm::SmallVector<calib::StatOp> tensors; ///< those with storage that take no other's parameters
  llvm::SmallVector<graph::AnchorOpInterface> contractions; ///< quantized ones with constant weights
  llvm::SmallVector<graph::AnchorOpInterface>
      whenRun; ///< those of them whose inputs are rounded when they run
};
/// Of a module behind insert-observers.
VariantSites variantSites(mlir::ModuleOp module);

/// Weights as a variant holds them: dequantized, with their scales, one for each channel or one for all; floats have none.
struct VariantWeights {
  Tensor values;
  std::vector<float> scales;
  std::optional<Tensor> bias = std::nullopt; ///< in place of the contraction's own
};

/// How many WeightVariants, from the first, a contraction of VariantSites has.
int32_t weightVariantsOf(graph::AnchorOpInterface contraction);
/// Whether weights have scales along the columns of a matrix: those that are stored alone, and blocks.
bool hasColumns(graph::AnchorOpInterface contraction);
/// The blocks that are tried in place of the recipe's; 0 where there are none.
int64_t finerBlock(graph::AnchorOpInterface contraction);
/// Whether one scale per row can be had in place of the recipe's.
bool mayRoundRows(graph::AnchorOpInterface contraction);
/// An input rounded as it will be when the model runs, read as floats again; `kind` is not Float.
mlir::Value roundedWhenRun(mlir::OpBuilder &builder, graph::AnchorOpInterface contraction, RunRounding kind);
/// The weights of a contraction of VariantSites that hasColumns.
Expected<VariantWeights> columnWeightsOf(graph::AnchorOpInterface contraction, const Tensor &weights,
                                         WeightVariant variant);
/// The weights of a contraction of VariantSites.
Expected<VariantWeights> weightsOf(graph::AnchorOpInterface contraction, WeightVariant variant);

} // namespace limbeck::quantize
