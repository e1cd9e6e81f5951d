// Compares nodes with the rows of OnnxVersions.def.
#include "OnnxVersions.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringMap.h"

namespace limbeck::graph::exporter {

namespace {
/// A row of the table.
struct Version {
  llvm::StringLiteral op;
  int64_t opset;
  llvm::StringLiteral inputs, outputs, types, attributes;
};

struct Release {
  int64_t opset, irVersion;
};

using Words = llvm::SmallVector<llvm::StringRef>;
} // namespace

static constexpr Version kVersions[] = {
#define LIMBECK_ONNX_VERSION(op, opset, inputs, outputs, types, attributes)                                  \
  {op, opset, inputs, outputs, types, attributes},
#include "OnnxVersions.def"
};

static constexpr Release kReleases[] = {
#define LIMBECK_ONNX_RELEASE(opset, irVersion) {opset, irVersion},
#include "OnnxVersions.def"
};

static Words wordsOf(llvm::StringRef text, char separator) {
  Words words;
  text.split(words, separator, /*MaxSplit=*/-1, /*KeepEmpty=*/false);
  return words;
}

/// Whether the element types that a variable stands for hold this one; a word that is no variable is a type.
static bool allows(const Version &version, llvm::StringRef variable, llvm::StringRef type) {
  for (llvm::StringRef definition : wordsOf(version.types, ' ')) {
    auto [left, types] = definition.split('=');
    if (left == variable)
      return llvm::is_contained(wordsOf(types, ','), type);
  }
  return variable == type;
}

/// Whether the edges fit the parameters; `bound` holds the types of variables that are known.
static bool fits(const Version &version, llvm::ArrayRef<Edge> edges, llvm::StringRef parameters,
                 llvm::StringMap<DType> &bound) {
  Words words = wordsOf(parameters, ' ');
  for (auto [i, edge] : llvm::enumerate(edges)) {
    if (words.empty())
      return false;
    llvm::StringRef variable = words[std::min(i, words.size() - 1)];
    bool mixed = variable.consume_back("*"), repeated = variable.consume_back("..") || mixed;
    if (i >= words.size() && !repeated)
      return false;
    if (edge.name.empty())
      continue;
    std::string_view type = name(edge.dtype);
    if (!allows(version, variable, llvm::StringRef(type.data(), type.size())))
      return false;
    if (!mixed && bound.try_emplace(variable, edge.dtype).first->second != edge.dtype)
      return false;
  }
  return true;
}

static bool fits(const Version &version, const Node &node) {
  Words known = wordsOf(version.attributes, ' ');
  for (const onnx::AttributeProto &attribute : node.proto.attribute())
    if (!llvm::is_contained(known, attribute.name()))
      return false;
  llvm::StringMap<DType> bound;
  return fits(version, node.inputs, version.inputs, bound) &&
         fits(version, node.outputs, version.outputs, bound);
}

Expected<int64_t> leastOpset(const Node &node, int64_t from) {
  const Version *inForce = nullptr;
  for (const Version &version : kVersions)
    if (version.op == node.proto.op_type() && version.opset <= from)
      inForce = &version; // rows of an op ascend
  if (inForce && fits(*inForce, node))
    return from;
  for (const Version &version : kVersions)
    if (version.op == node.proto.op_type() && version.opset > from && fits(version, node))
      return version.opset;
  std::string types;
  for (const Edge &edge : node.inputs)
    types += message(types.empty() ? "" : ", ", edge.name.empty() ? "none" : name(edge.dtype));
  for (const Edge &edge : node.outputs)
    types += message(&edge == &node.outputs.front() ? " to " : ", ",
                     edge.name.empty() ? "none" : name(edge.dtype));
  return error(Code::UnsupportedType, "expected element types that ONNX's ", node.proto.op_type(),
               " has at some opset up to ", kReleases[std::size(kReleases) - 1].opset, ", found ", types);
}

int64_t leastIrVersion(int64_t opset) {
  int64_t version = kReleases[0].irVersion;
  for (const Release &release : kReleases)
    if (release.opset <= opset)
      version = release.irVersion;
  return version;
}

} // namespace limbeck::graph::exporter
