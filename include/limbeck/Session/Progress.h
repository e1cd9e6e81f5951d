// How long work says how far it is.
#pragma once
#include <functional>
#include <string_view>

namespace limbeck::session {

/// Called with what is being done, and how many of all steps are.
using Progress = std::function<void(std::string_view what, size_t done, size_t total)>;

} // namespace limbeck::session
