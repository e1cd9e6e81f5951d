#include "limbeck/Session/CHeader.h"
#include "gtest/gtest.h"

using namespace limbeck::session;

TEST(CHeader, NamesAreThoseOfTheFileMadeFitForC) {
  EXPECT_EQ(cSymbol("folder/res-net 50.qdq.o"), "limbeck_res_net_50_qdq");
  EXPECT_EQ(cHeaderPath("folder/model.so"), "folder/model.h");
}

TEST(CHeader, DeclaresDataAndLoader) {
  std::string text = cHeader("limbeck_m");
  EXPECT_NE(text.find("extern const unsigned char limbeck_m[];"), std::string::npos);
  EXPECT_NE(text.find("limbeck_m_load(limbeck_model **model)"), std::string::npos);
}
