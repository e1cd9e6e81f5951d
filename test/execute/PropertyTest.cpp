// limbeck-property-test: compiled == interpreter, bit for bit, floats included, for every op.
//
// Draws random models, compiles each for an instruction set of this machine, runs it with several workers in guarded memory, and
// compares with the interpreter. A failing case says how to repeat it; exit 1 then. Last line: `N passed, N failed`.
#include "Arm64.h"
#include "CaseRun.h"
#include "limbeck/Runtime/CpuFeatures.h"
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <unistd.h>

namespace limbeck::test {
namespace {

struct Options {
  uint64_t seed = 1;
  int64_t cases = 1500, onlyCase = -1;
  std::string op, isa, code, keep;
  unsigned threads = 2, optimization = 3;
};

struct Totals {
  std::mutex mutex;
  std::map<std::string, int64_t> byKernels; ///< cases per instruction set of the kernels
  std::set<std::string> failures;           ///< generator @ instruction sets
  int64_t passed = 0, failed = 0;
  StepCount steps;
};

const GeneratorList &generators() {
  static const GeneratorList list = [] {
    GeneratorList all;
    addElementwiseGenerators(all);
    addConversionGenerators(all);
    addMovementGenerators(all);
    addContractionGenerators(all);
    addConvolutionGenerators(all);
    addPoolingGenerators(all);
    addReductionGenerators(all);
    addNormalizationGenerators(all);
    addResizeGenerators(all);
    addQuantizationGenerators(all);
    addChainGenerators(all);
    return all;
  }();
  return list;
}

/// Ops of lib/Reference that no generator draws, though kernels are made for them.
std::vector<std::string> forgottenOps() {
  // Folded to constants, of unknown size, or gone before stage Lower.
  static const std::set<std::string_view> kNeverLowered = {"shape", "size", "range"};
  std::set<std::string_view> drawn;
  for (const Generator &generator : generators())
    drawn.insert(generator.name);
  std::vector<std::string> forgotten;
  for (const reference::OpDefinition *op : reference::allOps())
    if (op->name.find('.') == std::string_view::npos && !kNeverLowered.count(op->name) &&
        !drawn.count(op->name))
      forgotten.emplace_back(op->name);
  return forgotten;
}

bool runsHere(const cpu::Isa &isa) {
  artifact::Variant variant;
  variant.isa = isa.name;
  variant.features = isa.featureList();
  variant.architecture = isa.architecture;
  return runtime::CpuFeatures::host().runs(variant);
}

/// Kernels of every x86 instruction set, also of those that this machine lacks: their code is generated for one that it has.
/// Some cases go to AArch64, in an emulator.
Pairing drawPairing(Draw &draw, const Options &options) {
  std::vector<const cpu::Isa *> kernels, codes;
  for (const cpu::Isa &isa : cpu::allIsas()) {
    if (isa.architecture == artifact::Architecture::X86_64)
      kernels.push_back(&isa);
    if (runsHere(isa))
      codes.push_back(&isa);
  }
  bool emulated = options.isa.empty() && options.code.empty() && arm64Available() && draw.oneIn(6);
  if (emulated)
    return {cpu::findIsa("arm64"), cpu::findIsa("arm64")};
  const cpu::Isa *kernel = options.isa.empty() ? draw.pick(kernels) : cpu::findIsa(options.isa);
  if (!options.code.empty())
    return {kernel, cpu::findIsa(options.code)};
  bool own = kernel->architecture == artifact::Architecture::AArch64 || (runsHere(*kernel) && !draw.oneIn(4));
  return {kernel, own ? kernel : draw.pick(codes)};
}

uint64_t seedOf(uint64_t seed, std::string_view generator, int64_t number) {
  uint64_t mixed = seed * 0x9e3779b97f4a7c15 + static_cast<uint64_t>(number);
  for (char c : generator)
    mixed = (mixed ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return mixed;
}

std::string repeatCommand(const Options &options, const Generator &generator, int64_t number,
                          const Pairing &pairing) {
  return message("limbeck-property-test --seed ", std::to_string(options.seed), " --op ", generator.name,
                 " --case ", number, " --isa ", pairing.kernels->name, " --code ", pairing.code->name, " -O ",
                 options.optimization);
}

/// For the message of a crash: what each thread is doing.
thread_local char currentCommand[256];

void reportCrash(int signal) {
  const char text[] = "\nFAIL: the compiler or its code crashed in: ";
  (void)!write(STDOUT_FILENO, text, sizeof text - 1);
  (void)!write(STDOUT_FILENO, currentCommand, strnlen(currentCommand, sizeof currentCommand));
  (void)!write(STDOUT_FILENO, "\n", 1);
  _exit(128 + signal);
}

void runCase(const Options &options, const Generator &generator, int64_t number, Totals &totals) {
  uint64_t seed = seedOf(options.seed, generator.name, number);
  CaseBuilder builder(seed);
  Draw pairingDraw(~seed); // apart, so that flags that name the pairing leave the model as it was
  Pairing pairing = drawPairing(pairingDraw, options);
  std::string command = repeatCommand(options, generator, number, pairing);
  std::snprintf(currentCommand, sizeof currentCommand, "%s", command.c_str());
  std::string failure, module;
  StepCount steps;
  try {
    builder.result.model.name = "case";
    generator.draw(builder);
    cpu::CompileOptions compileOptions;
    compileOptions.optimization = options.optimization;
    compileOptions.keepDirectory = options.keep;
    CaseRun run(std::move(builder.result), pairing, compileOptions);
    if (Status status = run.run(); !status.ok()) {
      failure = status.diagnostic().text();
      module = run.moduleText();
    }
    steps = run.steps();
  } catch (const std::exception &exception) {
    failure = exception.what();
  }
  std::lock_guard lock(totals.mutex);
  totals.steps.elements += steps.elements;
  totals.steps.changed += steps.changed;
  ++totals.byKernels[std::string(pairing.kernels->name)];
  ++(failure.empty() ? totals.passed : totals.failed);
  if (failure.empty())
    return;
  totals.failures.insert(message(generator.name, " @ ", pairing.kernels->name, "/", pairing.code->name));
  std::printf("FAIL: %s\n%s\n%srepeat: %s\n\n", std::string(generator.name).c_str(), failure.c_str(),
              module.c_str(), command.c_str());
  std::fflush(stdout);
}

/// Names that `--op` means: one, a family as `reduce_*`, or all.
bool isChosen(const Options &options, std::string_view name) {
  if (options.op.ends_with("*"))
    return name.starts_with(std::string_view(options.op).substr(0, options.op.size() - 1));
  return options.op.empty() || name == options.op;
}

int runAll(const Options &options) {
  std::vector<const Generator *> chosen;
  for (const Generator &generator : generators())
    if (isChosen(options, generator.name))
      chosen.push_back(&generator);
  if (chosen.empty()) {
    std::printf("expected the name of an op or chain, found '%s'\n", options.op.c_str());
    return 2;
  }
  std::printf("seed %llu\n", static_cast<unsigned long long>(options.seed));
  Totals totals;
  for (const std::string &op : forgottenOps()) {
    std::printf("FAIL: no generator draws '%s'\n", op.c_str());
    ++totals.failed;
  }
  std::atomic<int64_t> next{0};
  auto count = static_cast<int64_t>(chosen.size());
  auto work = [&] {
    for (int64_t i; (i = next++) < options.cases;)
      runCase(options, *chosen[static_cast<size_t>(i % count)],
              options.onlyCase >= 0 ? options.onlyCase : i / count, totals);
  };
  std::vector<std::thread> threads;
  for (unsigned i = 1; i < options.threads; ++i)
    threads.emplace_back(work);
  work();
  for (std::thread &thread : threads)
    thread.join();

  for (const std::string &failure : totals.failures)
    std::printf("failed: %s\n", failure.c_str());
  for (const auto &[isa, cases] : totals.byKernels)
    std::printf("%lld cases with kernels for %s\n", static_cast<long long>(cases), isa.c_str());
  std::printf("fuse-qdq changed %lld of %lld results by one step\n",
              static_cast<long long>(totals.steps.changed), static_cast<long long>(totals.steps.elements));
  if (static_cast<double>(totals.steps.changed) > 1e-3 * static_cast<double>(totals.steps.elements) + 1) {
    std::printf("FAIL: fuse-qdq changed more than one result in a thousand\n");
    ++totals.failed;
  }
  std::printf("%lld passed, %lld failed\n", static_cast<long long>(totals.passed),
              static_cast<long long>(totals.failed));
  return totals.failed ? 1 : 0;
}

/// `--name value`; false for anything else.
bool parse(int argc, char **argv, Options &options) {
  for (int i = 1; i + 1 < argc; i += 2) {
    std::string name = argv[i], value = argv[i + 1];
    if (name == "--seed")
      options.seed = std::strtoull(value.c_str(), nullptr, 10);
    else if (name == "--cases")
      options.cases = std::atoll(value.c_str());
    else if (name == "--case")
      options.onlyCase = std::atoll(value.c_str()), options.cases = 1;
    else if (name == "--op")
      options.op = value;
    else if (name == "--isa")
      options.isa = value;
    else if (name == "--code")
      options.code = value;
    else if (name == "--keep")
      options.keep = value;
    else if (name == "--threads")
      options.threads = static_cast<unsigned>(std::atoi(value.c_str()));
    else if (name == "-O")
      options.optimization = static_cast<unsigned>(std::atoi(value.c_str()));
    else
      return false;
  }
  bool known = (options.isa.empty() || cpu::findIsa(options.isa)) &&
               (options.code.empty() || cpu::findIsa(options.code));
  return argc % 2 == 1 && known;
}

} // namespace
} // namespace limbeck::test

int main(int argc, char **argv) {
  limbeck::test::Options options;
  if (!limbeck::test::parse(argc, argv, options)) {
    std::printf("usage: limbeck-property-test [--seed N] [--cases N] [--case N] [--op NAME] [--isa KERNELS] "
                "[--code MACHINE] "
                "[--threads N] [-O LEVEL] [--keep FOLDER]\n");
    return 2;
  }
  for (int signal : {SIGSEGV, SIGBUS, SIGILL, SIGABRT, SIGFPE})
    std::signal(signal, limbeck::test::reportCrash);
  return limbeck::test::runAll(options);
}
