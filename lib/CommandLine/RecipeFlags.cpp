// Shorthands become rules here, so that whatever reads a recipe knows nothing of flags.
#include "RecipeFlags.h"
#include "limbeck/Support/File.h"
#include <algorithm>
#include <iterator>
#include <tuple>

namespace limbeck::command {

static std::string joined(const std::vector<std::string> &words) {
  std::string text;
  for (const std::string &word : words)
    text += (text.empty() ? "" : ", ") + word;
  return text;
}

static constexpr const char *group = "What is quantized, and how";

void addFormFlags(CLI::App &command, RecipeFlags &flags) {
  command
      .add_flag(
          "--dynamic{int8}", flags.dynamic,
          "ranges of activations when the model runs; --dynamic=int4: weights of matrix products in 4 bits")
      ->group(group);
  command.add_flag("--per-row", flags.perRow, "with --dynamic: one scale for each row of activations")
      ->group(group);
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
  command
      .add_flag("--accurate", flags.accurate,
                "contractions in integers and all between them in float, with what keeps their errors small")
      ->group(group);
  command
      .add_flag("--correct-bias", flags.correctBias,
                "take the mean error of each channel, as runs on the samples show it, off its bias")
      ->group(group);
  command
      .add_flag("--equalize", flags.equalize,
                "weights of contractions behind one another in ranges of one size, channel by channel")
      ->group(group);
  command
      .add_flag("--smooth{auto}", flags.smooth,
                "move the size of large channels of activations into weights; --smooth=0.5: by that power")
      ->group(group);
}

static bool fourBits(const RecipeFlags &flags) {
  return flags.dynamic == "int4" || flags.weightOnly == "int4";
}

/// The flags that say in what form contractions are quantized, the one that is given or none.
static std::string formFlag(const RecipeFlags &flags) {
  return flags.accurate              ? "--accurate"
         : !flags.dynamic.empty()    ? "--dynamic"
         : !flags.weightOnly.empty() ? "--weight-only"
                                     : "";
}

/// What that flag is for.
static std::vector<std::string> formOperators(const RecipeFlags &flags) {
  if (flags.accurate)
    return {"Conv", "ConvTranspose", "Gemm", "MatMul"};
  return flags.dynamic.empty() ? std::vector<std::string>{"Gemm", "MatMul"}
                               : std::vector<std::string>{"Conv", "Gemm", "MatMul"};
}

/// Of those, the ones that --op-types leaves.
static std::vector<std::string> chosenOperators(const RecipeFlags &flags) {
  std::vector<std::string> chosen = formOperators(flags);
  if (!flags.operators.empty())
    std::erase_if(chosen, [&](const std::string &name) {
      return std::ranges::find(flags.operators, name) == flags.operators.end();
    });
  return chosen;
}

static std::vector<quantize::Rule> shorthandRules(const RecipeFlags &flags) {
  std::vector<quantize::Rule> rules;
  auto set = [&](const char *key, const std::string &value) { rules.emplace_back().settings[key] = value; };
  bool form = !formFlag(flags).empty();
  if (!flags.operators.empty() && !form) {
    set("quantize", "none");
    rules.emplace_back().operators = flags.operators;
    rules.back().settings["quantize"] = "static";
  }
  if (!flags.percentile.empty()) {
    set("method", "percentile");
    rules.back().settings["percentile"] = flags.percentile;
  } else if (!flags.method.empty()) {
    set("method", flags.method);
  }
  if (!flags.activations.empty())
    set("activations", flags.activations);
  if (flags.perTensor)
    set("granularity", "tensor");
  if (flags.correctBias)
    set("correct_bias", "runs");
  if (flags.equalize)
    set("equalize", "true");
  if (!flags.smooth.empty() && !flags.accurate)
    set("smooth", flags.smooth);
  if (form) {
    set("quantize", "none");
    std::vector<std::string> chosen = chosenOperators(flags);
    rules.emplace_back().operators = chosen;
    if (flags.accurate)
      rules.back().settings = {{"quantize", "static"},
                               {"weight_method", "mse"},
                               {"keep_sums", "depthwise"},
                               {"correct_bias", "runs"},
                               {"smooth", flags.smooth.empty() ? "auto" : flags.smooth}};
    else
      rules.back().settings["quantize"] = flags.dynamic.empty() ? "weights" : "dynamic";
    if (flags.perRow)
      rules.back().settings["activation_granularity"] = "row";
    std::erase(chosen, "Conv");
    if (fourBits(flags) && !chosen.empty()) {
      rules.emplace_back().operators = chosen;
      rules.back().settings = {{"weights", "s4"}, {"granularity", "block"}, {"block", "32"}};
    }
  }
  if (!flags.exclude.empty()) {
    set("quantize", "none");
    rules.back().node = flags.exclude;
  }
  return rules;
}

/// What is wrong with the value of a flag.
static Status atFlag(const char *flag, Status status) {
  if (!status.ok()) {
    status.diagnostic().code = Code::Flag;
    status.diagnostic().message = message(flag, ": ", status.diagnostic().message);
  }
  return status;
}

static Status checkValues(const RecipeFlags &flags) {
  const std::tuple<const char *, const char *, const std::string &> settings[] = {
      {"--method", "method", flags.method},
      {"--percentile", "percentile", flags.percentile},
      {"--activations", "activations", flags.activations},
      {"--smooth", "smooth", flags.smooth}};
  for (const auto &[flag, key, value] : settings)
    if (!value.empty())
      LIMBECK_TRY(atFlag(flag, quantize::checkSetting(key, value)));
  for (const std::string &name : flags.operators)
    LIMBECK_TRY(atFlag("--op-types", quantize::checkOperator(name)));
  return atFlag("--exclude", quantize::checkExpression(flags.exclude));
}

/// A flag that changes nothing is a mistake of whoever gave it.
static Status checkTogether(const RecipeFlags &flags) {
  if (!flags.percentile.empty() && !flags.method.empty() && flags.method != "percentile")
    return error(Code::Flag, "expected --method percentile with --percentile, found ", flags.method);
  std::string form = formFlag(flags);
  bool dynamic = !flags.dynamic.empty();
  if (!form.empty() && chosenOperators(flags).empty())
    return error(Code::Flag, "expected --op-types among ", joined(formOperators(flags)), " with ", form,
                 ", found ", joined(flags.operators));
  if (!dynamic && flags.weightOnly.empty())
    return {};
  if (flags.accurate)
    return error(Code::Flag, "expected one of --accurate and ", dynamic ? "--dynamic" : "--weight-only",
                 ", found both");
  const std::pair<const char *, bool> ofRanges[] = {{"--method", !flags.method.empty()},
                                                    {"--percentile", !flags.percentile.empty()},
                                                    {"--activations", !flags.activations.empty()},
                                                    {"--correct-bias", flags.correctBias},
                                                    {"--equalize", flags.equalize},
                                                    {"--smooth", !flags.smooth.empty()}};
  for (const auto &[flag, given] : ofRanges)
    if (given)
      return error(Code::Flag, "expected no ", flag, " with ", form,
                   dynamic ? ": ranges are taken when the model runs" : ": activations stay as they are");
  if (flags.perTensor && fourBits(flags))
    return error(Code::Flag,
                 "expected no --per-tensor with weights of int4, which have a scale for each block");
  return {};
}

Expected<quantize::Recipe> shorthandRecipe(const RecipeFlags &flags) {
  LIMBECK_TRY(checkValues(flags));
  LIMBECK_TRY(checkTogether(flags));
  return quantize::Recipe{shorthandRules(flags)};
}

Expected<quantize::Recipe> readRecipe(const RecipeFlags &flags) {
  quantize::Recipe recipe;
  if (!flags.recipe.empty()) {
    LIMBECK_ASSIGN(std::vector<std::byte> bytes, readFile(flags.recipe));
    LIMBECK_ASSIGN(recipe, quantize::parseRecipe({reinterpret_cast<const char *>(bytes.data()), bytes.size()},
                                                 flags.recipe));
  }
  LIMBECK_ASSIGN(quantize::Recipe shorthands, shorthandRecipe(flags));
  std::ranges::move(shorthands.rules, std::back_inserter(recipe.rules));
  return recipe;
}

} // namespace limbeck::command
