// Compiles in a process of its own, so that a crash or a hang of the compiler becomes one diagnostic.
#pragma once
#include "limbeck/Session/Compile.h"
#include "limbeck/Session/Plan.h"

namespace limbeck::session {

/// The hidden command under which the program starts itself as a worker.
inline constexpr const char *kWorkerCommand = "worker";

struct WorkerLimits {
  uint64_t memoryBytes = uint64_t(16) << 30; ///< of address space, and of any file that is written
  uint64_t seconds = 3600; ///< by the clock on the wall; of processor time four times as many
  bool byFlags = false;    ///< whether the command has --time-limit and --memory-limit
};

/// The same as `compile`, in a child that runs this program again. E-LIMIT-TIME and E-LIMIT-MEM when a limit ended it, E-INTERNAL
/// when it died otherwise, with the kernel that it was compiling. However it ends, none of its temporary files stays.
Expected<std::vector<std::byte>> compileInWorker(const CompileOptions &options,
                                                 const WorkerLimits &limits = {},
                                                 const Progress &progress = {});

/// `plan`, in such a child or in this process.
Expected<PlanReport> planReport(const SourceModel &source, const std::string &target, bool worker = true,
                                const WorkerLimits &limits = {});

/// What the child runs: the request comes from standard input, progress goes to standard output, the result to a file that
/// it inherited. Returns the exit code.
int runWorker();

} // namespace limbeck::session
