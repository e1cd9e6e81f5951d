// How little work a worker is woken for. The rates are those of a core of a server of 2023, and err to the slow side, so that what is
// shared takes long enough; measured with `bench --per-layer` at one thread and at two.
#include "Codegen.h"
#include <algorithm>

namespace limbeck::cpu {

/// Estimated nanoseconds of one worker: products at about the rate that kernels reach, and elements that are loaded, converted,
/// rounded and stored, which are fewer at a time where there is more to do than behind a product.
double nanosecondsOf(const lower::KernelFacts &facts, int64_t elements) {
  constexpr double kWeightBytes = 30; // a nanosecond, out of the third cache
  if (facts.multiplyAdds == 0)
    return static_cast<double>(elements) / 6;
  double products = facts.family == "depthwise" || facts.arithmetic != "int8" ? 50 : 200;
  if (facts.arithmetic == "bf16")
    products = 100;
  return static_cast<double>(facts.multiplyAdds) / products +
         static_cast<double>(facts.weightBytes) / kWeightBytes + static_cast<double>(elements) / 20;
}

int32_t usefulWorkers(double nanoseconds, int32_t most) {
  // Nanoseconds; a call of two workers that do nothing takes 700 on an idle machine. Of 1,500, 3,000 and 7,000, the least gives the
  // smallest model at hand (PP-OCR angle, 2 threads) 0.18, 0.19 and 0.23 ms; it takes 0.235 at one thread.
  constexpr double kLeastShare = 1500;
  return static_cast<int32_t>(std::clamp(nanoseconds / kLeastShare, 1.0, static_cast<double>(most)));
}

} // namespace limbeck::cpu
