// The report as one page: numbers at the top, a plot of the damage per layer, one along the graph, and the table behind them.
#include "limbeck/Session/Explain.h"
#include "limbeck/Support/Counted.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>

namespace limbeck::session {

namespace {
constexpr const char *kHead = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>limbeck explain</title>
<style>
:root { color-scheme: light dark; --page: #fcfcfb; --text: #1b1b1f; --soft: #62626b; --line: #dcdce2; --bar: #b5482a; --mend: #1f7a5c; --curve: #2f5fb3; }
@media (prefers-color-scheme: dark) {
  :root { --page: #17181b; --text: #ececf0; --soft: #a2a3ad; --line: #36373e; --bar: #ee8a68; --mend: #5fcba3; --curve: #8db2f5; }
}
body { background: var(--page); color: var(--text); font: 15px/1.5 system-ui, sans-serif; max-width: 88rem; margin: 2rem auto; padding: 0 1.5rem; }
h1 { font-size: 1.5rem; margin-bottom: .2rem; } h2 { font-size: 1.1rem; margin: 2.2rem 0 .3rem; } p { margin: .2rem 0 .8rem; color: var(--soft); max-width: 60rem; }
.facts { display: flex; flex-wrap: wrap; gap: 2.5rem; margin: 1.2rem 0; } .facts b { display: block; font-size: 1.7rem; font-weight: 600; color: var(--text); } .facts div { color: var(--soft); }
svg { width: 100%; height: auto; display: block; } svg text { fill: var(--text); font: 12px system-ui, sans-serif; } svg .soft { fill: var(--soft); }
.grid { stroke: var(--line); } .bar { fill: var(--bar); } .mend { fill: var(--mend); } .curve { stroke: var(--curve); fill: none; stroke-width: 2; } .dot { fill: var(--curve); }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: 13px; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: .35rem .6rem; border-bottom: 1px solid var(--line); white-space: nowrap; } th { color: var(--soft); font-weight: 500; }
th:first-child, td:first-child, td.text, th.text { text-align: left; }
pre { background: color-mix(in srgb, var(--text) 6%, transparent); padding: .8rem 1rem; overflow-x: auto; font-size: 13px; }
</style></head><body>
)";

std::string escaped(std::string_view text) {
  std::string result;
  for (char c : text)
    switch (c) {
    case '&':
      result += "&amp;";
      break;
    case '<':
      result += "&lt;";
      break;
    case '>':
      result += "&gt;";
      break;
    case '"':
      result += "&quot;";
      break;
    default:
      result += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
    }
  return result;
}

/// The end of a long name says more than its beginning.
std::string shortened(std::string_view name, size_t most) {
  if (name.size() <= most)
    return escaped(name);
  size_t begin = name.size() - most;
  while (begin < name.size() && (static_cast<unsigned char>(name[begin]) & 0xc0) == 0x80)
    ++begin;
  return "…" + escaped(name.substr(begin));
}

std::string number(std::optional<double> value, const char *unit = "") {
  if (!value)
    return "";
  if (!std::isfinite(*value))
    return *value > 0 ? "exact" : "–";
  return llvm::formatv("{0:F1}{1}", *value, unit).str();
}

std::string fact(const std::string &value, std::string_view about) {
  return "<div><b>" + value + "</b>" + std::string(about) + "</div>\n";
}

std::string wholeFact(const WholeRepair &repair) {
  return fact(number(repair.after, " dB"), repair.about + ", " + number(repair.before, " dB") +
                                               " without, compiled" +
                                               (repair.applied ? "; in the recipe" : ""));
}

/// Bars of noise, in decibels below the signal: the longer, the worse; the repaired one beneath.
std::string damagePlot(const ExplainReport &report) {
  constexpr size_t most = 25;
  constexpr double left = 330, width = 1000, row = 26, top = 24;
  std::vector<const LayerError *> shown;
  for (const LayerError &layer : report.layers)
    if (std::isfinite(layer.isolated) && shown.size() < most)
      shown.push_back(&layer);
  if (shown.empty())
    return "<p>No layer changes the outputs.</p>\n";
  double worst = -shown.front()->isolated, least = worst - 10;
  for (const LayerError *layer : shown) {
    least = std::min(least, -layer->isolated);
    if (layer->repair && std::isfinite(layer->repair->isolated))
      least = std::min(least, -layer->repair->isolated);
  }
  least = std::floor(least / 10) * 10;
  worst = std::ceil(worst / 10) * 10;
  if (worst <= least)
    worst = least + 10;
  auto place = [&](double noise) { return left + (noise - least) / (worst - least) * (width - left - 70); };
  double height = top + row * static_cast<double>(shown.size()) + 10;
  std::string svg =
      llvm::formatv("<svg viewBox=\"0 0 {0} {1}\" role=\"img\" aria-label=\"noise of each layer\">\n", width,
                    height)
          .str();
  double step = worst - least > 80 ? 20 : 10;
  for (double tick = least; tick <= worst; tick += step)
    svg += llvm::formatv("<line class=\"grid\" x1=\"{0:F1}\" x2=\"{0:F1}\" y1=\"{1}\" y2=\"{2}\"/><text "
                         "class=\"soft\" x=\"{0:F1}\" y=\"14\" "
                         "text-anchor=\"middle\">{3:F0} dB</text>\n",
                         place(tick), top, height - 8, tick)
               .str();
  for (size_t i = 0; i < shown.size(); ++i) {
    const LayerError &layer = *shown[i];
    double y = top + row * static_cast<double>(i) + 4, end = place(-layer.isolated);
    svg +=
        llvm::formatv("<text x=\"{0}\" y=\"{1:F1}\" text-anchor=\"end\">{2}<title>{3}</title></text>"
                      "<rect class=\"bar\" x=\"{4}\" y=\"{5:F1}\" width=\"{6:F1}\" height=\"10\" rx=\"2\"/>"
                      "<text class=\"soft\" x=\"{7:F1}\" y=\"{8:F1}\">{9:F1}</text>\n",
                      left - 8, y + 12, shortened(layer.node, 46), escaped(layer.node), left, y,
                      std::max(2.0, end - left), end + 6, y + 10, -layer.isolated)
            .str();
    if (layer.repair) {
      double mended = std::isfinite(layer.repair->isolated) ? place(-layer.repair->isolated) : left;
      svg += llvm::formatv("<rect class=\"mend\" x=\"{0}\" y=\"{1:F1}\" width=\"{2:F1}\" height=\"6\" "
                           "rx=\"2\"><title>{3}</title></rect>\n",
                           left, y + 12, std::max(2.0, mended - left), escaped(layer.repair->about))
                 .str();
    }
  }
  return svg + "</svg>\n";
}

/// Signal to noise when each layer and all before it are quantized, in the order of the graph.
std::string cumulativePlot(const ExplainReport &report) {
  std::vector<const LayerError *> layers;
  for (const LayerError &layer : report.layers)
    layers.push_back(&layer);
  std::sort(layers.begin(), layers.end(),
            [](const LayerError *a, const LayerError *b) { return a->place < b->place; });
  constexpr double left = 60, width = 1000, height = 280, top = 14, bottom = 244;
  double least = INFINITY, most = -INFINITY;
  for (const LayerError *layer : layers)
    if (std::isfinite(layer->cumulative)) {
      least = std::min(least, layer->cumulative);
      most = std::max(most, layer->cumulative);
    }
  if (!std::isfinite(least))
    return "<p>Nothing changes the outputs.</p>\n";
  least = std::floor(least / 10) * 10;
  most = std::max(least + 10, std::ceil(most / 10) * 10);
  auto x = [&](size_t i) {
    return left + (static_cast<double>(i) + 0.5) / static_cast<double>(layers.size()) * (width - left - 20);
  };
  auto y = [&](double value) { return bottom - (value - least) / (most - least) * (bottom - top); };
  std::string svg = llvm::formatv(
                        "<svg viewBox=\"0 0 {0} {1}\" role=\"img\" aria-label=\"error along the graph\">\n",
                        width, height)
                        .str(),
              path, dots;
  double step = most - least > 60 ? 20 : 10;
  for (double tick = least; tick <= most; tick += step)
    svg += llvm::formatv("<line class=\"grid\" x1=\"{0}\" x2=\"{1}\" y1=\"{2:F1}\" y2=\"{2:F1}\"/><text "
                         "class=\"soft\" x=\"{3}\" y=\"{4:F1}\" "
                         "text-anchor=\"end\">{5:F0} dB</text>\n",
                         left, width - 20, y(tick), left - 8, y(tick) + 4, tick)
               .str();
  for (size_t i = 0; i < layers.size(); ++i) {
    if (!std::isfinite(layers[i]->cumulative))
      continue;
    path +=
        llvm::formatv("{0}{1:F1} {2:F1}", path.empty() ? "M" : " L", x(i), y(layers[i]->cumulative)).str();
    dots += llvm::formatv("<circle class=\"dot\" cx=\"{0:F1}\" cy=\"{1:F1}\" r=\"3.5\"><title>{2}: {3:F1} "
                          "dB</title></circle>\n",
                          x(i), y(layers[i]->cumulative), escaped(layers[i]->node), layers[i]->cumulative)
                .str();
  }
  return svg + "<path class=\"curve\" d=\"" + path + "\"/>\n" + dots +
         llvm::formatv("<text class=\"soft\" x=\"{0}\" y=\"{1}\" text-anchor=\"middle\">layers in the order "
                       "of the graph</text></svg>\n",
                       (left + width) / 2, height - 8)
             .str();
}

std::string layerTable(const ExplainReport &report) {
  std::string html = "<div class=\"scroll\"><table><thead><tr><th>layer</th><th class=\"text\">op</th>";
  for (const char *column : {"alone", "so far", "inputs", "weights", "without it", "clipped", "range used",
                             "repaired alone", "gain", "together", "gain compiled", "time"})
    html += message("<th>", column, "</th>");
  html += "<th class=\"text\">repair</th></tr></thead><tbody>\n";
  for (const LayerError &layer : report.layers) {
    std::optional<double> clipped, used;
    for (const TensorError &tensor : layer.tensors) {
      clipped = std::max(clipped.value_or(0), tensor.clipped * 100);
      if (tensor.used)
        used = std::min(used.value_or(100), *tensor.used * 100);
    }
    auto cell = [&](const std::string &text) { html += "<td>" + text + "</td>"; };
    html += "<tr><td title=\"" + escaped(layer.node) + "\">" + shortened(layer.node, 46) +
            "</td><td class=\"text\">" + escaped(layer.operatorType) + "</td>";
    for (std::optional<double> value : {std::optional(layer.isolated), std::optional(layer.cumulative),
                                        layer.activationsOnly, layer.weightsOnly, layer.without})
      cell(number(value));
    cell(clipped ? llvm::formatv("{0:F2} %", *clipped).str() : "");
    cell(number(used, " %"));
    if (const auto &repair = layer.repair) {
      for (std::optional<double> value : {std::optional(repair->isolated), std::optional(repair->gain),
                                          std::optional(repair->together), repair->measuredGain})
        cell(number(value));
      cell(repair->time ? llvm::formatv("{0:F2}", *repair->time).str() : "");
      html +=
          "<td class=\"text\">" + escaped(repair->about) + (repair->leftOut ? ", left out" : "") + "</td>";
    } else {
      html += "<td></td><td></td><td></td><td></td><td></td><td></td>";
    }
    html += "</tr>\n";
  }
  return html + "</tbody></table></div>\n";
}
} // namespace

std::string explainHtml(const ExplainReport &report) {
  std::string html = kHead;
  html += "<h1>What quantization costs</h1><p>" + escaped(report.model) +
          (report.quantizedModel.empty() ? "" : ", quantized as " + escaped(report.quantizedModel)) +
          ". Signal to noise at the outputs against the float model, in dB, over " +
          counted(report.samples, "sample") +
          ". More is better; 6 dB are half the error.</p>\n<div class=\"facts\">";
  html += fact(number(report.quantized, " dB"), "the quantized model");
  if (report.compiled)
    html += fact(number(report.compiled, " dB"), "compiled to integers");
  if (report.unrounded)
    html += fact(number(report.unrounded, " dB"), "the same with nothing rounded");
  if (report.repaired)
    html += fact(number(report.repaired, " dB"),
                 llvm::formatv("with the first {0} repairs", report.repairs).str());
  if (report.compiledRepaired)
    html += fact(number(report.compiledRepaired, " dB"), "the same, compiled");
  for (const WholeRepair &repair : report.whole)
    html += wholeFact(repair);
  if (report.biases)
    html += wholeFact(*report.biases);
  if (report.timeMs)
    html += fact(llvm::formatv("{0:F2} ms", *report.timeMs).str(), "a run, compiled");
  html += "</div>\n<h2>Damage of each layer alone</h2><p>Noise at the outputs when only this layer is "
          "quantized: what it reads and its "
          "weights. To the right is worse. Beneath, thinner: the same layer with its repair.</p>\n" +
          damagePlot(report);
  html += "<h2>Along the graph</h2><p>Signal to noise at the outputs when a layer and all before it are "
          "quantized.</p>\n" +
          cumulativePlot(report);
  html += "<h2>All layers</h2>\n" + layerTable(report);
  for (const std::string &note : report.notes)
    html += "<p>" + escaped(note) + "</p>\n";
  if (report.repairs > 0)
    html += "<h2>Recipe with the repairs</h2>\n<pre>" + [&] {
      std::string text = quantize::recipeText(report.recipe), lines;
      for (size_t begin = 0; begin < text.size();) {
        size_t end = std::min(text.find('\n', begin), text.size());
        lines += escaped(std::string_view(text).substr(begin, end - begin)) + "\n";
        begin = end + 1;
      }
      return lines;
    }() + "</pre>\n";
  return html + "</body></html>\n";
}

} // namespace limbeck::session
