#include "TestArtifact.h"
#include <cstring>

// The linker defines these around the section of TestKernels.c.
extern "C" const std::byte __start_limbeck_test_code[], __stop_limbeck_test_code[];

namespace limbeck::runtime {

extern "C" int32_t limbeckTestFail(const LimbeckApi *, void *const *, void *const *, uint8_t *,
                                   const uint8_t *const *);
extern "C" int32_t limbeckTestWait(const LimbeckApi *, void *const *, void *const *, uint8_t *,
                                   const uint8_t *const *);

std::span<const std::byte> testCode() {
  return {__start_limbeck_test_code, __stop_limbeck_test_code};
}

uint64_t testCodeOffset(LimbeckEntry function) {
  return reinterpret_cast<uintptr_t>(function) - reinterpret_cast<uintptr_t>(__start_limbeck_test_code);
}

artifact::Architecture testArchitecture() {
#if defined(__x86_64__)
  return artifact::Architecture::X86_64;
#else
  return artifact::Architecture::AArch64;
#endif
}

std::vector<std::byte>
testArtifact(const std::vector<std::pair<std::string, std::vector<std::string>>> &variants,
             const std::vector<std::vector<std::byte>> &others) {
  constexpr uint64_t kOffset = 65536;
  std::vector<std::byte> table(100, std::byte(0x5a));
  artifact::Writer writer;
  uint32_t code = writer.addCode({table, testCode(), kOffset, kOffset + testCode().size()});
  float factors[] = {3.0f, 0.5f};
  auto raw = std::as_bytes(std::span(factors));
  std::vector<uint32_t> weights = {writer.addWeights({raw.begin(), raw.end()})};
  for (const std::vector<std::byte> &other : others)
    weights.push_back(writer.addWeights(other));

  artifact::Manifest manifest;
  auto add = [&](const char *name, const char *input, const char *output, DType dtype, Shape in, Shape out,
                 LimbeckEntry function) {
    artifact::Entry entry{name, {{input, {dtype, in, nullptr}}}, {{output, {dtype, out, nullptr}}}, {}};
    for (const auto &[isa, features] : variants)
      entry.variants.push_back(
          {isa, features, testArchitecture(), code, kOffset + testCodeOffset(function), 256, weights});
    manifest.entries.push_back(std::move(entry));
  };
  add("affine", "x", "y", DType::F32, {kAffineElements}, {kAffineElements}, limbeckTestAffine);
  add("fail", "text", "y", DType::U8, {16}, {1}, limbeckTestFail);
  add("wait", "go", "running", DType::S32, {1}, {1}, limbeckTestWait);
  add("small", "x", "y", DType::F32, {3}, {3}, limbeckTestAffine);
  manifest.provenance = {"0.1.0-test", "abc", "{}"};
  return std::move(*writer.finish(manifest));
}

} // namespace limbeck::runtime

size_t limbeckTestArtifact(void *memory, size_t capacity) {
  std::vector<std::byte> bytes = limbeck::runtime::testArtifact();
  if (bytes.size() <= capacity)
    std::memcpy(memory, bytes.data(), bytes.size());
  return bytes.size();
}
