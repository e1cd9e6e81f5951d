// Tensors survive the way into attributes and back, inline and as blobs.
#include "limbeck/Graph/IR/Constants.h"
#include "IrTest.h"
#include "mlir/IR/DialectResourceBlobManager.h"

namespace limbeck::test {
namespace {

using ConstantsTest = IrTest;

/// A tensor of `count` small values that both signs and all 4-bit patterns occur in.
Tensor patterned(DType dtype, int64_t count) {
  Tensor tensor = std::move(*Tensor::zeros(dtype, {count}));
  dispatch(dtype, [&]<class T>() {
    for (int64_t i = 0; i < count; ++i) {
      int value = static_cast<int>((i * 7) % 16) - (isSigned(dtype) ? 8 : 0);
      if constexpr (std::is_same_v<T, bool>)
        tensor.mutableValues<bool>()[i] = i % 3 == 0;
      else
        tensor.mutableValues<T>()[i] = T(value);
    }
  });
  return tensor;
}

TEST_F(ConstantsTest, EveryTypeRoundTrips) {
  for (DType dtype : {
#define LIMBECK_DTYPE(identifier, name, bits, type) DType::identifier,
#include "limbeck/Tensor/DTypes.def"
       })
    for (int64_t count : {0, 1, 3, 17, 10001}) {
      Tensor tensor = patterned(dtype, count);
      auto attribute = graph::toElementsAttr(&context, tensor);
      ASSERT_TRUE(attribute) << attribute.diagnostic().text();
      EXPECT_EQ(mlir::isa<mlir::DenseResourceElementsAttr>(*attribute),
                tensor.byteSize() > graph::kInlineBytes);
      auto back = graph::toTensor(*attribute);
      ASSERT_TRUE(back) << back.diagnostic().text();
      EXPECT_TRUE(back->identical(tensor)) << name(dtype) << " x " << count;
    }
}

TEST_F(ConstantsTest, EqualBlobsAreShared) {
  auto first = graph::toElementsAttr(&context, patterned(DType::F32, 5000));
  auto second = graph::toElementsAttr(&context, patterned(DType::F32, 5000));
  auto other = graph::toElementsAttr(&context, patterned(DType::F32, 5001));
  EXPECT_EQ(*first, *second);
  EXPECT_NE(*first, *other);
}

TEST_F(ConstantsTest, BlobNamesFollowFromTheContent) {
  auto nameIn = [](mlir::MLIRContext &where) {
    auto attribute = graph::toElementsAttr(&where, patterned(DType::S8, 5000));
    return mlir::cast<mlir::DenseResourceElementsAttr>(*attribute).getRawHandle().getKey().str();
  };
  mlir::MLIRContext fresh;
  fresh.loadDialect<graph::LimbeckDialect>();
  EXPECT_EQ(nameIn(context), nameIn(fresh));
}

TEST_F(ConstantsTest, HalvesArePackedLowFirst) {
  Tensor tensor = patterned(DType::U4, 4097);
  auto attribute = graph::toElementsAttr(&context, tensor);
  auto resource = mlir::cast<mlir::DenseResourceElementsAttr>(*attribute);
  llvm::ArrayRef<char> bytes = resource.getRawHandle().getBlob()->getData();
  ASSERT_EQ(bytes.size(), 2049u);
  EXPECT_EQ(static_cast<uint8_t>(bytes[0]), 0x70); // values 0 and 7
}

TEST_F(ConstantsTest, SplatsAreExpanded) {
  auto module = parse("%0 = limbeck.const dense<-3> : tensor<2x3xsi4>");
  graph::ConstOp op = *module->getOps<graph::ConstOp>().begin();
  auto tensor = graph::constantOf(op.getResult());
  ASSERT_TRUE(tensor);
  EXPECT_TRUE(tensor->identical(tensorOf<int8_t>(DType::S4, {2, 3}, {-3, -3, -3, -3, -3, -3})));
}

TEST_F(ConstantsTest, ElidedDataIsAnError) {
  auto module = parse("%0 = limbeck.const dense_resource<__elided__> : tensor<3xf32>");
  graph::ConstOp op = *module->getOps<graph::ConstOp>().begin();
  EXPECT_FALSE(graph::constantOf(op.getResult()));
  auto tensor = graph::toTensor(op.getValue());
  ASSERT_FALSE(tensor);
  EXPECT_EQ(tensor.diagnostic().code, Code::DataSize);
}

TEST_F(ConstantsTest, QuantizedConstantIsReadAsStored) {
  auto module = parse(R"(
    %0 = limbeck.const dense<[1, 255]> : tensor<2xui8>
    %1 = limbeck.storage_cast %0 : (tensor<2xui8>) -> tensor<2x!quant.uniform<u8:f32, 0.5:128>>
    %2 = limbeck.dequantize %1 : (tensor<2x!quant.uniform<u8:f32, 0.5:128>>) -> tensor<2xf32>)");
  graph::DequantizeOp op = *module->getOps<graph::DequantizeOp>().begin();
  auto stored = graph::constantOf(op.getX());
  ASSERT_TRUE(stored);
  EXPECT_TRUE(stored->identical(tensorOf<uint8_t>(DType::U8, {2}, {1, 255})));
  EXPECT_FALSE(graph::constantOf(op.getResult()));
}

} // namespace
} // namespace limbeck::test
