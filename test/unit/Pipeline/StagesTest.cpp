// Stages by name, in order.
#include "limbeck/Pipeline/Stages.h"
#include <gtest/gtest.h>

using namespace limbeck::pipeline;

TEST(Stages, AreFoundByTheirNames) {
  for (Stage stage : allStages())
    EXPECT_EQ(stageFromName(name(stage)), stage);
  EXPECT_EQ(stageFromName("Import"), std::nullopt);
  EXPECT_EQ(stageFromName(""), std::nullopt);
}

TEST(Stages, StandInTheOrderOfTheDataFlow) {
  ASSERT_FALSE(allStages().empty());
  EXPECT_EQ(allStages().front(), Stage::Import);
  EXPECT_EQ(allStages().back(), Stage::Lower);
  for (size_t i = 1; i < allStages().size(); ++i)
    EXPECT_LT(allStages()[i - 1], allStages()[i]);
}

TEST(Stages, SayWhatHoldsBehindThem) {
  for (Stage stage : allStages())
    EXPECT_FALSE(description(stage).empty()) << name(stage);
}
