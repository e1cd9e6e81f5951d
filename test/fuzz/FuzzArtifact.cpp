// F3: any bytes into the artifact reader, as they are and with hashes made right. What the reader accepts
// must be consistent: code is only handed out under a digest that matches, and the manifest encodes to what
// was decoded.
#include "limbeck/Artifact/Describe.h"
#include "limbeck/Artifact/Reader.h"
#include "limbeck/Artifact/Writer.h"
#include <algorithm>
#include <cstdlib>

using limbeck::artifact::Reader;

static void require(bool condition) {
  if (!condition)
    std::abort();
}

static void useEverything(std::span<const std::byte> bytes) {
  auto reader = Reader::openAll(bytes);
  if (!reader)
    return;
  // All sections but weights were verified already, so only weights may fail here.
  (void)reader->verifyDigests();
  for (const limbeck::artifact::Entry &entry : reader->manifest().entries)
    for (const limbeck::artifact::Variant &variant : entry.variants) {
      require(reader->code(variant.code).isExecutable(variant.entryOffset));
      for (uint32_t index : variant.weights)
        require(reader->section(index).size() <= bytes.size());
    }
  require(!limbeck::artifact::describe(reader->manifest(), reader->sections()).empty());
  auto encoded = encode(reader->manifest());
  require(limbeck::artifact::decode(encoded).ok());
}

/// As the runtime reads: into zeros, only what a variant needs. What is accepted so is what is in the file.
static void usePartByPart(std::span<const std::byte> bytes) {
  std::vector<std::byte> room(bytes.size());
  auto fetch = [&](uint64_t offset, uint64_t length) {
    require(offset <= bytes.size() && length <= bytes.size() - offset);
    std::copy_n(bytes.data() + offset, length, room.data() + offset);
    return limbeck::Status();
  };
  auto reader = Reader::open({room, fetch});
  if (!reader)
    return require(!Reader::openAll(bytes).ok());
  for (const limbeck::artifact::Entry &entry : reader->manifest().entries)
    for (const limbeck::artifact::Variant &variant : entry.variants) {
      if (reader->checkCode(variant).ok())
        require(reader->code(variant.code).isExecutable(variant.entryOffset));
      for (uint32_t index : variant.weights)
        if (reader->check(index).ok())
          require(
              std::ranges::equal(reader->section(index), bytes.subspan(reader->sections()[index].offset,
                                                                       reader->sections()[index].length)));
    }
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  std::vector<std::byte> bytes(size);
  for (size_t i = 0; i < size; ++i)
    bytes[i] = static_cast<std::byte>(data[i]);
  useEverything(bytes);
  usePartByPart(bytes);
  limbeck::artifact::seal(bytes);
  useEverything(bytes);
  usePartByPart(bytes);
  (void)limbeck::artifact::decode(bytes);
  (void)limbeck::artifact::decodeMachineCode(bytes);
  return 0;
}
