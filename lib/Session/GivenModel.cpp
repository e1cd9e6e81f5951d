// Which weights of the float model the rounded ones of the other are.
#include "GivenModel.h"
#include "limbeck/Graph/IR/Calib.h"
#include "limbeck/Graph/IR/Constants.h"
#include "limbeck/Graph/IR/Limbeck.h"
#include "limbeck/Graph/IR/SourceNames.h"
#include "limbeck/Graph/Transforms/Passes.h"
#include "limbeck/Quantize/ChannelFit.h"
#include "limbeck/Quantize/Passes.h"
#include "limbeck/Quantize/Variants.h"
#include "mlir/IR/TypeUtilities.h"
#include <algorithm>
#include <cmath>

namespace limbeck::session {

using graph::AnchorOpInterface;

namespace {
/// A contraction with constant weights.
struct Contraction {
  AnchorOpInterface op;
  std::string node, tensor;
  Tensor weights;
  bool taken = false;
};

std::string withoutSuffix(llvm::StringRef name) {
  for (llvm::StringRef suffix : {"_quantized", "_quant"})
    if (name.ends_with(suffix))
      return name.drop_back(suffix.size()).str();
  return name.str();
}

std::vector<Contraction> contractionsOf(mlir::ModuleOp module) {
  std::vector<Contraction> list;
  module.walk([&](AnchorOpInterface op) {
    auto weights = graph::constantOf(op.getAnchorWeights());
    if (!weights || weights->dtype() != DType::F32 || weights->size() == 0)
      return;
    auto nodes = graph::nodeNames(op->getLoc());
    list.push_back({op, nodes.empty() ? "" : withoutSuffix(nodes.front()),
                    withoutSuffix(graph::tensorName(op->getResult(0))), std::move(*weights)});
  });
  return list;
}

/// Noise in place of the weights / the weights, of every `step`-th element.
double noiseOf(const Tensor &exact, const Tensor &rounded, size_t step) {
  std::span<const float> x = exact.values<float>(), y = rounded.values<float>();
  double signal = 0, noise = 0;
  for (size_t i = 0; i < x.size(); i += step) {
    double difference = static_cast<double>(x[i]) - static_cast<double>(y[i]);
    signal += static_cast<double>(x[i]) * static_cast<double>(x[i]);
    noise += difference * difference;
  }
  return noise == 0 ? 0 : noise / signal >= 0 ? noise / signal : INFINITY;
}

/// More than that no rounding does that is of any use.
constexpr double kMostNoise = 0.5;

/// How far weights are from those that they could come from.
std::string distanceText(double noise) {
  return std::isfinite(noise) && noise > 0 ? message(std::lround(-10 * std::log10(noise)), " dB")
                                           : "one of the two is 0";
}

/// The weights of a contraction of the float model, as those of the other would be if nothing was rounded.
struct FoundWeights {
  Contraction *source = nullptr;
  Tensor weights;
  std::vector<double> outputs; ///< factors of output channels; none where they are 1
  bool scaled = false;
};

class Finder {
public:
  Finder(mlir::ModuleOp first, mlir::ModuleOp second) {
    lists[0] = contractionsOf(first);
    lists[1] = contractionsOf(second);
  }

  /// What these weights were; nothing, with a note, where the float model has none.
  std::optional<FoundWeights> find(const Contraction &rounded, const std::string &shown,
                                   std::vector<std::string> &notes) {
    Contraction *named = nullptr;
    for (auto &list : lists) {
      for (Contraction &one : list) {
        bool same = (!one.node.empty() && one.node == rounded.node) ||
                    (!one.tensor.empty() && one.tensor == rounded.tensor);
        if (!same || !fits(one, rounded))
          continue;
        named = named ? named : &one;
        if (auto found = take(one, rounded))
          return found;
      }
    }
    for (auto &list : lists)
      if (Contraction *best = nearest(list, rounded))
        if (auto found = take(*best, rounded))
          return found;
    for (auto &list : lists)
      if (Contraction *best = nearestScaled(list, rounded))
        if (auto found = take(*best, rounded))
          return found;
    if (named)
      notes.push_back(message("weights of '", shown,
                              "' stay as they are: more than rounding is between them and those of the "
                              "float model (",
                              distanceText(noiseOf(named->weights, rounded.weights, 1)), ")"));
    else
      notes.push_back(message("weights of '", shown,
                              "' stay as they are: the float model has none that they could come from"));
    return std::nullopt;
  }

private:
  bool fits(const Contraction &one, const Contraction &rounded) const {
    return !one.taken && one.op->getName() == rounded.op->getName() &&
           one.weights.shape() == rounded.weights.shape();
  }
  Contraction *nearest(std::vector<Contraction> &list, const Contraction &rounded) const {
    constexpr size_t looks = 4096;
    size_t step = static_cast<size_t>(rounded.weights.size()) / looks + 1;
    return nearestBy(list, rounded,
                     [&](const Contraction &one) { return noiseOf(one.weights, rounded.weights, step); });
  }
  Contraction *nearestScaled(std::vector<Contraction> &list, const Contraction &rounded) const {
    return nearestBy(list, rounded, [&](const Contraction &one) {
      auto fit = quantize::fitChannels(rounded.op, one.weights, rounded.weights);
      return fit ? fit->noise : INFINITY;
    });
  }
  template <class Noise>
  Contraction *nearestBy(std::vector<Contraction> &list, const Contraction &rounded, Noise noiseFor) const {
    Contraction *best = nullptr;
    double least = INFINITY;
    for (Contraction &one : list)
      if (fits(one, rounded))
        if (double noise = noiseFor(one); noise < least) {
          least = noise;
          best = &one;
        }
    return best;
  }

  /// The weights as they are or, where that is clearly nearer, times factors of channels, as equalization and smoothing leave them: put
  /// back without these, they would not belong to the inputs that were divided by them.
  static std::optional<FoundWeights> take(Contraction &one, const Contraction &rounded) {
    double noise = noiseOf(one.weights, rounded.weights, 1);
    constexpr double clearly = 0.7, mostScaled = 0.25;
    auto fit = noise > 0 ? quantize::fitChannels(rounded.op, one.weights, rounded.weights) : std::nullopt;
    bool scaled = fit && fit->noise < clearly * fit->plainNoise && fit->noise <= mostScaled;
    if (!scaled && !(noise <= kMostNoise))
      return std::nullopt;
    one.taken = true;
    FoundWeights found{&one, one.weights, {}, scaled};
    if (!scaled)
      return found;
    std::ranges::copy(fit->weights, found.weights.mutableValues<float>().begin());
    found.outputs = std::move(fit->outputs);
    return found;
  }

  std::vector<Contraction> lists[2]; ///< behind stage Graph; in front of it, with norms that are not folded
};
} // namespace

static std::string portText(const std::string &name, const TensorType &type) {
  return message("'", name, "' of ", limbeck::name(type.dtype), shapeText(type.shape));
}

/// One set feeds both, and their outputs are compared.
static Status sameSignature(const importer::Model &exact, const importer::Model &rounded,
                            const std::string &path) {
  for (bool inputs : {true, false}) {
    const char *what = inputs ? "input" : "output";
    auto list = [&](const importer::Model &model) {
      std::vector<std::string> ports;
      const auto &ids = inputs ? model.inputs : model.outputs;
      const auto &names = inputs ? model.inputNames : model.outputNames;
      for (size_t i = 0; i < ids.size(); ++i)
        ports.push_back(portText(inputs ? names[i] : "", model.values[ids[i]].type));
      return ports;
    };
    std::vector<std::string> expected = list(exact), found = list(rounded);
    if (expected.size() != found.size())
      return error(Code::Shape, "expected ", expected.size(), " ", what, "s as of the float model, found ",
                   found.size())
          .atFile(path);
    for (size_t i = 0; i < expected.size(); ++i)
      if (expected[i] != found[i])
        return error(Code::Shape, "expected ", what, " ", i, " to be ", expected[i],
                     " as of the float model, found ", found[i])
            .atFile(path);
  }
  return {};
}

namespace {
/// A constant of the float model.
struct FloatConstant {
  std::string name;
  mlir::Type type;
  graph::ConstOp op;
};
} // namespace

/// Whether no more than rounding is between a constant and what it could come from: half a step an element, where the step is known.
static bool isRounded(const Tensor &exact, const Tensor &rounded, std::optional<float> step) {
  // Of more than 16 bits, which have no row, rounding is far below this.
  constexpr double mostOfWide = 1e-2;
  if (!step)
    return noiseOf(exact, rounded, 1) <= mostOfWide;
  double squares = 0;
  std::span<const float> x = exact.values<float>(), y = rounded.values<float>();
  for (size_t i = 0; i < x.size(); ++i)
    squares += std::pow(static_cast<double>(x[i]) - static_cast<double>(y[i]), 2);
  return std::sqrt(squares / static_cast<double>(std::max<size_t>(1, x.size()))) <=
         static_cast<double>(*step);
}

/// The step that an observed constant was rounded to; nothing for those of more than 16 bits.
static std::optional<float> stepOf(calib::ObserveOp observer) {
  auto stat = mlir::SymbolTable::lookupNearestSymbolFrom<calib::StatOp>(observer, observer.getStatAttr());
  auto row = stat ? stat->getAttrOfType<mlir::DenseF32ArrayAttr>(quantize::kRowAttribute)
                  : mlir::DenseF32ArrayAttr();
  return row && !row.empty() ? std::optional(row[0]) : std::nullopt;
}

/// The same for the constants that other ops read: through an observer, which goes where the float model has no such constant.
static Status findConstants(mlir::ModuleOp rounded, std::initializer_list<mlir::ModuleOp> exact,
                            std::vector<std::string> &notes) {
  std::vector<FloatConstant> constants;
  for (mlir::ModuleOp module : exact)
    module.walk([&](graph::ConstOp op) {
      if (mlir::getElementTypeOrSelf(op.getType()).isF32())
        constants.push_back({withoutSuffix(graph::tensorName(op)), op.getType(), op});
    });
  std::vector<calib::ObserveOp> observers;
  rounded.walk([&](calib::ObserveOp op) {
    if (op.getX().getDefiningOp<graph::ConstOp>())
      observers.push_back(op);
  });
  for (calib::ObserveOp observer : observers) {
    std::string name = withoutSuffix(graph::tensorName(observer.getX()));
    auto value = graph::constantOf(observer.getX());
    std::optional<float> step = stepOf(observer);
    std::optional<Tensor> best;
    double least = kMostNoise;
    for (FloatConstant &one : constants) {
      if (one.type != observer.getType())
        continue;
      auto candidate = graph::constantOf(one.op.getResult());
      // A name is worth more than what is a little nearer.
      constexpr double trust = 1e-3;
      double noise = candidate && isRounded(*candidate, *value, step)
                         ? noiseOf(*candidate, *value, 1) * (one.name == name && !name.empty() ? trust : 1)
                         : INFINITY;
      if (noise < least) {
        least = noise;
        best = std::move(candidate);
      }
    }
    if (!best) {
      notes.push_back(
          message("constant '", name, "' stays as it is: the float model has none that it could come from"));
      observer.replaceAllUsesWith(observer.getX());
      observer.erase();
      continue;
    }
    mlir::OpBuilder b(observer);
    LIMBECK_ASSIGN(mlir::Value constant,
                   graph::createConstant(b, observer.getX().getLoc(), *best,
                                         mlir::cast<mlir::RankedTensorType>(observer.getType())));
    observer.getXMutable().assign(constant);
  }
  return {};
}

/// Gives a bias the factors of its channels. Weights do not tell what is common to all factors of outputs, as those of inputs may be so much
/// smaller: the other bias does.
static void scaleBias(Tensor &exact, const Tensor &rounded, std::span<const double> factors) {
  if (std::ranges::all_of(factors, [](double factor) { return factor == 1; }))
    return;
  std::span<float> values = exact.mutableValues<float>();
  if (values.size() != factors.size())
    return;
  double products = 0, squares = 0;
  for (size_t i = 0; i < factors.size(); ++i) {
    double value = static_cast<double>(values[i]);
    products += value * static_cast<double>(rounded.values<float>()[i]) / factors[i];
    squares += value * value;
  }
  double common = products > 0 ? products / squares : 1;
  for (size_t i = 0; i < factors.size(); ++i)
    values[i] *= static_cast<float>(factors[i] * common);
}

Expected<GivenModel> takeApart(Compiler &compiler, const SourceModel &exact, const SourceModel &quantized) {
  auto import = [&](const SourceModel &source) -> Expected<importer::Model> {
    LIMBECK_ASSIGN(importer::Options options, onlyChoice(source));
    return importStatic(source.path, options);
  };
  LIMBECK_ASSIGN(importer::Model exactModel, import(exact));
  Expected<importer::Model> imported = import(quantized);
  // It has the shapes of the samples, which the float model takes.
  if (!imported.ok() && !quantized.shapes.empty())
    imported.diagnostic().message =
        message("expected a quantized form of ", exact.path,
                ", found a model that does not take its inputs: ", imported.diagnostic().message);
  LIMBECK_ASSIGN(importer::Model roundedModel, std::move(imported));
  LIMBECK_TRY(sameSignature(exactModel, roundedModel, quantized.path));
  LIMBECK_ASSIGN(mlir::OwningOpRef<mlir::ModuleOp> before, compiler.import(exactModel, "f32"));
  LIMBECK_TRY(compiler.run(
      *before, [](mlir::OpPassManager &passes) { passes.addPass(graph::createFoldConstantsPass()); }));
  mlir::OwningOpRef<mlir::ModuleOp> folded(before->clone());
  LIMBECK_TRY(compiler.run(*folded, pipeline::Stage::Import, pipeline::Stage::Graph));

  GivenModel given;
  given.outputs = roundedModel.outputNames;
  LIMBECK_ASSIGN(given.module, compiler.import(roundedModel, "f32"));
  LIMBECK_TRY(compiler.run(*given.module, pipeline::Stage::Import, pipeline::Stage::Graph));
  size_t remarksBefore = compiler.remarks().size();
  LIMBECK_TRY(compiler.run(*given.module, [](mlir::OpPassManager &passes) {
    passes.addPass(quantize::createFoldParametersPass());
    passes.addPass(graph::createCanonicalizePass());
    passes.addPass(quantize::createObserveRoundedPass());
    // Weights that are moved behind their dequantize.
    passes.addPass(graph::createFoldConstantsPass());
  }));
  for (size_t i = remarksBefore; i < compiler.remarks().size(); ++i)
    if (const PassRemark &remark = compiler.remarks()[i]; remark.name == "kept-rounded")
      given.notes.push_back(message("'", remark.nodes.empty() ? "" : remark.nodes.front(),
                                    "' rounds in every row: ", remark.reason));
  LIMBECK_TRY(findConstants(*given.module, {*folded, *before}, given.notes));
  Finder finder(*folded, *before);
  size_t scaled = 0;
  std::string firstScaled;
  for (Contraction &rounded : contractionsOf(*given.module)) {
    auto decision = rounded.op->getAttrOfType<mlir::DictionaryAttr>(quantize::kDecisionAttribute);
    if (!decision || !decision.contains("weight_method"))
      continue;
    auto nodes = graph::nodeNames(rounded.op->getLoc());
    std::string shown = nodes.empty() ? rounded.tensor : nodes.front().str();
    std::optional<FoundWeights> found = finder.find(rounded, shown, given.notes);
    if (!found)
      continue;
    if (found->scaled && scaled++ == 0)
      firstScaled = shown;
    mlir::MLIRContext *context = rounded.op->getContext();
    LIMBECK_ASSIGN(mlir::ElementsAttr weights, graph::toElementsAttr(context, found->weights));
    rounded.op->setAttr(quantize::kExactWeightsAttribute, weights);
    mlir::Value bias = rounded.op.getAnchorBias();
    AnchorOpInterface source = found->source->op;
    auto exactBias = source.getAnchorBias() ? graph::constantOf(source.getAnchorBias()) : std::nullopt;
    if (bias && exactBias && exactBias->dtype() == DType::F32 &&
        llvm::ArrayRef(exactBias->shape()) == mlir::cast<mlir::RankedTensorType>(bias.getType()).getShape()) {
      if (auto own = graph::constantOf(bias); own && own->dtype() == DType::F32)
        scaleBias(*exactBias, *own, found->outputs);
      LIMBECK_ASSIGN(mlir::ElementsAttr values, graph::toElementsAttr(context, *exactBias));
      rounded.op->setAttr(quantize::kExactBiasAttribute, values);
    }
    auto floatNodes = graph::nodeNames(source->getLoc());
    if (!floatNodes.empty())
      given.floatNodes[shown] = floatNodes.front().str();
  }
  if (scaled > 0)
    given.notes.push_back(
        message("weights of ", scaled, scaled == 1 ? " layer, '" : " layers, the first is '", firstScaled,
                "', are those of the float model times a factor for each channel, as equalize "
                "and smooth make them"));
  return given;
}

} // namespace limbeck::session
