// The JSON names what is in the artifact, with bytes counted once per target.
#include "limbeck/Artifact/Describe.h"
#include "SampleArtifact.h"
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace limbeck::artifact {

TEST(ArtifactDescribe, ListsEntriesTargetsAndProvenance) {
  std::vector<std::byte> file = Sample().bytes();
  auto reader = Reader::openAll(file);
  ASSERT_TRUE(reader);
  size_t selected[] = {1, 0};
  auto json = nlohmann::json::parse(describe(reader->manifest(), reader->sections(), selected));
  EXPECT_EQ(json["schema"], 1);
  EXPECT_EQ(json["entries"][1]["name"], "größer");
  EXPECT_EQ(json["entries"][0]["inputs"][0]["quantization"]["zero_points"][0], 3);
  EXPECT_EQ(json["entries"][0]["outputs"][0]["shape"], (std::vector<int>{1, 4}));
  EXPECT_EQ(json["entries"][0]["variants"][0]["selected"], false);
  EXPECT_EQ(json["entries"][0]["variants"][1]["selected"], true);
  EXPECT_EQ(json["entries"][0]["variants"][0]["weight_bytes"], 135);
  // Both entries use the same code and weights.
  EXPECT_EQ(json["targets"][1]["isa"], "x86-64");
  EXPECT_EQ(json["targets"][1]["bytes"], 32 + 20 + 33 + 135);
  EXPECT_EQ(json["provenance"]["compiler_version"], "0.1.0");
  auto plain = nlohmann::json::parse(describe(reader->manifest(), reader->sections()));
  EXPECT_FALSE(plain["entries"][0]["variants"][0].contains("selected"));
}

} // namespace limbeck::artifact
