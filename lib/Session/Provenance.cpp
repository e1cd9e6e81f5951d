// Writing and reading the JSON of provenance.
#include "Provenance.h"
#include "Compiler.h"
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
    kernels.push_back({launch.getKernel().str(), kind ? kind.str() : "", sourceNodes(launch.getLoc())});
  });
  return kernels;
}

std::string writeProvenance(const CompileOptions &options, const std::vector<EntryRecord> &entries) {
  return jsonDocument([&](llvm::json::OStream &json) {
    json.attribute("target", jsonText(options.target));
    json.attribute("precision", options.precision);
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
              });
          });
        });
    });
  });
}

/// Artifacts may come from anyone: whatever is not as expected is left out.
static KernelRecord toKernel(const llvm::json::Object &object) {
  KernelRecord kernel{
      object.getString("name").value_or("").str(), object.getString("kind").value_or("").str(), {}};
  if (const llvm::json::Array *nodes = object.getArray("nodes"))
    for (const llvm::json::Value &node : *nodes)
      kernel.nodes.push_back(node.getAsString().value_or("").str());
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

std::string readMember(const std::string &provenance, const std::string &member) {
  std::optional<llvm::json::Object> object = parseJsonObject(provenance);
  return object ? object->getString(member).value_or("").str() : "";
}

} // namespace limbeck::session
