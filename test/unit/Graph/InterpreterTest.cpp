// The interpreter over modules: structure, unknown dimensions, quantization, limits and faults.
#include "limbeck/Graph/Interpret/Interpreter.h"
#include "IrTest.h"
#include <map>

namespace limbeck::test {
namespace {

class InterpreterTest : public IrTest {
protected:
  Expected<std::vector<Tensor>> run(llvm::StringRef text, std::vector<Tensor> inputs, Limits limits = {},
                                    graph::Observer observer = nullptr) {
    module = parse(text);
    return graph::interpret(*module, inputs, limits, observer);
  }
  void expectValues(const Expected<std::vector<Tensor>> &results, const Tensor &expected) {
    ASSERT_TRUE(results.ok()) << results.diagnostic().text();
    ASSERT_EQ(results->size(), 1u);
    EXPECT_TRUE(results->front().identical(expected));
  }
  void expectCode(const Expected<std::vector<Tensor>> &results, Code code) {
    ASSERT_FALSE(results.ok());
    EXPECT_EQ(results.diagnostic().code, code) << results.diagnostic().text();
  }
  mlir::OwningOpRef<mlir::ModuleOp> module;
};

const Tensor pair = tensorOf<float>(DType::F32, {2}, {-1.0f, 2.0f});

TEST_F(InterpreterTest, ConstantsRegionsAndUnknownDimensions) {
  constexpr llvm::StringLiteral text = R"(
    func.func @main(%x: tensor<?xf32>) -> tensor<?xf32> {
      %c = limbeck.const dense<1.0> : tensor<1xf32>
      %y = limbeck.fused %x, %c kind = "elementwise" : (tensor<?xf32>, tensor<1xf32>) -> tensor<?xf32> {
      ^bb0(%a: tensor<?xf32>, %b: tensor<1xf32>):
        %0 = limbeck.add %a, %b : (tensor<?xf32>, tensor<1xf32>) -> tensor<?xf32>
        %1 = limbeck.relu %0 : (tensor<?xf32>) -> tensor<?xf32>
        limbeck.yield %1 : tensor<?xf32>
      }
      return %y : tensor<?xf32>
    })";
  expectValues(run(text, {pair}), tensorOf<float>(DType::F32, {2}, {0.0f, 3.0f}));
  expectValues(run(text, {tensorOf<float>(DType::F32, {3}, {-3.0f, 0.0f, 7.0f})}),
               tensorOf<float>(DType::F32, {3}, {0.0f, 1.0f, 8.0f}));
}

TEST_F(InterpreterTest, BranchesRunOnlyWhatIsTaken) {
  constexpr llvm::StringLiteral text = R"(
    func.func @main(%c: tensor<i1>, %x: tensor<2xf32>) -> tensor<2xf32> {
      %truth = tensor.extract %c[] : tensor<i1>
      %y = scf.if %truth -> tensor<2xf32> {
        %0 = limbeck.neg %x : (tensor<2xf32>) -> tensor<2xf32>
        scf.yield %0 : tensor<2xf32>
      } else {
        scf.yield %x : tensor<2xf32>
      }
      return %y : tensor<2xf32>
    })";
  expectValues(run(text, {Tensor::scalar(DType::Bool, true), pair}),
               tensorOf<float>(DType::F32, {2}, {1.0f, -2.0f}));
  expectValues(run(text, {Tensor::scalar(DType::Bool, false), pair}), pair);
}

TEST_F(InterpreterTest, CallsAndTheirDepth) {
  expectValues(run(R"(
    func.func private @negate(%x: tensor<2xf32>) -> tensor<2xf32> {
      %0 = limbeck.neg %x : (tensor<2xf32>) -> tensor<2xf32>
      return %0 : tensor<2xf32>
    }
    func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
      %0 = call @negate(%x) : (tensor<2xf32>) -> tensor<2xf32>
      %1 = call @negate(%0) : (tensor<2xf32>) -> tensor<2xf32>
      return %1 : tensor<2xf32>
    })",
                   {pair}),
               pair);
  expectCode(run(R"(
    func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
      %0 = call @main(%x) : (tensor<2xf32>) -> tensor<2xf32>
      return %0 : tensor<2xf32>
    })",
                 {pair}),
             Code::Recursion);
}

TEST_F(InterpreterTest, QuantizedValuesAreStored) {
  constexpr llvm::StringLiteral text = R"(
    !q = !quant.uniform<u8:f32, 0.5:128>
    func.func @main(%x: tensor<3xf32>) -> tensor<3x1x!q> {
      %0 = limbeck.quantize %x : (tensor<3xf32>) -> tensor<3x!q>
      %1 = limbeck.reshape %0 shape = [3, 1] : (tensor<3x!q>) -> tensor<3x1x!q>
      %2 = limbeck.add %1, %1 : (tensor<3x1x!q>, tensor<3x1x!q>) -> tensor<3x1x!q>
      return %2 : tensor<3x1x!q>
    })";
  expectValues(run(text, {tensorOf<float>(DType::F32, {3}, {0.0f, 1.0f, -100.0f})}),
               tensorOf<uint8_t>(DType::U8, {3, 1}, {128, 132, 0}));
}

TEST_F(InterpreterTest, ObserverSeesEveryResultInOrder) {
  std::vector<std::string> seen;
  auto observe = [&](mlir::OpResult result, const Tensor &tensor) {
    seen.push_back(result.getOwner()->getName().getStringRef().str() + shapeText(tensor.shape()));
  };
  expectValues(run(R"(
    func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
      %y = limbeck.fused %x kind = "elementwise" : (tensor<2xf32>) -> tensor<2xf32> {
      ^bb0(%a: tensor<2xf32>):
        %0 = limbeck.neg %a : (tensor<2xf32>) -> tensor<2xf32>
        limbeck.yield %0 : tensor<2xf32>
      }
      return %y : tensor<2xf32>
    })",
                   {pair}, {}, observe),
               tensorOf<float>(DType::F32, {2}, {1.0f, -2.0f}));
  EXPECT_EQ(seen, (std::vector<std::string>{"limbeck.neg2", "limbeck.fused2"}));
}

// Eight values in a row, of which two are alive at a time (and the input, which the caller keeps).
constexpr llvm::StringLiteral chain = R"(
  func.func @main(%x: tensor<100xf32>) -> tensor<100xf32> {
    %0 = limbeck.neg %x : (tensor<100xf32>) -> tensor<100xf32>
    %1 = limbeck.neg %0 : (tensor<100xf32>) -> tensor<100xf32>
    %2 = limbeck.neg %1 : (tensor<100xf32>) -> tensor<100xf32>
    %3 = limbeck.neg %2 : (tensor<100xf32>) -> tensor<100xf32>
    %4 = limbeck.neg %3 : (tensor<100xf32>) -> tensor<100xf32>
    return %4 : tensor<100xf32>
  })";

TEST_F(InterpreterTest, ValuesAreFreedAfterTheirLastUse) {
  Tensor input = std::move(*Tensor::zeros(DType::F32, {100}));
  Limits limits;
  limits.runBytes = 800;
  EXPECT_TRUE(run(chain, {input}, limits).ok());
  limits.runBytes = 799;
  expectCode(run(chain, {input}, limits), Code::LimitMemory);
}

TEST_F(InterpreterTest, FusionRegionsFreeTheirValuesToo) {
  constexpr llvm::StringLiteral text = R"(
    func.func @main(%x: tensor<100xf32>) -> tensor<100xf32> {
      %y = limbeck.fused %x kind = "elementwise" : (tensor<100xf32>) -> tensor<100xf32> {
      ^bb0(%a: tensor<100xf32>):
        %0 = limbeck.neg %a : (tensor<100xf32>) -> tensor<100xf32>
        %1 = limbeck.neg %0 : (tensor<100xf32>) -> tensor<100xf32>
        limbeck.yield %1 : tensor<100xf32>
      }
      %z = limbeck.neg %y : (tensor<100xf32>) -> tensor<100xf32>
      return %z : tensor<100xf32>
    })";
  Tensor input = std::move(*Tensor::zeros(DType::F32, {100}));
  Limits limits;
  limits.runBytes = 1200; // x, and two of a, %0, %1
  EXPECT_TRUE(run(text, {input}, limits).ok());
  limits.runBytes = 1199;
  expectCode(run(text, {input}, limits), Code::LimitMemory);
}

TEST_F(InterpreterTest, InputsAreChecked) {
  constexpr llvm::StringLiteral text = R"(
    func.func @main(%x: tensor<2x?xf32>) -> tensor<2x?xf32> {
      return %x : tensor<2x?xf32>
    })";
  expectCode(run(text, {}), Code::Arity);
  expectCode(run(text, {tensorOf<int32_t>(DType::S32, {2, 1}, {1, 2})}), Code::DataType);
  expectCode(run(text, {pair}), Code::Shape);
  expectCode(run(text, {tensorOf<float>(DType::F32, {1, 2}, {1.0f, 2.0f})}), Code::Shape);
}

// The types alone allow it: `?` is compatible with 3.
TEST_F(InterpreterTest, ShapesThatTheIrPromisedAreChecked) {
  auto results = run(R"(
    func.func @main(%x: tensor<?xf32>) -> tensor<3xf32> {
      %0 = limbeck.relu %x : (tensor<?xf32>) -> tensor<3xf32> loc("node")
      return %0 : tensor<3xf32>
    })",
                     {pair});
  expectCode(results, Code::Shape);
  EXPECT_EQ(results.diagnostic().node, "node");
  EXPECT_EQ(results.diagnostic().op, "limbeck.relu");
}

TEST_F(InterpreterTest, ShapesThatFollowFromValues) {
  constexpr llvm::StringLiteral text = R"(
    func.func @main(%n: tensor<si64>) -> tensor<?xsi64> {
      %zero = limbeck.const dense<0> : tensor<si64>
      %two = limbeck.const dense<2> : tensor<si64>
      %0 = limbeck.range %zero, %n, %two : (tensor<si64>, tensor<si64>, tensor<si64>) -> tensor<?xsi64>
      return %0 : tensor<?xsi64>
    })";
  expectValues(run(text, {Tensor::scalar(DType::S64, int64_t(5))}),
               tensorOf<int64_t>(DType::S64, {3}, {0, 2, 4}));
}

TEST_F(InterpreterTest, SamplesOneByOne) {
  constexpr llvm::StringLiteral text = R"(
    func.func @main(%x: tensor<3x2xf32>) -> (tensor<3x2xf32>) {
      %c = limbeck.const dense<[1.0, 10.0]> : tensor<2xf32>
      %y = limbeck.per_sample %x : (tensor<3x2xf32>) -> tensor<3x2xf32> {
      ^bb0(%a: tensor<1x2xf32>):
        %0 = limbeck.mul %a, %c : (tensor<1x2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
        %1 = limbeck.reduce_sum %0 axes = [0] keepdims = true : (tensor<1x2xf32>) -> tensor<1x2xf32>
        limbeck.yield %1 : tensor<1x2xf32>
      }
      return %y : tensor<3x2xf32>
    })";
  expectValues(run(text, {tensorOf<float>(DType::F32, {3, 2}, {1, 2, 3, 4, 5, 6})}),
               tensorOf<float>(DType::F32, {3, 2}, {1, 20, 3, 40, 5, 60}));
}

TEST_F(InterpreterTest, StructureFaultsAreDiagnosed) {
  expectCode(run("func.func @other() { return }", {}), Code::NoGraph);
  expectCode(run("func.func private @main()", {}), Code::Undefined);
  expectCode(run(R"(
    func.func private @kernel(memref<2xf32>)
    func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
      %0 = limbeck.launch @kernel(%x) : (tensor<2xf32>) -> tensor<2xf32>
      return %0 : tensor<2xf32>
    })",
                 {pair}),
             Code::UnsupportedOp);
}

} // namespace
} // namespace limbeck::test
