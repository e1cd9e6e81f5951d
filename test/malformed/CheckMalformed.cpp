// Runs the importer over a folder of bad files and compares what it says with `expected.json`: {file: code},
// where a list of codes allows any of them and "ok" is for a file that must be accepted. Each file is read in
// a process of its own, with limits of time and memory, so that a crash or a hang is one failure among
// others.
#include "limbeck/Import/Importer.h"
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using limbeck::Diagnostic;

namespace {

constexpr unsigned kSecondsPerFile = 5;
constexpr rlim_t kBytesPerFile = rlim_t(4) << 30;

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
constexpr bool kLimitMemory = false; // its shadow takes terabytes of address space
#else
constexpr bool kLimitMemory = true;
#endif
#else
constexpr bool kLimitMemory = true;
#endif

struct Case {
  std::string file;
  std::vector<std::string> codes;
};

std::vector<Case> readCases(const std::string &folder) {
  std::vector<Case> cases;
  std::ifstream stream(folder + "/expected.json");
  nlohmann::json expected = nlohmann::json::parse(stream, nullptr, /*allow_exceptions=*/false);
  if (!expected.is_object())
    return cases;
  for (const auto &[file, codes] : expected.items())
    cases.push_back({file, codes.is_string() ? std::vector{codes.get<std::string>()}
                                             : codes.get<std::vector<std::string>>()});
  return cases;
}

/// What is wrong with the answer to one case; "" when nothing is. Runs in the child.
std::string judge(const std::string &folder, const Case &expected) {
  auto model = limbeck::importer::importFile(folder + "/" + expected.file, {});
  std::string found = model ? "ok" : std::string(limbeck::codeText(model.diagnostic().code));
  std::string text = model ? "accepted" : model.diagnostic().text();
  bool matches = false;
  for (const std::string &code : expected.codes)
    matches |= code == found;
  if (!matches)
    return "expected " + expected.codes.front() + ", found " + found + ": " + text;
  if (model)
    return "";
  int exit = limbeck::exitCode(model.diagnostic().code);
  if (exit != 2 && exit != 3)
    return "exit code " + std::to_string(exit);
  if (text.find('\n') != std::string::npos || model.diagnostic().message.empty())
    return "a diagnostic must be one line with a message";
  return "";
}

/// As judge, in a process that may crash or hang.
std::string judgeApart(const std::string &folder, const Case &expected) {
  int channel[2];
  if (pipe(channel) != 0)
    return "no pipe";
  pid_t child = fork();
  if (child == 0) {
    alarm(kSecondsPerFile);
    rlimit limit{kBytesPerFile, kBytesPerFile};
    if (kLimitMemory)
      setrlimit(RLIMIT_AS, &limit);
    std::string verdict = judge(folder, expected);
    bool written = write(channel[1], verdict.data(), verdict.size()) >= 0;
    _exit(written ? 0 : 1);
  }
  close(channel[1]);
  std::string verdict;
  char buffer[4096];
  for (ssize_t got; (got = read(channel[0], buffer, sizeof(buffer))) > 0;)
    verdict.append(buffer, static_cast<size_t>(got));
  close(channel[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFSIGNALED(status))
    return WTERMSIG(status) == SIGALRM ? "took more than 5 seconds"
                                       : "ended by signal " + std::to_string(WTERMSIG(status));
  return WEXITSTATUS(status) == 0 ? verdict : "ended with " + std::to_string(WEXITSTATUS(status));
}

} // namespace

int main(int argc, char **argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
    return 2;
  }
  std::vector<Case> cases = readCases(argv[1]);
  size_t failures = 0;
  for (const Case &next : cases) {
    std::string verdict = judgeApart(argv[1], next);
    if (verdict.empty())
      continue;
    ++failures;
    std::printf("%s: %s\n", next.file.c_str(), verdict.c_str());
  }
  std::printf("%zu passed, %zu failed\n", cases.size() - failures, failures);
  return cases.empty() || failures != 0;
}
