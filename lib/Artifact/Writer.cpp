// Lays the sections out one after the other, then hashes.
#include "limbeck/Artifact/Writer.h"
#include "Hash.h"
#include "limbeck/Artifact/Reader.h"

namespace limbeck::artifact {

uint32_t Writer::add(SectionKind kind, std::vector<std::byte> bytes, uint32_t alignment) {
  SectionRecord record;
  record.kind = kind;
  record.alignment = alignment;
  record.length = bytes.size();
  auto next = static_cast<uint32_t>(sections.size());
  auto [place, isNew] = known.try_emplace({kind, blake2b({bytes})}, next);
  if (isNew)
    sections.push_back({record, std::move(bytes)});
  SectionRecord &kept = sections[place->second].record;
  kept.alignment = std::max(kept.alignment, alignment);
  return place->second;
}

uint32_t Writer::addCode(const MachineCode &code) {
  return add(SectionKind::Code, encode(code), kSectionAlignment);
}

uint32_t Writer::addWeights(std::vector<std::byte> bytes, uint32_t alignment) {
  return add(SectionKind::Weights, std::move(bytes), alignment);
}

Expected<std::vector<std::byte>> Writer::finish(const Manifest &manifest, const Limits &limits) const {
  std::vector<std::byte> encoded = encode(manifest);
  Section last;
  last.record.length = encoded.size();
  last.bytes = std::move(encoded);
  std::vector<const Section *> all;
  for (const Section &section : sections)
    all.push_back(&section);
  all.push_back(&last);

  Header header;
  header.sectionCount = static_cast<uint32_t>(all.size());
  uint64_t end = sizeof(Header) + all.size() * sizeof(SectionRecord);
  std::vector<std::byte> file(end);
  for (size_t i = 0; i < all.size(); ++i) {
    SectionRecord record = all[i]->record;
    record.offset = alignUp(end, record.alignment);
    end = record.offset + record.length;
    putRecord(file, sizeof(Header) + i * sizeof record, record);
    file.resize(record.offset);
    file.insert(file.end(), all[i]->bytes.begin(), all[i]->bytes.end());
  }
  header.totalLength = file.size();
  putRecord(file, 0, header);
  seal(file);
  LIMBECK_TRY(Reader::openAll(file, limits));
  return file;
}

void seal(std::span<std::byte> artifact) {
  if (artifact.size() < sizeof(Header))
    return;
  auto header = recordAt<Header>(artifact, 0);
  auto table = rangeIn(artifact, header.tableOffset, uint64_t(header.sectionCount) * sizeof(SectionRecord));
  if (!table)
    return;
  for (uint64_t i = 0; i < header.sectionCount; ++i) {
    uint64_t place = header.tableOffset + i * sizeof(SectionRecord);
    auto record = recordAt<SectionRecord>(artifact, place);
    auto bytes = rangeIn(artifact, record.offset, record.length);
    if (!bytes)
      continue;
    record.checksum = xxh3(*bytes);
    record.digest = blake2b({*bytes});
    putRecord(artifact, place, record);
  }
  header.digest = headerDigest(header, *table);
  putRecord(artifact, 0, header);
}

} // namespace limbeck::artifact
