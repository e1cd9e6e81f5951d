// compile: every entry once up to stage Fuse, then once per instruction set.
#include "limbeck/Session/Compile.h"
#include "Compiler.h"
#include "FloatModel.h"
#include "Provenance.h"
#include "WorkerProtocol.h"
#include "limbeck/Artifact/Writer.h"
#include "limbeck/Calibration/Document.h"
#include "limbeck/Graph/Export/ExportModel.h"
#include "limbeck/Graph/IR/Conversion.h"
#include "limbeck/Graph/IR/Limbeck.h"
#include "limbeck/Lower/Target.h"
#include "limbeck/Pipeline/Pipelines.h"
#include "limbeck/Session/FileKind.h"
#include "limbeck/Session/Version.h"
#include "limbeck/Support/File.h"
#include "limbeck/Target/CPU/Compile.h"
#include "limbeck/Target/CPU/Embed.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/SHA256.h"
#include <filesystem>
#include <set>

namespace limbeck::session {

using Module = mlir::OwningOpRef<mlir::ModuleOp>;
using pipeline::Stage;

static std::vector<std::byte> toBytes(std::string_view text) {
  std::span<const std::byte> bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

Expected<Product> productOf(const std::string &path) {
  static const std::map<std::string, Product, std::less<>> kProducts = {
      {".lmb", Product::Artifact}, {".o", Product::Object},  {".so", Product::SharedObject},
      {".mlir", Product::Mlir},    {".ll", Product::LlvmIr}, {".s", Product::Assembly},
      {".onnx", Product::Onnx}};
  std::string name = std::filesystem::path(path).filename().string();
  if (kProducts.contains(name))
    return error(Code::Flag, "expected an output file with a name in front of ", name, ", found '", path,
                 "'");
  std::string ending = std::filesystem::path(path).extension().string();
  if (auto found = kProducts.find(ending); found != kProducts.end())
    return found->second;
  return error(Code::Flag,
               "expected an output file that ends in .lmb, .o, .so, .onnx, .mlir, .ll or .s, found '", path,
               "'");
}

std::string nativeTarget() {
  return "cpu:" + std::string(cpu::nativeIsa().name);
}

Expected<std::optional<std::string>> runnableTarget(const std::string &target) {
  LIMBECK_ASSIGN(std::vector<const cpu::Isa *> isas, cpu::parseTargets(target));
  std::optional<std::string> best;
  for (const cpu::Isa *isa : isas)
    if (cpu::runsHere(*isa))
      best = "cpu:" + std::string(isa->name);
  return best;
}

/// What later stages do has no form in ONNX.
static Status checkOnnxOptions(const CompileOptions &options) {
  if (options.to > Stage::Graph)
    return error(Code::Flag, "expected --to import or graph with an output file that ends in .onnx, found ",
                 pipeline::name(options.to));
  if (options.model.precision != "f32")
    return error(Code::Flag, "expected no --precision with an output file that ends in .onnx, found ",
                 options.model.precision);
  return {};
}

/// The choices on which all else rests, checked before any file is read.
static Status checkOptions(const CompileOptions &options) {
  LIMBECK_TRY(checkPrecision(options.model));
  if (options.from > options.to)
    return error(Code::Flag, "expected --from a stage before that of --to, found ",
                 pipeline::name(options.from), " and ", pipeline::name(options.to));
  const SourceModel &model = options.model;
  if (options.from != Stage::Import && (!model.shapes.empty() || !model.dims.empty() ||
                                        !model.frozen.empty() || !model.externalDataDirectory.empty()))
    return error(Code::Flag,
                 "expected no flags about a model (--shape, --dim, --freeze, --external-data-dir) "
                 "with --from ",
                 pipeline::name(options.from), ": they are for import");
  if (options.from > Stage::Quantize && model.precision != "f32")
    return error(Code::Flag, "expected --from a stage up to quantize with --precision ", model.precision,
                 ", found ", pipeline::name(options.from), ": that stage rounds");
  if (options.product == Product::Onnx)
    return checkOnnxOptions(options);
  if (options.to != Stage::Lower && options.product != Product::Mlir)
    return error(Code::Flag, "expected an output file that ends in .mlir with --to ",
                 pipeline::name(options.to));
  return {};
}

/// The instruction set of a text, which holds exactly one.
static Expected<const cpu::Isa *> onlyIsa(const std::string &target) {
  LIMBECK_ASSIGN(std::vector<const cpu::Isa *> isas,
                 cpu::parseTargets(target == "cpu" ? nativeTarget() : target));
  if (isas.size() != 1)
    return error(Code::Flag, "expected one instruction set in --target for this kind of output, found ",
                 isas.size());
  return isas.front();
}

namespace {
/// The way of one compilation: the compiler, what is known of the source, and how far it is.
class Session {
public:
  Session(const CompileOptions &options, const Progress &progress, const KernelWatch &watch)
      : options(options), progress(progress), watch(watch), compiler(options.threads) {}

  Expected<std::vector<std::byte>> artifact();
  Expected<std::vector<std::byte>> linkable();
  Expected<std::vector<std::byte>> text();
  Expected<std::vector<std::byte>> onnx();

private:
  void report(std::string_view what, size_t done, size_t total) {
    if (progress)
      progress(what, done, total);
  }
  /// Errors of stages name the file.
  template <class Result> Result inFile(Result result) const {
    if (result.ok())
      return result;
    Diagnostic &diagnostic = result.diagnostic();
    if (diagnostic.file.empty())
      diagnostic.atFile(options.model.path);
    // Text that somebody wrote is his; only what we made ourselves shows a defect of ours.
    if (options.from != Stage::Import && diagnostic.code == Code::Internal) {
      diagnostic.code = Code::Parse;
      diagnostic.withHint(message("--from ", pipeline::name(options.from),
                                  " takes a module as --to leaves it behind the stage before"));
    }
    return result;
  }
  /// The only entry behind `last`: for files that hold no more than one.
  Expected<Module> onlyEntry(Stage last);
  /// The entry behind `last`, at most Fuse.
  Expected<Module> frontEnd(const EntryChoice &choice, Stage last);
  Expected<quantize::Recipe> recipe() const;
  Status readStatistics(const std::string &identity, const std::string &scaling);
  Status observe(mlir::ModuleOp module, const std::string &identity);
  /// `identity`: of the model, as statistics name it.
  Status quantize(mlir::ModuleOp module, const std::string &identity);
  Expected<Module> lower(mlir::ModuleOp module, const cpu::Isa &isa) {
    return inFile(compiler.lower(module, isa.name, options.tiles, options.listTiles));
  }
  Expected<artifact::Variant> variant(mlir::ModuleOp lowered, const cpu::Isa &isa);

  const CompileOptions &options;
  const Progress &progress;
  const KernelWatch &watch;
  Compiler compiler;
  artifact::Writer writer;
  std::string sourceSha256;
  std::shared_ptr<const calibration::Statistics> statistics; ///< once read
  std::string statisticsSha256;                              ///< of their file
};
} // namespace

/// A module that says which stage it is behind skips none; running stages again does no harm.
static Status checkStage(mlir::ModuleOp module, Stage first) {
  mlir::Attribute mark = module->getAttr(pipeline::kStageAttribute);
  if (!mark)
    return {};
  std::string_view attribute(pipeline::kStageAttribute);
  auto text = llvm::dyn_cast<mlir::StringAttr>(mark);
  std::optional<Stage> stage = text ? pipeline::stageFromName(text.getValue()) : std::nullopt;
  if (!stage)
    return error(Code::Parse, "expected the name of a stage in the module attribute '", attribute,
                 "', found ", text ? text.getValue().str() : "no text");
  size_t next = static_cast<size_t>(*stage) + 1;
  if (static_cast<size_t>(first) <= next)
    return {};
  auto nameAt = [](size_t at) { return pipeline::name(pipeline::allStages()[at]); };
  return error(Code::Parse, "expected a module behind stage ", nameAt(static_cast<size_t>(first) - 1),
               ", found one behind stage ", nameAt(next - 1))
      .withHint(message("--from ", nameAt(next),
                        " takes it; behind passes of your own, remove its attribute ", attribute));
}

/// Whether a parsed module has the form that the first stage to run takes: the stage that it is behind can be told by its ops.
static Status checkForm(mlir::ModuleOp module, Stage first) {
  bool lowered = module->hasAttr(lower::kTargetAttribute), fused = false, empty = true;
  module.walk([&](mlir::Operation *op) {
    lowered |= llvm::isa<graph::LaunchOp>(op);
    fused |= llvm::isa<graph::FusedOp>(op);
    empty &= !llvm::isa<mlir::func::FuncOp>(op);
  });
  auto expected = [&](std::string_view found) {
    std::string_view before = first == Stage::Lower ? "stage fuse" : "a stage before fuse";
    return error(Code::Parse, "expected a module behind ", before, ", found ", found);
  };
  if (empty)
    return expected("one without functions");
  if (lowered)
    return expected("one behind stage lower");
  if (fused && first != Stage::Lower)
    return expected("one behind stage fuse").withHint("--from lower takes it");
  return checkStage(module, first);
}

Expected<Module> Session::frontEnd(const EntryChoice &choice, Stage last) {
  Module module;
  std::string identity;
  Stage first = options.from;
  if (first == Stage::Import) {
    LIMBECK_TRY(expectModel(options.model.path));
    LIMBECK_ASSIGN(importer::Model model, options.to == Stage::Lower
                                              ? importStatic(options.model.path, choice.options)
                                              : importer::importFile(options.model.path, choice.options));
    sourceSha256 = model.sha256;
    identity = statisticsIdentity(model, choice.options);
    LIMBECK_ASSIGN(module, compiler.import(model, options.model.precision));
  } else {
    LIMBECK_TRY(expectIr(options.model.path));
    LIMBECK_ASSIGN(module, compiler.parse(options.model.path));
    LIMBECK_TRY(inFile(checkForm(*module, first)));
    setPrecision(*module, options.model.precision);
  }
  bool rewrites = options.observe || options.quantization.enabled;
  if (!rewrites || first > Stage::Graph || last < Stage::Graph) {
    LIMBECK_TRY(inFile(compiler.run(*module, first, last)));
    return module;
  }
  LIMBECK_TRY(inFile(compiler.run(*module, first, Stage::Graph)));
  LIMBECK_TRY(inFile(options.observe ? observe(*module, identity) : quantize(*module, identity)));
  if (last > Stage::Graph)
    LIMBECK_TRY(inFile(compiler.run(*module, Stage::Quantize, last)));
  return module;
}

Expected<quantize::Recipe> Session::recipe() const {
  if (options.quantization.recipe.empty())
    return quantize::Recipe();
  return quantize::parseRecipe(options.quantization.recipe, "recipe");
}

Status Session::observe(mlir::ModuleOp module, const std::string &identity) {
  LIMBECK_TRY(expectFloatModel(module, options.model.path));
  LIMBECK_ASSIGN(quantize::Recipe rules, recipe());
  LIMBECK_TRY(readStatistics(identity, quantize::scalingText(rules)));
  return compiler.run(module, [&](mlir::OpPassManager &passes) {
    if (options.magnitudes)
      pipeline::buildMagnitudes(std::move(rules), passes);
    else
      pipeline::buildObservers(std::move(rules), statistics, calibration::text(options.collect), passes);
  });
}

/// Those of this model, with the factors moved that these rules move.
Status Session::readStatistics(const std::string &identity, const std::string &scaling) {
  if (!statistics && !options.quantization.statistics.empty()) {
    LIMBECK_ASSIGN(std::vector<std::byte> bytes, readFile(options.quantization.statistics));
    statisticsSha256 =
        llvm::toHex(llvm::SHA256::hash({reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size()}),
                    /*LowerCase=*/true);
    LIMBECK_ASSIGN(calibration::Statistics read,
                   calibration::readStatistics(options.quantization.statistics));
    if (read.modelSha256 != identity)
      return error(Code::Calibration, "expected statistics of this model, found those of one with SHA-256 ",
                   read.modelSha256)
          .atFile(options.quantization.statistics);
    if (read.scaling != scaling)
      return error(Code::Calibration,
                   "expected statistics by the rules for equalize and smooth of this recipe, found ",
                   read.scaling.empty() ? "those of a model without" : "others")
          .withHint("calibrate with the recipe that quantizes, or quantize --data does it")
          .atFile(options.quantization.statistics);
    statistics = std::make_shared<const calibration::Statistics>(std::move(read));
  }
  return {};
}

Status Session::quantize(mlir::ModuleOp module, const std::string &identity) {
  LIMBECK_ASSIGN(quantize::Recipe rules, recipe());
  LIMBECK_TRY(readStatistics(identity, quantize::scalingText(rules)));
  Status status = compiler.run(module, [&](mlir::OpPassManager &passes) {
    pipeline::buildQuantization(std::move(rules), statistics, passes, options.quantization.last);
  });
  // That a range cannot be read is no fault of the model.
  if (!status.ok() && status.diagnostic().code == Code::Calibration)
    status.diagnostic().atFile(options.quantization.statistics);
  return status;
}

Expected<artifact::Variant> Session::variant(mlir::ModuleOp lowered, const cpu::Isa &isa) {
  cpu::CompileOptions backEnd;
  backEnd.threads = compiler.threads();
  backEnd.keepDirectory = options.keepDirectory;
  if (watch)
    backEnd.watch = [this](llvm::StringRef kernel, mlir::Location location, bool begins) {
      watch({kernel.data(), kernel.size()}, sourceNodes(location), begins);
    };
  LIMBECK_ASSIGN(cpu::CompiledEntry entry, compiler.attempt<cpu::CompiledEntry>(
                                               [&] { return cpu::compileEntry(lowered, isa, backEnd); }));
  artifact::Variant variant;
  variant.isa = isa.name;
  variant.features = isa.featureList();
  variant.architecture = isa.architecture;
  variant.code = writer.addCode({entry.readOnly, entry.executable, entry.executableOffset, entry.span});
  variant.entryOffset = entry.entryOffset;
  variant.arenaBytes = entry.arenaBytes;
  for (const Tensor &weight : entry.weights)
    variant.weights.push_back(writer.addWeights({weight.bytes(), weight.bytes() + weight.byteSize()}));
  return variant;
}

static Expected<artifact::Port> portOf(mlir::Type type, mlir::Attribute name) {
  LIMBECK_ASSIGN(TensorType tensorType, graph::toTensorType(type));
  auto text = llvm::dyn_cast_or_null<mlir::StringAttr>(name);
  if (!text)
    return error(Code::Internal, "an input or output has no attribute 'limbeck.name'");
  return artifact::Port{text.str(), std::move(tensorType)};
}

static Expected<artifact::Entry> signatureOf(mlir::ModuleOp module, const std::string &name) {
  auto function = module.lookupSymbol<mlir::func::FuncOp>("main");
  if (!function)
    return error(Code::NoGraph, "expected a function 'main' in the module");
  artifact::Entry entry;
  entry.name = name;
  for (unsigned i = 0; i < function.getNumArguments(); ++i) {
    LIMBECK_ASSIGN(artifact::Port port,
                   portOf(function.getArgumentTypes()[i], function.getArgAttr(i, "limbeck.name")));
    entry.inputs.push_back(std::move(port));
  }
  for (unsigned i = 0; i < function.getNumResults(); ++i) {
    LIMBECK_ASSIGN(artifact::Port port,
                   portOf(function.getResultTypes()[i], function.getResultAttr(i, "limbeck.name")));
    entry.outputs.push_back(std::move(port));
  }
  return entry;
}

Expected<std::vector<std::byte>> Session::artifact() {
  LIMBECK_ASSIGN(std::vector<const cpu::Isa *> isas, cpu::parseTargets(options.target));
  LIMBECK_ASSIGN(std::vector<EntryChoice> choices, entryChoices(options.model));
  artifact::Manifest manifest;
  std::vector<EntryRecord> records;
  std::set<std::string> tilesUsed;
  size_t done = 0, total = choices.size() * (isas.size() + 1);
  for (const EntryChoice &choice : choices) {
    report(message("entry ", choice.name), done++, total);
    LIMBECK_ASSIGN(Module module, frontEnd(choice, Stage::Fuse));
    LIMBECK_ASSIGN(artifact::Entry entry, inFile(signatureOf(*module, choice.name)));
    EntryRecord record{choice.name, computesIntegers(*module), {}};
    for (const cpu::Isa *isa : isas) {
      report(message("entry ", choice.name, ", code for ", isa->name), done++, total);
      LIMBECK_ASSIGN(Module lowered, lower(*module, *isa));
      LIMBECK_ASSIGN(artifact::Variant compiled, variant(*lowered, *isa));
      entry.variants.push_back(std::move(compiled));
      std::vector<KernelRecord> kernels = kernelsOf(*lowered);
      for (const KernelRecord &kernel : kernels)
        for (const lower::TileChoice &choice : kernel.facts.tiles)
          if (auto wanted = options.tiles.find(choice.problem);
              wanted != options.tiles.end() && wanted->second == choice.tile)
            tilesUsed.insert(choice.problem);
      // Every instruction set has the same calls in the same order.
      if (record.kernels.empty())
        record.kernels = std::move(kernels);
    }
    manifest.entries.push_back(std::move(entry));
    records.push_back(std::move(record));
  }
  manifest.provenance = {kVersion, sourceSha256,
                         writeProvenance(options, records, tilesUsed.size(), statisticsSha256)};
  return writer.finish(manifest);
}

Expected<std::vector<std::byte>> Session::linkable() {
  LIMBECK_ASSIGN(const cpu::Isa *isa, onlyIsa(options.target));
  LIMBECK_ASSIGN(std::vector<std::byte> bytes, artifact());
  return cpu::embedArtifact(bytes, options.symbol, *isa, options.product == Product::SharedObject);
}

Expected<Module> Session::onlyEntry(Stage last) {
  LIMBECK_ASSIGN(std::vector<EntryChoice> choices, entryChoices(options.model));
  if (choices.size() != 1)
    return error(Code::Flag, "expected one entry for this kind of output, found ", choices.size(),
                 " combinations of --dim values");
  return frontEnd(choices.front(), last);
}

/// The length of the model in 8 bytes, the model, the file beside it.
static std::vector<std::byte> encodeOnnx(const graph::OnnxFiles &files) {
  uint64_t length = files.model.size();
  std::vector<std::byte> bytes(sizeof length);
  bytes.reserve(sizeof length + files.model.size() + files.externalData.size());
  std::memcpy(bytes.data(), &length, sizeof length);
  for (std::string_view part : {std::string_view(files.model), std::string_view(files.externalData)}) {
    Bytes content = bytesOf(part);
    bytes.insert(bytes.end(), content.begin(), content.end());
  }
  return bytes;
}

Expected<OnnxBytes> onnxBytesOf(std::span<const std::byte> compiled) {
  uint64_t length = 0;
  if (compiled.size() >= sizeof length)
    std::memcpy(&length, compiled.data(), sizeof length);
  if (compiled.size() < sizeof length || length > compiled.size() - sizeof length)
    return error(Code::Internal, "expected the bytes of an ONNX model, found too few");
  return OnnxBytes{compiled.subspan(sizeof length, length), compiled.subspan(sizeof length + length)};
}

Expected<std::vector<std::byte>> Session::onnx() {
  LIMBECK_ASSIGN(Module module, onlyEntry(options.to));
  graph::ExportOptions choices;
  choices.producerVersion = kVersion;
  choices.metadata = {{"limbeck.version", kVersion}};
  if (options.quantization.enabled) {
    LIMBECK_ASSIGN(quantize::Recipe rules, recipe());
    choices.metadata.emplace_back("limbeck.recipe", quantize::recipeText(rules));
    if (!statisticsSha256.empty())
      choices.metadata.emplace_back("limbeck.statistics_sha256", statisticsSha256);
  }
  choices.externalDataName = options.externalData;
  LIMBECK_ASSIGN(graph::OnnxFiles files, inFile(graph::exportModel(*module, choices)));
  return encodeOnnx(files);
}

Expected<std::vector<std::byte>> Session::text() {
  LIMBECK_ASSIGN(Module module, onlyEntry(std::min(options.to, Stage::Fuse)));
  const cpu::Isa *isa = nullptr;
  if (options.to == Stage::Lower) {
    LIMBECK_ASSIGN(isa, onlyIsa(options.target));
    LIMBECK_ASSIGN(module, lower(*module, *isa));
  }
  std::string result;
  if (options.product == Product::Mlir) {
    pipeline::markStage(*module, options.to);
    llvm::raw_string_ostream stream(result);
    // With locations, so that the text can go on through later stages (--from) and still name its nodes.
    module->print(stream, mlir::OpPrintingFlags().enableDebugInfo());
    return toBytes(result);
  }
  LIMBECK_ASSIGN(result, compiler.attempt<std::string>([&] {
    return cpu::emitText(*module, *isa, options.product == Product::Assembly);
  }));
  return toBytes(result);
}

Expected<std::vector<std::byte>> compile(const CompileOptions &options, const Progress &progress,
                                         const KernelWatch &watch) {
  LIMBECK_TRY(checkOptions(options));
  if (options.product == Product::Plan) {
    LIMBECK_ASSIGN(Plan result, plan(options.model, options.target));
    return encodeReport({planJson(result), planText(result), static_cast<int64_t>(result.unfused.size())});
  }
  Session session(options, progress, watch);
  switch (options.product) {
  case Product::Artifact:
    return session.artifact();
  case Product::Object:
  case Product::SharedObject:
    return session.linkable();
  case Product::Onnx:
    return session.onnx();
  default:
    return session.text();
  }
}

} // namespace limbeck::session
