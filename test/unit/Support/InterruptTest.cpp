// When Ctrl-C ends the program.
#include "limbeck/Support/Interrupt.h"
#include <csignal>
#include <cstdio>
#include <gtest/gtest.h>
#include <unistd.h>

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

TEST(InterruptDeathTest, LeavesTheLastWordsThatWereSet) {
  auto run = [](bool finished) {
    installInterruptHandler();
    sayWhenInterrupted(STDERR_FILENO, "too early");
    sayWhenInterrupted(STDERR_FILENO, "nothing was written", "all was written");
    HoldInterrupt hold;
    std::raise(SIGINT);
    std::fputs("cleaned up, ", stderr);
    if (finished)
      hold.finish();
  };
  EXPECT_EXIT(run(false), ExitedWithCode(130), "^cleaned up, nothing was written$");
  EXPECT_EXIT(run(true), ExitedWithCode(130), "^cleaned up, all was written$");
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
