// From the last contraction to the first: weights that take the factors of what reads their results are still floats then.
#include "MoveActivationAwareScales.h"
#include "ActivationAwareScales.h"
#include "ChannelGroups.h"
#include "Decision.h"
#include "DivideInput.h"
#include "limbeck/Graph/IR/Constants.h"
#include "limbeck/Graph/IR/Conversion.h"
#include "limbeck/Quantize/Passes.h"

namespace limbeck::quantize {

using Readers = llvm::SmallVector<graph::AnchorOpInterface, 3>;

Expected<const calibration::GramSum *> gramOf(mlir::DictionaryAttr decision,
                                              const calibration::Statistics *statistics) {
  std::string name = setting(decision, kInputSetting).str();
  auto missing = [&] {
    return error(Code::Calibration, "expected a Gram matrix of tensor '", name, "', found none")
        .withHint("limbeck calibrate --collect gram, with this recipe");
  };
  if (!statistics)
    return missing();
  auto found = statistics->tensors.find(name);
  if (found == statistics->tensors.end() || !found->second.gram)
    return missing();
  return &*found->second.gram;
}

static mlir::DictionaryAttr decisionOf(graph::AnchorOpInterface anchor) {
  return anchor->getAttrOfType<mlir::DictionaryAttr>(kDecisionAttribute);
}

/// Matrix products by `awq`; those that read one tensor and are rounded alike stand together.
static std::vector<Readers> readersOf(mlir::func::FuncOp function) {
  llvm::MapVector<std::tuple<mlir::Value, mlir::Attribute, mlir::Block *>, Readers> byTensor;
  function.walk([&](graph::AnchorOpInterface anchor) {
    mlir::DictionaryAttr decision = decisionOf(anchor);
    if (!decision || setting(decision, "quantize") != "weights" ||
        setting(decision, "weight_method") != "awq" || !mlir::isa<graph::MatmulOp>(anchor) ||
        !takesFactors(anchor))
      return;
    // What is not of the rounding does not tell them apart.
    mlir::NamedAttrList entries(decision);
    entries.erase("rule");
    byTensor[{anchor.getAnchorInput(), entries.getDictionary(anchor->getContext()), anchor->getBlock()}]
        .push_back(anchor);
  });
  std::vector<Readers> all;
  for (auto &[key, readers] : llvm::reverse(byTensor))
    all.push_back(std::move(readers));
  return all;
}

/// The columns of all weights beside one another.
static Expected<Tensor> joinedWeights(const Readers &readers) {
  std::vector<Tensor> parts;
  int64_t depth = 0, columns = 0;
  for (graph::AnchorOpInterface anchor : readers) {
    auto weights = graph::constantOf(anchor.getAnchorWeights());
    if (!weights)
      return error(Code::Internal, "expected constant weights");
    depth = weights->shape()[0];
    columns += weights->shape()[1];
    parts.push_back(std::move(*weights));
  }
  LIMBECK_ASSIGN(Tensor joined, Tensor::zeros(DType::F32, {depth, columns}));
  int64_t begin = 0;
  for (const Tensor &part : parts) {
    int64_t own = part.shape()[1];
    for (int64_t row = 0; row < depth; ++row)
      std::copy_n(part.values<float>().begin() + row * own, own,
                  joined.mutableValues<float>().begin() + row * columns + begin);
    begin += own;
  }
  return joined;
}

/// A factor for each group, when the groups of the input can take them and nothing else reads them; else none.
static std::vector<double> movedFactors(mlir::func::FuncOp function, const ChannelGroups &groups,
                                        const Readers &readers, llvm::ArrayRef<double> factors) {
  std::vector<double> moved(groups.size(), 1.0);
  std::vector<bool> taken(groups.size());
  for (auto [channel, group] : llvm::enumerate(groups.inputGroups(readers.front()))) {
    double factor = 1 / factors[channel];
    if (groups.isFixed(group) || (taken[group] && moved[group] != factor))
      return {};
    taken[group] = true;
    moved[group] = factor;
  }
  // The statistics of another input would not be those of what it reads then.
  for (auto other : function.getBody().getOps<graph::AnchorOpInterface>())
    if (takesFactors(other) && !llvm::is_contained(readers, other))
      for (size_t group : groups.inputGroups(other))
        if (taken[group])
          return {};
  return moved;
}

static Status move(mlir::func::FuncOp function, const Readers &readers,
                   const calibration::Statistics *statistics) {
  mlir::DictionaryAttr decision = decisionOf(readers.front());
  LIMBECK_ASSIGN(const calibration::GramSum *gram, gramOf(decision, statistics));
  LIMBECK_ASSIGN(Tensor weights, joinedWeights(readers));
  LIMBECK_ASSIGN(BlockRounding rounding, blockRoundingOf(decision, weights.shape()[0]));
  LIMBECK_ASSIGN(std::vector<float> found, activationAwareScales(weights, rounding, *gram));
  if (llvm::all_of(found, [](float factor) { return factor == 1; }))
    return {};
  std::vector<double> factors(found.begin(), found.end());
  if (readers.front()->getParentOp() == function) {
    ChannelGroups groups(function);
    if (std::vector<double> moved = movedFactors(function, groups, readers, factors); !moved.empty())
      return groups.scale(moved);
  }
  LIMBECK_ASSIGN(mlir::Value divided, dividedInput(readers.front(), factors));
  for (graph::AnchorOpInterface anchor : readers) {
    LIMBECK_TRY(multiplyWeights(anchor, factors));
    anchor->setOperand(0, divided);
  }
  return {};
}

Status moveActivationAwareScales(mlir::func::FuncOp function, const calibration::Statistics *statistics) {
  for (const Readers &readers : readersOf(function))
    if (Status status = move(function, readers, statistics); !status.ok()) {
      graph::AnchorOpInterface first = readers.front();
      graph::emitDiagnostic(first, status.diagnostic());
      return status;
    }
  return {};
}

} // namespace limbeck::quantize
