// Names must be text.
#include "Models.h"

namespace limbeck::importer::test {
namespace {

Expected<Model> named(const std::string &name) {
  ModelBuilder model;
  model.input("x", {2}).output("y");
  model.node("Relu", {"x"}, {"y"}).set_name(name);
  return model.import();
}

TEST(Names, AcceptsText) {
  for (const char *name : {"plain", "a/b:c d", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "tab\there"})
    EXPECT_TRUE(succeeds(named(name))) << name;
}

TEST(Names, RefusesOtherBytes) {
  for (const std::string &name :
       {std::string("\xff"), std::string("\xc3"), std::string("\xc0\xaf"), std::string("\xed\xa0\x80"),
        std::string("\xf4\x90\x80\x80"), std::string("\x80"), std::string("a\0b", 3)})
    EXPECT_TRUE(failsWith(named(name), Code::Name)) << testing::PrintToString(name);
}

TEST(Names, BoundsLength) {
  EXPECT_TRUE(succeeds(named(std::string(4096, 'n'))));
  EXPECT_TRUE(failsWith(named(std::string(4097, 'n')), Code::Name));
}

TEST(Names, LooksEverywhere) {
  ModelBuilder symbol;
  symbol.input("x", {"\xff"}).output("x");
  EXPECT_TRUE(failsWith(symbol.import(), Code::Name));
  ModelBuilder nested;
  nested.scalar("c", 1, TensorProto::BOOL).output("y");
  auto &node = nested.node("If", {"c"}, {"y"});
  ModelBuilder::addNode(addGraph(node, "then_branch"), "Relu", {"\xff"}, {"y"});
  EXPECT_TRUE(failsWith(nested.import(), Code::Name));
  ModelBuilder function;
  function.proto.add_functions()->set_name("\xff");
  function.output("y");
  EXPECT_TRUE(failsWith(function.import(), Code::Name));
}

} // namespace
} // namespace limbeck::importer::test
