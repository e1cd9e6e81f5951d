// Touching memory for the first time costs a fault per page, in a virtual machine microseconds each: one huge page stands
// for 512 of them.
#include "limbeck/Support/PageMemory.h"
#include <algorithm>
#include <sys/mman.h>
#include <utility>

namespace limbeck {

static constexpr size_t kHugePage = size_t(2) << 20;
/// From here on a huge page is cheaper to clear than its share of small ones is to fault in.
static constexpr uint64_t kLeastHuge = kHugePage / 2;

static Diagnostic noMemory(uint64_t size) {
  return error(Code::Memory, "no memory for ", size, " bytes");
}

Expected<PageMemory> PageMemory::reserve(uint64_t size, Use use) {
  if (size > SIZE_MAX / 2)
    return noMemory(size);
  bool huge = size >= kLeastHuge && use == Use::Whole;
  size_t length = std::max<size_t>(size, 1);
  if (huge) // whole huge pages, and room to begin at one
    length = (length + 2 * kHugePage - 1) / kHugePage * kHugePage;
  void *mapping = ::mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapping == MAP_FAILED)
    return noMemory(size);
  auto *bytes = static_cast<std::byte *>(mapping);
  if (huge) {
    size_t past = reinterpret_cast<uintptr_t>(bytes) % kHugePage;
    bytes += past ? kHugePage - past : 0;
#ifdef MADV_HUGEPAGE
    ::madvise(bytes, length - kHugePage, MADV_HUGEPAGE); // a wish: small pages hold the same
#endif
  }
  return PageMemory(mapping, length, bytes, size);
}

Expected<PageMemory> PageMemory::mapFile(int file, uint64_t size) {
  if (size > SIZE_MAX / 2)
    return noMemory(size);
  size_t length = std::max<size_t>(size, 1);
  void *mapping = ::mmap(nullptr, length, PROT_READ, MAP_PRIVATE, file, 0);
  if (mapping == MAP_FAILED)
    return error(Code::Memory, "cannot map ", size, " bytes of a file into memory");
  return PageMemory(mapping, length, static_cast<std::byte *>(mapping), size);
}

PageMemory::PageMemory(PageMemory &&other) noexcept
    : mapping(std::exchange(other.mapping, nullptr)), mapped(std::exchange(other.mapped, 0)),
      bytes(std::exchange(other.bytes, nullptr)), length(std::exchange(other.length, 0)) {}

PageMemory &PageMemory::operator=(PageMemory &&other) noexcept {
  std::swap(mapping, other.mapping);
  std::swap(mapped, other.mapped);
  std::swap(bytes, other.bytes);
  std::swap(length, other.length);
  return *this;
}

PageMemory::~PageMemory() {
  if (mapping)
    ::munmap(mapping, mapped);
}

} // namespace limbeck
