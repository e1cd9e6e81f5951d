// Recipes: YAML in and out, complaints, and which rule wins.
#include "limbeck/Quantize/Recipe.h"
#include <algorithm>
#include <gtest/gtest.h>

namespace limbeck::test {
namespace {

using namespace quantize;

std::string complaint(std::string_view text) {
  auto recipe = parseRecipe(text, "r.yaml");
  if (!recipe.ok())
    return recipe.diagnostic().text();
  auto matcher = RecipeMatcher::create(std::move(*recipe));
  return matcher.ok() ? "none" : matcher.diagnostic().text();
}

RecipeMatcher matcherOf(std::string_view text) {
  auto recipe = parseRecipe(text, "r.yaml");
  EXPECT_TRUE(recipe.ok()) << recipe.diagnostic().text();
  return std::move(*RecipeMatcher::create(std::move(*recipe)));
}

TEST(RecipeTest, TextReadsBackAsItWas) {
  const std::string text =
      "version: 1\nrules:\n"
      "  - op: [Conv, MatMul]\n    node: '^it''s [a-z]+$'\n    quantize: static\n    percentile: 99.99\n"
      "  - tensor: 'x'\n    activations: s16\n";
  auto recipe = parseRecipe(text, "r.yaml");
  ASSERT_TRUE(recipe.ok()) << recipe.diagnostic().text();
  EXPECT_EQ(recipe->rules[0].node, "^it's [a-z]+$");
  EXPECT_EQ(recipeText(*recipe), text);
  EXPECT_EQ(recipeText(*parseRecipe(recipeText(defaultRecipe()), "d")), recipeText(defaultRecipe()));
  EXPECT_TRUE(parseRecipe(recipeText(Recipe()), "r").ok());
  EXPECT_GE(defaultRecipe().rules.size(), 2u);
}

TEST(RecipeTest, AnyTextComesBack) {
  for (const char *name : {"it's", "a: b # c", "two\nlines", "\"\\ \t", "- x", "\xc3\xa4\n"}) {
    Recipe recipe;
    recipe.rules.emplace_back().node = name;
    recipe.rules.back().settings["quantize"] = "none";
    auto read = parseRecipe(recipeText(recipe), "r.yaml");
    ASSERT_TRUE(read.ok()) << recipeText(recipe);
    EXPECT_EQ(read->rules[0].node, name);
  }
}

TEST(RecipeTest, LaterRulesWin) {
  RecipeMatcher matcher = matcherOf("version: 1\nrules:\n"
                                    "  - op: Conv\n    quantize: static\n    method: mse\n"
                                    "  - node: head\n    quantize: none\n"
                                    "  - tensor: ^x$\n    method: minmax\n"
                                    "  - op: Erf\n    method: entropy\n");
  Decision body = matcher.decideOp("body/conv", "Conv"), head = matcher.decideOp("the head", "Conv");
  EXPECT_EQ(body["quantize"], "static");
  EXPECT_EQ(body.rules.at("quantize"), 0u);
  EXPECT_EQ(head["quantize"], "none");
  EXPECT_EQ(head["method"], "mse");
  EXPECT_EQ(matcher.decideOp("n", "Add")["quantize"], "none");
  // Rules about tensors say nothing of ops.
  std::vector<OpNames> conv{{"n", "Conv"}};
  EXPECT_EQ(matcher.decideTensor(conv, "x")["method"], "minmax");
  EXPECT_EQ(matcher.decideTensor(conv, "xx")["method"], "mse");
  EXPECT_EQ(matcher.decideTensor(conv, "")["method"], "mse");
  EXPECT_EQ(matcher.unusedRules(), std::vector<size_t>{3});
}

TEST(RecipeTest, ARuleForAnyReaderIsOneForTheTensor) {
  RecipeMatcher matcher = matcherOf("version: 1\nrules:\n"
                                    "  - node: ^c2$\n    activations: s16\n    method: mse\n"
                                    "  - node: ^c3$\n    activations: s8\n"
                                    "  - node: ^c\n    op: MatMul\n    activations: u16\n");
  std::vector<OpNames> readers{{"c2", "Conv"}, {"c3", "Conv"}, {"m", "MatMul"}};
  // The order of readers does not matter, and no rule is put together from two of them.
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(matcher.decideTensor(readers, "r")["activations"], "s8");
    EXPECT_EQ(matcher.decideTensor(readers, "r")["method"], "mse");
    std::rotate(readers.begin(), readers.begin() + 1, readers.end());
  }
}

TEST(RecipeTest, NumbersAndDefaults) {
  RecipeMatcher matcher = matcherOf("version: 1\nrules: []\n");
  Decision decision = matcher.decideOp("n", "Conv");
  EXPECT_EQ(decision.number("percentile"), 99.999);
  EXPECT_EQ(decision["activations"], "u8");
  EXPECT_TRUE(decision.rules.empty());
}

TEST(RecipeTest, SixteenBitsHoldAllThatWasSeen) {
  RecipeMatcher matcher = matcherOf("version: 1\nrules:\n"
                                    "  - op: [Conv, MatMul]\n    activations: s16\n"
                                    "  - op: Gemm\n    activations: u16\n"
                                    "  - op: MatMul\n    method: avg-minmax\n");
  EXPECT_EQ(matcher.decideOp("n", "Conv")["method"], "minmax");
  EXPECT_EQ(matcher.decideOp("n", "Gemm")["method"], "minmax");
  EXPECT_EQ(matcher.decideOp("n", "MatMul")["method"], "avg-minmax") << "a rule says so";
  EXPECT_EQ(matcher.decideOp("n", "Add")["method"], "avg-minmax") << "8 bits";
}

TEST(RecipeTest, WordsOrNumbers) {
  EXPECT_TRUE(quantize::checkSetting("smooth", "auto").ok());
  EXPECT_TRUE(quantize::checkSetting("smooth", "0.5").ok());
  EXPECT_FALSE(quantize::checkSetting("smooth", "1.5").ok());
  EXPECT_FALSE(quantize::checkSetting("smooth", "some").ok());
}

TEST(RecipeTest, ScalingIsWhatMovesFactors) {
  auto scaling = [](const std::string &rules) {
    auto recipe = quantize::parseRecipe("version: 1\nrules:\n" + rules, "recipe");
    return recipe.ok() ? quantize::scalingText(*recipe) : recipe.diagnostic().text();
  };
  EXPECT_EQ(scaling("  - method: mse\n  - smooth: none\n    equalize: false\n"), "");
  // How ranges are chosen says nothing; what stays float does.
  EXPECT_EQ(
      scaling(
          "  - method: mse\n  - smooth: auto\n    percentile: 99.9\n  - node: 'head'\n    quantize: none\n"),
      "  - smooth: auto\n  - node: 'head'\n    quantize: none\n");
}

TEST(RecipeTest, WhatNothingHearsIsSaid) {
  auto notes = [](const std::string &rules) {
    return idleSettings(*parseRecipe("version: 1\nrules:\n" + rules, "r.yaml"));
  };
  using Notes = std::vector<std::string>;
  EXPECT_EQ(notes("  - percentile: 99\n"),
            Notes{"rule 1: percentile: 99 does nothing where no rule sets method: percentile"});
  EXPECT_EQ(notes("  - percentile: 99\n  - op: Conv\n    method: percentile\n"), Notes());
  EXPECT_EQ(notes("  - op: Conv\n  - activation_granularity: row\n    quantize: static\n"),
            (Notes{"rule 1 sets nothing: op: [Conv]",
                   "rule 2: activation_granularity: row does nothing where no rule sets quantize: dynamic"}));
  EXPECT_EQ(notes("  - quantize: dynamic\n    smooth: 0.5\n    equalize: false\n"),
            Notes{"rule 1: smooth: 0.5 does nothing with quantize: dynamic"});
  EXPECT_EQ(notes("  - block: 64\n"),
            Notes{"rule 1: block: 64 does nothing where no rule sets granularity: block"});
  EXPECT_EQ(idleSettings(defaultRecipe()), Notes());
}

TEST(RecipeTest, ComplaintsNameLineAndMend) {
  struct Case {
    const char *text, *complaint;
  };
  for (const Case &it : {
           Case{"", "expected a recipe, found nothing"},
           Case{"version: 2\n", "r.yaml:1: error: [E-PARSE] expected version 1, found '2'"},
           Case{"rules: []\n", "expected the key 'version'"},
           Case{"version: 1\nrule: []\n",
                "r.yaml:2: error: [E-PARSE] unknown key 'rule'; the nearest key is 'rules'"},
           Case{"version: 1\nrules:\n  - op: Conv\n    metod: mse\n",
                "r.yaml:4: error: [E-PARSE] unknown key 'metod'; the nearest key is 'method'"},
           Case{"version: 1\nrules:\n  - method: avgminmax\n",
                "found 'avgminmax'; the nearest is 'avg-minmax'"},
           Case{"version: 1\nrules:\n  - percentile: 49\n", "expected percentile to be a number from 50"},
           Case{"version: 1\nrules:\n  - percentile: nan\n", "expected percentile to be a number"},
           Case{"version: 1\nrules:\n  - block: 48\n",
                "expected block to be a power of two in digits, found '48'"},
           Case{"version: 1\nrules:\n  - block: 3.2e1\n",
                "expected block to be a power of two in digits, found '3.2e1'"},
           Case{"version: 1\nrules:\n  - op: Cnov\n", "r.yaml:3: error: [E-PARSE] expected an operator of "
                                                      "ONNX, found 'Cnov'; the nearest is 'Conv'"},
           Case{"version: 1\nrules:\n  - tensor: x\n    quantize: none\n",
                "r.yaml:3: error: [E-PARSE] expected settings of a tensor in a rule with 'tensor', found "
                "'quantize'"},
           Case{"version: 1\nrules:\n  - method: mse\n  - node: '['\n",
                "r.yaml:4: error: [E-PARSE] expected a regular expression"},
           Case{"version: 1\nrules:\n  - method: mse\n    method: mse\n", "expected the key 'method' once"},
           Case{"version: 1\nrules: 3\n", "expected rules to be a list"},
           Case{"version: 1\nrules: [3]\n", "expected a rule to be keys with values"},
           Case{"version: 1\nrules:\n  - op: []\n", "expected op to name an operator"},
           Case{"version: 1\nrules:\n  - op: {a: b}\n", "expected op to be a word"},
           Case{"version: 1\n---\nversion: 1\n", "expected one YAML document"},
           Case{"version: '1\n", "expected YAML"},
           Case{"version: 1\nrules:\n  - ops: [Conv, MatMul]\n",
                "r.yaml:3: error: [E-PARSE] unknown key 'ops'; the nearest key is 'op'"},
           Case{"version: 1\nrules:\n  - node: [a, b]\n",
                "r.yaml:3: error: [E-PARSE] expected node to be one regular expression, found a list; 'a|b' "
                "matches what a or b matches"},
           Case{"version: 1\nrules:\n  - method: [mse]\n", "expected method to be a word"},
           Case{"version: 1\nrules:\n  - node: '('\n", "expected a regular expression, found '('"},
       })
    EXPECT_NE(complaint(it.text).find(it.complaint), std::string::npos) << it.text << "\n"
                                                                        << complaint(it.text);
  EXPECT_EQ(complaint("version: 1\n"), "none");
}

} // namespace
} // namespace limbeck::test
