// Writing of results: single arrays, one archive, a folder with an index, or text.
#include "limbeck/Tensor/Outputs.h"
#include "limbeck/Support/Printable.h"
#include "limbeck/Tensor/TensorType.h"
#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

namespace limbeck {

namespace {

/// One `NAME=@path`, resolved.
struct OutputFile {
  const Tensor *value;
  std::string path;
};

} // namespace

static Expected<OutputFile> parseOutputFile(std::span<const NamedTensor> outputs,
                                            const std::string &argument) {
  if (argument.size() > 1 && argument[0] == '@' && outputs.size() == 1)
    return OutputFile{&outputs[0].value, argument.substr(1)};
  for (const NamedTensor &output : outputs)
    if (argument.starts_with(output.name + "=@") && argument.size() > output.name.size() + 2)
      return OutputFile{&output.value, argument.substr(output.name.size() + 2)};
  std::string names;
  for (const NamedTensor &output : outputs)
    names += message(names.empty() ? "'" : ", '", output.name, "'");
  return error(Code::Flag, "expected NAME=@FILE.npy with one of the outputs ", names, ", found '", argument,
               "'");
}

static std::string outputFileName(size_t index) {
  return message("output_", index, ".npy");
}

std::string outputsJson(std::span<const OutputType> outputs) {
  nlohmann::ordered_json document = {{"schema", 1}, {"outputs", nlohmann::ordered_json::array()}};
  for (size_t i = 0; i < outputs.size(); ++i)
    document["outputs"].push_back({{"index", i},
                                   {"name", outputs[i].name},
                                   {"dtype", std::string(name(outputs[i].dtype))},
                                   {"shape", outputs[i].shape},
                                   {"file", outputFileName(i)}});
  // Names come from a file: bytes that are no UTF-8 must not become an exception.
  return document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::string outputsJson(std::span<const NamedTensor> outputs) {
  std::vector<OutputType> types;
  for (const auto &[name, value] : outputs)
    types.push_back({name, value.dtype(), value.shape()});
  return outputsJson(types);
}

static Status addOutputFolder(OutputFiles &files, std::span<const NamedTensor> outputs,
                              const std::string &folder) {
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  if (failure)
    return error(Code::File, "cannot make the folder: ", failure.message()).atFile(folder);
  for (size_t i = 0; i < outputs.size(); ++i)
    LIMBECK_TRY(addNpy(files, std::filesystem::path(folder) / outputFileName(i), outputs[i].value));
  return files.add(std::filesystem::path(folder) / "outputs.json", bytesOf(outputsJson(outputs)));
}

Status writeOutputs(std::span<const NamedTensor> outputs, const OutputTargets &targets) {
  std::vector<OutputFile> singles;
  for (const std::string &argument : targets.files) {
    LIMBECK_ASSIGN(OutputFile file, parseOutputFile(outputs, argument));
    singles.push_back(std::move(file));
  }
  OutputFiles files;
  for (const OutputFile &file : singles)
    LIMBECK_TRY(addNpy(files, file.path, *file.value));
  if (!targets.archive.empty())
    LIMBECK_TRY(addNpz(files, targets.archive, outputs));
  if (!targets.folder.empty())
    LIMBECK_TRY(addOutputFolder(files, outputs, targets.folder));
  return files.commit();
}

/// The shortest text that reads back as the same number.
template <class T> static std::string numberText(T value) {
  if constexpr (std::is_same_v<T, bool>) {
    return value ? "true" : "false";
  } else if constexpr (std::is_same_v<T, Float16> || std::is_same_v<T, BFloat16>) {
    return numberText(static_cast<float>(value));
  } else {
    char buffer[64];
    auto [end, failure] = std::to_chars(buffer, buffer + sizeof(buffer), value);
    return std::string(buffer, end);
  }
}

static std::string roundedText(double value) {
  char buffer[64];
  auto [end, failure] = std::to_chars(buffer, buffer + sizeof(buffer), value, std::chars_format::general, 6);
  return std::string(buffer, end);
}

/// `, min .., max .., mean ..` over the values that are numbers; NaNs are counted.
template <class T> static std::string statisticsText(std::span<const T> values) {
  std::optional<T> least, greatest;
  double sum = 0;
  size_t numbers = 0;
  auto below = [](T a, T b) {
    if constexpr (std::is_integral_v<T>)
      return a < b;
    else
      return static_cast<double>(
                 static_cast<std::conditional_t<std::is_same_v<T, double>, double, float>>(a)) <
             static_cast<double>(
                 static_cast<std::conditional_t<std::is_same_v<T, double>, double, float>>(b));
  };
  for (T value : values) {
    double real;
    if constexpr (std::is_arithmetic_v<T>)
      real = static_cast<double>(value);
    else
      real = static_cast<double>(static_cast<float>(value));
    if (std::isnan(real))
      continue;
    ++numbers;
    sum += real;
    if (!least || below(value, *least))
      least = value;
    if (!greatest || below(*greatest, value))
      greatest = value;
  }
  std::string text;
  if (numbers > 0)
    text = message(", min ", numberText(*least), ", max ", numberText(*greatest), ", mean ",
                   roundedText(sum / static_cast<double>(numbers)));
  return numbers == values.size() ? text : text + message(", ", values.size() - numbers, " NaN");
}

std::string outputSummary(std::span<const NamedTensor> outputs) {
  constexpr size_t firstValues = 8;
  std::string text;
  for (const auto &[name, value] : outputs) {
    text += message(printable(name), ": ", TensorType{value.dtype(), value.shape(), nullptr}.text());
    dispatch(value.dtype(), [&]<class T>() {
      std::span<const T> values = value.values<T>();
      text += values.empty() ? ", empty" : statisticsText(values) + ", first";
      for (T element : values.first(std::min(firstValues, values.size())))
        text += " " + numberText(element);
    });
    text += "\n";
  }
  return text;
}

} // namespace limbeck
