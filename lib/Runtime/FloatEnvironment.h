// The floating-point state that every result is defined for: round to nearest, no flushing of denormals,
// exceptions masked. Held for the life of the object; the former state is restored.
#pragma once
#include <cstdint>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace limbeck::runtime {

class FloatEnvironment {
public:
  FloatEnvironment() : former(read()) { write(kDefault); }
  ~FloatEnvironment() { write(former); }
  FloatEnvironment(const FloatEnvironment &) = delete;
  FloatEnvironment &operator=(const FloatEnvironment &) = delete;

private:
#if defined(__x86_64__)
  static constexpr uint64_t kDefault = 0x1f80; // MXCSR
  static uint64_t read() { return _mm_getcsr(); }
  static void write(uint64_t state) { _mm_setcsr(static_cast<unsigned>(state)); }
#elif defined(__aarch64__)
  static constexpr uint64_t kDefault = 0; // FPCR
  static uint64_t read() {
    uint64_t state;
    asm volatile("mrs %0, fpcr" : "=r"(state));
    return state;
  }
  static void write(uint64_t state) { asm volatile("msr fpcr, %0" ::"r"(state)); }
#else
#error "no floating-point control known for this architecture"
#endif

  uint64_t former;
};

} // namespace limbeck::runtime
