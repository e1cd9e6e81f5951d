// What becomes of each node, before anything is compiled.
#pragma once
#include "limbeck/Session/SourceModel.h"

namespace limbeck::session {

/// How one target computes a kernel.
struct PlannedCode {
  std::string family = "view"; ///< `vnni tile`, `float tile`, `loops`..; `view` where no code is needed
  std::string tile;            ///< `14x2`: rows by vectors of results in registers; several are joined by `/`
  std::vector<std::string> forms; ///< how elements are brought to the type of the result: docs/speed.md
};

/// One kernel.
struct PlannedKernel {
  std::string kind;               ///< the op it is built around, or `elementwise`
  std::vector<std::string> nodes; ///< those it stands for
  std::vector<std::string> ops;   ///< what it computes, in order
  std::string precision;          ///< types of its operands and of its result: `u8*s8 -> u8`
  std::string layout;             ///< NCHW, NHWC or nothing
  std::vector<PlannedCode> code;  ///< one for each of Plan::targets
};

/// A node of the ONNX file.
struct PlannedNode {
  std::string name, op;
  std::vector<size_t> kernels; ///< that compute it; none: it was folded into constants or into other nodes
};

/// A quantize or dequantize that is an op of its own to the end.
struct RemainingConversion {
  std::string op;
  std::vector<std::string> nodes;
  std::string reason;
};

/// What a pass left as it was.
struct PlanRemark {
  std::vector<std::string> nodes;
  std::string reason; ///< as the pass gave it
};

/// What a run needs besides the memory of its inputs and outputs.
struct PlannedMemory {
  int64_t arenaBytes = 0; ///< of temporaries
  int64_t liveBytes = 0;  ///< the most of them that live at one time
  int64_t weightBytes = 0;
};

struct Plan {
  std::string model;
  std::string precision; ///< what convolutions and matrix products of floats read
  std::vector<std::string> targets;
  std::vector<PlannedMemory> memory;    ///< one per target
  std::vector<std::string> softwareFma; ///< those of them whose fused multiply-add is computed in software
  std::vector<PlannedKernel> kernels;
  std::vector<PlannedNode> nodes; ///< in the order of the file
  std::vector<RemainingConversion> conversions;
  std::vector<PlanRemark> unfused;        ///< ops that compute in float although their operands are quantized
  std::vector<PlanRemark> copies;         ///< concats that are not written in place
  std::vector<PlanRemark> scoresInMemory; ///< softmaxes between two products that share no kernel with them
  std::vector<PlanRemark> wholeBatches; ///< kernels of all samples beside others that compute them one by one
  std::vector<PlanRemark> inF32;        ///< with another precision: the ops of f32 that it does not touch
  int64_t transposesBefore = 0, transposesAfter = 0;
};

/// Runs all stages up to Lower, for each of the targets that `target` names as cpu::parseTargets reads it.
Expected<Plan> plan(const SourceModel &source, const std::string &target);

std::string planJson(const Plan &plan);
std::string planText(const Plan &plan);

/// A plan in both forms, as it travels between processes.
struct PlanReport {
  std::string json, text;
  int64_t unfused = 0;
};

} // namespace limbeck::session
