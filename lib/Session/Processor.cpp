// Linux says it in a file.
#include "Processor.h"
#include <algorithm>
#include <fstream>

namespace limbeck::session {

std::string processorName() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("model name"))
      return line.substr(std::min(line.find(": ") + 2, line.size()));
  return "";
}

} // namespace limbeck::session
