// Hashes come from libsodium and xxHash.
#include "Hash.h"
#include <sodium.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

namespace limbeck::artifact {

// sodium_init() is not called: hashing needs none of it, and it may abort where there is no source of
// randomness.
Digest blake2b(std::initializer_list<std::span<const std::byte>> pieces) {
  Digest digest = {};
  crypto_generichash_state state;
  crypto_generichash_init(&state, nullptr, 0, digest.size());
  for (std::span<const std::byte> piece : pieces)
    crypto_generichash_update(&state, reinterpret_cast<const unsigned char *>(piece.data()), piece.size());
  crypto_generichash_final(&state, digest.data(), digest.size());
  return digest;
}

uint64_t xxh3(std::span<const std::byte> bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

Digest headerDigest(Header header, std::span<const std::byte> table) {
  header.digest = {};
  return blake2b({std::as_bytes(std::span(&header, 1)), table});
}

} // namespace limbeck::artifact
