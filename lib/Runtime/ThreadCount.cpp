// Reads what the kernel says about affinity, topology and control groups. A file that cannot be read says
// nothing.
#include "limbeck/Runtime/ThreadCount.h"
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <sched.h>
#include <set>

namespace limbeck::runtime {

std::vector<int> allowedCpus() {
  std::vector<int> cpus;
  // The kernel refuses a mask that is shorter than its own.
  for (int capacity = 1024; capacity <= 1 << 20 && cpus.empty(); capacity *= 4) {
    cpu_set_t *mask = CPU_ALLOC(capacity);
    if (!mask)
      break;
    size_t bytes = CPU_ALLOC_SIZE(capacity);
    if (::sched_getaffinity(0, bytes, mask) == 0)
      for (int cpu = 0; cpu < capacity; ++cpu)
        if (CPU_ISSET_S(cpu, bytes, mask))
          cpus.push_back(cpu);
    CPU_FREE(mask);
  }
  if (cpus.empty())
    cpus.push_back(0);
  return cpus;
}

/// The lines of a small file. Plain C input, because C++ streams alone would double the size of the runtime
/// library.
static std::vector<std::string> linesOf(const std::string &path) {
  std::vector<std::string> lines;
  std::unique_ptr<std::FILE, int (*)(std::FILE *)> file(std::fopen(path.c_str(), "re"), &std::fclose);
  char buffer[4096];
  while (file && std::fgets(buffer, sizeof buffer, file.get())) {
    std::string_view line = buffer;
    lines.emplace_back(line.substr(0, line.find('\n')));
  }
  return lines;
}

static std::string firstLine(const std::string &path) {
  auto lines = linesOf(path);
  return lines.empty() ? "" : lines.front();
}

int physicalCores(std::span<const int> cpus, const std::string &root) {
  std::set<std::string> cores;
  for (int cpu : cpus) {
    // The CPUs of one core have the same list, "0,4" or "0-1".
    std::string core =
        firstLine(message(root, "/sys/devices/system/cpu/cpu", cpu, "/topology/thread_siblings_list"));
    cores.insert(core.empty() ? std::to_string(cpu) : core);
  }
  return std::max(1, static_cast<int>(cores.size()));
}

static std::optional<int64_t> number(std::string_view text) {
  int64_t value = 0;
  auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  return failure == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

/// Whole CPUs of one group; nothing when it has no quota ("max", or -1).
static std::optional<int> wholeCpus(const std::string &quota, const std::string &period) {
  auto used = number(quota), of = number(period);
  if (!used || !of || *used <= 0 || *of <= 0)
    return std::nullopt;
  return static_cast<int>(std::clamp<int64_t>(*used / *of, 1, kMostThreads));
}

static std::optional<int> quotaOfGroup(const std::string &folder) {
  std::string line = firstLine(folder + "/cpu.max");
  if (size_t space = line.find(' '); space != std::string::npos)
    return wholeCpus(line.substr(0, space), line.substr(space + 1));
  return wholeCpus(firstLine(folder + "/cpu.cfs_quota_us"), firstLine(folder + "/cpu.cfs_period_us"));
}

/// The least quota of a group and all groups above it.
static std::optional<int> quotaUpwards(const std::string &hierarchy, std::string group) {
  std::optional<int> least;
  for (;;) {
    if (auto quota = quotaOfGroup(hierarchy + group); quota && (!least || *quota < *least))
      least = quota;
    size_t slash = group.rfind('/');
    if (group.empty() || slash == std::string::npos)
      return least;
    group.resize(slash);
  }
}

std::optional<int> cpuQuota(const std::string &root) {
  std::string mounts = root + "/sys/fs/cgroup";
  std::optional<int> least;
  // A line is `hierarchy:controllers:/group`; version 2 names no controllers.
  for (const std::string &line : linesOf(root + "/proc/self/cgroup")) {
    size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos)
      continue;
    std::string controllers = line.substr(first + 1, second - first - 1), group = line.substr(second + 1);
    if (group == "/")
      group.clear();
    std::string padded = "," + controllers + ",";
    if (!controllers.empty() && padded.find(",cpu,") == std::string::npos)
      continue;
    auto quota = quotaUpwards(controllers.empty() ? mounts : mounts + "/" + controllers, group);
    if (quota && (!least || *quota < *least))
      least = quota;
  }
  return least;
}

Expected<int> defaultThreadCount() {
  if (const char *text = std::getenv("LIMBECK_NUM_THREADS"); text && *text) {
    auto count = number(text);
    if (!count || *count < 1 || *count > kMostThreads)
      return error(Code::Flag, "expected LIMBECK_NUM_THREADS in [1, ", kMostThreads, "], found '", text, "'");
    return static_cast<int>(*count);
  }
  int cores = std::min(physicalCores(allowedCpus()), kMostThreads);
  return std::min(cores, cpuQuota().value_or(cores));
}

} // namespace limbeck::runtime
