// How far two words are apart, to find what somebody meant to type.
#pragma once
#include <cstddef>
#include <string_view>

namespace limbeck {

/// Letters to insert, remove or replace to make one word of the other. Costs the product of both lengths.
size_t editDistance(std::string_view a, std::string_view b);

} // namespace limbeck
