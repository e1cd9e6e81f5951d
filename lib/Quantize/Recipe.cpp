// What the rules of a recipe say about an op or a tensor.
#include "limbeck/Quantize/Recipe.h"
#include "llvm/Support/Regex.h"
#include <algorithm>

namespace limbeck::quantize {

static constexpr std::string_view kDefaultRecipe = R"(version: 1
rules:
  # Contractions: where the time goes.
  - op: [Conv, ConvTranspose, Gemm, MatMul]
    quantize: static
  # What may stand between them in 8 bits. An op of these is quantized where its operands are there in 8 bits and a quantized
  # op reads its result; norms, softmax and what else is sensitive to rounding stay float.
  - op: [Add, Sub, Mul, Div, Neg, Abs, Min, Max, Sum, Relu, LeakyRelu, PRelu, Elu, Clip, HardSigmoid, HardSwish, Sigmoid, Tanh,
         Softplus, Erf, Gelu, MaxPool, AveragePool, GlobalMaxPool, GlobalAveragePool, ReduceMean, Concat, Resize, Upsample]
    quantize: static
)";

const Recipe &defaultRecipe() {
  static const Recipe recipe = [] {
    auto parsed = parseRecipe(kDefaultRecipe, "the default recipe");
    return parsed ? std::move(*parsed) : Recipe();
  }();
  return recipe;
}

struct RecipeMatcher::State {
  Recipe recipe;
  std::vector<llvm::Regex> nodes, tensors; ///< by rule; one that matches all where the rule says nothing
  std::vector<bool> used;
};

RecipeMatcher::RecipeMatcher(std::unique_ptr<State> state) : state(std::move(state)) {}
RecipeMatcher::RecipeMatcher(RecipeMatcher &&) = default;
RecipeMatcher::~RecipeMatcher() = default;

/// An empty pattern, which says nothing, is not one that llvm::Regex takes.
static Expected<llvm::Regex> compiled(const std::string &pattern) {
  if (pattern.empty())
    return llvm::Regex("");
  llvm::Regex regex(pattern);
  if (std::string problem; !regex.isValid(problem))
    return error(Code::Parse, "expected a regular expression, found '", pattern, "': ", problem);
  return regex;
}

Status checkExpression(const std::string &pattern) {
  return compiled(pattern).status();
}

Expected<RecipeMatcher> RecipeMatcher::create(Recipe recipe) {
  auto state = std::make_unique<State>();
  for (const Rule &rule : recipe.rules) {
    LIMBECK_ASSIGN(llvm::Regex node, compiled(rule.node));
    LIMBECK_ASSIGN(llvm::Regex tensor, compiled(rule.tensor));
    state->nodes.push_back(std::move(node));
    state->tensors.push_back(std::move(tensor));
  }
  state->used.resize(recipe.rules.size());
  state->recipe = std::move(recipe);
  return RecipeMatcher(std::move(state));
}

const Recipe &RecipeMatcher::recipe() const {
  return state->recipe;
}

static Decision initialDecision() {
  return {{
#define LIMBECK_WORD(key, initial, words, about) {#key, initial},
#define LIMBECK_NUMBER(key, initial, least, greatest, about) {#key, initial},
#define LIMBECK_WORD_OR_NUMBER(key, initial, words, least, greatest, about) {#key, initial},
#include "limbeck/Quantize/RecipeSettings.def"
          },
          {}};
}

Decision RecipeMatcher::decideTensor(std::span<const OpNames> readers, std::string_view tensor) const {
  Decision decision = initialDecision();
  for (size_t i = 0; i < state->recipe.rules.size(); ++i) {
    const Rule &rule = state->recipe.rules[i];
    bool readerFits = std::ranges::any_of(readers, [&](const OpNames &reader) {
      return (rule.node.empty() || state->nodes[i].match(reader.node)) &&
             (rule.operators.empty() ||
              std::ranges::find(rule.operators, reader.operatorType) != rule.operators.end());
    });
    bool tensorFits = rule.tensor.empty() || (!tensor.empty() && state->tensors[i].match(tensor));
    if (!readerFits || !tensorFits)
      continue;
    state->used[i] = true;
    for (const auto &[key, value] : rule.settings) {
      decision.settings[key] = value;
      decision.rules[key] = i;
    }
  }
  // Means of extremes cut the rare large values, which pays where steps are wide; 16 bits have steps to spare.
  if (!decision.rules.contains("method") && decision.settings["activations"].ends_with("16"))
    decision.settings["method"] = "minmax";
  return decision;
}

Decision RecipeMatcher::decideOp(std::string_view node, std::string_view operatorType) const {
  OpNames op{node, operatorType};
  return decideTensor({&op, 1}, "");
}

std::vector<size_t> RecipeMatcher::unusedRules() const {
  std::vector<size_t> unused;
  for (size_t i = 0; i < state->used.size(); ++i)
    if (!state->used[i])
      unused.push_back(i);
  return unused;
}

} // namespace limbeck::quantize
