// Commands whose names are taken and which come with a later version.
#include "limbeck/CommandLine/CommandSet.h"

namespace limbeck::command {

namespace {
struct LaterFlags {
  std::string name;
};
} // namespace

static void laterFlags(CLI::App &command, LaterFlags &flags) {
  flags.name = command.get_name();
  // Whatever is typed behind the name gets the same answer.
  command.allow_extras();
}

static int runLater(const LaterFlags &flags, Console &console) {
  return console.fail(error(Code::Unsupported, "limbeck ", flags.name, " comes with a later version")
                          .withHint("models that are already quantized can be compiled now"));
}

void addLaterCommand(CommandSet &set) {
  static constexpr std::pair<const char *, const char *> kCommands[] = {
      {"calibrate", "Collect statistics for quantization (later version)"},
      {"quantize", "Quantize a float model (later version)"},
      {"explain", "Show what quantization costs in accuracy (later version)"},
      {"tune", "Choose schedules by measuring them (later version)"}};
  for (const auto &[name, about] : kCommands)
    set.add<LaterFlags>({name, about, "  none yet\n"}, laterFlags, runLater);
}

} // namespace limbeck::command
