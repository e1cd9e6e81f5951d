// What kernels and hashing rely on: zeros, alignment, and bytes that move with their owner.
#include "limbeck/Support/PageMemory.h"
#include <algorithm>
#include <gtest/gtest.h>

namespace limbeck {

static uintptr_t addressOf(const PageMemory &memory) {
  return reinterpret_cast<uintptr_t>(memory.data());
}

TEST(PageMemory, IsZeroAlignedAndWritableToTheEnd) {
  constexpr uint64_t kHugePage = uint64_t(2) << 20;
  for (uint64_t size :
       {uint64_t(0), uint64_t(1), uint64_t(4097), kHugePage / 2, kHugePage, 3 * kHugePage + 5}) {
    auto memory = PageMemory::reserve(size);
    ASSERT_TRUE(memory) << size;
    EXPECT_EQ(memory->size(), size);
    EXPECT_EQ(addressOf(*memory) % (size < kHugePage / 2 ? 4096 : kHugePage), 0u) << size;
    EXPECT_TRUE(std::ranges::all_of(memory->span(), [](std::byte byte) { return byte == std::byte(0); }));
    std::ranges::fill(memory->span(), std::byte(1));
  }
}

TEST(PageMemory, MovesWithItsOwner) {
  PageMemory first = std::move(*PageMemory::reserve(100));
  first.data()[99] = std::byte(7);
  PageMemory second = std::move(first);
  EXPECT_EQ(second.data()[99], std::byte(7));
  first = std::move(second);
  EXPECT_EQ(first.data()[99], std::byte(7));
}

TEST(PageMemory, RefusesWhatTheSystemDoesNotHave) {
  for (uint64_t size : {~uint64_t(0), uint64_t(1) << 62})
    EXPECT_EQ(PageMemory::reserve(size).diagnostic().code, Code::Memory) << size;
  EXPECT_EQ(PageMemory::mapFile(-1, 100).diagnostic().code, Code::Memory);
}

} // namespace limbeck
