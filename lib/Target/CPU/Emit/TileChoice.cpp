// The text of a problem is the key of tuning files: changing it makes them useless.
#include "TileChoice.h"
#include "mlir/IR/BuiltinOps.h"

namespace limbeck::cpu {

using namespace mlir;

static std::string textOf(const Tile &tile) {
  return message(tile.height, "x", tile.vectors);
}

/// All that the speed of a tile depends on. How long the epilogue is belongs to it: small tiles shorten it.
static std::string textOf(lower::KernelBuilder &kernel, const ContractionExtent &extent, const Isa &isa) {
  std::string type(name(kernel.typeOf(kernel.core()->getOperand(0)).dtype));
  return message(isa.name, ", ", kernel.facts().family, ", ", type, ", rows ", extent.rows, ", width ",
                 extent.width, ", columns ", extent.columns, ", depth ", extent.depth, ", pixels ",
                 extent.pixelBytes, " bytes apart", kernel.hasLongEpilogue() ? ", staged" : "");
}

static void note(lower::KernelBuilder &kernel, lower::TileChoice choice) {
  auto isSame = [&](const lower::TileChoice &known) { return known.problem == choice.problem; };
  if (!llvm::any_of(kernel.facts().tiles, isSame))
    kernel.facts().tiles.push_back(std::move(choice));
}

size_t choiceFor(lower::KernelBuilder &kernel, const ContractionExtent &extent, const Isa &isa,
                 ArrayRef<std::string> candidates) {
  auto module = kernel.region()->getParentOfType<ModuleOp>();
  lower::TileChoice choice{textOf(kernel, extent, isa), "", {}};
  size_t chosen = 0;
  if (auto tiles = module->getAttrOfType<DictionaryAttr>(lower::kTilesAttribute))
    if (auto wanted = tiles.getAs<StringAttr>(choice.problem))
      if (auto found = llvm::find(candidates, wanted.getValue()); found != candidates.end())
        chosen = static_cast<size_t>(found - candidates.begin());
  choice.tile = candidates[chosen];
  if (module->hasAttr(lower::kListTilesAttribute))
    for (const std::string &candidate : candidates)
      if (candidate != choice.tile)
        choice.candidates.push_back(candidate);
  note(kernel, std::move(choice));
  return chosen;
}

Tile tileFor(lower::KernelBuilder &kernel, const ContractionExtent &extent, const Isa &isa, int64_t lanes,
             const StepCost &step) {
  std::vector<Tile> candidates = candidateTiles(extent, isa, lanes, step);
  if (candidates.empty())
    candidates.push_back({1, 1, lanes});
  std::vector<std::string> names;
  for (const Tile &tile : candidates)
    names.push_back(textOf(tile));
  return candidates[choiceFor(kernel, extent, isa, names)];
}

void noteTile(lower::KernelBuilder &kernel, const ContractionExtent &extent, const Isa &isa,
              const Tile &tile) {
  note(kernel, {textOf(kernel, extent, isa), textOf(tile), {}});
}

} // namespace limbeck::cpu
