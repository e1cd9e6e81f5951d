// Writes an artifact that F3's inputs start from, with everything the format has: limbeck-artifact-seeds FILE. Two entries, a
// quantized port, two variants, code and weights that they share. It is made anew, so that it always has today's format.
#include "limbeck/Artifact/Writer.h"
#include <cstdio>
#include <fstream>

using namespace limbeck;

namespace {

constexpr uint64_t kExecutableOffset = 65536;

Expected<std::vector<std::byte>> makeArtifact() {
  std::vector<std::byte> readOnly(70, std::byte(0x5a)), executable(40, std::byte(0xc3));
  artifact::Writer writer;
  uint32_t code =
      writer.addCode({readOnly, executable, kExecutableOffset, kExecutableOffset + executable.size()});
  uint32_t weights = writer.addWeights(std::vector<std::byte>(130, std::byte(7)));
  uint32_t bias = writer.addWeights(std::vector<std::byte>(12, std::byte(1)));

  Quantization perAxis{DType::F32, 1, {0.5f, 0.25f, 0.125f}, {128, 3, 0}};
  TensorType quantized{DType::U8, {1, 3, 4}, std::make_shared<Quantization>(perAxis)};
  artifact::Manifest manifest;
  for (int64_t batch : {1, 4}) {
    artifact::Entry entry;
    entry.name = "N=" + std::to_string(batch);
    entry.inputs = {{"x", {DType::F32, {batch, 3}, nullptr}}, {"pixels", quantized}};
    entry.outputs = {{"y", {DType::S4, {batch, 5}, nullptr}}, {"rank 0", {DType::S64, {}, nullptr}}};
    entry.variants.push_back(
        {"x86-64", {}, artifact::Architecture::X86_64, code, kExecutableOffset, 256, {weights}});
    entry.variants.push_back({"avx2",
                              {"avx2", "fma"},
                              artifact::Architecture::X86_64,
                              code,
                              kExecutableOffset + 8,
                              512,
                              {weights, bias}});
    manifest.entries.push_back(std::move(entry));
  }
  manifest.provenance = {"1", "abc", "{}"};
  return writer.finish(manifest);
}

} // namespace

int main(int count, char **arguments) {
  if (count != 2) {
    std::fprintf(stderr, "usage: %s FILE\n", arguments[0]);
    return 2;
  }
  Expected<std::vector<std::byte>> bytes = makeArtifact();
  if (!bytes) {
    std::fprintf(stderr, "%s\n", bytes.diagnostic().text().c_str());
    return 1;
  }
  std::ofstream file(arguments[1], std::ios::binary);
  file.write(reinterpret_cast<const char *>(bytes->data()), static_cast<std::streamsize>(bytes->size()));
  return file.good() ? 0 : 1;
}
