// What a kernel is and what it has to do, as its launch carries it to whoever shows or steers speed.
#pragma once
#include "limbeck/Graph/IR/Limbeck.h"
#include <string>
#include <vector>

namespace limbeck::lower {

/// The register tile of one contraction inside a kernel.
struct TileChoice {
  std::string problem; ///< equal texts are equal problems: the key of a tuning file
  std::string tile;    ///< `14x2`: rows by vectors
  std::vector<std::string>
      candidates; ///< the others that fit, from the best estimate on; only when they were asked for
};

struct KernelFacts {
  std::string family = "loops";   ///< how it computes: `vnni tile`, `depthwise`..
  std::vector<std::string> forms; ///< how elements are brought to the type of the result, each once
  std::vector<TileChoice> tiles;
  std::string arithmetic;   ///< what is multiplied: `int8`, `f32`..; empty where there is nothing to contract
  int64_t multiplyAdds = 0; ///< products of contractions; what else is computed is not counted
  int64_t weightBytes = 0,
          activationBytes =
              0; ///< of constant operands as the graph holds them; of other operands and results
};

/// Sets arithmetic, multiplyAdds and bytes from what the region computes.
void measureRegion(graph::FusedOp region, KernelFacts &facts);

void setFacts(graph::LaunchOp launch, const KernelFacts &facts);
/// The facts that setFacts left; little where there are none.
KernelFacts factsOf(graph::LaunchOp launch);

/// Set on a module, `tile of a problem` for each entry of a dictionary: what a target uses where it fits.
inline constexpr llvm::StringLiteral kTilesAttribute = "limbeck.tiles";
/// Set on a module: tile choices list their candidates.
inline constexpr llvm::StringLiteral kListTilesAttribute = "limbeck.list_tiles";

} // namespace limbeck::lower
