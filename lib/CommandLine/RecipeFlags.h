// Flags that say what is quantized and how, of all commands that take a recipe.
#pragma once
#include "limbeck/Quantize/Recipe.h"
#include <CLI/CLI.hpp>

namespace limbeck::command {

struct RecipeFlags {
  std::string recipe; ///< a file; the others stand for a rule each
  std::string method, activations, exclude, percentile, weightOnly;
  std::string dynamic; ///< int8 or int4; empty where activations have fixed ranges
  std::vector<std::string> operators;
  std::string smooth; ///< auto or a number; empty: none
  bool perTensor = false, perRow = false, accurate = false, correctBias = false, equalize = false;
};

/// --recipe --method --percentile --exclude --op-types --activations --per-tensor --accurate --correct-bias --equalize --smooth
void addRecipeFlags(CLI::App &command, RecipeFlags &flags);
/// --dynamic --per-row --weight-only: for commands that make a model, not only statistics of one.
void addFormFlags(CLI::App &command, RecipeFlags &flags);

/// The rules that the flags beside --recipe stand for. E-FLAG for values that no setting has, and for flags that change nothing.
Expected<quantize::Recipe> shorthandRecipe(const RecipeFlags &flags);
/// The rules of the file and, behind them, those of the other flags. Errors of the file and of shorthandRecipe.
Expected<quantize::Recipe> readRecipe(const RecipeFlags &flags);

} // namespace limbeck::command
