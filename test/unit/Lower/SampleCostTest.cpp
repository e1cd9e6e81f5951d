// Which parts of a run of samples are worth splitting, by bytes and caches alone.
#include "Lower/SampleCost.h"
#include "../Graph/IrTest.h"

using namespace limbeck;

namespace {
/// Functions of one argument f32 [8][columns], whose regions are one run.
class SampleCost : public test::IrTest {
protected:
  /// A region that clamps every element, of the last result.
  void addClamp(int64_t columns) {
    std::string type = "tensor<8x" + std::to_string(columns) + "xf32>";
    addRegion("", "elementwise", type, type, "limbeck.relu %a : (" + type + ") -> " + type);
  }
  /// A product with a constant matrix.
  void addProduct(int64_t depth, int64_t columns) {
    std::string type = "tensor<8x" + std::to_string(depth) + "xf32>",
                result = "tensor<8x" + std::to_string(columns) + "xf32>",
                weights = "tensor<" + std::to_string(depth) + "x" + std::to_string(columns) + "xf32>";
    body += "%w" + std::to_string(count) + " = limbeck.const dense<0.5> : " + weights + "\n";
    addRegion(weights, "matmul", type, result,
              "limbeck.matmul %a, %b : (" + type + ", " + weights + ") -> " + result);
  }

  /// How many parts each chosen stretch has.
  std::vector<size_t> chosen(const lower::Caches &caches = {}) {
    module = parse("func.func @main(%v0: " + first + ") -> " + last + " {\n" + body + "return %v" +
                   std::to_string(count) + " : " + last + "\n}");
    std::vector<size_t> sizes;
    auto runs = lower::findSampleRuns(*module->getOps<mlir::func::FuncOp>().begin());
    EXPECT_EQ(runs.size(), 1u);
    for (const lower::SampleRun &run : runs)
      for (lower::SampleParts parts : lower::worthSplitting(run, caches))
        sizes.push_back(parts.size());
    return sizes;
  }

private:
  void addRegion(const std::string &weights, const std::string &kind, const std::string &type,
                 const std::string &result, const std::string &op) {
    std::string number = std::to_string(count++);
    bool two = !weights.empty();
    body += "%v" + std::to_string(count) + " = limbeck.fused %v" + number + (two ? ", %w" + number : "") +
            " kind = \"" + kind + "\" : (" + type + (two ? ", " + weights : "") + ") -> " + result +
            " {\n^bb0(%a: " + type + (two ? ", %b: " + weights : "") + "):\n%0 = " + op +
            "\nlimbeck.yield %0 : " + result + "\n}\n";
    if (first.empty())
      first = type;
    last = result;
  }

  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::string body, first, last;
  size_t count = 0;
};

constexpr int64_t kLarge = 16384; // columns: a region moves 128 KiB a sample, 1 MiB for all
} // namespace

TEST_F(SampleCost, SplitsWhereOneSampleStaysInTheCacheAndAllDoNot) {
  for (int i = 0; i < 3; ++i)
    addClamp(kLarge);
  EXPECT_EQ(chosen(), std::vector<size_t>{3});
}

TEST_F(SampleCost, SplitsNothingWhereAllSamplesStay) {
  for (int i = 0; i < 3; ++i)
    addClamp(256);
  EXPECT_EQ(chosen(), std::vector<size_t>{});
}

TEST_F(SampleCost, AsksTheCachesOfTheTarget) {
  for (int i = 0; i < 3; ++i)
    addClamp(kLarge);
  lower::Caches small{.second = int64_t(64) << 10, .shareOfThird = int64_t(4) << 20};
  EXPECT_EQ(chosen(small), std::vector<size_t>{}) << "one sample is too much, too";
}

TEST_F(SampleCost, SplitsNoPartAlone) {
  addClamp(kLarge);
  EXPECT_EQ(chosen(), std::vector<size_t>{}) << "nothing lies between two parts";
}

TEST_F(SampleCost, ReadsManyWeightsOnceForAllSamples) {
  for (int i = 0; i < 3; ++i)
    addClamp(kLarge);
  addProduct(kLarge, 256); // 16 MiB of weights
  EXPECT_EQ(chosen(), std::vector<size_t>{3});
}
