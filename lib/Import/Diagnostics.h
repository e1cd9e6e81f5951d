// What is wrong with a file, gathered while the import goes on.
#pragma once
#include "limbeck/Support/Status.h"

namespace limbeck::importer {

/// How to mend that a shape, an axis or a count is computed from an input.
inline constexpr const char *kFreezeHint = "give the input with --freeze NAME=@x.npy";

/// Bounded: of a file with a million faults the first hundred of each sort are listed, and the rest is counted.
class Diagnostics {
public:
  explicit Diagnostics(std::string file) : file(std::move(file)) {}

  void report(Diagnostic diagnostic) {
    auto &list = exitCode(diagnostic.code) == 3 ? unsupported : malformed;
    if (list.size() < kListed)
      list.push_back(std::move(diagnostic.file.empty() ? diagnostic.atFile(file) : diagnostic));
    else
      ++dropped;
  }
  /// As report; nothing more is worth looking at.
  void reportFatal(Diagnostic diagnostic) {
    report(std::move(diagnostic));
    fatal = true;
  }
  bool mustStop() const { return fatal || dropped >= kCounted; }
  bool empty() const { return malformed.empty() && unsupported.empty(); }
  size_t notListed() const { return dropped; }
  /// What is malformed comes before what is valid but not supported.
  std::vector<Diagnostic> take() {
    malformed.insert(malformed.end(), unsupported.begin(), unsupported.end());
    return std::move(malformed);
  }

private:
  static constexpr size_t kListed = 100, kCounted = 100'000;
  std::string file;
  size_t dropped = 0;
  std::vector<Diagnostic> malformed, unsupported;
  bool fatal = false;
};

} // namespace limbeck::importer
