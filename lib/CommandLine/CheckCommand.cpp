// limbeck check
#include "limbeck/CommandLine/CommandSet.h"
#include "limbeck/CommandLine/Flags.h"
#include "limbeck/Session/FileKind.h"
#include "limbeck/Session/Json.h"
#include "limbeck/Support/Printable.h"

namespace limbeck::command {

static int runCheck(const session::SourceModel &source, Console &console) {
  if (Status kind = session::expectModel(source.path); !kind.ok())
    return console.fail(kind.diagnostic());
  Expected<importer::Options> options = session::onlyChoice(source);
  if (!options.ok())
    return console.fail(options.diagnostic());
  importer::CheckResult result = importer::checkFile(source.path, *options);
  if (!result.diagnostics.empty())
    return console.fail(result.diagnostics, result.notListed);
  if (console.json)
    console.result(
        session::jsonDocument([](llvm::json::OStream &json) { json.attributeArray("errors", [] {}); }));
  else
    console.result(message(printable(source.path), ": nothing is wrong, and every op is supported"));
  return 0;
}

static void checkFlags(CLI::App &command, session::SourceModel &source) {
  addModelArgument(command, source, "MODEL");
  addShapeFlags(command, source);
}

void addCheckCommand(CommandSet &set) {
  set.add<session::SourceModel>({"check", "List everything that is malformed or not supported in a model",
                                 "  limbeck check model.onnx\n"
                                 "  limbeck check model.onnx --json --dim N=1\n"},
                                checkFlags, runCheck);
}

} // namespace limbeck::command
