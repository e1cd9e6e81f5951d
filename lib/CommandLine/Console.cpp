// Printing of results, notes and errors.
#include "limbeck/CommandLine/Console.h"
#include "limbeck/CommandLine/ProgressBar.h"
#include "limbeck/Session/Json.h"
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <system_error>
#include <unistd.h>

namespace limbeck::command {

Console::Console() = default;
Console::~Console() = default;

/// False, with errno set, when not all was written.
static bool printTo(std::FILE *file, std::string_view text) {
  bool good = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  if (!text.ends_with('\n'))
    good &= std::fputc('\n', file) != EOF;
  return std::fflush(file) == 0 && good;
}

void Console::printResult(std::string_view text) {
  if (!printTo(stdout, text) && outputFailure == 0)
    outputFailure = errno ? errno : EIO;
}

int Console::finish(int code) {
  if (outputFailure == 0)
    return code;
  Diagnostic lost = error(Code::File, "expected to write all of the result to standard output, found: ",
                          std::generic_category().message(outputFailure));
  printTo(stderr, lost.text());
  return code == 0 ? exitCode(lost.code) : code;
}

bool Console::colored() const {
  if (color != "auto")
    return color == "always";
  return ::isatty(STDERR_FILENO) && !std::getenv("NO_COLOR");
}

/// Control characters that JSON allows in its texts (DEL and C1), escaped as it would escape others.
static std::string withoutControls(std::string_view document) {
  std::string text;
  for (size_t i = 0; i < document.size(); ++i) {
    unsigned code = static_cast<unsigned char>(document[i]);
    if (code == 0xc2 && i + 1 < document.size() && static_cast<unsigned char>(document[i + 1]) < 0xa0)
      code = static_cast<unsigned char>(document[++i]);
    else if (code != 0x7f) {
      text += document[i];
      continue;
    }
    char escape[8];
    std::snprintf(escape, sizeof escape, "\\u%04x", code);
    text += escape;
  }
  return text;
}

void Console::result(std::string_view text) {
  bar.reset();
  printResult(json ? withoutControls(text) : std::string(text));
  hasResult = true;
}

void Console::note(std::string_view text) {
  bar.reset();
  if (!quiet)
    printTo(stderr, text);
}

std::string errorsDocument(std::span<const Diagnostic> diagnostics, size_t more) {
  return session::jsonDocument([&](llvm::json::OStream &json) {
    json.attributeArray("errors", [&] {
      for (const Diagnostic &diagnostic : diagnostics)
        json.object([&] {
          std::string_view code = codeText(diagnostic.code);
          json.attribute("code", llvm::StringRef(code.data(), code.size()));
          const std::pair<const char *, const std::string *> kMembers[] = {
              {"message", &diagnostic.message},     {"file", &diagnostic.file},
              {"node", &diagnostic.node},           {"op", &diagnostic.op},
              {"attribute", &diagnostic.attribute}, {"hint", &diagnostic.hint}};
          for (const auto &[key, value] : kMembers)
            json.attribute(key, session::jsonText(*value));
        });
    });
    if (more > 0)
      json.attribute("more", static_cast<int64_t>(more));
  });
}

int Console::fail(std::span<const Diagnostic> diagnostics, size_t more) {
  bar.reset();
  bool document = json && !hasResult;
  if (document)
    printResult(withoutControls(errorsDocument(diagnostics, more)));
  int code = 0;
  for (const Diagnostic &diagnostic : diagnostics) {
    std::string text = diagnostic.text();
    if (colored())
      if (size_t at = text.find("error:"); at != std::string::npos)
        text.replace(at, 6, "\033[1;31merror:\033[0m");
    if (!document)
      printTo(stderr, text);
    int own = exitCode(diagnostic.code);
    code = code == 2 || own == 2 ? 2 : std::max(code, own);
  }
  if (more > 0 && !document)
    printTo(stderr, message("and ", more, " more"));
  return code;
}

session::Progress Console::progress() {
  if (quiet || json || !::isatty(STDERR_FILENO))
    return {};
  bar = std::make_unique<ProgressBar>();
  return [this](std::string_view what, size_t done, size_t total) {
    if (bar)
      bar->set(what, done, total);
  };
}

} // namespace limbeck::command
