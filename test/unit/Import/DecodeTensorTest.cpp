// Every way to store the values of a tensor, seen through a model that yields it.
#include "Models.h"
#include <functional>

namespace limbeck::importer::test {
namespace {

using Fill = std::function<void(TensorProto &)>;

Expected<Tensor> decoded(const std::vector<int64_t> &dims, int32_t type, const Fill &fill) {
  ModelBuilder model;
  fill(*model.constant("w", dims, type));
  model.output("w");
  auto imported = model.import();
  if (!imported)
    return std::move(imported.diagnostic());
  return *imported->values[imported->outputs[0]].constant;
}

Fill raw(std::string bytes) {
  return [bytes](TensorProto &tensor) { tensor.set_raw_data(bytes); };
}
Fill integers(std::vector<int32_t> values) {
  return [values](TensorProto &tensor) { tensor.mutable_int32_data()->Add(values.begin(), values.end()); };
}

TEST(DecodeTensor, ReadsTypedFieldsAndRawData) {
  EXPECT_EQ(decoded({2}, TensorProto::INT8, integers({-128, 127}))->asIndices(),
            (std::vector<int64_t>{-128, 127}));
  EXPECT_EQ(decoded({2}, TensorProto::INT8, raw("\x80\x7f"))->asIndices(), (std::vector<int64_t>{-128, 127}));
  EXPECT_EQ(decoded({3}, TensorProto::UINT16, integers({0, 1, 65535}))->asIndices(),
            (std::vector<int64_t>{0, 1, 65535}));
  EXPECT_EQ(decoded({2}, TensorProto::BOOL, integers({0, 1}))->asIndices(), (std::vector<int64_t>{0, 1}));
  auto half = decoded({1}, TensorProto::FLOAT16, integers({0x3c00}));
  ASSERT_TRUE(succeeds(half));
  EXPECT_EQ(half->asDouble(0), 1.0);
  auto brain = decoded({1}, TensorProto::BFLOAT16, integers({0x3f80}));
  EXPECT_EQ(brain->asDouble(0), 1.0);
  auto doubles = decoded({1}, TensorProto::DOUBLE, [](TensorProto &tensor) { tensor.add_double_data(0.1); });
  EXPECT_EQ(doubles->values<double>()[0], 0.1);
  auto large =
      decoded({1}, TensorProto::UINT64, [](TensorProto &tensor) { tensor.add_uint64_data(~uint64_t(0)); });
  EXPECT_EQ(large->values<uint64_t>()[0], ~uint64_t(0));
}

TEST(DecodeTensor, ReadsEmptyTensors) {
  EXPECT_EQ(decoded({0, 3}, TensorProto::FLOAT, [](TensorProto &) {})->shape(), (Shape{0, 3}));
  EXPECT_EQ(decoded({0}, TensorProto::INT4, raw(""))->size(), 0);
}

TEST(DecodeTensor, UnpacksFourBits) {
  EXPECT_EQ(decoded({3}, TensorProto::INT4, raw("\x8f\x07"))->asIndices(), (std::vector<int64_t>{-1, -8, 7}));
  EXPECT_EQ(decoded({3}, TensorProto::UINT4, integers({0x8f, 0x07}))->asIndices(),
            (std::vector<int64_t>{15, 8, 7}));
  EXPECT_TRUE(failsWith(decoded({3}, TensorProto::INT4, raw("\x8f\x17")), Code::Pack));
  EXPECT_TRUE(failsWith(decoded({3}, TensorProto::INT4, raw("\x8f")), Code::Pack));
  EXPECT_TRUE(failsWith(decoded({3}, TensorProto::INT4, raw("abc")), Code::Pack));
  EXPECT_TRUE(failsWith(decoded({2}, TensorProto::UINT4, integers({256})), Code::Value));
}

TEST(DecodeTensor, ComparesSizes) {
  EXPECT_TRUE(failsWith(decoded({1'000'000}, TensorProto::INT64, raw("12345678")), Code::DataSize));
  EXPECT_TRUE(failsWith(decoded({2}, TensorProto::INT64, raw("1234567890123")), Code::DataSize));
  EXPECT_TRUE(failsWith(decoded({2}, TensorProto::INT8, integers({1, 2, 3})), Code::DataSize));
  EXPECT_TRUE(failsWith(decoded({int64_t(1) << 39}, TensorProto::INT64, raw("12345678")), Code::DataSize));
  EXPECT_TRUE(failsWith(decoded({int64_t(1) << 32, int64_t(1) << 32}, TensorProto::FLOAT, raw("")),
                        Code::SizeOverflow));
  EXPECT_TRUE(failsWith(decoded({-4}, TensorProto::FLOAT, raw("")), Code::Dim));
  EXPECT_TRUE(failsWith(decoded(std::vector<int64_t>(17, 1), TensorProto::INT8, raw("a")), Code::Rank));
}

TEST(DecodeTensor, ChecksValues) {
  EXPECT_TRUE(failsWith(decoded({1}, TensorProto::BOOL, raw("\x07")), Code::Value));
  EXPECT_TRUE(failsWith(decoded({1}, TensorProto::BOOL, integers({-1})), Code::Value));
  EXPECT_TRUE(failsWith(decoded({1}, TensorProto::INT8, integers({128})), Code::Value));
  EXPECT_TRUE(failsWith(decoded({1}, TensorProto::FLOAT16, integers({-1})), Code::Value));
}

TEST(DecodeTensor, WantsOneSource) {
  EXPECT_TRUE(failsWith(decoded({1}, TensorProto::FLOAT,
                                [](TensorProto &tensor) {
                                  tensor.set_raw_data("1234");
                                  tensor.add_float_data(1);
                                }),
                        Code::DataField));
  EXPECT_TRUE(failsWith(decoded({1}, TensorProto::FLOAT, integers({1})), Code::DataField));
  EXPECT_TRUE(
      failsWith(decoded({1}, TensorProto::FLOAT, [](TensorProto &tensor) { tensor.mutable_segment(); }),
                Code::DataField));
}

TEST(DecodeTensor, KnowsTypesThatAreNotSupported) {
  EXPECT_TRUE(failsWith(decoded({1}, 9999, raw("1")), Code::DataType));
  EXPECT_TRUE(failsWith(decoded({1}, TensorProto::UNDEFINED, raw("1")), Code::DataType));
  EXPECT_TRUE(failsWith(decoded({1}, TensorProto::STRING, raw("1")), Code::UnsupportedType));
  EXPECT_TRUE(failsWith(decoded({1}, TensorProto::FLOAT8E4M3FN, raw("1")), Code::UnsupportedType));
}

TEST(DecodeTensor, BoundsAllConstantsTogether) {
  ModelBuilder model;
  model.floats("a", {3}, {1, 2, 3}).floats("b", {2}, {1, 2}).output("a").output("b");
  Options options;
  options.limits.initializerBytes = 20;
  EXPECT_TRUE(succeeds(model.import(options)));
  options.limits.initializerBytes = 19;
  EXPECT_TRUE(failsWith(model.import(options), Code::LimitMemory));
}

Expected<Tensor> sparse(const std::vector<int64_t> &dims, const std::vector<float> &values,
                        const std::vector<int64_t> &indices, const std::vector<int64_t> &indexShape) {
  ModelBuilder model;
  auto *proto = model.graph().add_sparse_initializer();
  proto->mutable_values()->set_name("w");
  proto->mutable_values()->set_data_type(TensorProto::FLOAT);
  proto->mutable_values()->add_dims(static_cast<int64_t>(values.size()));
  proto->mutable_values()->mutable_float_data()->Add(values.begin(), values.end());
  proto->mutable_indices()->set_data_type(TensorProto::INT64);
  proto->mutable_indices()->mutable_dims()->Add(indexShape.begin(), indexShape.end());
  proto->mutable_indices()->mutable_int64_data()->Add(indices.begin(), indices.end());
  proto->mutable_dims()->Add(dims.begin(), dims.end());
  model.output("w");
  auto imported = model.import();
  if (!imported)
    return std::move(imported.diagnostic());
  return *imported->values[imported->outputs[0]].constant;
}

TEST(DecodeTensor, ExpandsSparseTensors) {
  EXPECT_EQ(floatsOf(*sparse({2, 3}, {5, 6}, {1, 4}, {2})), (std::vector<float>{0, 5, 0, 0, 6, 0}));
  EXPECT_EQ(floatsOf(*sparse({2, 3}, {5, 6}, {0, 1, 1, 1}, {2, 2})), (std::vector<float>{0, 5, 0, 0, 6, 0}));
  EXPECT_EQ(floatsOf(*sparse({3}, {5}, {2}, {1})), (std::vector<float>{0, 0, 5}));
  EXPECT_TRUE(failsWith(sparse({2, 3}, {5, 6}, {4, 1}, {2}), Code::Sparse));
  EXPECT_TRUE(failsWith(sparse({2, 3}, {5, 6}, {1, 1}, {2}), Code::Sparse));
  EXPECT_TRUE(failsWith(sparse({2, 3}, {5, 6}, {1, 6}, {2}), Code::Sparse));
  EXPECT_TRUE(failsWith(sparse({3}, {5}, {-1}, {1}), Code::Sparse));
  EXPECT_TRUE(failsWith(sparse({2, 3}, {5}, {0, 3}, {1, 2}), Code::Sparse));
  EXPECT_TRUE(failsWith(sparse({2, 3}, {5, 6}, {1, 2, 3}, {3}), Code::Sparse));
  EXPECT_TRUE(failsWith(sparse({int64_t(1) << 38}, {5}, {1}, {1}), Code::LimitMemory));
}

} // namespace
} // namespace limbeck::importer::test
