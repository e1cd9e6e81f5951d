// Files by how they begin.
#include "limbeck/Session/FileKind.h"
#include "limbeck/Support/File.h"
#include <gtest/gtest.h>

using namespace limbeck;
using namespace limbeck::session;

static std::string fileOf(std::string_view content, const std::string &name = "limbeck-kind") {
  std::string path = testing::TempDir() + name;
  EXPECT_TRUE(writeFileAtomically(path, bytesOf(content)).ok());
  return path;
}

TEST(FileKind, IsToldByTheBeginning) {
  EXPECT_EQ(*kindOfFile(fileOf("\x89LMB\r\n\x1a\n...")), FileKind::Artifact);
  EXPECT_EQ(*kindOfFile(fileOf("\x93NUMPY\x01")), FileKind::Array);
  EXPECT_EQ(*kindOfFile(fileOf("PK\x03\x04")), FileKind::Archive);
  EXPECT_EQ(*kindOfFile(fileOf("module {\n}\n")), FileKind::Text);
  EXPECT_EQ(*kindOfFile(fileOf("\x08\x07\x12\x04")), FileKind::Other);
  EXPECT_EQ(*kindOfFile(fileOf("")), FileKind::Other);
  EXPECT_EQ(kindOfFile(testing::TempDir()).diagnostic().code, Code::FileKind);
}

TEST(FileKind, OfModelsIsNotSure) {
  EXPECT_TRUE(expectModel(fileOf("\x08\x07\x12\x04")).ok());
  EXPECT_TRUE(expectModel(fileOf("")).ok()) << "the importer says what is wrong with it";
  EXPECT_EQ(expectModel(fileOf("hello")).diagnostic().code, Code::Parse);
  EXPECT_EQ(expectModel(fileOf("\x08\x07", "limbeck-kind.lmb")).diagnostic().code, Code::ArtifactFormat);
}

TEST(FileKind, OfIrIsText) {
  EXPECT_TRUE(expectIr(fileOf("// a module")).ok());
  EXPECT_EQ(expectIr(fileOf("\x08\x07\x12\x04")).diagnostic().code, Code::Parse);
}
