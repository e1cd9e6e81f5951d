// Counters that a signal handler may read: lock-free atomics only.
#include "limbeck/Support/Interrupt.h"
#include <atomic>
#include <csignal>
#include <list>
#include <unistd.h>

namespace limbeck {

static std::atomic<int> pending = 0, holders = 0, catchers = 0;
static_assert(std::atomic<int>::is_always_lock_free);

namespace {
struct LastWords {
  int file;
  std::string text, finished;
};
} // namespace

static std::atomic<const LastWords *> lastWords = nullptr;
static_assert(std::atomic<const LastWords *>::is_always_lock_free);

static int exitCodeOf(int signal) {
  return 128 + signal;
}

/// Calls only what a signal handler may.
[[noreturn]] static void endInterrupted(int signal, bool finished) {
  if (const LastWords *words = lastWords.exchange(nullptr)) {
    const std::string &text = finished ? words->finished : words->text;
    for (size_t at = 0; at < text.size();) {
      ssize_t count = ::write(words->file, text.data() + at, text.size() - at);
      if (count <= 0)
        break;
      at += static_cast<size_t>(count);
    }
  }
  ::_exit(exitCodeOf(signal));
}

static void onSignal(int signal) {
  bool second = pending.exchange(signal) != 0;
  if (holders == 0 && (catchers == 0 || second))
    endInterrupted(signal, false);
}

/// Ends the program when nobody is left who must go first.
static void leave(std::atomic<int> &count, bool finished = false) {
  --count;
  if (int signal = pending; signal != 0 && holders == 0 && catchers == 0)
    endInterrupted(signal, finished);
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

void sayWhenInterrupted(int file, std::string text, std::string finished) {
  static std::list<LastWords> all; // a signal may still read the former ones
  lastWords = &all.emplace_back(file, std::move(text), std::move(finished));
}

bool interruptPending() {
  return pending != 0;
}

HoldInterrupt::HoldInterrupt() {
  ++holders;
}

HoldInterrupt::~HoldInterrupt() {
  leave(holders, finished);
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
