// Names, widths and ranges of element types; half-precision conversions on bits.
#include "limbeck/Tensor/DType.h"
#include <bit>
#include <limits>

namespace limbeck {

std::string_view name(DType type) {
  switch (type) {
#define LIMBECK_DTYPE(identifier, text, bits, ctype)                                                         \
  case DType::identifier:                                                                                    \
    return text;
#include "limbeck/Tensor/DTypes.def"
  }
  return "?";
}

std::optional<DType> dtypeFromName(std::string_view wanted) {
#define LIMBECK_DTYPE(identifier, text, bits, ctype)                                                         \
  if (wanted == text)                                                                                        \
    return DType::identifier;
#include "limbeck/Tensor/DTypes.def"
  return std::nullopt;
}

std::string dtypeNames() {
  std::string names;
#define LIMBECK_DTYPE(identifier, text, bits, ctype) names += names.empty() ? text : ", " text;
#include "limbeck/Tensor/DTypes.def"
  return names;
}

unsigned bitWidth(DType type) {
  switch (type) {
#define LIMBECK_DTYPE(identifier, text, bits, ctype)                                                         \
  case DType::identifier:                                                                                    \
    return bits;
#include "limbeck/Tensor/DTypes.def"
  }
  return 0;
}

size_t storageBytes(DType type) {
  return dispatch(type, []<class T>() { return sizeof(T); });
}

bool isSigned(DType type) {
  switch (type) {
  case DType::S4:
  case DType::S8:
  case DType::S16:
  case DType::S32:
  case DType::S64:
    return true;
  default:
    return isFloat(type);
  }
}

int64_t lowest(DType type) {
  return isSigned(type) ? -highest(type) - 1 : 0;
}

int64_t highest(DType type) {
  unsigned bits = bitWidth(type) - (isSigned(type) ? 1 : 0);
  return bits >= 63 ? std::numeric_limits<int64_t>::max() : (int64_t(1) << bits) - 1;
}

Float16::Float16(float value) {
  uint32_t word = std::bit_cast<uint32_t>(value);
  uint32_t sign = word >> 16 & 0x8000, magnitude = word & 0x7fffffff, half;
  if (magnitude > 0x7f800000) // NaN: quiet, payload kept as far as it fits
    half = 0x7e00 | (magnitude >> 13 & 0x3ff);
  else if (magnitude >= 0x477ff000) // rounds past 65504
    half = 0x7c00;
  else if (magnitude < 0x38800000) // subnormal half: adding 0.5 aligns the value at 2^-24
    half = std::bit_cast<uint32_t>(std::bit_cast<float>(magnitude) + 0.5f) - 0x3f000000;
  else
    half = (magnitude - 0x38000000 + 0xfff + (magnitude >> 13 & 1)) >> 13;
  bits = static_cast<uint16_t>(sign | half);
}

Float16::operator float() const {
  uint32_t sign = uint32_t(bits & 0x8000) << 16, magnitude = bits & 0x7fff;
  if (magnitude >= 0x7c00) {
    uint32_t payload = (magnitude & 0x3ff) << 13;
    return std::bit_cast<float>(sign | 0x7f800000 | payload | (payload ? 0x400000u : 0u));
  }
  float scaled =
      std::bit_cast<float>(magnitude << 13) * std::bit_cast<float>(0x77800000u); // times 2^112, exact
  return std::bit_cast<float>(sign | std::bit_cast<uint32_t>(scaled));
}

BFloat16::BFloat16(float value) {
  uint32_t word = std::bit_cast<uint32_t>(value);
  bits = static_cast<uint16_t>((word & 0x7fffffff) > 0x7f800000 ? (word >> 16 | 0x40)
                                                                : (word + 0x7fff + (word >> 16 & 1)) >> 16);
}

BFloat16::operator float() const {
  return std::bit_cast<float>(uint32_t(bits) << 16);
}

} // namespace limbeck
