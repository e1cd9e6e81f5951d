// Where a command's words go: results to standard output, all else to standard error.
#pragma once
#include "limbeck/Session/Progress.h"
#include "limbeck/Support/Status.h"
#include <memory>
#include <span>

namespace limbeck::command {

class ProgressBar;

/// What --json prints of errors; `more` says how many there are besides.
std::string errorsDocument(std::span<const Diagnostic> diagnostics, size_t more = 0);

class Console {
public:
  Console();
  ~Console();

  bool json = false;          ///< results and errors are JSON documents
  bool quiet = false;         ///< no notes and no progress
  std::string color = "auto"; ///< or always, never

  /// Prints the result: one text or one JSON document.
  void result(std::string_view text);
  /// Says something that is no result, unless it should be quiet.
  void note(std::string_view text);
  /// Reports what is wrong and returns the exit code: what is malformed wins over what is not supported.
  /// `more` says how many are wrong besides those. Behind a result, which is one document already, it is text on standard error.
  int fail(std::span<const Diagnostic> diagnostics, size_t more = 0);
  int fail(const Diagnostic &diagnostic) { return fail(std::span(&diagnostic, 1)); }

  /// The exit code of the program: `code`, unless standard output did not take all of the results.
  int finish(int code);

  /// What shows a bar on a terminal once the work takes more than two seconds.
  session::Progress progress();

private:
  bool colored() const;
  void printResult(std::string_view text);
  bool hasResult = false;
  int outputFailure = 0; ///< errno of the first write to standard output that failed
  std::unique_ptr<ProgressBar> bar;
};

} // namespace limbeck::command
