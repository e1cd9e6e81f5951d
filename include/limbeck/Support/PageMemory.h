// Memory that comes from the system in whole pages: large, aligned, and taken only where it is touched.
#pragma once
#include "limbeck/Support/Status.h"
#include <cstddef>
#include <cstdint>
#include <span>

namespace limbeck {

class PageMemory {
public:
  PageMemory() = default;
  enum class Use { Whole, Parts };
  /// E-MEMORY. All zeros; aligned to a page, and where huge pages pay, to one of those: not where only small parts are used.
  static Expected<PageMemory> reserve(uint64_t size, Use use = Use::Whole);
  /// The bytes of an open file, read-only, as long as nobody shortens it. E-MEMORY.
  static Expected<PageMemory> mapFile(int file, uint64_t size);

  PageMemory(PageMemory &&other) noexcept;
  PageMemory &operator=(PageMemory &&other) noexcept;
  ~PageMemory();

  /// Not to be written to when it is a file.
  std::byte *data() const { return bytes; }
  uint64_t size() const { return length; }
  std::span<std::byte> span() const { return {bytes, length}; }

private:
  PageMemory(void *mapping, size_t mapped, std::byte *bytes, uint64_t length)
      : mapping(mapping), mapped(mapped), bytes(bytes), length(length) {}

  void *mapping = nullptr;
  size_t mapped = 0;
  std::byte *bytes = nullptr;
  uint64_t length = 0;
};

} // namespace limbeck
