// What of a model is quantized, and how: rules in order, of which later ones win.
//
//   version: 1
//   rules:
//     - op: [Conv, MatMul]          # whom the rule is for: op, node, tensor; none: everything
//       quantize: static            # what it sets: see RecipeSettings.def
//       method: percentile
//       percentile: 99.99
//     - node: "^head/"
//       quantize: none
//
// The default recipe stands before the rules of a user. `op` lists operators of the source, `node` and `tensor` are regular
// expressions that match anywhere in a name. A rule with `tensor` speaks of how a tensor is stored, the others also of ops.
#pragma once
#include "limbeck/Support/Status.h"
#include <map>
#include <memory>
#include <span>

namespace limbeck::quantize {

struct Rule {
  std::string node, tensor;           ///< regular expressions; empty: all
  std::vector<std::string> operators; ///< of the source; empty: all
  std::map<std::string, std::string> settings;
};

struct Recipe {
  std::vector<Rule> rules;
};

/// Settings by key, and the rule that set each last.
struct Decision {
  std::map<std::string, std::string> settings;
  std::map<std::string, size_t> rules;

  const std::string &operator[](const std::string &key) const { return settings.at(key); }
  double number(const std::string &key) const;
};

/// E-PARSE with file and line: for text that is no YAML of this form, unknown keys (the nearest one is named) and values out of range.
Expected<Recipe> parseRecipe(std::string_view text, const std::string &file);
/// E-PARSE unless key and value are among those of RecipeSettings.def.
Status checkSetting(const std::string &key, const std::string &value);
/// E-PARSE unless the importer knows an operator of this name; the nearest one is named.
Status checkOperator(const std::string &name);
/// E-PARSE for what is no regular expression.
Status checkExpression(const std::string &pattern);
/// As parseRecipe reads it.
std::string recipeText(const Recipe &recipe);
/// The rules alone, as they stand in it.
std::string rulesText(const Recipe &recipe);
/// Whom a rule is for, on one line: `op: [Conv], node: '^head/'`.
std::string conditionText(const Rule &rule);
/// What the rules of a recipe say about moving factors between constants (equalize and smooth), and for which contractions: what the
/// statistics of a model hang on beside the model. Empty where nothing moves.
std::string scalingText(const Recipe &recipe);
/// A note for each setting of the rules that nothing will hear, whatever the model: one that another setting has to make heard, and a rule
/// that sets nothing. What the default recipe sets makes none of them heard.
std::vector<std::string> idleSettings(const Recipe &recipe);
/// Whether a rule asks for smoothing.
bool asksForSmoothing(const Recipe &recipe);
/// The rules that stand before those of a user: docs/quantize.md shows them.
const Recipe &defaultRecipe();

/// An op as rules see it.
struct OpNames {
  std::string_view node, operatorType;
};

/// Answers what the rules say about ops and tensors; their expressions are compiled once.
class RecipeMatcher {
public:
  /// E-PARSE for what is no regular expression.
  static Expected<RecipeMatcher> create(Recipe recipe);
  RecipeMatcher(RecipeMatcher &&);
  ~RecipeMatcher();

  const Recipe &recipe() const;
  /// Rules with `tensor` are left out.
  Decision decideOp(std::string_view node, std::string_view operatorType) const;
  /// How a tensor is stored that these ops read: a rule for one of them is a rule for the tensor.
  Decision decideTensor(std::span<const OpNames> readers, std::string_view tensor) const;
  /// Rules that matched nothing so far: most likely a mistake of their author.
  std::vector<size_t> unusedRules() const;

private:
  struct State;
  explicit RecipeMatcher(std::unique_ptr<State> state);
  std::unique_ptr<State> state;
};

} // namespace limbeck::quantize
