// The state of explain, and its rounds of runs over the samples: what each layer costs, what could help it, what the chosen repairs gain.
#pragma once
#include "OutputNoise.h"
#include "TemporaryFolder.h"
#include "VariantModel.h"
#include "limbeck/Session/Compile.h"
#include "limbeck/Session/DataSet.h"
#include "limbeck/Session/Explain.h"
#include "limbeck/Support/Interrupt.h"
#include <set>

namespace limbeck::session {

struct RangeChoice;

/// What helps one layer: indices of the tables above, or float.
struct RepairChoice {
  size_t range = 0, weights = 0;
  bool keepFloat = false;
  int changes() const { return (range != 0) + (weights != 0); }
};

/// A tenth of the noise is worth what quantize has to do for it.
inline constexpr double kWorthDecibels = 0.5;

/// A recipe's model in integers, and what was measured of it.
struct CompiledRecipe {
  quantize::Recipe recipe;
  std::string file = {};
  OutputNoise noise = {};
  std::optional<double> time = {}; ///< of a run, as a multiple of that of the first
};

class Explainer {
public:
  Explainer(const ExplainOptions &options, TemporaryFolder folder, const Progress &progress)
      : options(options), recipe(options.recipe), folder(std::move(folder)), progress(progress) {}
  Expected<ExplainReport> run();

private:
  using Ask = std::vector<std::pair<Variant, OutputNoise *>>;

  Status open();
  Status buildModel();
  Status chooseSamples(std::span<const NamedType> inputs);
  size_t placeOf(const Sample &sample) const;
  Expected<std::string> statisticsFor(const quantize::Recipe &recipe);
  Status forSamples(std::string_view what, size_t runs, const std::function<Status(const Sample &)> &use);
  Status answer(std::string_view what, Ask &questions);
  Status rank();
  Status findRepairs();
  Status judgeRepairs();
  Status joinRepairs();
  Status compareWide();
  Status compileRepairs();
  Status compareGiven();
  Status scaleFirst();
  Status repairWhole();
  std::vector<WholeRepair> scalingCandidates() const;
  std::vector<WholeRepair> gramCandidates() const;
  Status tryWhole(std::string_view what, std::vector<WholeRepair> &repairs);
  Status runCompiled(std::string_view what, std::span<CompiledRecipe> models);
  Expected<double> timeCompiled(std::span<CompiledRecipe> models);
  static bool correctsBiases(const quantize::Recipe &recipe);
  Expected<std::string> withBiasErrors(const quantize::Recipe &recipe);
  bool isGiven() const { return !options.quantized.empty(); }
  const calibration::TensorStatistics *statisticsOf(const RoundedTensor &tensor) const;
  std::vector<std::optional<calibration::Range>> rangesOf(const RoundedLayer &layer,
                                                          const RangeChoice &choice) const;
  bool applyRange(Variant &variant, const RoundedLayer &layer, const RangeChoice &choice) const;
  void applyRepair(Variant &variant, const RoundedLayer &layer, const RepairChoice &choice,
                   const std::vector<bool> &stored) const;
  Expected<std::vector<bool>> storedBeside(std::span<const size_t> places) const;
  std::vector<quantize::Rule> rulesOf(const RoundedLayer &layer, const RepairChoice &choice) const;
  bool hasRules(const RoundedLayer &layer, const RepairChoice &choice) const;
  std::string about(const RoundedLayer &layer, const RepairChoice &choice) const;
  Expected<std::string> compiled(const quantize::Recipe *recipe);
  Expected<std::string> compiled(const std::string &name, const CompileOptions &what);
  std::vector<const Repair *> repairs(size_t most) const;
  quantize::Recipe recipeWith(std::span<const quantize::Rule> rules) const;
  std::optional<RepairChoice> wideChoice(const RoundedLayer &layer, std::span<const double> weights,
                                         double range, double enough) const;
  size_t worst() const { return std::min(options.worst, order.size()); }

  const ExplainOptions &options;
  quantize::Recipe
      recipe; ///< that layers are judged by: the options', and what scales all of them where that is applied
  TemporaryFolder folder;
  const Progress &progress;
  SourceModel source; ///< with the samples' shapes
  std::optional<DataSet> data;
  std::set<int64_t> chosen; ///< indices of samples
  std::shared_ptr<const calibration::Statistics> statistics;
  /// Files of statistics, by the rules that factors were moved by and what Gram matrices are of.
  std::map<std::string, std::string> collected;
  std::unique_ptr<VariantModel> model;
  std::vector<size_t> order;                     ///< of layers, the worst first
  std::vector<RepairChoice> choices;             ///< per place in `order`
  std::vector<std::optional<RepairChoice>> wide; ///< 16 bits in place of float, per place
  std::map<std::string, std::string> corrected;  ///< files with errors of biases, by recipe
  std::map<std::string, std::string> artifacts;  ///< by recipe; `float`
  CatchInterrupt interrupt;
  ExplainReport report;
};

} // namespace limbeck::session
