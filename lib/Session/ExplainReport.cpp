// What explain tells, as text, as JSON, and as node data of Model Explorer.
#include "limbeck/Session/Accuracy.h"
#include "limbeck/Session/Explain.h"
#include "limbeck/Session/Json.h"
#include "limbeck/Support/Counted.h"
#include "limbeck/Support/Printable.h"
#include "llvm/Support/FormatVariadic.h"

namespace limbeck::session {

static std::string decibels(double value) {
  return std::isfinite(value) ? llvm::formatv("{0:F1}", value).str() : value > 0 ? "exact" : "none";
}

static std::string decibels(std::optional<double> value) {
  return value ? decibels(*value) : "";
}

static std::string percent(std::optional<double> share) {
  return share ? llvm::formatv("{0:F2}", *share * 100).str() : "";
}

/// Columns as wide as their widest cell; those of text at the left.
static std::string table(const std::vector<std::vector<std::string>> &rows) {
  std::vector<size_t> widths;
  for (const auto &row : rows)
    for (size_t i = 0; i < row.size(); ++i) {
      widths.resize(std::max(widths.size(), row.size()));
      widths[i] = std::max(widths[i], row[i].size());
    }
  std::string text;
  for (const auto &row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      std::string space(widths[i] - row[i].size(), ' ');
      bool left = i < 2 || i + 1 == widths.size();
      line += (i ? "  " : "") + (left ? row[i] + space : space + row[i]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string explainText(const ExplainReport &report) {
  std::string text = message("quantized: ", decibelsText(report.quantized), " at the outputs against float, ",
                             counted(report.samples, "sample"), "\n");
  if (report.compiled)
    text += "compiled to integers: " + decibelsText(*report.compiled) +
            (report.timeMs ? llvm::formatv(", {0:F3} ms", *report.timeMs).str() : "") + "\n";
  if (report.unrounded)
    text += "with nothing rounded: " + decibelsText(*report.unrounded) + "\n";
  text += "\n";
  std::vector<std::vector<std::string>> rows = {{"layer", "op", "alone dB", "so far dB", "inputs dB",
                                                 "weights dB", "without dB", "clip %", "use %", "repaired dB",
                                                 "gain dB", "together dB", "compiled", "time", "repair"}};
  for (const LayerError &layer : report.layers) {
    std::optional<double> clipped, used;
    for (const TensorError &tensor : layer.tensors) {
      clipped = std::max(clipped.value_or(0), tensor.clipped);
      if (tensor.used)
        used = std::min(used.value_or(1), *tensor.used);
    }
    rows.push_back({printable(layer.node, 48), printable(layer.operatorType), decibels(layer.isolated),
                    decibels(layer.cumulative), decibels(layer.activationsOnly), decibels(layer.weightsOnly),
                    decibels(layer.without), percent(clipped), percent(used)});
    if (const auto &repair = layer.repair)
      for (const std::string &cell :
           {decibels(repair->isolated), decibels(repair->gain), decibels(repair->together),
            decibels(repair->measuredGain), repair->time ? llvm::formatv("{0:F2}", *repair->time).str() : "",
            repair->leftOut ? repair->about + ", left out" : repair->about})
        rows.back().push_back(cell);
  }
  text += table(rows);
  for (const LayerError &layer : report.layers)
    if (const auto &wide = layer.wide)
      text +=
          llvm::formatv(
              "\n{0} with 16-bit activations: gain {1} dB, time {2:F2}; in float: gain {3} dB, time {4:F2}",
              printable(layer.node, 48), decibels(wide->gain), wide->time.value_or(1),
              decibels(wide->floatGain), wide->floatTime.value_or(1))
              .str();
  text += text.ends_with("\n") ? "" : "\n";
  std::vector<WholeRepair> whole = report.whole;
  if (report.biases)
    whole.push_back(*report.biases);
  text += whole.empty() ? "" : "\n";
  for (const WholeRepair &repair : whole)
    text += llvm::formatv("{0}: {1} dB in place of {2}, compiled to integers{3}{4}\n", repair.about,
                          decibels(repair.after), decibels(repair.before),
                          repair.time ? llvm::formatv(", time {0:F2}", *repair.time).str() : "",
                          repair.applied ? "; in the recipe" : "")
                .str();
  if (report.repaired)
    text +=
        llvm::formatv("\nwith the first {0} repairs: {1} dB{2}\n", report.repairs, decibels(*report.repaired),
                      report.compiledRepaired
                          ? ", compiled to integers " + decibels(*report.compiledRepaired) + " dB"
                          : "")
            .str();
  return text;
}

static llvm::json::Value optionalNumber(std::optional<double> value) {
  return value ? jsonNumber(*value) : llvm::json::Value(nullptr);
}

static void writeRule(llvm::json::OStream &json, const quantize::Rule &rule) {
  json.object([&] {
    if (!rule.node.empty())
      json.attribute("node", jsonText(rule.node));
    if (!rule.tensor.empty())
      json.attribute("tensor", jsonText(rule.tensor));
    for (const auto &[key, value] : rule.settings)
      json.attribute(key, value);
  });
}

static void writeMeasured(llvm::json::OStream &json, const WholeRepair &repair) {
  json.attribute("before_db", jsonNumber(repair.before));
  json.attribute("after_db", jsonNumber(repair.after));
  json.attribute("time", optionalNumber(repair.time));
  json.attribute("applied", repair.applied);
}

static void writeLayer(llvm::json::OStream &json, const LayerError &layer) {
  json.attribute("node", jsonText(layer.node));
  json.attribute("op", jsonText(layer.operatorType));
  json.attribute("float_node",
                 layer.floatNode.empty() ? llvm::json::Value(nullptr) : jsonText(layer.floatNode));
  json.attribute("isolated_db", jsonNumber(layer.isolated));
  json.attribute("cumulative_db", jsonNumber(layer.cumulative));
  json.attribute("activations_only_db", optionalNumber(layer.activationsOnly));
  json.attribute("weights_only_db", optionalNumber(layer.weightsOnly));
  json.attribute("without_db", optionalNumber(layer.without));
  json.attributeArray("tensors", [&] {
    for (const TensorError &tensor : layer.tensors)
      json.object([&] {
        json.attribute("tensor", jsonText(tensor.tensor));
        json.attribute("method", tensor.method);
        json.attribute("storage", tensor.storage);
        json.attribute("sqnr_db", jsonNumber(tensor.signalToNoise));
        json.attribute("cosine", jsonNumber(tensor.cosine));
        json.attribute("clipped", jsonNumber(tensor.clipped));
        json.attribute("range_used", optionalNumber(tensor.used));
      });
  });
  if (layer.weights)
    json.attributeObject("weights", [&] {
      json.attribute("granularity", layer.weights->granularity);
      json.attribute("method", layer.weights->method);
      json.attribute("sqnr_db", jsonNumber(layer.weights->signalToNoise));
      json.attribute("cosine", jsonNumber(layer.weights->cosine));
    });
  else
    json.attribute("weights", nullptr);
  if (const auto &repair = layer.repair)
    json.attributeObject("repair", [&] {
      json.attribute("about", repair->about);
      json.attributeArray("rules", [&] {
        for (const quantize::Rule &rule : repair->rules)
          writeRule(json, rule);
      });
      json.attribute("isolated_db", jsonNumber(repair->isolated));
      json.attribute("gain_db", jsonNumber(repair->gain));
      json.attribute("together_db", jsonNumber(repair->together));
      json.attribute("left_out", repair->leftOut);
      json.attribute("compiled_gain_db", optionalNumber(repair->measuredGain));
      json.attribute("time", optionalNumber(repair->time));
    });
  else
    json.attribute("repair", nullptr);
  if (const auto &wide = layer.wide)
    json.attributeObject("wide", [&] {
      json.attribute("compiled_gain_db", jsonNumber(wide->gain));
      json.attribute("time", optionalNumber(wide->time));
      json.attribute("float_compiled_gain_db", jsonNumber(wide->floatGain));
      json.attribute("float_time", optionalNumber(wide->floatTime));
    });
  else
    json.attribute("wide", nullptr);
}

std::string explainJson(const ExplainReport &report) {
  return jsonDocument([&](llvm::json::OStream &json) {
    json.attribute("model", jsonText(report.model));
    json.attribute("quantized_model", report.quantizedModel.empty() ? llvm::json::Value(nullptr)
                                                                    : jsonText(report.quantizedModel));
    json.attribute("unrounded_db", optionalNumber(report.unrounded));
    json.attribute("samples", report.samples);
    json.attribute("quantized_db", jsonNumber(report.quantized));
    json.attribute("compiled_db", optionalNumber(report.compiled));
    json.attribute("compiled_p50_ms", optionalNumber(report.timeMs));
    json.attribute("repairs", static_cast<int64_t>(report.repairs));
    json.attribute("repaired_db", optionalNumber(report.repaired));
    json.attribute("compiled_repaired_db", optionalNumber(report.compiledRepaired));
    json.attributeArray("whole", [&] {
      for (const WholeRepair &repair : report.whole)
        json.object([&] {
          json.attribute("about", repair.about);
          json.attributeBegin("rule");
          writeRule(json, repair.rule);
          json.attributeEnd();
          writeMeasured(json, repair);
        });
    });
    if (const auto &biases = report.biases)
      json.attributeObject("biases", [&] { writeMeasured(json, *biases); });
    else
      json.attribute("biases", nullptr);
    json.attributeArray("layers", [&] {
      for (const LayerError &layer : report.layers)
        json.object([&] { writeLayer(json, layer); });
    });
    json.attributeArray("notes", [&] {
      for (const std::string &note : report.notes)
        json.value(jsonText(note));
    });
  });
}

std::string explainOverlay(const ExplainReport &report) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  llvm::json::OStream json(stream, 2);
  json.object([&] {
    // Values are noise, so that the worst are the greatest.
    json.attributeObject("results", [&] {
      for (const LayerError &layer : report.layers)
        if (!layer.node.empty() && std::isfinite(layer.isolated))
          json.attributeObject(jsonText(layer.node), [&] { json.attribute("value", -layer.isolated); });
    });
    json.attributeArray("gradient", [&] {
      for (auto [stop, color] :
           {std::pair(0.0, "#ffffcc"), std::pair(0.5, "#fd8d3c"), std::pair(1.0, "#bd0026")})
        json.object([&, stop = stop, color = color] {
          json.attribute("stop", stop);
          json.attribute("bgColor", color);
        });
    });
  });
  return text + "\n";
}

} // namespace limbeck::session
