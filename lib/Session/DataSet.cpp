// Finding the files of a set, and cutting their arrays into samples.
#include "limbeck/Session/DataSet.h"
#include <algorithm>
#include <cstring>
#include <filesystem>
#include <sstream>

namespace limbeck::session {

static bool isArrayFile(const std::filesystem::path &path) {
  return path.extension() == ".npy" || path.extension() == ".npz";
}

static Expected<std::vector<std::string>> filesOf(const std::string &path) {
  std::vector<std::string> paths;
  std::error_code failure;
  if (std::filesystem::is_directory(path, failure)) {
    for (const auto &entry : std::filesystem::directory_iterator(path, failure))
      if (isArrayFile(entry.path()))
        paths.push_back(entry.path().string());
    if (failure)
      return error(Code::File, "cannot read the folder: ", failure.message()).atFile(path);
    std::sort(paths.begin(), paths.end());
  } else if (isArrayFile(path)) {
    paths.push_back(path);
  } else {
    LIMBECK_ASSIGN(std::vector<std::byte> content, readFile(path));
    std::istringstream lines(std::string(reinterpret_cast<const char *>(content.data()), content.size()));
    std::filesystem::path folder = std::filesystem::path(path).parent_path();
    for (std::string line; std::getline(lines, line);)
      if (!line.empty())
        paths.push_back((folder / line).string());
  }
  if (paths.empty())
    return error(Code::InputData, "expected .npy or .npz files, found none").atFile(path);
  return paths;
}

Expected<DataSet> DataSet::open(const std::string &path, std::vector<NamedType> inputs) {
  DataSet set;
  set.inputs = std::move(inputs);
  LIMBECK_ASSIGN(set.paths, filesOf(path));
  return set;
}

static std::string quotedNames(const auto &list) {
  std::string names;
  for (const auto &item : list)
    names += message(names.empty() ? "'" : ", '", item.name, "'");
  return names.empty() ? "none" : names;
}

/// One array per input, as the file holds them.
Expected<std::vector<Tensor>> DataSet::readFileTensors(const std::string &path) const {
  if (std::filesystem::path(path).extension() != ".npz") {
    if (inputs.size() != 1)
      return error(Code::InputData, "expected an .npz file for a model with ", inputs.size(),
                   " inputs, found .npy")
          .atFile(path);
    LIMBECK_ASSIGN(Tensor tensor, readNpy(path));
    return std::vector<Tensor>{std::move(tensor)};
  }
  LIMBECK_ASSIGN(std::vector<NamedTensor> arrays, readNpz(path));
  std::vector<Tensor> tensors;
  for (const NamedType &input : inputs) {
    auto found = std::ranges::find(arrays, input.name, &NamedTensor::name);
    if (found != arrays.end())
      tensors.push_back(found->value);
  }
  if (tensors.size() != inputs.size() || arrays.size() != inputs.size())
    return error(Code::InputData, "expected exactly the keys ", quotedNames(inputs), ", found ",
                 quotedNames(arrays))
        .atFile(path);
  return tensors;
}

/// `count` indices of the first dimension from `first` on.
static Expected<Tensor> sliceOf(const Tensor &tensor, int64_t first, int64_t count) {
  Shape shape = tensor.shape();
  size_t row = tensor.byteSize() / static_cast<size_t>(std::max<int64_t>(shape[0], 1));
  shape[0] = count;
  LIMBECK_ASSIGN(Tensor slice, Tensor::zeros(tensor.dtype(), shape));
  std::memcpy(slice.mutableBytes(), tensor.bytes() + row * static_cast<size_t>(first),
              row * static_cast<size_t>(count));
  return slice;
}

/// Indices of the first dimension that the model takes at once.
static int64_t batchOf(const NamedType &input) {
  return input.type.shape.empty() || input.type.shape[0] <= 0 ? 1 : input.type.shape[0];
}

Status DataSet::useFile(const std::string &path,
                        const std::function<Status(std::span<const Tensor>)> &use) const {
  LIMBECK_ASSIGN(std::vector<Tensor> arrays, readFileTensors(path));
  std::optional<int64_t> samples;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const auto rank = static_cast<int64_t>(inputs[i].type.shape.size());
    Tensor &array = arrays[i];
    if (array.rank() == rank - 1) {
      Shape shape = array.shape();
      shape.insert(shape.begin(), 1);
      array = array.reshaped(shape);
    }
    if (rank == 0 || array.rank() != rank)
      return error(Code::InputData, "expected input '", inputs[i].name, "' with ", rank,
                   " dimensions, or one less for one sample, found ", shapeText(array.shape()))
          .atFile(path);
    int64_t batch = batchOf(inputs[i]);
    if (array.shape()[0] % batch != 0)
      return error(Code::InputData, "expected a multiple of ", batch, " samples for input '", inputs[i].name,
                   "', found ", array.shape()[0])
          .atFile(path);
    int64_t count = array.shape()[0] / batch;
    if (samples && *samples != count)
      return error(Code::InputData, "expected as many samples of every input, found ", *samples, " and ",
                   count)
          .atFile(path);
    samples = count;
  }
  for (int64_t sample = 0; sample < samples.value_or(0); ++sample) {
    std::vector<Tensor> values;
    for (size_t i = 0; i < inputs.size(); ++i) {
      int64_t batch = batchOf(inputs[i]);
      LIMBECK_ASSIGN(Tensor slice, sliceOf(arrays[i], sample * batch, batch));
      auto value = conformInput(slice, inputs[i]);
      if (!value.ok())
        return value.diagnostic().atFile(path);
      values.push_back(std::move(*value));
    }
    LIMBECK_TRY(use(values));
  }
  return {};
}

Status DataSet::forEach(const std::function<Status(std::span<const Tensor>)> &use) const {
  for (const std::string &path : paths)
    LIMBECK_TRY(useFile(path, use));
  return {};
}

} // namespace limbeck::session
