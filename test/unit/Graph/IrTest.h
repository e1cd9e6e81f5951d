// What the tests of Graph share: a context with our dialects, and short forms for tensors.
#pragma once
#include "limbeck/Graph/IR/Limbeck.h"
#include "limbeck/Tensor/Tensor.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include <gtest/gtest.h>

namespace limbeck::test {

class IrTest : public ::testing::Test {
protected:
  IrTest() {
    context.loadDialect<graph::LimbeckDialect, mlir::func::FuncDialect, mlir::scf::SCFDialect,
                        mlir::tensor::TensorDialect>();
  }
  mlir::OwningOpRef<mlir::ModuleOp> parse(llvm::StringRef text) {
    auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    EXPECT_TRUE(module) << text.str();
    return module;
  }
  mlir::MLIRContext context;
};

template <class T> Tensor tensorOf(DType dtype, Shape shape, std::initializer_list<T> values) {
  Tensor tensor = std::move(*Tensor::zeros(dtype, std::move(shape)));
  std::copy(values.begin(), values.end(), tensor.mutableValues<T>().begin());
  return tensor;
}

} // namespace limbeck::test
