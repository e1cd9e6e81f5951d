// limbeck-check-nodes CASES: compiles and runs small models and compares their results with those expected, within a
// tolerance, and with the interpreter's, bit for bit.
//
// CASES has one JSON object per line: `name`, `model` (path), `rtol`, `atol`, `inputs` (name and path of a TensorProto each; a
// .npy file beside it when the input may be frozen), `outputs` (paths). The answer to each is one line, too: `name`, `status`
// (passed, unsupported, failed), `text`, `compiled_only` (the interpreter does not have this fault), `frozen` (names), and where it
// passed `export`: status and text of writing the model as ONNX again, to EXPORTED beside it, which must compute the same bits.
// Each case runs in a process of its own, so that a crash or a hang is one failure among others.
#include "../execute/Compare.h"
#include "limbeck/Session/Compile.h"
#include "limbeck/Session/RunModel.h"
#include <cmath>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sys/wait.h>
#include <unistd.h>

using namespace limbeck;
using Json = nlohmann::ordered_json;

namespace {

constexpr unsigned kSecondsPerCase = 60;

struct Input {
  std::string name, path;
  Tensor value;
};

struct Case {
  std::string name, model;
  double relative = 0, absolute = 0;
  std::vector<Input> inputs;
  std::vector<Tensor> outputs;
};

Expected<Tensor> readTensor(const std::string &path) {
  LIMBECK_ASSIGN(std::vector<std::byte> bytes, readFile(path));
  return importer::parseTensor(bytes);
}

Expected<Case> readCase(const Json &json) {
  Case result{json["name"], json["model"], json["rtol"], json["atol"], {}, {}};
  for (const auto &[name, path] : json["inputs"].items()) {
    LIMBECK_ASSIGN(Tensor value, readTensor(path));
    result.inputs.push_back({name, path, std::move(value)});
  }
  for (const Json &path : json["outputs"]) {
    LIMBECK_ASSIGN(Tensor value, readTensor(path));
    result.outputs.push_back(std::move(value));
  }
  return result;
}

bool asksToFreeze(const Status &status) {
  return !status &&
         (status.diagnostic().hint + status.diagnostic().message).find("--freeze") != std::string::npos;
}

std::string frozenPath(const Input &input) {
  return input.path + ".npy";
}

/// Which inputs are constants; one flag for each.
using Frozen = std::vector<bool>;

/// What is wrong with a model when these inputs are frozen and the others have the shapes of their values.
Status tryImport(const Case &test, const Frozen &frozen) {
  importer::Options options;
  for (size_t i = 0; i < test.inputs.size(); ++i) {
    const Input &input = test.inputs[i];
    if (!frozen[i]) {
      options.shapes[input.name] = input.value.shape();
      continue;
    }
    LIMBECK_ASSIGN(Tensor value, readNpy(frozenPath(input)));
    options.frozen.emplace(input.name, std::move(value));
  }
  LIMBECK_ASSIGN(importer::Model model, importer::importFile(test.model, options));
  return importer::requireStatic(model);
}

/// As few inputs as the importer is content with.
Frozen chooseFrozen(const Case &test) {
  size_t count = test.inputs.size();
  Frozen none(count, false);
  if (!asksToFreeze(tryImport(test, none)))
    return none;
  Frozen frozen(count, true);
  for (size_t i = 0; i < count; ++i) {
    frozen[i] = false;
    frozen[i] = !tryImport(test, frozen).ok();
  }
  return frozen;
}

session::RunOptions runOptions(const Case &test, const Frozen &frozen) {
  session::RunOptions options;
  options.model.path = test.model;
  options.worker = false;
  for (size_t i = 0; i < test.inputs.size(); ++i) {
    const Input &input = test.inputs[i];
    if (frozen[i]) {
      options.model.frozen[input.name] = frozenPath(input);
      continue;
    }
    options.model.shapes[input.name] = input.value.shape();
    options.inputs.push_back(input.name + "=@" + input.path);
  }
  return options;
}

Expected<std::vector<Tensor>> run(session::RunOptions options, bool reference) {
  options.reference = reference;
  LIMBECK_ASSIGN(std::vector<NamedTensor> named, session::runModel(options));
  std::vector<Tensor> values;
  for (NamedTensor &output : named)
    values.push_back(std::move(output.value));
  return values;
}

bool isClose(double found, double expected, const Case &test) {
  if (std::isnan(expected) || std::isnan(found))
    return std::isnan(expected) && std::isnan(found);
  if (std::isinf(expected) || std::isinf(found))
    return expected == found;
  return std::fabs(found - expected) <= test.absolute + test.relative * std::fabs(expected);
}

/// The first difference from what the test expects; integers must be equal.
Status compareWithExpected(const Case &test, const std::vector<Tensor> &found) {
  if (found.size() != test.outputs.size())
    return error(Code::Gate, "expected ", test.outputs.size(), " outputs, found ", found.size());
  for (size_t output = 0; output < found.size(); ++output) {
    const Tensor &ours = found[output], &theirs = test.outputs[output];
    TensorType ourType{ours.dtype(), ours.shape(), nullptr},
        theirType{theirs.dtype(), theirs.shape(), nullptr};
    if (!(ourType == theirType))
      return error(Code::Gate, "output ", output, ": expected ", theirType.text(), ", found ",
                   ourType.text());
    for (int64_t i = 0; i < theirs.size(); ++i) {
      double want = theirs.asDouble(i), got = ours.asDouble(i);
      if (isFloat(theirs.dtype()) ? !isClose(got, want, test) : got != want)
        return error(Code::Gate, "output ", output, ", element ", i, ": expected ", want, ", found ", got);
    }
  }
  return {};
}

Json verdict(const char *status, const std::string &text, bool compiledOnly = false) {
  return {{"status", status}, {"text", text}, {"compiled_only", compiledOnly}};
}

Json verdict(const Diagnostic &diagnostic, bool compiledOnly) {
  constexpr int kUnsupported = 3;
  return verdict(exitCode(diagnostic.code) == kUnsupported ? "unsupported" : "failed", diagnostic.text(),
                 compiledOnly);
}

/// Where a model is written to again.
std::string exportedPath(const Case &test) {
  return test.model + ".exported.onnx";
}

/// Writes the model as it is behind stage Graph, and runs that: it has the shapes and the frozen inputs already.
Expected<std::vector<Tensor>> runExported(const Case &test, session::RunOptions options) {
  session::CompileOptions writing;
  writing.model = options.model;
  writing.product = session::Product::Onnx;
  writing.to = pipeline::Stage::Graph;
  writing.threads = 1;
  LIMBECK_ASSIGN(std::vector<std::byte> bytes, session::compile(writing));
  LIMBECK_ASSIGN(session::OnnxBytes onnx, session::onnxBytesOf(bytes));
  LIMBECK_TRY(writeFileAtomically(exportedPath(test), onnx.model));
  options.model = {};
  options.model.path = exportedPath(test);
  LIMBECK_ASSIGN(std::vector<Tensor> values, run(options, /*reference=*/true));
  return values;
}

Json judgeExport(const Case &test, const session::RunOptions &options, const std::vector<Tensor> &reference) {
  Expected<std::vector<Tensor>> exported = runExported(test, options);
  if (!exported)
    return verdict(exported.diagnostic(), false);
  test::Difference difference = test::compare(*exported, reference, /*oneStep=*/false);
  return difference.text.empty() ? verdict("passed", "") : verdict("failed", difference.text);
}

Json judge(const Case &test, const Frozen &frozen) {
  session::RunOptions options = runOptions(test, frozen);
  Expected<std::vector<Tensor>> reference = run(options, /*reference=*/true);
  if (!reference)
    return verdict(reference.diagnostic(), false);
  Expected<std::vector<Tensor>> compiled = run(options, /*reference=*/false);
  if (!compiled)
    return verdict(compiled.diagnostic(), true);
  if (test::Difference difference = test::compare(*compiled, *reference, /*oneStep=*/false);
      !difference.text.empty())
    return verdict("failed", "compiled and interpreted: " + difference.text, true);
  if (Status status = compareWithExpected(test, *compiled); !status)
    return verdict(status.diagnostic(), false);
  Json result = verdict("passed", "");
  result["export"] = judgeExport(test, options, *reference);
  return result;
}

Json judge(const Json &json) {
  Expected<Case> test = readCase(json);
  if (!test)
    return verdict(test.diagnostic(), false);
  Frozen frozen = chooseFrozen(*test);
  Json result = judge(*test, frozen);
  for (size_t i = 0; i < frozen.size(); ++i)
    if (frozen[i])
      result["frozen"].push_back(test->inputs[i].name);
  return result;
}

/// As judge, in a process that may crash or hang.
Json judgeApart(const Json &json) {
  int channel[2];
  if (pipe(channel) != 0)
    return verdict("failed", "no pipe");
  pid_t child = fork();
  if (child == 0) {
    alarm(kSecondsPerCase);
    std::string text = judge(json).dump(-1, ' ', false, Json::error_handler_t::replace);
    bool written = write(channel[1], text.data(), text.size()) == static_cast<ssize_t>(text.size());
    _exit(written ? 0 : 1);
  }
  close(channel[1]);
  std::string text;
  char buffer[4096];
  for (ssize_t got; (got = read(channel[0], buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<size_t>(got));
  close(channel[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFSIGNALED(status))
    return verdict("failed", "ended by signal " + std::to_string(WTERMSIG(status)), true);
  Json answer = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  return answer.is_object() ? answer : verdict("failed", "ended without an answer", true);
}

} // namespace

int main(int count, char **arguments) {
  std::ifstream file(count == 2 ? arguments[1] : "");
  if (!file) {
    std::fprintf(stderr, "usage: %s CASES\n", arguments[0]);
    return 2;
  }
  for (std::string line; std::getline(file, line);) {
    Json test = Json::parse(line), answer = {{"name", test["name"]}, {"frozen", Json::array()}};
    answer.update(judgeApart(test));
    std::printf("%s\n", answer.dump(-1, ' ', false, Json::error_handler_t::replace).c_str());
    std::fflush(stdout);
  }
}
