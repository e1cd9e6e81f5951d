// JSON documents, written member by member in the order in which docs/contract.md names them.
#pragma once
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>
#include <functional>
#include <optional>
#include <string>

namespace limbeck::session {

/// Names come from files: what is no UTF-8 is replaced.
inline std::string jsonText(std::string_view text) {
  llvm::StringRef reference(text.data(), text.size());
  return llvm::json::isUTF8(reference) ? std::string(text) : llvm::json::fixUTF8(reference);
}

/// Numbers are finite or null.
inline llvm::json::Value jsonNumber(double value) {
  return std::isfinite(value) ? llvm::json::Value(value) : llvm::json::Value(nullptr);
}

template <class List> llvm::json::Array jsonTexts(const List &list) {
  llvm::json::Array array;
  for (const auto &text : list)
    array.push_back(jsonText(text));
  return array;
}

template <class List> llvm::json::Array jsonIntegers(const List &list) {
  llvm::json::Array array;
  for (int64_t value : list)
    array.push_back(value);
  return array;
}

/// How deep brackets lie in each other, as far as a text is JSON.
inline size_t jsonDepth(std::string_view text) {
  size_t depth = 0, deepest = 0;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"')
      quoted = !quoted;
    else if (quoted)
      i += text[i] == '\\';
    else if (text[i] == '[' || text[i] == '{')
      deepest = std::max(deepest, ++depth);
    else if ((text[i] == ']' || text[i] == '}') && depth > 0)
      --depth;
  }
  return deepest;
}

/// The object that a text holds; nothing when it is none, or nested deeper than any of ours: the parser is recursive.
inline std::optional<llvm::json::Object> parseJsonObject(std::string_view text) {
  constexpr size_t kMostLevels = 64;
  if (jsonDepth(text) > kMostLevels)
    return std::nullopt;
  llvm::Expected<llvm::json::Value> value = llvm::json::parse(llvm::StringRef(text.data(), text.size()));
  if (!value) {
    llvm::consumeError(value.takeError());
    return std::nullopt;
  }
  llvm::json::Object *object = value->getAsObject();
  return object ? std::optional(std::move(*object)) : std::nullopt;
}

/// A document: `write` fills the outermost object, whose first member is the schema.
inline std::string jsonDocument(const std::function<void(llvm::json::OStream &)> &write,
                                unsigned indent = 0) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  llvm::json::OStream json(stream, indent);
  json.object([&] {
    json.attribute("schema", 1);
    write(json);
  });
  return text;
}

} // namespace limbeck::session
