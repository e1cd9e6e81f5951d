// Parsing of flag values; what is wrong with one becomes the parser's error, and so exit code 2.
#include "limbeck/CommandLine/Flags.h"
#include "limbeck/Runtime/ThreadCount.h"
#include "limbeck/Tensor/Inputs.h"
#include <charconv>

namespace limbeck::command {

/// NAME is everything before the last `=`.
static std::pair<std::string, std::string> splitFlag(const std::string &flag, const std::string &text,
                                                     const char *form) {
  size_t equals = text.rfind('=');
  if (equals == std::string::npos || equals == 0)
    throw CLI::ValidationError(flag, message("expected ", form, ", found '", text, "'"));
  return {text.substr(0, equals), text.substr(equals + 1)};
}

static void parseShape(session::SourceModel &model, const std::string &text) {
  constexpr const char *form = "NAME=1x3x48x320 or NAME=scalar";
  auto [name, value] = splitFlag("--shape", text, form);
  std::optional<Shape> shape = shapeFromText(value);
  if (!shape)
    throw CLI::ValidationError("--shape", message("expected ", form, ", found '", text, "'"));
  if (!model.shapes.emplace(name, *shape).second)
    throw CLI::ValidationError("--shape", message("expected one shape for '", name, "', found two"));
}

static void parseDim(session::SourceModel &model, const std::string &text) {
  constexpr const char *form = "SYMBOL=VALUE[,VALUE..]";
  auto [symbol, list] = splitFlag("--dim", text, form);
  std::vector<int64_t> &values = model.dims[symbol];
  if (!values.empty())
    throw CLI::ValidationError("--dim",
                               message("expected all values of '", symbol, "' in one flag, found two flags"));
  const char *at = list.data(), *end = at + list.size();
  while (true) {
    int64_t value = 0;
    auto [next, failure] = std::from_chars(at, end, value);
    if (failure != std::errc() || value < 0 || (next != end && *next != ','))
      throw CLI::ValidationError("--dim", message("expected ", form, ", found '", text, "'"));
    if (std::find(values.begin(), values.end(), value) == values.end())
      values.push_back(value);
    if (next == end)
      return;
    at = next + 1;
  }
}

static void parseFreeze(session::SourceModel &model, const std::string &text) {
  size_t equals = text.find("=@");
  if (equals == std::string::npos || equals == 0)
    throw CLI::ValidationError("--freeze", message("expected NAME=@FILE.npy, found '", text, "'"));
  model.frozen[text.substr(0, equals)] = text.substr(equals + 2);
}

/// A flag that may come several times and takes one value each.
static CLI::Option *addRepeated(CLI::App &command, const std::string &flag,
                                std::function<void(const std::string &)> parse, const std::string &about) {
  auto parseAll = [parse = std::move(parse)](const std::vector<std::string> &texts) {
    for (const std::string &text : texts)
      parse(text);
  };
  return command.add_option_function<std::vector<std::string>>(flag, parseAll, about)
      ->allow_extra_args(false);
}

void addModelArgument(CLI::App &command, session::SourceModel &model, const std::string &kinds) {
  command
      .add_option("MODEL", model.path,
                  kinds == "MODEL" ? "an ONNX file" : "an ONNX file, or an artifact that compile made")
      ->required();
}

void addShapeFlags(CLI::App &command, session::SourceModel &model) {
  const char *group = "Shapes";
  addRepeated(
      command, "--shape", [&](const std::string &text) { parseShape(model, text); },
      "the shape of one input: NAME=1x3x48x320, or NAME=scalar")
      ->type_name("NAME=SHAPE")
      ->group(group);
  addRepeated(
      command, "--dim", [&](const std::string &text) { parseDim(model, text); },
      "a symbolic dimension wherever it occurs; several values make one entry each")
      ->type_name("SYMBOL=V[,V..]")
      ->group(group);
  addRepeated(
      command, "--freeze", [&](const std::string &text) { parseFreeze(model, text); },
      "makes an input a constant")
      ->type_name("NAME=@x.npy")
      ->group(group);
  command
      .add_option("--external-data-dir", model.externalDataDirectory,
                  "folder of external data; the model's own when not given")
      ->type_name("DIR")
      ->group(group);
  command
      .add_flag("--trust-hardlinks", model.trustHardlinks, "read external data from files with several names")
      ->group(group);
}

void addInputFlags(CLI::App &command, std::vector<std::string> &inputs) {
  addRepeated(
      command, "--input", [&](const std::string &text) { inputs.push_back(text); },
      "NAME=@x.npy, @x.npz, @x.pb, @x.bin:f32:1x3 (raw), or NAME=random:SEED[:LOW:HIGH]")
      ->type_name("VALUE")
      ->group("Inputs");
}

void addOutputFlags(CLI::App &command, OutputTargets &targets) {
  const char *group = "Outputs";
  addRepeated(
      command, "--output", [&](const std::string &text) { targets.files.push_back(text); },
      "NAME=@y.npy, or @y.npy")
      ->type_name("FILE")
      ->group(group);
  command.add_option("--outputs,-o", targets.archive, "all outputs in one .npz, names as keys")
      ->type_name("y.npz")
      ->group(group);
  command.add_option("--output-dir", targets.folder, "output_0.npy.. and outputs.json")
      ->type_name("DIR")
      ->group(group);
}

void addThreadsFlag(CLI::App &command, int &threads) {
  command.add_option("--threads", threads, "threads; the physical cores allowed when not given")
      ->type_name("N")
      ->check(CLI::Range(1, runtime::kMostThreads));
}

void addStageFlag(CLI::App &command, const std::string &flag, pipeline::Stage &stage,
                  const std::string &about) {
  std::string names;
  for (pipeline::Stage each : pipeline::allStages())
    names += (names.empty() ? "" : ", ") + std::string(pipeline::name(each));
  auto parse = [&stage, flag, names](const std::string &text) {
    std::optional<pipeline::Stage> found = pipeline::stageFromName(text);
    if (!found)
      throw CLI::ValidationError(flag, message("expected one of ", names, ", found '", text, "'"));
    stage = *found;
  };
  command.add_option_function<std::string>(flag, parse, about + ": " + names)->type_name("STAGE");
}

} // namespace limbeck::command
