// A model or an artifact, made ready to run on this machine.
#pragma once
#include "limbeck/Runtime/Context.h"
#include "limbeck/Session/Progress.h"
#include "limbeck/Session/SourceModel.h"
#include "limbeck/Tensor/Inputs.h"

namespace limbeck::session {

/// Whether the file begins as artifacts do; E-FILE.. when it cannot be read.
Expected<bool> isArtifact(const std::string &path);

/// E-FLAG for flags about a model, which an artifact would let go unheard.
Status expectNoModelFlags(const SourceModel &source);

/// Loads a finished artifact, as often as it is called.
using LoadExecutable = std::function<Expected<std::shared_ptr<const runtime::Model>>()>;
/// Finds an artifact, or compiles a model for this machine. E-FLAG for shapes given with an artifact, and for weights to be
/// mapped from the file of a model.
Expected<LoadExecutable> findExecutable(const SourceModel &source, bool worker, const Progress &progress,
                                        bool mapWeights);

std::vector<NamedType> typesOf(std::span<const artifact::Port> ports);
/// What the inputs of all entries have in common: a dimension in which entries differ is unknown.
std::vector<NamedType> commonInputs(const runtime::Model &model);

/// The entry of that name; E-NAME lists all.
Expected<size_t> findEntry(const runtime::Model &model, std::string_view name);
/// `N=1(x: f32[1x16]), N=3(x: f32[3x16])`.
std::string entriesText(const runtime::Model &model);

/// readInputs with every kind of file that there is.
Expected<std::vector<Tensor>> readModelInputs(std::span<const NamedType> inputs,
                                              std::span<const std::string> arguments);

} // namespace limbeck::session
