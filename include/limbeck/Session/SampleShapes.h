// What a model leaves open about its inputs, taken from values that are at hand.
#pragma once
#include "limbeck/Session/SourceModel.h"
#include <span>
#include <string>

namespace limbeck::session {

/// Sets the shapes of inputs with unknown dimensions to those of the samples of a set, and returns a note that says so; an empty one
/// when nothing was open, as in an artifact, or several values of --dim make entries. E-SHAPE-MISSING when samples have several shapes.
Expected<std::string> takeShapesOfSamples(SourceModel &model, const std::string &dataSet);

/// The same with the values of --input, of which no note is needed. What is wrong with one is said where it is read for a run.
Status takeShapesOfInputs(SourceModel &model, std::span<const std::string> arguments);

} // namespace limbeck::session
