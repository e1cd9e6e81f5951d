// Shorthands become rules here, so that whatever reads a recipe knows nothing of flags.
#include "RecipeFlags.h"
#include "limbeck/Support/File.h"

namespace limbeck::command {

static constexpr const char *group = "What is quantized, and how";

void addFormFlags(CLI::App &command, RecipeFlags &flags) {
  command.add_flag("--dynamic", flags.dynamic, "ranges of activations when the model runs")->group(group);
  command.add_option("--weight-only", flags.weightOnly, "weights in int8 or int4, activations as they are")
      ->type_name("T")
      ->group(group);
}

void addRecipeFlags(CLI::App &command, RecipeFlags &flags) {
  auto add = [&](const char *flag, auto &value, const char *about, const char *type) {
    return command.add_option(flag, value, about)->type_name(type)->group(group);
  };
  add("--recipe", flags.recipe, "rules; the default ones come before them, flags behind", "recipe.yaml");
  add("--method", flags.method, "how ranges are chosen: minmax, avg-minmax, percentile, entropy, mse", "M");
  add("--percentile", flags.percentile,
      "how many values in a hundred a range holds; implies --method percentile", "P");
  add("--exclude", flags.exclude, "nodes that stay float", "REGEX");
  add("--op-types", flags.operators, "operators to quantize, and no other", "A,B")->delimiter(',');
  add("--activations", flags.activations, "how activations are stored: u8, s8, u16, s16", "T");
  command
      .add_flag("--per-tensor", flags.perTensor, "one scale for all weights of an op, not one per channel")
      ->group(group);
}

static std::vector<quantize::Rule> shorthandRules(const RecipeFlags &flags) {
  std::vector<quantize::Rule> rules;
  auto set = [&](const char *key, const std::string &value) { rules.emplace_back().settings[key] = value; };
  if (!flags.operators.empty()) {
    set("quantize", "none");
    rules.emplace_back().operators = flags.operators;
    rules.back().settings["quantize"] = "static";
  }
  if (!flags.percentile.empty()) {
    set("method", "percentile");
    rules.back().settings["percentile"] = flags.percentile;
  }
  if (!flags.method.empty())
    set("method", flags.method);
  if (!flags.activations.empty())
    set("activations", flags.activations);
  if (flags.perTensor)
    set("granularity", "tensor");
  if (flags.dynamic) {
    rules.emplace_back().operators = {"Conv", "Gemm", "MatMul"};
    rules.back().settings["quantize"] = "dynamic";
    rules.emplace_back().operators = {"ConvTranspose"};
    rules.back().settings["quantize"] = "none";
  }
  if (!flags.weightOnly.empty()) {
    set("quantize", "none");
    rules.emplace_back().operators = {"Gemm", "MatMul"};
    rules.back().settings = {{"quantize", "weights"}};
    if (flags.weightOnly == "int4") {
      rules.back().settings["weights"] = "s4";
      rules.back().settings["granularity"] = "block";
      rules.back().settings["block"] = "32";
    }
  }
  if (!flags.exclude.empty()) {
    set("quantize", "none");
    rules.back().node = flags.exclude;
  }
  return rules;
}

Expected<quantize::Recipe> readRecipe(const RecipeFlags &flags) {
  quantize::Recipe recipe;
  if (!flags.recipe.empty()) {
    LIMBECK_ASSIGN(std::vector<std::byte> bytes, readFile(flags.recipe));
    LIMBECK_ASSIGN(recipe, quantize::parseRecipe({reinterpret_cast<const char *>(bytes.data()), bytes.size()},
                                                 flags.recipe));
  }
  for (quantize::Rule &rule : shorthandRules(flags)) {
    for (const auto &[key, value] : rule.settings)
      LIMBECK_TRY(quantize::checkSetting(key, value));
    recipe.rules.push_back(std::move(rule));
  }
  LIMBECK_TRY(quantize::RecipeMatcher::create(recipe).status());
  return recipe;
}

} // namespace limbeck::command
