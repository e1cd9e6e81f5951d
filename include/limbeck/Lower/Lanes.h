// The 16-lane reduction of docs/semantics.md in kernels: element i goes to lane i mod 16, a fixed tree joins the lanes.
//
// Two forms give the same bits. Where the reduced elements are neighbours in memory, the 16 lanes are one vector. Where they are
// not, the 16 lanes are 16 values, each of them a vector over neighbouring *results*.
#pragma once
#include "limbeck/Lower/KernelBuilder.h"

namespace limbeck::lower {

inline constexpr int64_t kReductionLanes = 16;

struct LaneReduction {
  /// Joins two accumulators of equal type.
  std::function<mlir::Value(mlir::Value, mlir::Value)> combine;
  /// The neutral element, a scalar or vector of the given type.
  std::function<mlir::Value(mlir::Type)> neutral;
};

/// Reduces `count` elements to one value of type `type` (a scalar, or a vector over results). `element(i)` gives element i.
mlir::Value reduceStrided(KernelBuilder &kernel, const LaneReduction &reduction, int64_t count,
                          mlir::Type type, llvm::function_ref<mlir::Value(mlir::Value)> element);
/// The same for neighbours in memory: `elements(i, lanes)` gives elements i.. as a vector, or one for lanes = 1. Where the order of
/// combining changes no bit, `chains` sets of lanes that do not wait for each other are joined at the end.
mlir::Value reduceContiguous(KernelBuilder &kernel, const LaneReduction &reduction, int64_t count,
                             mlir::Type scalar,
                             llvm::function_ref<mlir::Value(mlir::Value, int64_t)> elements,
                             int64_t chains = 1);

/// Reduction by addition of floats, from +0.
LaneReduction laneSum(KernelBuilder &kernel);

} // namespace limbeck::lower
