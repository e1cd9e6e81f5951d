// Numbers of things.
#pragma once
#include <concepts>
#include <string>
#include <string_view>

namespace limbeck {

/// `1 sample`, `2 samples`: for nouns whose plural ends in s.
inline std::string counted(std::integral auto count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

} // namespace limbeck
