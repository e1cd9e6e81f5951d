// How many threads a process should compute with.
#pragma once
#include "limbeck/Support/Status.h"
#include <span>

namespace limbeck::runtime {

inline constexpr int kMostThreads = 1024;

/// CPUs that this thread may run on.
std::vector<int> allowedCpus();
/// Distinct cores among the CPUs, by the topology files under `root` (tests give another root); a CPU without
/// such files counts as a core.
int physicalCores(std::span<const int> cpus, const std::string &root = "");
/// The CPU quota of this process's control group (version 2 or 1) in whole CPUs, rounded down, at least 1;
/// that of the strictest group above it counts. Nothing when there is no quota.
std::optional<int> cpuQuota(const std::string &root = "");

/// LIMBECK_NUM_THREADS when it is set (E-FLAG unless a number in [1, kMostThreads]); else the physical cores
/// allowed, capped by the quota.
Expected<int> defaultThreadCount();

} // namespace limbeck::runtime
