// The files that a command reads: what it writes must not take their place.
#pragma once
#include "limbeck/Session/SourceModel.h"
#include <span>

namespace limbeck::command {

/// Collects their paths, for checkWritable and OutputFiles. What is not given or not there is passed over.
class InputFiles {
public:
  InputFiles &add(const std::string &path);
  /// The file, and those of --freeze.
  InputFiles &add(const session::SourceModel &model);
  /// The files of --data.
  InputFiles &addSet(const std::string &dataSet);
  /// What may be a path in each value of --input: names and paths can hold any character.
  InputFiles &addArguments(std::span<const std::string> arguments);

  const std::vector<std::string> &paths() const { return all; }

private:
  std::vector<std::string> all;
};

} // namespace limbeck::command
