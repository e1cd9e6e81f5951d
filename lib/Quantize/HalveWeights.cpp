// `--precision f16`: convolutions and matrix products of floats keep their weights in f16.
#include "limbeck/Graph/IR/Constants.h"
#include "limbeck/Quantize/Passes.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Remarks.h"
#include "mlir/IR/TypeUtilities.h"
#include <algorithm>
#include <cmath>

namespace limbeck::quantize {
#define GEN_PASS_DEF_HALVEWEIGHTSPASS
#include "limbeck/Quantize/Passes.h.inc"

namespace {

/// Why the weights stay as they are, or nothing.
llvm::StringRef refusal(graph::AnchorOpInterface op) {
  auto weights = graph::constantOf(op.getAnchorWeights());
  if (!weights)
    return "its weights are no constant";
  constexpr float overflow = 65520;       // halfway between the greatest f16 and the next step
  constexpr float leastNormal = 0x1p-14f; // below, f16 has fewer digits, and in the end none
  float greatest = 0;
  for (float weight : weights->values<float>())
    greatest = std::max(greatest, std::fabs(weight));
  if (greatest >= overflow)
    return "its weights exceed the range of f16";
  if (greatest > 0 && greatest < leastNormal)
    return "its weights are below the normal numbers of f16";
  return "";
}

struct HalveWeightsPass : impl::HalveWeightsPassBase<HalveWeightsPass> {
  void runOnOperation() override {
    auto precision = getOperation()->getAttrOfType<mlir::StringAttr>(kPrecisionAttribute);
    if (!precision || precision.getValue() != "f16")
      return;
    getOperation()->walk([this](graph::AnchorOpInterface op) {
      auto isF32 = [](mlir::Value value) { return mlir::getElementTypeOrSelf(value.getType()).isF32(); };
      if (!isF32(op.getAnchorInput()) || !isF32(op.getAnchorWeights()) || !isF32(op->getResult(0)))
        return;
      if (llvm::StringRef reason = refusal(op); !reason.empty()) {
        mlir::remark::missed(op->getLoc(),
                             mlir::remark::RemarkOpts::name("kept-precision").category("quantize"))
            << mlir::remark::reason("{0}: {1}", op->getName().stripDialect().str(), reason.str());
        return;
      }
      halve(op);
    });
  }

private:
  void halve(graph::AnchorOpInterface op) {
    mlir::OpBuilder b(op);
    mlir::Value weights = op.getAnchorWeights();
    auto type = mlir::cast<mlir::RankedTensorType>(weights.getType()).clone(b.getF16Type());
    op->setOperand(1, graph::CastOp::create(b, weights.getLoc(), type, weights, b.getF16Type()));
    op->setAttr("accumulate", mlir::TypeAttr::get(b.getF32Type()));
    ++halved;
  }
};

} // namespace
} // namespace limbeck::quantize
