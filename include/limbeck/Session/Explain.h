// What each layer of a quantized model costs in accuracy, and the cheapest way to get it back.
#pragma once
#include "limbeck/Quantize/Recipe.h"
#include "limbeck/Session/Progress.h"
#include "limbeck/Session/SourceModel.h"
#include <optional>

namespace limbeck::session {

struct ExplainOptions {
  SourceModel model;      ///< of floats
  std::string statistics; ///< a file that calibrate wrote; or, empty,
  std::string quantized;  ///< an ONNX file that another tool made of the model: then there are no repairs
  std::string dataSet;
  quantize::Recipe recipe; ///< rules behind the default ones, as quantize takes them
  int64_t samples = 32;    ///< the first ones of the set, at most
  size_t worst = 10;       ///< layers that repairs are looked for
  size_t timed = 3;        ///< repairs that are compiled, to measure what they cost and gain for good
  size_t apply = 0;        ///< repairs of the recipe that is asked for
  int threads = 0;
  double seconds = 1; ///< of measured time for each model
  bool worker = true;
};

/// How far one tensor is from what it is rounded to, in the float model.
struct TensorError {
  std::string tensor, method, storage;
  double signalToNoise = 0, cosine = 1;
  double clipped = 0; ///< share of elements that the range cuts by more than half a step
  std::optional<double>
      used; ///< share of the range that holds all but one in a thousand values; needs a histogram
};

/// The same of constant weights.
struct WeightError {
  std::string granularity, method;
  double signalToNoise = 0, cosine = 1;
};

/// A change of the recipe that takes the damage of a layer away.
struct Repair {
  std::string about; ///< `mse range`, `scales per channel`, `float`
  std::vector<quantize::Rule> rules;
  double isolated = 0; ///< as of Layer, repaired
  double gain = 0;     ///< dB that the quantized model gains by this repair alone
  double together =
      0; ///< dB of the quantized model with this and the repairs of worse layers that are not left out
  bool leftOut = false;               ///< with these it makes the model worse: no recipe has it
  std::optional<double> measuredGain; ///< dB, of the compiled model
  std::optional<double> time;         ///< of the compiled model with the repair / without, medians
};

/// Activations of 16 bits for a layer that else stays float: what both repairs gain and cost, measured.
struct WideRepair {
  double gain = 0, floatGain = 0;        ///< dB of compiled models
  std::optional<double> time, floatTime; ///< medians, as multiples of that without
};

/// All decibels are signal to noise at the outputs against the float model, the least over outputs; infinity where nothing differs.
struct LayerError {
  std::string node, operatorType;
  std::string floatNode; ///< whose weights these are, of a given quantized model
  size_t place = 0;      ///< in the order of the graph
  std::vector<TensorError> tensors;
  std::optional<WeightError> weights;
  double isolated = 0;   ///< only this layer is quantized: what it reads and its weights
  double cumulative = 0; ///< so are all before it in the graph
  std::optional<double> activationsOnly, weightsOnly,
      without; ///< parts of it; all but it; of the worst layers
  std::optional<Repair> repair;
  std::optional<WideRepair> wide; ///< where it was tried
};

/// A rule for all layers together, which no simulation of single ones can judge.
struct WholeRepair {
  std::string about; ///< `smooth`, `weights by gptq`
  quantize::Rule rule;
  double before = 0, after = 0; ///< dB of compiled models, both with what was applied before
  std::optional<double> time;   ///< with it / without, medians
  bool applied = false;         ///< a rule of the recipe
};

struct ExplainReport {
  std::string model;
  std::string quantizedModel;      ///< its file, where it was given
  std::optional<double> unrounded; ///< dB of the given model when nothing is rounded
  std::vector<LayerError> layers;  ///< the worst first
  int64_t samples = 0;
  double quantized = 0;                             ///< dB of the whole model
  std::optional<double> repaired;                   ///< with ExplainOptions::apply repairs
  std::optional<double> compiled, compiledRepaired; ///< dB of compiled int8, without them and with them
  double reached = 0;             ///< dB of what the recipe makes; compiled, where that was run
  std::vector<WholeRepair> whole; ///< what the recipe does not do already
  std::optional<WholeRepair>
      biases; ///< `correct_bias: runs`, behind the best of those; not where the recipe has it
  std::optional<double> timeMs; ///< of the compiled model, median
  quantize::Recipe recipe;      ///< the options' and the repairs' rules
  size_t repairs = 0;           ///< of the recipe
  int interrupted = 0;          ///< exit code that Ctrl-C asks for
  std::vector<std::string> notes;
};

Expected<ExplainReport> explain(const ExplainOptions &options, const Progress &progress = {});

std::string explainText(const ExplainReport &report);
/// As docs/schemas/explain.json describes it.
std::string explainJson(const ExplainReport &report);
/// One page that needs nothing else: tables and plots.
std::string explainHtml(const ExplainReport &report);
/// Node data of Model Explorer: the damage of each node.
std::string explainOverlay(const ExplainReport &report);

} // namespace limbeck::session
