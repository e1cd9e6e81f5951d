// Messages between the two processes arrive as they were sent.
#include "Session/WorkerProtocol.h"
#include <gtest/gtest.h>

using namespace limbeck;
using namespace limbeck::session;

TEST(WorkerProtocol, CarriesEveryOption) {
  CompileOptions options;
  // Bytes that are no UTF-8, and what JSON would escape.
  options.model.path = "a\xff\"\n\\b.onnx";
  options.model.shapes = {{"x", {1, 3, 48, 320}}, {"scalar\"", {}}};
  options.model.dims = {{"N", {1, 8}}};
  options.model.frozen = {{"k", "\xfe.npy"}};
  options.model.externalDataDirectory = "folder";
  options.model.trustHardlinks = true;
  options.product = Product::Assembly;
  options.target = "cpu:avx2";
  options.model.precision = "bf16";
  options.from = pipeline::Stage::Quantize;
  options.to = pipeline::Stage::Fuse;
  options.quantization.last = pipeline::QuantizationStep::Fold;
  options.threads = 7;
  options.keepDirectory = "keep";
  options.tiles = {{"avx2, dot tile, u8, rows 1", "3x2"}};
  options.tuningSha256 = "abc";
  options.listTiles = true;
  auto decoded = decodeRequest(encodeRequest(options));
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(decoded->model.path, options.model.path);
  EXPECT_EQ(decoded->model.shapes, options.model.shapes);
  EXPECT_EQ(decoded->model.dims, options.model.dims);
  EXPECT_EQ(decoded->model.frozen, options.model.frozen);
  EXPECT_EQ(decoded->model.externalDataDirectory, options.model.externalDataDirectory);
  EXPECT_TRUE(decoded->model.trustHardlinks);
  EXPECT_EQ(decoded->product, options.product);
  EXPECT_EQ(decoded->target, options.target);
  EXPECT_EQ(decoded->model.precision, options.model.precision);
  EXPECT_EQ(decoded->from, options.from);
  EXPECT_EQ(decoded->to, options.to);
  EXPECT_EQ(decoded->quantization.last, options.quantization.last);
  EXPECT_EQ(decoded->threads, options.threads);
  EXPECT_EQ(decoded->keepDirectory, options.keepDirectory);
  EXPECT_EQ(decoded->tiles, options.tiles);
  EXPECT_EQ(decoded->tuningSha256, options.tuningSha256);
  EXPECT_TRUE(decoded->listTiles);
}

TEST(WorkerProtocol, CarriesResults) {
  std::vector<std::byte> bytes = {std::byte(0), std::byte(1), std::byte(255)};
  auto decoded = decodeResponse(encodeResponse(bytes));
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(*decoded, bytes);
  EXPECT_TRUE(decodeResponse(encodeResponse(std::vector<std::byte>()))->empty());
}

TEST(WorkerProtocol, CarriesDiagnostics) {
  Diagnostic sent = error(Code::Shape, "expected 'a\xff'")
                        .atFile("f")
                        .atNode("n\n")
                        .atOp("Conv")
                        .atAttribute("group")
                        .withHint("h");
  auto decoded = decodeResponse(encodeResponse(sent));
  ASSERT_FALSE(decoded.ok());
  const Diagnostic &got = decoded.diagnostic();
  EXPECT_EQ(got.code, sent.code);
  EXPECT_EQ(got.message, sent.message);
  EXPECT_EQ(got.file, sent.file);
  EXPECT_EQ(got.node, sent.node);
  EXPECT_EQ(got.op, sent.op);
  EXPECT_EQ(got.attribute, sent.attribute);
  EXPECT_EQ(got.hint, sent.hint);
}

TEST(WorkerProtocol, RefusesWhatIsNoMessage) {
  EXPECT_EQ(decodeRequest("nonsense").diagnostic().code, Code::Internal);
  EXPECT_EQ(decodeResponse({}).diagnostic().code, Code::Internal);
  EXPECT_EQ(decodeResponse({std::byte(0), std::byte('x')}).diagnostic().code, Code::Internal);
}

TEST(WorkerProtocol, CarriesPlans) {
  auto decoded = decodeReport(encodeReport({"{\"a\":\"\xff\"}", "text\n", 3}));
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(decoded->json, "{\"a\":\"\xff\"}");
  EXPECT_EQ(decoded->text, "text\n");
  EXPECT_EQ(decoded->unfused, 3);
}

TEST(WorkerProtocol, KnowsTheKernelsThatWereBeingCompiled) {
  std::string lines = Whereabouts::progressLine("entry main,\ncode", 1, 2) +
                      Whereabouts::kernelLine("kernel_0", {"conv1"}, true) +
                      Whereabouts::kernelLine("kernel_1", {"a", "b\n", "c", "d"}, true) +
                      Whereabouts::kernelLine("kernel_2", {}, true) +
                      Whereabouts::kernelLine("kernel_0", {}, false);
  Whereabouts whereabouts;
  EXPECT_EQ(whereabouts.text(), "");
  size_t done = 0;
  for (char c : lines) // in pieces of any size
    whereabouts.read({&c, 1}, [&](std::string_view, size_t now, size_t) { done = now; });
  EXPECT_EQ(done, 1u);
  EXPECT_EQ(whereabouts.text(), ", in entry main,\\x0acode, while compiling kernel_1 or kernel_2");
  EXPECT_EQ(whereabouts.nodes(), "a, b\\x0a, c");
}
