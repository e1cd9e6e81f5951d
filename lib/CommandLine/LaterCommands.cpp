// Commands whose names are taken and which come with a later version.
#include "limbeck/CommandLine/CommandSet.h"
#include <algorithm>

namespace limbeck::command {

namespace {
struct LaterFlags {
  std::string name;
};

struct LaterCommand {
  const char *name, *about, *hint;
};
} // namespace

static constexpr const char *kQuantizedHint = "models that are already quantized can be compiled now";
static constexpr LaterCommand kCommands[] = {
    {"explain", "Show what quantization costs in accuracy (later version)", ""}};

static void laterFlags(CLI::App &command, LaterFlags &flags) {
  flags.name = command.get_name();
  // Whatever is typed behind the name gets the same answer.
  command.allow_extras();
}

static int runLater(const LaterFlags &flags, Console &console) {
  auto command = std::ranges::find(kCommands, flags.name, &LaterCommand::name);
  return console.fail(error(Code::Unsupported, "limbeck ", flags.name, " comes with a later version")
                          .withHint(command->hint));
}

void addLaterCommand(CommandSet &set) {
  for (const LaterCommand &command : kCommands)
    set.add<LaterFlags>({command.name, command.about, ""}, laterFlags, runLater);
}

} // namespace limbeck::command
