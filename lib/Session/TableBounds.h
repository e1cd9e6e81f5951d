// Which inputs choose rows of tables, such as the ids of tokens: beyond the ends of a table, its first or last row stands for them.
#pragma once
#include "limbeck/Import/Model.h"

namespace limbeck::session {

struct TableBound {
  size_t input;     ///< index among the model's inputs
  int64_t rows;     ///< ids from -rows to rows - 1 are in the table
  std::string node; ///< that looks up
};

/// Of each input the smallest table, through what leaves ids as they are.
std::vector<TableBound> tableBoundsOf(const importer::Model &model);

} // namespace limbeck::session
