// inspect: of a model from the importer's point of view, of an artifact from the reader's.
#include "limbeck/Session/Inspect.h"
#include "Executable.h"
#include "limbeck/Artifact/Describe.h"
#include "limbeck/Artifact/Reader.h"
#include "limbeck/Session/Json.h"
#include "limbeck/Support/File.h"
#include "limbeck/Support/Printable.h"
#include "llvm/Support/FormatVariadic.h"
#include <set>

namespace limbeck::session {

namespace {
/// A tensor of integers that stand for reals.
struct QuantizedTensor {
  std::string dtype;
  int64_t axis = -1;  ///< of the scales; -1 for one scale, or blocks
  int64_t scales = 0; ///< how many; 0 when they are computed
};

/// What is counted of a model.
struct ModelSummary {
  std::map<std::string, int64_t> ops; ///< nodes by their ONNX op, those in branches and functions included
  std::set<std::string> symbols;
  int64_t parameters = 0, parameterBytes = 0;
  std::map<std::string, QuantizedTensor> quantized; ///< by name
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

static ModelSummary summarize(const importer::Model &model) {
  ModelSummary summary;
  for (const importer::SourceNode &node : model.sources)
    ++summary.ops[node.opType];
  findQuantized(model, model.ops, summary);
  for (const importer::Value &value : model.values)
    if (value.constant) {
      summary.parameters += value.constant->size();
      summary.parameterBytes += static_cast<int64_t>(value.constant->byteSize());
    }
  for (importer::ValueId id : model.inputs)
    for (const std::string &symbol : model.values[id].symbols)
      if (!symbol.empty())
        summary.symbols.insert(symbol);
  return summary;
}

/// The dimension as a number, a symbol, or null.
static llvm::json::Value dimension(const importer::Value &value, size_t axis) {
  if (value.type.shape[axis] != kUnknown)
    return value.type.shape[axis];
  if (axis < value.symbols.size() && !value.symbols[axis].empty())
    return jsonText(value.symbols[axis]);
  return nullptr;
}

static void writePorts(llvm::json::OStream &json, const char *key, const importer::Model &model,
                       const std::vector<importer::ValueId> &ids, const std::vector<std::string> &names) {
  json.attributeArray(key, [&] {
    for (size_t i = 0; i < ids.size(); ++i)
      json.object([&] {
        const importer::Value &value = model.values[ids[i]];
        std::string_view dtype = name(value.type.dtype);
        json.attribute("name", jsonText(names[i]));
        json.attribute("dtype", llvm::StringRef(dtype.data(), dtype.size()));
        json.attributeArray("shape", [&] {
          for (size_t axis = 0; axis < value.type.shape.size(); ++axis)
            json.value(dimension(value, axis));
        });
      });
  });
}

static std::string modelJson(const importer::Model &model, const ModelSummary &summary) {
  return jsonDocument([&](llvm::json::OStream &json) {
    json.attribute("kind", "model");
    json.attribute("name", jsonText(model.name));
    json.attribute("sha256", model.sha256);
    json.attribute("opset", model.opset);
    json.attribute("ir_version", model.irVersion);
    json.attribute("producer", jsonText(model.producer));
    writePorts(json, "inputs", model, model.inputs, model.inputNames);
    writePorts(json, "outputs", model, model.outputs, model.outputNames);
    json.attribute("symbols", jsonTexts(summary.symbols));
    json.attributeObject("ops", [&] {
      for (const auto &[name, count] : summary.ops)
        json.attribute(jsonText(name), count);
    });
    json.attribute("parameters", summary.parameters);
    json.attribute("parameter_bytes", summary.parameterBytes);
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

static std::string portText(const importer::Model &model, importer::ValueId id, const std::string &name) {
  const importer::Value &value = model.values[id];
  std::string text = "  " + printable(name) + ": " + value.type.text(), symbols;
  for (const std::string &symbol : value.symbols)
    if (!symbol.empty())
      symbols += (symbols.empty() ? "" : ", ") + printable(symbol);
  return text + (symbols.empty() ? "" : " with " + symbols) + "\n";
}

static std::string modelText(const importer::Model &model, const ModelSummary &summary) {
  std::string text =
      message(printable(model.name), ": ONNX model, opset ", model.opset, ", IR version ", model.irVersion,
              model.producer.empty() ? "" : ", by " + printable(model.producer), "\n");
  text += "inputs:\n";
  for (size_t i = 0; i < model.inputs.size(); ++i)
    text += portText(model, model.inputs[i], model.inputNames[i]);
  text += "outputs:\n";
  for (size_t i = 0; i < model.outputs.size(); ++i)
    text += portText(model, model.outputs[i], model.outputNames[i]);
  text += message("parameters: ", summary.parameters, " in ", summary.parameterBytes, " bytes\n");
  text += "ops:\n";
  for (const auto &[name, count] : summary.ops)
    text += llvm::formatv("{0,6} {1}\n", count, printable(name)).str();
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
    LIMBECK_ASSIGN(importer::Options options, onlyChoice(source));
    LIMBECK_ASSIGN(importer::Model model, importer::importFile(source.path, options));
    ModelSummary summary = summarize(model);
    return Inspection{modelJson(model, summary), modelText(model, summary)};
  }
  LIMBECK_ASSIGN(std::vector<std::byte> bytes, readFile(source.path, Limits().initializerBytes));
  auto reader = artifact::Reader::open(bytes);
  if (!reader.ok())
    return reader.diagnostic().atFile(source.path);
  if (verify)
    LIMBECK_TRY(reader->verifyDigests());
  return Inspection{artifact::describe(reader->manifest(), reader->sections()),
                    artifactText(source.path, *reader, verify)};
}

} // namespace limbeck::session
