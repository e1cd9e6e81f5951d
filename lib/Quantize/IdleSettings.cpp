// What a recipe says that no op and no tensor will ever hear: each setting that stands on another one asks whether that is there.
#include "limbeck/Quantize/Recipe.h"
#include <algorithm>

namespace limbeck::quantize {

namespace {
struct Condition {
  std::string_view key, idle; ///< a setting, and the value with which it says nothing
  std::string_view needs, value;
};
} // namespace

/// Settings that another rule has to make heard.
constexpr Condition kConditions[] = {
    {"percentile", "", "method", "percentile"},
    {"activation_granularity", "tensor", "quantize", "dynamic"},
    {"block", "", "granularity", "block"},
};

/// Settings of activations with ranges that calibration finds, each with the value that asks for nothing.
constexpr std::pair<std::string_view, std::string_view> kOfRanges[] = {
    {"activations", ""},      {"symmetric", "false"}, {"method", ""},     {"percentile", ""},
    {"correct_bias", "none"}, {"equalize", "false"},  {"smooth", "none"},
};

static const std::string *settingOf(const Rule &rule, std::string_view key) {
  auto found = rule.settings.find(std::string(key));
  return found == rule.settings.end() ? nullptr : &found->second;
}

static bool sets(const Recipe &recipe, std::string_view key, std::string_view value) {
  return std::ranges::any_of(recipe.rules, [&](const Rule &rule) {
    const std::string *found = settingOf(rule, key);
    return found && *found == value;
  });
}

std::vector<std::string> idleSettings(const Recipe &recipe) {
  std::vector<std::string> notes;
  for (size_t i = 0; i < recipe.rules.size(); ++i) {
    const Rule &rule = recipe.rules[i];
    auto idle = [&](std::string_view key, const std::string &value, std::string_view why) {
      notes.push_back(message("rule ", i + 1, ": ", key, ": ", value, " does nothing ", why));
    };
    if (rule.settings.empty())
      notes.push_back(message("rule ", i + 1, " sets nothing: ", conditionText(rule)));
    for (const Condition &condition : kConditions)
      if (const std::string *value = settingOf(rule, condition.key);
          value && *value != condition.idle && !sets(recipe, condition.needs, condition.value))
        idle(condition.key, *value, message("where no rule sets ", condition.needs, ": ", condition.value));
    const std::string *form = settingOf(rule, "quantize");
    if (!form || (*form != "dynamic" && *form != "weights"))
      continue;
    for (const auto &[key, initial] : kOfRanges)
      if (const std::string *value = settingOf(rule, key); value && *value != initial)
        idle(key, *value, "with quantize: " + *form);
  }
  return notes;
}

} // namespace limbeck::quantize
