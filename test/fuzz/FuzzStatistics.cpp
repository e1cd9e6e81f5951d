// F4: any bytes into the reader of stats.json. What it accepts is written and read again as the same, merges with itself, and
// gives a range, or the reason why there is none, by every method.
#include "limbeck/Calibration/Document.h"
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <unistd.h>

using namespace limbeck;
using namespace limbeck::calibration;

static void require(bool condition) {
  if (!condition)
    std::abort();
}

static void useRanges(const TensorStatistics &tensor) {
  for (Method method :
       {Method::MinMax, Method::AverageMinMax, Method::Percentile, Method::Entropy, Method::SquaredError})
    for (DType storage : {DType::U8, DType::S8, DType::S16})
      for (bool symmetric : {false, true}) {
        Expected<Range> range = tensor.range(method, 99.9, storage, symmetric);
        if (range.ok())
          require(std::isfinite(range->least) && std::isfinite(range->greatest) && range->least <= 0 &&
                  range->greatest >= 0);
      }
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const std::string path =
      (std::filesystem::temp_directory_path() / message("limbeck-fuzz-statistics-", ::getpid(), ".json"))
          .string();
  // Without its name, so that no input finds matrices of another.
  Expected<Statistics> statistics =
      parseStatistics(std::as_bytes(std::span(data, size)), "nowhere/stats.json");
  if (!statistics.ok()) {
    require(statistics.diagnostic().text().find('\n') == std::string::npos);
    return 0;
  }
  for (const auto &[name, tensor] : statistics->tensors)
    useRanges(tensor);
  require(writeStatistics(path, *statistics).ok());
  Expected<Statistics> again = readStatistics(path);
  std::filesystem::remove(path);
  require(again.ok() && *again == *statistics);
  constexpr int64_t kHalfOfMost = int64_t(1) << 28;
  if (statistics->samples <= kHalfOfMost)
    require(again->merge(*statistics).ok() && again->samples == 2 * statistics->samples);
  return 0;
}
