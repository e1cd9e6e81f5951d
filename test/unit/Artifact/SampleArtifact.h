// A small artifact with two entries, two variants and shared weights, for every test of the format.
#pragma once
#include "limbeck/Artifact/Reader.h"
#include "limbeck/Artifact/Writer.h"
#include <cstring>

namespace limbeck::artifact {

inline std::vector<std::byte> bytesFrom(size_t size, int first) {
  std::vector<std::byte> bytes(size);
  for (size_t i = 0; i < size; ++i)
    bytes[i] = static_cast<std::byte>(first + static_cast<int>(i));
  return bytes;
}

inline Port makePort(std::string name, DType dtype, Shape shape) {
  return {std::move(name), {dtype, std::move(shape), nullptr}};
}

struct Sample {
  Writer writer;
  Manifest manifest;

  Sample() {
    std::vector<std::byte> table = bytesFrom(20, 7), text = bytesFrom(33, 100);
    uint32_t code = writer.addCode({table, text, 4096, 8192});
    uint32_t otherCode = writer.addCode({{}, text, 0, 4096});
    uint32_t weights = writer.addWeights(bytesFrom(130, 1));
    uint32_t bias = writer.addWeights(bytesFrom(5, 50));

    auto quantization = std::make_shared<Quantization>();
    quantization->scales = {0.5f};
    quantization->zeroPoints = {3};
    Port input = makePort("bild", DType::U8, {1, 3, 5});
    input.type.quantization = quantization;
    Variant plain{"x86-64", {"sse2"}, Architecture::X86_64, code, 4096 + 3, 256, {weights, bias}};
    Variant fast{"avx2", {"avx2", "fma"}, Architecture::X86_64, otherCode, 1, 512, {weights}};
    manifest.entries.push_back({"main", {input}, {makePort("scores", DType::F32, {1, 4})}, {plain, fast}});
    plain.entryOffset = 4096;
    manifest.entries.push_back({"größer", {}, {makePort("empty", DType::S64, {2, 0})}, {plain}});
    manifest.provenance = {"0.1.0", "00ff", R"({"target":"cpu"})"};
  }

  std::vector<std::byte> bytes() const { return std::move(*writer.finish(manifest)); }
};

/// Changes a record in place and makes the hashes right again, as an attacker would.
template <class Record, class Change>
std::vector<std::byte> forged(std::vector<std::byte> file, uint64_t offset, Change change) {
  Record record;
  std::memcpy(&record, file.data() + offset, sizeof record);
  change(record);
  std::memcpy(file.data() + offset, &record, sizeof record);
  seal(file);
  return file;
}

} // namespace limbeck::artifact
