// What the tests of passes share: the interpreter runs a module before and after them, on random inputs.
#pragma once
#include "IrTest.h"
#include "limbeck/Graph/IR/Conversion.h"
#include "limbeck/Graph/Interpret/Interpreter.h"
#include "limbeck/Tensor/Random.h"
#include "mlir/Pass/PassManager.h"

namespace limbeck::test {

using PassFactory = std::unique_ptr<mlir::Pass> (*)();

class PassTest : public IrTest {
protected:
  static constexpr uint64_t kSeeds = 4;

  /// Results of @main on inputs that only depend on the seed: floats in [-4, 4), integers of the whole range.
  std::vector<Tensor> resultsOf(mlir::ModuleOp module, uint64_t seed) {
    std::vector<Tensor> inputs;
    auto main = module.lookupSymbol<mlir::func::FuncOp>("main");
    if (!main)
      return {};
    for (mlir::Type type : main.getArgumentTypes()) {
      TensorType wanted = std::move(*graph::toTensorType(type));
      std::replace(wanted.shape.begin(), wanted.shape.end(), kUnknown, int64_t(3));
      RandomRange range{"-4", "4"};
      if (!isFloat(wanted.dtype))
        range = {std::to_string(lowest(wanted.dtype)), std::to_string(highest(wanted.dtype))};
      auto tensor = randomTensor({wanted.dtype, wanted.shape, nullptr}, seed * 100 + inputs.size(), range);
      EXPECT_TRUE(tensor) << tensor.diagnostic().text();
      inputs.push_back(std::move(*tensor));
    }
    auto results = graph::interpret(module, inputs, Limits());
    EXPECT_TRUE(results) << results.diagnostic().text();
    return results ? std::move(*results) : std::vector<Tensor>();
  }

  /// An empty module, beside the failure, for text that does not parse.
  mlir::OwningOpRef<mlir::ModuleOp> parseOrEmpty(llvm::StringRef text) {
    auto module = parse(text);
    return module ? std::move(module) : mlir::ModuleOp::create(mlir::UnknownLoc::get(&context));
  }

  mlir::OwningOpRef<mlir::ModuleOp> transformed(mlir::ModuleOp module,
                                                std::initializer_list<PassFactory> passes) {
    mlir::OwningOpRef<mlir::ModuleOp> copy = module.clone();
    mlir::PassManager manager(&context);
    for (PassFactory create : passes)
      manager.addPass(create());
    EXPECT_TRUE(mlir::succeeded(manager.run(*copy)));
    return copy;
  }

  /// Transforms the module, and expects the same bits from it before and after. Returns the module
  /// afterwards.
  mlir::OwningOpRef<mlir::ModuleOp> expectSameBits(llvm::StringRef text,
                                                   std::initializer_list<PassFactory> passes) {
    auto before = parseOrEmpty(text);
    auto after = transformed(*before, passes);
    for (uint64_t seed = 0; seed < kSeeds; ++seed) {
      auto wanted = resultsOf(*before, seed), found = resultsOf(*after, seed);
      EXPECT_EQ(wanted.size(), found.size());
      for (size_t i = 0; i < std::min(wanted.size(), found.size()); ++i)
        EXPECT_TRUE(wanted[i].identical(found[i])) << "result " << i << ", seed " << seed << "\n"
                                                   << textOf(*after);
    }
    return after;
  }

  static std::string textOf(mlir::ModuleOp module) {
    std::string text;
    llvm::raw_string_ostream(text) << module;
    return text;
  }

  template <class Op> static int countOf(mlir::ModuleOp module) {
    int count = 0;
    module.walk([&](Op) { ++count; });
    return count;
  }
};

} // namespace limbeck::test
