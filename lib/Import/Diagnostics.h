// What is wrong with a file, gathered while the import goes on.
#pragma once
#include "limbeck/Support/Status.h"

namespace limbeck::importer {

/// How to mend that a shape, an axis or a count is computed from an input.
inline constexpr const char *kFreezeHint = "give the input with --freeze NAME=@x.npy";

/// Bounded: a file with a million faults is described well enough by the first hundred of each sort.
class Diagnostics {
public:
  explicit Diagnostics(std::string file) : file(std::move(file)) {}

  void report(Diagnostic diagnostic) {
    auto &list = exitCode(diagnostic.code) == 3 ? unsupported : malformed;
    if (list.size() < longest)
      list.push_back(std::move(diagnostic.atFile(file)));
  }
  /// As report; nothing more is worth looking at.
  void reportFatal(Diagnostic diagnostic) {
    report(std::move(diagnostic));
    fatal = true;
  }
  bool mustStop() const { return fatal || malformed.size() >= longest; }
  bool empty() const { return malformed.empty() && unsupported.empty(); }
  /// What is malformed comes before what is valid but not supported.
  std::vector<Diagnostic> take() {
    malformed.insert(malformed.end(), unsupported.begin(), unsupported.end());
    return std::move(malformed);
  }

private:
  static constexpr size_t longest = 100;
  std::string file;
  std::vector<Diagnostic> malformed, unsupported;
  bool fatal = false;
};

} // namespace limbeck::importer
