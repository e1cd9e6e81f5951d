// The functions of the C library, replaced by ones that count.
#include "CountAllocations.h"
#ifdef LIMBECK_COUNTS_ALLOCATIONS
#include <atomic>
#include <cstddef>

static std::atomic<bool> counting = false;
static std::atomic<int> allocations = 0;

extern "C" {
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);

void *malloc(size_t size) {
  allocations += counting;
  return __libc_malloc(size);
}
void *calloc(size_t count, size_t size) {
  allocations += counting;
  return __libc_calloc(count, size);
}
void *realloc(void *memory, size_t size) {
  allocations += counting;
  return __libc_realloc(memory, size);
}
}

namespace limbeck::runtime {

int allocationsOf(const std::function<void()> &body) {
  allocations = 0;
  counting = true;
  body();
  counting = false;
  return allocations;
}

} // namespace limbeck::runtime
#endif
