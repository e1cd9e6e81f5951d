// One line on a terminal that says how far long work is.
#pragma once
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace limbeck::command {

/// Draws from a thread of its own, so that the time goes on while a step takes long. Gone when destroyed.
class ProgressBar {
public:
  ProgressBar();
  ~ProgressBar();
  void set(std::string_view what, size_t done, size_t total);

private:
  void drawUntilStopped();
  std::string line() const;

  std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
  std::mutex mutex;
  std::condition_variable changed;
  std::string what;
  size_t done = 0, total = 0;
  bool stopping = false;
  std::thread painter;
};

} // namespace limbeck::command
