// A plan as JSON and as text.
#include "limbeck/Session/Json.h"
#include "limbeck/Session/Plan.h"
#include "limbeck/Support/Printable.h"
#include "limbeck/Support/Status.h"
#include "llvm/Support/FormatVariadic.h"

namespace limbeck::session {

static void writeKept(llvm::json::OStream &json, const char *name, const std::vector<PlanRemark> &list) {
  json.attributeArray(name, [&] {
    for (const PlanRemark &kept : list)
      json.object([&] {
        json.attribute("nodes", jsonTexts(kept.nodes));
        json.attribute("reason", jsonText(kept.reason));
      });
  });
}

std::string planJson(const Plan &plan) {
  return jsonDocument([&](llvm::json::OStream &json) {
    json.attribute("model", jsonText(plan.model));
    json.attribute("precision", plan.precision);
    json.attribute("targets", jsonTexts(plan.targets));
    json.attribute("software_fma", jsonTexts(plan.softwareFma));
    json.attributeArray("memory", [&] {
      for (const PlannedMemory &memory : plan.memory)
        json.object([&] {
          json.attribute("arena_bytes", memory.arenaBytes);
          json.attribute("live_bytes", memory.liveBytes);
          json.attribute("weight_bytes", memory.weightBytes);
        });
    });
    json.attributeArray("kernels", [&] {
      for (const PlannedKernel &kernel : plan.kernels)
        json.object([&] {
          json.attribute("kind", kernel.kind);
          json.attribute("nodes", jsonTexts(kernel.nodes));
          json.attribute("ops", jsonTexts(kernel.ops));
          json.attribute("precision", kernel.precision);
          json.attribute("layout", kernel.layout);
          json.attributeArray("families", [&] {
            for (const PlannedCode &code : kernel.code)
              json.value(jsonText(code.family));
          });
          json.attributeArray("tiles", [&] {
            for (const PlannedCode &code : kernel.code)
              json.value(jsonText(code.tile));
          });
          json.attributeArray("forms", [&] {
            for (const PlannedCode &code : kernel.code)
              json.value(jsonTexts(code.forms));
          });
        });
    });
    json.attributeArray("nodes", [&] {
      for (const PlannedNode &node : plan.nodes)
        json.object([&] {
          json.attribute("name", jsonText(node.name));
          json.attribute("op", jsonText(node.op));
          json.attribute("kernels", jsonIntegers(node.kernels));
        });
    });
    json.attributeArray("conversions", [&] {
      for (const RemainingConversion &conversion : plan.conversions)
        json.object([&] {
          json.attribute("op", conversion.op);
          json.attribute("nodes", jsonTexts(conversion.nodes));
          json.attribute("reason", conversion.reason);
        });
    });
    writeKept(json, "unfused", plan.unfused);
    writeKept(json, "copies", plan.copies);
    writeKept(json, "scores_in_memory", plan.scoresInMemory);
    writeKept(json, "whole_batches", plan.wholeBatches);
    writeKept(json, "in_f32", plan.inF32);
    json.attribute("transposes_before", plan.transposesBefore);
    json.attribute("transposes_after", plan.transposesAfter);
  });
}

static std::string nodeList(const std::vector<std::string> &nodes) {
  std::string text;
  for (const std::string &node : nodes)
    text += (text.empty() ? "" : ", ") + printable(node);
  return text;
}

/// `vnni tile 14x2 (packed, clamp)`.
static std::string codeText(const PlannedCode &code) {
  std::string text = code.family + (code.tile.empty() ? "" : " " + code.tile), forms;
  for (const std::string &form : code.forms)
    forms += (forms.empty() ? "" : ", ") + form;
  return forms.empty() ? text : text + " (" + forms + ")";
}

static std::string kernelsText(const Plan &plan) {
  std::string text = llvm::formatv("{0,6} {1,-16} {2,-18} {3,-7}", "kernel", "kind", "precision", "layout");
  std::vector<size_t> widths;
  for (size_t target = 0; target < plan.targets.size(); ++target) {
    size_t width = plan.targets[target].size();
    for (const PlannedKernel &kernel : plan.kernels)
      width = std::max(width, codeText(kernel.code[target]).size());
    widths.push_back(width + 1);
    text += " " + plan.targets[target] + std::string(width - plan.targets[target].size(), ' ');
  }
  text += " nodes\n";
  for (size_t i = 0; i < plan.kernels.size(); ++i) {
    const PlannedKernel &kernel = plan.kernels[i];
    text += llvm::formatv("{0,6} {1,-16} {2,-18} {3,-7}", i, kernel.kind, kernel.precision,
                          kernel.layout.empty() ? "-" : kernel.layout)
                .str();
    for (size_t target = 0; target < widths.size(); ++target) {
      std::string code = " " + codeText(kernel.code[target]);
      text += code + std::string(widths[target] - code.size(), ' ');
    }
    text += " " + nodeList(kernel.nodes) + "\n";
  }
  return text;
}

static std::string nodesText(const Plan &plan) {
  std::string text = "nodes:\n";
  for (const PlannedNode &node : plan.nodes) {
    std::string kernels;
    for (size_t kernel : node.kernels)
      kernels += (kernels.empty() ? "kernel " : ", ") + std::to_string(kernel);
    text += message("  ", printable(node.name), " (", printable(node.op),
                    "): ", kernels.empty() ? "folded" : kernels, "\n");
  }
  return text;
}

std::string planText(const Plan &plan) {
  std::string text = message(printable(plan.model), ": ", plan.kernels.size(), " kernels\n",
                             kernelsText(plan), nodesText(plan));
  for (size_t i = 0; i < plan.targets.size(); ++i)
    text += message("memory: ", plan.targets[i], ": ", plan.memory[i].arenaBytes, " bytes of temporaries (",
                    plan.memory[i].liveBytes, " live at one time), ", plan.memory[i].weightBytes,
                    " bytes of weights\n");
  for (const std::string &target : plan.softwareFma)
    text += message("fma: ", target,
                    " has none: floats are multiplied and added by a correctly rounded software one\n");
  text += llvm::formatv("transposes: {0} before the layout stage, {1} behind it\n", plan.transposesBefore,
                        plan.transposesAfter)
              .str();
  for (const RemainingConversion &conversion : plan.conversions)
    text += llvm::formatv("stays: {0} of {1}: {2}\n", conversion.op, nodeList(conversion.nodes),
                          conversion.reason)
                .str();
  for (const PlanRemark &kept : plan.unfused)
    text += llvm::formatv("in float: {0}: {1}\n", nodeList(kept.nodes), printable(kept.reason, 1000)).str();
  for (const PlanRemark &kept : plan.copies)
    text += llvm::formatv("copied: {0}: {1}\n", nodeList(kept.nodes), printable(kept.reason, 1000)).str();
  for (const PlanRemark &kept : plan.scoresInMemory)
    text += llvm::formatv("in memory: {0}: {1}\n", nodeList(kept.nodes), printable(kept.reason, 1000)).str();
  for (const PlanRemark &kept : plan.wholeBatches)
    text +=
        llvm::formatv("whole batch: {0}: {1}\n", nodeList(kept.nodes), printable(kept.reason, 1000)).str();
  for (const PlanRemark &kept : plan.inF32)
    text += llvm::formatv("in f32: {0}: {1}\n", nodeList(kept.nodes), printable(kept.reason, 1000)).str();
  return text;
}

} // namespace limbeck::session
