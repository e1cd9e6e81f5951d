// Memory for one tensor that ends at a page nobody may touch, with known bytes in front.
#pragma once
#include "limbeck/Tensor/Tensor.h"

namespace limbeck::test {

class GuardedBuffer {
public:
  /// `alignment`: of the first byte; 1 puts the last byte right before the guard page.
  GuardedBuffer(size_t size, size_t alignment);
  ~GuardedBuffer();
  GuardedBuffer(GuardedBuffer &&other) noexcept;
  GuardedBuffer(const GuardedBuffer &) = delete;

  uint8_t *data() const { return first; }
  void fill(uint8_t byte);
  /// Whether the bytes around the buffer, as far as they can be written, are as they were.
  bool intact() const;

private:
  uint8_t *mapping = nullptr, *first = nullptr;
  size_t mapped = 0, length = 0, writable = 0;
};

} // namespace limbeck::test
