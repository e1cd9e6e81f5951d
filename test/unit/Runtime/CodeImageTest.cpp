// Code is placed with the right protection, by both ways, and only when it makes sense.
#include "limbeck/Runtime/CodeImage.h"
#include "TestArtifact.h"
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace limbeck::runtime {

constexpr uint64_t kCodeOffset = 65536;

static artifact::MachineCode sampleCode(std::span<const std::byte> table) {
  return {table, testCode(), kCodeOffset, kCodeOffset + testCode().size()};
}

/// The protection of an address, as the kernel tells it: "r-xp".
static std::string protectionOf(const void *address) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    unsigned long begin = 0, end = 0;
    char protection[5] = {};
    auto place = reinterpret_cast<uintptr_t>(address);
    if (std::sscanf(line.c_str(), "%lx-%lx %4s", &begin, &end, protection) == 3 && place >= begin &&
        place < end)
      return protection;
  }
  return "unmapped";
}

static void inlineParallel(void *, LimbeckTask task, void *frame, int32_t) {
  task(frame, 0, 1);
}

#if defined(__clang__)
__attribute__((no_sanitize("function")))
#endif
static float runAffine(const CodeImage &image) {
  auto function = reinterpret_cast<LimbeckEntry>(
      reinterpret_cast<uintptr_t>(image.address(kCodeOffset + testCodeOffset(limbeckTestAffine))));
  std::vector<float> x(kAffineElements, 2.0f), y(kAffineElements);
  alignas(64) float factors[16] = {3.0f, 0.5f};
  alignas(64) uint8_t arena[256];
  void *inputs[] = {x.data()}, *outputs[] = {y.data()};
  const uint8_t *weights[] = {reinterpret_cast<const uint8_t *>(factors)};
  LimbeckApi api{LIMBECK_ABI_VERSION, nullptr, inlineParallel, nullptr, 1, nullptr};
  if (function(&api, inputs, outputs, arena, weights) != 0)
    return -1;
  return y[kAffineElements - 1];
}

TEST(CodeImage, RunsFromBothPlacements) {
  std::vector<std::byte> table(100, std::byte(0x5a));
  for (auto placement : {CodeImage::Placement::Automatic, CodeImage::Placement::SealedFile}) {
    auto image = CodeImage::load(sampleCode(table), placement);
    ASSERT_TRUE(image) << image.diagnostic().text();
    EXPECT_EQ(protectionOf(image->address(0)), "r--p");
    EXPECT_EQ(protectionOf(image->address(kCodeOffset)), "r-xp");
    EXPECT_TRUE(std::equal(table.begin(), table.end(), image->address(0)));
    EXPECT_EQ(*image->address(table.size()), std::byte(0));
    EXPECT_EQ(runAffine(*image), 6.5f);
    CodeImage moved = std::move(*image);
    EXPECT_EQ(runAffine(moved), 6.5f);
  }
}

TEST(CodeImage, WorksWithoutAReadOnlyPart) {
  auto code = testCode();
  auto image = CodeImage::load({{}, code, 0, code.size()});
  ASSERT_TRUE(image);
  EXPECT_TRUE(std::equal(code.begin(), code.end(), image->address(0)));
  EXPECT_EQ(protectionOf(image->address(0)), "r-xp");
}

TEST(CodeImage, IsUnmappedAtTheEnd) {
  const std::byte *address = nullptr;
  {
    auto image = CodeImage::load(sampleCode({}));
    ASSERT_TRUE(image);
    address = image->address(kCodeOffset);
  }
  EXPECT_NE(protectionOf(address), "r-xp");
}

TEST(CodeImage, RefusesWhatDoesNotFit) {
  std::vector<std::byte> table(5000);
  auto code = testCode();
  EXPECT_FALSE(CodeImage::load({table, code, 4096, 1 << 20}));
  EXPECT_FALSE(CodeImage::load({{}, code, 4097, 1 << 20}));
  EXPECT_FALSE(CodeImage::load({{}, code, 4096, 4096}));
  EXPECT_FALSE(CodeImage::load({{}, {}, 4096, 8192}));
  EXPECT_FALSE(CodeImage::load({{}, code, 4096, uint64_t(1) << 50}));
}

/// Loads where the kernel forbids that writable memory becomes executable; exits with what happened.
static void loadUnderMdwe() {
  constexpr int kSetMdwe = 65, kRefuseExecGain = 1; // <linux/prctl.h>, since Linux 6.3
  if (::prctl(kSetMdwe, kRefuseExecGain, 0, 0, 0) != 0)
    ::_exit(77);
  auto image = CodeImage::load(sampleCode({}));
  ::_exit(image.ok() && runAffine(*image) == 6.5f ? 0 : 1);
}

TEST(CodeImage, LoadsWhereProtectionMayNotChange) {
  EXPECT_EXIT(loadUnderMdwe(), [](int status) { return status == 0 || WEXITSTATUS(status) == 77; }, "");
}

} // namespace limbeck::runtime
