// Codes, exit codes and the one text form of a diagnostic.
#include "limbeck/Support/Status.h"
#include "limbeck/Support/Printable.h"

namespace limbeck {

std::string_view codeText(Code code) {
  switch (code) {
#define LIMBECK_CODE(identifier, text, exit)                                                                 \
  case Code::identifier:                                                                                     \
    return text;
#include "limbeck/Support/DiagnosticCodes.def"
  }
  return "E-INTERNAL";
}

int exitCode(Code code) {
  switch (code) {
#define LIMBECK_CODE(identifier, text, exit)                                                                 \
  case Code::identifier:                                                                                     \
    return exit;
#include "limbeck/Support/DiagnosticCodes.def"
  }
  return 1;
}

std::string Diagnostic::text() const {
  std::string out = file.empty() ? "" : printable(file) + ": ";
  out += "error: [";
  out += codeText(code);
  out += "] ";
  if (!node.empty())
    out += "node '" + printable(node) + "'" + (op.empty() ? "" : " (" + printable(op) + ")") + ": ";
  else if (!op.empty())
    out += printable(op) + ": ";
  if (!attribute.empty())
    out += "attribute '" + printable(attribute) + "': ";
  // Messages quote names too.
  constexpr size_t longest = 4000;
  out += printable(hint.empty() ? message : message + "; " + hint, longest);
  return out;
}

} // namespace limbeck
