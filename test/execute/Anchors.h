// Operands of convolutions and matrix products in all their forms, shared by the generators that draw them.
#pragma once
#include "CaseBuilder.h"

namespace limbeck::test {

struct AnchorShapes {
  Shape x, w;
  int64_t channels = 1;    ///< length of the bias
  int64_t weightAxis = -1; ///< along which weights may have parameters of their own
  int64_t depth = 1;       ///< products per result
};

/// Draws x, weights and perhaps a bias in the form of `b`, adds the op, and returns its result. Notes in the case
/// that `fuse-qdq` may change a step.
ValueId drawAnchor(CaseBuilder &b, std::string_view name, Attributes attributes, const AnchorShapes &shapes);
/// The same on a value that is there already: floats, or quantized for the typed form.
ValueId drawAnchorOn(CaseBuilder &b, std::string_view name, Attributes attributes, const AnchorShapes &shapes,
                     ValueId x);
/// x of an anchor in the form of `b`.
ValueId drawAnchorInput(CaseBuilder &b, const Shape &shape);

Attributes convolutionAttributes(Draw &draw, bool padded);
AnchorShapes matmulShapes(Draw &draw);
AnchorShapes convolutionShapes(Draw &draw, Attributes &attributes, bool transposed);

} // namespace limbeck::test
