// The file of tune: written in the order of the problems, read member by member, so that nothing in it goes unheard.
#include "limbeck/Session/Tuning.h"
#include "Processor.h"
#include "limbeck/Runtime/ThreadCount.h"
#include "limbeck/Session/Json.h"
#include "limbeck/Support/Counted.h"
#include "limbeck/Support/File.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/SHA256.h"
#include <algorithm>

namespace limbeck::session {

std::string TunedProblem::best() const {
  std::string fastest = own;
  double least = kClearlyFaster;
  for (const auto &[tile, time] : times)
    if (time < least) {
      fastest = tile;
      least = time;
    }
  return fastest;
}

double TunedProblem::timeOfBest() const {
  auto found = times.find(best());
  return found == times.end() ? 1 : found->second;
}

TunedProblem *Tuning::find(const std::string &problem) {
  auto found = std::ranges::find(problems, problem, &TunedProblem::problem);
  return found == problems.end() ? nullptr : &*found;
}

std::map<std::string, std::string> Tuning::tiles() const {
  std::map<std::string, std::string> tiles;
  for (const TunedProblem &problem : problems)
    tiles[problem.problem] = problem.best();
  return tiles;
}

std::string tuningJson(const Tuning &tuning) {
  constexpr unsigned indent = 1;
  return jsonDocument(
             [&](llvm::json::OStream &json) {
               json.attribute("cpu", jsonText(tuning.cpu));
               json.attribute("threads", tuning.threads);
               json.attributeArray("problems", [&] {
                 for (const TunedProblem &problem : tuning.problems)
                   json.object([&] {
                     json.attribute("problem", jsonText(problem.problem));
                     json.attribute("own", jsonText(problem.own));
                     json.attribute("best", jsonText(problem.best()));
                     json.attributeObject("times", [&] {
                       for (const auto &[tile, time] : problem.times)
                         json.attribute(jsonText(tile), jsonNumber(time));
                     });
                   });
               });
             },
             indent) +
         "\n";
}

/// A value in few letters.
static std::string shown(const llvm::json::Value &value) {
  constexpr size_t kMost = 40;
  std::string text;
  llvm::raw_string_ostream(text) << value;
  return text.size() > kMost ? text.substr(0, kMost) + ".." : text;
}

namespace {
/// Takes members out of an object, each of a kind, and complains about what is left.
class Members {
public:
  Members(llvm::json::Object &object, std::string where) : object(object), where(std::move(where)) {}

  llvm::json::Value take(llvm::StringRef key) {
    auto found = object.find(key);
    if (found == object.end()) {
      complain("a member '" + key.str() + "'", "none");
      return nullptr;
    }
    llvm::json::Value value = std::move(found->second);
    object.erase(found);
    return value;
  }
  std::string text(llvm::StringRef key) {
    llvm::json::Value value = take(key);
    if (!value.getAsString())
      complain("a text in '" + key.str() + "'", shown(value));
    return value.getAsString().value_or("").str();
  }
  int64_t number(llvm::StringRef key, int64_t least, int64_t greatest) {
    llvm::json::Value value = take(key);
    std::optional<int64_t> number = value.getAsInteger();
    if (!number || *number < least || *number > greatest)
      complain(message("a whole number from ", least, " to ", greatest, " in '", key.str(), "'"),
               shown(value));
    return number.value_or(least);
  }
  Status finish() {
    for (const auto &[key, value] : object)
      complain("no other member", "'" + key.str() + "'");
    return problem ? Status(*problem) : Status();
  }
  void complain(const std::string &expected, const std::string &found) {
    if (!problem)
      problem = error(Code::Parse, "expected ", expected, where, ", found ", found);
  }

private:
  llvm::json::Object &object;
  std::string where;
  std::optional<Diagnostic> problem;
};
} // namespace

static Expected<TunedProblem> problemFrom(llvm::json::Value &value, size_t number) {
  std::string where = message(" of problem ", number);
  llvm::json::Object none, *object = value.getAsObject();
  Members members(object ? *object : none, where);
  TunedProblem problem;
  problem.problem = members.text("problem");
  problem.own = members.text("own");
  std::string best = members.text("best");
  llvm::json::Value times = members.take("times");
  if (llvm::json::Object *list = times.getAsObject()) {
    for (const auto &[tile, time] : *list) {
      std::optional<double> factor = time.getAsNumber();
      if (!factor || !(*factor > 0))
        members.complain(message("a number above 0 for '", tile.str(), "' in 'times'"), shown(time));
      problem.times[tile.str()] = factor.value_or(1);
    }
  } else {
    members.complain("an object in 'times'", shown(times));
  }
  LIMBECK_TRY(members.finish());
  if (best != problem.best())
    return error(Code::Parse, "expected the fastest tile, ", problem.best(), ", in 'best'", where,
                 ", found '", best, "'");
  return problem;
}

static Expected<Tuning> tuningFrom(std::string_view text) {
  std::optional<llvm::json::Object> object = parseJsonObject(text);
  if (!object)
    return error(Code::Parse, "expected a JSON object as tune writes it, found other text");
  Members members(*object, "");
  Tuning tuning;
  if (int64_t schema = members.number("schema", 0, INT64_MAX); schema != 1)
    members.complain("schema 1", std::to_string(schema));
  tuning.cpu = members.text("cpu");
  tuning.threads = static_cast<int>(members.number("threads", 1, 1024));
  llvm::json::Value problems = members.take("problems");
  llvm::json::Array *list = problems.getAsArray();
  if (!list)
    members.complain("a list in 'problems'", shown(problems));
  LIMBECK_TRY(members.finish());
  for (llvm::json::Value &value : *list) {
    LIMBECK_ASSIGN(TunedProblem problem, problemFrom(value, tuning.problems.size()));
    if (tuning.find(problem.problem))
      return error(Code::Parse, "expected every problem once, found '", problem.problem, "' twice");
    tuning.problems.push_back(std::move(problem));
  }
  return tuning;
}

Expected<Tuning> parseTuning(std::string_view text, const std::string &path) {
  Expected<Tuning> tuning = tuningFrom(text);
  if (!tuning.ok())
    tuning.diagnostic().atFile(path).withHint("limbeck tune MODEL -o FILE writes a new one");
  return tuning;
}

Expected<TuningFile> readTuning(const std::string &path) {
  LIMBECK_ASSIGN(std::vector<std::byte> bytes, readFile(path));
  std::string_view text(reinterpret_cast<const char *>(bytes.data()), bytes.size());
  TuningFile file;
  LIMBECK_ASSIGN(file.tuning, parseTuning(text, path));
  llvm::ArrayRef<uint8_t> content(reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size());
  file.sha256 = llvm::toHex(llvm::SHA256::hash(content), /*LowerCase=*/true);
  return file;
}

std::string otherMachine(const Tuning &tuning) {
  constexpr const char *kConsequence =
      ": the tiles change no number, but others may be faster; tune finds them";
  if (std::string here = processorName(); tuning.cpu != here)
    return message("tuned on ", tuning.cpu, ", this is ", here, kConsequence);
  Expected<int> threads = runtime::defaultThreadCount();
  if (!threads.ok() || *threads == tuning.threads)
    return "";
  return message("tuned with ", counted(tuning.threads, "thread"), ", runs take ", *threads, " here",
                 kConsequence);
}

} // namespace limbeck::session
