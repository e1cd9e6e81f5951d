// Combinations of dimensions.
#include "limbeck/Session/SourceModel.h"
#include <gtest/gtest.h>

using namespace limbeck;
using namespace limbeck::session;

static std::vector<std::string> entryNames(const SourceModel &model) {
  auto choices = entryChoices(model);
  EXPECT_TRUE(choices.ok());
  std::vector<std::string> names;
  for (const EntryChoice &choice : *choices)
    names.push_back(choice.name);
  return names;
}

TEST(SourceModel, HasOneEntryWithoutDimensions) {
  EXPECT_EQ(entryNames({}), std::vector<std::string>{"main"});
  SourceModel model;
  model.dims = {{"N", {3}}, {"T", {320}}};
  EXPECT_EQ(entryNames(model), std::vector<std::string>{"main"});
  EXPECT_EQ(onlyChoice(model)->dims, (std::map<std::string, int64_t>{{"N", 3}, {"T", 320}}));
}

TEST(SourceModel, HasOneEntryPerCombination) {
  SourceModel model;
  model.dims = {{"N", {1, 8}}, {"S", {7}}, {"T", {64, 320}}};
  EXPECT_EQ(entryNames(model), (std::vector<std::string>{"N=1,T=64", "N=1,T=320", "N=8,T=64", "N=8,T=320"}));
  auto choices = entryChoices(model);
  EXPECT_EQ((*choices)[2].options.dims, (std::map<std::string, int64_t>{{"N", 8}, {"S", 7}, {"T", 64}}));
  EXPECT_EQ(onlyChoice(model).diagnostic().code, Code::Flag);
}

TEST(SourceModel, StatisticsBelongToFrozenValuesToo) {
  importer::Model model;
  model.sha256 = "abc";
  importer::Options none, one, two;
  one.frozen.emplace("s", Tensor::scalar(DType::F32, 1.0f));
  two.frozen.emplace("s", Tensor::scalar(DType::F32, 2.0f));
  EXPECT_EQ(statisticsIdentity(model, none), "abc");
  EXPECT_NE(statisticsIdentity(model, one), "abc");
  EXPECT_NE(statisticsIdentity(model, one), statisticsIdentity(model, two));
  EXPECT_EQ(statisticsIdentity(model, one), statisticsIdentity(model, importer::Options(one)));
}

TEST(SourceModel, BoundsTheNumberOfEntries) {
  SourceModel model;
  for (int64_t value = 1; value <= 8; ++value) {
    model.dims["A"].push_back(value);
    model.dims["B"].push_back(value);
  }
  EXPECT_EQ(entryNames(model).size(), kMostEntries);
  model.dims["C"] = {1, 2};
  EXPECT_EQ(entryChoices(model).diagnostic().code, Code::Flag);
}

TEST(SourceModel, ReportsFrozenFilesThatCannotBeRead) {
  SourceModel model;
  model.frozen["x"] = "no-such-file.npy";
  EXPECT_EQ(entryChoices(model).diagnostic().code, Code::FileKind);
}
