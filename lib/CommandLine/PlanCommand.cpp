// limbeck plan
#include "limbeck/CommandLine/CommandSet.h"
#include "limbeck/CommandLine/Flags.h"
#include "limbeck/Session/Plan.h"

namespace limbeck::command {

namespace {
struct PlanFlags {
  session::SourceModel source;
  bool failOnUnfused = false;
};
} // namespace

static void planFlags(CLI::App &command, PlanFlags &flags) {
  addModelArgument(command, flags.source, "MODEL");
  addShapeFlags(command, flags.source);
  command.add_flag("--fail-on-unfused", flags.failOnUnfused,
                   "exit code 4 when an op on quantized operands computes in float");
}

static int runPlan(const PlanFlags &flags, Console &console) {
  Expected<session::Plan> plan = session::plan(flags.source);
  if (!plan.ok())
    return console.fail(plan.diagnostic());
  console.result(console.json ? session::planJson(*plan) : session::planText(*plan));
  if (!flags.failOnUnfused || plan->unfused.empty())
    return 0;
  // The document is already there; a second one would make both unreadable.
  console.json = false;
  return console.fail(error(Code::Gate,
                            "expected every op on quantized operands to compute on integers, found ",
                            plan->unfused.size(), " in float")
                          .atFile(plan->model));
}

void addPlanCommand(CommandSet &set) {
  set.add<PlanFlags>({"plan",
                      "Show what becomes of each node: kernel, precision, layout, and what stays in float",
                      "  limbeck plan model.onnx\n"
                      "  limbeck plan int8.onnx --dim N=1 --fail-on-unfused\n"},
                     planFlags, runPlan);
}

} // namespace limbeck::command
