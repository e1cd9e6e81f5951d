// Element types, their storage in memory, and the dispatch from a run-time type to a C++ type.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace limbeck {

/// IEEE binary16 as bits; conversions round to nearest even and keep NaN a (quiet) NaN.
struct Float16 {
  uint16_t bits = 0;
  Float16() = default;
  explicit Float16(float value);
  explicit operator float() const;
};
/// bfloat16 as bits; conversions round to nearest even and never flush denormals.
struct BFloat16 {
  uint16_t bits = 0;
  BFloat16() = default;
  explicit BFloat16(float value);
  explicit operator float() const;
};

enum class DType : uint8_t {
#define LIMBECK_DTYPE(identifier, name, bits, type) identifier,
#include "limbeck/Tensor/DTypes.def"
};

std::string_view name(DType type);
std::optional<DType> dtypeFromName(std::string_view name);
/// All names, for messages.
std::string dtypeNames();
/// Logical width in bits: 4 for u4, 1 for bool.
unsigned bitWidth(DType type);
/// Bytes that one element takes in a Tensor: 1 for 4-bit types and bool.
size_t storageBytes(DType type);
inline bool isFloat(DType type) {
  return type >= DType::F16;
}
inline bool isInteger(DType type) {
  return type > DType::Bool && type < DType::F16;
}
bool isSigned(DType type);
/// Least and greatest value of an integer type of at most 64 bits (u64: greatest is that of s64).
int64_t lowest(DType type);
int64_t highest(DType type);

template <DType> struct StorageOf;
#define LIMBECK_DTYPE(identifier, name, bits, ctype)                                                         \
  template <> struct StorageOf<DType::identifier> {                                                          \
    using type = ctype;                                                                                      \
  };
#include "limbeck/Tensor/DTypes.def"

/// Calls `f.template operator()<T>()` with the storage type of `type`; all branches must return the same type.
template <class F> decltype(auto) dispatch(DType type, F &&f) {
  switch (type) {
#define LIMBECK_DTYPE(identifier, name, bits, ctype)                                                         \
  case DType::identifier:                                                                                    \
    return f.template operator()<ctype>();
#include "limbeck/Tensor/DTypes.def"
  }
  __builtin_unreachable();
}

} // namespace limbeck
