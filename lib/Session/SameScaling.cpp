// Both models up to their observers, and the weights of contractions behind that, node by node.
#include "SameScaling.h"
#include "Compiler.h"
#include "limbeck/Graph/IR/Constants.h"
#include "limbeck/Graph/IR/Limbeck.h"
#include "limbeck/Pipeline/Pipelines.h"
#include "llvm/Support/xxhash.h"

namespace limbeck::session {

namespace {
using SharedStatistics = std::shared_ptr<const calibration::Statistics>;
/// The hashes of the weights of each node, in the order of its contractions.
using WeightHashes = std::map<std::string, std::vector<uint64_t>>;
} // namespace

static Expected<WeightHashes> scaledWeights(const std::string &path, const importer::Options &options,
                                            const std::string &recipe, const SharedStatistics &statistics) {
  LIMBECK_ASSIGN(importer::Model model, importer::importFile(path, options));
  LIMBECK_ASSIGN(quantize::Recipe rules, quantize::parseRecipe(recipe, "recipe"));
  Compiler compiler;
  LIMBECK_ASSIGN(mlir::OwningOpRef<mlir::ModuleOp> module, compiler.import(model, "f32"));
  LIMBECK_TRY(compiler.run(*module, pipeline::Stage::Import, pipeline::Stage::Graph));
  LIMBECK_TRY(compiler.run(*module, [&](mlir::OpPassManager &passes) {
    pipeline::buildObserved(std::move(rules), statistics, passes);
  }));
  WeightHashes hashes;
  module->walk([&](graph::AnchorOpInterface anchor) {
    std::vector<std::string> nodes = sourceNodes(anchor->getLoc());
    if (auto weights = graph::constantOf(anchor.getAnchorWeights()); weights && !nodes.empty())
      hashes[nodes.front()].push_back(llvm::xxh3_64bits(
          {reinterpret_cast<const uint8_t *>(weights->bytes()), static_cast<size_t>(weights->byteSize())}));
  });
  return hashes;
}

Status expectSameScaling(const SourceModel &observed, const SourceModel &compiled, const std::string &recipe,
                         const calibration::Statistics &statistics) {
  auto shared = std::make_shared<const calibration::Statistics>(statistics);
  LIMBECK_ASSIGN(importer::Options fixed, onlyChoice(observed));
  LIMBECK_ASSIGN(WeightHashes wanted, scaledWeights(observed.path, fixed, recipe, shared));
  LIMBECK_ASSIGN(std::vector<EntryChoice> choices, entryChoices(compiled));
  for (const EntryChoice &choice : choices) {
    LIMBECK_ASSIGN(WeightHashes found, scaledWeights(compiled.path, choice.options, recipe, shared));
    for (const auto &[node, hashes] : wanted)
      if (auto own = found.find(node); own != found.end() && own->second != hashes)
        return error(Code::Calibration, "expected the channels of node '", node,
                     "' to be scaled as in the model with the shapes of the samples, found that open "
                     "dimensions ",
                     "do not let it")
            .atFile(compiled.path)
            .withHint("set them with --dim SYMBOL=VALUE or --shape, or quantize without smooth and equalize");
  }
  return {};
}

} // namespace limbeck::session
