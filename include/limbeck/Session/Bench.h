// How long a model takes, beside others in the same run.
#pragma once
#include "limbeck/Session/Layers.h"
#include "limbeck/Session/Progress.h"
#include "limbeck/Session/SourceModel.h"
#include "limbeck/Tensor/Inputs.h"

namespace limbeck::session {

struct BenchOptions {
  SourceModel model;                  ///< an ONNX file, or an artifact
  std::vector<std::string> baselines; ///< the same of what to compare with
  std::vector<std::string> inputs;    ///< as readInputs takes them; random values when there are none
  std::string entry;                  ///< name of the one to measure; empty: by inputs, or the first
  int threads = 0;                    ///< 0: as the runtime chooses
  int streams = 1;                    ///< runs side by side
  double warmupSeconds = 0.5;         ///< at least kLeastWarmupRuns runs in any case
  double seconds = 2;                 ///< of measured time for each
  bool perLayer = false;
  bool mapWeights = false; ///< of the first artifact, as runtime::LoadOptions::mapWeights
  bool worker = true;      ///< compile in a process of its own
};

inline constexpr int kLeastWarmupRuns = 10;

/// The runs of one of the turns in which models are measured side by side.
struct Block {
  size_t turn = 0;
  double p50Ms = 0;
};

struct Measurement {
  std::string name, sourceSha256, entry, target;
  std::string precision; ///< int8 where integers are computed with, else the type of floats
  int threads = 0, streams = 0;
  size_t runs = 0;
  double warmupSeconds = 0;
  double loadMs = 0; ///< best of three loads of the artifact, hashes included
  double minMs = 0, meanMs = 0, p50Ms = 0, p90Ms = 0, p99Ms = 0, throughput = 0;
  std::vector<Block> blocks; ///< in the order of turns; a long run takes several
  std::vector<NamedType> inputs;
  std::optional<LayerReport> layers; ///< when they were asked for
};

struct BenchReport {
  Measurement model;
  std::vector<Measurement> baselines;
  std::string cpu; ///< name of the processor
};

/// Whether both have the same names, element types and shapes.
bool sameTypes(std::span<const NamedType> a, std::span<const NamedType> b);

Expected<BenchReport> bench(const BenchOptions &options, const Progress &progress = {});

/// As docs/contract.md describes it.
std::string benchJson(const BenchReport &report);
/// Four digits at least, in thousandths at most: a small model takes less than a microsecond.
std::string milliseconds(double value);
std::string benchText(const BenchReport &report);
/// The layers as a trace of Chrome's format, which Perfetto reads: a process per model, a track per worker, a slice per kernel.
std::string benchTrace(const BenchReport &report);

} // namespace limbeck::session
