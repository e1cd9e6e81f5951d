// The table of rules, built from the families named in RuleFamilies.def.
#include "RuleRegistry.h"
#include <algorithm>
#include <tuple>

namespace limbeck::importer {

static const RuleList &rules() {
  static const RuleList list = [] {
    RuleList all;
#define LIMBECK_RULES(name) add##name##Rules(all);
#include "limbeck/Import/RuleFamilies.def"
    std::sort(all.begin(), all.end(), [](const Rule &a, const Rule &b) {
      return std::tie(a.domain, a.opType, a.firstOpset) < std::tie(b.domain, b.opType, b.firstOpset);
    });
    return all;
  }();
  return list;
}

const Rule *findRule(std::string_view domain, std::string_view opType, int64_t opset) {
  const RuleList &list = rules();
  auto rule = std::lower_bound(
      list.begin(), list.end(), std::tie(domain, opType),
      [](const Rule &a, const auto &wanted) { return std::tie(a.domain, a.opType) < wanted; });
  for (; rule != list.end() && rule->domain == domain && rule->opType == opType; ++rule)
    if (opset >= rule->firstOpset && opset <= rule->lastOpset)
      return &*rule;
  return nullptr;
}

std::vector<const Rule *> allRules() {
  std::vector<const Rule *> all;
  for (const Rule &rule : rules())
    all.push_back(&rule);
  return all;
}

std::string supportedOpsets(std::string_view domain, std::string_view opType) {
  for (const Rule &rule : rules())
    if (rule.domain == domain && rule.opType == opType)
      return message("it is supported from opset ", rule.firstOpset,
                     rule.lastOpset == INT64_MAX ? std::string(" on") : message(" to ", rule.lastOpset));
  return "";
}

} // namespace limbeck::importer
