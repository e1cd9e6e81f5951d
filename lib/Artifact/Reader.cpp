// Checks from the outside in: header, then table, then sections, then what the manifest says about them.
#include "limbeck/Artifact/Reader.h"
#include "Hash.h"
#include <algorithm>
#include <iterator>

namespace limbeck::artifact {

/// Bytes that are fetched at once: a huge page, so that no two threads fill one.
static constexpr uint64_t kFetched = uint64_t(2) << 20;

template <class... Pieces> static Diagnostic malformed(const Pieces &...pieces) {
  return error(Code::ArtifactFormat, pieces...);
}

static Diagnostic tooNew(std::string_view what) {
  return error(Code::ArtifactVersion, "the artifact needs ", what,
               " that this version of Limbeck does not have")
      .withHint("use the Limbeck it was compiled with, or compile the model again");
}

static Diagnostic changed(std::string_view what) {
  return error(Code::ArtifactHash, "the hash of ", what, " does not match: the file was damaged or changed")
      .withHint("copy it again, or compile the model again");
}

bool looksLikeArtifact(std::span<const std::byte> bytes) {
  return bytes.size() >= kMagic.size() && std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) == 0;
}

static Status checkHeader(const Header &header, uint64_t length) {
  if (header.minimumReader > kFormatVersion)
    return tooNew(message("format version ", header.minimumReader));
  if (header.features & ~kKnownFeatures)
    return tooNew("features");
  if (header.abiVersion != LIMBECK_ABI_VERSION)
    return tooNew(message("code interface version ", header.abiVersion));
  if (header.totalLength != length)
    return malformed("expected a file of ", header.totalLength, " bytes, found ", length);
  if (header.minimumReader == 0 || header.formatVersion < header.minimumReader)
    return malformed("the format version contradicts the least reader version");
  return {};
}

Status Reader::fetch(uint64_t offset, uint64_t length) const {
  return source.fetch ? source.fetch(offset, length) : Status();
}

Expected<Reader> Reader::open(Source source, const Limits &limits) {
  Reader reader;
  reader.file = source.bytes;
  reader.source = std::move(source);
  std::span<const std::byte> bytes = reader.file;
  LIMBECK_TRY(reader.fetch(0, std::min(bytes.size(), sizeof(Header))));
  if (!looksLikeArtifact(bytes))
    return malformed("expected a Limbeck artifact, found other data");
  if (bytes.size() < sizeof(Header))
    return malformed("expected a header of ", sizeof(Header), " bytes, found ", bytes.size());
  reader.head = recordAt<Header>(bytes, 0);
  LIMBECK_TRY(checkHeader(reader.head, bytes.size()));
  LIMBECK_TRY(reader.readTable(limits));
  LIMBECK_TRY(reader.checkLayout());
  LIMBECK_TRY(reader.readManifest(limits));
  LIMBECK_TRY(reader.checkReferences());
  return reader;
}

Expected<Reader> Reader::openAll(std::span<const std::byte> bytes, const Limits &limits) {
  LIMBECK_ASSIGN(Reader reader, open({bytes, nullptr}, limits));
  for (uint32_t i = 0; i < reader.table.size(); ++i)
    LIMBECK_TRY(reader.check(i));
  for (const Entry &entry : reader.contents.entries)
    for (const Variant &variant : entry.variants)
      LIMBECK_TRY(reader.checkCode(variant));
  return reader;
}

Status Reader::readTable(const Limits &limits) {
  if (head.tableOffset != sizeof(Header))
    return malformed("expected the section table at offset ", sizeof(Header), ", found ", head.tableOffset);
  if (int64_t(head.sectionCount) > limits.tensors)
    return malformed("expected at most ", limits.tensors, " sections, found ", head.sectionCount);
  auto raw = rangeIn(file, head.tableOffset, uint64_t(head.sectionCount) * sizeof(SectionRecord));
  if (!raw)
    return malformed("the table of ", head.sectionCount, " sections leaves the file");
  LIMBECK_TRY(fetch(head.tableOffset, raw->size()));
  if (headerDigest(head, *raw) != head.digest)
    return changed("header and section table");
  table.resize(head.sectionCount);
  if (!raw->empty())
    std::memcpy(table.data(), raw->data(), raw->size());
  checked.resize(table.size());
  return {};
}

Status Reader::checkLayout() const {
  uint64_t end = head.tableOffset + table.size() * sizeof(SectionRecord);
  for (size_t i = 0; i < table.size(); ++i) {
    const SectionRecord &record = table[i];
    if (!std::has_single_bit(record.alignment) || record.alignment < kSectionAlignment)
      return malformed("section ", i, " has the alignment ", record.alignment);
    if (record.offset != alignUp(end, record.alignment))
      return malformed("expected section ", i, " at offset ", alignUp(end, record.alignment), ", found ",
                       record.offset);
    if (!rangeIn(file, record.offset, record.length))
      return malformed("section ", i, " leaves the file");
    if (record.kind < SectionKind::Manifest || record.kind > SectionKind::Weights)
      return malformed("section ", i, " is of the unknown kind ", static_cast<uint32_t>(record.kind));
    end = record.offset + record.length;
  }
  if (end != file.size())
    return malformed("expected the end of the file after the last section, found ", file.size() - end,
                     " more bytes");
  return {};
}

/// Where the gap in front of a section begins.
uint64_t Reader::beginOfGap(uint32_t index) const {
  return index ? table[index - 1].offset + table[index - 1].length
               : head.tableOffset + table.size() * sizeof(SectionRecord);
}

/// What a section and the gap in front of it are, once fetched.
Status Reader::verify(uint32_t index) const {
  const SectionRecord &record = table[index];
  uint64_t begin = beginOfGap(index);
  for (std::byte gap : file.subspan(begin, record.offset - begin))
    if (gap != std::byte(0))
      return malformed("expected zeros before section ", index);
  if (xxh3(section(index)) != record.checksum)
    return changed(message("section ", index));
  if (record.kind != SectionKind::Weights && blake2b({section(index)}) != record.digest)
    return changed(message("section ", index));
  if (record.kind == SectionKind::Code)
    LIMBECK_TRY(decodeMachineCode(section(index)));
  return {};
}

/// The failure of the least i, whatever the order.
Status Reader::forEach(size_t count, const std::function<Status(size_t)> &step) const {
  std::vector<Status> outcomes(count);
  auto keep = [&](size_t i) { outcomes[i] = step(i); };
  if (source.forEach)
    source.forEach(count, keep);
  else
    for (size_t i = 0; i < count; ++i)
      keep(i);
  for (Status &outcome : outcomes)
    LIMBECK_TRY(std::move(outcome));
  return {};
}

namespace {
struct Range {
  uint64_t begin, end;
};
} // namespace

Status Reader::check(std::span<const uint32_t> indices) {
  std::vector<uint32_t> wanted;
  std::ranges::copy_if(indices, std::back_inserter(wanted), [&](uint32_t index) { return !checked[index]; });
  std::ranges::sort(wanted);
  wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
  std::vector<Range> ranges;
  for (uint32_t index : wanted)
    for (uint64_t begin = beginOfGap(index), end = table[index].offset + table[index].length; begin < end;) {
      uint64_t next = std::min(end, alignUp(begin + 1, kFetched));
      if (!ranges.empty() && ranges.back().end == begin && begin % kFetched != 0)
        ranges.back().end = next;
      else
        ranges.push_back({begin, next});
      begin = next;
    }
  LIMBECK_TRY(forEach(ranges.size(),
                      [&](size_t i) { return fetch(ranges[i].begin, ranges[i].end - ranges[i].begin); }));
  std::vector<size_t> groups; // where they begin; small sections are checked together
  for (uint64_t i = 0, bytes = kFetched; i < wanted.size(); bytes += table[wanted[i++]].length)
    if (bytes >= kFetched)
      groups.push_back(i), bytes = 0;
  LIMBECK_TRY(forEach(groups.size(), [&](size_t group) -> Status {
    size_t end = group + 1 < groups.size() ? groups[group + 1] : wanted.size();
    for (size_t i = groups[group]; i < end; ++i)
      LIMBECK_TRY(verify(wanted[i]));
    return {};
  }));
  for (uint32_t index : wanted)
    checked[index] = true;
  return {};
}

Status Reader::checkCode(const Variant &variant) {
  LIMBECK_TRY(check(variant.code));
  if (!code(variant.code).isExecutable(variant.entryOffset))
    return malformed("variant '", variant.isa, "': offset ", variant.entryOffset,
                     " is not in the executable part");
  return {};
}

Status Reader::readManifest(const Limits &limits) {
  std::optional<uint32_t> found;
  for (uint32_t i = 0; i < table.size(); ++i) {
    if (table[i].kind != SectionKind::Manifest)
      continue;
    if (found)
      return malformed("expected one manifest, found two");
    found = i;
  }
  if (!found)
    return malformed("expected a manifest, found none");
  if (table[*found].length > kLongestManifest)
    return malformed("expected a manifest of at most ", kLongestManifest, " bytes, found ",
                     table[*found].length);
  LIMBECK_TRY(check(*found));
  LIMBECK_ASSIGN(contents, decode(section(*found), limits));
  return {};
}

Status Reader::checkReferences() const {
  auto isKind = [&](uint32_t index, SectionKind kind) {
    return index < table.size() && table[index].kind == kind;
  };
  for (const Entry &entry : contents.entries)
    for (const Variant &variant : entry.variants) {
      auto broken = [&](auto... what) {
        return malformed("entry '", entry.name, "', variant '", variant.isa, "': ", what...);
      };
      if (!isKind(variant.code, SectionKind::Code))
        return broken("section ", variant.code, " is no code");
      for (uint32_t index : variant.weights)
        if (!isKind(index, SectionKind::Weights))
          return broken("section ", index, " holds no weights");
    }
  return {};
}

std::span<const std::byte> Reader::section(uint32_t index) const {
  return file.subspan(table[index].offset, table[index].length);
}

MachineCode Reader::code(uint32_t index) const {
  return *decodeMachineCode(section(index));
}

Status Reader::verifyDigests() const {
  for (uint32_t i = 0; i < table.size(); ++i)
    if (blake2b({section(i)}) != table[i].digest)
      return changed(message("section ", i));
  return {};
}

} // namespace limbeck::artifact
