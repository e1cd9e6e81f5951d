// The table of layers, its JSON, and the trace.
#include "LayerReport.h"
#include "limbeck/Session/Bench.h"
#include "limbeck/Support/Printable.h"
#include "llvm/Support/FormatVariadic.h"

namespace limbeck::session {

/// A quotient, or nothing where there is nothing to divide by.
static llvm::json::Value quotient(double dividend, double divisor) {
  return divisor > 0 ? jsonNumber(dividend / divisor) : llvm::json::Value(nullptr);
}

/// Two operations for each product, and bytes, a second; in thousand millions.
static double gops(const LayerTime &layer) {
  return layer.milliseconds > 0 ? 2e-6 * static_cast<double>(layer.multiplyAdds) / layer.milliseconds : 0;
}
static double gigabytes(const LayerTime &layer) {
  auto bytes = static_cast<double>(layer.weightBytes + layer.activationBytes);
  return layer.milliseconds > 0 ? 1e-6 * bytes / layer.milliseconds : 0;
}

static void writePeaks(llvm::json::OStream &json, const Peaks &peaks) {
  json.attributeObject("peaks", [&] {
    json.attribute("int8_gops", jsonNumber(2e-9 * peaks.int8));
    json.attribute("bf16_gops", jsonNumber(2e-9 * peaks.bf16));
    json.attribute("f32_gops", jsonNumber(2e-9 * peaks.f32));
    json.attributeArray("read", [&] {
      for (const ReadRate &rate : peaks.read)
        json.object([&] {
          json.attribute("bytes", rate.bytes);
          json.attribute("gb_per_s", jsonNumber(1e-9 * rate.bytesPerSecond));
        });
    });
    json.attribute("dispatch_ms", jsonNumber(peaks.dispatchMs));
  });
}

void writeLayers(llvm::json::OStream &json, const LayerReport &report) {
  writePeaks(json, report.peaks);
  json.attributeArray("layers", [&] {
    for (const LayerTime &layer : report.layers)
      json.object([&] {
        json.attribute("kernel", jsonText(layer.kernel));
        json.attribute("kind", jsonText(layer.kind));
        json.attribute("nodes", jsonTexts(layer.nodes));
        json.attribute("p50_ms", jsonNumber(layer.milliseconds));
        json.attribute("arithmetic", jsonText(layer.arithmetic));
        json.attribute("multiply_adds", layer.multiplyAdds);
        json.attribute("weight_bytes", layer.weightBytes);
        json.attribute("activation_bytes", layer.activationBytes);
        json.attribute("gops", jsonNumber(gops(layer)));
        json.attribute("gb_per_s", jsonNumber(gigabytes(layer)));
        json.attribute("of_compute_peak", quotient(layer.computeMs, layer.milliseconds));
        json.attribute("of_memory_peak", quotient(layer.memoryMs, layer.milliseconds));
        json.attribute("bound", layer.bound());
      });
  });
  json.attribute("between_kernels_ms", jsonNumber(report.betweenMs));
  json.attribute("worst_layers", jsonIntegers(report.worst));
}

static std::string joined(const std::vector<std::string> &texts) {
  std::string all;
  for (const std::string &text : texts)
    all += (all.empty() ? "" : ", ") + printable(text);
  return all;
}

static std::string titleOf(const LayerTime &layer) {
  return printable(layer.kind.empty() ? layer.kernel : layer.kind);
}

static std::string peaksText(const Peaks &peaks) {
  if (peaks.read.empty())
    return "";
  std::string text = llvm::formatv("peaks of all threads: int8 {0:f0}, bf16 {1:f0}, f32 {2:f0} GOPS, reading",
                                   2e-9 * peaks.int8, 2e-9 * peaks.bf16, 2e-9 * peaks.f32)
                         .str();
  for (const ReadRate &rate : peaks.read)
    text += llvm::formatv(" {0} KiB {1:f0},", rate.bytes / 1024, 1e-9 * rate.bytesPerSecond).str();
  text.back() = ' ';
  return text + llvm::formatv("GB/s; an empty kernel takes {0:f2} us\n", 1000 * peaks.dispatchMs).str();
}

static constexpr const char *kLayerRow =
    "{0,5} {1,9} {2,5} {3,8} {4,8} {5,8} {6,7} {7,6} {8,8} {9,7} {10,-8} {11,-14} {12}\n";

static std::string layerRow(size_t number, const LayerTime &layer, double total) {
  auto number1 = [](double value) { return llvm::formatv("{0:f1}", value).str(); };
  auto percent = [&](double part) { return number1(100 * part / layer.milliseconds); };
  return llvm::formatv(kLayerRow, number, llvm::formatv("{0:f4}", layer.milliseconds).str(),
                       number1(100 * layer.milliseconds / total),
                       number1(1e-6 * static_cast<double>(layer.multiplyAdds)),
                       number1(1e-3 * static_cast<double>(layer.weightBytes)),
                       number1(1e-3 * static_cast<double>(layer.activationBytes)), number1(gops(layer)),
                       number1(gigabytes(layer)), percent(layer.computeMs), percent(layer.memoryMs),
                       layer.bound(), titleOf(layer), joined(layer.nodes))
      .str();
}

std::string layersText(const std::string &name, const LayerReport &report) {
  double total = report.betweenMs;
  for (const LayerTime &layer : report.layers)
    total += layer.milliseconds;
  std::string text = "\n" + printable(name) + ", median of each kernel:\n" + peaksText(report.peaks);
  text += llvm::formatv(kLayerRow, "layer", "ms", "%", "MMAC", "kB wgt", "kB act", "GOPS", "GB/s", "%compute",
                        "%memory", "bound", "kind", "nodes")
              .str();
  for (size_t i = 0; i < report.layers.size(); ++i)
    text += layerRow(i, report.layers[i], total);
  text += llvm::formatv("{0,5} {1,9:f4} {2,5:f1} between kernels\n", "", report.betweenMs,
                        100 * report.betweenMs / total)
              .str();
  text += "worst layers, by the time above their bounds:\n";
  for (size_t i : report.worst) {
    const LayerTime &layer = report.layers[i];
    text += llvm::formatv("{0,5} {1,9:f4} ms above {2,9:f4}, bound by {3,-8} {4,-14} {5}\n", i,
                          layer.milliseconds - layer.boundMs(), layer.boundMs(), layer.bound(),
                          titleOf(layer), joined(layer.nodes))
                .str();
  }
  return text;
}

/// What names a process or a track.
static void writeName(llvm::json::OStream &json, const char *what, size_t process, int track,
                      const std::string &name) {
  json.object([&] {
    json.attribute("name", what);
    json.attribute("ph", "M");
    json.attribute("pid", static_cast<int64_t>(process));
    json.attribute("tid", track);
    json.attributeObject("args", [&] { json.attribute("name", jsonText(name)); });
  });
}

static void writeTrack(llvm::json::OStream &json, size_t process, const Measurement &one) {
  const LayerReport &report = *one.layers;
  writeName(json, "process_name", process, 0, one.name);
  for (int worker = 0; worker < report.workers; ++worker)
    writeName(json, "thread_name", process, worker, message("worker ", worker));
  for (const TraceSlice &slice : report.trace) {
    const LayerTime &layer = report.layers[slice.layer];
    json.object([&] {
      json.attribute("name", layer.nodes.empty() ? jsonText(layer.kernel) : jsonText(joined(layer.nodes)));
      json.attribute("cat", jsonText(layer.kind.empty() ? "kernel" : layer.kind));
      json.attribute("ph", "X");
      json.attribute("ts", jsonNumber(slice.beginUs));
      json.attribute("dur", jsonNumber(slice.endUs - slice.beginUs));
      json.attribute("pid", static_cast<int64_t>(process));
      json.attribute("tid", slice.worker);
      json.attributeObject("args", [&] {
        json.attribute("layer", static_cast<int64_t>(slice.layer));
        json.attribute("kernel", jsonText(layer.kernel));
        json.attribute("multiply_adds", layer.multiplyAdds);
        json.attribute("bound", layer.bound());
      });
    });
  }
}

std::string benchTrace(const BenchReport &report) {
  return jsonDocument([&](llvm::json::OStream &json) {
    json.attribute("displayTimeUnit", "ns");
    json.attributeArray("traceEvents", [&] {
      size_t process = 1;
      if (report.model.layers)
        writeTrack(json, process++, report.model);
      for (const Measurement &baseline : report.baselines)
        if (baseline.layers)
          writeTrack(json, process++, baseline);
    });
  });
}

} // namespace limbeck::session
