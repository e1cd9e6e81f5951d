// Groups the ops of each block into regions: one pass from the last op to the first.
//
// An op joins the group of its users when they are all in that one group, so a value in between never leaves,
// and a group has one result. Walking backwards makes this a single look at the users: they have been placed
// before. A diamond, such as x * sigmoid(x), closes by itself, and of two cores that feed one op the later
// one gets it.
//
// Borders come last: a `pad` joins the region whose result it surrounds. Where that is used without a border, too, the region has
// two results; storing an element twice costs less than reading it again.
#include "Regions.h"
#include "limbeck/Fuse/Passes.h"
#include "limbeck/Graph/IR/Rewriting.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace limbeck::fuse {
#define GEN_PASS_DEF_FORMFUSIONSPASS
#include "limbeck/Fuse/Passes.h.inc"

namespace {

/// A region becomes one kernel, which is emitted and compiled as a whole; a longer chain gains nothing from sharing one.
constexpr size_t kMostOps = 128;

/// Ops that become one region, from the last to the first.
struct Group {
  llvm::SmallVector<mlir::Operation *> ops;
  llvm::SmallVector<mlir::Operation *> borders; ///< around the last op's result
  mlir::Operation *core = nullptr;

  mlir::Operation *last() const { return ops.front(); }
};

class Grouping {
public:
  explicit Grouping(mlir::Block &block) {
    llvm::SmallVector<mlir::Operation *> borders;
    for (mlir::Operation &op : llvm::reverse(block)) {
      if (graph::addsBorder(&op))
        borders.push_back(&op);
      else if (belongsInRegion(&op))
        place(&op);
    }
    for (mlir::Operation *border : borders)
      placeBorder(border);
  }

  std::vector<std::unique_ptr<Group>> groups;

private:
  void place(mlir::Operation *op) {
    Group *group = groupOfUsers(op);
    if (!group || !mayJoin(op, *group))
      group = groups.emplace_back(std::make_unique<Group>()).get();
    group->ops.push_back(op);
    groupOf[op] = group;
    if (!isCore(op))
      return;
    group->core = op;
    expelIndependent(*group);
  }

  /// With the op whose result it surrounds, which no group has in its middle: the border is a user, and in no group till now.
  void placeBorder(mlir::Operation *border) {
    Group *group = groupOf.lookup(border->getOperand(0).getDefiningOp());
    if (!group || group->last()->getNumResults() != 1 || llvm::all_of(group->ops, isView))
      return place(border);
    group->borders.push_back(border);
  }

  /// The one group that uses all of the op's results, or null.
  Group *groupOfUsers(mlir::Operation *op) {
    Group *group = nullptr;
    for (mlir::Operation *user : op->getUsers()) {
      Group *next = groupOf.lookup(user); // null for users in another block, too
      if (!next || (group && next != group))
        return nullptr;
      group = next;
    }
    return group;
  }

  static bool mayJoin(mlir::Operation *op, const Group &group) {
    // What comes before a core cannot depend on it, and nothing is computed in front of one; what follows it may read operands
    // that are widened.
    bool behindCore = isWidening(op) && !llvm::is_contained(op->getUsers(), group.core);
    if ((group.core && !behindCore) || group.ops.size() == kMostOps || op->getNumResults() != 1 ||
        !sameStaticShape(op->getResult(0), group.last()->getResult(0)))
      return false;
    // A reshape that shares a region with more than views would take a kernel of its own.
    return !mlir::isa<graph::ReshapeOp>(op) || llvm::all_of(group.ops, isView);
  }

  /// With a core, a region is the core and what follows from it, with the widened operands of that: other ops that joined
  /// before form groups of their own.
  void expelIndependent(Group &group) {
    llvm::SmallPtrSet<mlir::Operation *, 8> following = {group.core};
    for (mlir::Operation *op : llvm::reverse(group.ops))
      if (llvm::any_of(op->getOperands(),
                       [&](mlir::Value value) { return following.contains(value.getDefiningOp()); }))
        following.insert(op);
    llvm::SmallVector<mlir::Operation *> all;
    all.swap(group.ops);
    auto follows = [&](mlir::Operation *user) { return following.contains(user); };
    for (mlir::Operation *op : all) {
      if (follows(op) || (isWidening(op) && llvm::all_of(op->getUsers(), follows)))
        group.ops.push_back(op);
      else
        place(op);
    }
  }

  llvm::DenseMap<mlir::Operation *, Group *> groupOf;
};

/// The ops in order, the core first: a widened operand that stands before it does not depend on it.
llvm::SmallVector<mlir::Operation *> orderedOps(const Group &group) {
  llvm::SmallVector<mlir::Operation *> ops(llvm::reverse(group.ops));
  std::stable_partition(ops.begin(), ops.end(), [&](mlir::Operation *op) { return op == group.core; });
  return ops;
}

/// Moves the ops of a group into a region at the place of the last one.
void formRegion(const Group &group) {
  mlir::Operation *last = group.last();
  llvm::SmallVector<mlir::Operation *> ops = orderedOps(group);
  ops.append(group.borders);
  mlir::OpBuilder builder(last);
  llvm::SmallSetVector<mlir::Value, 8> inputs;
  llvm::SmallVector<mlir::Location> locations, inputLocations;
  for (mlir::Operation *op : ops) {
    locations.push_back(op->getLoc());
    for (mlir::Value operand : op->getOperands())
      if (!llvm::is_contained(ops, operand.getDefiningOp()) && inputs.insert(operand))
        inputLocations.push_back(operand.getLoc());
  }
  llvm::SmallVector<mlir::Value> results;
  auto isBorder = [&](mlir::Operation *user) { return llvm::is_contained(group.borders, user); };
  if (group.borders.empty() || !llvm::all_of(last->getUsers(), isBorder))
    results.append(last->result_begin(), last->result_end());
  for (mlir::Operation *border : group.borders)
    results.push_back(border->getResult(0));
  llvm::StringRef kind = group.core ? group.core->getName().stripDialect() : "elementwise";
  auto fused =
      graph::FusedOp::create(builder, builder.getFusedLoc(locations), mlir::ValueRange(results).getTypes(),
                             inputs.getArrayRef(), builder.getStringAttr(kind));
  mlir::Block *body = builder.createBlock(&fused.getBody(), {},
                                          mlir::ValueRange(inputs.getArrayRef()).getTypes(), inputLocations);
  mlir::IRMapping map;
  map.map(inputs.getArrayRef(), body->getArguments());
  for (mlir::Operation *op : ops)
    builder.clone(*op, map);
  llvm::SmallVector<mlir::Value> yielded;
  for (mlir::Value result : results)
    yielded.push_back(map.lookup(result));
  graph::YieldOp::create(builder, fused.getLoc(), yielded);
  for (auto [result, replacement] : llvm::zip_equal(results, fused.getResults()))
    result.replaceAllUsesWith(replacement);
  for (mlir::Operation *op : llvm::reverse(ops))
    op->erase();
}

struct FormFusionsPass : impl::FormFusionsPassBase<FormFusionsPass> {
  void runOnOperation() override {
    llvm::SmallVector<mlir::Block *> blocks;
    getOperation()->walk<mlir::WalkOrder::PreOrder>([&](mlir::Operation *op) {
      if (mlir::isa<graph::FusedOp>(op))
        return mlir::WalkResult::skip();
      for (mlir::Region &region : op->getRegions())
        for (mlir::Block &block : region)
          blocks.push_back(&block);
      return mlir::WalkResult::advance();
    });
    for (mlir::Block *block : blocks) {
      eraseUnused(*block);
      repeatWidenings(*block);
      Grouping grouping(*block);
      for (const auto &group : grouping.groups)
        formRegion(*group);
    }
  }

private:
  /// Each element-wise op widens its operand itself: what it reads is then half as large, and the widening joins its region.
  static void repeatWidenings(mlir::Block &block) {
    for (mlir::Operation &op : llvm::make_early_inc_range(block)) {
      if (!isWidening(&op))
        continue;
      for (mlir::OpOperand &use : llvm::make_early_inc_range(op.getUses())) {
        if (isCore(use.getOwner()))
          continue;
        mlir::Operation *own = op.hasOneUse() ? &op : mlir::OpBuilder(&op).clone(op);
        own->setLoc(use.getOwner()->getLoc());
        use.set(own->getResult(0));
      }
    }
  }

  static void eraseUnused(mlir::Block &block) {
    for (mlir::Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
      if (mlir::isOpTriviallyDead(&op))
        op.erase();
  }
};

} // namespace
} // namespace limbeck::fuse
