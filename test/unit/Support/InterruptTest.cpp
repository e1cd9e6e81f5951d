// When Ctrl-C ends the program.
#include "limbeck/Support/Interrupt.h"
#include <csignal>
#include <cstdio>
#include <gtest/gtest.h>

namespace limbeck {

using testing::ExitedWithCode;

TEST(InterruptDeathTest, EndsAtOnceWhenNobodyHolds) {
  auto run = [] {
    installInterruptHandler();
    std::raise(SIGTERM);
    std::fputs("still there", stderr);
  };
  EXPECT_EXIT(run(), ExitedWithCode(143), "^$");
}

TEST(InterruptDeathTest, WaitsForTheLastHolder) {
  auto run = [] {
    installInterruptHandler();
    {
      HoldInterrupt outer;
      {
        HoldInterrupt inner;
        std::raise(SIGINT);
        std::raise(SIGINT);
      }
      std::fputs(interruptPending() ? "cleaned up" : "", stderr);
    }
    std::fputs("still there", stderr);
  };
  EXPECT_EXIT(run(), ExitedWithCode(130), "^cleaned up$");
}

TEST(InterruptDeathTest, IsTakenOnce) {
  auto run = [] {
    installInterruptHandler();
    CatchInterrupt interrupt;
    std::raise(SIGINT);
    std::fprintf(stderr, "%d %d %d", interrupt.take(), interrupt.take(), interruptPending());
    std::raise(SIGINT);
    std::raise(SIGINT); // asked for twice: at once
    std::fputs("still there", stderr);
  };
  EXPECT_EXIT(run(), ExitedWithCode(130), "^130 0 0$");
}

TEST(InterruptDeathTest, LeavesIgnoredSignalsIgnored) {
  auto run = [] {
    std::signal(SIGHUP, SIG_IGN);
    installInterruptHandler();
    std::raise(SIGHUP);
    std::_Exit(7);
  };
  EXPECT_EXIT(run(), ExitedWithCode(7), "");
}

} // namespace limbeck
