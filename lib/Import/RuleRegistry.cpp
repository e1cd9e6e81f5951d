// The table of rules, built from the families named in RuleFamilies.def.
#include "RuleRegistry.h"
#include <algorithm>
#include <numeric>
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

/// Levenshtein distance.
static size_t editDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t(0));
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i + 1);
    for (size_t j = 0; j < b.size(); ++j) {
      size_t change = diagonal + (a[i] != b[j]);
      diagonal = row[j + 1];
      row[j + 1] = std::min({change, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

static std::string qualified(const Rule &rule) {
  return (rule.domain.empty() ? "" : std::string(rule.domain) + ".") + std::string(rule.opType);
}

std::string nearestSupported(std::string_view domain, std::string_view opType) {
  const Rule *nearest = nullptr;
  constexpr size_t longest = 64; // names of real ops are shorter, and the distance costs length squared
  size_t distance = opType.size() > longest ? 0 : std::max<size_t>(2, opType.size() / 3) + 1;
  for (const Rule &rule : rules()) {
    if (rule.domain == domain && rule.opType == opType)
      return message("it is supported from opset ", rule.firstOpset,
                     rule.lastOpset == INT64_MAX ? std::string(" on") : message(" to ", rule.lastOpset));
    if (size_t found = distance == 0 ? 0 : editDistance(opType, rule.opType); found < distance) {
      nearest = &rule;
      distance = found;
    }
  }
  return nearest ? "the nearest supported op is " + qualified(*nearest) : "";
}

} // namespace limbeck::importer
