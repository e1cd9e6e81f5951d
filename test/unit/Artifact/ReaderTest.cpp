// No change to the bytes goes unnoticed, and no forged file with right hashes reaches beyond its bytes.
#include "SampleArtifact.h"
#include <algorithm>
#include <gtest/gtest.h>
#include <sodium.h>

namespace limbeck::artifact {

static std::string outcome(std::span<const std::byte> file) {
  auto reader = Reader::openAll(file);
  return reader.ok() ? "accepted" : std::string(codeText(reader.diagnostic().code));
}

static uint64_t recordOffset(size_t section) {
  return sizeof(Header) + section * sizeof(SectionRecord);
}

template <class Change> static std::string outcomeOfHeader(Change change) {
  return outcome(forged<Header>(Sample().bytes(), 0, change));
}
template <class Change> static std::string outcomeOfRecord(size_t section, Change change) {
  return outcome(forged<SectionRecord>(Sample().bytes(), recordOffset(section), change));
}

TEST(ArtifactReader, NoticesEveryFlippedBit) {
  const std::vector<std::byte> file = Sample().bytes();
  ASSERT_EQ(outcome(file), "accepted");
  for (size_t i = 0; i < file.size(); ++i)
    for (int bit = 0; bit < 8; ++bit) {
      std::vector<std::byte> changed = file;
      changed[i] ^= static_cast<std::byte>(1 << bit);
      std::string found = outcome(changed);
      EXPECT_TRUE(found == "E-ARTIFACT" || found == "E-ARTIFACT-HASH" || found == "E-ARTIFACT-VERSION")
          << "byte " << i << " bit " << bit << ": " << found;
    }
}

TEST(ArtifactReader, NoticesEveryOtherLength) {
  const std::vector<std::byte> file = Sample().bytes();
  for (size_t length = 0; length < file.size(); ++length) {
    std::vector<std::byte> cut(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(length));
    EXPECT_EQ(outcome(cut), "E-ARTIFACT") << length;
    // Also when the header is adjusted to the new length.
    if (length >= sizeof(Header)) {
      EXPECT_EQ(outcome(forged<Header>(cut, 0, [&](Header &header) { header.totalLength = length; })),
                "E-ARTIFACT")
          << length;
    }
  }
  std::vector<std::byte> longer = file;
  longer.push_back(std::byte(0));
  EXPECT_EQ(outcome(longer), "E-ARTIFACT");
  EXPECT_EQ(outcome(forged<Header>(longer, 0, [](Header &header) { ++header.totalLength; })), "E-ARTIFACT");
}

TEST(ArtifactReader, TellsVersions) {
  EXPECT_EQ(outcomeOfHeader([](Header &) {}), "accepted");
  // A later writer may still allow this reader.
  EXPECT_EQ(outcomeOfHeader([](Header &header) { header.formatVersion = 7; }), "accepted");
  EXPECT_EQ(outcomeOfHeader([](Header &header) { header.formatVersion = header.minimumReader = 2; }),
            "E-ARTIFACT-VERSION");
  EXPECT_EQ(outcomeOfHeader([](Header &header) { header.features = uint64_t(1) << 63; }),
            "E-ARTIFACT-VERSION");
  EXPECT_EQ(outcomeOfHeader([](Header &header) { ++header.abiVersion; }), "E-ARTIFACT-VERSION");
  EXPECT_EQ(outcomeOfHeader([](Header &header) { header.formatVersion = 0; }), "E-ARTIFACT");
  EXPECT_EQ(outcomeOfHeader([](Header &header) { header.formatVersion = header.minimumReader = 0; }),
            "E-ARTIFACT");
}

TEST(ArtifactReader, ChecksTheTable) {
  EXPECT_EQ(outcomeOfHeader([](Header &header) { header.tableOffset = 0; }), "E-ARTIFACT");
  EXPECT_EQ(outcomeOfHeader([](Header &header) { header.tableOffset = ~uint64_t(0); }), "E-ARTIFACT");
  EXPECT_EQ(outcomeOfHeader([](Header &header) { header.sectionCount = ~uint32_t(0); }), "E-ARTIFACT");
  EXPECT_EQ(outcomeOfHeader([](Header &header) { header.sectionCount = 500; }), "E-ARTIFACT");
  EXPECT_EQ(outcomeOfHeader([](Header &header) { --header.sectionCount; }), "E-ARTIFACT");
  EXPECT_EQ(outcomeOfHeader([](Header &header) { header.sectionCount = 0; }), "E-ARTIFACT");
}

TEST(ArtifactReader, ChecksTheLayout) {
  for (size_t section = 0; section < 5; ++section) {
    auto with = [&](auto change) { return outcomeOfRecord(section, change); };
    EXPECT_EQ(with([](SectionRecord &) {}), "accepted");
    // Overlapping the section before or after, or the table; leaving the file; past the end of the address
    // space.
    EXPECT_EQ(with([](SectionRecord &record) { record.offset -= 64; }), "E-ARTIFACT");
    EXPECT_EQ(with([](SectionRecord &record) { record.length += 64; }), "E-ARTIFACT");
    EXPECT_EQ(with([](SectionRecord &record) { record.offset = 0; }), "E-ARTIFACT");
    EXPECT_EQ(with([](SectionRecord &record) { record.offset = ~uint64_t(0) - 63; }), "E-ARTIFACT");
    EXPECT_EQ(with([](SectionRecord &record) { record.length = ~uint64_t(0); }), "E-ARTIFACT");
    EXPECT_EQ(with([](SectionRecord &record) { record.length = 0; }), "E-ARTIFACT");
    EXPECT_EQ(with([](SectionRecord &record) { record.alignment = 0; }), "E-ARTIFACT");
    EXPECT_EQ(with([](SectionRecord &record) { record.alignment = 1; }), "E-ARTIFACT");
    EXPECT_EQ(with([](SectionRecord &record) { record.alignment = 96; }), "E-ARTIFACT");
    EXPECT_EQ(with([](SectionRecord &record) { record.kind = SectionKind(0); }), "E-ARTIFACT");
    EXPECT_EQ(with([](SectionRecord &record) { record.kind = SectionKind(4); }), "E-ARTIFACT");
  }
  EXPECT_EQ(outcomeOfRecord(2, [](SectionRecord &record) { record.kind = SectionKind::Manifest; }),
            "E-ARTIFACT");
  EXPECT_EQ(outcomeOfRecord(4, [](SectionRecord &record) { record.kind = SectionKind::Weights; }),
            "E-ARTIFACT");
}

TEST(ArtifactReader, ChecksDigestsOfWeightsOnRequest) {
  std::vector<std::byte> file = Sample().bytes();
  constexpr size_t kWeights = 2;
  auto recordOf = [&] {
    SectionRecord record;
    std::memcpy(&record, file.data() + recordOffset(kWeights), sizeof record);
    return record;
  };
  // Changed weights with the right checksum but their former digest, under a header that vouches for both.
  Digest former = recordOf().digest;
  file[recordOf().offset] ^= std::byte(1);
  seal(file);
  EXPECT_TRUE(Reader::openAll(file)->verifyDigests());
  std::memcpy(file.data() + recordOffset(kWeights) + offsetof(SectionRecord, digest), former.data(),
              former.size());
  EXPECT_EQ(outcome(file), "E-ARTIFACT-HASH");
  Header header;
  std::memcpy(&header, file.data(), sizeof header);
  header.digest = {};
  std::vector<std::byte> signedPart(file.begin(),
                                    file.begin() + static_cast<std::ptrdiff_t>(recordOffset(5)));
  std::memcpy(signedPart.data(), &header, sizeof header);
  crypto_generichash(header.digest.data(), header.digest.size(),
                     reinterpret_cast<const unsigned char *>(signedPart.data()), signedPart.size(), nullptr,
                     0);
  std::memcpy(file.data(), &header, sizeof header);

  // The fast checks of loading let it pass; full verification does not.
  auto reader = Reader::openAll(file);
  ASSERT_TRUE(reader) << reader.diagnostic().text();
  Status verified = reader->verifyDigests();
  ASSERT_FALSE(verified);
  EXPECT_EQ(verified.diagnostic().code, Code::ArtifactHash);
}

namespace {
/// An artifact that is fetched into zeros.
struct Fetched {
  explicit Fetched(std::vector<std::byte> file) : file(std::move(file)), room(this->file.size()) {}
  Source source() {
    return {room, [this](uint64_t offset, uint64_t length) {
              bytes += length;
              std::copy_n(file.begin() + static_cast<std::ptrdiff_t>(offset), length,
                          room.begin() + static_cast<std::ptrdiff_t>(offset));
              return Status();
            }};
  }
  std::vector<std::byte> file, room;
  uint64_t bytes = 0;
};
} // namespace

TEST(ArtifactReader, FetchesWhatIsAskedFor) {
  Fetched fetched(Sample().bytes());
  auto reader = Reader::open(fetched.source());
  ASSERT_TRUE(reader) << reader.diagnostic().text();
  const Variant &plain = reader->manifest().entries[0].variants[0],
                &fast = reader->manifest().entries[0].variants[1];
  uint64_t before = fetched.bytes;
  ASSERT_TRUE(reader->checkCode(plain));
  EXPECT_GT(fetched.bytes, before);
  EXPECT_EQ(reader->code(plain.code).executable.size(), 33u);
  EXPECT_EQ(fetched.room[reader->sections()[fast.code].offset], std::byte(0)) << "nobody asked for it";
  for (uint32_t index : plain.weights)
    ASSERT_TRUE(reader->check(index));
  EXPECT_EQ(reader->section(plain.weights[0])[129], std::byte(130));
  before = fetched.bytes;
  ASSERT_TRUE(reader->checkCode(plain));
  ASSERT_TRUE(reader->check(plain.weights[0]));
  EXPECT_EQ(fetched.bytes, before) << "once is enough";
  ASSERT_TRUE(reader->checkCode(fast));
  EXPECT_EQ(fetched.bytes, fetched.file.size()) << "all of it, each byte once";
}

TEST(ArtifactReader, ChecksWhatItFetches) {
  const std::vector<std::byte> file = Sample().bytes();
  std::vector<SectionRecord> sections = Reader::openAll(file)->sections();
  for (uint32_t damaged = 0; damaged + 1 < sections.size(); ++damaged) {
    Fetched fetched(file);
    fetched.file[sections[damaged].offset] ^= std::byte(1);
    auto reader = Reader::open(fetched.source());
    ASSERT_TRUE(reader) << damaged;
    for (uint32_t index = 0; index < sections.size(); ++index) {
      Status status = reader->check(index);
      EXPECT_EQ(status.ok() ? "ok" : codeText(status.diagnostic().code),
                index == damaged ? "E-ARTIFACT-HASH" : "ok");
    }
  }
  // The manifest is the last section; a gap belongs to the section behind it.
  Fetched manifest(file), gap(file);
  manifest.file.back() ^= std::byte(1);
  EXPECT_EQ(Reader::open(manifest.source()).diagnostic().code, Code::ArtifactHash);
  gap.file[sections[1].offset - 1] ^= std::byte(1);
  EXPECT_EQ(Reader::open(gap.source())->check(1).diagnostic().code, Code::ArtifactFormat);
}

TEST(ArtifactReader, PassesOnWhyBytesDoNotCome) {
  std::vector<std::byte> file = Sample().bytes();
  int calls = 0, last = 0;
  auto outcomeWith = [&](int failing) {
    calls = 0;
    Fetched fetched(file);
    Source source = fetched.source();
    auto reader = Reader::open({source.bytes, [&](uint64_t offset, uint64_t length) -> Status {
                                  if (++calls == failing)
                                    return error(Code::File, "gone");
                                  return source.fetch(offset, length);
                                }});
    Status status = reader ? reader->check(0) : Status(reader.diagnostic());
    last = calls;
    return status.ok() ? "ok" : codeText(status.diagnostic().code);
  };
  EXPECT_EQ(outcomeWith(0), "ok");
  for (int failing = 1, total = last; failing <= total; ++failing)
    EXPECT_EQ(outcomeWith(failing), "E-FILE") << failing;
}

/// Steps in the opposite order, as threads might do them.
static void backwards(size_t count, const std::function<void(size_t)> &step) {
  while (count > 0)
    step(--count);
}

TEST(ArtifactReader, ReportsTheFirstOfSeveralFaults) {
  const std::vector<std::byte> file = Sample().bytes();
  std::vector<SectionRecord> sections = Reader::openAll(file)->sections();
  const std::vector<uint32_t> asked = {3, 2, 0, 1, 2};
  for (uint32_t first = 0; first < 4; ++first) {
    Fetched fetched(file);
    for (uint32_t index = first; index < 4; ++index)
      fetched.file[sections[index].offset] ^= std::byte(1);
    Source source = fetched.source();
    source.forEach = backwards;
    auto reader = Reader::open(source);
    ASSERT_TRUE(reader) << reader.diagnostic().text();
    Status status = reader->check(asked);
    ASSERT_FALSE(status);
    EXPECT_NE(status.diagnostic().message.find(message("section ", first, " ")), std::string::npos)
        << status.diagnostic().message;
  }
}

TEST(ArtifactReader, FetchesLargeSectionsInParts) {
  constexpr size_t kPart = size_t(2) << 20;
  Sample sample;
  std::vector<std::byte> large = bytesFrom(5 * kPart / 2 + 3, 9);
  for (size_t i = 0; i < large.size(); i += 4096)
    large[i] ^= static_cast<std::byte>(i >> 12);
  uint32_t index = sample.writer.addWeights(large);
  sample.manifest.entries[0].variants[0].weights.push_back(index);
  Fetched fetched(sample.bytes());
  Source source = fetched.source();
  size_t most = 0, calls = 0;
  source.forEach = backwards;
  source.fetch = [&, fetch = source.fetch](uint64_t offset, uint64_t length) {
    most = std::max<size_t>(most, length), ++calls;
    EXPECT_EQ(offset / kPart, (offset + length - 1) / kPart) << "two threads in one huge page";
    return fetch(offset, length);
  };
  auto reader = Reader::open(source);
  ASSERT_TRUE(reader) << reader.diagnostic().text();
  uint64_t before = fetched.bytes;
  calls = 0;
  ASSERT_TRUE(reader->check(reader->manifest().entries[0].variants[0].weights));
  EXPECT_EQ(most, kPart);
  EXPECT_EQ(calls, 3u) << "small neighbours come along";
  EXPECT_TRUE(std::ranges::equal(reader->section(index), large));
  EXPECT_LE(fetched.bytes - before, fetched.file.size()) << "no byte twice";
}

TEST(ArtifactReader, ChecksMachineCode) {
  struct Parts {
    uint64_t readOnlySize, executableOffset, executableSize, span;
  };
  SectionRecord record;
  std::vector<std::byte> file = Sample().bytes();
  std::memcpy(&record, file.data() + recordOffset(0), sizeof record);
  auto with = [&](auto change) { return outcome(forged<Parts>(file, record.offset, change)); };
  EXPECT_EQ(with([](Parts &) {}), "accepted");
  EXPECT_EQ(with([](Parts &parts) { parts.readOnlySize = ~uint64_t(0); }), "E-ARTIFACT");
  EXPECT_EQ(with([](Parts &parts) { ++parts.executableSize; }), "E-ARTIFACT");
  EXPECT_EQ(with([](Parts &parts) { parts.readOnlySize += parts.executableSize, parts.executableSize = 0; }),
            "E-ARTIFACT");
  EXPECT_EQ(with([](Parts &parts) { parts.executableOffset = 4097; }), "E-ARTIFACT");
  EXPECT_EQ(with([](Parts &parts) { parts.executableOffset = 0; }), "E-ARTIFACT");
  EXPECT_EQ(with([](Parts &parts) { parts.executableOffset = 8192; }), "E-ARTIFACT");
  EXPECT_EQ(with([](Parts &parts) { parts.executableOffset = ~uint64_t(4095); }), "E-ARTIFACT");
  EXPECT_EQ(with([](Parts &parts) { parts.span = uint64_t(1) << 40; }), "E-ARTIFACT");
  EXPECT_EQ(with([](Parts &parts) { parts.span = 4096; }), "E-ARTIFACT");
}

TEST(ArtifactReader, HonoursLimits) {
  std::vector<std::byte> file = Sample().bytes();
  auto with = [&](auto change) {
    Limits limits;
    change(limits);
    return Reader::openAll(file, limits).ok();
  };
  EXPECT_TRUE(with([](Limits &) {}));
  EXPECT_FALSE(with([](Limits &limits) { limits.tensors = 3; }));
  EXPECT_FALSE(with([](Limits &limits) { limits.rank = 2; }));
  EXPECT_FALSE(with([](Limits &limits) { limits.elements = 14; }));
  EXPECT_FALSE(with([](Limits &limits) { limits.runBytes = 511; }));
  EXPECT_FALSE(with([](Limits &limits) { limits.nameBytes = 4; }));
}

TEST(ArtifactReader, KnowsItsKind) {
  EXPECT_TRUE(looksLikeArtifact(Sample().bytes()));
  EXPECT_FALSE(looksLikeArtifact({}));
  EXPECT_FALSE(looksLikeArtifact(bytesFrom(100, 0)));
}

} // namespace limbeck::artifact
