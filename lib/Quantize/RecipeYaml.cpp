// Recipes as YAML, read node by node so that each complaint has its line.
#include "limbeck/Import/Rules.h"
#include "limbeck/Quantize/Recipe.h"
#include "limbeck/Support/EditDistance.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/YAMLParser.h"
#include <algorithm>
#include <charconv>
#include <set>

namespace limbeck::quantize {

namespace yaml = llvm::yaml;

namespace {
struct Setting {
  std::string key;
  std::vector<std::string> words; ///< empty for a number
  double least = 0, greatest = 0; ///< equal for a word
};
} // namespace

static std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> words;
  for (size_t at = 0; at < text.size();) {
    size_t end = std::min(text.find(' ', at), text.size());
    words.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

static const std::vector<Setting> &allSettings() {
  static const std::vector<Setting> settings = {
#define LIMBECK_WORD(key, initial, words, about) {#key, split(words), 0, 0},
#define LIMBECK_NUMBER(key, initial, least, greatest, about) {#key, {}, least, greatest},
#define LIMBECK_WORD_OR_NUMBER(key, initial, words, least, greatest, about)                                  \
  {#key, split(words), least, greatest},
#include "limbeck/Quantize/RecipeSettings.def"
  };
  return settings;
}

static std::string nearest(std::string_view word, const std::vector<std::string> &words) {
  return *std::ranges::min_element(words, {},
                                   [&](const std::string &other) { return editDistance(word, other); });
}

static std::string list(const std::vector<std::string> &words) {
  std::string text;
  for (const std::string &word : words)
    text += (text.empty() ? "" : ", ") + word;
  return text;
}

static std::optional<double> toNumber(std::string_view text) {
  double value = 0;
  auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size())
    return std::nullopt;
  return value;
}

/// Without digits that say nothing.
static std::string shortText(double value) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

static Diagnostic unknownKey(std::string_view key, const std::vector<std::string> &keys) {
  return error(Code::Parse, "unknown key '", key, "'")
      .withHint(message("the nearest key is '", nearest(key, keys), "'"));
}

Status checkSetting(const std::string &key, const std::string &value) {
  auto setting = std::ranges::find(allSettings(), key, &Setting::key);
  if (setting == allSettings().end()) {
    std::vector<std::string> keys;
    for (const Setting &known : allSettings())
      keys.push_back(known.key);
    return unknownKey(key, keys);
  }
  bool takesNumbers = setting->least < setting->greatest;
  if (std::ranges::find(setting->words, value) != setting->words.end())
    return {};
  if (!setting->words.empty() && !(takesNumbers && toNumber(value))) {
    return error(Code::Parse, "expected ", key, " to be one of ", list(setting->words),
                 takesNumbers ? message(" or a number from ", shortText(setting->least), " to ",
                                        shortText(setting->greatest))
                              : "",
                 ", found '", value, "'")
        .withHint(message("the nearest is '", nearest(value, setting->words), "'"));
  }
  std::optional<double> number = toNumber(value);
  // Written so that NaN is outside.
  if (!number || !(*number >= setting->least && *number <= setting->greatest))
    return error(Code::Parse, "expected ", key, " to be a number from ", shortText(setting->least), " to ",
                 shortText(setting->greatest), ", found '", value, "'");
  auto whole = static_cast<int64_t>(*number);
  bool digits = std::ranges::all_of(value, [](char letter) { return letter >= '0' && letter <= '9'; });
  if (key == "block" && (!digits || (whole & (whole - 1)) != 0))
    return error(Code::Parse, "expected block to be a power of two in digits, found '", value, "'");
  return {};
}

Status checkOperator(const std::string &name) {
  std::vector<std::string> names;
  for (const importer::Rule *rule : importer::allRules())
    names.emplace_back(rule->opType);
  if (std::ranges::find(names, name) != names.end())
    return {};
  return error(Code::Parse, "expected an operator of ONNX, found '", name, "'")
      .withHint(message("the nearest is '", nearest(name, names), "'"));
}

/// Keys that speak of how ops compute and how weights are stored: of no use in a rule with `tensor`.
static bool isOfOps(std::string_view key) {
  constexpr std::string_view ofTensors[] = {"activations", "symmetric", "method", "percentile"};
  return std::ranges::find(ofTensors, key) == std::end(ofTensors);
}

double Decision::number(const std::string &key) const {
  return toNumber(settings.at(key)).value_or(0);
}

namespace {
class Reader {
public:
  Reader(std::string_view text, std::string file)
      : file(std::move(file)),
        stream(llvm::StringRef(text.data(), text.size()), sources, /*ShowColors=*/false) {
    sources.setDiagHandler(
        [](const llvm::SMDiagnostic &found, void *reader) {
          auto &first = static_cast<Reader *>(reader)->syntaxError;
          if (!first)
            first = error(Code::Parse, "expected YAML: ", found.getMessage().lower())
                        .atFile(message(static_cast<Reader *>(reader)->file, ":", found.getLineNo()));
        },
        this);
  }

  Expected<Recipe> read() {
    Expected<Recipe> recipe = readDocument();
    return syntaxError ? Expected<Recipe>(*syntaxError) : std::move(recipe);
  }

private:
  /// What could not be parsed is no node: the syntax error says where.
  Diagnostic at(yaml::Node *node, Diagnostic diagnostic) {
    if (!node)
      return diagnostic.atFile(file);
    auto [line, column] = sources.getLineAndColumn(node->getSourceRange().Start);
    return diagnostic.atFile(message(file, ":", line));
  }
  template <class... Pieces> Diagnostic at(yaml::Node *node, const Pieces &...pieces) {
    return at(node, error(Code::Parse, pieces...));
  }

  Expected<std::string> scalar(yaml::Node *node, std::string_view what) {
    llvm::SmallString<64> storage;
    if (auto *text = llvm::dyn_cast_or_null<yaml::ScalarNode>(node))
      return text->getValue(storage).str();
    return at(node, "expected ", what, " to be a word, a number or a text");
  }

  /// Calls `use` with each key and value; no key comes twice.
  Status forEach(yaml::Node *node, std::string_view what,
                 llvm::function_ref<Status(yaml::Node *, const std::string &, yaml::Node *)> use) {
    auto *mapping = llvm::dyn_cast_or_null<yaml::MappingNode>(node);
    if (!mapping)
      return at(node, "expected ", what, " to be keys with values");
    std::set<std::string> seen;
    for (yaml::KeyValueNode &entry : *mapping) {
      LIMBECK_ASSIGN(std::string key, scalar(entry.getKey(), "a key"));
      if (!seen.insert(key).second)
        return at(entry.getKey(), "expected the key '", key, "' once, found it twice");
      LIMBECK_TRY(use(entry.getKey(), key, entry.getValue()));
    }
    return {};
  }

  Expected<Recipe> readDocument() {
    yaml::document_iterator document = stream.begin();
    yaml::Node *root = document == stream.end() ? nullptr : document->getRoot();
    if (!root || llvm::isa<yaml::NullNode>(root) || syntaxError)
      return error(Code::Parse, "expected a recipe, found nothing").atFile(file);
    Recipe recipe;
    bool versioned = false;
    LIMBECK_TRY(forEach(
        root, "a recipe", [&](yaml::Node *keyNode, const std::string &key, yaml::Node *value) -> Status {
          if (key == "rules")
            return readRules(value, recipe);
          if (key != "version")
            return at(keyNode, unknownKey(key, {"version", "rules"}));
          LIMBECK_ASSIGN(std::string version, scalar(value, "version"));
          versioned = true;
          return version == "1" ? Status() : at(value, "expected version 1, found '", version, "'");
        }));
    if (!versioned)
      return at(root, error(Code::Parse, "expected the key 'version'").withHint("this is version 1"));
    if (++document != stream.end())
      return error(Code::Parse, "expected one YAML document, found several").atFile(file);
    return recipe;
  }

  Status readRules(yaml::Node *node, Recipe &recipe) {
    auto *list = llvm::dyn_cast_or_null<yaml::SequenceNode>(node);
    if (!list)
      return at(node, "expected rules to be a list");
    for (yaml::Node &rule : *list) {
      LIMBECK_TRY(readRule(&rule, recipe.rules.emplace_back()));
      for (const auto &[key, value] : recipe.rules.back().settings)
        if (!recipe.rules.back().tensor.empty() && isOfOps(key))
          return at(
              &rule,
              error(Code::Parse, "expected settings of a tensor in a rule with 'tensor', found '", key, "'")
                  .withHint("a rule with 'node' or 'op' says what is quantized and how weights are stored"));
    }
    return {};
  }

  /// In front of a look at the value: whoever misspells `op` gives it a list.
  Status checkKey(yaml::Node *node, const std::string &key) {
    std::vector<std::string> keys = {"node", "tensor", "op"};
    for (const Setting &setting : allSettings())
      keys.push_back(setting.key);
    return std::ranges::find(keys, key) == keys.end() ? at(node, unknownKey(key, keys)) : Status();
  }

  Status readRule(yaml::Node *node, Rule &rule) {
    return forEach(
        node, "a rule", [&](yaml::Node *keyNode, const std::string &key, yaml::Node *value) -> Status {
          if (key == "op")
            return readOperators(value, rule);
          LIMBECK_TRY(checkKey(keyNode, key));
          if ((key == "node" || key == "tensor") && llvm::isa_and_present<yaml::SequenceNode>(value))
            return at(value,
                      error(Code::Parse, "expected ", key, " to be one regular expression, found a list")
                          .withHint("'a|b' matches what a or b matches"));
          LIMBECK_ASSIGN(std::string text, scalar(value, key));
          if (key == "node" || key == "tensor") {
            if (Status status = checkExpression(text); !status.ok())
              return at(value, status.diagnostic());
            (key == "node" ? rule.node : rule.tensor) = text;
            return {};
          }
          if (Status status = checkSetting(key, text); !status.ok())
            return at(value, status.diagnostic());
          rule.settings[key] = text;
          return {};
        });
  }

  Status readOperator(yaml::Node *node, Rule &rule) {
    LIMBECK_ASSIGN(std::string text, scalar(node, "op"));
    if (Status status = checkOperator(text); !status.ok())
      return at(node, status.diagnostic());
    rule.operators.push_back(std::move(text));
    return {};
  }

  Status readOperators(yaml::Node *node, Rule &rule) {
    if (auto *list = llvm::dyn_cast_or_null<yaml::SequenceNode>(node)) {
      for (yaml::Node &item : *list) {
        LIMBECK_TRY(readOperator(&item, rule));
      }
    } else {
      LIMBECK_TRY(readOperator(node, rule));
    }
    return rule.operators.empty() ? at(node, "expected op to name an operator") : Status();
  }

  std::string file;
  llvm::SourceMgr sources;
  yaml::Stream stream;
  std::optional<Diagnostic> syntaxError;
};
} // namespace

Expected<Recipe> parseRecipe(std::string_view text, const std::string &file) {
  return Reader(text, file).read();
}

/// In quotes, as a regular expression may hold what YAML reads otherwise; double ones where something must be escaped.
static std::string quoted(const std::string &text) {
  bool plain =
      std::ranges::none_of(text, [](unsigned char letter) { return letter < ' ' || letter == 0x7f; });
  std::string result(1, plain ? '\'' : '"');
  for (unsigned char letter : text) {
    char escape[8];
    if (plain)
      result += letter == '\'' ? "''" : std::string(1, static_cast<char>(letter));
    else if (letter < ' ' || letter == 0x7f || letter == '"' || letter == '\\')
      result.append(escape, static_cast<size_t>(std::snprintf(escape, sizeof escape, "\\x%02x", letter)));
    else
      result += static_cast<char>(letter);
  }
  return result + result.front();
}

static bool isWord(const std::string &text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](unsigned char letter) { return std::isalnum(letter); });
}

/// Keys and values.
static std::vector<std::pair<std::string, std::string>> conditions(const Rule &rule) {
  std::vector<std::pair<std::string, std::string>> pairs;
  std::vector<std::string> operators;
  for (const std::string &name : rule.operators)
    operators.push_back(isWord(name) ? name : quoted(name));
  if (!operators.empty())
    pairs.emplace_back("op", "[" + list(operators) + "]");
  if (!rule.node.empty())
    pairs.emplace_back("node", quoted(rule.node));
  if (!rule.tensor.empty())
    pairs.emplace_back("tensor", quoted(rule.tensor));
  return pairs;
}

std::string conditionText(const Rule &rule) {
  std::string text;
  for (const auto &[key, value] : conditions(rule))
    text += (text.empty() ? "" : ", ") + key + ": " + value;
  return text;
}

std::string recipeText(const Recipe &recipe) {
  return recipe.rules.empty() ? "version: 1\nrules: []\n" : "version: 1\nrules:\n" + rulesText(recipe);
}

/// Whether a rule sets `key` to anything but `initial`.
static bool asksFor(const Recipe &recipe, const std::string &key, std::string_view initial) {
  return std::ranges::any_of(recipe.rules, [&](const Rule &rule) {
    auto found = rule.settings.find(key);
    return found != rule.settings.end() && found->second != initial;
  });
}

bool asksForSmoothing(const Recipe &recipe) {
  return asksFor(recipe, "smooth", "none");
}

std::string scalingText(const Recipe &recipe) {
  if (!asksForSmoothing(recipe) && !asksFor(recipe, "equalize", "false"))
    return "";
  Recipe reduced;
  for (Rule rule : recipe.rules) {
    std::erase_if(rule.settings, [](const auto &setting) {
      return setting.first != "quantize" && setting.first != "granularity" && setting.first != "equalize" &&
             setting.first != "smooth";
    });
    if (!rule.settings.empty())
      reduced.rules.push_back(std::move(rule));
  }
  return rulesText(reduced);
}

std::string rulesText(const Recipe &recipe) {
  std::string text;
  for (const Rule &rule : recipe.rules) {
    const char *lead = "  - ";
    auto line = [&](const std::string &key, const std::string &value) {
      text += lead + key + ": " + value + "\n";
      lead = "    ";
    };
    for (const auto &[key, value] : conditions(rule))
      line(key, value);
    // In the order in which they are documented.
    for (const Setting &setting : allSettings())
      if (auto found = rule.settings.find(setting.key); found != rule.settings.end())
        line(setting.key, found->second);
  }
  return text;
}

} // namespace limbeck::quantize
