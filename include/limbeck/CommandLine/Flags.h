// Groups of flags that several commands take.
#pragma once
#include "limbeck/Pipeline/Stages.h"
#include "limbeck/Session/SourceModel.h"
#include "limbeck/Tensor/Outputs.h"
#include <CLI/CLI.hpp>

namespace limbeck::command {

/// A check of a value: a number from `least` to `greatest`. NaN is none.
CLI::Validator between(int least, int greatest);
CLI::Validator between(double least, double greatest);
/// A check of a value: a word of a list.
CLI::Validator oneOf(std::vector<std::string> words);

/// A check of a value: a file whose name ends so. Without the ending of its format nobody would read it as what it is.
CLI::Validator endsIn(std::string ending);

/// The positional file; `kinds` is MODEL or MODEL|ARTIFACT.
void addModelArgument(CLI::App &command, session::SourceModel &model, const std::string &kinds);
/// --shape --dim --freeze --external-data-dir --trust-hardlinks
void addShapeFlags(CLI::App &command, session::SourceModel &model);
/// --precision
void addPrecisionFlag(CLI::App &command, session::SourceModel &model);
/// --input, as often as there are inputs.
void addInputFlags(CLI::App &command, std::vector<std::string> &inputs);
/// --entry
void addEntryFlag(CLI::App &command, std::string &entry);
/// --output --outputs --output-dir
void addOutputFlags(CLI::App &command, OutputTargets &targets);
/// --threads
void addThreadsFlag(CLI::App &command, int &threads);
/// --mmap
void addMapFlag(CLI::App &command, bool &mapWeights);
/// What commands say on standard error when it is given.
inline constexpr std::string_view kMappedNote =
    "--mmap: the weights are used where they lie in the file, unhashed; it must not change meanwhile";
/// A flag whose value is the name of a stage, at most `last`.
CLI::Option *addStageFlag(CLI::App &command, const std::string &flag, pipeline::Stage &stage,
                          const std::string &about, pipeline::Stage last = pipeline::Stage::Lower);

} // namespace limbeck::command
