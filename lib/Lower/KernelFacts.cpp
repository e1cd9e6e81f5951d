// Facts as one dictionary attribute of the launch.
#include "limbeck/Lower/KernelFacts.h"
#include "limbeck/Graph/IR/Conversion.h"
#include "limbeck/Lower/MemoryPlan.h"
#include "mlir/IR/Builders.h"

namespace limbeck::lower {

using namespace mlir;

static constexpr llvm::StringLiteral kFacts = "facts";

static int64_t bytesOfTensor(Value value) {
  auto type = graph::toTensorType(value.getType());
  int64_t elements = cast<RankedTensorType>(value.getType()).getNumElements();
  return type.ok() ? elements * static_cast<int64_t>(storageBytes(type->dtype)) : 0;
}

/// What the products of an op are made of.
static std::string arithmeticOf(Operation *op) {
  auto x = graph::toTensorType(op->getOperand(0).getType());
  if (!x.ok())
    return "";
  if (!isFloat(x->dtype))
    return bitWidth(x->dtype) <= 8 ? "int8" : "int" + std::to_string(bitWidth(x->dtype));
  return std::string(name(x->dtype));
}

void measureRegion(graph::FusedOp region, KernelFacts &facts) {
  region.walk([&](graph::ContractionOpInterface op) {
    facts.arithmetic = arithmeticOf(op);
    facts.multiplyAdds += op.getMultiplyAdds();
  });
  for (Value operand : region.getInputs()) {
    bool constant = isa_and_nonnull<graph::ConstOp>(bufferOwner(operand).getDefiningOp());
    (constant ? facts.weightBytes : facts.activationBytes) += bytesOfTensor(operand);
  }
  for (Value result : region.getOutputs())
    facts.activationBytes += bytesOfTensor(result);
}

static ArrayAttr textsAttribute(Builder &b, const std::vector<std::string> &texts) {
  SmallVector<StringRef> list(texts.begin(), texts.end());
  return b.getStrArrayAttr(list);
}

void setFacts(graph::LaunchOp launch, const KernelFacts &facts) {
  Builder b(launch.getContext());
  NamedAttrList list;
  list.append("family", b.getStringAttr(facts.family));
  list.append("multiply_adds", b.getI64IntegerAttr(facts.multiplyAdds));
  list.append("weight_bytes", b.getI64IntegerAttr(facts.weightBytes));
  list.append("activation_bytes", b.getI64IntegerAttr(facts.activationBytes));
  if (!facts.arithmetic.empty())
    list.append("arithmetic", b.getStringAttr(facts.arithmetic));
  if (!facts.forms.empty())
    list.append("forms", textsAttribute(b, facts.forms));
  SmallVector<Attribute> tiles;
  for (const TileChoice &choice : facts.tiles) {
    NamedAttrList tile;
    tile.append("problem", b.getStringAttr(choice.problem));
    tile.append("tile", b.getStringAttr(choice.tile));
    if (!choice.candidates.empty())
      tile.append("candidates", textsAttribute(b, choice.candidates));
    tiles.push_back(tile.getDictionary(b.getContext()));
  }
  if (!tiles.empty())
    list.append("tiles", b.getArrayAttr(tiles));
  launch->setAttr(kFacts, list.getDictionary(b.getContext()));
}

static std::string textIn(DictionaryAttr dictionary, StringRef key) {
  auto text = dictionary.getAs<StringAttr>(key);
  return text ? text.str() : "";
}

static std::vector<std::string> textsIn(DictionaryAttr dictionary, StringRef key) {
  std::vector<std::string> texts;
  if (auto list = dictionary.getAs<ArrayAttr>(key))
    for (auto text : list.getAsRange<StringAttr>())
      texts.push_back(text.str());
  return texts;
}

KernelFacts factsOf(graph::LaunchOp launch) {
  KernelFacts facts;
  auto dictionary = launch->getAttrOfType<DictionaryAttr>(kFacts);
  if (!dictionary)
    return facts;
  auto number = [&](StringRef key) {
    auto value = dictionary.getAs<IntegerAttr>(key);
    return value ? value.getInt() : 0;
  };
  facts.family = textIn(dictionary, "family");
  facts.forms = textsIn(dictionary, "forms");
  facts.arithmetic = textIn(dictionary, "arithmetic");
  facts.multiplyAdds = number("multiply_adds");
  facts.weightBytes = number("weight_bytes");
  facts.activationBytes = number("activation_bytes");
  if (auto tiles = dictionary.getAs<ArrayAttr>("tiles"))
    for (auto tile : tiles.getAsRange<DictionaryAttr>())
      facts.tiles.push_back({textIn(tile, "problem"), textIn(tile, "tile"), textsIn(tile, "candidates")});
  return facts;
}

} // namespace limbeck::lower
