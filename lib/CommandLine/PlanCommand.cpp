// limbeck plan
#include "limbeck/CommandLine/CommandSet.h"
#include "limbeck/CommandLine/Flags.h"
#include "limbeck/Session/Worker.h"

namespace limbeck::command {

namespace {
struct PlanFlags {
  session::SourceModel source;
  std::string target = "cpu:native";
  bool failOnUnfused = false, noWorker = false;
};
} // namespace

static void planFlags(CLI::App &command, PlanFlags &flags) {
  addModelArgument(command, flags.source, "MODEL");
  addShapeFlags(command, flags.source);
  command
      .add_option(
          "--target", flags.target,
          "cpu:native when not given; cpu: every level of this machine's architecture; cpu:LEVEL[,LEVEL..]")
      ->type_name("T");
  addPrecisionFlag(command, flags.source);
  command.add_flag("--fail-on-unfused", flags.failOnUnfused,
                   "exit code 4 when an op on quantized operands computes in float");
  command.add_flag("--no-worker", flags.noWorker, "work in this process")->group("Development");
}

static int runPlan(const PlanFlags &flags, Console &console) {
  Expected<session::PlanReport> plan = session::planReport(flags.source, flags.target, !flags.noWorker);
  if (!plan.ok())
    return console.fail(plan.diagnostic());
  console.result(console.json ? plan->json : plan->text);
  if (!flags.failOnUnfused || plan->unfused == 0)
    return 0;
  return console.fail(error(Code::Gate,
                            "expected every op on quantized operands to compute on integers, found ",
                            plan->unfused, " in float")
                          .atFile(flags.source.path));
}

void addPlanCommand(CommandSet &set) {
  set.add<PlanFlags>({"plan",
                      "Show what becomes of each node: kernel, precision, layout, how each target computes "
                      "it, and what stays in float",
                      "  limbeck plan model.onnx\n"
                      "  limbeck plan model.onnx --target cpu:avx2,avx512-vnni --json\n"
                      "  limbeck plan model.onnx --precision bf16\n"
                      "  limbeck plan int8.onnx --dim N=1 --fail-on-unfused\n"},
                     planFlags, runPlan);
}

} // namespace limbeck::command
