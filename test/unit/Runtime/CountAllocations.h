// How often a piece of code takes memory from the heap, on any thread of this program and in any library it loads.
#pragma once
#include <functional>

/// Nothing under a sanitizer, which has a heap of its own, and with other C libraries than glibc.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define LIMBECK_OWN_HEAP
#endif
#endif
#if defined(__GLIBC__) && !defined(LIMBECK_OWN_HEAP)
#define LIMBECK_COUNTS_ALLOCATIONS
#endif

namespace limbeck::runtime {

int allocationsOf(const std::function<void()> &body);

} // namespace limbeck::runtime
