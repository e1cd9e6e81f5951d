// What quantize tells, as text and as JSON.
#include "limbeck/Session/Json.h"
#include "limbeck/Session/Quantize.h"
#include "limbeck/Support/Counted.h"
#include "limbeck/Support/Printable.h"
#include "llvm/Support/FormatVariadic.h"

namespace limbeck::session {

static double share(int64_t part, int64_t whole) {
  return whole ? static_cast<double>(part) / static_cast<double>(whole) : 0;
}

static llvm::json::Value numberOrNull(const std::optional<double> &value) {
  return value ? jsonNumber(*value) : llvm::json::Value(nullptr);
}

/// The worst ranges, and what to do about them.
static std::string clippedText(const std::vector<ClippedTensor> &clipped, int64_t tensors) {
  constexpr size_t most = 3;
  std::string text;
  for (const ClippedTensor &one : llvm::ArrayRef(clipped).take_front(most)) {
    text += message("  clipped: ", printable(one.tensor), ": ", one.method, " keeps [", one.chosen.least,
                    ", ", one.chosen.greatest, "] of [", one.seen.least, ", ", one.seen.greatest, "]");
    if (one.share && one.gain)
      text += llvm::formatv(", {0:P1} of its values are beyond; minmax errs {1:F1} dB less", *one.share,
                            *one.gain)
                  .str();
    text += "\n";
  }
  if (!clipped.empty())
    text += llvm::formatv("clipped too much: {0} of {1} tensors; --method minmax keeps all that was seen\n",
                          clipped.size(), tensors)
                .str();
  return text;
}

std::string quantizeText(const QuantizeReport &report) {
  const QuantizationChoice &choice = report.choice;
  std::string text = llvm::formatv("{0}: {1} of {2} convolutions and matrix products", choice.formText(),
                                   choice.quantized, choice.contractions)
                         .str();
  if (choice.multiplyAdds)
    text += llvm::formatv(", {0:P1} of their multiply-adds",
                          share(choice.quantizedMultiplyAdds, choice.multiplyAdds))
                .str();
  text += llvm::formatv("; {0} stored in integers\n", counted(choice.tensors, "tensor")).str();
  for (const auto &[how, count] : choice.ranges)
    text += message("  ", counted(count, "tensor"), ": ", how.first, ", range by ", how.second, "\n");
  for (const KeptFloat &kept : choice.kept)
    text += llvm::formatv("  float: {0}: {1}\n", printable(kept.node), printable(kept.reason)).str();
  if (report.calibrationSamples)
    text += message("calibrated with ", counted(report.calibrationSamples, "sample"), "\n");
  text += clippedText(report.clipped, report.choice.tensors);
  for (const OutputComparison &output : report.accuracy) {
    text += llvm::formatv("accuracy: {0}: {1}, cosine {2:F5}", printable(output.outputName()),
                          decibelsText(output.signalToNoise()), output.cosine())
                .str();
    if (int64_t count = output.notComparable())
      text += llvm::formatv(", {0} elements finite in one only", count).str();
    if (auto same = output.sameChoice())
      text += llvm::formatv(", same greatest element in {0:P1} of {1} rows", *same, output.choices()).str();
    text += llvm::formatv(report.unseen ? " ({0} that calibration did not see)\n" : " ({0})\n",
                          counted(report.heldBack, "sample"))
                .str();
  }
  if (auto speedup = report.speedup())
    text += llvm::formatv("time: float {0} ms, {1} {2} ms: {3:F2} times as fast, {4}, {5}\n",
                          milliseconds(report.speed->baselines.front().p50Ms), choice.formText(),
                          milliseconds(report.speed->model.p50Ms), speedup->ratio,
                          counted(report.speed->model.threads, "thread"), report.speed->cpu)
                .str();
  return text;
}

std::string recipeJson(const quantize::Recipe &recipe) {
  return jsonDocument([&](llvm::json::OStream &json) {
    json.attributeArray("rules", [&] {
      for (const quantize::Rule &rule : recipe.rules)
        json.object([&] {
          if (!rule.operators.empty())
            json.attribute("op", jsonTexts(rule.operators));
          if (!rule.node.empty())
            json.attribute("node", jsonText(rule.node));
          if (!rule.tensor.empty())
            json.attribute("tensor", jsonText(rule.tensor));
          for (const auto &[key, value] : rule.settings)
            json.attribute(jsonText(key), jsonText(value));
        });
    });
  });
}

std::string quantizeJson(const QuantizeReport &report, const std::string &output) {
  const QuantizationChoice &choice = report.choice;
  return jsonDocument([&](llvm::json::OStream &json) {
    json.attribute("output", jsonText(output));
    json.attribute("bytes", static_cast<int64_t>(report.output.size()));
    json.attribute("contractions", choice.contractions);
    json.attribute("quantized_contractions", choice.quantized);
    json.attribute("multiply_adds", choice.multiplyAdds);
    json.attribute("quantized_multiply_adds", choice.quantizedMultiplyAdds);
    json.attribute("quantized_tensors", choice.tensors);
    json.attributeArray("ranges", [&] {
      for (const auto &[how, count] : choice.ranges)
        json.object([&] {
          json.attribute("storage", how.first);
          json.attribute("method", how.second);
          json.attribute("tensors", count);
        });
    });
    json.attributeArray("forms", [&] {
      for (const std::string &form : choice.forms)
        json.value(form);
    });
    json.attributeArray("kept_float", [&] {
      for (const KeptFloat &kept : choice.kept)
        json.object([&] {
          json.attribute("node", jsonText(kept.node));
          json.attribute("reason", jsonText(kept.reason));
        });
    });
    json.attribute("calibration_samples", report.calibrationSamples);
    json.attribute("held_back_samples", report.heldBack);
    json.attributeArray("accuracy", [&] {
      for (const OutputComparison &one : report.accuracy)
        json.object([&] {
          json.attribute("output", jsonText(one.outputName()));
          json.attribute("sqnr_db", jsonNumber(one.signalToNoise()));
          json.attribute("cosine", jsonNumber(one.cosine()));
          json.attribute("not_comparable", one.notComparable());
          json.attribute("same_choice",
                         one.sameChoice() ? jsonNumber(*one.sameChoice()) : llvm::json::Value(nullptr));
          json.attribute("choices", one.choices());
        });
    });
    bool timed = report.speedup().has_value();
    json.attribute("float_p50_ms",
                   timed ? jsonNumber(report.speed->baselines.front().p50Ms) : llvm::json::Value(nullptr));
    json.attribute("quantized_p50_ms",
                   timed ? jsonNumber(report.speed->model.p50Ms) : llvm::json::Value(nullptr));
    json.attribute("threads",
                   timed ? llvm::json::Value(report.speed->model.threads) : llvm::json::Value(nullptr));
    json.attributeArray("clipped_tensors", [&] {
      for (const ClippedTensor &one : report.clipped)
        json.object([&] {
          json.attribute("tensor", jsonText(one.tensor));
          json.attribute("method", jsonText(one.method));
          json.attribute("least", jsonNumber(one.chosen.least));
          json.attribute("greatest", jsonNumber(one.chosen.greatest));
          json.attribute("seen_least", jsonNumber(one.seen.least));
          json.attribute("seen_greatest", jsonNumber(one.seen.greatest));
          json.attribute("share", numberOrNull(one.share));
          json.attribute("minmax_gain_db", numberOrNull(one.gain));
        });
    });
    json.attributeArray("notes", [&] {
      for (const std::string &note : report.notes)
        json.value(jsonText(note));
    });
  });
}

} // namespace limbeck::session
