// Writing and reading the JSON of provenance.
#include "Provenance.h"
#include "Compiler.h"
#include "limbeck/Artifact/Reader.h"
#include "limbeck/Graph/IR/Limbeck.h"
#include "limbeck/Session/Json.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/IR/TypeUtilities.h"

namespace limbeck::session {

bool computesIntegers(mlir::ModuleOp module) {
  auto isQuantized = [](mlir::Type type) {
    return llvm::isa<mlir::quant::QuantizedType>(mlir::getElementTypeOrSelf(type));
  };
  auto found = module.walk([&](graph::AnchorOpInterface anchor) {
    bool integers = llvm::any_of(anchor->getOperandTypes(), isQuantized);
    return integers ? mlir::WalkResult::interrupt() : mlir::WalkResult::advance();
  });
  return found.wasInterrupted();
}

std::vector<KernelRecord> kernelsOf(mlir::ModuleOp module) {
  std::vector<KernelRecord> kernels;
  module.walk([&](graph::LaunchOp launch) {
    auto kind = launch->getAttrOfType<mlir::StringAttr>("kind");
    lower::KernelFacts facts = lower::factsOf(launch);
    if (auto samples = launch->getParentOfType<graph::PerSampleOp>()) { // a run has one for each
      facts.multiplyAdds *= samples.getSamples();
      facts.activationBytes *= samples.getSamples();
    }
    kernels.push_back(
        {launch.getKernel().str(), kind ? kind.str() : "", sourceNodes(launch.getLoc()), std::move(facts)});
  });
  return kernels;
}

/// `tiles` are of one instruction set: for those who asked for them.
static void writeFacts(llvm::json::OStream &json, const lower::KernelFacts &facts, bool tiles) {
  json.attribute("arithmetic", jsonText(facts.arithmetic));
  json.attribute("multiply_adds", facts.multiplyAdds);
  json.attribute("weight_bytes", facts.weightBytes);
  json.attribute("activation_bytes", facts.activationBytes);
  if (!tiles)
    return;
  json.attributeArray("tiles", [&] {
    for (const lower::TileChoice &choice : facts.tiles)
      json.object([&] {
        json.attribute("problem", choice.problem);
        json.attribute("tile", choice.tile);
        json.attribute("candidates", jsonTexts(choice.candidates));
      });
  });
}

std::string writeProvenance(const CompileOptions &options, const std::vector<EntryRecord> &entries,
                            size_t tilesUsed, const std::string &statisticsSha256) {
  return jsonDocument([&](llvm::json::OStream &json) {
    json.attribute("target", jsonText(options.target));
    json.attribute("precision", options.model.precision);
    if (!options.tuningSha256.empty())
      json.attributeObject("tuning", [&] {
        json.attribute("sha256", options.tuningSha256);
        json.attribute("tiles_used", static_cast<int64_t>(tilesUsed));
      });
    if (options.quantization.enabled)
      json.attributeObject("quantization", [&] {
        json.attribute("recipe", jsonText(options.quantization.recipe));
        if (!statisticsSha256.empty())
          json.attribute("statistics_sha256", statisticsSha256);
      });
    json.attributeObject("shapes", [&] {
      for (const auto &[name, shape] : options.model.shapes)
        json.attribute(jsonText(name), jsonIntegers(shape));
    });
    json.attributeObject("dims", [&] {
      for (const auto &[symbol, values] : options.model.dims)
        json.attribute(jsonText(symbol), jsonIntegers(values));
    });
    json.attributeArray("entries", [&] {
      for (const EntryRecord &entry : entries)
        json.object([&] {
          json.attribute("name", jsonText(entry.name));
          json.attribute("integers", entry.integers);
          json.attributeArray("kernels", [&] {
            for (const KernelRecord &kernel : entry.kernels)
              json.object([&] {
                json.attribute("name", jsonText(kernel.name));
                json.attribute("kind", jsonText(kernel.kind));
                json.attribute("nodes", jsonTexts(kernel.nodes));
                writeFacts(json, kernel.facts, options.listTiles);
              });
          });
        });
    });
  });
}

static std::string textIn(const llvm::json::Object &object, llvm::StringRef key) {
  return object.getString(key).value_or("").str();
}

static std::vector<std::string> textsIn(const llvm::json::Object &object, llvm::StringRef key) {
  std::vector<std::string> texts;
  if (const llvm::json::Array *list = object.getArray(key))
    for (const llvm::json::Value &text : *list)
      texts.push_back(text.getAsString().value_or("").str());
  return texts;
}

/// Artifacts may come from anyone: whatever is not as expected is left out.
static KernelRecord toKernel(const llvm::json::Object &object) {
  KernelRecord kernel{textIn(object, "name"), textIn(object, "kind"), textsIn(object, "nodes"), {}};
  auto number = [&](const char *key) { return std::max<int64_t>(0, object.getInteger(key).value_or(0)); };
  kernel.facts.arithmetic = textIn(object, "arithmetic");
  kernel.facts.multiplyAdds = number("multiply_adds");
  kernel.facts.weightBytes = number("weight_bytes");
  kernel.facts.activationBytes = number("activation_bytes");
  if (const llvm::json::Array *tiles = object.getArray("tiles"))
    for (const llvm::json::Value &value : *tiles)
      if (const llvm::json::Object *tile = value.getAsObject())
        kernel.facts.tiles.push_back(
            {textIn(*tile, "problem"), textIn(*tile, "tile"), textsIn(*tile, "candidates")});
  return kernel;
}

EntryRecord readEntry(const std::string &provenance, const std::string &entry) {
  EntryRecord record{entry, false, {}};
  std::optional<llvm::json::Object> object = parseJsonObject(provenance);
  const llvm::json::Array *entries = object ? object->getArray("entries") : nullptr;
  if (!entries)
    return record;
  for (const llvm::json::Value &value : *entries) {
    const llvm::json::Object *candidate = value.getAsObject();
    if (!candidate || candidate->getString("name") != llvm::StringRef(entry))
      continue;
    record.integers = candidate->getBoolean("integers").value_or(false);
    if (const llvm::json::Array *list = candidate->getArray("kernels"))
      for (const llvm::json::Value &kernel : *list)
        if (const llvm::json::Object *fields = kernel.getAsObject())
          record.kernels.push_back(toKernel(*fields));
  }
  return record;
}

size_t tilesUsed(std::span<const std::byte> bytes) {
  auto reader = artifact::Reader::open({bytes, nullptr});
  if (!reader.ok())
    return 0;
  std::optional<llvm::json::Object> object = parseJsonObject(reader->manifest().provenance.flags);
  const llvm::json::Object *tuning = object ? object->getObject("tuning") : nullptr;
  return tuning ? static_cast<size_t>(tuning->getInteger("tiles_used").value_or(0)) : 0;
}

std::string readMember(const std::string &provenance, const std::string &member) {
  std::optional<llvm::json::Object> object = parseJsonObject(provenance);
  return object ? object->getString(member).value_or("").str() : "";
}

} // namespace limbeck::session
