// One compiled artifact of a float model that rounds what it is told to, and what it can be told.
#pragma once
#include "limbeck/Calibration/Document.h"
#include "limbeck/Import/Importer.h"
#include "limbeck/Quantize/Recipe.h"
#include "limbeck/Quantize/Variants.h"
#include "limbeck/Runtime/Context.h"
#include "limbeck/Session/Progress.h"
#include "limbeck/Session/SourceModel.h"
#include "limbeck/Tensor/Inputs.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include <array>

namespace limbeck::session {

class Compiler;

/// The statistic of the tensor whose elements a value has, moved or not; nothing where it is not observed.
std::optional<std::string> observedAs(mlir::Value value);

/// A tensor that is stored in integers.
struct RoundedTensor {
  std::string name; ///< of its statistics
  std::vector<std::string>
      names; ///< in the source, of those that share its parameters; empty where one has no name
  std::string method;
  DType storage = DType::U8;
  bool symmetric = false;
  calibration::Range range;
  std::optional<std::array<float, 3>> given; ///< scale, lowest and highest, where somebody else chose them

  /// As of quantize::kRoundingInput; not applied.
  std::array<float, quantize::kRoundingColumns> row() const;
};

/// Constant weights that are stored in integers.
struct RoundedWeights {
  std::string granularity, method;
  int64_t finerBlock = 0;  ///< of weights in columns: blocks that a repair may take
  bool hasColumns = false; ///< see quantize::hasColumns
  /// Of the dequantized weights against those of float, per quantize::WeightVariant.
  std::array<double, quantize::kWeightVariants> signalToNoise{};
  double cosine = 1; ///< as the recipe rounds
};

/// A contraction, or another op whose result is stored and read by no contraction.
struct RoundedLayer {
  std::string node, operatorType;
  /// Of VariantModel::tensors: what it reads, and its result where no contraction reads that.
  std::vector<size_t> tensors;
  std::optional<size_t> weights; ///< of VariantModel::weights
  std::optional<size_t> run;     ///< of Variant::run: its input is rounded when the model runs
  bool mayRoundRows = false;     ///< by one scale per row, in place of one for all
};

/// Which roundings a run applies.
struct Variant {
  std::vector<std::array<float, quantize::kRoundingColumns>> rounding; ///< per tensor
  std::vector<quantize::WeightVariant> weights;
  std::vector<quantize::RunRounding> run;

  void apply(const RoundedLayer &layer, bool applied = true);
};

struct VariantOptions {
  SourceModel model;
  SourceModel
      quantized;      ///< by another tool, with a path: then there is no recipe, and there are no statistics
  std::string recipe; ///< rules behind the default ones, as YAML
  std::shared_ptr<const calibration::Statistics> statistics;
  int threads = 0;
  bool worker = true;
};

/// What one measured tensor was like: see quantize::MeasuredPart.
struct MeasuredTensor {
  std::string name;
  std::array<double, quantize::kMeasuredParts> sums{};
  int64_t elements = 0;
};

class VariantModel {
public:
  /// The shapes of all inputs are known. Errors of import and compilation; E-CALIB where statistics are missing.
  static Expected<std::unique_ptr<VariantModel>> create(const VariantOptions &options,
                                                        const Progress &progress);

  std::vector<RoundedTensor> tensors;
  std::vector<RoundedWeights> weights;
  std::vector<RoundedLayer> layers; ///< in the order of the graph
  std::vector<std::string> outputs;
  std::map<std::string, std::string> floatNodes; ///< of the float model, by those of a given quantized one
  std::vector<std::string> notes;

  /// Which of `tensors` are stored in integers under a recipe: what a float layer reads may be needed
  /// so by others, and what only it made may not.
  Expected<std::vector<bool>> storedWith(const quantize::Recipe &recipe) const;

  /// Nothing is rounded, or all as the recipe says.
  Variant variant(bool applied) const;
  /// The model's own outputs.
  Expected<std::vector<Tensor>> run(std::span<const Tensor> inputs, const Variant &variant);
  /// Adds to `measured` how far each tensor of the float model is from what it would be rounded to; one entry per place.
  Status measure(std::span<const Tensor> inputs, std::vector<MeasuredTensor> &measured);

private:
  Status read(mlir::ModuleOp module);
  Expected<mlir::OwningOpRef<mlir::ModuleOp>> moduleOf(Compiler &compiler, const VariantOptions &options);
  Expected<std::vector<Tensor>> call(std::span<const Tensor> inputs, const Variant &variant, bool measured);

  std::shared_ptr<const calibration::Statistics> statistics;
  size_t whenRun = 0; ///< layers whose inputs are rounded when the model runs
  importer::Model imported;
  std::string precision;
  std::unique_ptr<runtime::Context> context;
  std::vector<std::pair<std::string, int64_t>> measuredTensors; ///< behind the outputs: name and elements
};

} // namespace limbeck::session
