// The tile of a kernel's contraction: what a tuning file says about the problem, else what the cost model chooses.
#pragma once
#include "Schedule.h"
#include "limbeck/Lower/KernelBuilder.h"

namespace limbeck::cpu {

/// The tile that the module (lower::kTilesAttribute) names for this problem, if it is one of the candidates, else the cheapest.
/// Notes the choice among the facts of the kernel, whose family is set.
Tile tileFor(lower::KernelBuilder &kernel, const ContractionExtent &extent, const Isa &isa, int64_t lanes,
             const StepCost &step);
/// The same among candidates by their names, of which the first is the cost model's: the number of the one to take.
size_t choiceFor(lower::KernelBuilder &kernel, const ContractionExtent &extent, const Isa &isa,
                 llvm::ArrayRef<std::string> candidates);
/// Notes a tile that is not up for choice.
void noteTile(lower::KernelBuilder &kernel, const ContractionExtent &extent, const Isa &isa,
              const Tile &tile);

} // namespace limbeck::cpu
