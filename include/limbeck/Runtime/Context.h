// One caller's use of a model: an arena and a pool. A context runs one call at a time; several run side by
// side.
#pragma once
#include "limbeck/Runtime/Model.h"
#include "limbeck/Runtime/ThreadPool.h"

namespace limbeck::runtime {

struct ContextOptions {
  int threads = 0;               ///< 0: the pool that all contexts of the process share
  int64_t spinMicroseconds = -1; ///< -1: kLongestSpin; given, the context has a pool of its own
  uint64_t memoryLimit = 0;      ///< bytes of temporaries that are allowed; 0: no limit
};

/// Memory of the caller: dense and row-major, aligned to the element.
struct TensorView {
  DType dtype = DType::F32;
  std::span<const int64_t> shape;
  void *data = nullptr;
  uint64_t byteSize = 0;
};

class Context {
public:
  /// All memory is taken here, none while running. E-LIMIT-MEM, E-MEMORY.
  static Expected<std::unique_ptr<Context>> create(std::shared_ptr<const Model> model,
                                                   ContextOptions options = {});

  const Model &model() const { return *loaded; }
  int workers() const { return pool->workers(); }

  /// The entry of that name, or, for an empty name, the one compiled for these input shapes.
  /// E-NAME, E-ARITY, E-DTYPE, E-RANK, E-SHAPE; the message lists what was compiled.
  Expected<size_t> findEntry(std::string_view name, std::span<const TensorView> inputs) const;

  /// Computes into memory of the caller, and takes none. E-ARGUMENT when memory is missing, unaligned or shared with an
  /// output, or when the context already runs on another thread; E-DATA-SIZE; E-RUN when the code reports a
  /// failure.
  Status run(std::string_view entry, std::span<const TensorView> inputs, std::span<const TensorView> outputs);
  /// Computes into new tensors.
  Expected<std::vector<Tensor>> run(std::string_view entry, std::span<const Tensor> inputs);

private:
  Context() = default;
  Status call(size_t entry, std::span<const TensorView> inputs, std::span<const TensorView> outputs);

  std::shared_ptr<const Model> loaded;
  std::shared_ptr<ThreadPool> pool;
  PageMemory arena;
  std::vector<void *> inputPointers, outputPointers; ///< of the call that runs
  std::atomic_flag busy;
};

} // namespace limbeck::runtime
