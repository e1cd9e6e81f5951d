// Puts the file together: small models in one file, large weights beside it.
#include "OnnxFile.h"
#include "limbeck/Graph/IR/Constants.h"
#include "limbeck/Graph/IR/Conversion.h"
#include "limbeck/Import/ElementTypes.h"

namespace limbeck::graph::exporter {

/// Weights beside the file begin at pages, so that they can be mapped; those below this size stay in the file.
static constexpr int64_t kPage = 4096, kLeastExternalBytes = 1024;

static Expected<TensorType> typeOf(const Initializer &initializer) {
  if (auto *tensor = std::get_if<Tensor>(&initializer.value))
    return TensorType{tensor->dtype(), tensor->shape(), nullptr};
  return toTensorType(std::get<mlir::ElementsAttr>(initializer.value).getType());
}

static Expected<int64_t> bytesOf(const TensorType &type) {
  LIMBECK_ASSIGN(int64_t count, elementCount(type.shape, Limits().elements));
  return blobBytes(type.dtype, count);
}

/// Values as raw_data has them: two of 4 bits in a byte, the first one low.
static Expected<std::string> rawData(const Initializer &initializer) {
  Tensor tensor;
  if (auto *known = std::get_if<Tensor>(&initializer.value)) {
    tensor = *known;
  } else {
    LIMBECK_ASSIGN(tensor, toTensor(std::get<mlir::ElementsAttr>(initializer.value)));
  }
  std::string raw(reinterpret_cast<const char *>(tensor.bytes()), tensor.byteSize());
  if (bitWidth(tensor.dtype()) != 4)
    return raw;
  std::string packed((raw.size() + 1) / 2, '\0');
  for (size_t i = 0; i < raw.size(); ++i)
    packed[i / 2] = static_cast<char>(packed[i / 2] | (raw[i] & 15) << (i % 2 * 4));
  return packed;
}

static void addEntry(onnx::StringStringEntryProto *entry, const std::string &key, const std::string &value) {
  entry->set_key(key);
  entry->set_value(value);
}

static void storeBeside(onnx::TensorProto &tensor, const std::string &raw, const std::string &fileName,
                        std::string &file) {
  file.resize((file.size() + kPage - 1) / kPage * kPage);
  tensor.set_data_location(onnx::TensorProto::EXTERNAL);
  addEntry(tensor.add_external_data(), "location", fileName);
  addEntry(tensor.add_external_data(), "offset", std::to_string(file.size()));
  addEntry(tensor.add_external_data(), "length", std::to_string(raw.size()));
  file += raw;
}

/// Bytes of all weights together.
static Expected<int64_t> weightBytes(const GraphWriter &writer) {
  int64_t total = 0;
  for (const Initializer &initializer : writer.initializers()) {
    LIMBECK_ASSIGN(TensorType type, typeOf(initializer));
    LIMBECK_ASSIGN(int64_t bytes, bytesOf(type));
    total += bytes;
  }
  return total;
}

static Status addInitializers(const GraphWriter &writer, const ExportOptions &options,
                              onnx::GraphProto &graph, std::string &external) {
  LIMBECK_ASSIGN(int64_t total, weightBytes(writer));
  bool second = total > options.mostInlineBytes;
  if (second && options.externalDataName.empty())
    return error(Code::Flag, "expected a name for the file of the weights, which are too many for one file");
  // Growing would copy gigabytes.
  if (second)
    external.reserve(static_cast<size_t>(total) + kPage * writer.initializers().size());
  for (const Initializer &initializer : writer.initializers()) {
    LIMBECK_ASSIGN(TensorType type, typeOf(initializer));
    LIMBECK_ASSIGN(std::string raw, rawData(initializer));
    onnx::TensorProto *tensor = graph.add_initializer();
    tensor->set_name(initializer.name);
    tensor->set_data_type(importer::onnxElementType(type.dtype));
    tensor->mutable_dims()->Assign(type.shape.begin(), type.shape.end());
    if (second && static_cast<int64_t>(raw.size()) >= kLeastExternalBytes)
      storeBeside(*tensor, raw, options.externalDataName, external);
    else
      tensor->set_raw_data(std::move(raw));
  }
  return {};
}

Expected<OnnxFiles> writeOnnxFile(GraphWriter &writer, const std::string &graphName,
                                  const ExportOptions &options) {
  onnx::ModelProto model;
  model.set_ir_version(leastIrVersion(writer.opset()));
  model.set_producer_name("limbeck");
  model.set_producer_version(options.producerVersion);
  model.add_opset_import()->set_version(writer.opset());
  for (const auto &[key, value] : options.metadata)
    addEntry(model.add_metadata_props(), key, value);
  onnx::GraphProto &graph = *model.mutable_graph();
  graph = writer.takeGraph();
  graph.set_name(graphName);
  OnnxFiles files;
  LIMBECK_TRY(addInitializers(writer, options, graph, files.externalData));
  // Fields are written in the order of their numbers, and no field is a map: equal models give equal bytes.
  if (!model.SerializeToString(&files.model))
    return error(Code::Unsupported,
                 "expected a model of less than 2 GiB without its weights, found a larger one");
  return files;
}

} // namespace limbeck::graph::exporter
