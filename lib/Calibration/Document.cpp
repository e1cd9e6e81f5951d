// Writing and reading of stats.json. Whatever a file says is checked here; behind it, statistics are such as samples give.
#include "limbeck/Calibration/Document.h"
#include "limbeck/Tensor/Npy.h"
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sodium.h>

namespace limbeck::calibration {

using Json = nlohmann::ordered_json;

static constexpr int64_t kSchema = 1;
static constexpr int64_t kMostSamples = int64_t(1) << 29; // GramSum holds as many
static constexpr const char *kGramEnding = ".gram.npz";

namespace {
struct CollectWord {
  std::string_view word;
  bool Collect::*member; ///< none for what is always collected
};
} // namespace

static constexpr CollectWord kWords[] = {{"minmax", nullptr},
                                         {"histogram", &Collect::histogram},
                                         {"channels", &Collect::channels},
                                         {"gram", &Collect::gram},
                                         {"means", &Collect::means}};

Expected<Collect> collectFromText(std::string_view text) {
  Collect collect;
  for (size_t at = 0; at <= text.size();) {
    size_t end = std::min(text.find(',', at), text.size());
    std::string_view word = text.substr(at, end - at);
    auto found = std::ranges::find(kWords, word, &CollectWord::word);
    if (found == std::end(kWords))
      return error(Code::Flag, "expected a list of minmax, histogram, channels, gram and means, found '",
                   word, "'");
    if (found->member)
      collect.*(found->member) = true;
    at = end + 1;
  }
  return collect;
}

std::string text(Collect collect) {
  std::string text;
  for (const CollectWord &word : kWords)
    if (!word.member || collect.*(word.member))
      text += message(text.empty() ? "" : ",", word.word);
  return text;
}

/// A tensor that one has and the other has not.
static const std::string *tensorOfOne(const Statistics &one, const Statistics &other) {
  for (const auto &[name, tensor] : one.tensors)
    if (!other.tensors.contains(name))
      return &name;
  return nullptr;
}

Status Statistics::merge(const Statistics &other) {
  if (modelSha256 != other.modelSha256)
    return error(Code::Calibration, "expected statistics of one model, found those of sha256 ", modelSha256,
                 " and ", other.modelSha256);
  if (collect != other.collect)
    return error(Code::Calibration, "expected the same --collect in both, found ", text(collect), " and ",
                 text(other.collect));
  if (scaling != other.scaling || !magnitudes.empty() || !other.magnitudes.empty())
    return error(Code::Calibration,
                 "expected statistics by the same rules for equalize and none for smooth, found others");
  if (!biasErrors.empty() || !other.biasErrors.empty())
    return error(Code::Calibration, "expected statistics of a float model, found errors of a quantized one");
  if (indicesPerSample != other.indicesPerSample)
    return error(Code::Calibration, "expected samples of one size, found ", indicesPerSample, " and ",
                 other.indicesPerSample, " indices of the first dimension");
  // Else a tensor would have statistics of fewer samples than the document says.
  const std::string *ours = tensorOfOne(*this, other), *theirs = tensorOfOne(other, *this);
  if (samples > 0 && other.samples > 0 && (ours || theirs))
    return error(Code::Calibration, "expected statistics of the same tensors, found '",
                 ours ? *ours : *theirs, ours ? "' only in what is before this one" : "' only in this one")
        .withHint("calibrate all parts with the same recipe");
  if (samples + other.samples > kMostSamples)
    return error(Code::Calibration, "expected at most ", kMostSamples, " samples together, found more");
  samples += other.samples;
  for (const auto &[name, statistics] : other.tensors) {
    Status merged = tensors[name].merge(statistics);
    if (!merged.ok()) {
      merged.diagnostic().message = message("tensor '", name, "': ", merged.diagnostic().message);
      return merged;
    }
  }
  return {};
}

static std::string sha256Of(Bytes bytes) {
  unsigned char digest[crypto_hash_sha256_BYTES];
  crypto_hash_sha256(digest, reinterpret_cast<const unsigned char *>(bytes.data()), bytes.size());
  char text[2 * sizeof digest + 1];
  sodium_bin2hex(text, sizeof text, digest, sizeof digest);
  return text;
}

static std::string gramPath(const std::string &path) {
  std::filesystem::path base(path);
  if (base.extension() == ".json")
    base.replace_extension();
  return base.string() + kGramEnding;
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

static Json tensorJson(const TensorStatistics &tensor) {
  Json object = {{"samples", tensor.samples},
                 {"nan_samples", tensor.nanSamples},
                 {"infinite_samples", tensor.infiniteSamples}};
  object["min"] = tensor.samples ? Json(tensor.least) : Json(nullptr);
  object["max"] = tensor.samples ? Json(tensor.greatest) : Json(nullptr);
  object["sum_of_minima"] = tensor.minima.terms();
  object["sum_of_maxima"] = tensor.maxima.terms();
  if (const auto &histogram = tensor.histogram)
    object["histogram"] = {
        {"exponent", histogram->exponent()},
        {"first", histogram->first()},
        {"counts", std::vector<uint64_t>(histogram->counts().begin(), histogram->counts().end())}};
  if (!tensor.channels.empty())
    object["channel_absmax"] = tensor.channels;
  for (const ExactSum &mean : tensor.means)
    object["sums_of_channel_means"].push_back(mean.terms());
  if (const auto &gram = tensor.gram)
    object["gram"] = {{"rows", gram->size()}, {"place", gram->place()}};
  return object;
}

/// Names come from a file: bytes that are no UTF-8 must not become an exception.
static std::string dumped(const Json &json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// A line per tensor.
static std::string documentText(const Statistics &statistics, const Json &gramFile) {
  std::string text = message("{\"schema\":", kSchema, ",\n\"model_sha256\":", dumped(statistics.modelSha256),
                             ",\n\"collect\":", dumped(calibration::text(statistics.collect)),
                             ",\n\"samples\":", statistics.samples,
                             ",\n\"indices_per_sample\":", statistics.indicesPerSample);
  if (!statistics.scaling.empty())
    text += ",\n\"scaling\":" + dumped(statistics.scaling);
  if (!gramFile.is_null())
    text += ",\n\"gram\":" + dumped(gramFile);
  text += ",\n\"tensors\":{";
  const char *separator = "\n";
  for (const auto &[name, tensor] : statistics.tensors) {
    text += separator + dumped(name) + ":" + dumped(tensorJson(tensor));
    separator = ",\n";
  }
  text += "}";
  separator = ",\n\"magnitudes\":{\n";
  for (const auto &[name, tensor] : statistics.magnitudes) {
    text += separator + dumped(name) + ":" +
            dumped(Json{{"greatest", tensor.greatest}, {"squares", tensor.squares}, {"span", tensor.span}});
    separator = ",\n";
  }
  text += statistics.magnitudes.empty() ? "" : "}";
  separator = ",\n\"bias_errors\":{\n";
  for (const auto &[name, errors] : statistics.biasErrors) {
    text += separator + dumped(name) + ":" + dumped(Json(errors));
    separator = ",\n";
  }
  return text + (statistics.biasErrors.empty() ? "}\n" : "}}\n");
}

/// The digits of a sum, the high ones first.
static Expected<Tensor> gramTensor(const GramSum &gram) {
  LIMBECK_ASSIGN(Tensor tensor, Tensor::zeros(DType::S64, {2, gram.size(), gram.size()}));
  std::ranges::copy(gram.low(), std::ranges::copy(gram.high(), tensor.mutableValues<int64_t>().begin()).out);
  return tensor;
}

Status writeStatistics(const std::string &path, const Statistics &statistics,
                       std::vector<std::string> inputs) {
  OutputFiles files(std::move(inputs));
  Json gramFile;
  std::vector<NamedTensor> matrices;
  for (const auto &[name, tensor] : statistics.tensors)
    if (tensor.gram) {
      LIMBECK_ASSIGN(Tensor matrix, gramTensor(*tensor.gram));
      matrices.push_back({name, std::move(matrix)});
    }
  std::vector<std::byte> archive;
  if (!matrices.empty()) {
    LIMBECK_ASSIGN(archive, npzBytes(matrices));
    std::string beside = gramPath(path);
    gramFile = {{"file", std::filesystem::path(beside).filename().string()}, {"sha256", sha256Of(archive)}};
    LIMBECK_TRY(files.add(beside, archive));
  }
  LIMBECK_TRY(files.add(path, bytesOf(documentText(statistics, gramFile))));
  return files.commit();
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

namespace {
/// An object of the document. The first member that is not as expected is the error of all that is read.
class Members {
public:
  Members(const Json &object, std::string where) : object(object), where(std::move(where)) {}

  const Json *find(const char *key) const {
    auto found = object.find(key);
    return found == object.end() ? nullptr : &*found;
  }
  int64_t integer(const char *key, int64_t least, int64_t greatest) {
    const Json *value = find(key);
    bool fits = value && value->is_number_integer() &&
                (!value->is_number_unsigned() || value->get<uint64_t>() <= uint64_t(INT64_MAX)) &&
                value->get<int64_t>() >= least && value->get<int64_t>() <= greatest;
    if (!fits)
      fail(key, least == greatest ? message(least) : message("an integer from ", least, " to ", greatest));
    return fits ? value->get<int64_t>() : least;
  }
  double number(const char *key, double least, double greatest) {
    const Json *value = find(key);
    if (value && value->is_number() && value->get<double>() >= least && value->get<double>() <= greatest)
      return value->get<double>();
    fail(key, message("a number from ", least, " to ", greatest));
    return least;
  }
  std::string string(const char *key) {
    const Json *value = find(key);
    if (value && value->is_string())
      return value->get<std::string>();
    fail(key, "a text");
    return "";
  }
  float finiteFloat(const char *key) {
    const Json *value = find(key);
    if (value && isFloat32(*value))
      return value->get<float>();
    fail(key, "a finite f32 number");
    return 0;
  }
  std::vector<double> numbers(const char *key, bool f32) {
    std::vector<double> list;
    const Json *value = find(key);
    bool fits = value && value->is_array();
    for (size_t i = 0; fits && i < value->size(); ++i) {
      fits = f32 ? isFloat32((*value)[i]) : (*value)[i].is_number();
      if (fits)
        list.push_back((*value)[i].get<double>());
      else
        failAt(key, "a list of numbers", i);
    }
    if (!fits)
      fail(key, "a list of numbers");
    return list;
  }
  std::vector<std::vector<double>> lists(const char *key) {
    std::vector<std::vector<double>> all;
    const Json *value = find(key);
    bool fits = value && value->is_array();
    for (size_t i = 0; fits && i < value->size(); ++i) {
      const Json &list = (*value)[i];
      fits = list.is_array() && std::ranges::all_of(list, [](const Json &item) { return item.is_number(); });
      if (fits)
        all.push_back(list.get<std::vector<double>>());
    }
    if (!fits)
      fail(key, "lists of numbers");
    return all;
  }
  std::vector<uint64_t> counts(const char *key) {
    std::vector<uint64_t> list;
    const Json *value = find(key);
    bool fits = value && value->is_array();
    for (size_t i = 0; fits && i < value->size(); ++i) {
      fits = (*value)[i].is_number_unsigned();
      if (fits)
        list.push_back((*value)[i].get<uint64_t>());
      else
        failAt(key, "a list of counts", i);
    }
    if (!fits)
      fail(key, "a list of counts");
    return list;
  }
  const Json &inner(const char *key) {
    static const Json kNone = Json::object();
    const Json *value = find(key);
    if (value && value->is_object())
      return *value;
    fail(key, "an object");
    return kNone;
  }
  void fail(const char *key, const std::string &expected) {
    if (status.ok())
      status = error(Code::Calibration, "expected ", expected, " as '", key, "' of ", where, ", found ",
                     found(key));
  }
  Status status;

private:
  /// Says which item of a list is wrong.
  void failAt(const char *key, const std::string &expected, size_t item) {
    if (status.ok())
      status = error(Code::Calibration, "expected ", expected, " as '", key, "' of ", where, ", found ",
                     shown((*find(key))[item]), " as item ", item);
  }
  std::string found(const char *key) const {
    const Json *value = find(key);
    return value ? shown(*value) : "none";
  }
  /// The value as the file has it, or its beginning.
  static std::string shown(const Json &value) {
    constexpr size_t kShown = 40;
    std::string text = dumped(value);
    return text.size() <= kShown ? text : text.substr(0, kShown) + "..";
  }
  /// f32 values are written as doubles that equal them.
  static bool isFloat32(const Json &value) {
    if (!value.is_number())
      return false;
    double number = value.get<double>();
    return std::fabs(number) <= static_cast<double>(std::numeric_limits<float>::max()) &&
           static_cast<double>(static_cast<float>(number)) == number;
  }
  const Json &object;
  std::string where;
};
} // namespace

static ExactSum sumOf(Members &members, const char *key) {
  std::optional<ExactSum> sum = ExactSum::fromTerms(members.numbers(key, /*f32=*/false));
  if (!sum)
    members.fail(key, "the terms of a sum of f32 values");
  return sum.value_or(ExactSum());
}

/// Whether the values that a sum is of can lie between both ends.
static bool sumFits(const ExactSum &sum, const TensorStatistics &tensor) {
  double total = sum.rounded(), count = static_cast<double>(tensor.samples);
  // Products of 24 and 30 bits are a bit longer than a double: one step of rounding is granted.
  auto outward = [](double bound, double to) { return std::nextafter(bound, to); };
  double infinity = std::numeric_limits<double>::infinity();
  return total >= outward(count * tensor.least, -infinity) &&
         total <= outward(count * tensor.greatest, infinity);
}

static void readHistogram(Members &members, TensorStatistics &tensor) {
  Members inner(members.inner("histogram"), "a histogram");
  auto exponent = static_cast<int>(inner.integer("exponent", kLeastExponent, kGreatestExponent));
  int64_t first = inner.integer("first", -kBins, kBins);
  tensor.histogram = Histogram::make(exponent, first, inner.counts("counts"));
  if (members.status.ok() && !inner.status.ok())
    members.status = inner.status;
  if (!tensor.histogram)
    return members.fail("histogram", "bins that values fill");
  bool ends =
      tensor.samples > 0 && tensor.histogram->total() > 0 && binOf(tensor.least, exponent) == first &&
      binOf(tensor.greatest, exponent) == first + static_cast<int64_t>(tensor.histogram->counts().size()) - 1;
  if (!ends)
    members.fail("histogram", "bins from 'min' to 'max'");
}

static void readMeans(Members &members, TensorStatistics &tensor) {
  const char *key = "sums_of_channel_means";
  for (const std::vector<double> &terms : members.lists(key)) {
    std::optional<ExactSum> sum = ExactSum::fromTerms(terms);
    if (!sum || tensor.samples == 0)
      return members.fail(key, "the terms of sums of f32 values");
    tensor.means.push_back(*sum);
  }
}

static void readGram(Members &members, std::span<const NamedTensor> matrices, const std::string &name,
                     TensorStatistics &tensor) {
  Members inner(members.inner("gram"), "a Gram matrix");
  int64_t rows = inner.integer("rows", 0, int64_t(1) << 20);
  auto place = static_cast<int>(inner.integer("place", -8, 8));
  auto found = std::ranges::find(matrices, name, &NamedTensor::name);
  if (found == matrices.end() || found->value.dtype() != DType::S64 ||
      found->value.shape() != Shape{2, rows, rows})
    return members.fail("gram", message("an array s64[2x", rows, "x", rows, "] in the file of matrices"));
  std::span<const int64_t> digits = found->value.values<int64_t>();
  auto middle = digits.begin() + static_cast<ptrdiff_t>(digits.size() / 2);
  tensor.gram = GramSum::make(rows, place, {digits.begin(), middle}, {middle, digits.end()});
  if (!tensor.gram)
    members.fail("gram", "digits that samples give");
}

static Expected<TensorStatistics> readTensor(const Json &json, const std::string &name, const Statistics &all,
                                             std::span<const NamedTensor> matrices) {
  std::string where = message("tensor '", name, "'");
  if (!json.is_object())
    return error(Code::Calibration, "expected an object for ", where);
  Members members(json, where);
  TensorStatistics tensor;
  tensor.samples = members.integer("samples", 0, all.samples);
  tensor.nanSamples = members.integer("nan_samples", 0, all.samples - tensor.samples);
  tensor.infiniteSamples =
      members.integer("infinite_samples", 0, all.samples - tensor.samples - tensor.nanSamples);
  if (tensor.samples > 0) {
    tensor.least = members.finiteFloat("min");
    tensor.greatest = members.finiteFloat("max");
    if (tensor.least > tensor.greatest)
      members.fail("max", "a number from 'min' on");
  }
  tensor.minima = sumOf(members, "sum_of_minima");
  tensor.maxima = sumOf(members, "sum_of_maxima");
  bool none = tensor.samples == 0 && tensor.minima == ExactSum() && tensor.maxima == ExactSum();
  if (!none && !(tensor.samples > 0 && sumFits(tensor.minima, tensor) && sumFits(tensor.maxima, tensor)))
    members.fail("sum_of_minima", "sums of as many values between 'min' and 'max' as there are samples");
  if (members.find("histogram"))
    readHistogram(members, tensor);
  if (members.find("channel_absmax"))
    for (double value : members.numbers("channel_absmax", /*f32=*/true)) {
      tensor.channels.push_back(static_cast<float>(value));
      if (value < 0)
        members.fail("channel_absmax", "a list of absolute values");
    }
  if (members.find("sums_of_channel_means"))
    readMeans(members, tensor);
  if (members.find("gram"))
    readGram(members, matrices, name, tensor);
  LIMBECK_TRY(members.status);
  return tensor;
}

/// The matrices that the document says are beside it.
static Expected<std::vector<NamedTensor>> readMatrices(Members &document, const std::string &path) {
  if (!document.find("gram"))
    return std::vector<NamedTensor>{};
  Members inner(document.inner("gram"), "'gram'");
  std::string file = inner.string("file"), expected = inner.string("sha256");
  LIMBECK_TRY(document.status);
  LIMBECK_TRY(inner.status);
  std::filesystem::path name(file);
  if (name.empty() || name != name.filename() || file == "." || file == "..")
    return error(Code::Calibration,
                 "expected the name of a file beside this one as 'file' of 'gram', found '", file, "'");
  std::string beside = (std::filesystem::path(path).parent_path() / name).string();
  LIMBECK_ASSIGN(std::vector<std::byte> bytes, readFile(beside, Limits().dataBytes));
  if (std::string found = sha256Of(bytes); found != expected)
    return error(Code::Calibration, "expected the matrices that were written with '", path, "' (sha256 ",
                 expected, "), found others (sha256 ", found, ")")
        .atFile(beside);
  auto matrices = parseNpz(bytes);
  if (!matrices.ok())
    matrices.diagnostic().atFile(beside);
  return matrices;
}

static Status readMagnitudes(Members &document, Statistics &statistics) {
  if (!document.find("magnitudes"))
    return {};
  for (const auto &[name, value] : document.inner("magnitudes").items()) {
    std::string where = message("the magnitudes of '", name, "'");
    if (!value.is_object())
      return error(Code::Calibration, "expected an object for ", where);
    Members members(value, where);
    ChannelMagnitudes &tensor = statistics.magnitudes[name];
    for (double greatest : members.numbers("greatest", /*f32=*/true))
      tensor.greatest.push_back(static_cast<float>(greatest));
    tensor.squares = members.numbers("squares", /*f32=*/false);
    tensor.span = members.number("span", 1, 2);
    auto isNegative = [](double number) { return !(number >= 0); };
    if (tensor.squares.size() != tensor.greatest.size() || std::ranges::any_of(tensor.squares, isNegative) ||
        std::ranges::any_of(tensor.greatest, isNegative))
      members.fail("squares", "as many numbers as 'greatest' has, none below 0");
    LIMBECK_TRY(members.status);
  }
  return document.status;
}

static Status readBiasErrors(Members &document, Statistics &statistics) {
  if (!document.find("bias_errors"))
    return {};
  const Json &all = document.inner("bias_errors");
  Members members(all, "'bias_errors'");
  for (const auto &[name, value] : all.items()) {
    std::vector<float> &errors = statistics.biasErrors[name];
    for (double error : members.numbers(name.c_str(), /*f32=*/true))
      errors.push_back(static_cast<float>(error));
  }
  LIMBECK_TRY(document.status);
  return members.status;
}

static Expected<Statistics> parseDocument(Bytes bytes, const std::string &path) {
  const char *begin = reinterpret_cast<const char *>(bytes.data());
  Json json = Json::parse(begin, begin + bytes.size(), nullptr, /*allow_exceptions=*/false);
  if (!json.is_object())
    return error(Code::Calibration, "expected a JSON document that limbeck calibrate wrote, found ",
                 json.is_discarded() ? "no JSON" : "another one");
  Members document(json, "the document");
  if (const Json *schema = document.find("schema");
      schema && schema->is_number_integer() && schema->get<int64_t>() > kSchema)
    return error(Code::Calibration, "expected statistics of schema ", kSchema, ", found ",
                 schema->get<int64_t>(), ": a newer limbeck wrote them")
        .withHint("run calibrate again, or quantize with that version");
  if (document.integer("schema", kSchema, kSchema); !document.status.ok())
    return document.status.diagnostic();
  Statistics statistics;
  statistics.modelSha256 = document.string("model_sha256");
  std::string collect = document.string("collect");
  statistics.samples = document.integer("samples", 1, kMostSamples);
  statistics.indicesPerSample = document.integer("indices_per_sample", 1, int64_t(1) << 40);
  const Json &tensors = document.inner("tensors");
  LIMBECK_TRY(document.status);
  auto isHex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (statistics.modelSha256.size() != 64 || !std::ranges::all_of(statistics.modelSha256, isHex))
    return error(Code::Calibration, "expected 64 digits in lower case as 'model_sha256', found '",
                 statistics.modelSha256, "'");
  LIMBECK_ASSIGN(statistics.collect, collectFromText(collect));
  LIMBECK_ASSIGN(std::vector<NamedTensor> matrices, readMatrices(document, path));
  for (const auto &[name, value] : tensors.items()) {
    LIMBECK_ASSIGN(TensorStatistics tensor, readTensor(value, name, statistics, matrices));
    if (!statistics.tensors.emplace(name, std::move(tensor)).second)
      return error(Code::Calibration, "expected each tensor once, found '", name, "' twice");
  }
  if (document.find("scaling"))
    statistics.scaling = document.string("scaling");
  LIMBECK_TRY(readMagnitudes(document, statistics));
  LIMBECK_TRY(readBiasErrors(document, statistics));
  return statistics;
}

Expected<Statistics> parseStatistics(Bytes bytes, const std::string &path) {
  Expected<Statistics> statistics = parseDocument(bytes, path);
  if (!statistics.ok()) {
    Diagnostic &diagnostic = statistics.diagnostic();
    if (diagnostic.file.empty())
      diagnostic.atFile(path);
    if (diagnostic.hint.empty())
      diagnostic.withHint("the file is damaged, or was changed by hand: run calibrate again");
    if (diagnostic.code == Code::Flag)
      diagnostic.code = Code::Calibration;
  }
  return statistics;
}

Expected<Statistics> readStatistics(const std::string &path) {
  LIMBECK_ASSIGN(std::vector<std::byte> bytes, readFile(path));
  return parseStatistics(bytes, path);
}

} // namespace limbeck::calibration
