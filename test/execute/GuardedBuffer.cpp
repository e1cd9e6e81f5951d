// Anonymous pages, the last of them without access.
#include "GuardedBuffer.h"
#include <algorithm>
#include <new>
#include <sys/mman.h>
#include <unistd.h>

namespace limbeck::test {

static constexpr uint8_t kPoison = 0xa5;

GuardedBuffer::GuardedBuffer(size_t size, size_t alignment) : length(size) {
  auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  writable = (size + page - 1) / page * page + page; // at least a page in front
  mapped = writable + page;
  void *memory = mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    throw std::bad_alloc();
  mapping = static_cast<uint8_t *>(memory);
  mprotect(mapping + writable, page, PROT_NONE);
  first = mapping + (writable - size) / alignment * alignment;
  std::fill_n(mapping, writable, kPoison);
}

GuardedBuffer::GuardedBuffer(GuardedBuffer &&other) noexcept
    : mapping(other.mapping), first(other.first), mapped(other.mapped), length(other.length),
      writable(other.writable) {
  other.mapping = nullptr;
}

GuardedBuffer::~GuardedBuffer() {
  if (mapping)
    munmap(mapping, mapped);
}

void GuardedBuffer::fill(uint8_t byte) {
  std::fill_n(first, length, byte);
}

bool GuardedBuffer::intact() const {
  auto poisoned = [](uint8_t byte) { return byte == kPoison; };
  return std::all_of(mapping, first, poisoned) && std::all_of(first + length, mapping + writable, poisoned);
}

} // namespace limbeck::test
