// Calls the compiled code: with checked arguments, the default floating-point state, and the functions it may
// call.
#include "limbeck/Runtime/Context.h"
#include "CallCode.h"
#include "CheckArguments.h"
#include "FloatEnvironment.h"
#include "TileState.h"

namespace limbeck::runtime {

Expected<std::unique_ptr<Context>> Context::create(std::shared_ptr<const Model> model,
                                                   ContextOptions options) {
  std::unique_ptr<Context> context(new Context());
  uint64_t bytes = model->arenaBytes();
  if (options.memoryLimit > 0 && bytes > options.memoryLimit)
    return error(Code::LimitMemory, "the model needs ", bytes, " bytes of temporaries, allowed are ",
                 options.memoryLimit);
  LIMBECK_ASSIGN(context->arena, PageMemory::reserve(bytes));
  bool ownPool = options.threads != 0 || options.spinMicroseconds >= 0;
  int64_t spin = options.spinMicroseconds < 0 ? kLongestSpin : options.spinMicroseconds;
  LIMBECK_ASSIGN(context->pool, ownPool ? ThreadPool::create({options.threads, spin}) : ThreadPool::shared());
  for (const artifact::Entry &entry : model->entries()) {
    context->inputPointers.reserve(entry.inputs.size());
    context->outputPointers.reserve(entry.outputs.size());
  }
  context->loaded = std::move(model);
  return context;
}

Expected<size_t> Context::findEntry(std::string_view name, std::span<const TensorView> inputs) const {
  return matchEntry(loaded->entries(), name, inputs);
}

namespace {

/// What `LimbeckApi::pool` points to during one run. The first failure that a task reports is kept.
class Run {
public:
  explicit Run(ThreadPool &pool) : pool(pool) {}

  static void parallel(void *run, LimbeckTask task, void *frame, int32_t useful) {
    static_cast<Run *>(run)->pool.parallel(task, frame, useful);
  }
  static void fail(void *run, int32_t code, const char *text) {
    auto &self = *static_cast<Run *>(run);
    if (self.failed.test_and_set())
      return;
    self.code = code;
    for (size_t i = 0; text && text[i] && i + 1 < sizeof self.text; ++i)
      self.text[i] = text[i];
  }
  Status status(int32_t result) const {
    if (failed.test())
      return error(Code::Run, "the model failed: ", text[0] ? text : "no reason given", " (code ", code, ")");
    if (result != 0)
      return error(Code::Run, "the model failed with code ", result);
    return {};
  }

private:
  ThreadPool &pool;
  std::atomic_flag failed;
  int32_t code = 0;
  char text[256] = {};
};

/// Released when the run ends.
class Claim {
public:
  explicit Claim(std::atomic_flag &flag) : flag(flag), taken(!flag.test_and_set(std::memory_order_acquire)) {}
  ~Claim() {
    if (taken)
      flag.clear(std::memory_order_release);
  }
  Claim(const Claim &) = delete;
  Claim &operator=(const Claim &) = delete;
  explicit operator bool() const { return taken; }

private:
  std::atomic_flag &flag;
  bool taken;
};

} // namespace

static void setPointers(std::vector<void *> &pointers, std::span<const TensorView> views) {
  pointers.clear();
  for (const TensorView &view : views)
    pointers.push_back(view.data);
}

LIMBECK_CALLS_CODE Status Context::call(size_t entry, std::span<const TensorView> inputs,
                                        std::span<const TensorView> outputs) {
  LIMBECK_TRY(checkArguments(loaded->entries()[entry], inputs, outputs));
  Claim claim(busy);
  if (!claim)
    return error(Code::Argument, "the context already runs on another thread")
        .withHint("give each thread its own");
  setPointers(inputPointers, inputs);
  setPointers(outputPointers, outputs);
  Run run(*pool);
  LimbeckApi api{
      LIMBECK_ABI_VERSION, &run, Run::parallel, Run::fail, static_cast<uint64_t>(pool->workers()), nullptr};
  FloatEnvironment environment;
  int32_t result =
      loaded->function(entry)(&api, inputPointers.data(), outputPointers.data(),
                              reinterpret_cast<uint8_t *>(arena.data()), loaded->weights(entry).data());
  releaseTiles();
  return run.status(result);
}

Status Context::run(std::string_view entry, std::span<const TensorView> inputs,
                    std::span<const TensorView> outputs) {
  LIMBECK_ASSIGN(size_t index, findEntry(entry, inputs));
  return call(index, inputs, outputs);
}

Expected<std::vector<Tensor>> Context::run(std::string_view entry, std::span<const Tensor> inputs) {
  std::vector<TensorView> in, out;
  // The code only reads its inputs; the interface of code has one pointer type for both directions.
  for (const Tensor &tensor : inputs)
    in.push_back(
        {tensor.dtype(), tensor.shape(), const_cast<std::byte *>(tensor.bytes()), tensor.byteSize()});
  LIMBECK_ASSIGN(size_t index, findEntry(entry, in));
  std::vector<Tensor> results;
  for (const artifact::Port &port : loaded->entries()[index].outputs) {
    LIMBECK_ASSIGN(Tensor tensor, Tensor::zeros(port.type.dtype, port.type.shape));
    results.push_back(std::move(tensor));
  }
  for (Tensor &tensor : results)
    out.push_back({tensor.dtype(), tensor.shape(), tensor.mutableBytes(), tensor.byteSize()});
  LIMBECK_TRY(call(index, in, out));
  return results;
}

} // namespace limbeck::runtime
