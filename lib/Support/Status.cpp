// Codes, exit codes and the one text form of a diagnostic.
#include "limbeck/Support/Status.h"

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

/// Names come from untrusted files: control characters must not reach a terminal, and length is bounded.
static std::string printable(const std::string &text) {
  constexpr size_t longest = 200;
  std::string out;
  for (unsigned char c : text.substr(0, longest)) {
    if (c >= 0x20 && c != 0x7f) {
      out += static_cast<char>(c);
      continue;
    }
    constexpr char digits[] = "0123456789abcdef";
    out += {'\\', 'x', digits[c >> 4], digits[c & 15]};
  }
  return text.size() > longest ? out + "..." : out;
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
  for (unsigned char c : hint.empty() ? message : message + "; " + hint)
    out += c < 0x20 || c == 0x7f ? '?' : static_cast<char>(c);
  return out;
}

} // namespace limbeck
