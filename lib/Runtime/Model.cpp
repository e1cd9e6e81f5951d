// From verified bytes to code and weights in memory.
#include "limbeck/Runtime/Model.h"
#include "limbeck/Artifact/Describe.h"
#include "limbeck/Artifact/Reader.h"
#include "limbeck/Runtime/ThreadCount.h"
#include "limbeck/Runtime/ThreadPool.h"
#include "limbeck/Support/File.h"
#include <algorithm>
#include <cstdlib>
#include <exception>
#include <functional>

namespace limbeck::runtime {

static std::string forcedIsa(const LoadOptions &options) {
  const char *variable = std::getenv("LIMBECK_ISA");
  return options.isa.empty() && variable ? variable : options.isa;
}

namespace {

/// The threads of one loading, started when there is first something for them to do.
class Loaders {
public:
  void forEach(size_t count, const std::function<void(size_t)> &step) {
    int threads = count < 4 ? 1 : static_cast<int>(std::min<size_t>(count / 2, kMostThreads));
    if (threads > 1 && !pool)
      if (auto allowed = defaultThreadCount(); allowed.ok())
        if (auto created = ThreadPool::create({std::min(threads, *allowed)}); created.ok())
          pool = *created;
    Steps steps(count, step);
    if (pool)
      pool->parallel(Steps::run, &steps);
    else
      Steps::run(&steps, 0, 1);
    if (steps.thrown)
      std::rethrow_exception(steps.thrown);
  }

private:
  struct Steps {
    Steps(size_t count, const std::function<void(size_t)> &step) : count(count), step(step) {}

    size_t count;
    const std::function<void(size_t)> &step;
    std::atomic<size_t> next = 0;
    std::atomic_flag failed;
    std::exception_ptr thrown = nullptr; ///< that there is no memory, which a thread may not throw

    static void run(void *frame, int32_t, int32_t) {
      auto &self = *static_cast<Steps *>(frame);
      try {
        for (size_t i; (i = self.next.fetch_add(1, std::memory_order_relaxed)) < self.count;)
          self.step(i);
      } catch (...) {
        if (!self.failed.test_and_set())
          self.thrown = std::current_exception();
      }
    }
  };

  std::shared_ptr<ThreadPool> pool;
};

} // namespace

/// The bytes of an artifact on their way into memory: code and weights stay where they are read to, so nothing is copied.
struct Model::Bytes {
  PageMemory memory;
  std::function<Status(uint64_t offset, uint64_t length)> fetch;
  PageMemory file; ///< the same bytes, mapped; nothing when weights are read
};

Expected<std::shared_ptr<const Model>> Model::load(const std::string &path, const LoadOptions &options) {
  LIMBECK_ASSIGN(OpenFile file, OpenFile::open(path, options.limits.initializerBytes));
  Bytes bytes;
  auto use = options.mapWeights ? PageMemory::Use::Parts : PageMemory::Use::Whole;
  LIMBECK_ASSIGN(bytes.memory, PageMemory::reserve(file.size(), use));
  bytes.fetch = [&file, all = bytes.memory.span()](uint64_t offset, uint64_t length) {
    return file.read(offset, all.subspan(offset, length));
  };
  if (options.mapWeights) {
    LIMBECK_ASSIGN(bytes.file, file.map());
  }
  auto model = place(std::move(bytes), options);
  if (!model)
    model.diagnostic().atFile(path);
  return model;
}

Expected<std::shared_ptr<const Model>> Model::fromBytes(std::span<const std::byte> artifact,
                                                        const LoadOptions &options) {
  Bytes bytes;
  LIMBECK_ASSIGN(bytes.memory, PageMemory::reserve(artifact.size()));
  bytes.fetch = [artifact, all = bytes.memory.span()](uint64_t offset, uint64_t length) {
    std::ranges::copy(artifact.subspan(offset, length), all.subspan(offset).begin());
    return Status();
  };
  return place(std::move(bytes), options);
}

Expected<std::shared_ptr<const Model>> Model::place(Bytes bytes, const LoadOptions &options) {
  Loaders loaders;
  auto forEach = [&](size_t count, const std::function<void(size_t)> &step) { loaders.forEach(count, step); };
  LIMBECK_ASSIGN(
      artifact::Reader reader,
      artifact::Reader::open({bytes.memory.span(), std::move(bytes.fetch), forEach}, options.limits));
  std::shared_ptr<Model> model(new Model());
  model->manifest = reader.manifest();
  model->sections = reader.sections();
  model->memory = std::move(options.mapWeights ? bytes.file : bytes.memory);
  const CpuFeatures &features = options.features ? *options.features : CpuFeatures::host();
  std::vector<uint32_t> needed;
  for (const artifact::Entry &entry : model->manifest.entries) {
    LIMBECK_ASSIGN(size_t chosen, selectVariant(entry, features, forcedIsa(options)));
    model->selected.push_back(chosen);
    const artifact::Variant &variant = entry.variants[chosen];
    needed.push_back(variant.code);
    if (!options.mapWeights)
      needed.insert(needed.end(), variant.weights.begin(), variant.weights.end());
  }
  LIMBECK_TRY(reader.check(needed));
  for (size_t entry = 0; entry < model->entries().size(); ++entry) {
    const artifact::Variant &variant = model->variant(entry);
    LIMBECK_TRY(reader.checkCode(variant));
    if (!model->images.contains(variant.code)) { // entries and variants share sections
      LIMBECK_ASSIGN(CodeImage image, CodeImage::load(reader.code(variant.code)));
      model->images.emplace(variant.code, std::move(image));
    }
    const std::byte *address = model->images.at(variant.code).address(variant.entryOffset);
    model->functions.push_back(reinterpret_cast<LimbeckEntry>(reinterpret_cast<uintptr_t>(address)));
    auto &pointers = model->weightPointers.emplace_back();
    for (uint32_t index : variant.weights)
      pointers.push_back(
          reinterpret_cast<const uint8_t *>(model->memory.data() + model->sections[index].offset));
  }
  return std::shared_ptr<const Model>(std::move(model));
}

uint64_t Model::arenaBytes() const {
  uint64_t most = 0;
  for (size_t i = 0; i < entries().size(); ++i)
    most = std::max(most, variant(i).arenaBytes);
  return most;
}

std::string Model::describe() const {
  return artifact::describe(manifest, sections, selected);
}

} // namespace limbeck::runtime
