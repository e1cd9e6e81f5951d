// The words are made beforehand: a signal handler can only write them.
#include "Interruption.h"
#include "limbeck/Support/Interrupt.h"
#include <unistd.h>

namespace limbeck::command {

static Diagnostic interruption(std::string_view what) {
  return error(Code::Run, "interrupted: ", what);
}

void announceInterruption(const Console &console, std::string_view what, std::string_view finished) {
  Diagnostic diagnostic = interruption(what);
  if (console.json)
    // Behind what is written stands its own document.
    return sayWhenInterrupted(STDOUT_FILENO, errorsDocument(std::span(&diagnostic, 1)) + "\n");
  const char *overTheBar = ::isatty(STDERR_FILENO) ? "\r\033[K" : "";
  sayWhenInterrupted(STDERR_FILENO, message(overTheBar, diagnostic.message, "\n"),
                     message(overTheBar, interruption(finished).message, "\n"));
}

int interruptedWithNothing(int code, Console &console) {
  Diagnostic diagnostic = interruption(kNothingWritten);
  if (console.json)
    console.fail(diagnostic);
  else
    console.note(diagnostic.message);
  return code;
}

} // namespace limbeck::command
