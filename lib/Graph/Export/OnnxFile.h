// The graph, its constants and what is said about the model, as bytes.
#pragma once
#include "GraphWriter.h"
#include "limbeck/Graph/Export/ExportModel.h"

namespace limbeck::graph::exporter {

Expected<OnnxFiles> writeOnnxFile(GraphWriter &writer, const std::string &graphName,
                                  const ExportOptions &options);

} // namespace limbeck::graph::exporter
