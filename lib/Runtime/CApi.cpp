// The C API: translates handles, structs and failures; everything else is in Model and Context.
#include "CheckArguments.h"
#include "HandleTable.h"
#include "limbeck-c/Runtime.h"
#include "limbeck/Runtime/Context.h"
#include <algorithm>
#include <cstring>
#include <mutex>
#include <new>

namespace limbeck::runtime {

// The numbers of the element types follow DTypes.def, one higher so that 0 is none.
#define SAME_TYPE(c, identifier) static_assert(c == static_cast<int>(DType::identifier) + 1)
SAME_TYPE(LIMBECK_BOOL, Bool);
SAME_TYPE(LIMBECK_U4, U4);
SAME_TYPE(LIMBECK_S4, S4);
SAME_TYPE(LIMBECK_U8, U8);
SAME_TYPE(LIMBECK_S8, S8);
SAME_TYPE(LIMBECK_U16, U16);
SAME_TYPE(LIMBECK_S16, S16);
SAME_TYPE(LIMBECK_U32, U32);
SAME_TYPE(LIMBECK_S32, S32);
SAME_TYPE(LIMBECK_U64, U64);
SAME_TYPE(LIMBECK_S64, S64);
SAME_TYPE(LIMBECK_F16, F16);
SAME_TYPE(LIMBECK_BF16, BF16);
SAME_TYPE(LIMBECK_F32, F32);
SAME_TYPE(LIMBECK_F64, F64);
#undef SAME_TYPE

namespace {

/// A model behind a handle, with the texts that callers may keep pointers to.
struct LoadedModel {
  std::shared_ptr<const Model> model;
  std::once_flag described;
  std::string info; ///< when somebody has asked for it
};

using Models = HandleTable<limbeck_model, LoadedModel>;
using Contexts = HandleTable<limbeck_context, Context>;

/// Kept without allocation, so that running out of memory can be reported too.
struct LastError {
  const char *code = "";
  char message[4096] = "";
  char hint[1024] = "";
};

} // namespace

static thread_local LastError lastError;

template <size_t N> static void keep(char (&kept)[N], std::string_view text) {
  size_t length = std::min(text.size(), N - 1);
  // Do not cut through a UTF-8 sequence.
  while (length < text.size() && length > 0 && (static_cast<unsigned char>(text[length]) & 0xc0) == 0x80)
    --length;
  text.copy(kept, length);
  kept[length] = '\0';
}

static limbeck_status report(Code code, std::string_view text, std::string_view hint = {}) {
  keep(lastError.message, text);
  keep(lastError.hint, hint);
  lastError.code = codeText(code).data();
  return exitCode(code);
}

static limbeck_status report(const Diagnostic &diagnostic) {
  std::string text =
      diagnostic.file.empty() ? diagnostic.message : diagnostic.file + ": " + diagnostic.message;
  if (!diagnostic.hint.empty())
    text += "; " + diagnostic.hint;
  return report(diagnostic.code, text, diagnostic.hint);
}

/// Runs the body of an exported function; nothing is thrown out of it.
template <class Body> static limbeck_status guarded(Body &&body) noexcept {
  try {
    Status status = body();
    return status.ok() ? LIMBECK_OK : report(status.diagnostic());
  } catch (const std::bad_alloc &) {
    return report(Code::Memory, "no memory left");
  } catch (const std::exception &exception) {
    return report(Code::Internal, exception.what());
  } catch (...) {
    return report(Code::Internal, "unknown failure");
  }
}

static Status requireArgument(const void *pointer, std::string_view name) {
  if (!pointer)
    return error(Code::Argument, "expected the argument '", name, "', found a null pointer");
  return {};
}

static Diagnostic notAlive(std::string_view kind) {
  return error(Code::Argument, "expected the handle of a ", kind,
               ", found one that is null, destroyed, or something else");
}

static Expected<std::shared_ptr<LoadedModel>> modelOf(const limbeck_model *handle) {
  if (auto model = Models::global().find(handle))
    return model;
  return notAlive("model");
}

static Expected<std::shared_ptr<Context>> contextOf(const limbeck_context *handle) {
  if (auto context = Contexts::global().find(handle))
    return context;
  return notAlive("context");
}

static Status publish(std::shared_ptr<const Model> model, limbeck_model **handle) {
  auto loaded = std::make_shared<LoadedModel>();
  loaded->model = std::move(model);
  *handle = Models::global().insert(std::move(loaded));
  return {};
}

/// Keeps the model alive while its entry is looked at.
static Expected<std::shared_ptr<const artifact::Entry>> entryOf(const limbeck_model *handle, uint64_t entry) {
  LIMBECK_ASSIGN(auto loaded, modelOf(handle));
  const auto &entries = loaded->model->entries();
  if (entry >= entries.size())
    return error(Code::Argument, "expected an entry below ", entries.size(), ", found ", entry);
  return std::shared_ptr<const artifact::Entry>(loaded, &entries[entry]);
}

using Ports = std::vector<artifact::Port>;

static Expected<std::shared_ptr<const Ports>> portsOf(const limbeck_model *handle, uint64_t entry,
                                                      int32_t direction) {
  LIMBECK_ASSIGN(auto found, entryOf(handle, entry));
  if (direction != LIMBECK_INPUT && direction != LIMBECK_OUTPUT)
    return error(Code::Argument, "expected LIMBECK_INPUT or LIMBECK_OUTPUT, found ", direction);
  return std::shared_ptr<const Ports>(found, direction == LIMBECK_INPUT ? &found->inputs : &found->outputs);
}

static Expected<TensorView> viewOf(std::string_view kind, size_t index, const limbeck_tensor &tensor) {
  auto bad = [&](Code code, auto... what) { return error(code, kind, " ", index, ": ", what...); };
  if (tensor.dtype < LIMBECK_BOOL || tensor.dtype > LIMBECK_F64)
    return bad(Code::DataType, "expected an element type in [1, 15], found ", tensor.dtype);
  if (tensor.rank < 0 || tensor.rank > Limits().rank)
    return bad(Code::Rank, "expected a rank in [0, ", Limits().rank, "], found ", tensor.rank);
  if (tensor.rank > 0 && !tensor.dims)
    return bad(Code::Argument, "expected ", tensor.rank, " dimensions, found a null pointer");
  return TensorView{static_cast<DType>(tensor.dtype - 1),
                    {tensor.dims, static_cast<size_t>(tensor.rank)},
                    tensor.data,
                    tensor.byte_size};
}

static Status setViews(std::vector<TensorView> &views, std::string_view kind, const limbeck_tensor *tensors,
                       uint64_t count) {
  if (count > 0)
    LIMBECK_TRY(requireArgument(tensors, kind));
  if (count > static_cast<uint64_t>(Limits().tensors))
    return error(Code::Arity, "expected at most ", Limits().tensors, " tensors, found ", count);
  views.clear();
  for (size_t i = 0; i < count; ++i) {
    LIMBECK_ASSIGN(TensorView view, viewOf(kind, i, tensors[i]));
    views.push_back(view);
  }
  return {};
}

/// Options of a program that was compiled with an older or newer header: fields that it lacks have their defaults, fields
/// that this library does not know must be zero.
static Expected<limbeck_context_options> knownOptions(const limbeck_context_options *options) {
  constexpr uint64_t firstVersion = 32, most = 4096;
  limbeck_context_options known = LIMBECK_CONTEXT_OPTIONS;
  uint64_t size = options->struct_size;
  auto bytes = reinterpret_cast<const unsigned char *>(options);
  auto isZero = [](unsigned char byte) { return byte == 0; };
  if (size < firstVersion || size > most)
    return error(Code::Argument, "expected options of ", firstVersion, " to ", most, " bytes, found ", size)
        .withHint("initialize them with LIMBECK_CONTEXT_OPTIONS");
  if (size > sizeof known && !std::all_of(bytes + sizeof known, bytes + size, isZero))
    return error(Code::Argument, "expected 0 in options that this library does not know, found another value")
        .withHint("initialize them with LIMBECK_CONTEXT_OPTIONS");
  std::memcpy(&known, options, std::min<uint64_t>(size, sizeof known));
  return known;
}

static Expected<ContextOptions> optionsOf(const limbeck_context_options *options) {
  if (!options)
    return ContextOptions();
  LIMBECK_ASSIGN(limbeck_context_options known, knownOptions(options));
  if (known.reserved != 0)
    return error(Code::Argument, "expected 0 in the reserved field, found ", known.reserved);
  if (known.spin_us < -1 || known.spin_us > kLongestSpin)
    return error(Code::Argument, "expected spin_us from -1 to ", kLongestSpin, ", found ", known.spin_us);
  return ContextOptions{known.threads, known.spin_us, known.memory_limit};
}

extern "C" {

const char *limbeck_runtime_version(void) noexcept {
  return LIMBECK_VERSION;
}

int32_t limbeck_runtime_api_version(void) noexcept {
  return LIMBECK_RUNTIME_API_VERSION;
}

const char *limbeck_last_error_code(void) noexcept {
  return lastError.code;
}

const char *limbeck_last_error_message(void) noexcept {
  return lastError.message;
}

const char *limbeck_last_error_hint(void) noexcept {
  return lastError.hint;
}

limbeck_status limbeck_model_load_file(const char *path, limbeck_model **model) noexcept {
  return guarded([&]() -> Status {
    LIMBECK_TRY(requireArgument(path, "path"));
    LIMBECK_TRY(requireArgument(model, "model"));
    LIMBECK_ASSIGN(auto loaded, Model::load(path));
    return publish(std::move(loaded), model);
  });
}

limbeck_status limbeck_model_map_file(const char *path, limbeck_model **model) noexcept {
  return guarded([&]() -> Status {
    LIMBECK_TRY(requireArgument(path, "path"));
    LIMBECK_TRY(requireArgument(model, "model"));
    LoadOptions options;
    options.mapWeights = true;
    LIMBECK_ASSIGN(auto loaded, Model::load(path, options));
    return publish(std::move(loaded), model);
  });
}

limbeck_status limbeck_model_load_memory(const void *bytes, uint64_t size, limbeck_model **model) noexcept {
  return guarded([&]() -> Status {
    LIMBECK_TRY(requireArgument(bytes, "bytes"));
    LIMBECK_TRY(requireArgument(model, "model"));
    LIMBECK_ASSIGN(auto loaded, Model::fromBytes({static_cast<const std::byte *>(bytes), size}));
    return publish(std::move(loaded), model);
  });
}

limbeck_status limbeck_model_destroy(limbeck_model *model) noexcept {
  return guarded([&] { return Models::global().remove(model) ? Status() : Status(notAlive("model")); });
}

limbeck_status limbeck_model_info(limbeck_model *model, const char **json) noexcept {
  return guarded([&]() -> Status {
    LIMBECK_TRY(requireArgument(json, "json"));
    LIMBECK_ASSIGN(auto loaded, modelOf(model));
    std::call_once(loaded->described, [&] { loaded->info = loaded->model->describe(); });
    *json = loaded->info.c_str();
    return {};
  });
}

limbeck_status limbeck_model_entry_count(limbeck_model *model, uint64_t *count) noexcept {
  return guarded([&]() -> Status {
    LIMBECK_TRY(requireArgument(count, "count"));
    LIMBECK_ASSIGN(auto loaded, modelOf(model));
    *count = loaded->model->entries().size();
    return {};
  });
}

limbeck_status limbeck_model_entry_name(limbeck_model *model, uint64_t entry, const char **name) noexcept {
  return guarded([&]() -> Status {
    LIMBECK_TRY(requireArgument(name, "name"));
    LIMBECK_ASSIGN(auto found, entryOf(model, entry));
    *name = found->name.c_str();
    return {};
  });
}

limbeck_status limbeck_model_port_count(limbeck_model *model, uint64_t entry, int32_t direction,
                                        uint64_t *count) noexcept {
  return guarded([&]() -> Status {
    LIMBECK_TRY(requireArgument(count, "count"));
    LIMBECK_ASSIGN(auto ports, portsOf(model, entry, direction));
    *count = ports->size();
    return {};
  });
}

limbeck_status limbeck_model_port(limbeck_model *model, uint64_t entry, int32_t direction, uint64_t index,
                                  limbeck_port *port) noexcept {
  return guarded([&]() -> Status {
    LIMBECK_TRY(requireArgument(port, "port"));
    LIMBECK_ASSIGN(auto ports, portsOf(model, entry, direction));
    if (index >= ports->size())
      return error(Code::Argument, "expected an index below ", ports->size(), ", found ", index);
    const auto &[name, type] = (*ports)[index];
    *port = {name.c_str(), static_cast<int32_t>(type.dtype) + 1, static_cast<int32_t>(type.shape.size()),
             type.shape.data(), byteSize(type)};
    return {};
  });
}

limbeck_status limbeck_context_create(limbeck_model *model, const limbeck_context_options *options,
                                      limbeck_context **context) noexcept {
  return guarded([&]() -> Status {
    LIMBECK_TRY(requireArgument(context, "context"));
    LIMBECK_ASSIGN(auto loaded, modelOf(model));
    LIMBECK_ASSIGN(ContextOptions chosen, optionsOf(options));
    LIMBECK_ASSIGN(auto created, Context::create(loaded->model, chosen));
    *context = Contexts::global().insert(std::move(created));
    return {};
  });
}

limbeck_status limbeck_context_destroy(limbeck_context *context) noexcept {
  return guarded([&] { return Contexts::global().remove(context) ? Status() : Status(notAlive("context")); });
}

limbeck_status limbeck_run(limbeck_context *context, const char *entry, const limbeck_tensor *inputs,
                           uint64_t input_count, const limbeck_tensor *outputs,
                           uint64_t output_count) noexcept {
  return guarded([&]() -> Status {
    LIMBECK_ASSIGN(auto found, contextOf(context));
    static thread_local std::vector<TensorView> in,
        out; // kept, so that only a thread's first run takes memory
    LIMBECK_TRY(setViews(in, "inputs", inputs, input_count));
    LIMBECK_TRY(setViews(out, "outputs", outputs, output_count));
    if (entry && !*entry)
      return error(Code::Name,
                   "expected the name of an entry, or null to choose by shapes, found an empty text");
    return found->run(entry ? entry : "", in, out);
  });
}

} // extern "C"

} // namespace limbeck::runtime
