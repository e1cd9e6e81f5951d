// plan: reads the fused module, and what passes said on the way.
#include "limbeck/Session/Plan.h"
#include "Compiler.h"
#include "TabledNodes.h"
#include "limbeck/Graph/IR/Constants.h"
#include "limbeck/Graph/IR/Conversion.h"
#include "limbeck/Graph/IR/Limbeck.h"
#include "limbeck/Graph/IR/Rewriting.h"
#include "limbeck/Lower/KernelFacts.h"
#include "limbeck/Lower/MemoryPlan.h"
#include "limbeck/Lower/Target.h"
#include "limbeck/Target/CPU/Isa.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/StringExtras.h"
#include <map>
#include <set>

namespace limbeck::session {

using pipeline::Stage;

static int64_t countTransposes(mlir::ModuleOp module) {
  int64_t count = 0;
  module.walk([&](graph::TransposeOp) { ++count; });
  return count;
}

static std::string typeText(mlir::Type type) {
  auto tensorType = graph::toTensorType(type);
  return tensorType.ok() ? std::string(name(tensorType->dtype)) : "?";
}

/// The op around which the kernel is built: what the others only prepare or finish.
static mlir::Operation *coreOf(graph::FusedOp fused) {
  for (mlir::Operation &op : fused.getBody().front().without_terminator())
    if (op.getName().stripDialect() == fused.getKind())
      return &op;
  return &fused.getBody().front().front();
}

static std::string precisionOf(graph::FusedOp fused, mlir::Operation *core) {
  std::string text;
  // Bias and the like are not what precision means.
  for (mlir::Value operand :
       core->getOperands().take_front(llvm::isa<graph::AnchorOpInterface>(core) ? 2 : 1))
    text += (text.empty() ? "" : "*") + typeText(operand.getType());
  return text + " -> " + (fused->getNumResults() ? typeText(fused->getResult(0).getType()) : "");
}

static PlannedKernel kernelOf(graph::FusedOp fused) {
  mlir::Operation *core = coreOf(fused);
  auto layout = core->getAttrOfType<mlir::StringAttr>("layout");
  PlannedKernel kernel{fused.getKind().str(),    sourceNodes(fused.getLoc()), {},
                       precisionOf(fused, core), layout ? layout.str() : "",  {}};
  for (mlir::Operation &op : fused.getBody().front().without_terminator())
    kernel.ops.push_back(op.getName().stripDialect().str());
  return kernel;
}

static std::string nameOf(mlir::Operation *op) {
  return op->getName().stripDialect().str();
}

namespace {
/// The ops that use a value, through those that only move its elements.
struct Users {
  std::set<std::string> ops, nodes;
  bool leaves = false; ///< the function
};
} // namespace

static void collectUsers(mlir::Value value, Users &users) {
  for (mlir::Operation *user : value.getUsers()) {
    if (user->hasTrait<mlir::OpTrait::IsTerminator>()) {
      users.leaves = true;
    } else if (llvm::isa<graph::MovementOpInterface>(user)) {
      collectUsers(user->getResult(0), users);
    } else {
      users.ops.insert(nameOf(user));
      std::vector<std::string> nodes = sourceNodes(user->getLoc());
      users.nodes.insert(nodes.begin(), nodes.end());
    }
  }
}

static Users usersOf(mlir::Value value) {
  Users users;
  collectUsers(value, users);
  return users;
}

/// Why a conversion between float and integers is still there: what is on its float side.
static std::string reasonOf(mlir::Operation *op) {
  bool quantizes = llvm::isa<graph::QuantizeOp, graph::QuantizeByOp, graph::DynamicQuantizeOp>(op);
  if (llvm::isa<graph::QuantizeByOp, graph::DequantizeByOp, graph::DynamicQuantizeOp>(op))
    return "its scale is no constant, or has blocks";
  if (quantizes) {
    mlir::Value source = op->getOperand(0);
    while (auto movement = source.getDefiningOp<graph::MovementOpInterface>())
      source = movement.getDataOperands().front();
    mlir::Operation *maker = source.getDefiningOp();
    return maker ? "its operand is computed in float by " + nameOf(maker)
                 : "its operand is a float input of the model";
  }
  Users users = usersOf(op->getResult(0));
  if (users.leaves)
    return "its result is a float output of the model";
  return "its result is used as float by " + llvm::join(users.ops, ", ");
}

namespace {
/// A conversion, with the nodes that have to be in tables for it to be in one.
struct FoundConversion {
  RemainingConversion conversion;
  std::vector<std::string> around;
};
} // namespace

/// Those of the float side of a dequantize: fusing repeats it for each of its users. A quantize is the end of its chain.
static std::vector<std::string> nodesAround(mlir::Operation *op) {
  if (llvm::isa<graph::QuantizeOp>(op))
    return sourceNodes(op->getLoc());
  Users users = llvm::isa<graph::DequantizeOp>(op) ? usersOf(op->getResult(0)) : Users();
  return users.leaves ? std::vector<std::string>() : std::vector(users.nodes.begin(), users.nodes.end());
}

static std::vector<FoundConversion> conversionsIn(mlir::ModuleOp module) {
  std::vector<FoundConversion> list;
  module.walk([&](mlir::Operation *op) {
    if (llvm::isa<graph::QuantizeOp, graph::DequantizeOp, graph::QuantizeByOp, graph::DequantizeByOp,
                  graph::DynamicQuantizeOp>(op))
      list.push_back(
          {{op->getName().stripDialect().str(), sourceNodes(op->getLoc()), reasonOf(op)}, nodesAround(op)});
  });
  return list;
}

static PlannedMemory memoryOf(mlir::ModuleOp lowered) {
  PlannedMemory memory;
  llvm::DenseSet<mlir::Value> seen;
  lowered->walk([&](graph::LaunchOp launch) {
    for (mlir::Value operand : launch->getOperands()) {
      mlir::Value owner = lower::bufferOwner(operand);
      if (!seen.insert(owner).second)
        continue;
      if (std::optional<Tensor> weight = graph::constantOf(owner))
        memory.weightBytes += static_cast<int64_t>(weight->byteSize());
    }
  });
  auto main = lowered.lookupSymbol<mlir::func::FuncOp>("main");
  auto bytes = [&](llvm::StringRef name) {
    auto attribute = main ? main->getAttrOfType<mlir::IntegerAttr>(name) : mlir::IntegerAttr();
    return attribute ? attribute.getInt() : 0;
  };
  memory.arenaBytes = bytes(lower::kArenaAttribute);
  memory.liveBytes = bytes(lower::kLiveAttribute);
  return memory;
}

namespace {
/// The kernels of the fused module, and where the calls that a target makes of them belong.
class KernelList {
public:
  KernelList(mlir::ModuleOp fusedModule, Plan &plan) : plan(plan) {
    fusedModule->walk([&](mlir::Operation *op) {
      if (auto fused = llvm::dyn_cast<graph::FusedOp>(op)) {
        places[{fused.getLoc(), fused.getKindAttr()}].push_back(plan.kernels.size());
        plan.kernels.push_back(kernelOf(fused));
      } else if (graph::isJoin(op)) { // a view of what other kernels write
        std::string type = typeText(op->getResult(0).getType());
        plan.kernels.push_back(
            {"concat", sourceNodes(op->getLoc()), {"concat"}, type + " -> " + type, "", {}});
      }
    });
  }

  /// Adds the families that one more target chose.
  void addTarget(mlir::ModuleOp lowered) {
    std::map<Key, size_t> used;
    lowered->walk([&](graph::LaunchOp launch) {
      auto kind = launch->getAttrOfType<mlir::StringAttr>("kind");
      std::vector<size_t> &same = places[{launch.getLoc(), kind}];
      size_t next = used[{launch.getLoc(), kind}]++;
      if (next == same.size()) { // a copy, which Lower adds
        same.push_back(plan.kernels.size());
        plan.kernels.push_back({kind.str(), sourceNodes(launch.getLoc()), {}, copiedType(launch), "", {}});
      }
      PlannedKernel &kernel = plan.kernels[same[next]];
      kernel.code.resize(plan.targets.size());
      kernel.code.push_back(codeOf(lower::factsOf(launch)));
      if (launch->getParentOfType<graph::PerSampleOp>())
        kernel.code.back().forms.emplace_back("per sample");
      noteStorage(kernel, launch);
    });
    plan.memory.push_back(memoryOf(lowered));
    plan.targets.emplace_back(lowered->getAttrOfType<mlir::StringAttr>(lower::kTargetAttribute).str());
    for (PlannedKernel &kernel : plan.kernels)
      kernel.code.resize(plan.targets.size());
  }

private:
  struct Key {
    mlir::Location location;
    mlir::Attribute kind;
    bool operator<(const Key &other) const {
      return std::pair(mlir::LocationAttr(location).getAsOpaquePointer(), kind.getAsOpaquePointer()) <
             std::pair(mlir::LocationAttr(other.location).getAsOpaquePointer(),
                       other.kind.getAsOpaquePointer());
    }
  };
  static PlannedCode codeOf(const lower::KernelFacts &facts) {
    PlannedCode code{facts.family, "", facts.forms};
    for (const lower::TileChoice &choice : facts.tiles)
      code.tile += (code.tile.empty() ? "" : "/") + choice.tile;
    return code;
  }
  /// Says where the target stores another type than the model has: limbeck-lower-store-unsigned.
  static void noteStorage(PlannedKernel &kernel, graph::LaunchOp launch) {
    std::string stored = launch->getNumResults() ? typeText(launch->getResult(0).getType()) : "";
    if (llvm::StringRef(kernel.precision).rsplit(" -> ").second != stored)
      kernel.code.back().forms.push_back("as " + stored);
  }
  static std::string copiedType(graph::LaunchOp launch) {
    std::string type = typeText(launch->getResult(0).getType());
    return type + " -> " + type;
  }

  Plan &plan;
  std::map<Key, std::vector<size_t>> places; ///< of kernels with one location and kind, in order
};
} // namespace

static std::vector<PlannedNode> nodesOf(const importer::Model &model, const Plan &plan) {
  std::map<std::string, std::vector<size_t>> kernels;
  for (size_t i = 0; i < plan.kernels.size(); ++i)
    for (const std::string &node : plan.kernels[i].nodes)
      kernels[node].push_back(i);
  std::vector<PlannedNode> nodes;
  for (const importer::SourceNode &source : model.sources)
    nodes.push_back({source.name, source.opType, kernels[source.name]});
  return nodes;
}

/// Stage Lower runs once per target, and says the same of most.
static void addOnce(PlanRemark remark, std::vector<PlanRemark> &list) {
  auto same = [&](const PlanRemark &other) {
    return other.nodes == remark.nodes && other.reason == remark.reason;
  };
  if (llvm::none_of(list, same))
    list.push_back(std::move(remark));
}

Expected<Plan> plan(const SourceModel &source, const std::string &target) {
  LIMBECK_ASSIGN(std::vector<const cpu::Isa *> isas, cpu::parseTargets(target));
  LIMBECK_ASSIGN(importer::Options options, onlyChoice(source));
  LIMBECK_ASSIGN(importer::Model model, importStatic(source.path, options));
  Compiler compiler;
  LIMBECK_ASSIGN(mlir::OwningOpRef<mlir::ModuleOp> module, compiler.import(model, source.precision));
  Plan plan;
  plan.model = model.name;
  plan.precision = source.precision;
  LIMBECK_TRY(compiler.run(*module, Stage::Graph, Stage::Quantize));
  plan.transposesBefore = countTransposes(*module);
  // Before fusing, where the neighbours of an op are still to be seen.
  LIMBECK_TRY(compiler.run(*module, Stage::Layout, Stage::Layout));
  plan.transposesAfter = countTransposes(*module);
  std::vector<FoundConversion> conversions = conversionsIn(*module);
  LIMBECK_TRY(compiler.run(*module, Stage::Fuse, Stage::Fuse));
  // A chain of ops on one byte is a table: nothing of it is computed, in float or otherwise.
  const TabledNodes tabled(*module);
  for (FoundConversion &found : conversions)
    if (!tabled.contain(found.around))
      plan.conversions.push_back(std::move(found.conversion));
  KernelList kernels(*module, plan);
  for (const cpu::Isa *isa : isas) {
    LIMBECK_ASSIGN(mlir::OwningOpRef<mlir::ModuleOp> lowered, compiler.lower(*module, isa->name));
    kernels.addTarget(*lowered);
    if (!isa->fma)
      plan.softwareFma.emplace_back(isa->name);
  }
  plan.nodes = nodesOf(model, plan);
  for (const PassRemark &remark : compiler.remarks()) {
    if (remark.name == "kept-float") {
      if (!tabled.contain(remark.nodes))
        plan.unfused.push_back({remark.nodes, remark.reason});
    } else if (remark.name == "kept-copy")
      plan.copies.push_back({remark.nodes, remark.reason});
    else if (remark.name == "kept-scores")
      plan.scoresInMemory.push_back({remark.nodes, remark.reason});
    else if (remark.name == "kept-batch")
      addOnce({remark.nodes, remark.reason}, plan.wholeBatches);
    else if (remark.name == "kept-precision")
      plan.inF32.push_back({remark.nodes, remark.reason});
  }
  return plan;
}

} // namespace limbeck::session
