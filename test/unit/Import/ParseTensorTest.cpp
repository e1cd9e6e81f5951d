// Files with one tensor.
#include "limbeck/Import/Importer.h"
#include <gtest/gtest.h>
#include <onnx.pb.h>

using namespace limbeck;

static Expected<Tensor> parseText(const std::string &bytes) {
  return importer::parseTensor(std::as_bytes(std::span(bytes)));
}

TEST(ParseTensor, ReadsATensor) {
  onnx::TensorProto proto;
  proto.set_data_type(onnx::TensorProto::FLOAT);
  proto.add_dims(1);
  proto.add_dims(3);
  for (float value : {1.5f, -2.0f, 0.25f})
    proto.add_float_data(value);
  auto tensor = parseText(proto.SerializeAsString());
  ASSERT_TRUE(tensor.ok());
  EXPECT_EQ(tensor->dtype(), DType::F32);
  EXPECT_EQ(tensor->shape(), (Shape{1, 3}));
  EXPECT_EQ(tensor->values<float>()[1], -2.0f);
}

TEST(ParseTensor, RefusesWhatIsNone) {
  EXPECT_EQ(parseText("").diagnostic().code, Code::Parse);
  EXPECT_EQ(parseText("no tensor at all").diagnostic().code, Code::Parse);
  EXPECT_EQ(parseText(std::string(5, '\xff')).diagnostic().code, Code::Parse);
}

TEST(ParseTensor, RefusesWhatLiesElsewhereOrIsTooShort) {
  onnx::TensorProto proto;
  proto.set_data_type(onnx::TensorProto::FLOAT);
  proto.add_dims(4);
  proto.add_float_data(1);
  EXPECT_EQ(parseText(proto.SerializeAsString()).diagnostic().code, Code::DataSize);
  proto.clear_float_data();
  proto.set_data_location(onnx::TensorProto::EXTERNAL);
  auto *entry = proto.add_external_data();
  entry->set_key("location");
  entry->set_value("weights.bin");
  EXPECT_FALSE(parseText(proto.SerializeAsString()).ok());
}
