// Limits as the user gave them, what was found with two digits behind the point.
#include "Gates.h"
#include "limbeck/Session/Accuracy.h"
#include <charconv>
#include <cstdio>

namespace limbeck::command {

std::string measuredText(double value) {
  char text[64];
  std::snprintf(text, sizeof text, "%.2f", value);
  return text;
}

Diagnostic tooNoisy(double least, double found) {
  char text[32];
  std::string limit(text, std::to_chars(text, text + sizeof text, least).ptr);
  return error(Code::Gate, "expected at least ", limit, " dB, found ", session::decibelsText(found, 2));
}

} // namespace limbeck::command
