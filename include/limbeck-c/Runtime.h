/* The C API of the Limbeck runtime: load a compiled model (`.lmb`) and run it.
 *
 *   limbeck_model *model;
 *   limbeck_context *context;
 *   if (limbeck_model_load_file("classifier.lmb", &model) != LIMBECK_OK ||
 *       limbeck_context_create(model, NULL, &context) != LIMBECK_OK) {
 *     fprintf(stderr, "%s: %s\n", limbeck_last_error_code(), limbeck_last_error_message());
 *     return 1;
 *   }
 *   int64_t in_dims[] = {1, 3, 224, 224}, out_dims[] = {1, 1000};
 *   limbeck_tensor in = {pixels, LIMBECK_F32, 4, in_dims, sizeof pixels};
 *   limbeck_tensor out = {scores, LIMBECK_F32, 2, out_dims, sizeof scores};
 *   limbeck_status status = limbeck_run(context, NULL, &in, 1, &out, 1);
 *
 * Rules for every function:
 *   - It returns LIMBECK_OK or the kind of failure; code and text of the failure are kept per thread.
 *   - It never aborts or throws, and writes through no output parameter when it fails.
 *   - Handles are not memory: one that is null, destroyed, or of another kind gives E-ARGUMENT, always.
 *   - Any function may be called from any thread. A model is immutable; a context runs one call at a time.
 *   - Texts and arrays returned belong to the model and live until it is destroyed. Texts are UTF-8. */
#ifndef LIMBECK_C_RUNTIME_H
#define LIMBECK_C_RUNTIME_H
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define LIMBECK_EXPORT __attribute__((visibility("default")))
#else
#define LIMBECK_EXPORT
#endif

#ifdef __cplusplus
extern "C" {
#define LIMBECK_NOEXCEPT noexcept
#else
#define LIMBECK_NOEXCEPT
#endif

/* Functions are only added, never changed, within one version. */
#define LIMBECK_RUNTIME_API_VERSION 1

typedef int32_t limbeck_status;
enum {
  LIMBECK_OK = 0,
  LIMBECK_FAILED = 1,     /* while running: no memory, no file, the model reported a failure */
  LIMBECK_INVALID = 2,    /* wrong arguments, or a file that is damaged or no artifact */
  LIMBECK_UNSUPPORTED = 3 /* valid, but not on this machine or in this version */
};

/* Element types. 4-bit values and booleans take one byte each; f16 and bf16 two. */
enum {
  LIMBECK_BOOL = 1,
  LIMBECK_U4 = 2,
  LIMBECK_S4 = 3,
  LIMBECK_U8 = 4,
  LIMBECK_S8 = 5,
  LIMBECK_U16 = 6,
  LIMBECK_S16 = 7,
  LIMBECK_U32 = 8,
  LIMBECK_S32 = 9,
  LIMBECK_U64 = 10,
  LIMBECK_S64 = 11,
  LIMBECK_F16 = 12,
  LIMBECK_BF16 = 13,
  LIMBECK_F32 = 14,
  LIMBECK_F64 = 15
};

enum { LIMBECK_INPUT = 0, LIMBECK_OUTPUT = 1 };

typedef struct limbeck_model limbeck_model;
typedef struct limbeck_context limbeck_context;

/* Memory of the caller: dense, row-major, aligned to the element size. `dims` may be null when `rank` is 0.
 */
typedef struct limbeck_tensor {
  void *data;
  int32_t dtype;
  int32_t rank;
  const int64_t *dims;
  uint64_t byte_size;
} limbeck_tensor;

/* What an input or output of an entry must be. */
typedef struct limbeck_port {
  const char *name;
  int32_t dtype;
  int32_t rank;
  const int64_t *dims;
  uint64_t byte_size;
} limbeck_port;

/* Initialize with LIMBECK_CONTEXT_OPTIONS. Fields are only added, at the end: a library takes the options of an older header,
 * and those of a newer one as long as what it does not know is 0. */
typedef struct limbeck_context_options {
  uint64_t struct_size; /* sizeof(limbeck_context_options) */
  /* Threads that compute, the caller included. 0: the pool that the process shares, sized by the physical
   * cores allowed, or by LIMBECK_NUM_THREADS. */
  int32_t threads;
  int32_t reserved; /* 0 */
  /* Microseconds that an idle thread spins before it sleeps, at most 1000. -1: the default. */
  int64_t spin_us;
  uint64_t memory_limit; /* bytes of temporaries allowed; 0: no limit */
} limbeck_context_options;
#define LIMBECK_CONTEXT_OPTIONS {sizeof(limbeck_context_options), 0, 0, -1, 0}

/* The version of the library, "0.1.0". Never null.
 *   printf("limbeck %s\n", limbeck_runtime_version()); */
LIMBECK_EXPORT const char *limbeck_runtime_version(void) LIMBECK_NOEXCEPT;

/* LIMBECK_RUNTIME_API_VERSION of the library, to compare with that of the header.
 *   assert(limbeck_runtime_api_version() == LIMBECK_RUNTIME_API_VERSION); */
LIMBECK_EXPORT int32_t limbeck_runtime_api_version(void) LIMBECK_NOEXCEPT;

/* The stable code of the last failure on this thread, such as "E-SHAPE"; "" when there was none.
 * Never null; valid until the next failure on this thread.
 *   if (strcmp(limbeck_last_error_code(), "E-ARTIFACT-TARGET") == 0) ... */
LIMBECK_EXPORT const char *limbeck_last_error_code(void) LIMBECK_NOEXCEPT;

/* What was wrong, and how to mend it; otherwise as limbeck_last_error_code.
 *   fprintf(stderr, "%s\n", limbeck_last_error_message()); */
LIMBECK_EXPORT const char *limbeck_last_error_message(void) LIMBECK_NOEXCEPT;

/* How to mend it, alone: the end of the message, behind "; ". "" when there is nothing to say. Otherwise as
 * limbeck_last_error_code.
 *   if (*limbeck_last_error_hint()) fprintf(stderr, "hint: %s\n", limbeck_last_error_hint()); */
LIMBECK_EXPORT const char *limbeck_last_error_hint(void) LIMBECK_NOEXCEPT;

/* Loads an artifact from a file and picks the code for this machine (LIMBECK_ISA forces another). From some 8 MiB on, the
 * threads of a default context read and check it together.
 * Errors: E-FILE, E-FILE-KIND, E-ARTIFACT, E-ARTIFACT-VERSION, E-ARTIFACT-HASH, E-ARTIFACT-TARGET,
 * E-MEMORY, E-RUN.
 *   limbeck_model *model;
 *   limbeck_status status = limbeck_model_load_file("model.lmb", &model); */
LIMBECK_EXPORT limbeck_status limbeck_model_load_file(const char *path,
                                                      limbeck_model **model) LIMBECK_NOEXCEPT;

/* As limbeck_model_load_file, but uses the weights where they lie in the file: they are neither read nor hashed. The file
 * must stay as it is until the model and its contexts are gone: changed weights give wrong results, and a file that is cut
 * off ends the process with SIGBUS. For weights that many processes share, and for the fastest start. Errors: the same.
 *   limbeck_status status = limbeck_model_map_file("model.lmb", &model); */
LIMBECK_EXPORT limbeck_status limbeck_model_map_file(const char *path,
                                                     limbeck_model **model) LIMBECK_NOEXCEPT;

/* Loads an artifact of `size` bytes from memory, which may be freed afterwards. Errors: as for a file.
 *   limbeck_status status = limbeck_model_load_memory(bytes, sizeof bytes, &model); */
LIMBECK_EXPORT limbeck_status limbeck_model_load_memory(const void *bytes, uint64_t size,
                                                        limbeck_model **model) LIMBECK_NOEXCEPT;

/* Gives up the handle. Contexts of the model keep working. Errors: E-ARGUMENT.
 *   limbeck_model_destroy(model); */
LIMBECK_EXPORT limbeck_status limbeck_model_destroy(limbeck_model *model) LIMBECK_NOEXCEPT;

/* All about the model as JSON: entries, variants with the one that runs here, bytes per target, provenance.
 * Errors: E-ARGUMENT.
 *   const char *json;
 *   limbeck_model_info(model, &json); */
LIMBECK_EXPORT limbeck_status limbeck_model_info(limbeck_model *model, const char **json) LIMBECK_NOEXCEPT;

/* How many entries (compiled signatures) there are. Errors: E-ARGUMENT.
 *   uint64_t count;
 *   limbeck_model_entry_count(model, &count); */
LIMBECK_EXPORT limbeck_status limbeck_model_entry_count(limbeck_model *model,
                                                        uint64_t *count) LIMBECK_NOEXCEPT;

/* The name of an entry, 0 <= entry < count. Errors: E-ARGUMENT.
 *   const char *name;
 *   limbeck_model_entry_name(model, 0, &name); */
LIMBECK_EXPORT limbeck_status limbeck_model_entry_name(limbeck_model *model, uint64_t entry,
                                                       const char **name) LIMBECK_NOEXCEPT;

/* How many inputs (LIMBECK_INPUT) or outputs (LIMBECK_OUTPUT) an entry has. Errors: E-ARGUMENT.
 *   limbeck_model_port_count(model, 0, LIMBECK_INPUT, &count); */
LIMBECK_EXPORT limbeck_status limbeck_model_port_count(limbeck_model *model, uint64_t entry,
                                                       int32_t direction, uint64_t *count) LIMBECK_NOEXCEPT;

/* Name, type, shape and bytes of one input or output. Errors: E-ARGUMENT.
 *   limbeck_port port;
 *   limbeck_model_port(model, 0, LIMBECK_OUTPUT, 0, &port);
 *   void *memory = malloc(port.byte_size); */
LIMBECK_EXPORT limbeck_status limbeck_model_port(limbeck_model *model, uint64_t entry, int32_t direction,
                                                 uint64_t index, limbeck_port *port) LIMBECK_NOEXCEPT;

/* Makes a context: the memory and threads of one caller. `options` may be null for the defaults.
 * Errors: E-ARGUMENT, E-FLAG (thread count), E-LIMIT-MEM, E-MEMORY.
 *   limbeck_context_options options = LIMBECK_CONTEXT_OPTIONS;
 *   options.threads = 2;
 *   limbeck_context_create(model, &options, &context); */
LIMBECK_EXPORT limbeck_status limbeck_context_create(limbeck_model *model,
                                                     const limbeck_context_options *options,
                                                     limbeck_context **context) LIMBECK_NOEXCEPT;

/* Gives up the handle; a run that is under way on another thread completes first. Errors: E-ARGUMENT.
 *   limbeck_context_destroy(context); */
LIMBECK_EXPORT limbeck_status limbeck_context_destroy(limbeck_context *context) LIMBECK_NOEXCEPT;

/* Runs an entry, chosen by name or, when `entry` is null, by types and shapes of the inputs.
 * Kernels keep up to 1 MiB on the stack of each thread that computes: give the calling one 2 MiB. Threads of the library have
 * what the system gives a thread: `ulimit -s`, or 2 MiB where that is unlimited (glibc).
 * Results are the same bits for any number of threads. Outputs share no memory with inputs or each other.
 * The floating-point state of the calling thread is as before on return.
 * Errors: E-ARGUMENT (null, unaligned or shared memory, context in use by another thread), E-NAME, E-ARITY,
 * E-DTYPE, E-RANK, E-SHAPE (the message lists the shapes compiled), E-DATA-SIZE, E-RUN.
 *   limbeck_status status = limbeck_run(context, NULL, inputs, 2, outputs, 1); */
LIMBECK_EXPORT limbeck_status limbeck_run(limbeck_context *context, const char *entry,
                                          const limbeck_tensor *inputs, uint64_t input_count,
                                          const limbeck_tensor *outputs,
                                          uint64_t output_count) LIMBECK_NOEXCEPT;

#ifdef __cplusplus
}
#endif
#endif
