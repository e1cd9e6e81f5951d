// Parsing of input arguments and collection of one value per input.
#include "limbeck/Tensor/Inputs.h"
#include "limbeck/Tensor/Random.h"
#include <algorithm>
#include <charconv>
#include <filesystem>

namespace limbeck {

namespace {

/// One argument: the input it names (none for an archive or an unnamed file) and where the values come from.
struct InputArgument {
  const NamedType *input = nullptr;
  std::string_view source; ///< `@path..` or `random:..`
};

/// What follows `@`: a path, and the type of raw bytes if it was given.
struct InputFile {
  std::string path;
  std::optional<DType> dtype;
  Shape shape;
};

} // namespace

static constexpr std::string_view randomPrefix = "random:";

std::optional<Shape> shapeFromText(std::string_view text) {
  if (text == "scalar")
    return Shape();
  Shape shape;
  const char *at = text.data(), *end = at + text.size();
  while (true) {
    int64_t dim = 0;
    auto [next, failure] = std::from_chars(at, end, dim);
    if (failure != std::errc() || dim < 0)
      return std::nullopt;
    shape.push_back(dim);
    if (next == end)
      return shape;
    if (*next != 'x')
      return std::nullopt;
    at = next + 1;
  }
}

static std::string inputNames(std::span<const NamedType> inputs) {
  std::string names;
  for (const NamedType &input : inputs)
    names += message(names.empty() ? "'" : ", '", input.name, "'");
  return names.empty() ? "none" : names;
}

static bool startsSource(std::string_view text) {
  return text.starts_with('@') || text.starts_with(randomPrefix);
}

/// The longest input name that the argument begins with wins, because names and paths may hold any character.
static Expected<InputArgument> parseInputArgument(std::span<const NamedType> inputs,
                                                  std::string_view argument) {
  InputArgument result;
  for (const NamedType &input : inputs) {
    bool named = argument.starts_with(input.name) && argument.substr(input.name.size()).starts_with('=') &&
                 startsSource(argument.substr(input.name.size() + 1));
    if (named && (!result.input || input.name.size() > result.input->name.size()))
      result = {&input, argument.substr(input.name.size() + 1)};
  }
  if (result.input)
    return result;
  if (startsSource(argument))
    return InputArgument{nullptr, argument};
  size_t equals = argument.find('=');
  if (equals != std::string_view::npos && startsSource(argument.substr(equals + 1)))
    return error(Code::InputData, "the model has no input '", argument.substr(0, equals),
                 "'; its inputs: ", inputNames(inputs));
  return error(Code::Flag, "expected NAME=@FILE or NAME=random:SEED[:LOW:HIGH] as an input, found '",
               argument, "'");
}

static Expected<Tensor> randomInput(const NamedType &input, std::string_view text) {
  std::vector<std::string> fields(1);
  for (char c : text.substr(randomPrefix.size())) {
    if (c == ':')
      fields.emplace_back();
    else
      fields.back() += c;
  }
  uint64_t seed = 0;
  const std::string &seedText = fields[0];
  auto [end, failure] = std::from_chars(seedText.data(), seedText.data() + seedText.size(), seed);
  if (failure != std::errc() || end != seedText.data() + seedText.size() ||
      (fields.size() != 1 && fields.size() != 3))
    return error(Code::Flag,
                 "expected random:SEED or random:SEED:LOW:HIGH with a seed from 0 to 2^64-1, found '", text,
                 "'");
  std::optional<RandomRange> range;
  if (fields.size() == 3)
    range = RandomRange{fields[1], fields[2]};
  return randomTensor(input.type, seed, range);
}

/// `path:dtype:shape` when the last two fields are those; any other text is a path.
static InputFile parseInputFile(std::string_view text) {
  InputFile file = {std::string(text), std::nullopt, {}};
  size_t last = text.rfind(':');
  if (last == std::string_view::npos || last == 0)
    return file;
  size_t previous = text.rfind(':', last - 1);
  if (previous == std::string_view::npos)
    return file;
  auto dtype = dtypeFromName(text.substr(previous + 1, last - previous - 1));
  auto shape = shapeFromText(text.substr(last + 1));
  if (!dtype || !shape)
    return file;
  return {std::string(text.substr(0, previous)), dtype, std::move(*shape)};
}

/// What is wrong with the type or the shape of raw bytes, when text that names no file names one without its last fields.
static Status checkRawFields(std::string_view text) {
  std::error_code failure;
  auto isFile = [&](std::string_view path) { return std::filesystem::is_regular_file(path, failure); };
  size_t last = text.rfind(':');
  if (last == std::string_view::npos || isFile(text))
    return {};
  std::string_view path = text.substr(0, last), field = text.substr(last + 1);
  if (isFile(path))
    return error(Code::Flag, "expected raw bytes as FILE:DTYPE:SHAPE, found one field behind the file: '",
                 field, "'")
        .withHint("such as :f32:1x3x48x320, or :f32:scalar");
  size_t previous = path.rfind(':');
  if (previous == std::string_view::npos || !isFile(path.substr(0, previous)))
    return {};
  std::string_view dtype = path.substr(previous + 1);
  if (!dtypeFromName(dtype))
    return error(Code::Flag, "expected the element type of raw bytes, found '", dtype, "'")
        .withHint("the types are " + dtypeNames());
  if (!shapeFromText(field))
    return error(Code::Flag, "expected a shape such as 1x3x48x320, or scalar, found '", field, "'");
  return {};
}

static bool beginsWith(Bytes content, std::string_view magic) {
  return std::string_view(reinterpret_cast<const char *>(content.data()), content.size()).starts_with(magic);
}

static bool isArchive(Bytes content) {
  return beginsWith(content, "PK\x03\x04") || beginsWith(content, "PK\x05\x06"); // the second: an empty one
}

static Expected<Tensor> parseInputFileContent(const InputFile &file, Bytes content,
                                              const ReadTensorFile &readOther) {
  if (file.dtype)
    return tensorFromBytes(*file.dtype, file.shape, content, Code::InputData);
  if (beginsWith(content, "\x93NUMPY"))
    return parseNpy(content);
  if (readOther)
    return readOther(content);
  return error(Code::InputData, "expected an .npy or .npz file, found other content")
      .withHint("raw values need dtype and shape: NAME=@FILE:f32:1x3x48x320");
}

namespace {

/// Collects values for the inputs, each exactly once.
class InputCollector {
public:
  InputCollector(std::span<const NamedType> inputs, const ReadTensorFile &readOther)
      : inputs(inputs), readOther(readOther), values(inputs.size()) {}

  Status addArgument(std::string_view text) {
    LIMBECK_ASSIGN(InputArgument argument, parseInputArgument(inputs, text));
    if (argument.source.starts_with('@')) {
      LIMBECK_TRY(checkRawFields(argument.source.substr(1)));
      return addFile(argument, parseInputFile(argument.source.substr(1)));
    }
    LIMBECK_ASSIGN(const NamedType *input, theInput(argument));
    LIMBECK_ASSIGN(Tensor value, randomInput(*input, argument.source));
    return addValue(*input, value);
  }

  Expected<std::vector<Tensor>> finish() {
    std::vector<Tensor> all;
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (!values[i])
        return error(Code::InputData, "expected a value for input '", inputs[i].name, "' (",
                     inputs[i].type.text(), "), found none")
            .withHint(
                message("give --input ", inputs[i].name, "=@x.npy or --input ", inputs[i].name, "=random:0"));
      all.push_back(std::move(*values[i]));
    }
    return all;
  }

private:
  /// The input that an argument is for: the named one, or the only one.
  Expected<const NamedType *> theInput(const InputArgument &argument) {
    if (argument.input)
      return argument.input;
    if (inputs.size() == 1)
      return &inputs[0];
    return error(Code::InputData, "expected NAME=", argument.source, " because the model has ", inputs.size(),
                 " inputs: ", inputNames(inputs));
  }

  Status addFile(const InputArgument &argument, const InputFile &file) {
    LIMBECK_ASSIGN(std::vector<std::byte> content, readFile(file.path, Limits().dataBytes));
    Status status = !file.dtype && isArchive(content) ? addArchive(argument, content)
                                                      : addSingle(argument, file, content);
    if (!status.ok() && status.diagnostic().file.empty())
      status.diagnostic().atFile(file.path);
    return status;
  }

  Status addSingle(const InputArgument &argument, const InputFile &file, Bytes content) {
    LIMBECK_ASSIGN(const NamedType *input, theInput(argument));
    LIMBECK_ASSIGN(Tensor value, parseInputFileContent(file, content, readOther));
    return addValue(*input, value);
  }

  Status addArchive(const InputArgument &argument, Bytes content) {
    if (argument.input)
      return error(Code::InputData, "expected one array for input '", argument.input->name,
                   "', found an archive")
          .withHint("give the archive without a name; its keys are the input names");
    LIMBECK_ASSIGN(std::vector<NamedTensor> arrays, parseNpz(content));
    for (const NamedTensor &array : arrays) {
      auto input = std::find_if(inputs.begin(), inputs.end(),
                                [&](const NamedType &candidate) { return candidate.name == array.name; });
      if (input == inputs.end())
        return error(Code::InputData, "the model has no input '", array.name,
                     "', a key of this archive; its inputs: ", inputNames(inputs));
      LIMBECK_TRY(addValue(*input, array.value));
    }
    return {};
  }

  Status addValue(const NamedType &input, const Tensor &value) {
    std::optional<Tensor> &slot = values[static_cast<size_t>(&input - inputs.data())];
    if (slot)
      return error(Code::InputData, "expected one value for input '", input.name, "', found a second");
    LIMBECK_ASSIGN(slot, conformInput(value, input));
    return {};
  }

  std::span<const NamedType> inputs;
  const ReadTensorFile &readOther;
  std::vector<std::optional<Tensor>> values;
};

} // namespace

Expected<std::vector<Tensor>> readInputs(std::span<const NamedType> inputs,
                                         std::span<const std::string> arguments,
                                         const ReadTensorFile &readOther) {
  InputCollector collector(inputs, readOther);
  for (const std::string &argument : arguments)
    LIMBECK_TRY(collector.addArgument(argument));
  return collector.finish();
}

} // namespace limbeck
