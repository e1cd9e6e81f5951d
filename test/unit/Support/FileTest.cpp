// Reading refuses what is no plain file; writing leaves the old content or the new, and nothing else in the
// folder.
#include "limbeck/Support/File.h"
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace limbeck {
namespace {

class File : public testing::Test {
protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "limbeck-file-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  std::string path(const std::string &name) const { return folder / name; }
  std::string content(const std::string &name) const {
    auto bytes = readFile(path(name));
    EXPECT_TRUE(bytes.ok());
    return bytes ? std::string(reinterpret_cast<const char *>(bytes->data()), bytes->size()) : std::string();
  }
  size_t entries() const {
    return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
  }
  std::filesystem::path folder;
};

TEST_F(File, RoundTripOfPieces) {
  std::string first("a\0b", 3), second, third(100'000, 'x');
  Bytes pieces[] = {bytesOf(first), bytesOf(second), bytesOf(third)};
  ASSERT_TRUE(writeFileAtomically(path("f"), pieces).ok());
  EXPECT_EQ(content("f"), first + third);
  ASSERT_TRUE(writeFileAtomically(path("f"), bytesOf("")).ok());
  EXPECT_EQ(content("f"), "");
  EXPECT_EQ(entries(), 1u); // no temporary file stays
}

TEST_F(File, ModeFollowsTheMask) {
  mode_t mask = ::umask(027);
  ASSERT_TRUE(writeFileAtomically(path("f"), bytesOf("x")).ok());
  ::umask(mask);
  struct stat status;
  ASSERT_EQ(::stat(path("f").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0640u);
}

TEST_F(File, ReadRefusesOtherKinds) {
  EXPECT_EQ(readFile(folder).diagnostic().code, Code::FileKind);
  EXPECT_EQ(readFile("/dev/zero").diagnostic().code, Code::FileKind);
  ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0600), 0);
  auto fifo = readFile(path("fifo")); // would hang if it waited for a writer
  EXPECT_EQ(fifo.diagnostic().code, Code::FileKind);
  EXPECT_EQ(fifo.diagnostic().message, "expected a regular file, found a FIFO");
  EXPECT_EQ(readFile("").diagnostic().code, Code::FileKind);
  EXPECT_EQ(readFile(std::string("a\0b", 3)).diagnostic().code, Code::FileKind);
}

TEST_F(File, ReadSaysWhatIsWrongWithAName) {
  auto missing = readFile(path("missing"));
  EXPECT_EQ(missing.diagnostic().code, Code::FileKind);
  EXPECT_EQ(missing.diagnostic().message, "expected a file to read, found nothing of this name");
  EXPECT_EQ(missing.diagnostic().file, path("missing"));
  ASSERT_TRUE(writeFileAtomically(path("f"), bytesOf("x")).ok());
  EXPECT_EQ(readFile(path("f/g")).diagnostic().message,
            "expected a file to read, found a name that goes through a file");
  std::filesystem::create_symlink("circle", path("circle"));
  EXPECT_EQ(readFile(path("circle")).diagnostic().message,
            "expected a file to read, found links that lead in a circle");
  EXPECT_EQ(readFile(path(std::string(300, 'n'))).diagnostic().message,
            "expected a file to read, found a name that is too long");
}

TEST_F(File, WritableIsKnownBefore) {
  EXPECT_TRUE(checkWritable(path("f")).ok());
  EXPECT_EQ(checkWritable(path("no/f")).diagnostic().code, Code::File);
  EXPECT_EQ(checkWritable(path("no/f")).diagnostic().message,
            "expected a folder '" + path("no") + "' to write into, found none");
  EXPECT_EQ(checkWritable(folder).diagnostic().code, Code::FileKind);
  EXPECT_EQ(entries(), 0u);
}

TEST_F(File, ReadRefusesMoreThanTheLimit) {
  ASSERT_TRUE(writeFileAtomically(path("f"), bytesOf("12345")).ok());
  EXPECT_TRUE(readFile(path("f"), 5).ok());
  EXPECT_EQ(readFile(path("f"), 4).diagnostic().code, Code::FileKind);
  std::ofstream(path("sparse")).put('x');
  ASSERT_EQ(::truncate(path("sparse").c_str(), off_t(1) << 40), 0);
  EXPECT_EQ(readFile(path("sparse")).diagnostic().code, Code::FileKind); // without taking memory for it
}

TEST_F(File, WriteFollowsLinksAndRefusesOtherKinds) {
  ASSERT_TRUE(writeFileAtomically(path("target"), bytesOf("old")).ok());
  std::filesystem::create_symlink("target", path("link"));
  ASSERT_TRUE(writeFileAtomically(path("link"), bytesOf("new")).ok());
  EXPECT_EQ(content("target"), "new");
  EXPECT_TRUE(std::filesystem::is_symlink(path("link")));
  EXPECT_EQ(writeFileAtomically(folder, bytesOf("x")).diagnostic().code, Code::FileKind);
  EXPECT_EQ(writeFileAtomically("/dev/null", bytesOf("x")).diagnostic().code, Code::FileKind);
  ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0600), 0);
  EXPECT_EQ(writeFileAtomically(path("fifo"), bytesOf("x")).diagnostic().code, Code::FileKind);
}

TEST_F(File, LinksAreFollowedToWhereNothingIsYet) {
  std::filesystem::create_directory(path("inner"));
  std::filesystem::create_symlink("inner/next", path("link"));
  std::filesystem::create_symlink("target", path("inner/next"));
  ASSERT_TRUE(writeFileAtomically(path("link"), bytesOf("new")).ok());
  EXPECT_EQ(content("inner/target"), "new");
  EXPECT_TRUE(std::filesystem::is_symlink(path("link")));
  EXPECT_TRUE(std::filesystem::is_symlink(path("inner/next")));
  std::filesystem::create_symlink("circle", path("circle"));
  EXPECT_EQ(writeFileAtomically(path("circle"), bytesOf("x")).diagnostic().message,
            "expected a file to write, found links that lead in a circle");
}

TEST_F(File, OutputsNeverTakeThePlaceOfInputs) {
  ASSERT_TRUE(writeFileAtomically(path("input"), bytesOf("old")).ok());
  std::filesystem::create_symlink("input", path("symbolic"));
  std::filesystem::create_hard_link(path("input"), path("hard"));
  const std::vector<std::string> inputs = {path("other"), path("input")};
  for (const char *name : {"input", "symbolic", "hard", "./input"}) {
    Status early = checkWritable(path(name), inputs);
    ASSERT_FALSE(early.ok()) << name;
    EXPECT_EQ(early.diagnostic().code, Code::Flag);
    EXPECT_EQ(early.diagnostic().message, "expected an output other than the input '" + path("input") + "'");
    OutputFiles files(inputs);
    EXPECT_TRUE(files.add(path("beside"), bytesOf("x")).ok());
    EXPECT_EQ(files.add(path(name), bytesOf("new")).diagnostic().code, Code::Flag);
  }
  EXPECT_EQ(content("input"), "old");
  EXPECT_EQ(entries(), 3u);
  EXPECT_TRUE(checkWritable(path("other"), inputs).ok()) << "an input that is not there";
}

TEST_F(File, FailureLeavesWhatWasThere) {
  EXPECT_EQ(writeFileAtomically(path("no/such/folder/f"), bytesOf("x")).diagnostic().code, Code::File);
  EXPECT_EQ(writeFileAtomically("", bytesOf("x")).diagnostic().code, Code::FileKind);
  EXPECT_EQ(writeFileAtomically(path(std::string(300, 'n')), bytesOf("x")).diagnostic().code, Code::File);
  EXPECT_EQ(entries(), 0u); // the temporary file of the last one is gone
}

TEST_F(File, StartOfAFile) {
  ASSERT_TRUE(writeFileAtomically(path("f"), bytesOf("123456789")).ok());
  EXPECT_EQ(readFileStart(path("f"), 4)->size(), 4u);
  EXPECT_EQ(readFileStart(path("f"), 40)->size(), 9u);
  std::ofstream(path("huge")).put('x');
  ASSERT_EQ(::truncate(path("huge").c_str(), off_t(1) << 40), 0); // beyond what readFile takes
  EXPECT_EQ((*readFileStart(path("huge"), 1))[0], std::byte('x'));
  EXPECT_EQ(readFileStart(folder, 4).diagnostic().code, Code::FileKind);
}

TEST_F(File, PartsAndMappings) {
  ASSERT_TRUE(writeFileAtomically(path("f"), bytesOf("123456789")).ok());
  auto file = OpenFile::open(path("f"));
  ASSERT_TRUE(file);
  EXPECT_EQ(file->size(), 9u);
  std::byte part[3];
  ASSERT_TRUE(file->read(5, part).ok());
  EXPECT_EQ(part[2], std::byte('8'));
  EXPECT_EQ(file->read(7, part).diagnostic().code, Code::File) << "one byte more than there is";
  EXPECT_EQ(file->read(7, part).diagnostic().file, path("f"));
  auto mapped = file->map();
  ASSERT_TRUE(mapped);
  EXPECT_EQ(mapped->size(), 9u);
  OpenFile moved = std::move(*file);
  EXPECT_TRUE(moved.read(0, part).ok());
  EXPECT_EQ(mapped->data()[8], std::byte('9'));
  EXPECT_EQ(OpenFile::open(path("f"), 8).diagnostic().code, Code::FileKind);
  EXPECT_EQ(OpenFile::open(folder).diagnostic().code, Code::FileKind);
}

TEST_F(File, SeveralFilesAppearTogether) {
  ASSERT_TRUE(writeFileAtomically(path("old"), bytesOf("old")).ok());
  {
    OutputFiles files;
    ASSERT_TRUE(files.add(path("old"), bytesOf("new")).ok());
    ASSERT_TRUE(files.add(path("other"), bytesOf("other")).ok());
    EXPECT_EQ(content("old"), "old");
    EXPECT_EQ(files.add(path("nowhere/x"), bytesOf("x")).diagnostic().code, Code::File);
    EXPECT_EQ(files.add(path("./other"), bytesOf("x")).diagnostic().code, Code::Flag);
  } // given up
  EXPECT_EQ(content("old"), "old");
  EXPECT_EQ(entries(), 1u);
  OutputFiles files;
  ASSERT_TRUE(files.add(path("old"), bytesOf("new")).ok());
  ASSERT_TRUE(files.add(path("other"), bytesOf("other")).ok());
  ASSERT_TRUE(files.commit().ok());
  EXPECT_EQ(content("old"), "new");
  EXPECT_EQ(content("other"), "other");
  EXPECT_EQ(entries(), 2u);
}

TEST_F(File, GatheredBytesHaveNoName) {
  auto spool = SpoolFile::createBeside(path("f"));
  ASSERT_TRUE(spool.ok());
  EXPECT_TRUE(spool->map()->empty());
  std::string text(100'000, 'y');
  ASSERT_TRUE(spool->append(bytesOf("x")).ok());
  ASSERT_TRUE(spool->append(bytesOf(text)).ok());
  EXPECT_EQ(entries(), 0u);
  SpoolFile moved = std::move(*spool);
  auto bytes = moved.map();
  ASSERT_TRUE(bytes.ok());
  EXPECT_EQ(std::string(reinterpret_cast<const char *>(bytes->data()), bytes->size()), "x" + text);
  EXPECT_EQ(SpoolFile::createBeside(path("nowhere/f")).diagnostic().code, Code::File);
}

} // namespace
} // namespace limbeck
