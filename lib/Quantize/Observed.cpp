// Names of results that observers add.
#include "limbeck/Quantize/Observed.h"
#include <charconv>
#include <utility>

namespace limbeck::quantize {

static constexpr std::pair<Observed, std::string_view> kObservedWords[] = {
    {Observed::Least, "least"},       {Observed::Greatest, "greatest"}, {Observed::Histogram, "histogram"},
    {Observed::Channels, "channels"}, {Observed::Gram, "gram"},         {Observed::Means, "means"}};

std::string observedName(Observed what, size_t observer, std::string_view tensor) {
  for (const auto &[kind, word] : kObservedWords)
    if (kind == what)
      return std::string(word) + ":" + std::to_string(observer) + ":" + std::string(tensor);
  return "";
}

std::optional<ObservedName> parseObservedName(std::string_view name) {
  for (const auto &[kind, word] : kObservedWords) {
    if (!name.starts_with(word) || !name.substr(word.size()).starts_with(':'))
      continue;
    std::string_view rest = name.substr(word.size() + 1);
    ObservedName result{kind, 0, ""};
    auto [end, failure] = std::from_chars(rest.data(), rest.data() + rest.size(), result.observer);
    auto length = static_cast<size_t>(end - rest.data());
    if (failure != std::errc() || length == rest.size() || rest[length] != ':')
      return std::nullopt;
    result.tensor = rest.substr(length + 1);
    return result;
  }
  return std::nullopt;
}

} // namespace limbeck::quantize
