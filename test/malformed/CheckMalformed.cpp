// Runs the importer over a folder of bad files and compares what it says with `expected.json`:
// {file: {"code": .., "text": ..}}. There must be one diagnostic, of that code and with that text in it; the code
// "ok" is for a file that must be accepted. A third entry "hidden" names the code of a fault that is not looked
// for because its op is not supported: such files are listed, and count neither as passed nor as failed. Each
// file is read in a process of its own, with limits of time and memory, so that a crash or a hang is one failure
// among others.
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
  std::string file, code, text, hidden;
};

std::vector<Case> readCases(const std::string &folder) {
  std::vector<Case> cases;
  std::ifstream stream(folder + "/expected.json");
  nlohmann::json expected = nlohmann::json::parse(stream, nullptr, /*allow_exceptions=*/false);
  if (!expected.is_object())
    return cases;
  for (const auto &[file, entry] : expected.items())
    cases.push_back({file, entry.value("code", ""), entry.value("text", ""), entry.value("hidden", "")});
  return cases;
}

/// What is wrong with the answer to one case; "" when nothing is. Runs in the child.
std::string judge(const std::string &folder, const Case &expected) {
  auto [diagnostics, notListed, model] = limbeck::importer::checkFile(folder + "/" + expected.file, {});
  std::string texts;
  for (const Diagnostic &diagnostic : diagnostics)
    texts += (texts.empty() ? "" : "\n  ") + diagnostic.text();
  if (expected.code == "ok")
    return model ? "" : "expected ok, found " + texts;
  if (size_t found = diagnostics.size() + notListed; model || found != 1)
    return "expected one diagnostic, found " + std::to_string(found) + ": " + texts;
  if (limbeck::codeText(diagnostics[0].code) != expected.code)
    return "expected " + expected.code + ", found " + texts;
  if (expected.text.empty() || texts.find(expected.text) == std::string::npos)
    return "expected the text '" + expected.text + "', found " + texts;
  int exit = limbeck::exitCode(diagnostics[0].code);
  if (exit != 2 && exit != 3)
    return "expected exit code 2 or 3, found " + std::to_string(exit);
  if (texts.find('\n') != std::string::npos || diagnostics[0].message.empty())
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
  size_t passed = 0, failed = 0;
  std::string hidden;
  for (const Case &next : cases) {
    std::string verdict = judgeApart(argv[1], next);
    if (!verdict.empty())
      std::printf("%s: %s\n", next.file.c_str(), verdict.c_str());
    if (verdict.empty() && !next.hidden.empty())
      hidden += "\n  " + next.file + ": " + next.hidden;
    else
      ++(verdict.empty() ? passed : failed);
  }
  if (!hidden.empty())
    std::printf("faults that are not looked for, because their ops are not supported:%s\n", hidden.c_str());
  std::printf("%zu passed, %zu failed\n", passed, failed);
  return cases.empty() || failed != 0;
}
