// The tuning file: what is written is read, what is not as written is refused.
#include "limbeck/Session/Tuning.h"
#include "Session/Processor.h"
#include "limbeck/Runtime/ThreadCount.h"
#include <gtest/gtest.h>

using namespace limbeck;
using namespace limbeck::session;

static Tuning sample() {
  Tuning tuning;
  tuning.cpu = "Some processor";
  tuning.threads = 2;
  tuning.problems = {{"avx2, dot tile, u8, rows 1", "3x2", {{"2x2", 0.75}, {"4x1", 1.5}}},
                     {"other", "1x1", {}}};
  return tuning;
}

static Diagnostic refused(std::string text) {
  auto tuning = parseTuning(text, "t.json");
  EXPECT_FALSE(tuning.ok()) << text;
  return tuning.ok() ? Diagnostic() : tuning.diagnostic();
}

/// The sample's text with one place changed.
static std::string changed(const std::string &from, const std::string &to) {
  std::string text = tuningJson(sample());
  size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(Tuning, whatIsWrittenIsRead) {
  auto read = parseTuning(tuningJson(sample()), "t.json");
  ASSERT_TRUE(read.ok()) << read.diagnostic().message;
  EXPECT_EQ(*read, sample());
  EXPECT_EQ(read->tiles(),
            (std::map<std::string, std::string>{{"avx2, dot tile, u8, rows 1", "2x2"}, {"other", "1x1"}}));
}

TEST(Tuning, bracketsWithoutEndAreRefused) {
  for (const char *open : {"[", "{\"a\":"}) {
    std::string text = "{\"schema\": ";
    for (int i = 0; i < 100000; ++i)
      text += open;
    EXPECT_NE(refused(text).message.find("expected a JSON object"), std::string::npos);
  }
  // Brackets in texts are none.
  std::string name(200, '[');
  EXPECT_TRUE(parseTuning(changed("Some processor", name), "t.json").ok());
}

TEST(Tuning, onlyAClearlyFasterTileReplacesTheCostModels) {
  TunedProblem problem{"p", "3x2", {{"2x2", 0.99}, {"4x2", 1.1}}};
  EXPECT_EQ(problem.best(), "3x2");
  EXPECT_EQ(problem.timeOfBest(), 1);
  problem.times["5x1"] = 0.97;
  problem.times["6x1"] = 0.9;
  EXPECT_EQ(problem.best(), "6x1");
  EXPECT_EQ(problem.timeOfBest(), 0.9);
}

TEST(Tuning, ofAnotherMachineIsSaid) {
  Tuning tuning;
  tuning.cpu = processorName();
  tuning.threads = *runtime::defaultThreadCount();
  EXPECT_EQ(otherMachine(tuning), "");
  tuning.threads += 1;
  EXPECT_TRUE(
      otherMachine(tuning).starts_with(message("tuned with ", tuning.threads, " threads, runs take ")));
  tuning.cpu = "a chip of 1978";
  EXPECT_TRUE(otherMachine(tuning).starts_with("tuned on a chip of 1978, this is "));
}

TEST(Tuning, whatIsNotAsWrittenIsRefused) {
  EXPECT_EQ(refused("[]").code, Code::Parse);
  EXPECT_EQ(refused("no JSON").file, "t.json");
  EXPECT_EQ(refused(changed("\"schema\": 1", "\"schema\": 2")).message, "expected schema 1, found 2");
  EXPECT_EQ(refused(changed("\"cpu\"", "\"chip\"")).message, "expected a member 'cpu', found none");
  EXPECT_EQ(refused(changed("\"threads\"", "\"speed\": 1, \"threads\"")).message,
            "expected no other member, found 'speed'");
  EXPECT_EQ(refused(changed("\"threads\": 2", "\"threads\": \"two\"")).message,
            "expected a whole number from 1 to 1024 in 'threads', found \"two\"");
  EXPECT_EQ(refused(changed("0.75", "-1")).message,
            "expected a number above 0 for '2x2' in 'times' of problem 0, found -1");
  EXPECT_EQ(refused(changed("\"own\": \"3x2\"", "\"own\": 3")).message,
            "expected a text in 'own' of problem 0, found 3");
  EXPECT_EQ(refused(changed("\"best\": \"2x2\"", "\"best\": \"4x1\"")).message,
            "expected the fastest tile, 2x2, in 'best' of problem 0, found '4x1'");
  EXPECT_EQ(refused(changed("\"other\"", "\"avx2, dot tile, u8, rows 1\"")).message,
            "expected every problem once, found 'avx2, dot tile, u8, rows 1' twice");
  EXPECT_EQ(refused("{\"schema\":1,\"cpu\":\"\",\"threads\":1,\"problems\":{}}").message,
            "expected a list in 'problems', found {}");
  EXPECT_EQ(refused("{\"schema\":1,\"cpu\":\"\",\"threads\":1,\"problems\":[7]}").code, Code::Parse);
}
