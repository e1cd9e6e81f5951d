// Counters that a signal handler may read: lock-free atomics only.
#include "limbeck/Support/Interrupt.h"
#include <atomic>
#include <csignal>
#include <unistd.h>

namespace limbeck {

static std::atomic<int> pending = 0, holders = 0, catchers = 0;
static_assert(std::atomic<int>::is_always_lock_free);

static int exitCodeOf(int signal) {
  return 128 + signal;
}

static void onSignal(int signal) {
  bool second = pending.exchange(signal) != 0;
  if (holders == 0 && (catchers == 0 || second))
    ::_exit(exitCodeOf(signal));
}

/// Ends the program when nobody is left who must go first.
static void leave(std::atomic<int> &count) {
  --count;
  if (int signal = pending; signal != 0 && holders == 0 && catchers == 0)
    ::_exit(exitCodeOf(signal));
}

void installInterruptHandler() {
  for (int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction action = {}, former = {};
    if (::sigaction(signal, nullptr, &former) == 0 && former.sa_handler == SIG_IGN)
      continue; // as under nohup
    action.sa_handler = onSignal;
    action.sa_flags = SA_RESTART;
    ::sigaction(signal, &action, nullptr);
  }
}

bool interruptPending() {
  return pending != 0;
}

HoldInterrupt::HoldInterrupt() {
  ++holders;
}

HoldInterrupt::~HoldInterrupt() {
  leave(holders);
}

CatchInterrupt::CatchInterrupt() {
  ++catchers;
}

CatchInterrupt::~CatchInterrupt() {
  leave(catchers);
}

int CatchInterrupt::take() {
  int signal = pending.exchange(0);
  return signal ? exitCodeOf(signal) : 0;
}

} // namespace limbeck
