// Finding what can be rounded, compiling the model once, and running it with choices.
#include "VariantModel.h"
#include "CompiledModule.h"
#include "Compiler.h"
#include "GivenModel.h"
#include "limbeck/Graph/IR/Conversion.h"
#include "limbeck/Graph/IR/SourceNames.h"
#include "limbeck/Pipeline/Pipelines.h"
#include "limbeck/Quantize/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include <cmath>

namespace limbeck::session {

using quantize::WeightVariant;

void Variant::apply(const RoundedLayer &layer, bool applied) {
  for (size_t tensor : layer.tensors)
    rounding[tensor][quantize::Applied] = applied;
  if (layer.weights)
    weights[*layer.weights] = applied ? WeightVariant::Recipe : WeightVariant::Float;
  if (layer.run)
    run[*layer.run] = applied ? quantize::RunRounding::Recipe : quantize::RunRounding::Float;
}

std::array<float, quantize::kRoundingColumns> RoundedTensor::row() const {
  if (given)
    return {(*given)[0], (*given)[1], (*given)[2], 0};
  return quantize::roundingRow(range, storage, symmetric);
}

static std::string settingOf(mlir::Operation *op, llvm::StringRef key) {
  auto decision = op->getAttrOfType<mlir::DictionaryAttr>(quantize::kDecisionAttribute);
  auto value = decision ? decision.getAs<mlir::StringAttr>(key) : mlir::StringAttr();
  return value ? value.str() : "";
}

static std::pair<double, double> compareWeights(const Tensor &exact, const Tensor &rounded) {
  double signal = 0, noise = 0, product = 0, power = 0;
  for (size_t i = 0; i < exact.values<float>().size(); ++i) {
    double x = static_cast<double>(exact.values<float>()[i]),
           y = static_cast<double>(rounded.values<float>()[i]);
    signal += x * x;
    noise += (x - y) * (x - y);
    product += x * y;
    power += y * y;
  }
  return {10 * std::log10(signal / noise),
          signal == 0 && power == 0 ? 1 : product / std::sqrt(signal * power)};
}

std::optional<std::string> observedAs(mlir::Value value) {
  while (mlir::Operation *op = value.getDefiningOp()) {
    if (auto observe = mlir::dyn_cast<calib::ObserveOp>(op))
      return observe.getStat().str();
    auto movement = mlir::dyn_cast<graph::MovementOpInterface>(op);
    if (!movement || movement.getDataOperands().empty())
      break;
    value = movement.getDataOperands()[0];
  }
  return std::nullopt;
}

/// Fills tensors, weights and layers from a module with observers and ranges.
Status VariantModel::read(mlir::ModuleOp module) {
  quantize::VariantSites sites = quantize::variantSites(module);
  whenRun = sites.whenRun.size();
  std::map<std::string, size_t, std::less<>> rows;
  for (calib::StatOp stat : sites.tensors) {
    RoundedTensor tensor;
    tensor.name = stat.getSymName().str();
    tensor.method = stat.getMethod().str();
    LIMBECK_ASSIGN(tensor.storage, graph::toDType(*stat.getStorage()));
    tensor.symmetric = stat.getSymmetric();
    if (auto range = stat.getRange())
      tensor.range = {(*range)[0], (*range)[1]};
    if (auto row = stat->getAttrOfType<mlir::DenseF32ArrayAttr>(quantize::kRowAttribute);
        row && row.size() == 3)
      tensor.given = {row[0], row[1], row[2]};
    rows[tensor.name] = tensors.size();
    tensors.push_back(std::move(tensor));
  }
  for (calib::StatOp stat : module.getOps<calib::StatOp>())
    if (auto like = stat.getLike())
      if (auto found = rows.find(like->str()); found != rows.end())
        rows[stat.getSymName().str()] = found->second;
  llvm::DenseMap<mlir::Operation *, size_t> numbers;
  for (auto [number, contraction] : llvm::enumerate(sites.contractions)) {
    numbers[contraction] = number;
    RoundedWeights rounded;
    rounded.granularity = settingOf(contraction, "granularity");
    rounded.method = settingOf(contraction, "weight_method");
    rounded.hasColumns = settingOf(contraction, "quantize") != "static" && quantize::hasColumns(contraction);
    rounded.finerBlock = rounded.hasColumns ? quantize::finerBlock(contraction) : 0;
    LIMBECK_ASSIGN(quantize::VariantWeights exact, quantize::weightsOf(contraction, WeightVariant::Float));
    for (int32_t i = 0; i < quantize::weightVariantsOf(contraction); ++i) {
      LIMBECK_ASSIGN(quantize::VariantWeights version,
                     quantize::weightsOf(contraction, static_cast<WeightVariant>(i)));
      auto [signalToNoise, cosine] = compareWeights(exact.values, version.values);
      rounded.signalToNoise[static_cast<size_t>(i)] = signalToNoise;
      if (static_cast<WeightVariant>(i) == WeightVariant::Recipe)
        rounded.cosine = cosine;
    }
    weights.push_back(std::move(rounded));
  }
  auto nameLayer = [](mlir::Location location) {
    auto nodes = graph::nodeNames(location), types = graph::operatorTypes(location);
    return RoundedLayer{
        nodes.empty() ? "" : nodes.front().str(), types.empty() ? "" : types.front().str(), {}, {}};
  };
  std::vector<bool> read(tensors.size());
  llvm::DenseMap<mlir::Operation *, size_t> places;
  module.walk([&](mlir::Operation *op) { places.try_emplace(op, places.size()); });
  std::vector<std::pair<size_t, RoundedLayer>> placed;
  llvm::DenseMap<mlir::Operation *, size_t> contractions; ///< places in `placed`
  module.walk([&](mlir::Operation *op) {
    auto anchor = mlir::dyn_cast<graph::AnchorOpInterface>(op);
    if (!anchor || (settingOf(op, "quantize") != "static" && !numbers.contains(op)))
      return;
    RoundedLayer layer = nameLayer(op->getLoc());
    if (auto place = llvm::find(sites.whenRun, anchor); place != sites.whenRun.end()) {
      layer.run = static_cast<size_t>(place - sites.whenRun.begin());
      layer.mayRoundRows = quantize::mayRoundRows(anchor);
    }
    for (mlir::Value operand : {anchor.getAnchorInput(), anchor.getAnchorWeights()})
      if (auto stat = observedAs(operand))
        if (auto row = rows.find(*stat);
            row != rows.end() && !llvm::is_contained(layer.tensors, row->second)) {
          layer.tensors.push_back(row->second);
          read[row->second] = true;
        }
    if (auto number = numbers.find(op); number != numbers.end())
      layer.weights = number->second;
    contractions[op] = placed.size();
    placed.emplace_back(places[op], std::move(layer));
  });
  // What only other ops read costs accuracy, too: it is the result of its contraction, or a layer of its own.
  module.walk([&](calib::ObserveOp op) {
    auto found = rows.find(op.getStat().str());
    if (found == rows.end()) // observed for its statistics only
      return;
    size_t row = found->second;
    llvm::StringRef name = graph::tensorName(op.getX());
    std::vector<std::string> &names = tensors[row].names;
    if (!name.empty() && !llvm::is_contained(names, name.str()))
      names.push_back(name.str());
    if (mlir::isa<mlir::func::FuncOp>(op->getParentOp()))
      measuredTensors.emplace_back(tensors[row].name,
                                   mlir::cast<mlir::RankedTensorType>(op.getType()).getNumElements());
    if (read[row])
      return;
    read[row] = true;
    mlir::Operation *producer = op.getX().getDefiningOp();
    mlir::Operation *source = producer;
    while (mlir::isa_and_nonnull<graph::ReluOp, graph::ClipOp>(source))
      source = source->getOperand(0).getDefiningOp();
    if (auto maker = contractions.find(source); maker != contractions.end())
      return placed[maker->second].second.tensors.push_back(row);
    RoundedLayer layer = nameLayer(producer ? producer->getLoc() : op.getLoc());
    layer.tensors = {row};
    placed.emplace_back(places[op], std::move(layer));
  });
  llvm::sort(placed, llvm::less_first());
  for (auto &[place, layer] : placed)
    if (!layer.tensors.empty() || layer.weights || layer.run)
      layers.push_back(std::move(layer));
  return {};
}

/// The float graph with what the recipe stores in integers observed.
static Expected<mlir::OwningOpRef<mlir::ModuleOp>>
observedModule(Compiler &compiler, const importer::Model &model, const std::string &precision,
               quantize::Recipe recipe, std::shared_ptr<const calibration::Statistics> statistics) {
  LIMBECK_ASSIGN(mlir::OwningOpRef<mlir::ModuleOp> module, compiler.import(model, precision));
  LIMBECK_TRY(compiler.run(*module, pipeline::Stage::Import, pipeline::Stage::Graph));
  LIMBECK_TRY(compiler.run(*module, [&](mlir::OpPassManager &passes) {
    pipeline::buildObserved(std::move(recipe), std::move(statistics), passes);
  }));
  return module;
}

Expected<std::vector<bool>> VariantModel::storedWith(const quantize::Recipe &recipe) const {
  Compiler compiler;
  LIMBECK_ASSIGN(mlir::OwningOpRef<mlir::ModuleOp> module,
                 observedModule(compiler, imported, precision, recipe, statistics));
  std::vector<bool> stored;
  for (const RoundedTensor &tensor : tensors)
    stored.push_back(module->lookupSymbol<calib::StatOp>(tensor.name) != nullptr);
  return stored;
}

/// Floats with observers and ranges: the recipe's, or those of a quantized model.
Expected<mlir::OwningOpRef<mlir::ModuleOp>> VariantModel::moduleOf(Compiler &compiler,
                                                                   const VariantOptions &options) {
  if (!options.quantized.path.empty()) {
    LIMBECK_ASSIGN(GivenModel given, takeApart(compiler, options.model, options.quantized));
    outputs = std::move(given.outputs);
    floatNodes = std::move(given.floatNodes);
    notes = std::move(given.notes);
    return std::move(given.module);
  }
  LIMBECK_ASSIGN(importer::Options importOptions, onlyChoice(options.model));
  LIMBECK_ASSIGN(imported, importStatic(options.model.path, importOptions));
  // Where nothing is rounded by ranges of samples, there may be none.
  bool given = !options.statistics->modelSha256.empty();
  if (given && statisticsIdentity(imported, importOptions) != options.statistics->modelSha256)
    return error(Code::Calibration, "expected statistics of this model, found those of one with SHA-256 ",
                 options.statistics->modelSha256);
  outputs = imported.outputNames;
  precision = options.model.precision;
  statistics = options.statistics;
  quantize::Recipe recipe;
  if (!options.recipe.empty()) {
    LIMBECK_ASSIGN(recipe, quantize::parseRecipe(options.recipe, "recipe"));
  }
  LIMBECK_ASSIGN(mlir::OwningOpRef<mlir::ModuleOp> module,
                 observedModule(compiler, imported, precision, std::move(recipe), options.statistics));
  LIMBECK_TRY(compiler.run(*module, [&](mlir::OpPassManager &passes) {
    passes.addPass(quantize::createChooseRangesPass(options.statistics));
  }));
  return module;
}

/// Why there is no layer to choose for.
static Diagnostic withoutLayers(const VariantOptions &options, mlir::ModuleOp module) {
  if (!options.quantized.path.empty())
    return error(Code::Unsupported,
                 "expected a quantized model, found none of its roundings with a constant scale")
        .atFile(options.quantized.path)
        .withHint("explain takes models with QuantizeLinear and DequantizeLinear, and of "
                  "QLinear nodes");
  size_t byGram = 0;
  module.walk([&](graph::AnchorOpInterface anchor) {
    std::string method = settingOf(anchor, "weight_method");
    byGram += method == "gptq" || method == "awq";
  });
  if (byGram > 0)
    return error(Code::Unsupported, "expected a layer that can be taken apart, found ", byGram,
                 " whose weights are rounded by Gram matrices (gptq, awq), which explain does not do")
        .atFile(options.model.path)
        .withHint("explain a recipe with weight_method: minmax or mse: it measures what gptq and awq gain; "
                  "quantize --data measures this one");
  return error(Code::Unsupported,
               "expected a model with something to quantize, found nothing that the recipe chooses")
      .atFile(options.model.path);
}

Expected<std::unique_ptr<VariantModel>> VariantModel::create(const VariantOptions &options,
                                                             const Progress &progress) {
  auto result = std::make_unique<VariantModel>();
  std::shared_ptr<const runtime::Model> loaded;
  {
    Compiler compiler;
    LIMBECK_ASSIGN(mlir::OwningOpRef<mlir::ModuleOp> module, result->moduleOf(compiler, options));
    LIMBECK_TRY(result->read(*module));
    if (result->layers.empty())
      return withoutLayers(options, *module);
    LIMBECK_TRY(compiler.run(
        *module, [](mlir::OpPassManager &passes) { passes.addPass(quantize::createSelectVariantsPass()); }));
    LIMBECK_ASSIGN(loaded, compileModule(*module, {options.threads, options.worker}, progress));
  }
  if (loaded->entries().front().outputs.size() != result->outputs.size() + result->measuredTensors.size())
    return error(Code::Internal, "expected a result for each tensor that is measured");
  runtime::ContextOptions contextOptions;
  contextOptions.threads = options.threads;
  LIMBECK_ASSIGN(result->context, runtime::Context::create(loaded, contextOptions));
  return result;
}

Variant VariantModel::variant(bool applied) const {
  Variant result;
  for (const RoundedTensor &tensor : tensors) {
    result.rounding.push_back(tensor.row());
    result.rounding.back()[quantize::Applied] = applied;
  }
  result.weights.assign(weights.size(), applied ? WeightVariant::Recipe : WeightVariant::Float);
  result.run.assign(whenRun, applied ? quantize::RunRounding::Recipe : quantize::RunRounding::Float);
  return result;
}

Expected<std::vector<Tensor>> VariantModel::call(std::span<const Tensor> inputs, const Variant &variant,
                                                 bool measured) {
  std::vector<Tensor> all(inputs.begin(), inputs.end());
  if (!tensors.empty()) {
    LIMBECK_ASSIGN(Tensor rounding, Tensor::zeros(DType::F32, {static_cast<int64_t>(variant.rounding.size()),
                                                               quantize::kRoundingColumns}));
    for (size_t i = 0; i < variant.rounding.size(); ++i)
      std::ranges::copy(variant.rounding[i], rounding.mutableValues<float>().begin() +
                                                 static_cast<ptrdiff_t>(i * quantize::kRoundingColumns));
    all.push_back(std::move(rounding));
    all.push_back(Tensor::scalar<uint8_t>(DType::Bool, measured));
  }
  auto addChoices = [&](const auto &choices) -> Status {
    if (choices.empty())
      return {};
    LIMBECK_ASSIGN(Tensor chosen, Tensor::zeros(DType::S32, {static_cast<int64_t>(choices.size())}));
    for (size_t i = 0; i < choices.size(); ++i)
      chosen.mutableValues<int32_t>()[i] = static_cast<int32_t>(choices[i]);
    all.push_back(std::move(chosen));
    return {};
  };
  LIMBECK_TRY(addChoices(variant.weights));
  LIMBECK_TRY(addChoices(variant.run));
  return context->run("", all);
}

Expected<std::vector<Tensor>> VariantModel::run(std::span<const Tensor> inputs, const Variant &variant) {
  LIMBECK_ASSIGN(std::vector<Tensor> results, call(inputs, variant, false));
  results.resize(outputs.size());
  return results;
}

Status VariantModel::measure(std::span<const Tensor> inputs, std::vector<MeasuredTensor> &measured) {
  LIMBECK_ASSIGN(std::vector<Tensor> results, call(inputs, variant(false), true));
  measured.resize(measuredTensors.size());
  for (size_t i = 0; i < measured.size(); ++i) {
    measured[i].name = measuredTensors[i].first;
    measured[i].elements += measuredTensors[i].second;
    for (size_t part = 0; part < quantize::kMeasuredParts; ++part)
      measured[i].sums[part] += static_cast<double>(results[outputs.size() + i].values<float>()[part]);
  }
  return {};
}

} // namespace limbeck::session
