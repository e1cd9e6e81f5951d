// A plan as JSON and as text.
#include "limbeck/Session/Json.h"
#include "limbeck/Session/Plan.h"
#include "llvm/Support/FormatVariadic.h"

namespace limbeck::session {

std::string planJson(const Plan &plan) {
  return jsonDocument([&](llvm::json::OStream &json) {
    json.attribute("model", jsonText(plan.model));
    json.attributeArray("kernels", [&] {
      for (const PlannedKernel &kernel : plan.kernels)
        json.object([&] {
          json.attribute("kind", kernel.kind);
          json.attribute("nodes", jsonTexts(kernel.nodes));
          json.attribute("ops", jsonTexts(kernel.ops));
          json.attribute("precision", kernel.precision);
          json.attribute("layout", kernel.layout);
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
    json.attributeArray("unfused", [&] {
      for (const KeptFloat &kept : plan.unfused)
        json.object([&] {
          json.attribute("nodes", jsonTexts(kept.nodes));
          json.attribute("reason", jsonText(kept.reason));
        });
    });
    json.attribute("transposes_before", plan.transposesBefore);
    json.attribute("transposes_after", plan.transposesAfter);
  });
}

static std::string nodeList(const std::vector<std::string> &nodes) {
  std::string text;
  for (const std::string &node : nodes)
    text += (text.empty() ? "" : ", ") + node;
  return text;
}

std::string planText(const Plan &plan) {
  std::string text = llvm::formatv("{0}: {1} kernels\n{2,-16} {3,-18} {4,-7} {5}\n", plan.model,
                                   plan.kernels.size(), "kernel", "precision", "layout", "nodes")
                         .str();
  for (const PlannedKernel &kernel : plan.kernels)
    text += llvm::formatv("{0,-16} {1,-18} {2,-7} {3}\n", kernel.kind, kernel.precision,
                          kernel.layout.empty() ? "-" : kernel.layout, nodeList(kernel.nodes))
                .str();
  text += llvm::formatv("transposes: {0} before the layout stage, {1} behind it\n", plan.transposesBefore,
                        plan.transposesAfter)
              .str();
  for (const RemainingConversion &conversion : plan.conversions)
    text += llvm::formatv("stays: {0} of {1}: {2}\n", conversion.op, nodeList(conversion.nodes),
                          conversion.reason)
                .str();
  for (const KeptFloat &kept : plan.unfused)
    text += llvm::formatv("in float: {0}: {1}\n", nodeList(kept.nodes), kept.reason).str();
  return text;
}

} // namespace limbeck::session
