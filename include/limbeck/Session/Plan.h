// What becomes of each node, before anything is compiled.
#pragma once
#include "limbeck/Session/SourceModel.h"

namespace limbeck::session {

/// One kernel.
struct PlannedKernel {
  std::string kind;               ///< the op it is built around, or `elementwise`
  std::vector<std::string> nodes; ///< those it stands for
  std::vector<std::string> ops;   ///< what it computes, in order
  std::string precision;          ///< types of its operands and of its result: `u8*s8 -> u8`
  std::string layout;             ///< NCHW, NHWC or nothing
};

/// A quantize or dequantize that is an op of its own to the end.
struct RemainingConversion {
  std::string op;
  std::vector<std::string> nodes;
  std::string reason;
};

/// An op that computes in float although its operands are quantized.
struct KeptFloat {
  std::vector<std::string> nodes;
  std::string reason; ///< as the pass gave it
};

struct Plan {
  std::string model;
  std::vector<PlannedKernel> kernels;
  std::vector<RemainingConversion> conversions;
  std::vector<KeptFloat> unfused;
  int64_t transposesBefore = 0, transposesAfter = 0;
};

/// Runs the stages that do not depend on the target.
Expected<Plan> plan(const SourceModel &source);

std::string planJson(const Plan &plan);
std::string planText(const Plan &plan);

} // namespace limbeck::session
