// limbeck-property-test: compiled == interpreter, bit for bit, floats included, for every op.
//
// Draws random models, compiles each for every instruction set, runs it with several workers in guarded memory, and compares with
// the interpreter; with `--precision bf16` within the bound of docs/semantics.md. A failing case says how to repeat it; exit 1
// then. Last line: `N passed, N failed`, one per case and instruction set. With --model, the case is that file.
#include "Arm64.h"
#include "CaseRun.h"
#include "WholeModel.h"
#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <ranges>
#include <set>
#include <thread>
#include <unistd.h>

namespace limbeck::test {
namespace {

struct Options {
  uint64_t seed = 1;
  int64_t cases = 420, onlyCase = -1;
  std::string op, code, keep, model;
  std::vector<std::string> isas;       ///< all when empty
  std::map<std::string, Shape> shapes; ///< of the model's inputs
  unsigned threads = 2, optimization = 3;
};

struct Totals {
  std::mutex mutex;
  /// Cases per instruction set of the kernels and generator.
  std::map<std::string_view, std::map<std::string_view, int64_t>> covered;
  std::map<std::string_view, StepCount> steps; ///< per generator
  std::set<std::string> failures;              ///< generator @ instruction sets
  int64_t passed = 0, failed = 0;
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
    addBlockGenerators(all);
    addChainGenerators(all);
    addWindowGenerators(all);
    addAttentionGenerators(all);
    addReducedPrecisionGenerators(all);
    addSampleGenerators(all);
    return all;
  }();
  return list;
}

/// Ops of lib/Reference that no generator draws, though kernels are made for them.
std::vector<std::string> forgottenOps() {
  // Folded to constants, of unknown size, or gone before stage Lower.
  static const std::set<std::string_view> kNeverLowered = {"shape", "size"};
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

/// Whether code for the instruction set runs here, or in an emulator.
bool canRun(const cpu::Isa &isa) {
  return isa.architecture == artifact::Architecture::AArch64 ? arm64Available() : cpu::runsHere(isa);
}

bool isWanted(const Options &options, const cpu::Isa &isa) {
  return options.isas.empty() || std::ranges::find(options.isas, isa.name) != options.isas.end();
}

/// Kernels of every instruction set. Where it cannot run, and sometimes where it can, code is generated for one that this machine
/// has: stand-ins take the place of its instructions.
std::vector<Pairing> drawPairings(Draw &draw, const Options &options) {
  std::vector<const cpu::Isa *> codes;
  for (const cpu::Isa &isa : cpu::allIsas())
    if (cpu::runsHere(isa))
      codes.push_back(&isa);
  std::vector<Pairing> pairings;
  for (const cpu::Isa &kernels : cpu::allIsas()) {
    bool own = canRun(kernels) && !draw.oneIn(4);
    const cpu::Isa *code = !options.code.empty() ? cpu::findIsa(options.code)
                           : own                 ? &kernels
                                                 : draw.pick(codes);
    if (isWanted(options, kernels))
      pairings.push_back({&kernels, code});
  }
  return pairings;
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

/// What throws is wrong as well.
template <class Step> std::string failureOf(Step &&step) {
  try {
    Status status = step();
    return status.ok() ? "" : status.diagnostic().text();
  } catch (const std::exception &exception) {
    return exception.what();
  }
}

void report(Totals &totals, const Generator &generator, const Pairing &pairing, const std::string &failure,
            const std::string &details) {
  std::lock_guard lock(totals.mutex);
  ++totals.covered[pairing.kernels->name][generator.name];
  ++(failure.empty() ? totals.passed : totals.failed);
  if (failure.empty())
    return;
  totals.failures.insert(message(generator.name, " @ ", pairing.kernels->name, "/", pairing.code->name));
  std::printf("FAIL: %s\n%s\n%s\n\n", std::string(generator.name).c_str(), failure.c_str(), details.c_str());
  std::fflush(stdout);
}

void runCase(const Options &options, const Generator &generator, int64_t number, Totals &totals) {
  uint64_t seed = seedOf(options.seed, generator.name, number);
  Draw pairingDraw(~seed); // apart, so that flags that name the pairing leave the model as it was
  cpu::CompileOptions compileOptions;
  compileOptions.optimization = options.optimization;
  compileOptions.keepDirectory = options.keep;
  std::optional<CaseRun> run;
  std::string unready;
  for (const Pairing &pairing : drawPairings(pairingDraw, options)) {
    std::string command = repeatCommand(options, generator, number, pairing);
    std::snprintf(currentCommand, sizeof currentCommand, "%s", command.c_str());
    if (!run)
      unready = failureOf([&] {
        CaseBuilder builder(seed);
        builder.result.model.name = "case";
        generator.draw(builder);
        // Every other case of each generator; what has one sample, or none that is apart, is not changed by it.
        builder.result.splitSamples |= number % 2 == 1;
        return run.emplace(std::move(builder.result), compileOptions).prepare();
      });
    std::string failure = unready.empty() ? failureOf([&] { return run->runOn(pairing); }) : unready;
    std::string module = failure.empty() || !run ? "" : run->moduleText();
    report(totals, generator, pairing, failure, module + "repeat: " + command);
    if (!unready.empty())
      return; // the same for every instruction set
  }
  std::lock_guard lock(totals.mutex);
  totals.steps[generator.name].elements += run->steps().elements;
  totals.steps[generator.name].changed += run->steps().changed;
}

/// Names that `--op` means: one, a family as `reduce_*`, or all.
bool isChosen(const Options &options, std::string_view name) {
  if (options.op.ends_with("*"))
    return name.starts_with(std::string_view(options.op).substr(0, options.op.size() - 1));
  return options.op.empty() || name == options.op;
}

/// Cases per instruction set, and the ops that none of them had.
void printCoverage(const Options &options, const std::vector<const Generator *> &chosen, Totals &totals) {
  for (const cpu::Isa &isa : cpu::allIsas()) {
    if (!isWanted(options, isa))
      continue;
    int64_t cases = 0;
    std::string missing;
    for (const Generator *generator : chosen) {
      int64_t found = totals.covered[isa.name][generator->name];
      cases += found;
      if (found == 0)
        missing += " " + std::string(generator->name);
    }
    std::string name(isa.name);
    std::printf("%lld cases with kernels for %s\n", static_cast<long long>(cases), name.c_str());
    if (!missing.empty())
      std::printf("not covered on %s:%s\n", name.c_str(), missing.c_str());
  }
}

/// `fuse-qdq` may change a result by one step, seldom: of every op at most one result in a thousand, and one in a small sample.
void checkSteps(Totals &totals) {
  for (const auto &[name, steps] : totals.steps) {
    if (steps.elements == 0)
      continue;
    std::string generator(name);
    std::printf("fuse-qdq changed %lld of %lld results of %s by one step\n",
                static_cast<long long>(steps.changed), static_cast<long long>(steps.elements),
                generator.c_str());
    if (static_cast<double>(steps.changed) <= 1e-3 * static_cast<double>(steps.elements) + 1)
      continue;
    std::printf("FAIL: fuse-qdq changed more than one result of %s in a thousand\n", generator.c_str());
    ++totals.failed;
  }
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
  printCoverage(options, chosen, totals);
  checkSteps(totals);
  std::printf("%lld passed, %lld failed\n", static_cast<long long>(totals.passed),
              static_cast<long long>(totals.failed));
  return totals.failed ? 1 : 0;
}

/// A file on every instruction set, or the one chosen.
int runModel(const Options &options) {
  Totals totals;
  Generator generator{options.model, nullptr};
  cpu::CompileOptions compileOptions;
  compileOptions.optimization = options.optimization;
  compileOptions.threads = options.threads;
  Expected<Case> whole = wholeModel(options.model, options.shapes, options.seed);
  if (!whole) {
    std::printf("FAIL: %s\n", whole.diagnostic().text().c_str());
    return 1;
  }
  CaseRun run(std::move(*whole), compileOptions);
  std::string unready = failureOf([&] { return run.prepare(); });
  Draw draw(options.seed);
  for (const Pairing &pairing : drawPairings(draw, options)) {
    std::string failure = unready.empty() ? failureOf([&] { return run.runOn(pairing); }) : unready;
    report(totals, generator, pairing, failure,
           message("kernels for ", pairing.kernels->name, ", code for ", pairing.code->name));
  }
  std::printf("%lld passed, %lld failed\n", static_cast<long long>(totals.passed),
              static_cast<long long>(totals.failed));
  return totals.failed ? 1 : 0;
}

/// NAME=1x3x224x224.
void addShape(const std::string &text, Options &options) {
  size_t at = std::min(text.rfind('='), text.size());
  Shape &shape = options.shapes[text.substr(0, at)];
  for (const char *number = text.c_str() + at; *number;) {
    char *end;
    shape.push_back(std::strtoll(number + 1, &end, 10));
    number = end;
  }
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
      for (auto name : std::views::split(value, ','))
        options.isas.emplace_back(name.begin(), name.end());
    else if (name == "--code")
      options.code = value;
    else if (name == "--model")
      options.model = value;
    else if (name == "--shape")
      addShape(value, options);
    else if (name == "--keep")
      options.keep = value;
    else if (name == "--threads")
      options.threads = static_cast<unsigned>(std::atoi(value.c_str()));
    else if (name == "-O")
      options.optimization = static_cast<unsigned>(std::atoi(value.c_str()));
    else
      return false;
  }
  bool known = std::ranges::all_of(options.isas, [](const std::string &isa) { return cpu::findIsa(isa); }) &&
               (options.code.empty() || cpu::findIsa(options.code));
  return argc % 2 == 1 && known;
}

} // namespace
} // namespace limbeck::test

int main(int argc, char **argv) {
  limbeck::test::Options options;
  if (!limbeck::test::parse(argc, argv, options)) {
    std::printf(
        "usage: limbeck-property-test [--seed N] [--cases N] [--case N] [--op NAME] [--isa KERNELS,..] "
        "[--code MACHINE] "
        "[--threads N] [-O LEVEL] [--keep FOLDER] [--model FILE [--shape NAME=1x3x224x224]..]\n");
    return 2;
  }
  for (int signal : {SIGSEGV, SIGBUS, SIGILL, SIGABRT, SIGFPE})
    std::signal(signal, limbeck::test::reportCrash);
  return options.model.empty() ? limbeck::test::runAll(options) : limbeck::test::runModel(options);
}
