/* One cold start of an engine, from the start of a program to its first result:
 *
 *   coldstart ENGINE LIBRARY MODEL THREADS CACHE INPUT DIM..
 *
 * ENGINE is limbeck, limbeck-mapped, onnxruntime, onnxruntime-optimized (MODEL is what it wrote when it optimized) or openvino.
 * LIBRARY is loaded as the dynamic linker would. CACHE is a folder of OpenVINO's, or "". INPUT holds the values of a model's only
 * input, f32. The program replaces itself by a fresh one to begin with, so nothing of its caller counts. Writes JSON:
 * milliseconds of the process's start, of library, model and buffers, and of the first run; what the output sums up to. Reading
 * INPUT counts nowhere. */
#include "limbeck-c/Runtime.h"
#include <dlfcn.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef struct {
  const char *library, *model, *cache;
  int threads;
  float *data;
  size_t bytes, rank;
  int64_t dims[8];
} Job;

typedef struct {
  const float *data;
  size_t count;
} Output;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return 1e3 * (double)time.tv_sec + 1e-6 * (double)time.tv_nsec;
}

static void fail(const char *what, const char *why) {
  fprintf(stderr, "coldstart: %s: %s\n", what, why ? why : "no message");
  exit(1);
}

static void *open_library(const char *path) {
  void *library = dlopen(path, RTLD_NOW);
  if (!library)
    fail(path, dlerror());
  return library;
}

static void *symbol(void *library, const char *name) {
  void *address = dlsym(library, name);
  if (!address)
    fail(name, dlerror());
  return address;
}

/* The interfaces of the peers are called without their headers: C lets a call say what the function takes. */
#pragma GCC diagnostic ignored "-Wdeprecated-non-prototype"

/* Each engine has two functions: one from the file to something that can run, one that runs it. */

static limbeck_context *context;
static limbeck_tensor limbeck_in, limbeck_out;
static limbeck_status (*limbeck_run_function)(limbeck_context *, const char *, const limbeck_tensor *,
                                              uint64_t, const limbeck_tensor *, uint64_t);
static const char *(*limbeck_message)(void);

static void limbeck_check(const char *what, limbeck_status status) {
  if (status != LIMBECK_OK)
    fail(what, limbeck_message());
}

static void limbeck_load(const Job *job, const char *function) {
  void *library = open_library(job->library);
  limbeck_status (*load)(const char *, limbeck_model **) = symbol(library, function);
  limbeck_status (*create)(limbeck_model *, const limbeck_context_options *, limbeck_context **) =
      symbol(library, "limbeck_context_create");
  limbeck_status (*port_of)(limbeck_model *, uint64_t, int32_t, uint64_t, limbeck_port *) =
      symbol(library, "limbeck_model_port");
  limbeck_message = symbol(library, "limbeck_last_error_message");
  limbeck_run_function = symbol(library, "limbeck_run");
  limbeck_model *model;
  limbeck_check("load", load(job->model, &model));
  limbeck_context_options options = LIMBECK_CONTEXT_OPTIONS;
  options.threads = job->threads;
  limbeck_check("context", create(model, &options, &context));
  limbeck_port port;
  limbeck_check("output", port_of(model, 0, LIMBECK_OUTPUT, 0, &port));
  void *results = malloc(port.byte_size);
  limbeck_in = (limbeck_tensor){job->data, LIMBECK_F32, (int32_t)job->rank, job->dims, job->bytes};
  limbeck_out = (limbeck_tensor){results, port.dtype, port.rank, port.dims, port.byte_size};
}

static void load_limbeck(const Job *job) {
  limbeck_load(job, "limbeck_model_load_file");
}
static void map_limbeck(const Job *job) {
  limbeck_load(job, "limbeck_model_map_file");
}
static Output run_limbeck(void) {
  limbeck_check("run", limbeck_run_function(context, 0, &limbeck_in, 1, &limbeck_out, 1));
  return (Output){limbeck_out.data, limbeck_out.byte_size / sizeof(float)};
}

/* ONNX Runtime's interface is a table of functions whose places never change once released (engines/onnxruntime.py). */
enum {
  GetErrorMessage = 2,
  CreateEnv = 3,
  CreateSession = 7,
  Run = 9,
  CreateSessionOptions = 10,
  SetOptimization = 23,
  SetIntraOpThreads = 24,
  SetInterOpThreads = 25,
  InputName = 36,
  OutputName = 37,
  CreateTensor = 49,
  TensorData = 51,
  ElementCount = 64,
  TypeAndShape = 65,
  CpuMemory = 69,
  DefaultAllocator = 78
};
static void **ort;
static void *ort_session, *ort_in;
static char *ort_names[2];

#define ORT(place, ...) ort_check(#place, ((void *(*)())ort[place])(__VA_ARGS__))
static void ort_check(const char *what, void *status) {
  if (status)
    fail(what, ((const char *(*)(void *))ort[GetErrorMessage])(status));
}

static void ort_load(const Job *job, int as_it_is) {
  struct Base {
    void **(*api)(uint32_t);
  } *(*base)(void) = symbol(open_library(job->library), "OrtGetApiBase");
  ort = base()->api(5);
  void *environment, *options, *memory, *allocator;
  ORT(CreateEnv, 4, "coldstart", &environment);
  ORT(CreateSessionOptions, &options);
  ORT(SetIntraOpThreads, options, job->threads);
  ORT(SetInterOpThreads, options, 1);
  if (as_it_is)
    ORT(SetOptimization, options, 0);
  ORT(CreateSession, environment, job->model, options, &ort_session);
  ORT(DefaultAllocator, &allocator);
  ORT(InputName, ort_session, (size_t)0, allocator, &ort_names[0]);
  ORT(OutputName, ort_session, (size_t)0, allocator, &ort_names[1]);
  ORT(CpuMemory, 0, 0, &memory);
  ORT(CreateTensor, memory, job->data, job->bytes, job->dims, job->rank, 1, &ort_in);
}
static void load_ort(const Job *job) {
  ort_load(job, 0);
}
static void load_ort_optimized(const Job *job) {
  ort_load(job, 1);
}
static Output run_ort(void) {
  void *result = 0, *shape;
  Output output;
  ORT(Run, ort_session, (void *)0, &ort_names[0], &ort_in, (size_t)1, &ort_names[1], (size_t)1, &result);
  ORT(TensorData, result, &output.data);
  ORT(TypeAndShape, result, &shape);
  ORT(ElementCount, shape, &output.count);
  return output;
}

typedef struct {
  int64_t rank;
  int64_t *dims;
} Shape;
static void *openvino, *ov_request;

#define OPENVINO(name, ...) ov_check(#name, ((int (*)())symbol(openvino, #name))(__VA_ARGS__))
static void ov_check(const char *what, int status) {
  if (status)
    fail(what, ((const char *(*)(void))symbol(openvino, "ov_get_last_err_msg"))());
}

static void load_openvino(const Job *job) {
  openvino = open_library(job->library);
  void *core, *compiled, *tensor;
  char threads[16];
  snprintf(threads, sizeof threads, "%d", job->threads);
  OPENVINO(ov_core_create, &core);
  int (*compile)(void *, const char *, const char *, size_t, void **, ...) =
      symbol(openvino, "ov_core_compile_model_from_file");
  ov_check("compile", compile(core, job->model, "CPU", *job->cache ? 10 : 8, &compiled, "PERFORMANCE_HINT",
                              "LATENCY", "NUM_STREAMS", "1", "INFERENCE_NUM_THREADS", threads,
                              "INFERENCE_PRECISION_HINT", "f32", "CACHE_DIR", job->cache));
  OPENVINO(ov_compiled_model_create_infer_request, compiled, &ov_request);
  int type;
  OPENVINO(ov_infer_request_get_input_tensor, ov_request, &tensor);
  OPENVINO(ov_tensor_get_element_type, tensor, &type);
  int (*create)(int, Shape, void *, void **) = symbol(openvino, "ov_tensor_create_from_host_ptr");
  ov_check("tensor", create(type, (Shape){(int64_t)job->rank, (int64_t *)job->dims}, job->data, &tensor));
  OPENVINO(ov_infer_request_set_input_tensor, ov_request, tensor);
}
static Output run_openvino(void) {
  void *tensor;
  Output output;
  OPENVINO(ov_infer_request_infer, ov_request);
  OPENVINO(ov_infer_request_get_output_tensor, ov_request, &tensor);
  OPENVINO(ov_tensor_get_size, tensor, &output.count);
  OPENVINO(ov_tensor_data, tensor, &output.data);
  return output;
}

static const struct {
  const char *name;
  void (*load)(const Job *);
  Output (*run)(void);
} engines[] = {{"limbeck", load_limbeck, run_limbeck},
               {"limbeck-mapped", map_limbeck, run_limbeck},
               {"onnxruntime", load_ort, run_ort},
               {"onnxruntime-optimized", load_ort_optimized, run_ort},
               {"openvino", load_openvino, run_openvino}};

static void read_input(Job *job, const char *path, char **dims, int rank) {
  size_t count = 1;
  job->rank = (size_t)rank;
  for (int i = 0; i < rank; ++i)
    count *= (size_t)(job->dims[i] = atoll(dims[i]));
  job->bytes = count * sizeof(float);
  job->data = aligned_alloc(64, (job->bytes + 63) / 64 * 64);
  FILE *file = fopen(path, "rb");
  if (!file || fread(job->data, 1, job->bytes, file) != job->bytes)
    fail(path, "cannot be read");
  fclose(file);
}

int main(int count, char **arguments) {
  static const char began[] = "COLDSTART_BEGAN";
  if (count < 8 || count > 15)
    fail("arguments", "expected ENGINE LIBRARY MODEL THREADS CACHE INPUT DIM..");
  if (!getenv(began)) {
    char text[32];
    snprintf(text, sizeof text, "%.6f", now());
    setenv(began, text, 1);
    execv("/proc/self/exe", arguments);
    fail("execv", "failed");
  }
  double start = now() - atof(getenv(began));
  Job job = {
      .library = arguments[2], .model = arguments[3], .threads = atoi(arguments[4]), .cache = arguments[5]};
  read_input(&job, arguments[6], arguments + 7, count - 7);
  for (size_t i = 0; i < sizeof engines / sizeof *engines; ++i) {
    if (strcmp(engines[i].name, arguments[1]))
      continue;
    double begin = now();
    engines[i].load(&job);
    double loaded = now();
    Output output = engines[i].run();
    double finished = now();
    double sum = 0;
    for (size_t k = 0; k < output.count; ++k)
      sum += output.data[k] * (double)(k % 7 + 1);
    if (!isfinite(sum))
      fail("outputs", "expected finite results, found NaN or infinity");
    printf("{\"start_ms\": %.4f, \"load_ms\": %.4f, \"run_ms\": %.4f, \"first_ms\": %.4f, \"sum\": %.6g}\n",
           start, loaded - begin, finished - loaded, start + finished - begin, sum);
    fflush(stdout);
    _exit(0); /* how an engine ends is not measured */
  }
  fail(arguments[1], "expected the name of an engine");
}
