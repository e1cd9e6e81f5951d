// Thread counts from made-up system files.
#include "limbeck/Runtime/ThreadCount.h"
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>

namespace limbeck::runtime {

/// A folder that stands for the root of the file system.
class ThreadCount : public testing::Test {
protected:
  void SetUp() override {
    root =
        testing::TempDir() + "limbeck-root-" + testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(root);
  }
  void TearDown() override { std::filesystem::remove_all(root); }
  void put(const std::string &path, const std::string &text) {
    std::filesystem::create_directories(std::filesystem::path(root + path).parent_path());
    std::ofstream(root + path) << text << "\n";
  }
  std::string root;
};

TEST_F(ThreadCount, CountsCoresNotSiblings) {
  const char *siblings[] = {"0,2", "1,3", "0,2", "1,3", "4-5", "4-5", "6-7", "6-7"};
  for (int cpu = 0; cpu < 8; ++cpu)
    put("/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/thread_siblings_list",
        siblings[cpu]);
  EXPECT_EQ(physicalCores(std::vector{0, 1, 2, 3, 4, 5, 6, 7}, root), 4);
  EXPECT_EQ(physicalCores(std::vector{0, 2}, root), 1);
  EXPECT_EQ(physicalCores(std::vector{1, 2, 5}, root), 3);
  EXPECT_EQ(physicalCores(std::vector{8, 9}, root), 2); // no files: each counts
  EXPECT_EQ(physicalCores({}, root), 1);
}

TEST_F(ThreadCount, ReadsQuotasOfVersionTwo) {
  EXPECT_EQ(cpuQuota(root), std::nullopt);
  put("/proc/self/cgroup", "0::/a/b");
  EXPECT_EQ(cpuQuota(root), std::nullopt);
  put("/sys/fs/cgroup/a/b/cpu.max", "max 100000");
  EXPECT_EQ(cpuQuota(root), std::nullopt);
  put("/sys/fs/cgroup/a/b/cpu.max", "350000 100000");
  EXPECT_EQ(cpuQuota(root), 3);
  put("/sys/fs/cgroup/a/cpu.max", "50000 100000");
  EXPECT_EQ(cpuQuota(root), 1);
  put("/sys/fs/cgroup/a/cpu.max", "200000 100000");
  EXPECT_EQ(cpuQuota(root), 2);
  put("/sys/fs/cgroup/a/cpu.max", "rubbish");
  EXPECT_EQ(cpuQuota(root), 3);
  put("/sys/fs/cgroup/a/b/cpu.max", "1 0");
  EXPECT_EQ(cpuQuota(root), std::nullopt);
}

TEST_F(ThreadCount, ReadsQuotasOfTheRootGroup) {
  put("/proc/self/cgroup", "0::/");
  put("/sys/fs/cgroup/cpu.max", "250000 100000");
  EXPECT_EQ(cpuQuota(root), 2);
}

TEST_F(ThreadCount, ReadsQuotasOfVersionOne) {
  put("/proc/self/cgroup", "12:memory:/m\nnonsense\n4:cpu,cpuacct:/docker/x");
  put("/sys/fs/cgroup/cpu,cpuacct/docker/x/cpu.cfs_quota_us", "-1");
  put("/sys/fs/cgroup/cpu,cpuacct/docker/x/cpu.cfs_period_us", "100000");
  EXPECT_EQ(cpuQuota(root), std::nullopt);
  put("/sys/fs/cgroup/cpu,cpuacct/docker/x/cpu.cfs_quota_us", "799999");
  EXPECT_EQ(cpuQuota(root), 7);
}

TEST_F(ThreadCount, TheVariableWins) {
  ::setenv("LIMBECK_NUM_THREADS", "5", 1);
  EXPECT_EQ(*defaultThreadCount(), 5);
  for (const char *bad : {"0", "-1", "1025", "two", "3 ", "99999999999999999999"}) {
    ::setenv("LIMBECK_NUM_THREADS", bad, 1);
    auto count = defaultThreadCount();
    ASSERT_FALSE(count) << bad;
    EXPECT_EQ(count.diagnostic().code, Code::Flag);
  }
  ::unsetenv("LIMBECK_NUM_THREADS");
  auto count = defaultThreadCount();
  ASSERT_TRUE(count);
  EXPECT_GE(*count, 1);
  EXPECT_LE(*count, static_cast<int>(allowedCpus().size()));
}

} // namespace limbeck::runtime
