// limbeck inspect
#include "limbeck/CommandLine/CommandSet.h"
#include "limbeck/CommandLine/Flags.h"
#include "limbeck/Session/Inspect.h"

namespace limbeck::command {

namespace {
struct InspectFlags {
  session::SourceModel source;
  bool verify = false;
};
} // namespace

static void inspectFlags(CLI::App &command, InspectFlags &flags) {
  addModelArgument(command, flags.source, "MODEL|ARTIFACT");
  command.add_flag("--verify", flags.verify,
                   "recompute every digest of an artifact, those of weights included");
  addShapeFlags(command, flags.source);
}

static int runInspect(const InspectFlags &flags, Console &console) {
  Expected<session::Inspection> inspection = session::inspect(flags.source, flags.verify);
  if (!inspection.ok())
    return console.fail(inspection.diagnostic());
  console.result(console.json ? inspection->json : inspection->text);
  return 0;
}

void addInspectCommand(CommandSet &set) {
  set.add<InspectFlags>({"inspect", "Show what a model or an artifact contains",
                         "  limbeck inspect model.onnx\n"
                         "  limbeck inspect model.lmb --verify --json\n"},
                        inspectFlags, runInspect);
}

} // namespace limbeck::command
