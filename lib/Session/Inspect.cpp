// inspect: of a model from the importer's point of view, of an artifact from the reader's.
#include "limbeck/Session/Inspect.h"
#include "Executable.h"
#include "limbeck/Artifact/Describe.h"
#include "limbeck/Artifact/Reader.h"
#include "limbeck/Import/Outline.h"
#include "limbeck/Session/FileKind.h"
#include "limbeck/Session/Json.h"
#include "limbeck/Support/File.h"
#include "limbeck/Support/Printable.h"
#include "llvm/Support/FormatVariadic.h"
#include <algorithm>
#include <set>

namespace limbeck::session {

namespace {
/// A tensor of integers that stand for reals.
struct QuantizedTensor {
  std::string dtype;
  int64_t axis = -1;  ///< of the scales; -1 for one scale, or blocks
  int64_t scales = 0; ///< how many; 0 when they are computed
};

/// What there is to show of a model.
struct ModelSummary : importer::Outline {
  std::set<std::string> symbols;
  std::map<std::string, QuantizedTensor> quantized; ///< by name
  size_t unsupported = 0; ///< things that this version does not support: then only the outline is known
};
} // namespace

/// Quantize and dequantize say what the tensor between them is.
static void findQuantized(const importer::Model &model, const std::vector<importer::Op> &ops,
                          ModelSummary &summary) {
  for (const importer::Op &op : ops) {
    for (const importer::Region &region : op.regions)
      findQuantized(model, region.ops, summary);
    std::string_view name = op.definition ? op.definition->name : "";
    bool quantizes = name == "quantize_by", dequantizes = name == "dequantize_by";
    if (!quantizes && !dequantizes)
      continue;
    const importer::Value &integers = model.values[quantizes ? op.results[0] : op.operands[0]];
    const std::optional<Tensor> &scale = model.values[op.operands[1]].constant;
    QuantizedTensor tensor{std::string(limbeck::name(integers.type.dtype)), -1, scale ? scale->size() : 0};
    if (scale && scale->rank() == 1 && scale->size() > 1)
      tensor.axis = op.attributes.integer("axis");
    summary.quantized.emplace(integers.name, std::move(tensor));
  }
}

static std::vector<importer::Outline::Port> portsOf(const importer::Model &model,
                                                    const std::vector<importer::ValueId> &ids,
                                                    const std::vector<std::string> &names) {
  std::vector<importer::Outline::Port> ports;
  for (size_t i = 0; i < ids.size(); ++i) {
    const importer::Value &value = model.values[ids[i]];
    ports.push_back({names[i], value.type.dtype, value.type.shape, value.symbols});
  }
  return ports;
}

static void collectSymbols(ModelSummary &summary) {
  for (const importer::Outline::Port &port : summary.inputs)
    for (const std::string &symbol : port.symbols)
      if (!symbol.empty())
        summary.symbols.insert(symbol);
}

static ModelSummary summarize(const importer::Model &model) {
  ModelSummary summary;
  summary.name = model.name;
  summary.opset = model.opset;
  summary.irVersion = model.irVersion;
  summary.producer = model.producer;
  summary.sha256 = model.sha256;
  summary.inputs = portsOf(model, model.inputs, model.inputNames);
  summary.outputs = portsOf(model, model.outputs, model.outputNames);
  for (const importer::SourceNode &node : model.sources)
    ++summary.ops[node.opType];
  findQuantized(model, model.ops, summary);
  for (const importer::Value &value : model.values)
    if (value.constant) {
      summary.parameters += value.constant->size();
      summary.parameterBytes += static_cast<int64_t>(value.constant->byteSize());
    }
  collectSymbols(summary);
  return summary;
}

/// Of a model that only has what this version does not support, the outline; else the first thing that is wrong.
static Expected<ModelSummary> summarizeFile(const std::string &path, const importer::Options &options) {
  importer::CheckResult result = importer::checkFile(path, options);
  if (result.model)
    return summarize(*result.model);
  auto isUnsupported = [](const Diagnostic &diagnostic) { return exitCode(diagnostic.code) == 3; };
  if (!std::ranges::all_of(result.diagnostics, isUnsupported))
    return result.diagnostics.front();
  auto outline = importer::outlineFile(path, options.limits);
  if (!outline.ok())
    return result.diagnostics.front();
  ModelSummary summary{std::move(*outline), {}, {}, result.diagnostics.size() + result.notListed};
  collectSymbols(summary);
  return summary;
}

/// The dimension as a number, a symbol, or null.
static llvm::json::Value dimension(const importer::Outline::Port &port, size_t axis) {
  if ((*port.shape)[axis] != kUnknown)
    return (*port.shape)[axis];
  if (axis < port.symbols.size() && !port.symbols[axis].empty())
    return jsonText(port.symbols[axis]);
  return nullptr;
}

static void writePorts(llvm::json::OStream &json, const char *key,
                       const std::vector<importer::Outline::Port> &ports) {
  json.attributeArray(key, [&] {
    for (const importer::Outline::Port &port : ports)
      json.object([&] {
        std::string_view dtype = name(port.dtype);
        json.attribute("name", jsonText(port.name));
        json.attribute("dtype", llvm::StringRef(dtype.data(), dtype.size()));
        if (!port.shape)
          return json.attribute("shape", nullptr);
        json.attributeArray("shape", [&] {
          for (size_t axis = 0; axis < port.shape->size(); ++axis)
            json.value(dimension(port, axis));
        });
      });
  });
}

static std::string modelJson(const ModelSummary &summary) {
  return jsonDocument([&](llvm::json::OStream &json) {
    json.attribute("kind", "model");
    json.attribute("name", jsonText(summary.name));
    json.attribute("sha256", summary.sha256);
    json.attribute("opset", summary.opset);
    json.attribute("ir_version", summary.irVersion);
    json.attribute("producer", jsonText(summary.producer));
    writePorts(json, "inputs", summary.inputs);
    writePorts(json, "outputs", summary.outputs);
    json.attribute("symbols", jsonTexts(summary.symbols));
    json.attributeObject("ops", [&] {
      for (const auto &[name, count] : summary.ops)
        json.attribute(jsonText(name), count);
    });
    json.attribute("parameters", summary.parameters);
    json.attribute("parameter_bytes", summary.parameterBytes);
    if (summary.unsupported > 0)
      json.attribute("unsupported", static_cast<int64_t>(summary.unsupported));
    json.attributeArray("quantization", [&] {
      for (const auto &[name, tensor] : summary.quantized)
        json.object([&] {
          json.attribute("tensor", jsonText(name));
          json.attribute("dtype", tensor.dtype);
          json.attribute("axis", tensor.axis);
          json.attribute("scales", tensor.scales);
        });
    });
  });
}

static std::string portText(const importer::Outline::Port &port) {
  std::string type = port.shape ? TensorType{port.dtype, *port.shape, nullptr}.text()
                                : message(name(port.dtype), " of a shape that the file leaves open");
  std::string text = "  " + printable(port.name) + ": " + type, symbols;
  for (const std::string &symbol : port.symbols)
    if (!symbol.empty())
      symbols += (symbols.empty() ? "" : ", ") + printable(symbol);
  return text + (symbols.empty() ? "" : " with " + symbols) + "\n";
}

static std::string modelText(const ModelSummary &summary) {
  std::string text =
      message(printable(summary.name), ": ONNX model, opset ", summary.opset, ", IR version ",
              summary.irVersion, summary.producer.empty() ? "" : ", by " + printable(summary.producer), "\n");
  text += "inputs:\n";
  for (const importer::Outline::Port &port : summary.inputs)
    text += portText(port);
  text += "outputs:\n";
  for (const importer::Outline::Port &port : summary.outputs)
    text += portText(port);
  text += message("parameters: ", summary.parameters, " in ", summary.parameterBytes, " bytes\n");
  text += "ops:\n";
  for (const auto &[name, count] : summary.ops)
    text += llvm::formatv("{0,6} {1}\n", count, printable(name)).str();
  if (summary.unsupported > 0)
    return text + message("not supported: ", summary.unsupported,
                          summary.unsupported == 1 ? " thing" : " things",
                          ", which limbeck check lists; no more is known of the model\n");
  text += summary.quantized.empty() ? "quantized: no\n"
                                    : message("quantized: ", summary.quantized.size(), " tensors\n");
  for (const auto &[name, tensor] : summary.quantized)
    text += message("  ", printable(name), ": ", tensor.dtype, ", ",
                    tensor.scales ? std::to_string(tensor.scales) : "computed",
                    tensor.scales == 1 ? " scale" : " scales",
                    tensor.axis >= 0 ? message(" along axis ", tensor.axis) : "", "\n");
  return text;
}

static std::string artifactText(const std::string &path, const artifact::Reader &reader, bool verified) {
  const artifact::Manifest &manifest = reader.manifest();
  std::string text =
      message(printable(path), ": artifact of limbeck ", printable(manifest.provenance.compilerVersion), ", ",
              reader.header().totalLength, " bytes", verified ? ", every digest is right" : "", "\n");
  text += message("source: ",
                  manifest.provenance.sourceSha256.empty()
                      ? "IR"
                      : "sha256 " + printable(manifest.provenance.sourceSha256),
                  "\n");
  for (const artifact::Entry &entry : manifest.entries) {
    text += message("entry ", printable(entry.name), ":\n");
    for (const artifact::Port &port : entry.inputs)
      text += message("  input  ", printable(port.name), ": ", port.type.text(), "\n");
    for (const artifact::Port &port : entry.outputs)
      text += message("  output ", printable(port.name), ": ", port.type.text(), "\n");
    for (const artifact::Variant &variant : entry.variants) {
      uint64_t weights = 0;
      for (uint32_t index : std::set<uint32_t>(variant.weights.begin(), variant.weights.end()))
        weights += reader.sections()[index].length;
      text += llvm::formatv("  {0,-14} code {1} bytes, weights {2} bytes, temporaries {3} bytes\n",
                            printable(variant.isa), reader.sections()[variant.code].length, weights,
                            variant.arenaBytes)
                  .str();
    }
  }
  return text;
}

Expected<Inspection> inspect(const SourceModel &source, bool verify) {
  LIMBECK_ASSIGN(bool artifact, isArtifact(source.path));
  if (!artifact) {
    if (verify)
      return error(Code::Flag, "expected an artifact with --verify, found another file").atFile(source.path);
    LIMBECK_TRY(expectModel(source.path));
    LIMBECK_ASSIGN(importer::Options options, onlyChoice(source));
    LIMBECK_ASSIGN(ModelSummary summary, summarizeFile(source.path, options));
    return Inspection{modelJson(summary), modelText(summary)};
  }
  LIMBECK_TRY(expectNoModelFlags(source));
  LIMBECK_ASSIGN(std::vector<std::byte> bytes, readFile(source.path, Limits().initializerBytes));
  auto reader = artifact::Reader::openAll(bytes);
  if (!reader.ok())
    return reader.diagnostic().atFile(source.path);
  if (verify)
    LIMBECK_TRY(reader->verifyDigests());
  return Inspection{artifact::describe(reader->manifest(), reader->sections()),
                    artifactText(source.path, *reader, verify)};
}

} // namespace limbeck::session
