// A path too many does no harm here: only what is the same file as an output is refused.
#include "InputFiles.h"
#include "limbeck/Session/DataSet.h"

namespace limbeck::command {

InputFiles &InputFiles::add(const std::string &path) {
  if (!path.empty())
    all.push_back(path);
  return *this;
}

InputFiles &InputFiles::add(const session::SourceModel &model) {
  add(model.path);
  for (const auto &[name, path] : model.frozen)
    add(path);
  return *this;
}

InputFiles &InputFiles::addSet(const std::string &dataSet) {
  if (dataSet.empty())
    return *this;
  add(dataSet);
  // What is wrong with the set is said where it is read.
  if (auto files = session::filesOfDataSet(dataSet); files.ok())
    all.insert(all.end(), files->begin(), files->end());
  return *this;
}

InputFiles &InputFiles::addArguments(std::span<const std::string> arguments) {
  for (const std::string &argument : arguments)
    for (size_t at = argument.find('@'); at != std::string::npos; at = argument.find('@', at + 1)) {
      std::string path = argument.substr(at + 1);
      add(path);
      // `path:f32:1x3`
      for (int field = 0; field < 2; ++field)
        path.resize(std::min(path.rfind(':'), path.size()));
      add(path);
    }
  return *this;
}

} // namespace limbeck::command
