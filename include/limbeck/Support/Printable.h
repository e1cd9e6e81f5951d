// Names from files, made harmless for a terminal.
#pragma once
#include <string>
#include <string_view>

namespace limbeck {

/// The text with every control character (C0, DEL, C1) and every byte that is no UTF-8 as `\x1b`, cut to `longest` bytes.
std::string printable(std::string_view text, size_t longest = 200);

} // namespace limbeck
