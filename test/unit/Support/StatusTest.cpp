// Codes, exit codes, the text of diagnostics, and the two macros that hand them on.
#include "limbeck/Support/Status.h"
#include <gtest/gtest.h>
#include <set>

namespace limbeck {
namespace {

TEST(Status, EveryCodeHasItsOwnTextAndAnExitCode) {
  std::set<std::string_view> texts;
  auto check = [&](Code code, std::string_view text, int exit) {
    EXPECT_EQ(codeText(code), text);
    EXPECT_EQ(exitCode(code), exit);
    EXPECT_TRUE(text.starts_with("E-"));
    EXPECT_TRUE(exit >= 1 && exit <= 4) << text;
    EXPECT_TRUE(texts.insert(text).second) << text;
  };
#define LIMBECK_CODE(identifier, text, exit) check(Code::identifier, text, exit);
#include "limbeck/Support/DiagnosticCodes.def"
  EXPECT_EQ(exitCode(Code::Shape), 2);
  EXPECT_EQ(exitCode(Code::UnsupportedOp), 3);
  EXPECT_EQ(exitCode(Code::Gate), 4);
  EXPECT_EQ(exitCode(Code::Internal), 1);
}

TEST(Status, MessageJoinsPieces) {
  EXPECT_EQ(message("expected ", 3, " of ", std::string("x"), ", found ", true),
            "expected 3 of x, found true");
  EXPECT_EQ(message(), "");
  EXPECT_EQ(message(int64_t(-1) << 40, std::string_view(" b")), "-1099511627776 b");
}

TEST(Status, TextNamesEverythingThatIsKnown) {
  Diagnostic diagnostic = error(Code::Shape, "expected rank ", 4, ", found ", 3);
  EXPECT_EQ(diagnostic.text(), "error: [E-SHAPE] expected rank 4, found 3");
  diagnostic.atFile("m.onnx").atNode("n1").atOp("Conv").atAttribute("group").withHint("give another");
  EXPECT_EQ(
      diagnostic.text(),
      "m.onnx: error: [E-SHAPE] node 'n1' (Conv): attribute 'group': expected rank 4, found 3; give another");
  EXPECT_EQ(error(Code::Axis, "bad").atOp("Concat").text(), "error: [E-AXIS] Concat: bad");
}

TEST(Status, TextHoldsNoControlCharactersAndNoEndlessNames) {
  std::string text =
      error(Code::Name, "a\x1b[2Jb\nc").atNode(std::string("x\x1b\0y", 4) + std::string(5000, 'z')).text();
  for (unsigned char c : text)
    EXPECT_TRUE(c >= 0x20 && c != 0x7f);
  EXPECT_LT(text.size(), 500u);
  EXPECT_NE(text.find("x\\x1b\\x00yzz"), std::string::npos);
  EXPECT_NE(text.find("a\\x1b[2Jb\\x0ac"), std::string::npos);
}

Status positive(int value) {
  if (value <= 0)
    return error(Code::Value, "expected a positive value, found ", value);
  return {};
}
Expected<std::unique_ptr<int>> boxed(int value) {
  LIMBECK_TRY(positive(value));
  return std::make_unique<int>(value);
}
Expected<int> sum(int a, int b) {
  LIMBECK_ASSIGN(std::unique_ptr<int> left, boxed(a));
  LIMBECK_ASSIGN(std::unique_ptr<int> right, boxed(b));
  return *left + *right;
}

TEST(Status, MacrosHandOnTheFirstFailure) {
  EXPECT_TRUE(Status().ok());
  ASSERT_TRUE(sum(2, 3).ok());
  EXPECT_EQ(*sum(2, 3), 5);
  auto failed = sum(2, -3);
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.diagnostic().code, Code::Value);
  EXPECT_EQ(failed.diagnostic().message, "expected a positive value, found -3");
  EXPECT_FALSE(failed.status().ok());
  EXPECT_TRUE(sum(1, 1).status().ok());
}

} // namespace
} // namespace limbeck
