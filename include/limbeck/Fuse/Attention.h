// A region of two matrix products with a softmax between them: what stage Fuse joins and stage Lower writes one kernel for.
//
//   scores = query * key;  probabilities = softmax(.. scores ..);  result = .. probabilities .. * value;  .. result ..
//
// with pointwise ops where the dots are, a transpose in front of each operand and one behind all.
#pragma once
#include "limbeck/Graph/IR/Limbeck.h"
#include <optional>

namespace limbeck::fuse {

struct Attention {
  graph::MatmulOp scores, values;
  graph::SoftmaxOp softmax;
  graph::TransposeOp result; ///< behind all, or null
};

/// The attention that a region computes and yields, once or several times, or nothing.
std::optional<Attention> attentionIn(graph::FusedOp region);

/// Rows of scores that a kernel computes together, at most.
inline constexpr int64_t kMostRowsOfScores = 16;

} // namespace limbeck::fuse
