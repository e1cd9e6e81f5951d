// limbeck compile
#include "CompiledOutput.h"
#include "InputFiles.h"
#include "limbeck/CommandLine/CommandSet.h"
#include "limbeck/CommandLine/Flags.h"
#include "limbeck/Session/Json.h"
#include "limbeck/Session/Tuning.h"
#include "limbeck/Session/Worker.h"
#include "limbeck/Support/File.h"
#include "limbeck/Support/Printable.h"
#include <chrono>
#include <filesystem>

namespace limbeck::command {

namespace {
struct CompileFlags {
  session::CompileOptions options;
  session::WorkerLimits limits;
  std::string output, tuning;
  int threads = 0;
  uint64_t memoryMiB = 16384;
  bool noWorker = false;
  CLI::Option *to = nullptr;
};
} // namespace

static void compileFlags(CLI::App &command, CompileFlags &flags) {
  session::CompileOptions &options = flags.options;
  addModelArgument(command, options.model, "MODEL");
  command
      .add_option(
          "-o,--output", flags.output,
          "the file to write: .lmb (artifact), .o or .so (to link, with a C header), .onnx (the model behind "
          "stage graph), .mlir, .ll or .s")
      ->required()
      ->type_name("OUT");
  addShapeFlags(command, options.model);
  command
      .add_option("--target", options.target,
                  "cpu: every level of this machine's architecture; cpu:native; cpu:LEVEL[,LEVEL..]")
      ->type_name("T");
  addPrecisionFlag(command, options.model);
  addStageFlag(command, "--from", options.from, "first stage to run; behind import MODEL is a file of IR");
  flags.to = addStageFlag(command, "--to", options.to,
                          "last stage to run; before lower, OUT ends in .mlir, or, up to graph, in .onnx");
  addThreadsFlag(command, flags.threads);
  command.add_option("--tuning", flags.tuning, "register tiles that tune found; they change no number")
      ->type_name("tuning.json");
  const char *group = "Development";
  command
      .add_option("--keep", options.keepDirectory,
                  "leave every kernel's LLVM IR, before and behind the optimizer, in this folder")
      ->type_name("DIR")
      ->group(group);
  command
      .add_flag("--no-worker", flags.noWorker, "compile in this process: a crash is then one of this program")
      ->group(group);
  command
      .add_option("--time-limit", flags.limits.seconds,
                  "seconds after which compiling is given up; 3600 when not given")
      ->type_name("SECONDS")
      ->group(group)
      ->check(between(1, 1'000'000));
  command
      .add_option("--memory-limit", flags.memoryMiB,
                  "MiB of address space for compiling; 16384 when not given")
      ->type_name("MIB")
      ->group(group)
      ->check(between(64, 1'000'000'000)); // in less, not even the loader tells what is missing
}

/// With all folders above it, unless it is there or there is no name.
static Status makeFolder(const std::string &path) {
  std::error_code failure;
  if (path.empty() || std::filesystem::is_directory(path, failure))
    return {};
  std::filesystem::create_directories(path, failure);
  return failure ? error(Code::File, "cannot make the folder: ", failure.message()).atFile(path) : Status();
}

static int runCompile(const CompileFlags &flags, Console &console) {
  auto start = std::chrono::steady_clock::now();
  session::CompileOptions options = flags.options;
  const std::vector<std::string> inputs = InputFiles().add(options.model).add(flags.tuning).paths();
  if (Status status = prepareOutput(options, flags.output, flags.to->count() != 0, inputs); !status.ok())
    return console.fail(status.diagnostic());
  options.threads = static_cast<unsigned>(flags.threads);
  if (Status status = makeFolder(options.keepDirectory); !status.ok())
    return console.fail(status.diagnostic());
  if (!flags.tuning.empty() && options.to != pipeline::Stage::Lower)
    return console.fail(error(Code::Flag,
                              "expected --tuning with an output behind stage lower, found one behind ",
                              pipeline::name(options.to), ": tiles are chosen there")
                            .withHint("such as -o model.lmb"));
  if (!flags.tuning.empty()) {
    Expected<session::TuningFile> file = session::readTuning(flags.tuning);
    if (!file.ok())
      return console.fail(file.diagnostic());
    options.tiles = file->tuning.tiles();
    options.tuningSha256 = file->sha256;
    if (std::string other = session::otherMachine(file->tuning); !other.empty())
      console.note(message(printable(flags.tuning), ": ", printable(other)));
  }
  session::WorkerLimits limits = flags.limits;
  limits.memoryBytes = flags.memoryMiB << 20;
  limits.byFlags = true;
  session::Progress progress = console.progress();
  auto bytes = flags.noWorker ? session::compile(options, progress)
                              : session::compileInWorker(options, limits, progress);
  if (!bytes.ok())
    return console.fail(bytes.diagnostic());
  OutputFiles files(inputs);
  Status status = addOutput(files, options, flags.output, *bytes);
  if (status.ok())
    status = files.commit();
  if (!status.ok())
    return console.fail(status.diagnostic());
  if (options.product == session::Product::Artifact && !flags.tuning.empty())
    if (size_t used = session::tilesUsed(*bytes); used < options.tiles.size())
      console.note(message(printable(flags.tuning), ": ", options.tiles.size() - used, " of ",
                           options.tiles.size(),
                           " tiles are not used: this model has no such problem on these targets, or they do "
                           "not fit it"));
  double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (console.json)
    console.result(session::jsonDocument([&](llvm::json::OStream &json) {
      json.attribute("output", session::jsonText(flags.output));
      json.attribute("bytes", static_cast<int64_t>(bytes->size()));
      json.attribute("seconds", session::jsonNumber(seconds));
    }));
  char time[32];
  std::snprintf(time, sizeof time, "%.1f s", seconds);
  console.note(message("wrote ", printable(flags.output), ": ", bytes->size(), " bytes, ", time,
                       hasOneLevel(options) ? ", for " + options.target : ""));
  return 0;
}

void addCompileCommand(CommandSet &set) {
  set.add<CompileFlags>(
      {"compile", "Compile a model to an artifact, or to the text of a stage on the way",
       "  limbeck compile model.onnx -o model.lmb\n"
       "  limbeck compile model.onnx -o model.lmb --shape x=1x3x48x320 --target cpu:native\n"
       "  limbeck compile model.onnx -o model.lmb --dim N=1,8 --dim T=320\n"
       "  limbeck compile model.onnx -o model.lmb --target cpu:native --tuning tuning.json\n"
       "  limbeck compile model.onnx -o model.lmb --precision bf16\n"
       "  limbeck compile model.onnx -o folded.onnx\n"
       "  limbeck compile model.onnx -o fused.mlir --to fuse\n"
       "  limbeck compile fused.mlir -o model.lmb --from lower\n"},
      compileFlags, runCompile);
}

} // namespace limbeck::command
