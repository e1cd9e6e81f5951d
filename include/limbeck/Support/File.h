// Whole files in and out: reading refuses what is not a plain file, writing leaves the old file or the new
// one.
#pragma once
#include "limbeck/Support/Limits.h"
#include "limbeck/Support/Status.h"
#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace limbeck {

using Bytes = std::span<const std::byte>;

inline Bytes bytesOf(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

/// All bytes of a regular file. E-FILE-KIND for a FIFO, a device, a directory or a file of more than `limit`
/// bytes; E-FILE when it cannot be opened or read. Never waits for a writer.
Expected<std::vector<std::byte>> readFile(const std::string &path, int64_t limit = Limits().fileBytes);

/// Writes the pieces one after the other. They go to a temporary file of the same folder, which is
/// synchronized and then takes the name, so that a reader sees all or nothing and a failure leaves what was
/// there. A symbolic link is followed; a target that exists and is no regular file is refused with
/// E-FILE-KIND.
Status writeFileAtomically(const std::string &path, std::span<const Bytes> pieces);
Status writeFileAtomically(const std::string &path, Bytes content);

} // namespace limbeck
