// What gates of accuracy and time say when something does not pass.
#pragma once
#include "limbeck/Support/Status.h"

namespace limbeck::command {

/// `1.53`, with the digits that a measurement has.
std::string measuredText(double value);
/// E-GATE of --min-sqnr, in dB.
Diagnostic tooNoisy(double least, double found);

} // namespace limbeck::command
