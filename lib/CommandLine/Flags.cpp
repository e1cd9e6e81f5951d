// Parsing of flag values; what is wrong with one becomes the parser's error, and so exit code 2.
#include "limbeck/CommandLine/Flags.h"
#include "limbeck/Runtime/ThreadCount.h"
#include "limbeck/Tensor/Inputs.h"
#include <charconv>

namespace limbeck::command {

static std::string numberText(int value) {
  return std::to_string(value);
}

static std::string numberText(double value) {
  char text[32];
  auto [end, failure] = std::to_chars(text, text + sizeof text, value);
  return {text, end};
}

template <class Number> static CLI::Validator inRange(Number least, Number greatest, std::string_view kind) {
  std::string range = message(kind, " from ", numberText(least), " to ", numberText(greatest));
  auto check = [=](const std::string &text) -> std::string {
    Number value = 0;
    auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    // Written so that NaN is outside.
    if (failure == std::errc() && end == text.data() + text.size() && value >= least && value <= greatest)
      return "";
    return message("expected ", range, ", found '", text, "'");
  };
  return CLI::Validator(check, "");
}

CLI::Validator between(int least, int greatest) {
  return inRange(least, greatest, "a whole number");
}

CLI::Validator between(double least, double greatest) {
  return inRange(least, greatest, "a number");
}

CLI::Validator oneOf(std::vector<std::string> words) {
  std::string list;
  for (const std::string &word : words)
    list += (list.empty() ? "" : ", ") + word;
  auto check = [words = std::move(words), list](const std::string &text) -> std::string {
    bool known = std::find(words.begin(), words.end(), text) != words.end();
    return known ? "" : message("expected one of ", list, ", found '", text, "'");
  };
  return CLI::Validator(check, "");
}

CLI::Validator endsIn(std::string ending) {
  auto check = [ending = std::move(ending)](const std::string &path) -> std::string {
    return path.ends_with(ending) ? ""
                                  : message("expected a file that ends in ", ending, ", found '", path, "'");
  };
  return CLI::Validator(check, "");
}

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

void addPrecisionFlag(CLI::App &command, session::SourceModel &model) {
  command
      .add_option(
          "--precision", model.precision,
          "f32; bf16: round what convolutions and matrix products of floats read, and sum in f32; f16: keep "
          "their constant weights as halves")
      ->type_name("P")
      ->each([&](const std::string &) { model.precisionGiven = true; });
}

void addInputFlags(CLI::App &command, std::vector<std::string> &inputs) {
  addRepeated(
      command, "--input", [&](const std::string &text) { inputs.push_back(text); },
      "NAME=@x.npy, @x.npz, @x.pb, @x.bin:f32:1x3 (raw), or NAME=random:SEED[:LOW:HIGH]")
      ->type_name("VALUE")
      ->group("Inputs");
}

void addEntryFlag(CLI::App &command, std::string &entry) {
  command.add_option("--entry", entry, "the entry of an artifact with several; inspect lists their names")
      ->type_name("NAME")
      ->group("Inputs");
}

static void expectEnding(const char *flag, const std::string &path, const char *ending) {
  if (std::string wrong = endsIn(ending)(path); !wrong.empty())
    throw CLI::ValidationError(flag, wrong);
}

void addOutputFlags(CLI::App &command, OutputTargets &targets) {
  const char *group = "Outputs";
  addRepeated(
      command, "--output",
      [&](const std::string &text) {
        expectEnding("--output", text, ".npy");
        targets.files.push_back(text);
      },
      "NAME=@y.npy, or @y.npy")
      ->type_name("FILE")
      ->group(group);
  auto setArchive = [&](const std::string &text) {
    expectEnding("--outputs", text, ".npz");
    targets.archive = text;
  };
  command
      .add_option_function<std::string>("--outputs,-o", setArchive, "all outputs in one .npz, names as keys")
      ->type_name("y.npz")
      ->group(group);
  command.add_option("--output-dir", targets.folder, "output_0.npy.. and outputs.json")
      ->type_name("DIR")
      ->group(group);
}

void addThreadsFlag(CLI::App &command, int &threads) {
  command.add_option("--threads", threads, "threads; the physical cores allowed when not given")
      ->type_name("N")
      ->check(between(1, runtime::kMostThreads));
}

void addMapFlag(CLI::App &command, bool &mapWeights) {
  command.add_flag("--mmap", mapWeights,
                   "use the weights of an artifact where they lie in the file: neither read nor hashed");
}

CLI::Option *addStageFlag(CLI::App &command, const std::string &flag, pipeline::Stage &stage,
                          const std::string &about, pipeline::Stage last) {
  std::string names;
  for (pipeline::Stage each : pipeline::allStages())
    if (each <= last)
      names += (names.empty() ? "" : ", ") + std::string(pipeline::name(each));
  auto parse = [&stage, flag, names, last](const std::string &text) {
    std::optional<pipeline::Stage> found = pipeline::stageFromName(text);
    if (!found || *found > last)
      throw CLI::ValidationError(flag, message("expected one of ", names, ", found '", text, "'"));
    stage = *found;
  };
  return command.add_option_function<std::string>(flag, parse, about + ": " + names)->type_name("STAGE");
}

} // namespace limbeck::command
