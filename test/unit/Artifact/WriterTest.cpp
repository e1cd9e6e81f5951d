// What is written is what is read; equal input gives equal bytes.
#include "SampleArtifact.h"
#include <gtest/gtest.h>

namespace limbeck::artifact {

TEST(ArtifactWriter, RoundTrip) {
  Sample sample;
  std::vector<std::byte> file = sample.bytes();
  auto reader = Reader::openAll(file);
  ASSERT_TRUE(reader) << reader.diagnostic().text();
  const Manifest &read = reader->manifest();
  EXPECT_EQ(encode(read), encode(sample.manifest));
  ASSERT_EQ(read.entries.size(), 2u);
  EXPECT_EQ(read.entries[0].inputs[0].type, sample.manifest.entries[0].inputs[0].type);
  EXPECT_EQ(read.entries[1].name, "größer");
  EXPECT_EQ(read.entries[1].outputs[0].type.shape, (Shape{2, 0}));
  const Variant &fast = read.entries[0].variants[1];
  EXPECT_EQ(fast.features, (std::vector<std::string>{"avx2", "fma"}));
  EXPECT_EQ(read.provenance.flags, R"({"target":"cpu"})");

  MachineCode code = reader->code(read.entries[0].variants[0].code);
  EXPECT_EQ(std::vector(code.readOnly.begin(), code.readOnly.end()), bytesFrom(20, 7));
  EXPECT_EQ(std::vector(code.executable.begin(), code.executable.end()), bytesFrom(33, 100));
  EXPECT_EQ(code.span, 8192u);
  auto weights = reader->section(fast.weights[0]);
  EXPECT_EQ(std::vector(weights.begin(), weights.end()), bytesFrom(130, 1));
  EXPECT_TRUE(reader->verifyDigests());
}

TEST(ArtifactWriter, IsDeterministic) {
  EXPECT_EQ(Sample().bytes(), Sample().bytes());
}

TEST(ArtifactWriter, StoresEqualSectionsOnce) {
  Sample sample;
  size_t before = sample.bytes().size();
  uint32_t again = sample.writer.addWeights(bytesFrom(130, 1));
  EXPECT_EQ(again, sample.manifest.entries[0].variants[0].weights[0]);
  EXPECT_EQ(sample.bytes().size(), before);
  EXPECT_NE(sample.writer.addWeights(bytesFrom(130, 2)), again);
  // Equal bytes of another kind are another section.
  std::vector<std::byte> text = bytesFrom(33, 100);
  uint32_t code = sample.writer.addCode({{}, text, 0, 4096});
  EXPECT_NE(sample.writer.addWeights(encode(MachineCode{{}, text, 0, 4096})), code);
}

TEST(ArtifactWriter, KeepsTheStrictestAlignment) {
  Sample sample;
  sample.writer.addWeights(bytesFrom(130, 1), 4096);
  std::vector<std::byte> file = sample.bytes();
  auto reader = Reader::openAll(file);
  ASSERT_TRUE(reader);
  EXPECT_EQ(reader->sections()[sample.manifest.entries[0].variants[0].weights[0]].offset % 4096, 0u);
  for (const SectionRecord &record : reader->sections())
    EXPECT_EQ(record.offset % 64, 0u);
}

TEST(ArtifactWriter, RefusesWhatCannotBeRead) {
  auto codeOf = [](auto change) {
    Sample sample;
    change(sample);
    auto file = sample.writer.finish(sample.manifest);
    return file.ok() ? std::string("accepted") : std::string(codeText(file.diagnostic().code));
  };
  Sample sample;
  uint32_t weights = sample.manifest.entries[0].variants[0].weights[0];
  EXPECT_EQ(codeOf([](Sample &) {}), "accepted");
  EXPECT_EQ(codeOf([](Sample &s) { s.manifest.entries.clear(); }), "E-ARTIFACT");
  EXPECT_EQ(codeOf([](Sample &s) { s.manifest.entries[1].name = "main"; }), "E-ARTIFACT");
  EXPECT_EQ(codeOf([](Sample &s) { s.manifest.entries[0].name = ""; }), "E-ARTIFACT");
  EXPECT_EQ(codeOf([](Sample &s) { s.manifest.entries[0].name = std::string("a\0b", 3); }), "E-ARTIFACT");
  EXPECT_EQ(codeOf([](Sample &s) { s.manifest.entries[0].name = "\xff"; }), "E-ARTIFACT");
  EXPECT_EQ(codeOf([](Sample &s) { s.manifest.entries[0].name = std::string(5000, 'n'); }), "E-ARTIFACT");
  EXPECT_EQ(codeOf([](Sample &s) { s.manifest.entries[0].variants.clear(); }), "E-ARTIFACT");
  EXPECT_EQ(codeOf([](Sample &s) { s.manifest.entries[0].variants[1].isa = "x86-64"; }), "E-ARTIFACT");
  EXPECT_EQ(codeOf([](Sample &s) { s.manifest.entries[0].variants[0].code = 99; }), "E-ARTIFACT");
  EXPECT_EQ(codeOf([&](Sample &s) { s.manifest.entries[0].variants[0].code = weights; }), "E-ARTIFACT");
  EXPECT_EQ(codeOf([](Sample &s) { s.manifest.entries[0].variants[0].weights[0] = 0; }), "E-ARTIFACT");
  EXPECT_EQ(codeOf([](Sample &s) { s.manifest.entries[0].variants[0].entryOffset = 4095; }), "E-ARTIFACT");
  EXPECT_EQ(codeOf([](Sample &s) { s.manifest.entries[0].variants[0].entryOffset = 4096 + 33; }),
            "E-ARTIFACT");
  EXPECT_EQ(codeOf([](Sample &s) { s.manifest.entries[0].variants[0].arenaBytes = ~uint64_t(0); }),
            "E-ARTIFACT");
  EXPECT_EQ(codeOf([](Sample &s) { s.manifest.entries[0].variants[0].architecture = Architecture(9); }),
            "E-ARTIFACT");
  EXPECT_EQ(codeOf([](Sample &s) { s.manifest.entries[0].inputs[0].type.shape[1] = kUnknown; }),
            "E-ARTIFACT");
  EXPECT_EQ(codeOf([](Sample &s) { s.manifest.entries[0].inputs[0].type.shape = Shape(17, 1); }),
            "E-ARTIFACT");
  EXPECT_EQ(codeOf([](Sample &s) { s.manifest.entries[0].inputs[0].type.shape = Shape(3, 1 << 20); }),
            "E-ARTIFACT");
  EXPECT_EQ(codeOf([](Sample &s) { s.manifest.provenance.flags = "\x80"; }), "E-ARTIFACT");
}

TEST(ArtifactWriter, RefusesBadQuantization) {
  auto accepted = [](auto change) {
    Sample sample;
    TensorType &type = sample.manifest.entries[0].inputs[0].type;
    auto quantization = std::make_shared<Quantization>(*type.quantization);
    change(type, *quantization);
    type.quantization = quantization;
    return sample.writer.finish(sample.manifest).ok();
  };
  EXPECT_TRUE(accepted([](TensorType &, Quantization &q) { q.zeroPoints = {255}; }));
  EXPECT_TRUE(accepted(
      [](TensorType &, Quantization &q) { q.axis = 1, q.scales = {1, 2, 3}, q.zeroPoints = {0, 0, 0}; }));
  EXPECT_FALSE(accepted([](TensorType &, Quantization &q) { q.axis = 1; }));
  EXPECT_FALSE(accepted([](TensorType &, Quantization &q) { q.axis = 3; }));
  EXPECT_FALSE(accepted([](TensorType &, Quantization &q) { q.axis = -2; }));
  EXPECT_FALSE(accepted([](TensorType &, Quantization &q) { q.scales = {0}; }));
  EXPECT_FALSE(
      accepted([](TensorType &, Quantization &q) { q.scales = {std::numeric_limits<float>::infinity()}; }));
  EXPECT_FALSE(accepted([](TensorType &, Quantization &q) { q.scales.clear(); }));
  EXPECT_FALSE(accepted([](TensorType &, Quantization &q) { q.zeroPoints = {256}; }));
  EXPECT_FALSE(accepted([](TensorType &, Quantization &q) { q.highest = 256; }));
  EXPECT_FALSE(accepted([](TensorType &, Quantization &q) { q.lowest = 9, q.highest = 8; }));
  EXPECT_FALSE(accepted([](TensorType &type, Quantization &) { type.dtype = DType::F32; }));
}

} // namespace limbeck::artifact
