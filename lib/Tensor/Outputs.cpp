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

static nlohmann::ordered_json typeJson(size_t index, const OutputType &output) {
  nlohmann::ordered_json object = {{"index", index},
                                   {"name", output.name},
                                   {"dtype", std::string(name(output.dtype))},
                                   {"shape", output.shape}};
  if (!output.file.empty())
    object["file"] = output.file;
  return object;
}

static std::string documentOf(nlohmann::ordered_json outputs) {
  nlohmann::ordered_json document = {{"schema", 1}, {"outputs", std::move(outputs)}};
  // Names come from a file: bytes that are no UTF-8 must not become an exception.
  return document.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::string outputsJson(std::span<const OutputType> outputs) {
  auto list = nlohmann::ordered_json::array();
  for (size_t i = 0; i < outputs.size(); ++i)
    list.push_back(typeJson(i, outputs[i]));
  return documentOf(std::move(list));
}

/// Where each output was written first; empty for nowhere.
static std::vector<std::string> placesOf(std::span<const NamedTensor> outputs, const OutputTargets &targets) {
  std::vector<std::string> places(outputs.size(), targets.archive);
  if (targets.archive.empty() && !targets.folder.empty())
    for (size_t i = 0; i < outputs.size(); ++i)
      places[i] = std::filesystem::path(targets.folder) / outputFileName(i);
  for (const std::string &argument : targets.files)
    if (auto file = parseOutputFile(outputs, argument); file.ok())
      for (size_t i = 0; i < outputs.size(); ++i)
        if (file->value == &outputs[i].value)
          places[i] = file->path;
  return places;
}

static Status addOutputFolder(OutputFiles &files, std::span<const NamedTensor> outputs,
                              const std::string &folder) {
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  if (failure)
    return error(Code::File, "cannot make the folder: ", failure.message()).atFile(folder);
  for (size_t i = 0; i < outputs.size(); ++i)
    LIMBECK_TRY(addNpy(files, std::filesystem::path(folder) / outputFileName(i), outputs[i].value));
  std::vector<OutputType> types;
  for (size_t i = 0; i < outputs.size(); ++i)
    types.push_back({outputs[i].name, outputs[i].value.dtype(), outputs[i].value.shape(), outputFileName(i)});
  return files.add(std::filesystem::path(folder) / "outputs.json", bytesOf(outputsJson(types)));
}

Status checkTargets(const OutputTargets &targets, std::span<const std::string> inputs) {
  for (const std::string &argument : targets.files) {
    // A name of an output may hold `=@` itself: then it is not known yet where the path begins.
    size_t mark = argument.find("=@");
    size_t begin = argument.starts_with('@') ? 1 : mark + 2;
    if (argument.starts_with('@') ? mark == std::string::npos
                                  : mark != std::string::npos && mark == argument.rfind("=@"))
      LIMBECK_TRY(checkWritable(argument.substr(begin), inputs));
  }
  return targets.archive.empty() ? Status() : checkWritable(targets.archive, inputs);
}

Status writeOutputs(std::span<const NamedTensor> outputs, const OutputTargets &targets,
                    std::vector<std::string> inputs) {
  std::vector<OutputFile> singles;
  for (const std::string &argument : targets.files) {
    LIMBECK_ASSIGN(OutputFile file, parseOutputFile(outputs, argument));
    singles.push_back(std::move(file));
  }
  OutputFiles files(std::move(inputs));
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
    if constexpr (std::is_floating_point_v<T>)
      if (std::isnan(value)) // the sign of one means nothing
        return "nan";
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

namespace {

/// What there is to say about values that are numbers; NaNs are only counted.
template <class T> struct Statistics {
  std::optional<T> least, greatest;
  double mean = 0;
  size_t notNumbers = 0;
};

} // namespace

/// A number of any of our types as one that C++ compares.
template <class T> static auto real(T value) {
  if constexpr (std::is_arithmetic_v<T>)
    return value;
  else
    return static_cast<float>(value);
}

template <class T> static Statistics<T> statisticsOf(std::span<const T> values) {
  Statistics<T> result;
  double sum = 0;
  for (T value : values) {
    auto number = static_cast<double>(real(value));
    if (std::isnan(number)) {
      ++result.notNumbers;
      continue;
    }
    sum += number;
    if (!result.least || real(value) < real(*result.least))
      result.least = value;
    if (!result.greatest || real(*result.greatest) < real(value))
      result.greatest = value;
  }
  result.mean = sum / static_cast<double>(values.size() - result.notNumbers);
  return result;
}

static constexpr size_t kFirstValues = 8;

template <class T> static std::span<const T> firstOf(std::span<const T> values) {
  return values.first(std::min(kFirstValues, values.size()));
}

/// `, min .., max .., mean ..`.
template <class T> static std::string statisticsText(const Statistics<T> &statistics) {
  std::string text;
  if (statistics.least)
    text = message(", min ", numberText(*statistics.least), ", max ", numberText(*statistics.greatest),
                   ", mean ", roundedText(statistics.mean));
  return statistics.notNumbers ? text + message(", ", statistics.notNumbers, " NaN") : text;
}

std::string outputSummary(std::span<const NamedTensor> outputs) {
  std::string text;
  for (const auto &[name, value] : outputs) {
    text += message(printable(name), ": ", TensorType{value.dtype(), value.shape(), nullptr}.text());
    dispatch(value.dtype(), [&]<class T>() {
      std::span<const T> values = value.values<T>();
      text += values.empty() ? ", empty" : statisticsText(statisticsOf(values)) + ", first";
      for (T element : firstOf(values))
        text += " " + numberText(element);
    });
    text += "\n";
  }
  return text;
}

std::string outputsJson(std::span<const NamedTensor> outputs, const OutputTargets &targets) {
  auto list = nlohmann::ordered_json::array();
  std::vector<std::string> places = placesOf(outputs, targets);
  for (size_t i = 0; i < outputs.size(); ++i) {
    const auto &[name, value] = outputs[i];
    nlohmann::ordered_json object = typeJson(i, {name, value.dtype(), value.shape(), places[i]});
    // Numbers are finite or null: the library writes infinities and NaN as null.
    dispatch(value.dtype(), [&]<class T>() {
      std::span<const T> values = value.values<T>();
      Statistics<T> statistics = statisticsOf(values);
      bool some = statistics.least.has_value();
      object["min"] = some ? nlohmann::ordered_json(real(*statistics.least)) : nullptr;
      object["max"] = some ? nlohmann::ordered_json(real(*statistics.greatest)) : nullptr;
      object["mean"] = some ? nlohmann::ordered_json(statistics.mean) : nullptr;
      object["nan"] = statistics.notNumbers;
      object["first"] = nlohmann::ordered_json::array();
      for (T element : firstOf(values))
        object["first"].push_back(real(element));
    });
    list.push_back(std::move(object));
  }
  return documentOf(std::move(list));
}

} // namespace limbeck
