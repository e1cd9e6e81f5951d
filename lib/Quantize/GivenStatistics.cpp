// The option `statistics` of passes.
#include "GivenStatistics.h"

namespace limbeck::quantize {

Status readGiven(const std::string &file, std::shared_ptr<const calibration::Statistics> &given) {
  if (file.empty())
    return {};
  LIMBECK_ASSIGN(calibration::Statistics read, calibration::readStatistics(file));
  given = std::make_shared<const calibration::Statistics>(std::move(read));
  return {};
}

} // namespace limbeck::quantize
