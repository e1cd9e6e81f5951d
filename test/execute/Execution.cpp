// One artifact per case, with one entry and one variant.
#include "Execution.h"
#include "GuardedBuffer.h"
#include "limbeck/Artifact/Writer.h"
#include "limbeck/Runtime/Context.h"
#include "limbeck/Runtime/Model.h"

namespace limbeck::test {

static std::vector<artifact::Port> portsOf(std::string_view prefix, std::span<const TensorType> types) {
  std::vector<artifact::Port> ports;
  for (const TensorType &type : types)
    ports.push_back({std::string(prefix) + std::to_string(ports.size()), type});
  return ports;
}

static Expected<std::shared_ptr<const runtime::Model>> load(const cpu::CompiledEntry &compiled,
                                                            const cpu::Isa &isa,
                                                            std::span<const TensorType> inputs,
                                                            std::span<const TensorType> outputs) {
  artifact::Writer writer;
  artifact::Variant variant;
  variant.isa = isa.name;
  variant.features = isa.featureList();
  variant.architecture = isa.architecture;
  variant.code =
      writer.addCode({compiled.readOnly, compiled.executable, compiled.executableOffset, compiled.span});
  variant.entryOffset = compiled.entryOffset;
  variant.arenaBytes = compiled.arenaBytes;
  for (const Tensor &weight : compiled.weights)
    variant.weights.push_back(writer.addWeights({weight.bytes(), weight.bytes() + weight.byteSize()}));
  artifact::Manifest manifest;
  manifest.entries.push_back({"main", portsOf("in", inputs), portsOf("out", outputs), {variant}});
  manifest.provenance = {"test", "", "{}"};
  LIMBECK_ASSIGN(std::vector<std::byte> bytes, writer.finish(manifest));
  runtime::LoadOptions options;
  options.isa = isa.name;
  return runtime::Model::fromBytes(bytes, options);
}

namespace {
/// What a task reports through LimbeckApi, and how many workers it gets.
struct SequentialPool {
  int workers;
  std::string failure;

  /// All workers, however little they have to do: how work is cut is what is tested.
  static void parallel(void *pool, LimbeckTask task, void *frame, int32_t) {
    int workers = static_cast<SequentialPool *>(pool)->workers;
    for (int worker = workers; worker-- > 0;)
      task(frame, worker, workers);
  }
  static void fail(void *pool, int32_t code, const char *text) {
    static_cast<SequentialPool *>(pool)->failure = message("code ", code, ": ", text);
  }
};
} // namespace

Expected<std::vector<Tensor>> runHere(const cpu::CompiledEntry &compiled, const cpu::Isa &isa,
                                      std::span<const Tensor> inputs, std::span<const TensorType> outputTypes,
                                      int workers) {
  LIMBECK_ASSIGN(auto model, load(compiled, isa, {}, outputTypes));
  std::vector<GuardedBuffer> in, out;
  std::vector<void *> inPointers, outPointers;
  for (const Tensor &tensor : inputs) {
    in.emplace_back(tensor.byteSize(), 1);
    std::memcpy(in.back().data(), tensor.bytes(), tensor.byteSize());
    inPointers.push_back(in.back().data());
  }
  std::vector<Tensor> results;
  for (const TensorType &type : outputTypes) {
    LIMBECK_ASSIGN(Tensor tensor, Tensor::zeros(type.dtype, type.shape));
    out.emplace_back(tensor.byteSize(), 1);
    out.back().fill(0xcd);
    outPointers.push_back(out.back().data());
    results.push_back(std::move(tensor));
  }
  GuardedBuffer arena(compiled.arenaBytes, 64);
  arena.fill(0xff);
  SequentialPool pool{workers, {}};
  LimbeckApi api{LIMBECK_ABI_VERSION,
                 &pool,
                 SequentialPool::parallel,
                 SequentialPool::fail,
                 static_cast<uint64_t>(workers),
                 nullptr};
  int32_t code =
      model->function(0)(&api, inPointers.data(), outPointers.data(), arena.data(), model->weights(0).data());
  if (code != 0 || !pool.failure.empty())
    return error(Code::Run, "the code failed with ", code, ", ", pool.failure);
  auto intact = [](const GuardedBuffer &buffer) { return buffer.intact(); };
  if (!std::all_of(in.begin(), in.end(), intact) || !std::all_of(out.begin(), out.end(), intact) ||
      !arena.intact())
    return error(Code::Run, "the code wrote beyond its buffers");
  for (size_t i = 0; i < inputs.size(); ++i)
    if (std::memcmp(in[i].data(), inputs[i].bytes(), inputs[i].byteSize()) != 0)
      return error(Code::Run, "the code changed input ", i);
  for (size_t i = 0; i < results.size(); ++i)
    std::memcpy(results[i].mutableBytes(), out[i].data(), results[i].byteSize());
  return results;
}

Expected<std::vector<Tensor>> runThreads(const cpu::CompiledEntry &compiled, const cpu::Isa &isa,
                                         std::span<const Tensor> inputs,
                                         std::span<const TensorType> inputTypes,
                                         std::span<const TensorType> outputTypes, int threads) {
  LIMBECK_ASSIGN(auto model, load(compiled, isa, inputTypes, outputTypes));
  LIMBECK_ASSIGN(auto context, runtime::Context::create(model, {threads, 0, 0}));
  return context->run("main", inputs);
}

} // namespace limbeck::test
