// Folding, shape arithmetic over symbols, and names of values.
#include "Import/GraphBuilder.h"
#include "Models.h"

namespace limbeck::importer::test {
namespace {

class GraphBuilderTest : public testing::Test {
protected:
  GraphBuilderTest() { builder.beginNode({"node", "Op"}); }
  ValueId constant(const std::vector<int64_t> &values) {
    return builder.makeConstant(Tensor::fromIndices(values));
  }
  ValueId one(std::string_view op, reference::Attributes attributes, std::vector<ValueId> operands) {
    auto value = builder.createOne(op, std::move(attributes), std::move(operands));
    EXPECT_TRUE(succeeds(value)) << op;
    return value ? *value : 0;
  }

  Model model;
  Limits limits;
  GraphBuilder builder{model, limits};
};

TEST_F(GraphBuilderTest, FoldsConstants) {
  ValueId sum = one("add", {}, {constant({1, 2, 3}), constant({10})});
  ASSERT_NE(builder.constant(sum), nullptr);
  EXPECT_EQ(builder.constant(sum)->asIndices(), (std::vector<int64_t>{11, 12, 13}));
  EXPECT_TRUE(model.ops.empty());
}

TEST_F(GraphBuilderTest, DoesNotFoldWhatGrows) {
  ValueId one_ = builder.makeConstant(floatTensor({1}, {1}));
  ValueId small = one("expand", {{"shape", Shape{1024}}}, {one_});
  EXPECT_NE(builder.constant(small), nullptr);
  ValueId large = one("expand", {{"shape", Shape{1025}}}, {one_});
  EXPECT_EQ(builder.constant(large), nullptr);
  EXPECT_EQ(builder.type(large).shape, (Shape{1025}));
}

TEST_F(GraphBuilderTest, KeepsDequantizeOfConstants) {
  ValueId weights = builder.makeConstant(Tensor::scalar<uint8_t>(DType::U8, 7));
  ValueId scale = builder.makeConstant(floatTensor({}, {0.5f}));
  ValueId zero = builder.makeConstant(Tensor::scalar<uint8_t>(DType::U8, 3));
  reference::Attributes attributes{{"axis", int64_t(0)}, {"block_size", int64_t(0)}, {"to", DType::F32}};
  ValueId value = one("dequantize_by", attributes, {weights, scale, zero});
  EXPECT_EQ(builder.constant(value), nullptr);
  EXPECT_EQ(model.ops.size(), 1u);
}

TEST_F(GraphBuilderTest, ReportsWhatInferenceRefuses) {
  EXPECT_TRUE(failsWith(builder.create("add", {}, {constant({1, 2, 3}), constant({1, 2})}), Code::Shape));
  EXPECT_TRUE(failsWith(builder.create("no_such_op", {}, {}), Code::Internal));
  EXPECT_TRUE(failsWith(builder.create("add", {}, {constant({1})}), Code::Arity));
}

TEST_F(GraphBuilderTest, FollowsShapeArithmeticOverSymbols) {
  ValueId x = builder.addValue("x", {DType::F32, {kUnknown, 3, 48, kUnknown}, nullptr});
  ValueId shape = one("shape", {{"start", int64_t(0)}, {"end", int64_t(4)}}, {x});
  EXPECT_EQ(builder.constant(shape), nullptr);
  EXPECT_EQ(builder.partialIndices(shape), (std::vector<int64_t>{kUnknown, 3, 48, kUnknown}));

  reference::Attributes middle{{"starts", Shape{1}}, {"ends", Shape{3}}, {"steps", Shape{1}}};
  ValueId known = one("slice", middle, {shape});
  EXPECT_EQ(builder.partialIndices(known), (std::vector<int64_t>{3, 48}));
  ASSERT_NE(builder.constant(known), nullptr) << "all that is left is known";

  ValueId picked = one("gather", {{"axis", int64_t(0)}}, {shape, constant({-1, 2})});
  EXPECT_EQ(builder.partialIndices(picked), (std::vector<int64_t>{kUnknown, 48}));
  ValueId joined = one("concat", {{"axis", int64_t(0)}}, {known, picked});
  EXPECT_EQ(builder.partialIndices(joined), (std::vector<int64_t>{3, 48, kUnknown, 48}));
  ValueId doubled = one("mul", {}, {joined, constant({2})});
  EXPECT_EQ(builder.partialIndices(doubled), (std::vector<int64_t>{6, 96, kUnknown, 96}));
  ValueId narrow = one("cast", {{"to", DType::S32}}, {doubled});
  EXPECT_EQ(builder.partialIndices(narrow), (std::vector<int64_t>{6, 96, kUnknown, 96}));
  ValueId divided = one("div", {}, {constant({100}), picked});
  EXPECT_EQ(builder.partialIndices(divided), (std::vector<int64_t>{kUnknown, 2}))
      << "no division by an unknown";
  ValueId square = one("reshape", {{"shape", Shape{2, 2}}}, {joined});
  ValueId turned = one("transpose", {{"perm", Shape{1, 0}}}, {square});
  EXPECT_EQ(builder.partialIndices(turned), (std::vector<int64_t>{3, kUnknown, 48, 48}));
}

TEST_F(GraphBuilderTest, KnowsWhichDimensionsWereMoved) {
  ValueId x = builder.addValue("x", {DType::F32, {kUnknown, 3, kUnknown}, nullptr});
  ValueId shape = one("shape", {{"start", int64_t(1)}, {"end", int64_t(3)}}, {x});
  ValueId joined = one("concat", {{"axis", int64_t(0)}}, {constant({5}), shape});
  ValueId narrow = one("cast", {{"to", DType::S32}}, {joined});
  auto behind = builder.dimensionsBehind(narrow);
  ASSERT_EQ(behind.size(), 3u);
  EXPECT_FALSE(behind[0]) << "a constant";
  ASSERT_TRUE(behind[1] && behind[2]);
  EXPECT_EQ(behind[1]->tensor, x);
  EXPECT_EQ(behind[1]->axis, 1);
  EXPECT_EQ(behind[2]->axis, 2);
  for (ValueId computed : {one("mul", {}, {joined, constant({1})}), one("neg", {}, {joined})})
    for (const auto &dimension : builder.dimensionsBehind(computed))
      EXPECT_FALSE(dimension) << "computed";
  EXPECT_TRUE(builder.dimensionsBehind(constant({5})).empty());
}

TEST_F(GraphBuilderTest, KnowsWhatMadeAValue) {
  ValueId x = builder.addValue("x", {DType::F32, {2}, nullptr});
  ValueId negative = one("neg", {}, {x}), positive = one("abs", {}, {negative});
  ASSERT_NE(builder.maker(negative), nullptr);
  EXPECT_EQ(builder.maker(negative)->definition->name, "neg");
  EXPECT_EQ(builder.maker(positive)->operands, std::vector{negative});
  EXPECT_EQ(builder.maker(x), nullptr);
  builder.beginRegion();
  ValueId inside = one("neg", {}, {positive});
  EXPECT_EQ(builder.maker(inside), nullptr) << "made under a condition";
  (void)builder.endRegion({inside});
}

TEST_F(GraphBuilderTest, KnowsNothingOfData) {
  ValueId x = builder.addValue("x", {DType::S64, {4}, nullptr});
  EXPECT_EQ(builder.partialIndices(x), std::nullopt);
  EXPECT_EQ(builder.partialIndices(one("neg", {}, {x})), std::nullopt);
  ValueId joined = one("concat", {{"axis", int64_t(0)}}, {constant({5}), x});
  EXPECT_EQ(builder.partialIndices(joined), (std::vector<int64_t>{5, -1, -1, -1, -1}));
}

TEST_F(GraphBuilderTest, MakesNamesUnique) {
  ValueId first = builder.nextValue();
  ValueId x = builder.addValue("x", {DType::F32, {2}, nullptr});
  ValueId a = one("neg", {}, {x}), b = one("abs", {}, {a});
  builder.nameResults(first, std::vector{b}, std::vector<std::string>{"x"});
  EXPECT_EQ(model.values[x].name, "x");
  EXPECT_EQ(model.values[b].name, "x#1");
  EXPECT_FALSE(model.values[a].name.empty());
  EXPECT_NE(model.values[a].name, model.values[b].name);
}

TEST_F(GraphBuilderTest, BoundsValues) {
  limits.tensors = 2;
  ValueId x = builder.addValue("x", {DType::F32, {2}, nullptr});
  ValueId y = one("neg", {}, {x});
  EXPECT_TRUE(failsWith(builder.create("neg", {}, {y}), Code::LimitNodes));
  limits.tensors = 100;
  limits.elements = 100;
  EXPECT_TRUE(failsWith(
      builder.create("expand", {{"shape", Shape{101}}}, {builder.makeConstant(floatTensor({1}, {1}))}),
      Code::SizeOverflow));
}

} // namespace
} // namespace limbeck::importer::test
