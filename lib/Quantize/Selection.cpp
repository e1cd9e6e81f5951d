// A greatest fixed point: every op that the recipe names is quantized until something speaks against it.
#include "Selection.h"
#include "ElementMovement.h"
#include "limbeck/Graph/IR/Constants.h"
#include "limbeck/Graph/IR/Conversion.h"
#include "limbeck/Graph/IR/Rewriting.h"
#include "limbeck/Graph/IR/SourceNames.h"
#include "limbeck/Quantize/Passes.h"
#include "limbeck/Reference/Operation.h"
#include "mlir/IR/TypeUtilities.h"

namespace limbeck::quantize {

static bool isFloat(mlir::Value value) {
  return mlir::isa<mlir::FloatType>(mlir::getElementTypeOrSelf(value));
}

static bool isConstant(mlir::Value value) {
  return value.getDefiningOp<graph::ConstOp>() != nullptr;
}

llvm::SmallVector<mlir::Value, 2> activationsOf(graph::AnchorOpInterface anchor) {
  llvm::SmallVector<mlir::Value, 2> values = {anchor.getAnchorInput()};
  if (!isConstant(anchor.getAnchorWeights()))
    values.push_back(anchor.getAnchorWeights());
  return values;
}

/// The floats that an op reads and that differ from run to run.
static llvm::SmallVector<mlir::Value, 3> varyingOperands(mlir::Operation *op) {
  if (auto anchor = mlir::dyn_cast<graph::AnchorOpInterface>(op)) {
    auto values = activationsOf(anchor);
    return {values.begin(), values.end()};
  }
  llvm::SmallVector<mlir::Value, 3> values;
  for (mlir::Value operand : op->getOperands())
    if (isFloat(operand) && !isConstant(operand))
      values.push_back(operand);
  return values;
}

/// The one operand whose elements an op hands on; null for other ops, and where the elements are constant.
static mlir::Value movedOperand(mlir::Operation *op) {
  auto movement = ElementMovement::of(op, Exchange::Forward);
  if (!movement || movement->dataOperands().size() != 1 || isConstant(movement->dataOperands()[0]))
    return nullptr;
  return movement->dataOperands()[0];
}

/// Where the elements of a value were made.
static mlir::Value sourceOf(mlir::Value value) {
  while (mlir::Operation *op = value.getDefiningOp()) {
    mlir::Value moved = movedOperand(op);
    if (!moved)
      break;
    value = moved;
  }
  return value;
}

/// Calls `visit` with every op that reads elements of the value, looking through those that only move them.
static void forEachReader(mlir::Value value, llvm::function_ref<void(mlir::OpOperand &)> visit) {
  llvm::SmallVector<mlir::Value> pending = {value};
  while (!pending.empty()) {
    mlir::Value current = pending.pop_back_val();
    for (mlir::OpOperand &use : current.getUses()) {
      if (movedOperand(use.getOwner()) == current)
        pending.push_back(use.getOwner()->getResult(0));
      else
        visit(use);
    }
  }
}

/// Whether lib/Reference defines the op when all the floats it reads are stored as the input of a u8 model would be.
static bool isDefinedQuantized(mlir::Operation *op) {
  auto reference = mlir::dyn_cast<graph::ReferenceOpInterface>(op);
  if (!reference || !reference.getDefinition() || op->getName().getDialectNamespace() != "limbeck" ||
      op->getNumResults() == 0 || !mlir::getElementTypeOrSelf(op->getResult(0)).isF32())
    return false;
  auto attributes = graph::toAttributes(op);
  auto types = graph::toTensorTypes(op->getOperandTypes());
  if (!attributes || !types)
    return false;
  auto u8 = std::make_shared<const Quantization>(Quantization{DType::F32, -1, {1.0f}, {128}, 0, 255});
  for (auto [operand, type] : llvm::zip_equal(op->getOperands(), *types))
    if (isFloat(operand) && !isConstant(operand))
      type = {DType::U8, type.shape, u8};
  return reference::infer(*reference.getDefinition(), *attributes, *types, {}).ok();
}

namespace {
class Selector {
public:
  Selector(mlir::func::FuncOp function, const RecipeMatcher &matcher)
      : function(function), matcher(matcher) {}
  Selection run();

private:
  void decide(mlir::Operation *op);
  std::string refusal(graph::AnchorOpInterface anchor) const;
  bool isQuantized(mlir::Operation *op) const {
    auto found = selection.ops.find(op);
    return found != selection.ops.end() && found->second.quantized;
  }
  bool readByContraction(mlir::Value source) const;
  bool isAvailable(mlir::Value value) const;
  bool isWanted(mlir::Operation *op) const;
  bool drop(mlir::Operation *op, bool unless, llvm::StringRef reason);
  bool dropSome();
  mlir::Value rootOf(mlir::Value value) const;
  void findRoot(mlir::Operation *op);
  bool isInsideChain(mlir::Value value) const;
  bool isBeforeActivation(mlir::Value value) const;
  void store(mlir::Operation *reader, mlir::Value operand);

  mlir::func::FuncOp function;
  const RecipeMatcher &matcher;
  Selection selection;
  llvm::DenseMap<mlir::Value, mlir::Value> roots;             ///< of what is not its own
  llvm::MapVector<mlir::Value, std::vector<OpNames>> readers; ///< of what is stored
};
} // namespace

/// The names live as long as the context.
static OpNames sourceOp(mlir::Operation *op) {
  llvm::SmallVector<llvm::StringRef> nodes = graph::nodeNames(op->getLoc()),
                                     types = graph::operatorTypes(op->getLoc());
  return {nodes.empty() ? llvm::StringRef() : nodes.front(),
          types.empty() ? llvm::StringRef() : types.front()};
}

/// Whether an op that the value depends on runs in some calls only: then there may be no statistics of it.
static bool isInsideBranch(mlir::Value value) {
  return !mlir::isa<mlir::FunctionOpInterface>(sourceOf(value).getParentRegion()->getParentOp());
}

/// Why a contraction cannot be quantized, or nothing.
std::string Selector::refusal(graph::AnchorOpInterface anchor) const {
  mlir::Value bias = anchor.getAnchorBias();
  if (!mlir::getElementTypeOrSelf(anchor->getResult(0)).isF32())
    return "it does not compute in f32";
  if (bias && !isConstant(bias))
    return "its bias is no constant";
  if (isConstant(anchor.getAnchorInput()))
    return "its input is a constant";
  return "";
}

/// Whether the weights are one matrix, which a kernel widens as it reads them.
static bool isMatrixProduct(graph::AnchorOpInterface anchor) {
  auto type = mlir::cast<mlir::RankedTensorType>(anchor.getAnchorWeights().getType());
  return mlir::isa<graph::MatmulOp>(anchor) && type.getRank() == 2 && type.getElementType().isF32();
}

void Selector::decide(mlir::Operation *op) {
  if (!mlir::isa<graph::ReferenceOpInterface>(op) || op->getNumResults() == 0 || movedOperand(op) ||
      op->hasAttr(kSmoothingAttribute))
    return;
  auto [node, type] = sourceOp(op);
  OpSelection choice{matcher.decideOp(node, type), false, ""};
  const std::string &mode = choice.decision["quantize"];
  auto anchor = mlir::dyn_cast<graph::AnchorOpInterface>(op);
  if (mode == "none" || (mode != "static" && !anchor))
    return;
  if (anchor)
    choice.reason = refusal(anchor);
  else if (!isDefinedQuantized(op) || varyingOperands(op).empty())
    return;
  if (anchor && mode != "static" && choice.reason.empty() && !isConstant(anchor.getAnchorWeights()))
    choice.reason = "its weights are no constant";
  if (mode == "weights" && choice.reason.empty() && !isMatrixProduct(anchor))
    choice.reason = "weights alone pay in products with a constant matrix only";
  bool blocks =
      mode == "dynamic" && choice.decision["granularity"] == "block" && mlir::isa<graph::MatmulOp>(op);
  if (blocks && choice.reason.empty() && !isMatrixProduct(anchor))
    choice.reason = "weights in blocks are one matrix";
  const std::string &weightMethod = choice.decision["weight_method"];
  bool byStatistics =
      mode == "static" || (mode == "weights" && (weightMethod == "gptq" || weightMethod == "awq"));
  if (choice.reason.empty() && byStatistics && llvm::any_of(varyingOperands(op), isInsideBranch))
    choice.reason = "it reads what is computed inside a branch, of which there are no statistics";
  if (mode == "dynamic" && mlir::isa<graph::ConvTransposeOp>(op))
    choice.reason = "transposed convolutions have no dynamic form";
  choice.quantized = mode == "static" && choice.reason.empty();
  selection.ops[op] = std::move(choice);
}

bool Selector::readByContraction(mlir::Value source) const {
  bool found = false;
  forEachReader(source, [&](mlir::OpOperand &use) {
    auto anchor = mlir::dyn_cast<graph::AnchorOpInterface>(use.getOwner());
    found |= anchor && isQuantized(anchor) && llvm::is_contained(activationsOf(anchor), use.get());
  });
  return found;
}

bool Selector::isAvailable(mlir::Value value) const {
  mlir::Value source = sourceOf(value);
  mlir::Operation *producer = source.getDefiningOp();
  return (producer && isQuantized(producer)) || readByContraction(source);
}

bool Selector::isWanted(mlir::Operation *op) const {
  bool found = false;
  forEachReader(op->getResult(0), [&](mlir::OpOperand &use) {
    found |= isQuantized(use.getOwner()) && llvm::is_contained(varyingOperands(use.getOwner()), use.get());
  });
  return found;
}

/// Takes an op back, if there is a reason.
bool Selector::drop(mlir::Operation *op, bool unless, llvm::StringRef reason) {
  OpSelection &choice = selection.ops[op];
  if (unless || !choice.quantized || mlir::isa<graph::AnchorOpInterface>(op))
    return false;
  choice.quantized = false;
  choice.reason = reason;
  return true;
}

/// Takes back what the rest speaks against; whether there was any. What is missing goes forward through the graph, what nobody
/// reads goes back.
bool Selector::dropSome() {
  bool changed = false;
  for (auto &[op, choice] : selection.ops)
    changed |=
        drop(op, llvm::all_of(varyingOperands(op), [&](mlir::Value value) { return isAvailable(value); }),
             "an operand is not there in integers");
  for (auto &[op, choice] : llvm::reverse(selection.ops))
    changed |= drop(op, isWanted(op), "no quantized op reads its result");
  return changed;
}

/// The tensor that a quantized element-wise op is a function of; the value itself for all else.
mlir::Value Selector::rootOf(mlir::Value value) const {
  mlir::Value root = roots.lookup(value);
  return root ? root : value;
}

void Selector::findRoot(mlir::Operation *op) {
  if (!isQuantized(op) || !graph::isPointwise(op))
    return;
  mlir::Value root;
  for (mlir::Value operand : varyingOperands(op)) {
    if (root && rootOf(operand) != root)
      return;
    root = rootOf(operand);
  }
  if (root)
    roots[op->getResult(0)] = root;
}

bool Selector::isInsideChain(mlir::Value value) const {
  mlir::Value root = rootOf(value);
  return root != value && !value.use_empty() && llvm::all_of(value.getUsers(), [&](mlir::Operation *user) {
           return user->getNumResults() == 1 && rootOf(user->getResult(0)) == root;
         });
}

/// Whether a relu or clip that becomes a range of the result is all that reads the value.
bool Selector::isBeforeActivation(mlir::Value value) const {
  mlir::Operation *op = value.getDefiningOp();
  return op && mlir::isa<graph::AnchorOpInterface, graph::AddOp, graph::SubOp, graph::MulOp>(op) &&
         value.hasOneUse() && mlir::isa<graph::ReluOp, graph::ClipOp>(*value.user_begin()) &&
         isQuantized(*value.user_begin());
}

void Selector::store(mlir::Operation *reader, mlir::Value operand) {
  mlir::Value source = sourceOf(operand);
  if (!isInsideChain(source) && !isBeforeActivation(source))
    readers[source].push_back(sourceOp(reader));
}

Selection Selector::run() {
  function.walk([&](mlir::Operation *op) { decide(op); });
  while (dropSome()) {
  }
  for (auto &[op, choice] : selection.ops)
    findRoot(op);
  for (auto &[op, choice] : selection.ops)
    if (choice.quantized)
      for (mlir::Value operand : varyingOperands(op))
        store(op, operand);
  for (const auto &[value, ops] : readers)
    selection.values.push_back({value, matcher.decideTensor(ops, graph::tensorName(value)), nullptr});
  // Parts of a concatenation that nothing else reads take its parameters, so that joining them moves bytes only.
  for (StoredValue &part : selection.values) {
    mlir::Operation *user = part.value.hasOneUse() ? *part.value.user_begin() : nullptr;
    if (mlir::isa_and_nonnull<graph::ConcatOp>(user) && readers.contains(user->getResult(0)))
      part.like = user->getResult(0);
  }
  return std::move(selection);
}

Selection select(mlir::func::FuncOp function, const RecipeMatcher &matcher) {
  return Selector(function, matcher).run();
}

} // namespace limbeck::quantize
