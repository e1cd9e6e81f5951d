// limbeck-interpret MODEL.onnx INPUT.pb.. --expect OUTPUT.pb..: imports a model, runs it on the reference,
// compares. limbeck-interpret --rules: one line `DOMAIN OP FIRST LAST` per import rule.
//
// Inputs that decide a shape are frozen when the importer asks for it. Exit codes: 0 equal, 1 different or
// failed while running, else that of the importer's diagnostic (2 bad input, 3 unsupported).
#include "DecodeTensor.h"
#include "limbeck/Import/Rules.h"
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iterator>

using namespace limbeck;

namespace {

/// The tolerances of ONNX's own runner; integers and bools must be equal.
constexpr double relativeTolerance = 1e-3, absoluteTolerance = 1e-7;

int fail(const Diagnostic &diagnostic) {
  std::fprintf(stderr, "%s\n", diagnostic.text().c_str());
  return exitCode(diagnostic.code);
}

Expected<Tensor> readTensor(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  onnx::TensorProto proto;
  if (!file || !proto.ParseFromString(bytes))
    return error(Code::InputData, "expected a TensorProto").atFile(path);
  Limits limits;
  importer::ExternalData external("", "", false);
  return importer::TensorDecoder(limits, external).decode(proto);
}

Expected<std::vector<Tensor>> readTensors(const std::vector<std::string> &paths) {
  std::vector<Tensor> tensors;
  for (const std::string &path : paths) {
    LIMBECK_ASSIGN(Tensor tensor, readTensor(path));
    tensors.push_back(std::move(tensor));
  }
  return tensors;
}

bool close(double found, double expected) {
  if (std::isnan(expected) || std::isnan(found))
    return std::isnan(expected) && std::isnan(found);
  if (std::isinf(expected) || std::isinf(found))
    return expected == found;
  return std::fabs(found - expected) <= absoluteTolerance + relativeTolerance * std::fabs(expected);
}

Status compare(const Tensor &found, const Tensor &expected, size_t output) {
  if (found.dtype() != expected.dtype() || found.shape() != expected.shape())
    return error(Code::Gate, "output ", output, ": expected ",
                 TensorType{expected.dtype(), expected.shape(), nullptr}.text(), ", found ",
                 TensorType{found.dtype(), found.shape(), nullptr}.text());
  bool exact = !isFloat(expected.dtype());
  for (int64_t i = 0; i < expected.size(); ++i) {
    double want = expected.asDouble(i), got = found.asDouble(i);
    if (exact ? want != got : !close(got, want))
      return error(Code::Gate, "output ", output, ", element ", i, ": expected ", want, ", found ", got);
  }
  return {};
}

/// Imports with the inputs from `firstFrozen` on as constants.
Expected<importer::Model> importFrozen(const std::string &path, const std::vector<Tensor> &inputs,
                                       size_t firstFrozen, const std::vector<std::string> &names) {
  importer::Options options;
  for (size_t i = firstFrozen; i < inputs.size() && i < names.size(); ++i)
    options.frozen.emplace(names[i], inputs[i]);
  return importer::importFile(path, options);
}

/// The names of the graph's inputs, which an import that asks for freezing does not give.
Expected<std::vector<std::string>> inputNames(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  onnx::ModelProto model;
  if (!model.ParseFromString(bytes))
    return error(Code::Parse, "expected a ModelProto").atFile(path);
  std::vector<std::string> names;
  for (const onnx::ValueInfoProto &input : model.graph().input())
    names.push_back(input.name());
  return names;
}

/// Imports, freezing all inputs but the first, then all, as long as the importer asks for it.
Expected<importer::Model> importAsNeeded(const std::string &path, const std::vector<Tensor> &inputs) {
  LIMBECK_ASSIGN(std::vector<std::string> names, inputNames(path));
  auto model = importFrozen(path, inputs, inputs.size(), names);
  for (size_t first : {size_t(1), size_t(0)})
    if (!model && model.diagnostic().hint.find("--freeze") != std::string::npos)
      model = importFrozen(path, inputs, first, names);
  return model;
}

Status runAndCompare(const std::string &path, const std::vector<Tensor> &inputs,
                     const std::vector<Tensor> &expected) {
  LIMBECK_ASSIGN(importer::Model model, importAsNeeded(path, inputs));
  LIMBECK_ASSIGN(std::vector<std::string> names, inputNames(path));
  std::vector<Tensor> given;
  for (size_t i = 0; i < inputs.size() && i < names.size(); ++i)
    if (std::find(model.inputNames.begin(), model.inputNames.end(), names[i]) != model.inputNames.end())
      given.push_back(inputs[i]);
  LIMBECK_ASSIGN(std::vector<Tensor> outputs, importer::interpret(model, given, Limits()));
  if (outputs.size() != expected.size())
    return error(Code::Gate, "expected ", expected.size(), " outputs, found ", outputs.size());
  for (size_t i = 0; i < outputs.size(); ++i)
    LIMBECK_TRY(compare(outputs[i], expected[i], i));
  return {};
}

Status run(const std::string &model, const std::vector<std::string> &inputs,
           const std::vector<std::string> &outputs) {
  LIMBECK_ASSIGN(std::vector<Tensor> given, readTensors(inputs));
  LIMBECK_ASSIGN(std::vector<Tensor> expected, readTensors(outputs));
  return runAndCompare(model, given, expected);
}

void listRules() {
  for (const importer::Rule *rule : importer::allRules())
    std::printf("%s %s %lld %lld\n", rule->domain.empty() ? "ai.onnx" : std::string(rule->domain).c_str(),
                std::string(rule->opType).c_str(), static_cast<long long>(rule->firstOpset),
                static_cast<long long>(rule->lastOpset));
}

} // namespace

int main(int count, char **arguments) {
  std::vector<std::string> words(arguments + 1, arguments + count);
  if (words == std::vector<std::string>{"--rules"}) {
    listRules();
    return 0;
  }
  if (words.empty())
    return fail(error(Code::Flag, "expected MODEL.onnx INPUT.pb.. --expect OUTPUT.pb.."));
  std::vector<std::string> inputs, outputs;
  std::vector<std::string> *list = &inputs;
  for (size_t i = 1; i < words.size(); ++i) {
    if (words[i] == "--expect")
      list = &outputs;
    else
      list->push_back(words[i]);
  }
  Status status = run(words[0], inputs, outputs);
  return status ? 0 : fail(status.diagnostic());
}
