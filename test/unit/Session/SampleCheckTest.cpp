// What is wrong with samples, and what is odd about them.
#include "Session/SampleCheck.h"
#include <gtest/gtest.h>
#include <limits>

using namespace limbeck;
using namespace limbeck::session;

static SampleCheck check() {
  return SampleCheck({{"image", {DType::F32, {1, 2, 2}, nullptr}}, {"mask", {DType::S64, {1, 2}, nullptr}}});
}
static std::vector<Tensor> sample(std::vector<float> image) {
  Tensor x = std::move(*Tensor::zeros(DType::F32, {1, 2, static_cast<int64_t>(image.size() / 2)}));
  std::ranges::copy(image, x.mutableValues<float>().begin());
  return {x, *Tensor::zeros(DType::S64, {1, 2})};
}

TEST(SampleCheck, RefusesWhatIsNotFinite) {
  for (float bad : {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
    Status status = check().add(sample({1, 2, bad, 3}));
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.diagnostic().code, Code::Calibration);
    EXPECT_NE(status.diagnostic().message.find("'image'"), std::string::npos);
    EXPECT_NE(status.diagnostic().message.find("element 2"), std::string::npos);
  }
}

TEST(SampleCheck, NamesTheSample) {
  std::vector<NamedType> inputs = {{"image", {DType::F32, {1, 2, 2}, nullptr}}};
  std::vector<Tensor> values = {sample({1, 2, std::numeric_limits<float>::infinity(), 3}).front()};
  std::string file = "set.npz";
  Status status = expectFinite(Sample{values, file, 12, 5, inputs});
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.diagnostic().text(), "set.npz: error: [E-CALIB] sample 5: expected finite values of input "
                                        "'image', found an infinity at element 2");
  values = {sample({1, 2, 3, 4}).front()};
  EXPECT_TRUE(expectFinite(Sample{values, file, 12, 5, inputs}).ok());
}

TEST(SampleCheck, AsksForANumberToCompareWith) {
  constexpr float infinity = std::numeric_limits<float>::infinity(),
                  nan = std::numeric_limits<float>::quiet_NaN();
  std::vector<NamedType> inputs = {{"image", {DType::F32, {1, 2, 2}, nullptr}}};
  std::vector<Tensor> values = {sample({1, 2, 3, 4}).front()};
  std::string file = "set.npz";
  const std::vector<std::string> outputs = {"y", "ids"};
  auto check = [&](std::vector<float> found) {
    return expectSignal(Sample{values, file, 12, 5, inputs}, outputs, sample(std::move(found)));
  };
  EXPECT_TRUE(check({nan, infinity, 0, -infinity}).ok());
  Status status = check({nan, infinity, nan, nan});
  ASSERT_FALSE(status.ok());
  EXPECT_TRUE(status.diagnostic().text().starts_with(
      "set.npz: error: [E-CALIB] sample 5: expected numbers from the float model as output 'y', found NaN"))
      << status.diagnostic().text();
}

TEST(SampleCheck, NamesChannelsOfZeros) {
  SampleCheck some = check();
  ASSERT_TRUE(some.add(sample({0, 0, 0, 0})).ok());
  EXPECT_EQ(some.notes(), std::vector<std::string>{"input 'image' is 0 in all samples"})
      << "integers are no channels";
  ASSERT_TRUE(some.add(sample({0, 1, 0, 0})).ok());
  EXPECT_EQ(some.notes(),
            std::vector<std::string>{"input 'image': 1 of 2 channels are 0 in all samples, the first is 1"});
  ASSERT_TRUE(some.add(sample({0, 0, 0, -1})).ok());
  EXPECT_TRUE(some.notes().empty());
}

TEST(SampleCheck, NamesIdsBeyondTheirTable) {
  SampleCheck some({{"ids", {DType::S64, {1, 2}, nullptr}}}, {{0, 10, "embed"}});
  auto add = [&](int64_t first, int64_t second) {
    Tensor ids = std::move(*Tensor::zeros(DType::S64, {1, 2}));
    ids.mutableValues<int64_t>()[0] = first;
    ids.mutableValues<int64_t>()[1] = second;
    ASSERT_TRUE(some.add(std::span<const Tensor>(&ids, 1)).ok());
  };
  add(-10, 9);
  EXPECT_TRUE(some.notes().empty());
  add(0, 10);
  EXPECT_EQ(some.notes(), std::vector<std::string>{
                              "input 'ids' has values beyond the 10 rows of 'embed' in 1 sample, such as 10: "
                              "the last row or the first stands for them"});
  add(-11, -12);
  EXPECT_NE(some.notes().front().find("in 2 samples, such as 10:"), std::string::npos);
}
