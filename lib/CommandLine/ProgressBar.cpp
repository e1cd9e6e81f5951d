// Drawing: a bar where the number of steps is known, the count otherwise, and the seconds.
#include "limbeck/CommandLine/ProgressBar.h"
#include "limbeck/Support/Printable.h"
#include <cstdio>

namespace limbeck::command {

ProgressBar::ProgressBar() : painter([this] { drawUntilStopped(); }) {}

ProgressBar::~ProgressBar() {
  {
    std::lock_guard lock(mutex);
    stopping = true;
  }
  changed.notify_one();
  painter.join();
}

void ProgressBar::set(std::string_view newWhat, size_t newDone, size_t newTotal) {
  std::lock_guard lock(mutex);
  what = newWhat;
  done = newDone;
  total = newTotal;
}

std::string ProgressBar::line() const {
  constexpr size_t width = 24, longest = 40;
  auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - start).count();
  std::string text;
  if (total > 0) {
    size_t filled = std::min(done, total) * width / total;
    text = "[" + std::string(filled, '=') + std::string(width - filled, ' ') + "] ";
  } else if (done > 0) {
    text = std::to_string(done) + " ";
  }
  return text + printable(what, longest) + " " + std::to_string(seconds) + " s";
}

void ProgressBar::drawUntilStopped() {
  std::unique_lock lock(mutex);
  bool drawn = false;
  // Short work shows nothing.
  auto next = start + std::chrono::seconds(2);
  while (!changed.wait_until(lock, next, [this] { return stopping; })) {
    std::fprintf(stderr, "\r\033[K%s", line().c_str());
    drawn = true;
    next = std::chrono::steady_clock::now() + std::chrono::milliseconds(250);
  }
  if (drawn)
    std::fputs("\r\033[K", stderr);
}

} // namespace limbeck::command
