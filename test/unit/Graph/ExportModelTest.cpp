// Modules become ONNX models that are read as modules again, which compute the same bits.
#include "limbeck/Graph/Export/ExportModel.h"
#include "PassTest.h"
#include "limbeck/Graph/Import/ImportModel.h"
#include "limbeck/Import/Importer.h"
#include "limbeck/Support/File.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Pass/Pass.h"
#include <filesystem>
#include <onnx.pb.h>

namespace limbeck::test {
namespace {

class ExportModelTest : public PassTest {
protected:
  ExportModelTest() { context.loadDialect<mlir::quant::QuantDialect>(); }

  graph::OnnxFiles exported(mlir::ModuleOp module, const graph::ExportOptions &options = {}) {
    auto files = graph::exportModel(module, options);
    EXPECT_TRUE(files.ok()) << files.diagnostic().text();
    return files.ok() ? std::move(*files) : graph::OnnxFiles();
  }
  onnx::ModelProto exported(llvm::StringRef text) {
    auto module = parseOrEmpty(text);
    onnx::ModelProto model;
    EXPECT_TRUE(model.ParseFromString(exported(*module).model));
    return model;
  }
  int64_t opsetOf(llvm::StringRef text) { return exported(text).opset_import(0).version(); }

  mlir::OwningOpRef<mlir::ModuleOp> imported(const std::string &model) {
    auto read = importer::importBytes(bytesOf(model), "again.onnx", {});
    EXPECT_TRUE(read.ok()) << read.diagnostic().text();
    auto module = read.ok() ? graph::importModel(context, *read) : read.diagnostic();
    return module.ok() ? std::move(*module) : mlir::ModuleOp::create(mlir::UnknownLoc::get(&context));
  }

  /// The names of the ops in order, and the same bits from what is read again.
  std::string expectSame(llvm::StringRef text) {
    auto module = parseOrEmpty(text);
    std::string model = exported(*module).model;
    auto again = imported(model);
    for (uint64_t seed = 0; seed < kSeeds; ++seed) {
      auto wanted = resultsOf(*module, seed), found = resultsOf(*again, seed);
      EXPECT_FALSE(wanted.empty());
      EXPECT_EQ(wanted.size(), found.size());
      for (size_t i = 0; i < std::min(wanted.size(), found.size()); ++i)
        EXPECT_TRUE(wanted[i].identical(found[i])) << "result " << i << ", seed " << seed << "\n"
                                                   << textOf(*again);
    }
    onnx::ModelProto proto;
    EXPECT_TRUE(proto.ParseFromString(model));
    std::string names;
    for (const onnx::NodeProto &node : proto.graph().node())
      names += (names.empty() ? "" : " ") + node.op_type();
    return names;
  }

  std::string refusal(llvm::StringRef text) {
    auto module = parseOrEmpty(text);
    auto files = graph::exportModel(*module, {});
    EXPECT_FALSE(files.ok());
    return files.ok() ? "" : files.diagnostic().text();
  }

  /// A function from x, of type `from`, to y, of type `to`: `%y = ..` is in the body.
  static std::string function(llvm::StringRef from, llvm::StringRef to, llvm::StringRef body,
                              llvm::StringRef attributes = "") {
    return (llvm::Twine("func.func @main(%x: ") + from + " {limbeck.name = \"x\"}) -> (" + to +
            " {limbeck.name = \"y\"}) " + attributes + " {\n" + body + "\n return %y : " + to + "\n}")
        .str();
  }
  static std::string unary(llvm::StringRef op, llvm::StringRef type, int opset = 13) {
    return function(type, type, ("%y = limbeck." + op + " %x : (" + type + ") -> " + type).str(),
                    ("attributes {limbeck.opset = " + llvm::Twine(opset) + " : i64}").str());
  }
};

TEST_F(ExportModelTest, NamesSymbolsAndWhatIsSaidOfTheModel) {
  auto module = parseOrEmpty(R"mlir(
    func.func @main(%x: tensor<?x3xf32> {limbeck.name = "in put", limbeck.symbols = ["N", ""]} loc("in put"))
        -> (tensor<?x3xf32> {limbeck.name = "out", limbeck.symbols = ["N", ""]})
        attributes {limbeck.opset = 17 : i64} {
      %w = limbeck.const dense<[1.0, 2.0, 3.0]> : tensor<3xf32> loc("weight")
      %a = limbeck.mul %x, %w : (tensor<?x3xf32>, tensor<3xf32>) -> tensor<?x3xf32> loc("scale"("scaled"))
      %b = limbeck.relu %a : (tensor<?x3xf32>) -> tensor<?x3xf32> loc("act"("out"))
      return %b : tensor<?x3xf32>
    } loc("net.onnx"))mlir");
  graph::ExportOptions options;
  options.producerVersion = "1.2";
  options.metadata = {{"recipe", "a"}, {"stats", "b"}};
  graph::OnnxFiles files = exported(*module, options);
  EXPECT_EQ(files.externalData, "");
  EXPECT_EQ(files.model, exported(*module, options).model) << "equal modules give equal bytes";
  onnx::ModelProto model;
  ASSERT_TRUE(model.ParseFromString(files.model));
  EXPECT_EQ(model.opset_import_size(), 1);
  EXPECT_EQ(model.opset_import(0).domain(), "");
  EXPECT_EQ(model.opset_import(0).version(), 17);
  EXPECT_EQ(model.ir_version(), 8);
  EXPECT_EQ(model.producer_name(), "limbeck");
  EXPECT_EQ(model.producer_version(), "1.2");
  ASSERT_EQ(model.metadata_props_size(), 2);
  EXPECT_EQ(model.metadata_props(1).key(), "stats");
  const onnx::GraphProto &graph = model.graph();
  EXPECT_EQ(graph.name(), "net.onnx");
  ASSERT_EQ(graph.node_size(), 2);
  EXPECT_EQ(graph.node(0).name(), "scale");
  EXPECT_EQ(graph.node(0).input(0), "in put");
  EXPECT_EQ(graph.node(0).input(1), "weight");
  EXPECT_EQ(graph.node(0).output(0), "scaled");
  EXPECT_EQ(graph.node(1).output(0), "out");
  EXPECT_EQ(graph.initializer(0).name(), "weight");
  const auto &shape = graph.input(0).type().tensor_type().shape();
  EXPECT_EQ(shape.dim(0).dim_param(), "N");
  EXPECT_EQ(shape.dim(1).dim_value(), 3);
  EXPECT_EQ(graph.output(0).type().tensor_type().shape().dim(0).dim_param(), "N");

  auto again = imported(files.model);
  auto main = again->lookupSymbol<mlir::func::FuncOp>("main");
  ASSERT_TRUE(main);
  EXPECT_EQ(main.getArgAttr(0, graph::kSymbolsAttribute), mlir::Builder(&context).getStrArrayAttr({"N", ""}));
  EXPECT_EQ(main->getAttrOfType<mlir::IntegerAttr>(graph::kOpsetAttribute).getInt(), 17);
}

TEST_F(ExportModelTest, NamesStayUnique) {
  onnx::ModelProto model = exported(R"mlir(
    func.func @main(%x: tensor<2xf32> {limbeck.name = "x"})
        -> (tensor<2xf32> {limbeck.name = "y"}, tensor<2xf32> {limbeck.name = "z"}, tensor<2xf32> {limbeck.name = "x"}) {
      %a = limbeck.exp %x : (tensor<2xf32>) -> tensor<2xf32> loc("twice"("y"))
      %b = limbeck.abs %a : (tensor<2xf32>) -> tensor<2xf32> loc("twice"("y"))
      return %b, %b, %x : tensor<2xf32>, tensor<2xf32>, tensor<2xf32>
    })mlir");
  const onnx::GraphProto &graph = model.graph();
  ASSERT_EQ(graph.node_size(), 3);
  EXPECT_EQ(graph.node(0).name(), "twice");
  EXPECT_EQ(graph.node(1).name(), "twice_1");
  EXPECT_EQ(graph.node(0).output(0), "y_1") << "y is the name of an output, which another op makes";
  EXPECT_EQ(graph.node(1).output(0), "y");
  EXPECT_EQ(graph.node(2).op_type(), "Identity") << "a value that is two outputs";
  EXPECT_EQ(graph.node(2).output(0), "z");
  EXPECT_EQ(graph.output(2).name(), "x") << "an input that is an output";
}

TEST_F(ExportModelTest, QuantizedTensorsAreNamedAfterTheRealOnes) {
  onnx::ModelProto model = exported(R"mlir(
    !u8 = !quant.uniform<u8:f32, 5.0e-1:3>
    func.func @main(%x: tensor<1x2xf32> {limbeck.name = "x"}) -> (tensor<1x2xf32> {limbeck.name = "y"}) {
      %c = limbeck.const dense<[[1, 2], [3, -4]]> : tensor<2x2xsi8> loc("w")
      %b = limbeck.const dense<[1, 2]> : tensor<2xsi32> loc("b")
      %q = limbeck.quantize %x : (tensor<1x2xf32>) -> tensor<1x2x!u8> loc("q"("x"))
      %d = limbeck.dequantize %q : (tensor<1x2x!u8>) -> tensor<1x2xf32> loc("d"("x"))
      %wq = limbeck.storage_cast %c : (tensor<2x2xsi8>) -> tensor<2x2x!quant.uniform<i8:f32:1, {2.5e-1, 5.0e-1}>>
      %wd = limbeck.dequantize %wq : (tensor<2x2x!quant.uniform<i8:f32:1, {2.5e-1, 5.0e-1}>>) -> tensor<2x2xf32>
      %bq = limbeck.storage_cast %b : (tensor<2xsi32>) -> tensor<2x!quant.uniform<i32:f32:0, {1.25e-1, 2.5e-1}>>
      %bd = limbeck.dequantize %bq : (tensor<2x!quant.uniform<i32:f32:0, {1.25e-1, 2.5e-1}>>) -> tensor<2xf32>
      %y = limbeck.matmul %d, %wd, %bd : (tensor<1x2xf32>, tensor<2x2xf32>, tensor<2xf32>) -> tensor<1x2xf32> loc("gemm"("y"))
      return %y : tensor<1x2xf32>
    })mlir");
  const onnx::GraphProto &graph = model.graph();
  ASSERT_EQ(graph.node_size(), 5);
  auto joined = [](const auto &list) {
    std::string text;
    for (const std::string &name : list)
      text += (text.empty() ? "" : " ") + name;
    return text;
  };
  EXPECT_EQ(joined(graph.node(0).input()), "x x_scale x_zero_point");
  EXPECT_EQ(joined(graph.node(0).output()), "x_quantized");
  EXPECT_EQ(joined(graph.node(1).input()), "x_quantized x_scale x_zero_point") << "one scale for both";
  EXPECT_EQ(joined(graph.node(1).output()), "x_dequantized");
  EXPECT_EQ(joined(graph.node(2).input()), "w_quantized w_scale w_zero_point");
  EXPECT_EQ(joined(graph.node(2).output()), "w_dequantized");
  EXPECT_EQ(joined(graph.node(3).input()), "b_quantized b_scale") << "sums have no zero point";
  EXPECT_EQ(joined(graph.node(4).input()), "x_dequantized w_dequantized b_dequantized");
  EXPECT_EQ(graph.node(4).op_type(), "Gemm");
}

TEST_F(ExportModelTest, OpsetIsTheLeastThatHasAllOps) {
  EXPECT_EQ(opsetOf(unary("relu", "tensor<2xf32>", 9)), 13);
  EXPECT_EQ(opsetOf(unary("relu", "tensor<2xf32>", 17)), 17);
  EXPECT_EQ(opsetOf(unary("relu", "tensor<2xsi32>")), 14) << "integers";
  EXPECT_EQ(opsetOf(unary("hard_swish", "tensor<2xf32>")), 14);
  std::string gelu = unary("gelu", "tensor<2xf32>");
  EXPECT_EQ(opsetOf(gelu.replace(gelu.find("gelu %x"), 7, "gelu %x approximate = \"none\"")), 20);
}

TEST_F(ExportModelTest, QuantizationInStepsOfOpsets) {
  auto pair = [](llvm::StringRef type, llvm::StringRef real) {
    std::string body =
        ("%q = limbeck.quantize %x : (tensor<2x" + real + ">) -> tensor<2x!quant.uniform<" + type + ">>\n" +
         "%y = limbeck.dequantize %q : (tensor<2x!quant.uniform<" + type + ">>) -> tensor<2x" + real + ">")
            .str();
    std::string tensor = ("tensor<2x" + real + ">").str();
    return function(tensor, tensor, body);
  };
  EXPECT_EQ(opsetOf(pair("u8:f32, 5.0e-1:3", "f32")), 13);
  EXPECT_EQ(opsetOf(pair("i8:f32:0, {5.0e-1, 2.5e-1}", "f32")), 13);
  EXPECT_EQ(opsetOf(pair("u8:f16, 5.0e-1:3", "f16")), 19) << "a scale that f16 holds";
  EXPECT_EQ(opsetOf(pair("i16:f32, 5.0e-1", "f32")), 21);
  EXPECT_EQ(opsetOf(pair("u4:f32, 5.0e-1:3", "f32")), 21);
  EXPECT_EQ(expectSame(pair("u8:f32, 6.25e-2:3", "f32")), "QuantizeLinear DequantizeLinear");
  EXPECT_EQ(expectSame(pair("u8:f16, 6.25e-2:3", "f16")), "QuantizeLinear DequantizeLinear");
  EXPECT_EQ(expectSame(pair("u4:f32, 5.0e-1:3", "f32")), "QuantizeLinear DequantizeLinear");
}

TEST_F(ExportModelTest, NarrowRangesAreCutBehindQuantize) {
  std::string ops = expectSame(function("tensor<64xf32>", "tensor<64xf32>", R"mlir(
    %q = limbeck.quantize %x : (tensor<64xf32>) -> tensor<64x!quant.uniform<i8<-127:127>:f32, 1.5625e-2>>
    %y = limbeck.dequantize %q : (tensor<64x!quant.uniform<i8<-127:127>:f32, 1.5625e-2>>) -> tensor<64xf32>)mlir"));
  EXPECT_EQ(ops, "QuantizeLinear Clip DequantizeLinear");
}

TEST_F(ExportModelTest, MovingQuantizedElementsIsMovingIntegers) {
  std::string ops = expectSame(function("tensor<2x3xf32>", "tensor<3x4xf32>", R"mlir(
    %q = limbeck.quantize %x : (tensor<2x3xf32>) -> tensor<2x3x!quant.uniform<u8:f32, 6.25e-2:40>>
    %p = limbeck.pad %q pads = [1, 0, 1, 0] mode = "constant"
      : (tensor<2x3x!quant.uniform<u8:f32, 6.25e-2:40>>) -> tensor<4x3x!quant.uniform<u8:f32, 6.25e-2:40>>
    %t = limbeck.transpose %p perm = [1, 0]
      : (tensor<4x3x!quant.uniform<u8:f32, 6.25e-2:40>>) -> tensor<3x4x!quant.uniform<u8:f32, 6.25e-2:40>>
    %r = limbeck.requantize %t
      : (tensor<3x4x!quant.uniform<u8:f32, 6.25e-2:40>>) -> tensor<3x4x!quant.uniform<u8:f32, 3.125e-2:7>>
    %y = limbeck.dequantize %r : (tensor<3x4x!quant.uniform<u8:f32, 3.125e-2:7>>) -> tensor<3x4xf32>)mlir"));
  EXPECT_EQ(ops, "QuantizeLinear Pad Transpose DequantizeLinear QuantizeLinear DequantizeLinear");
}

TEST_F(ExportModelTest, ProductsWithBiasAndTransposes) {
  EXPECT_EQ(expectSame(R"mlir(
    func.func @main(%x: tensor<5x2xf32> {limbeck.name = "x"}, %w: tensor<4x5xf32> {limbeck.name = "w"},
                    %b: tensor<4xf32> {limbeck.name = "b"}) -> (tensor<2x4xf32> {limbeck.name = "y"}) {
      %a = limbeck.transpose %x perm = [1, 0] : (tensor<5x2xf32>) -> tensor<2x5xf32>
      %t = limbeck.transpose %w perm = [1, 0] : (tensor<4x5xf32>) -> tensor<5x4xf32>
      %y = limbeck.matmul %a, %t, %b : (tensor<2x5xf32>, tensor<5x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
      return %y : tensor<2x4xf32>
    })mlir"),
            "Gemm");
  EXPECT_EQ(expectSame(R"mlir(
    func.func @main(%x: tensor<5x5xf32> {limbeck.name = "x"}) -> (tensor<5x5xf32> {limbeck.name = "y"}) {
      %a = limbeck.transpose %x perm = [1, 0] : (tensor<5x5xf32>) -> tensor<5x5xf32>
      %m = limbeck.matmul %a, %x : (tensor<5x5xf32>, tensor<5x5xf32>) -> tensor<5x5xf32>
      %y = limbeck.add %m, %a : (tensor<5x5xf32>, tensor<5x5xf32>) -> tensor<5x5xf32>
      return %y : tensor<5x5xf32>
    })mlir"),
            "Transpose Gemm Add")
      << "the transpose has another reader";
  EXPECT_EQ(expectSame(R"mlir(
    func.func @main(%x: tensor<3x2x5xf32> {limbeck.name = "x"}, %w: tensor<5x4xf32> {limbeck.name = "w"},
                    %b: tensor<4xf32> {limbeck.name = "b"}) -> (tensor<3x2x4xf32> {limbeck.name = "y"}) {
      %y = limbeck.matmul %x, %w, %b : (tensor<3x2x5xf32>, tensor<5x4xf32>, tensor<4xf32>) -> tensor<3x2x4xf32>
      return %y : tensor<3x2x4xf32>
    })mlir"),
            "MatMul Add")
      << "batches";
}

TEST_F(ExportModelTest, RequantizationWithoutAnOpOfItsOwnIsWrittenInSteps) {
  // Two readers of the sum: the op of ONNX has no output for it.
  EXPECT_EQ(expectSame(R"mlir(
    func.func @main(%x: tensor<2x3xui8> {limbeck.name = "x"}, %w: tensor<3x4xsi8> {limbeck.name = "w"})
        -> (tensor<2x4xui8> {limbeck.name = "y"}, tensor<2x4xsi32> {limbeck.name = "z"}) {
      %zx = limbeck.const dense<7> : tensor<ui8>
      %zw = limbeck.const dense<0> : tensor<si8>
      %sx = limbeck.const dense<[0.5, 0.25]> : tensor<2xf32>
      %sw = limbeck.const dense<[0.5, 0.25, 0.125, 0.3]> : tensor<4xf32>
      %sy = limbeck.const dense<2.7> : tensor<f32>
      %zy = limbeck.const dense<9> : tensor<ui8>
      %s = limbeck.matmul_integer %x, %w, %zx, %zw
        : (tensor<2x3xui8>, tensor<3x4xsi8>, tensor<ui8>, tensor<si8>) -> tensor<2x4xsi32>
      %y = limbeck.requantize_by %s, %sx, %sw, %sy, %zy axis = 1
        : (tensor<2x4xsi32>, tensor<2xf32>, tensor<4xf32>, tensor<f32>, tensor<ui8>) -> tensor<2x4xui8>
      return %y, %s : tensor<2x4xui8>, tensor<2x4xsi32>
    })mlir"),
            "MatMulInteger Reshape Reshape Mul Div Cast Mul QuantizeLinear");
}

/// Reshapes whose targets are not known: what is in the place of the dimension that it is needs a 0 only.
TEST_F(ExportModelTest, DimensionsThatReshapesKeep) {
  auto reshape = [&](llvm::StringRef shape, llvm::StringRef kept, llvm::StringRef type) {
    return exported(function(
        "tensor<?x?x4xf32>", type,
        ("%y = limbeck.reshape %x shape = " + shape + " kept = " + kept + " : (tensor<?x?x4xf32>) -> " + type)
            .str()));
  };
  auto opsOf = [](const onnx::ModelProto &model) {
    std::string ops;
    for (const onnx::NodeProto &node : model.graph().node())
      ops += (ops.empty() ? "" : " ") + node.op_type();
    return ops;
  };
  onnx::ModelProto copied = reshape("[-1, -1, 2, 2]", "[0, 1, -1, -1]", "tensor<?x?x2x2xf32>");
  EXPECT_EQ(opsOf(copied), "Reshape");
  // Read again, it is the same op.
  EXPECT_NE(textOf(*imported(copied.SerializeAsString())).find("kept = [0, 1, -1, -1]"), std::string::npos);
  EXPECT_EQ(opsOf(reshape("[-1, 4, 1, -1]", "[0, -1, -1, 1]", "tensor<?x4x1x?xf32>")), "Reshape")
      << "the last one can be inferred";

  onnx::ModelProto turned = reshape("[-1, 2, 2, -1]", "[1, -1, -1, 0]", "tensor<?x2x2x?xf32>");
  EXPECT_EQ(opsOf(turned), "Shape Concat Gather Reshape");
  importer::Options options;
  options.shapes = {{"x", {3, 5, 4}}};
  auto read = importer::importBytes(bytesOf(turned.SerializeAsString()), "again.onnx", options);
  ASSERT_TRUE(read.ok()) << read.diagnostic().text();
  EXPECT_EQ(read->values[read->outputs[0]].type.text(), "f32[5x2x2x3]");
}

TEST_F(ExportModelTest, BranchesAndWhatTheyTakeFromOutside) {
  EXPECT_EQ(expectSame(R"mlir(
    func.func @main(%c: tensor<i1> {limbeck.name = "c"}, %x: tensor<2xf32> {limbeck.name = "x"})
        -> (tensor<2xf32> {limbeck.name = "y"}, tensor<2xf32> {limbeck.name = "z"}) {
      %a = limbeck.exp %x : (tensor<2xf32>) -> tensor<2xf32>
      %t = tensor.extract %c[] : tensor<i1>
      %y, %z = scf.if %t -> (tensor<2xf32>, tensor<2xf32>) {
        %b = limbeck.neg %a : (tensor<2xf32>) -> tensor<2xf32>
        scf.yield %b, %b : tensor<2xf32>, tensor<2xf32>
      } else {
        %k = limbeck.const dense<1.0> : tensor<2xf32>
        scf.yield %a, %k : tensor<2xf32>, tensor<2xf32>
      }
      return %y, %z : tensor<2xf32>, tensor<2xf32>
    })mlir"),
            "Exp If");
}

TEST_F(ExportModelTest, LargeWeightsLieBesideTheModel) {
  auto module = parseOrEmpty(R"mlir(
    func.func @main(%x: tensor<512xf32> {limbeck.name = "x"}) -> (tensor<512xf32> {limbeck.name = "y"}) {
      %w = limbeck.const dense<1.5> : tensor<512xf32> loc("w")
      %v = limbeck.const dense<2.5> : tensor<512xf32> loc("v")
      %s = limbeck.const dense<3.0> : tensor<1xf32> loc("small")
      %a = limbeck.mul %x, %w : (tensor<512xf32>, tensor<512xf32>) -> tensor<512xf32>
      %b = limbeck.mul %a, %v : (tensor<512xf32>, tensor<512xf32>) -> tensor<512xf32>
      %y = limbeck.mul %b, %s : (tensor<512xf32>, tensor<1xf32>) -> tensor<512xf32>
      return %y : tensor<512xf32>
    })mlir");
  graph::ExportOptions options;
  options.mostInlineBytes = 4096;
  EXPECT_FALSE(graph::exportModel(*module, options).ok()) << "a file without a name";
  options.externalDataName = "net.onnx.data";
  graph::OnnxFiles files = exported(*module, options);
  EXPECT_EQ(files.externalData.size(), 4096u + 2048u) << "each begins at a page";
  onnx::ModelProto model;
  ASSERT_TRUE(model.ParseFromString(files.model));
  const onnx::TensorProto &second = model.graph().initializer(1);
  EXPECT_EQ(second.data_location(), onnx::TensorProto::EXTERNAL);
  EXPECT_EQ(second.external_data(1).value(), "4096");
  EXPECT_FALSE(second.has_raw_data());
  EXPECT_TRUE(model.graph().initializer(2).has_raw_data()) << "a scalar is no weight";

  std::string folder = ::testing::TempDir() + "limbeck-export";
  std::filesystem::create_directories(folder);
  ASSERT_TRUE(writeFileAtomically(folder + "/net.onnx", bytesOf(files.model)).ok());
  ASSERT_TRUE(writeFileAtomically(folder + "/net.onnx.data", bytesOf(files.externalData)).ok());
  auto read = importer::importFile(folder + "/net.onnx", {});
  ASSERT_TRUE(read.ok()) << read.diagnostic().text();
  auto again = graph::importModel(context, *read);
  ASSERT_TRUE(again.ok());
  EXPECT_TRUE(resultsOf(*module, 1)[0].identical(resultsOf(**again, 1)[0]));
  std::filesystem::remove_all(folder);
}

TEST_F(ExportModelTest, WhatHasNoFormIsRefused) {
  auto expectRefusal = [&](const std::string &text, llvm::StringRef words) {
    EXPECT_NE(refusal(text).find(words), std::string::npos) << refusal(text);
  };
  expectRefusal("func.func @other() { return }", "expected a function 'main'");
  expectRefusal("func.func @main(%x: tensor<2xf32>) { return }", "'limbeck.name'");
  std::string u8 = "tensor<2x!quant.uniform<u8:f32, 5.0e-1:3>>";
  std::string quantized = "%q = limbeck.quantize %x : (tensor<2xf32>) -> " + u8 + "\n";
  std::string back = "\n%y = limbeck.dequantize %r : (" + u8 + ") -> tensor<2xf32>";
  expectRefusal(function("tensor<2xf32>", "tensor<2xf32>",
                         quantized + "%r = limbeck.relu %q : (" + u8 + ") -> " + u8 + back),
                "expected quantized values between quantize and dequantize, found 'limbeck.relu'");
  expectRefusal(function("tensor<2xf32>", "tensor<2xf32>",
                         quantized + "%r = limbeck.add %q, %q arith = \"ort_qlinear\" : (" + u8 + ", " + u8 +
                             ") -> " + u8 + back),
                "expected a formula that ai.onnx has");
  expectRefusal(function("tensor<2xf32>", "tensor<2xf32>", R"mlir(
                %y = limbeck.fused %x kind = "elementwise" : (tensor<2xf32>) -> tensor<2xf32> {
                ^bb0(%a: tensor<2xf32>):
                  limbeck.yield %a : tensor<2xf32>
                })mlir"),
                "expected an op that ai.onnx has a form for, found 'limbeck.fused'");
  expectRefusal(function("tensor<1x4x4x2xf32>", "tensor<1x2x2x2xf32>", R"mlir(
                %y = limbeck.max_pool %x kernel = [2, 2] strides = [2, 2] pads = [0, 0, 0, 0] dilations = [1, 1]
                  ceil_mode = false layout = "NHWC" : (tensor<1x4x4x2xf32>) -> tensor<1x2x2x2xf32>)mlir"),
                "expected channels first");
  expectRefusal(function("tensor<2x3xsi16>", "tensor<2xsi16>", R"mlir(
                %y = limbeck.reduce_sum %x axes = [1] keepdims = false : (tensor<2x3xsi16>) -> tensor<2xsi16>)mlir"),
                "expected element types that ONNX's ReduceSum has at some opset up to");
  expectRefusal(function("tensor<?x?x4xf32>", "tensor<?x?xf32>", R"mlir(
                %y = limbeck.reshape %x shape = [-1, -1] : (tensor<?x?x4xf32>) -> tensor<?x?xf32>)mlir"),
                "expected a shape that ONNX can hold as a constant, found ?x?");
}

/// Every op of the dialect is written, or is one of stages behind those that can be.
TEST_F(ExportModelTest, EveryOpHasARule) {
  // Roundings per row and in blocks have no form there.
  std::vector<llvm::StringRef> later = {"limbeck.dynamic_quantize_blocks",
                                        "limbeck.fused",
                                        "limbeck.histogram",
                                        "limbeck.launch",
                                        "limbeck.matmul_blocks",
                                        "limbeck.matmul_integer_blocks",
                                        "limbeck.per_sample",
                                        "limbeck.yield"};
  for (mlir::RegisteredOperationName name : context.getRegisteredOperations()) {
    if (name.getDialectNamespace() != "limbeck")
      continue;
    EXPECT_EQ(graph::hasOnnxForm(name.getStringRef()), !llvm::is_contained(later, name.getStringRef()))
        << name.getStringRef().str();
  }
}

} // namespace
} // namespace limbeck::test
