// A report as JSON and as text.
#include "LayerReport.h"
#include "limbeck/Session/Bench.h"
#include "limbeck/Session/Json.h"
#include "limbeck/Session/Version.h"
#include "limbeck/Support/Counted.h"
#include "limbeck/Support/Printable.h"
#include "llvm/Support/FormatVariadic.h"
#include <algorithm>
#include <cmath>
#include <cstdio>

namespace limbeck::session {

static void writeMeasurement(llvm::json::OStream &json, const Measurement &one, const std::string &cpu) {
  json.attribute("name", jsonText(one.name));
  json.attribute("source_sha256", jsonText(one.sourceSha256));
  json.attribute("entry", jsonText(one.entry));
  json.attribute("target", jsonText(one.target));
  json.attribute("precision", jsonText(one.precision));
  json.attribute("threads", one.threads);
  json.attribute("streams", one.streams);
  json.attribute("runs", static_cast<int64_t>(one.runs));
  const std::pair<const char *, double> kNumbers[] = {
      {"warmup_s", one.warmupSeconds}, {"load_ms", one.loadMs},
      {"min_ms", one.minMs},           {"mean_ms", one.meanMs},
      {"p50_ms", one.p50Ms},           {"p90_ms", one.p90Ms},
      {"p99_ms", one.p99Ms},           {"throughput_per_s", one.throughput}};
  for (const auto &[key, value] : kNumbers)
    json.attribute(key, jsonNumber(value));
  json.attributeArray("inputs", [&] {
    for (const NamedType &input : one.inputs)
      json.object([&] {
        std::string_view dtype = name(input.type.dtype);
        json.attribute("name", jsonText(input.name));
        json.attribute("dtype", llvm::StringRef(dtype.data(), dtype.size()));
        json.attribute("shape", jsonIntegers(input.type.shape));
      });
  });
  if (one.layers)
    writeLayers(json, *one.layers);
  json.attribute("cpu", jsonText(cpu));
  json.attribute("limbeck_version", kVersion);
}

std::string benchJson(const BenchReport &report) {
  return jsonDocument([&](llvm::json::OStream &json) {
    writeMeasurement(json, report.model, report.cpu);
    json.attributeArray("baselines", [&] {
      for (const Measurement &baseline : report.baselines)
        json.object([&] { writeMeasurement(json, baseline, report.cpu); });
    });
  });
}

std::string milliseconds(double value) {
  int decimals = value > 0 ? std::clamp(3 - static_cast<int>(std::floor(std::log10(value))), 3, 7) : 3;
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  return text;
}

static constexpr const char *kRow = "{0,-28} {1,-10} {2,-18} {3,-5} {4,10} {5,10} {6,10} {7,10} {8,10}\n";

static std::string rowOf(const Measurement &one) {
  return llvm::formatv(kRow, printable(one.name), printable(one.entry), printable(one.target),
                       printable(one.precision), milliseconds(one.p50Ms), milliseconds(one.minMs),
                       milliseconds(one.p90Ms), milliseconds(one.p99Ms),
                       llvm::formatv("{0:f1}", one.throughput).str())
      .str();
}

std::string benchText(const BenchReport &report) {
  std::string text = message(report.cpu, ", ", counted(report.model.threads, "thread"), ", ",
                             counted(report.model.streams, "stream"), ", milliseconds per run\n");
  text += llvm::formatv(kRow, "model", "entry", "target", "type", "p50", "min", "p90", "p99", "runs/s").str();
  text += rowOf(report.model);
  for (const Measurement &baseline : report.baselines) {
    text += rowOf(baseline);
    text += llvm::formatv("{0} takes {1:f2} times as long as {2}{3}\n", printable(baseline.name),
                          baseline.p50Ms / report.model.p50Ms, printable(report.model.name),
                          sameTypes(baseline.inputs, report.model.inputs) ? "" : ", but has other inputs")
                .str();
  }
  if (report.model.layers)
    text += layersText(report.model.name, *report.model.layers);
  for (const Measurement &baseline : report.baselines)
    if (baseline.layers)
      text += layersText(baseline.name, *baseline.layers);
  return text;
}

} // namespace limbeck::session
