// Errors as values: Diagnostic, Status, Expected<T>. Nothing in the LLVM-free folders throws across a public function.
#pragma once
#include <cassert>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace limbeck {

enum class Code {
#define LIMBECK_CODE(identifier, text, exit) identifier,
#include "limbeck/Support/DiagnosticCodes.def"
};

/// The stable text of a code, such as "E-SHAPE".
std::string_view codeText(Code code);
/// The process exit code that a code stands for (1, 2, 3 or 4).
int exitCode(Code code);

/// One thing that is wrong: what was expected, what was found, where, and how to mend it.
/// Messages start in lower case and have no full stop at the end.
struct Diagnostic {
  Code code = Code::Internal;
  std::string message;
  std::string file, node, op, attribute; // empty when not known
  std::string hint;

  Diagnostic &atFile(std::string text) { return file = std::move(text), *this; }
  Diagnostic &atNode(std::string text) { return node = std::move(text), *this; }
  Diagnostic &atOp(std::string text) { return op = std::move(text), *this; }
  Diagnostic &atAttribute(std::string text) { return attribute = std::move(text), *this; }
  Diagnostic &withHint(std::string text) { return hint = std::move(text), *this; }

  /// `file: error: [E-SHAPE] node 'n' (Conv), attribute 'group': message; hint`, control characters escaped.
  std::string text() const;
};

/// Joins printable pieces into one message: `message("expected ", 3, " inputs, found ", n)`.
template <class... Pieces> std::string message(const Pieces &...pieces) {
  std::string text;
  auto append = [&](const auto &piece) {
    if constexpr (std::is_same_v<std::decay_t<decltype(piece)>, bool>)
      text += piece ? "true" : "false";
    else if constexpr (std::is_arithmetic_v<std::decay_t<decltype(piece)>>)
      text += std::to_string(piece);
    else
      text += piece;
  };
  (append(pieces), ...);
  return text;
}

template <class... Pieces> Diagnostic error(Code code, const Pieces &...pieces) {
  Diagnostic diagnostic;
  diagnostic.code = code;
  diagnostic.message = message(pieces...);
  return diagnostic;
}

/// Success, or one Diagnostic.
class [[nodiscard]] Status {
public:
  Status() = default;
  Status(Diagnostic diagnostic) : failure(std::move(diagnostic)) {}
  bool ok() const { return !failure; }
  explicit operator bool() const { return ok(); }
  const Diagnostic &diagnostic() const { return *failure; }
  Diagnostic &diagnostic() { return *failure; }

private:
  std::optional<Diagnostic> failure;
};

/// A value, or one Diagnostic.
template <class T> class [[nodiscard]] Expected {
public:
  Expected(T value) : state(std::in_place_index<0>, std::move(value)) {}
  Expected(Diagnostic diagnostic) : state(std::in_place_index<1>, std::move(diagnostic)) {}
  bool ok() const { return state.index() == 0; }
  explicit operator bool() const { return ok(); }
  T &operator*() { return std::get<0>(state); }
  const T &operator*() const { return std::get<0>(state); }
  T *operator->() { return &std::get<0>(state); }
  const T *operator->() const { return &std::get<0>(state); }
  const Diagnostic &diagnostic() const { return std::get<1>(state); }
  Diagnostic &diagnostic() { return std::get<1>(state); }
  Status status() const { return ok() ? Status() : Status(diagnostic()); }

private:
  std::variant<T, Diagnostic> state;
};

} // namespace limbeck

/// Returns the diagnostic of a failed Status or Expected from the enclosing function.
#define LIMBECK_TRY(expression)                                                                              \
  do {                                                                                                       \
    if (auto limbeckStatus = (expression); !limbeckStatus.ok())                                              \
      return std::move(limbeckStatus.diagnostic());                                                          \
  } while (false)
#define LIMBECK_JOIN_(a, b) a##b
#define LIMBECK_JOIN(a, b) LIMBECK_JOIN_(a, b)
#define LIMBECK_ASSIGN_(temporary, target, expression)                                                       \
  auto temporary = (expression);                                                                             \
  if (!temporary.ok())                                                                                       \
    return std::move(temporary.diagnostic());                                                                \
  target = std::move(*temporary)
/// `LIMBECK_ASSIGN(auto x, compute());` binds the value, or returns the diagnostic.
#define LIMBECK_ASSIGN(target, expression)                                                                   \
  LIMBECK_ASSIGN_(LIMBECK_JOIN(limbeckExpected, __LINE__), target, expression)
