// Mark of functions that call compiled code through a pointer. Such code carries no type description, which
// UndefinedBehaviorSanitizer would look for in the bytes before it.
#pragma once
#if defined(__clang__)
#define LIMBECK_CALLS_CODE __attribute__((no_sanitize("function")))
#else
#define LIMBECK_CALLS_CODE
#endif
