// What Ctrl-C (and a request to end: SIGTERM, SIGHUP) does while there is something to clean up or to keep.
#pragma once
#include <string>

namespace limbeck {

/// From now on such a signal ends the program with exit code 128 + its number (130 for Ctrl-C): at once, or as soon as the
/// last of the objects below is gone. Without this call they change nothing.
void installInterruptHandler();
/// What the program says when a signal ends it, whole, on an open file (STDERR_FILENO, ..); nothing when not called. `finished` is said in
/// place of `text` where the work was done (HoldInterrupt::finish).
void sayWhenInterrupted(int file, std::string text, std::string finished = "");
/// Whether the program is about to end: long work that is held should stop.
bool interruptPending();

/// While one exists the program does not end: its owner leaves something that must be removed first.
class HoldInterrupt {
public:
  HoldInterrupt();
  ~HoldInterrupt();
  HoldInterrupt(const HoldInterrupt &) = delete;
  HoldInterrupt &operator=(const HoldInterrupt &) = delete;

  /// From now on the work counts as done: an end with this one loses nothing.
  void finish() { finished = true; }

private:
  bool finished = false;
};

/// While one exists its owner asks for the first signal and ends the work in good order; a second one ends the program.
class CatchInterrupt {
public:
  CatchInterrupt();
  ~CatchInterrupt();
  CatchInterrupt(const CatchInterrupt &) = delete;
  CatchInterrupt &operator=(const CatchInterrupt &) = delete;

  /// The exit code that a signal asks for, once, or 0.
  int take();
};

} // namespace limbeck
