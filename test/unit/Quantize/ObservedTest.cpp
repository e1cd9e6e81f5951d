// Names of observed results, both ways.
#include "limbeck/Quantize/Observed.h"
#include <gtest/gtest.h>

namespace limbeck::quantize {

TEST(Observed, NamesAreRead) {
  for (Observed what : {Observed::Least, Observed::Greatest, Observed::Histogram, Observed::Channels,
                        Observed::Gram, Observed::Means})
    for (const char *tensor : {"x", "", "a/b:0", "least:1:y"}) {
      auto name = parseObservedName(observedName(what, 12, tensor));
      ASSERT_TRUE(name) << tensor;
      EXPECT_EQ(name->what, what);
      EXPECT_EQ(name->observer, 12u);
      EXPECT_EQ(name->tensor, tensor);
    }
}

TEST(Observed, OtherNamesAreNone) {
  for (const char *name : {"", "x", "least", "least:", "least:x:y", "least:1", "least:-1:x", "lea:1:x",
                           "greatest1:x", "least:99999999999999999999999:x"})
    EXPECT_FALSE(parseObservedName(name)) << name;
}

} // namespace limbeck::quantize
