// What reaches a terminal from a name in a file.
#include "limbeck/Support/Printable.h"
#include <gtest/gtest.h>

namespace limbeck {

TEST(Printable, TextStays) {
  EXPECT_EQ(printable("größer/层_1 😀"), "größer/层_1 😀");
}

TEST(Printable, ControlCharactersAreEscaped) {
  EXPECT_EQ(printable("a\x1b]0;x\x07\nb\x7f"), "a\\x1b]0;x\\x07\\x0ab\\x7f");
  EXPECT_EQ(printable("\u009b2J"), "\\xc2\\x9b2J"); // a terminal may read it as ESC [
  EXPECT_EQ(printable("\u00a0"), "\u00a0");
}

TEST(Printable, BytesThatAreNoTextAreEscaped) {
  EXPECT_EQ(printable("\x9b"
                      "2J"),
            "\\x9b2J");
  EXPECT_EQ(printable("\xc3"), "\\xc3");
  EXPECT_EQ(printable("\xc3("), "\\xc3(");
  EXPECT_EQ(printable("\xff\xc0\xaf"), "\\xff\\xc0\\xaf");
}

TEST(Printable, LengthIsBounded) {
  EXPECT_EQ(printable(std::string(10, 'x'), 4), "xxxx...");
  EXPECT_EQ(printable("1234", 4), "1234");
}

} // namespace limbeck
