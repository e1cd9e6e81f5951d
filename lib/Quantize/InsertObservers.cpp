// Marks the contractions that are to be quantized, and observes every value that will be stored in few bits.
#include "Decision.h"
#include "Selection.h"
#include "limbeck/Graph/IR/Calib.h"
#include "limbeck/Graph/IR/Constants.h"
#include "limbeck/Graph/IR/Conversion.h"
#include "limbeck/Graph/IR/SourceNames.h"
#include "limbeck/Quantize/Passes.h"
#include "limbeck/Support/File.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Remarks.h"
#include <cmath>

namespace limbeck::quantize {
#define GEN_PASS_DEF_INSERTOBSERVERSPASS
#include "limbeck/Quantize/Passes.h.inc"

namespace {

/// Which rule set what: `method 3, activations 0`.
std::string rulesText(const Decision &decision) {
  std::string text;
  for (const auto &[key, rule] : decision.rules)
    text += message(text.empty() ? "" : ", ", key, " ", rule);
  return text;
}

mlir::Type storageType(mlir::MLIRContext *context, const std::string &name) {
  bool isSigned = name[0] == 's';
  return mlir::IntegerType::get(context, name.size() == 2 ? 8 : 16,
                                isSigned ? mlir::IntegerType::Signed : mlir::IntegerType::Unsigned);
}

/// What no integers can stand for shows as NaN in some tensor behind it, whose samples are then blamed.
Status checkConstants(mlir::Operation *op, const OpSelection &choice) {
  auto anchor = mlir::dyn_cast<graph::AnchorOpInterface>(op);
  if (!anchor || !choice.reason.empty())
    return {};
  for (mlir::Value operand : {anchor.getAnchorWeights(), anchor.getAnchorBias()}) {
    auto constant = operand ? graph::constantOf(operand) : std::nullopt;
    if (!constant || constant->dtype() != DType::F32 ||
        llvm::all_of(constant->values<float>(), [](float value) { return std::isfinite(value); }))
      continue;
    return error(Code::DataType, "expected finite weights, found NaN or infinity in '",
                 graph::tensorName(operand).str(), "'")
        .withHint("a rule with quantize: none leaves the node in float");
  }
  return {};
}

struct InsertObserversPass : impl::InsertObserversPassBase<InsertObserversPass> {
  using InsertObserversPassBase::InsertObserversPassBase;
  InsertObserversPass(Recipe recipe, bool inputsOnly) : given(std::move(recipe)) { inputs = inputsOnly; }

  void runOnOperation() override {
    auto matcher = readMatcher();
    if (!matcher) {
      graph::emitDiagnostic(getOperation(), matcher.diagnostic());
      return signalPassFailure();
    }
    auto main = getOperation().lookupSymbol<mlir::func::FuncOp>("main");
    if (!main) {
      getOperation().emitError("expected a function 'main'");
      return signalPassFailure();
    }
    forget();
    Selection selection = select(main, *matcher);
    for (const auto &[op, choice] : selection.ops)
      if (Status status = checkConstants(op, choice); !status.ok()) {
        graph::emitDiagnostic(op, status.diagnostic());
        return signalPassFailure();
      }
    markContractions(selection);
    if (!inputs)
      observe(selection);
    observeNeighbours(main);
    if (inputs)
      return;
    // The first rules are ours: that one of them finds nothing is no mistake.
    for (size_t index : matcher->unusedRules())
      if (size_t ours = defaultRecipe().rules.size(); index >= ours)
        getOperation().emitWarning() << "rule " << index - ours + 1 << " matches nothing in this model: "
                                     << conditionText(matcher->recipe().rules[index]);
  }

private:
  /// What was decided and observed before.
  void forget() {
    getOperation().walk([](mlir::Operation *op) {
      op->removeAttr(kDecisionAttribute);
      if (auto observe = mlir::dyn_cast<calib::ObserveOp>(op)) {
        observe.replaceAllUsesWith(observe.getX());
        observe.erase();
      }
    });
    for (calib::StatOp stat : llvm::make_early_inc_range(getOperation().getOps<calib::StatOp>()))
      stat.erase();
  }

  Expected<RecipeMatcher> readMatcher() {
    Recipe all = defaultRecipe();
    if (!recipe.empty()) {
      LIMBECK_ASSIGN(std::vector<std::byte> bytes, readFile(recipe));
      LIMBECK_ASSIGN(given,
                     parseRecipe({reinterpret_cast<const char *>(bytes.data()), bytes.size()}, recipe));
    }
    all.rules.insert(all.rules.end(), given.rules.begin(), given.rules.end());
    return RecipeMatcher::create(std::move(all));
  }

  void markContractions(const Selection &selection) {
    mlir::Builder b(&getContext());
    for (const auto &[op, choice] : selection.ops) {
      if (!choice.reason.empty() && !inputs)
        mlir::remark::missed(op->getLoc(), mlir::remark::RemarkOpts::name("kept-float").category("quantize"))
            << mlir::remark::reason("{0} stays in float: {1}", op->getName().stripDialect().str(),
                                    choice.reason);
      if (!mlir::isa<graph::AnchorOpInterface>(op) || !choice.reason.empty())
        continue;
      mlir::NamedAttrList entries;
      for (const auto &[key, value] : choice.decision.settings)
        entries.append(key, b.getStringAttr(value));
      entries.append("rule", b.getStringAttr(rulesText(choice.decision)));
      op->setAttr(kDecisionAttribute, entries.getDictionary(&getContext()));
    }
  }

  void observe(const Selection &selection) {
    mlir::OpBuilder b(&getContext());
    mlir::SymbolTable symbols(getOperation());
    llvm::DenseMap<mlir::Value, calib::StatOp> stats;
    b.setInsertionPointToStart(getOperation().getBody());
    for (const StoredValue &stored : selection.values) {
      llvm::StringRef name = graph::tensorName(stored.value);
      const Decision &decision = stored.decision;
      auto stat = calib::StatOp::create(
          b, stored.value.getLoc(), b.getStringAttr(name.empty() ? "tensor" : name),
          b.getStringAttr(decision["method"]), mlir::FloatAttr(), mlir::TypeAttr(), mlir::UnitAttr(),
          mlir::FlatSymbolRefAttr(), mlir::DictionaryAttr(), mlir::DenseF32ArrayAttr(), mlir::StringAttr());
      if (decision["method"] == "percentile")
        stat.setPercentileAttr(b.getF64FloatAttr(decision.number("percentile")));
      stat.setStorageAttr(mlir::TypeAttr::get(storageType(&getContext(), decision["activations"])));
      stat.setSymmetric(decision["symmetric"] == "true");
      stat.setRuleAttr(b.getStringAttr(rulesText(decision)));
      stat->remove();
      symbols.insert(stat, b.getInsertionPoint());
      stats[stored.value] = stat;
    }
    for (const StoredValue &stored : selection.values) {
      calib::StatOp stat = stats[stored.value];
      if (stored.like)
        stat.setLikeAttr(mlir::FlatSymbolRefAttr::get(stats[stored.like].getSymNameAttr()));
      b.setInsertionPointAfterValue(stored.value);
      auto observed = calib::ObserveOp::create(b, stored.value.getLoc(), stored.value.getType(), stored.value,
                                               stat.getSymName());
      mlir::Value(stored.value).replaceAllUsesExcept(observed.getResult(), observed.getOperation());
    }
  }

  /// Whether weights or biases depend on the statistics of the input.
  bool readsInput(mlir::DictionaryAttr decision) const {
    llvm::StringRef mode = setting(decision, "quantize");
    if (inputs)
      return mode == "static" && setting(decision, "smooth") != "none";
    return (mode == "weights" && roundsByGram(decision)) ||
           (mode == "static" && setting(decision, "correct_bias") == "means");
  }
  /// A product of two activations has no channels of its own, and what a branch computes is not observed.
  static bool readsResult(graph::AnchorOpInterface anchor, mlir::DictionaryAttr decision) {
    return setting(decision, "quantize") == "static" && setting(decision, "correct_bias") == "runs" &&
           anchor.getAnchorWeights().getDefiningOp<graph::ConstOp>() &&
           mlir::isa<mlir::func::FuncOp>(anchor->getParentOp());
  }

  /// The decision names the `calib.stat` of input or result where something depends on it: these are observed even where they
  /// stay floats.
  void observeNeighbours(mlir::func::FuncOp main) {
    mlir::OpBuilder b(&getContext());
    mlir::SymbolTable symbols(getOperation());
    main.walk([&](graph::AnchorOpInterface anchor) {
      auto decision = anchor->getAttrOfType<mlir::DictionaryAttr>(kDecisionAttribute);
      if (!decision)
        return;
      mlir::NamedAttrList entries(decision);
      if (readsInput(decision))
        entries.set(kInputSetting, b.getStringAttr(observed(anchor.getAnchorInput(), symbols, b)));
      if (!inputs && readsResult(anchor, decision))
        entries.set(kResultSetting, b.getStringAttr(observed(anchor->getResult(0), symbols, b)));
      anchor->setAttr(kDecisionAttribute, entries.getDictionary(&getContext()));
    });
  }

  /// The name of the `calib.stat` of a value, which is made where there is none.
  llvm::StringRef observed(mlir::Value value, mlir::SymbolTable &symbols, mlir::OpBuilder &b) {
    if (auto before = value.getDefiningOp<calib::ObserveOp>())
      return before.getStat();
    for (mlir::Operation *user : value.getUsers())
      if (auto behind = mlir::dyn_cast<calib::ObserveOp>(user))
        return behind.getStat();
    llvm::StringRef name = graph::tensorName(value);
    b.setInsertionPointToStart(getOperation().getBody());
    auto stat = calib::StatOp::create(b, value.getLoc(), b.getStringAttr(name.empty() ? "tensor" : name),
                                      b.getStringAttr("minmax"), mlir::FloatAttr(), mlir::TypeAttr(),
                                      mlir::UnitAttr(), mlir::FlatSymbolRefAttr(), mlir::DictionaryAttr(),
                                      mlir::DenseF32ArrayAttr(), mlir::StringAttr());
    stat->remove();
    symbols.insert(stat, b.getInsertionPoint());
    b.setInsertionPointAfterValue(value);
    auto observe = calib::ObserveOp::create(b, value.getLoc(), value.getType(), value, stat.getSymName());
    value.replaceAllUsesExcept(observe.getResult(), observe.getOperation());
    return observe.getStat();
  }

  Recipe given;
};

} // namespace

std::unique_ptr<mlir::Pass> createInsertObserversPass(Recipe recipe, bool inputs) {
  return std::make_unique<InsertObserversPass>(std::move(recipe), inputs);
}

} // namespace limbeck::quantize
