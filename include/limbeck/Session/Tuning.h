// What tune finds out, as a file that compile takes.
#pragma once
#include "limbeck/Support/Status.h"
#include <map>
#include <vector>

namespace limbeck::session {

/// One contraction as the tile chooser sees it; the text of Lower/KernelFacts.h.
struct TunedProblem {
  std::string problem;
  std::string own;                     ///< the tile that the cost model chose
  std::map<std::string, double> times; ///< of tiles that were measured, as a multiple of the time of `own`

  /// The fastest tile; `own` unless another one is clearly faster.
  std::string best() const;
  double timeOfBest() const;
  bool operator==(const TunedProblem &) const = default;
};

struct Tuning {
  std::string cpu; ///< name of the processor that the times are of
  int threads = 1;
  std::vector<TunedProblem> problems;

  TunedProblem *find(const std::string &problem);
  /// The best tile of every problem.
  std::map<std::string, std::string> tiles() const;
  bool operator==(const Tuning &) const = default;
};

/// Less than this multiple of the time of the cost model's choice is clearly faster.
inline constexpr double kClearlyFaster = 0.98;

std::string tuningJson(const Tuning &tuning);
/// E-PARSE for anything but a tuning file of this version, with the member that is wrong.
Expected<Tuning> parseTuning(std::string_view text, const std::string &path);

/// A tuning file and its hash, for CompileOptions.
struct TuningFile {
  Tuning tuning;
  std::string sha256;
};
Expected<TuningFile> readTuning(const std::string &path);
/// What to say of times of another processor than this one, or of other threads than runs take here; empty where there is nothing to
/// say.
std::string otherMachine(const Tuning &tuning);

} // namespace limbeck::session
