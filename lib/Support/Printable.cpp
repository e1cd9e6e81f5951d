// Escaping of what could move a terminal's cursor, or worse.
#include "limbeck/Support/Printable.h"
#include <algorithm>

namespace limbeck {

/// Bytes of the character that `text` begins with when it is well-formed UTF-8 and no control character, else 0.
static size_t printableLength(std::string_view text) {
  auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80)
    return first >= 0x20 && first != 0x7f;
  size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || length > text.size())
    return 0;
  for (char c : text.substr(1, length - 1))
    if ((static_cast<unsigned char>(c) & 0xc0) != 0x80)
      return 0;
  bool isC1 = first == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0;
  return isC1 ? 0 : length;
}

std::string printable(std::string_view text, size_t longest) {
  constexpr char digits[] = "0123456789abcdef";
  std::string out;
  std::string_view rest = text;
  while (!rest.empty() && out.size() < longest) {
    size_t length = printableLength(rest);
    if (length > 0)
      out += rest.substr(0, length);
    else
      for (unsigned char c : rest.substr(0, length = 1))
        out += {'\\', 'x', digits[c >> 4], digits[c & 15]};
    rest.remove_prefix(length);
  }
  return rest.empty() ? out : out + "...";
}

} // namespace limbeck
