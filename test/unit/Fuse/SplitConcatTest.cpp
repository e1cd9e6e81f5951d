// A tree of concats gives the bits of the one it stands for.
#include "../Graph/PassTest.h"
#include "limbeck/Fuse/Passes.h"

namespace limbeck::test {
namespace {

struct SplitConcat : PassTest {};

TEST_F(SplitConcat, KeepsTheOrderOfItsOperands) {
  constexpr int operands = 64 * 64 + 3; // three levels
  std::string values, types;
  for (int i = 0; i < operands; ++i) {
    values += message(i ? ", " : "", i % 3 ? "%x" : "%y");
    types += message(i ? ", " : "", i % 3 ? "tensor<2x1xf32>" : "tensor<2x2xf32>");
  }
  std::string type = message("tensor<2x", operands + (operands + 2) / 3, "xf32>");
  auto module = expectSameBits(message("func.func @main(%x: tensor<2x1xf32>, %y: tensor<2x2xf32>) -> ", type,
                                       " {\n%0 = limbeck.concat ", values, " axis = 1 : (", types, ") -> ",
                                       type, "\nreturn %0 : ", type, "\n}"),
                               {fuse::createSplitConcatPass});
  size_t most = 0;
  module->walk([&](graph::ConcatOp concat) { most = std::max(most, concat.getInputs().size()); });
  EXPECT_EQ(most, 64U);
}

} // namespace
} // namespace limbeck::test
