// Both directions of each message side by side, so that they stay equal.
#include "WorkerProtocol.h"
#include "limbeck/Session/Json.h"
#include "limbeck/Support/File.h"
#include "limbeck/Support/Printable.h"
#include <algorithm>

namespace limbeck::session {

namespace {
/// Writes members, or reads them: the same list of members serves both ways.
class Writing {
public:
  llvm::json::Object object;
  void text(const char *key, const std::string &value) { object[key] = toHex(value); }
  void number(const char *key, int64_t value) { object[key] = value; }
  void shapes(const char *key, const std::map<std::string, std::vector<int64_t>> &map) {
    llvm::json::Object inner;
    for (const auto &[name, values] : map)
      inner[toHex(name)] = jsonIntegers(values);
    object[key] = std::move(inner);
  }
  void texts(const char *key, const std::map<std::string, std::string> &map) {
    llvm::json::Object inner;
    for (const auto &[name, value] : map)
      inner[toHex(name)] = toHex(value);
    object[key] = std::move(inner);
  }
  /// Paths and names need not be UTF-8.
  static std::string toHex(const std::string &bytes) {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string hex;
    for (unsigned char c : bytes)
      hex += {kDigits[c >> 4], kDigits[c & 15]};
    return hex;
  }
};

class Reading {
public:
  const llvm::json::Object &object;
  void text(const char *key, std::string &value) { value = fromHex(object.getString(key).value_or("")); }
  template <class Number> void number(const char *key, Number &value) {
    value = static_cast<Number>(object.getInteger(key).value_or(0));
  }
  void shapes(const char *key, std::map<std::string, std::vector<int64_t>> &map) {
    if (const llvm::json::Object *inner = object.getObject(key))
      for (const auto &[name, list] : *inner)
        if (const llvm::json::Array *values = list.getAsArray())
          for (auto &target = map[fromHex(name.str())]; const llvm::json::Value &value : *values)
            target.push_back(value.getAsInteger().value_or(0));
  }
  void texts(const char *key, std::map<std::string, std::string> &map) {
    if (const llvm::json::Object *inner = object.getObject(key))
      for (const auto &[name, value] : *inner)
        map[fromHex(name.str())] = fromHex(value.getAsString().value_or(""));
  }
  static std::string fromHex(llvm::StringRef hex) {
    std::string bytes;
    for (size_t i = 0; i + 1 < hex.size(); i += 2) {
      unsigned value = 0;
      if (!hex.substr(i, 2).getAsInteger(16, value))
        bytes += static_cast<char>(value);
    }
    return bytes;
  }
};
} // namespace

template <class Direction, class Options> static void visitOptions(Direction &&direction, Options &options) {
  direction.text("path", options.model.path);
  direction.shapes("shapes", options.model.shapes);
  direction.shapes("dims", options.model.dims);
  direction.texts("frozen", options.model.frozen);
  direction.text("external", options.model.externalDataDirectory);
  direction.number("hardlinks", options.model.trustHardlinks);
  direction.text("target", options.target);
  direction.text("precision", options.model.precision);
  direction.number("quantize", options.quantization.enabled);
  direction.text("statistics", options.quantization.statistics);
  direction.text("recipe", options.quantization.recipe);
  direction.text("keep", options.keepDirectory);
  direction.text("symbol", options.symbol);
  direction.text("external-data", options.externalData);
  direction.texts("tiles", options.tiles);
  direction.text("tuning", options.tuningSha256);
  direction.number("observe", options.observe);
  direction.number("collect-histogram", options.collect.histogram);
  direction.number("collect-channels", options.collect.channels);
  direction.number("collect-gram", options.collect.gram);
  direction.number("collect-means", options.collect.means);
  direction.number("magnitudes", options.magnitudes);
  direction.number("list-tiles", options.listTiles);
  direction.number("threads", options.threads);
}

template <class Direction, class Report>
static void visitDiagnostic(Direction &&direction, Report &diagnostic) {
  direction.text("message", diagnostic.message);
  direction.text("file", diagnostic.file);
  direction.text("node", diagnostic.node);
  direction.text("op", diagnostic.op);
  direction.text("attribute", diagnostic.attribute);
  direction.text("hint", diagnostic.hint);
}

static std::string toText(llvm::json::Object object) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::json::Value(std::move(object));
  return text;
}

std::string encodeRequest(const CompileOptions &options) {
  Writing writing;
  visitOptions(writing, options);
  writing.number("product", static_cast<int64_t>(options.product));
  writing.number("from", static_cast<int64_t>(options.from));
  writing.number("to", static_cast<int64_t>(options.to));
  writing.number("quantization-last", static_cast<int64_t>(options.quantization.last));
  return toText(std::move(writing.object));
}

Expected<CompileOptions> decodeRequest(const std::string &text) {
  std::optional<llvm::json::Object> object = parseJsonObject(text);
  if (!object)
    return error(Code::Internal, "the worker got no request");
  CompileOptions options;
  Reading reading{*object};
  visitOptions(reading, options);
  int64_t product = 0, from = 0, to = 0, last = 0;
  reading.number("product", product);
  reading.number("from", from);
  reading.number("to", to);
  reading.number("quantization-last", last);
  options.product = static_cast<Product>(product);
  options.from = static_cast<pipeline::Stage>(from);
  options.to = static_cast<pipeline::Stage>(to);
  options.quantization.last = static_cast<pipeline::QuantizationStep>(last);
  return options;
}

std::vector<std::byte> encodeResponse(const Expected<std::vector<std::byte>> &result) {
  std::vector<std::byte> response = {std::byte(result.ok())};
  if (result.ok()) {
    response.reserve(1 + result->size());
    response.insert(response.end(), result->begin(), result->end());
    return response;
  }
  Writing writing;
  writing.number("code", static_cast<int64_t>(result.diagnostic().code));
  visitDiagnostic(writing, result.diagnostic());
  std::string text = toText(std::move(writing.object));
  Bytes bytes = bytesOf(text);
  response.insert(response.end(), bytes.begin(), bytes.end());
  return response;
}

Expected<std::vector<std::byte>> decodeResponse(std::vector<std::byte> bytes) {
  if (bytes.empty())
    return error(Code::Internal, "the worker gave no result");
  bool good = bytes.front() == std::byte(1);
  bytes.erase(bytes.begin());
  if (good)
    return bytes;
  std::optional<llvm::json::Object> object =
      parseJsonObject({reinterpret_cast<const char *>(bytes.data()), bytes.size()});
  if (!object)
    return error(Code::Internal, "the worker gave a result that cannot be read");
  Diagnostic diagnostic;
  Reading reading{*object};
  int64_t code = 0;
  reading.number("code", code);
  diagnostic.code = static_cast<Code>(code);
  visitDiagnostic(reading, diagnostic);
  return diagnostic;
}

std::vector<std::byte> encodeReport(const PlanReport &report) {
  Writing writing;
  writing.text("json", report.json);
  writing.text("text", report.text);
  writing.number("unfused", report.unfused);
  std::string text = toText(std::move(writing.object));
  Bytes bytes = bytesOf(text);
  return {bytes.begin(), bytes.end()};
}

Expected<PlanReport> decodeReport(std::span<const std::byte> bytes) {
  std::optional<llvm::json::Object> object =
      parseJsonObject({reinterpret_cast<const char *>(bytes.data()), bytes.size()});
  if (!object)
    return error(Code::Internal, "the worker gave no plan");
  PlanReport report;
  Reading reading{*object};
  reading.text("json", report.json);
  reading.text("text", report.text);
  reading.number("unfused", report.unfused);
  return report;
}

std::string Whereabouts::progressLine(std::string_view what, size_t done, size_t total) {
  return message(done, " ", total, " ", printable(what), "\n");
}

std::string Whereabouts::kernelLine(std::string_view kernel, const std::vector<std::string> &nodes,
                                    bool begins) {
  if (!begins)
    return message("-", kernel, "\n");
  constexpr size_t kMostNodes = 3; // enough to find a kernel by
  std::string list;
  for (size_t i = 0; i < std::min(nodes.size(), kMostNodes); ++i)
    list += (i ? ", " : "") + printable(nodes[i]);
  return message("+", kernel, " ", list, "\n");
}

void Whereabouts::readLine(std::string_view line, const Progress &progress) {
  size_t done = 0, total = 0;
  int length = 0;
  if (line.starts_with('+')) {
    size_t space = std::min(line.find(' '), line.size());
    kernels[std::string(line.substr(1, space - 1))] = line.substr(std::min(space + 1, line.size()));
  } else if (line.starts_with('-')) {
    kernels.erase(std::string(line.substr(1)));
  } else if (std::sscanf(std::string(line).c_str(), "%zu %zu %n", &done, &total, &length) == 2) {
    what = line.substr(static_cast<size_t>(length));
    if (progress)
      progress(what, done, total);
  }
}

void Whereabouts::read(std::string_view text, const Progress &progress) {
  rest += text;
  for (size_t end; (end = rest.find('\n')) != std::string::npos; rest.erase(0, end + 1))
    readLine(std::string_view(rest).substr(0, end), progress);
}

std::string Whereabouts::text() const {
  std::string text = what.empty() ? "" : ", in " + what, names;
  for (const auto &[kernel, nodes] : kernels)
    names += (names.empty() ? ", while compiling " : " or ") + kernel;
  return text + names;
}

std::string Whereabouts::nodes() const {
  std::string text;
  for (const auto &[kernel, nodes] : kernels)
    text += (text.empty() || nodes.empty() ? "" : " or ") + nodes;
  return text;
}

} // namespace limbeck::session
