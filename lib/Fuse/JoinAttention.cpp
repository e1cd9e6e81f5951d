// Two matrix products and the softmax between them become one region, so that scores and probabilities never go to memory.
//
// It decides on regions: each product and the softmax has what follows it already. Transposes of the operands and of the result,
// which move heads to the front and back, become the places at which the kernel reads and writes.
#include "Regions.h"
#include "limbeck/Fuse/Attention.h"
#include "limbeck/Fuse/Passes.h"
#include "limbeck/Graph/IR/Constants.h"
#include "limbeck/Graph/IR/Conversion.h"
#include "limbeck/Graph/IR/Rewriting.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Remarks.h"

namespace limbeck::fuse {
#define GEN_PASS_DEF_JOINATTENTIONPASS
#include "limbeck/Fuse/Passes.h.inc"

namespace {

/// The keys and values of one head are packed once for all its queries, on the stack of a worker: they should stay in the second cache,
/// beside the scores.
constexpr int64_t kMostScratchBytes = int64_t(384) << 10;
/// Fewer queries are not worth the packing.
constexpr int64_t kLeastRows = 8;

template <typename Op> Op firstIn(graph::FusedOp region) {
  return region ? mlir::dyn_cast<Op>(region.getBody().front().front()) : Op();
}

/// What the region is given for `inside`, an operand of one of its ops.
mlir::Value given(graph::FusedOp region, mlir::Value inside) {
  auto argument = mlir::dyn_cast<mlir::BlockArgument>(inside);
  return argument ? region.getInputs()[argument.getArgNumber()] : mlir::Value();
}

graph::FusedOp makerOf(graph::FusedOp region, mlir::Value inside) {
  mlir::Value value = given(region, inside);
  return value ? value.getDefiningOp<graph::FusedOp>() : graph::FusedOp();
}

/// Whether nothing but `inside`, in one op of one region of the same block, reads what `maker` computes.
bool madeFor(graph::FusedOp maker, graph::FusedOp region, mlir::Value inside) {
  return maker->getNumResults() == 1 && maker->hasOneUse() && inside.hasOneUse() &&
         maker->getBlock() == region->getBlock();
}

int64_t dimFromEnd(mlir::Value value, int64_t number) {
  auto shape = mlir::cast<mlir::RankedTensorType>(value.getType()).getShape();
  return shape[shape.size() - static_cast<size_t>(number)];
}

int64_t elementBytes(mlir::Value value) {
  return static_cast<int64_t>(storageBytes(graph::toTensorType(value.getType())->dtype));
}

int64_t roundUp(int64_t value, int64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

/// The regions of one attention, in order.
struct Parts {
  graph::FusedOp scores, softmax, values;

  graph::MatmulOp scoresOp() const { return firstIn<graph::MatmulOp>(scores); }
  graph::SoftmaxOp softmaxOp() const { return firstIn<graph::SoftmaxOp>(softmax); }
  graph::MatmulOp valuesOp() const { return firstIn<graph::MatmulOp>(values); }
};

std::optional<Parts> partsAround(graph::FusedOp values) {
  Parts parts{.scores = {}, .softmax = {}, .values = values};
  auto product = parts.valuesOp();
  if (!product)
    return std::nullopt;
  parts.softmax = makerOf(values, product.getLhs());
  auto softmax = firstIn<graph::SoftmaxOp>(parts.softmax);
  if (!softmax)
    return std::nullopt;
  parts.scores = makerOf(parts.softmax, softmax.getX());
  return parts.scoresOp() && !attentionIn(parts.scores) ? std::optional(parts) : std::nullopt;
}

/// Bytes of a worker's stack that the kernel takes at most, whatever the target: keys and values as they are packed, and of a few rows
/// the operands and the sums of both products and what is between (lower::PackedProduct).
int64_t scratchBytes(const Parts &parts) {
  constexpr int64_t lanes = 16, word = 4, sum = 4;
  auto packed = [](int64_t rows, int64_t columns, mlir::Value of) {
    return roundUp(rows, word) * roundUp(columns, lanes) * elementBytes(of);
  };
  auto aRow = [](int64_t depth, int64_t columns, mlir::Value of) {
    return roundUp(depth, lanes * word) * elementBytes(of) + roundUp(columns, lanes) * sum;
  };
  graph::MatmulOp scores = parts.scoresOp(), values = parts.valuesOp();
  int64_t depth = dimFromEnd(scores.getRhs(), 2), keys = dimFromEnd(scores.getRhs(), 1),
          width = dimFromEnd(values.getRhs(), 1);
  int64_t bytes = packed(depth, keys, scores.getRhs());
  // Values of 32 bits whose rows fill vectors are read where they are.
  auto transpose = firstIn<graph::TransposeOp>(makerOf(parts.values, values.getRhs()));
  bool rowsAreRuns =
      !transpose || transpose.getPerm().back() + 1 == static_cast<int64_t>(transpose.getPerm().size());
  if (elementBytes(values.getRhs()) < 4 || width % lanes != 0 || !rowsAreRuns)
    bytes += packed(keys, width, values.getRhs());
  return bytes + kMostRowsOfScores *
                     (aRow(depth, keys, scores.getLhs()) + keys * sum + aRow(keys, width, values.getLhs()));
}

/// Why the three regions stay three, or nothing.
std::optional<std::string> obstacle(Parts parts) {
  auto scores = parts.scoresOp(), values = parts.valuesOp();
  auto softmax = parts.softmaxOp();
  if (!madeFor(parts.scores, parts.softmax, softmax.getX()) ||
      !madeFor(parts.softmax, parts.values, values.getLhs()))
    return "the scores or the probabilities are used elsewhere";
  for (graph::MatmulOp product : {scores, values})
    if (product.getBias() ||
        graph::constantOf(given(product->getParentOfType<graph::FusedOp>(), product.getRhs())))
      return "a product has a constant operand or a bias";
  auto hasStaticShape = [](mlir::Value value) {
    return mlir::cast<mlir::RankedTensorType>(value.getType()).hasStaticShape();
  };
  if (!hasStaticShape(scores.getResult()) || !hasStaticShape(values.getResult()) ||
      !hasStaticShape(scores.getRhs()))
    return "a shape is unknown";
  auto shapeOf = [](mlir::Value value) {
    return mlir::cast<mlir::RankedTensorType>(value.getType()).getShape();
  };
  llvm::ArrayRef<int64_t> ofScores = shapeOf(scores.getResult()), ofValues = shapeOf(values.getResult());
  if (static_cast<int64_t>(softmax.getAxis()) + 1 != static_cast<int64_t>(ofScores.size()))
    return "the softmax is not over keys";
  if (ofScores.drop_back(2) != ofValues.drop_back(2))
    return "the two products have different batches";
  auto expressed = graph::toTensorType(softmax.getX().getType())->expressed();
  if (expressed == DType::F64)
    return "the scores are f64";
  if (llvm::is_contained(ofValues, 0) || dimFromEnd(scores.getResult(), 1) < 2 ||
      dimFromEnd(scores.getLhs(), 1) == 0)
    return "there is nothing to compute";
  if (mlir::isa<graph::PadOp>(
          parts.values.getBody().front().getTerminator()->getOperand(0).getDefiningOp()) ||
      parts.values->getNumResults() != 1)
    return "the result has a border";
  if (int64_t rows = dimFromEnd(scores.getResult(), 2); rows < kLeastRows)
    return "packing keys and values does not pay for " + std::to_string(rows) + " rows of queries";
  if (int64_t bytes = scratchBytes(parts); bytes > kMostScratchBytes)
    return "the keys and values of one head and their scores take " + std::to_string(bytes) +
           " bytes, more than " + std::to_string(kMostScratchBytes);
  return std::nullopt;
}

/// Whether the region is a transpose alone.
bool isTranspose(graph::FusedOp region) {
  return firstIn<graph::TransposeOp>(region) &&
         llvm::hasSingleElement(region.getBody().front().without_terminator()) &&
         region->getNumResults() == 1;
}

/// The transpose that makes an operand of a product, where its rows or its columns are runs of memory.
graph::FusedOp transposeOf(graph::FusedOp region, mlir::Value operand) {
  graph::FusedOp maker = makerOf(region, operand);
  if (!maker || !isTranspose(maker) || !madeFor(maker, region, operand))
    return {};
  auto perm = firstIn<graph::TransposeOp>(maker).getPerm();
  auto rank = static_cast<int64_t>(perm.size());
  return perm[static_cast<size_t>(rank) - 1] == rank - 1 || perm[static_cast<size_t>(rank) - 2] == rank - 1
             ? maker
             : graph::FusedOp();
}

/// The transpose that alone reads the result and leaves its rows whole.
graph::FusedOp transposeBehind(graph::FusedOp region) {
  if (!region->hasOneUse())
    return {};
  auto user = mlir::dyn_cast<graph::FusedOp>(*region->user_begin());
  if (!user || !isTranspose(user) || user->getBlock() != region->getBlock())
    return {};
  auto perm = firstIn<graph::TransposeOp>(user).getPerm();
  return perm.back() + 1 == static_cast<int64_t>(perm.size()) ? user : graph::FusedOp();
}

/// One region in the place of the last, of all their ops in order.
void joinRegions(llvm::ArrayRef<graph::FusedOp> parts) {
  graph::FusedOp last = parts.back();
  mlir::OpBuilder builder(last);
  llvm::SmallSetVector<mlir::Value, 8> inputs;
  llvm::SmallVector<mlir::Location> locations, inputLocations;
  for (graph::FusedOp part : parts) {
    locations.push_back(part.getLoc());
    for (mlir::Value input : part.getInputs())
      if (!llvm::is_contained(parts, input.getDefiningOp<graph::FusedOp>()) && inputs.insert(input))
        inputLocations.push_back(input.getLoc());
  }
  auto joined = graph::FusedOp::create(builder, builder.getFusedLoc(locations), last.getResultTypes(),
                                       inputs.getArrayRef(), builder.getStringAttr("attention"));
  mlir::Block *body = builder.createBlock(&joined.getBody(), {},
                                          mlir::ValueRange(inputs.getArrayRef()).getTypes(), inputLocations);
  mlir::IRMapping map;
  map.map(inputs.getArrayRef(), body->getArguments());
  for (graph::FusedOp part : parts) {
    mlir::Block &from = part.getBody().front();
    for (auto [input, inside] : llvm::zip_equal(part.getInputs(), from.getArguments()))
      map.map(inside, map.lookup(input));
    for (mlir::Operation &op : from.without_terminator())
      builder.clone(op, map);
    for (auto [result, yielded] : llvm::zip_equal(part.getResults(), from.getTerminator()->getOperands()))
      map.map(result, map.lookup(yielded));
  }
  llvm::SmallVector<mlir::Value> yielded;
  for (mlir::Value result : last.getResults())
    yielded.push_back(map.lookup(result));
  graph::YieldOp::create(builder, joined.getLoc(), yielded);
  last->replaceAllUsesWith(joined);
  for (graph::FusedOp part : llvm::reverse(parts))
    part.erase();
}

void join(const Parts &parts) {
  llvm::SmallVector<graph::FusedOp> all;
  auto add = [&](graph::FusedOp part) {
    if (part)
      all.push_back(part);
  };
  add(transposeOf(parts.scores, parts.scoresOp().getLhs()));
  add(transposeOf(parts.scores, parts.scoresOp().getRhs()));
  add(transposeOf(parts.values, parts.valuesOp().getRhs()));
  all.append({parts.scores, parts.softmax, parts.values});
  add(transposeBehind(parts.values));
  joinRegions(all);
}

struct JoinAttentionPass : impl::JoinAttentionPassBase<JoinAttentionPass> {
  void runOnOperation() override {
    llvm::SmallVector<graph::FusedOp> found;
    getOperation()->walk([&](graph::FusedOp region) {
      if (partsAround(region))
        found.push_back(region);
    });
    for (graph::FusedOp region : found) {
      std::optional<Parts> parts = partsAround(region); // its scores may have become another attention
      if (!parts)
        continue;
      std::optional<std::string> reason = obstacle(*parts);
      if (!reason) {
        join(*parts);
        continue;
      }
      mlir::remark::missed(parts->softmax.getLoc(),
                           mlir::remark::RemarkOpts::name("kept-scores").category("fuse"))
          << mlir::remark::reason("attention keeps its scores in memory: {0}", *reason);
    }
  }
};

} // namespace
} // namespace limbeck::fuse
