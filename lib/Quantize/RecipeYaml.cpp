// Recipes as YAML, read node by node so that each complaint has its line.
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
  double least = 0, greatest = 0;
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
#include "limbeck/Quantize/RecipeSettings.def"
  };
  return settings;
}

static std::string nearest(std::string_view word, const std::vector<std::string> &words) {
  return *std::ranges::min_element(words, {},
                                   [&](const std::string &other) { return editDistance(word, other); });
}

static std::string quotedList(const std::vector<std::string> &words) {
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
  if (!setting->words.empty()) {
    if (std::ranges::find(setting->words, value) != setting->words.end())
      return {};
    return error(Code::Parse, "expected ", key, " to be one of ", quotedList(setting->words), ", found '",
                 value, "'")
        .withHint(message("the nearest is '", nearest(value, setting->words), "'"));
  }
  std::optional<double> number = toNumber(value);
  // Written so that NaN is outside.
  if (!number || !(*number >= setting->least && *number <= setting->greatest))
    return error(Code::Parse, "expected ", key, " to be a number from ", setting->least, " to ",
                 setting->greatest, ", found '", value, "'");
  auto whole = static_cast<int64_t>(*number);
  if (key == "block" && (static_cast<double>(whole) != *number || (whole & (whole - 1)) != 0))
    return error(Code::Parse, "expected block to be a power of two, found ", value);
  return {};
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
    for (yaml::Node &rule : *list)
      LIMBECK_TRY(readRule(&rule, recipe.rules.emplace_back()));
    return {};
  }

  Status readRule(yaml::Node *node, Rule &rule) {
    return forEach(node, "a rule",
                   [&](yaml::Node *keyNode, const std::string &key, yaml::Node *value) -> Status {
                     if (key == "op")
                       return readOperators(value, rule);
                     LIMBECK_ASSIGN(std::string text, scalar(value, key));
                     if (key == "node" || key == "tensor") {
                       (key == "node" ? rule.node : rule.tensor) = text;
                       return {};
                     }
                     if (std::ranges::find(allSettings(), key, &Setting::key) == allSettings().end()) {
                       std::vector<std::string> keys = {"node", "tensor", "op"};
                       for (const Setting &setting : allSettings())
                         keys.push_back(setting.key);
                       return at(keyNode, unknownKey(key, keys));
                     }
                     if (Status status = checkSetting(key, text); !status.ok())
                       return at(value, status.diagnostic());
                     rule.settings[key] = text;
                     return {};
                   });
  }

  Status readOperators(yaml::Node *node, Rule &rule) {
    if (auto *list = llvm::dyn_cast_or_null<yaml::SequenceNode>(node)) {
      for (yaml::Node &item : *list) {
        LIMBECK_ASSIGN(std::string text, scalar(&item, "an operator"));
        rule.operators.push_back(std::move(text));
      }
    } else {
      LIMBECK_ASSIGN(std::string text, scalar(node, "op"));
      rule.operators.push_back(std::move(text));
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

/// In quotes, as a regular expression may hold what YAML reads otherwise.
static std::string quoted(const std::string &text) {
  std::string result = "'";
  for (char letter : text)
    result += letter == '\'' ? "''" : std::string(1, letter);
  return result + "'";
}

std::string recipeText(const Recipe &recipe) {
  std::string text = recipe.rules.empty() ? "version: 1\nrules: []\n" : "version: 1\nrules:\n";
  for (const Rule &rule : recipe.rules) {
    const char *lead = "  - ";
    auto line = [&](const std::string &key, const std::string &value) {
      text += lead + key + ": " + value + "\n";
      lead = "    ";
    };
    if (!rule.operators.empty())
      line("op", "[" + quotedList(rule.operators) + "]");
    if (!rule.node.empty())
      line("node", quoted(rule.node));
    if (!rule.tensor.empty())
      line("tensor", quoted(rule.tensor));
    // In the order in which they are documented.
    for (const Setting &setting : allSettings())
      if (auto found = rule.settings.find(setting.key); found != rule.settings.end())
        line(setting.key, found->second);
  }
  return text;
}

} // namespace limbeck::quantize
