// The decoder accepts exactly what the encoder makes, and never asks for more memory than the input is long.
#include "SampleArtifact.h"
#include <gtest/gtest.h>

namespace limbeck::artifact {

TEST(ArtifactManifest, RefusesEveryTruncation) {
  std::vector<std::byte> bytes = encode(Sample().manifest);
  ASSERT_TRUE(decode(bytes));
  for (size_t length = 0; length < bytes.size(); ++length)
    EXPECT_FALSE(decode(std::span(bytes).first(length))) << length;
  bytes.push_back(std::byte(0));
  EXPECT_FALSE(decode(bytes));
}

TEST(ArtifactManifest, SurvivesEveryByteValue) {
  const std::vector<std::byte> bytes = encode(Sample().manifest);
  for (size_t i = 0; i < bytes.size(); ++i)
    for (int value : {0, 1, 2, 0x7f, 0x80, 0xff}) {
      std::vector<std::byte> changed = bytes;
      changed[i] = static_cast<std::byte>(value);
      auto manifest = decode(changed);
      if (manifest.ok()) {
        EXPECT_EQ(encode(*manifest), changed) << i;
      } else {
        EXPECT_EQ(manifest.diagnostic().code, Code::ArtifactFormat) << i;
      }
    }
}

TEST(ArtifactManifest, RefusesCountsBeyondTheInput) {
  for (uint32_t count : {2u, 1000u, 0x7fffffffu, 0xffffffffu}) {
    std::vector<std::byte> bytes(8);
    std::memcpy(bytes.data(), &count, sizeof count);
    EXPECT_FALSE(decode(bytes)) << count;
  }
}

} // namespace limbeck::artifact
