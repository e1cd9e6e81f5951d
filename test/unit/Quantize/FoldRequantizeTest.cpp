// Joining dequantize and quantize changes no bit.
#include "../Graph/PassTest.h"
#include "limbeck/Quantize/Passes.h"

namespace limbeck::test {
namespace {

using FoldRequantize = PassTest;

TEST_F(FoldRequantize, PairsOfDifferentEqualAndWiderTypes) {
  auto module = expectSameBits(R"(
    !a = !quant.uniform<u8:f32, 0.10000000149011612:30>
    !narrow = !quant.uniform<u8<10:200>:f32, 0.10000000149011612:30>
    !b = !quant.uniform<i8:f32, 0.27000001072883606:-5>
    func.func @main(%x: tensor<5x7xui8>) -> (tensor<5x7xsi8>, tensor<5x7xui8>, tensor<5x7xui8>, tensor<5x7xui8>) {
    %0 = limbeck.storage_cast %x : (tensor<5x7xui8>) -> tensor<5x7x!a>
    %1 = limbeck.dequantize %0 : (tensor<5x7x!a>) -> tensor<5x7xf32>
    %2 = limbeck.quantize %1 : (tensor<5x7xf32>) -> tensor<5x7x!b>
    %3 = limbeck.quantize %1 : (tensor<5x7xf32>) -> tensor<5x7x!a>
    %4 = limbeck.quantize %1 : (tensor<5x7xf32>) -> tensor<5x7x!narrow>
    %5 = limbeck.requantize %4 : (tensor<5x7x!narrow>) -> tensor<5x7x!a>
    %6 = limbeck.storage_cast %2 : (tensor<5x7x!b>) -> tensor<5x7xsi8>
    %7 = limbeck.storage_cast %3 : (tensor<5x7x!a>) -> tensor<5x7xui8>
    %8 = limbeck.storage_cast %4 : (tensor<5x7x!narrow>) -> tensor<5x7xui8>
    %9 = limbeck.storage_cast %5 : (tensor<5x7x!a>) -> tensor<5x7xui8>
    return %6, %7, %8, %9 : tensor<5x7xsi8>, tensor<5x7xui8>, tensor<5x7xui8>, tensor<5x7xui8>
  })",
                               {quantize::createFoldRequantizePass});
  EXPECT_EQ(countOf<graph::QuantizeOp>(*module) + countOf<graph::DequantizeOp>(*module), 0);
  EXPECT_EQ(countOf<graph::RequantizeOp>(*module), 2); // to another scale, and into the narrow range
}

} // namespace
} // namespace limbeck::test
