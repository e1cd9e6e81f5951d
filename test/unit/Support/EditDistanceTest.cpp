// Distances of words.
#include "limbeck/Support/EditDistance.h"
#include <gtest/gtest.h>

namespace limbeck {

TEST(EditDistance, CountsLetters) {
  EXPECT_EQ(editDistance("", ""), 0u);
  EXPECT_EQ(editDistance("", "abc"), 3u);
  EXPECT_EQ(editDistance("--ouput", "--output"), 1u);
  EXPECT_EQ(editDistance("--tarqet", "--target"), 1u);
  EXPECT_EQ(editDistance("kitten", "sitting"), 3u);
}

TEST(EditDistance, IsSymmetric) {
  EXPECT_EQ(editDistance("flaw", "lawn"), editDistance("lawn", "flaw"));
}

} // namespace limbeck
