// Finding the files of a set, and cutting their arrays into samples.
#include "limbeck/Session/DataSet.h"
#include <algorithm>
#include <filesystem>
#include <sstream>

namespace limbeck::session {

static bool isArrayFile(const std::filesystem::path &path) {
  return path.extension() == ".npy" || path.extension() == ".npz";
}

/// The paths that a list holds. A file of another kind that was taken for one is told by its first line.
static Expected<std::vector<std::string>> filesOfList(const std::string &path) {
  constexpr size_t kShown = 60;
  LIMBECK_ASSIGN(std::vector<std::byte> content, readFile(path));
  std::istringstream lines(std::string(reinterpret_cast<const char *>(content.data()), content.size()));
  std::filesystem::path folder = std::filesystem::path(path).parent_path();
  std::vector<std::string> paths;
  size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.ends_with('\r'))
      line.pop_back();
    if (line.empty())
      continue;
    if (!isArrayFile(line))
      return error(Code::InputData, "expected a path to .npy or .npz in every line of a list, found '",
                   line.substr(0, kShown), line.size() > kShown ? "'.." : "'")
          .atFile(message(path, ":", number))
          .withHint("samples are an .npz, an .npy, a folder of them, or a text file with their paths");
    paths.push_back((folder / line).string());
  }
  return paths;
}

Expected<std::vector<std::string>> filesOfDataSet(const std::string &path) {
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
    LIMBECK_ASSIGN(paths, filesOfList(path));
  }
  if (paths.empty())
    return error(Code::InputData, "expected .npy or .npz files, found none").atFile(path);
  return paths;
}

Expected<DataSet> DataSet::open(const std::string &path, std::vector<NamedType> inputs) {
  for (const NamedType &input : inputs)
    if (std::ranges::find(input.type.shape, 0) != input.type.shape.end())
      return error(Code::Flag, "expected inputs with elements for samples, found input '", input.name,
                   "' of shape ", shapeText(input.type.shape))
          .withHint("--shape or --dim gives it another, where the model leaves it open");
  DataSet set;
  set.inputs = std::move(inputs);
  LIMBECK_ASSIGN(set.paths, filesOfDataSet(path));
  return set;
}

static const std::string &nameOf(const NamedType &input) {
  return input.name;
}
static const std::string &nameOf(const ArrayRows &array) {
  return array.name();
}

static std::string quotedNames(const auto &list) {
  std::string names;
  for (const auto &item : list)
    names += message(names.empty() ? "'" : ", '", nameOf(item), "'");
  return names.empty() ? "none" : names;
}

/// One array per input.
Expected<std::vector<ArrayRows>> DataSet::openInputs(const std::string &path) const {
  if (std::filesystem::path(path).extension() != ".npz" && inputs.size() != 1)
    return error(Code::InputData, "expected an .npz file for a model with ", inputs.size(),
                 " inputs, found .npy")
        .atFile(path);
  LIMBECK_ASSIGN(std::vector<ArrayRows> arrays, openArrays(path));
  if (std::filesystem::path(path).extension() != ".npz")
    return arrays;
  auto arrayOf = [&](const NamedType &input) {
    return std::ranges::find(arrays, input.name, &ArrayRows::name);
  };
  if (arrays.size() != inputs.size() ||
      std::ranges::any_of(inputs, [&](const NamedType &input) { return arrayOf(input) == arrays.end(); }))
    return error(Code::InputData, "expected exactly the keys ", quotedNames(inputs), ", found ",
                 quotedNames(arrays))
        .atFile(path);
  std::vector<ArrayRows> ordered;
  for (const NamedType &input : inputs)
    ordered.push_back(std::move(*arrayOf(input)));
  return ordered;
}

/// Indices of the first dimension that the model takes at once.
static int64_t batchOf(const NamedType &input) {
  return input.type.shape.empty() || input.type.shape[0] <= 0 ? 1 : input.type.shape[0];
}

/// Whether an array holds samples for an input: what the input fixes behind the first dimension is so.
static bool holdsSamples(const Shape &array, const Shape &input) {
  for (size_t i = 1; i < input.size(); ++i)
    if (input[i] >= 0 && array[i] != input[i])
      return false;
  return array.size() == input.size();
}

/// For arrays of one dimension too many, a shape that would do: without a dimension of 1, or with batches one behind the other.
static std::string reshapeHint(const Shape &shape, const Shape &input) {
  if (input.empty() || shape.size() != input.size() + 1)
    return "";
  std::vector<Shape> candidates;
  Shape joined(shape.begin() + 1, shape.end());
  joined[0] *= shape[0];
  candidates.push_back(joined);
  for (size_t i = shape.size(); i-- > 0;)
    if (shape[i] == 1) {
      candidates.push_back(shape);
      candidates.back().erase(candidates.back().begin() + static_cast<std::ptrdiff_t>(i));
    }
  auto found = std::ranges::find_if(candidates, [&](const Shape &one) { return holdsSamples(one, input); });
  return found == candidates.end()
             ? ""
             : "samples lie along the first dimension: reshape the array to " + shapeText(*found);
}

Expected<DataSet::SampleFile> DataSet::openSamples(const std::string &path) const {
  LIMBECK_ASSIGN(std::vector<ArrayRows> arrays, openInputs(path));
  std::vector<int64_t> rows;
  std::optional<int64_t> samples;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Shape &shape = arrays[i].shape();
    size_t rank = inputs[i].type.shape.size();
    // A scalar of each sample has the dimension of the samples and no other.
    bool single = rank == 0 ? shape.empty() : shape.size() + 1 == rank;
    if (!single && shape.size() != std::max<size_t>(rank, 1))
      return error(Code::InputData, "expected input '", inputs[i].name, "' with ", std::max<size_t>(rank, 1),
                   " dimensions, or one less for one sample, found ", shapeText(shape))
          .atFile(path)
          .withHint(reshapeHint(shape, inputs[i].type.shape));
    int64_t batch = batchOf(inputs[i]), available = single ? 1 : shape[0];
    if (available % batch != 0)
      return error(Code::InputData, "expected a multiple of ", batch, " samples for input '", inputs[i].name,
                   "', found ", available)
          .atFile(path);
    int64_t count = available / batch;
    if (samples && *samples != count)
      return error(Code::InputData, "expected as many samples of every input, found ", *samples, " and ",
                   count)
          .atFile(path);
    if (count == 0)
      return error(Code::InputData, "expected at least one sample of input '", inputs[i].name,
                   "', found none")
          .atFile(path);
    samples = count;
    rows.push_back(single ? arrays[i].rows() : batch);
  }
  return SampleFile{std::move(arrays), std::move(rows), samples.value_or(0)};
}

Expected<int64_t> DataSet::count() const {
  int64_t samples = 0;
  for (const std::string &path : paths) {
    LIMBECK_ASSIGN(SampleFile file, openSamples(path));
    samples += file.samples;
  }
  return samples;
}

/// What useFile makes of the rows of an array.
static Shape sampleShape(const Shape &array, size_t rank, int64_t rows) {
  if (rank == 0)
    return {};
  Shape shape = array;
  if (shape.size() + 1 == rank)
    shape.insert(shape.begin(), 1);
  else
    shape[0] = rows;
  return shape;
}

Expected<std::vector<Shape>> DataSet::commonShapes() const {
  std::vector<Shape> common;
  for (const std::string &path : paths) {
    LIMBECK_ASSIGN(SampleFile file, openSamples(path));
    std::vector<Shape> shapes;
    for (size_t i = 0; i < inputs.size(); ++i)
      shapes.push_back(sampleShape(file.arrays[i].shape(), inputs[i].type.shape.size(), file.rows[i]));
    for (size_t i = 0; i < common.size(); ++i)
      if (shapes[i] != common[i])
        return error(Code::ShapeMissing,
                     "expected samples of one shape for a model with open dimensions, found ",
                     shapeText(common[i]), " and ", shapeText(shapes[i]), " of input '", inputs[i].name, "'")
            .atFile(path)
            .withHint("--shape or --dim says what to compile for");
    common = std::move(shapes);
  }
  return common;
}

Status DataSet::useFile(const std::string &path, int64_t &index,
                        const std::function<Status(const Sample &)> &use) const {
  LIMBECK_ASSIGN(SampleFile file, openSamples(path));
  for (int64_t sample = 0; sample < file.samples; ++sample) {
    std::vector<Tensor> values;
    for (size_t i = 0; i < inputs.size(); ++i) {
      auto value = file.arrays[i].next(file.rows[i]);
      if (value.ok()) {
        if (int64_t rank = static_cast<int64_t>(inputs[i].type.shape.size()); value->rank() != rank) {
          Shape shape = rank == 0 ? Shape() : value->shape();
          if (rank != 0)
            shape.insert(shape.begin(), 1);
          *value = value->reshaped(shape);
        }
        value = conformInput(*value, inputs[i]);
      }
      if (!value.ok())
        return value.diagnostic().atFile(path);
      values.push_back(std::move(*value));
    }
    LIMBECK_TRY(use({values, path, index++, sample, inputs}));
  }
  return {};
}

Status DataSet::forEachSample(const std::function<Status(const Sample &)> &use) const {
  int64_t index = 0;
  for (const std::string &path : paths)
    LIMBECK_TRY(useFile(path, index, use));
  return {};
}

Status DataSet::forEach(const std::function<Status(std::span<const Tensor>)> &use) const {
  return forEachSample([&](const Sample &sample) { return use(sample.values); });
}

} // namespace limbeck::session
