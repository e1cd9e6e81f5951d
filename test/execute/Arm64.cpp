// One file in, one file out; Runner.c describes them.
#include "Arm64.h"
#include "limbeck/Support/File.h"
#include <cstdlib>
#include <filesystem>
#include <unistd.h>

namespace limbeck::test {

namespace {
/// A folder that vanishes with it.
struct Scratch {
  std::filesystem::path path;
  Scratch() {
    std::string pattern = (std::filesystem::temp_directory_path() / "limbeck-arm64-XXXXXX").string();
    if (const char *made = mkdtemp(pattern.data()))
      path = made;
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
};

class Message {
public:
  void number(uint64_t value) { append(&value, sizeof value); }
  void blob(const void *data, size_t size) {
    number(size);
    append(data, size);
  }
  std::vector<std::byte> bytes;

private:
  void append(const void *data, size_t size) {
    const auto *first = static_cast<const std::byte *>(data);
    bytes.insert(bytes.end(), first, first + size);
  }
};
} // namespace

static Status writeBytes(const std::filesystem::path &path, std::span<const std::byte> bytes) {
  std::FILE *file = std::fopen(path.c_str(), "wb");
  bool written = file && std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
  if ((file && std::fclose(file) != 0) || !written)
    return error(Code::File, "cannot write ", path.string());
  return {};
}

bool arm64Available() {
  return *LIMBECK_QEMU_AARCH64 && std::filesystem::exists(LIMBECK_ARM64_RUNNER);
}

Expected<std::vector<Tensor>> runArm64(const cpu::CompiledEntry &compiled, std::span<const Tensor> inputs,
                                       std::span<const TensorType> outputTypes, int workers) {
  Message task;
  for (uint64_t value : {compiled.span, compiled.executableOffset, compiled.entryOffset, compiled.arenaBytes})
    task.number(value);
  task.number(static_cast<uint64_t>(workers));
  task.blob(compiled.readOnly.data(), compiled.readOnly.size());
  task.blob(compiled.executable.data(), compiled.executable.size());
  task.number(compiled.weights.size());
  for (const Tensor &weight : compiled.weights)
    task.blob(weight.bytes(), weight.byteSize());
  task.number(inputs.size());
  for (const Tensor &input : inputs)
    task.blob(input.bytes(), input.byteSize());
  std::vector<Tensor> results;
  task.number(outputTypes.size());
  for (const TensorType &type : outputTypes) {
    LIMBECK_ASSIGN(Tensor tensor, Tensor::zeros(type.dtype, type.shape));
    task.number(tensor.byteSize());
    results.push_back(std::move(tensor));
  }
  Scratch scratch;
  std::string in = (scratch.path / "task").string(), out = (scratch.path / "results").string();
  LIMBECK_TRY(writeBytes(in, task.bytes));
  std::string command = message(LIMBECK_QEMU_AARCH64, " ", LIMBECK_ARM64_RUNNER, " ", in, " ", out);
  if (int code = std::system(command.c_str()); code != 0)
    return error(Code::Run, "'", command, "' ended with ", code);
  LIMBECK_ASSIGN(std::vector<std::byte> bytes, readFile(out));
  size_t at = 0;
  for (Tensor &result : results) {
    if (bytes.size() - at < result.byteSize())
      return error(Code::Run, "the results of the program are too short");
    std::memcpy(result.mutableBytes(), bytes.data() + at, result.byteSize());
    at += result.byteSize();
  }
  return results;
}

} // namespace limbeck::test
