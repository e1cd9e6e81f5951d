// Concats whose operands are written behind one another by the kernels that compute them.
//
// Such a concat stands in the graph itself, in no region: a name for the buffer that its operands are windows of. Lower gives them
// that buffer. An operand that is used elsewhere, too, becomes two results of its region: storing twice costs less than reading
// again, and whoever reads sees a dense tensor.
#include "Regions.h"
#include "limbeck/Fuse/Passes.h"
#include "limbeck/Graph/IR/Rewriting.h"
#include "mlir/IR/Remarks.h"

namespace limbeck::fuse {
#define GEN_PASS_DEF_JOINCONCATSPASS
#include "limbeck/Fuse/Passes.h.inc"

namespace {

/// A part of a joined concat may be a joined concat itself, and no more: who looks for the owner of a buffer walks through all.
bool hasJoinedPart(mlir::Operation *join) {
  return llvm::any_of(join->getOperands(), [](mlir::Value part) {
    mlir::Operation *maker = part.getDefiningOp();
    return maker && graph::isJoin(maker);
  });
}

/// Whether a kernel may write whole rows of pixels at once, as those of convolutions with groups do.
bool writesRows(mlir::Operation *maker) {
  if (graph::isJoin(maker))
    return llvm::any_of(maker->getOperands(),
                        [](mlir::Value part) { return writesRows(part.getDefiningOp()); });
  auto conv = mlir::dyn_cast<graph::ConvOp>(mlir::cast<graph::FusedOp>(maker).getBody().front().front());
  return conv && conv.getGroups() > 1;
}

std::optional<llvm::StringRef> obstacleInRegion(mlir::Operation *maker) {
  auto region = mlir::dyn_cast<graph::FusedOp>(maker);
  if (!region)
    return "an operand is a constant";
  auto ops = region.getBody().front().without_terminator();
  if (llvm::all_of(ops, [](mlir::Operation &op) { return isView(&op); }))
    return "an operand is a view of another value";
  if (llvm::any_of(ops, [](mlir::Operation &op) { return op.getNumResults() != 1; }))
    return "an operand comes from an op with several results";
  return std::nullopt;
}

/// Why `value` cannot be written into a window of a buffer of `block`, or nothing.
std::optional<llvm::StringRef> obstacle(mlir::Value value, mlir::Block *block, bool splitsPixels) {
  mlir::Operation *maker = value.getDefiningOp();
  if (!maker || maker->getBlock() != block)
    return "an operand comes from outside";
  if (graph::isJoin(maker)) {
    if (hasJoinedPart(maker) || !value.hasOneUse())
      return "an operand is a concat that is used elsewhere, or has such operands itself";
  } else if (auto reason = obstacleInRegion(maker)) {
    return reason;
  }
  if (splitsPixels && writesRows(maker))
    return "an operand is a convolution with groups, whose kernel writes whole rows";
  return std::nullopt;
}

std::optional<llvm::StringRef> obstacle(graph::FusedOp region) {
  mlir::Block &body = region.getBody().front();
  if (!llvm::hasSingleElement(body.without_terminator()))
    return "what follows in its region changes its elements";
  if (!mlir::cast<mlir::RankedTensorType>(region.getResult(0).getType()).hasStaticShape())
    return "its shape is unknown";
  auto concat = mlir::cast<graph::ConcatOp>(body.front());
  bool splitsPixels = concat.getAxis() + 1 == concat.getType().getRank();
  for (auto [operand, inside] : llvm::zip_equal(region.getInputs(), body.getArguments())) {
    if (auto reason = obstacle(operand, region->getBlock(), splitsPixels))
      return reason;
    if (graph::isJoin(operand.getDefiningOp()) && !inside.hasOneUse())
      return "an operand is a concat that it takes twice";
  }
  return std::nullopt;
}

/// One more result of the region that makes `value`, with the same elements.
mlir::Value secondResult(mlir::Value value) {
  auto region = value.getDefiningOp<graph::FusedOp>();
  mlir::OpBuilder builder(region);
  llvm::SmallVector<mlir::Type> types(region.getResultTypes());
  types.push_back(value.getType());
  auto wider =
      graph::FusedOp::create(builder, region.getLoc(), types, region.getInputs(), region.getKindAttr());
  wider.getBody().takeBody(region.getBody());
  mlir::Operation *yield = wider.getBody().front().getTerminator();
  unsigned number = mlir::cast<mlir::OpResult>(value).getResultNumber();
  yield->insertOperands(yield->getNumOperands(), yield->getOperand(number));
  region->replaceAllUsesWith(wider.getResults().drop_back());
  region.erase();
  return wider.getResults().back();
}

void join(graph::FusedOp region) {
  auto concat = mlir::cast<graph::ConcatOp>(region.getBody().front().front());
  llvm::SmallVector<mlir::Value> parts;
  for (mlir::Value part : concat.getInputs())
    parts.push_back(region.getInputs()[mlir::cast<mlir::BlockArgument>(part).getArgNumber()]);
  mlir::OpBuilder builder(region);
  auto joined = graph::ConcatOp::create(builder, region.getLoc(), concat.getType(), parts, concat.getAxis());
  region->replaceAllUsesWith(joined);
  region.erase();
  for (mlir::OpOperand &part : joined->getOpOperands())
    if (!part.get().hasOneUse())
      part.set(secondResult(part.get()));
}

struct JoinConcatsPass : impl::JoinConcatsPassBase<JoinConcatsPass> {
  void runOnOperation() override {
    llvm::SmallVector<graph::FusedOp> concats;
    getOperation()->walk([&](graph::FusedOp region) {
      if (mlir::isa<graph::ConcatOp>(region.getBody().front().front()))
        concats.push_back(region);
    });
    for (graph::FusedOp region : concats) {
      std::optional<llvm::StringRef> reason = obstacle(region);
      if (!reason) {
        join(region);
        continue;
      }
      mlir::remark::missed(region.getLoc(), mlir::remark::RemarkOpts::name("kept-copy").category("fuse"))
          << mlir::remark::reason("concat copies its operands: {0}", reason->str());
    }
  }
};

} // namespace
} // namespace limbeck::fuse
