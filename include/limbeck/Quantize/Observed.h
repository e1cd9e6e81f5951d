// The names of what observers add to the results of a function: `least:3:conv1` is the least element of the tensor `conv1`, as the
// fourth observer saw it.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace limbeck::quantize {

/// What is known of a tensor: two scalars, the counts of a histogram between them, a value per channel, a square matrix, and one
/// more value per channel.
enum class Observed { Least, Greatest, Histogram, Channels, Gram, Means };

std::string observedName(Observed what, size_t observer, std::string_view tensor);

struct ObservedName {
  Observed what = Observed::Least;
  size_t observer = 0;
  std::string tensor;
};
/// Nothing for other names.
std::optional<ObservedName> parseObservedName(std::string_view name);

} // namespace limbeck::quantize
