/* The C API as a C program uses it. */
#include "TestArtifact.h"
#include "limbeck-c/Runtime.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                                                     \
  do {                                                                                                       \
    if (!(condition)) {                                                                                      \
      fprintf(stderr, "%s:%d: %s (last error %s: %s)\n", __FILE__, __LINE__, #condition,                     \
              limbeck_last_error_code(), limbeck_last_error_message());                                      \
      exit(1);                                                                                               \
    }                                                                                                        \
  } while (0)

static limbeck_model *load(void) {
  size_t size = limbeckTestArtifact(NULL, 0);
  void *bytes = malloc(size);
  CHECK(bytes && limbeckTestArtifact(bytes, size) == size);
  limbeck_model *model = NULL;
  CHECK(limbeck_model_load_memory(bytes, size, &model) == LIMBECK_OK);
  free(bytes);
  return model;
}

static void runAffine(limbeck_context *context, const limbeck_port *in, const limbeck_port *out) {
  float *x = malloc(in->byte_size), *y = malloc(out->byte_size);
  CHECK(x && y);
  for (int i = 0; i < kAffineElements; ++i)
    x[i] = (float)i;
  limbeck_tensor input = {x, in->dtype, in->rank, in->dims, in->byte_size};
  limbeck_tensor output = {y, out->dtype, out->rank, out->dims, out->byte_size};
  CHECK(limbeck_run(context, NULL, &input, 1, &output, 1) == LIMBECK_OK);
  for (int i = 0; i < kAffineElements; ++i)
    CHECK(y[i] == (float)i * 3.0f + 0.5f);
  int64_t wrong[] = {5};
  input.dims = wrong;
  CHECK(limbeck_run(context, NULL, &input, 1, &output, 1) == LIMBECK_INVALID);
  CHECK(strcmp(limbeck_last_error_code(), "E-SHAPE") == 0);
  CHECK(strstr(limbeck_last_error_message(), "affine(f32[1021])"));
  free(x);
  free(y);
}

int main(void) {
  CHECK(limbeck_runtime_api_version() == LIMBECK_RUNTIME_API_VERSION);
  CHECK(strlen(limbeck_runtime_version()) >= 5);
  CHECK(strcmp(limbeck_last_error_code(), "") == 0);

  limbeck_model *model = load();
  uint64_t count = 0;
  const char *text = NULL;
  CHECK(limbeck_model_entry_count(model, &count) == LIMBECK_OK && count == 4);
  CHECK(limbeck_model_entry_name(model, 0, &text) == LIMBECK_OK && strcmp(text, "affine") == 0);
  CHECK(limbeck_model_port_count(model, 0, LIMBECK_INPUT, &count) == LIMBECK_OK && count == 1);
  CHECK(limbeck_model_info(model, &text) == LIMBECK_OK && strstr(text, "\"schema\":1"));
  limbeck_port in, out;
  CHECK(limbeck_model_port(model, 0, LIMBECK_INPUT, 0, &in) == LIMBECK_OK && in.dtype == LIMBECK_F32);
  CHECK(limbeck_model_port(model, 0, LIMBECK_OUTPUT, 0, &out) == LIMBECK_OK &&
        out.byte_size == 4 * kAffineElements);

  limbeck_context_options options = LIMBECK_CONTEXT_OPTIONS;
  options.threads = 2;
  limbeck_context *context = NULL;
  CHECK(limbeck_context_create(model, &options, &context) == LIMBECK_OK);
  runAffine(context, &in, &out);
  CHECK(limbeck_context_destroy(context) == LIMBECK_OK);
  CHECK(limbeck_context_destroy(context) == LIMBECK_INVALID);
  CHECK(limbeck_model_destroy(model) == LIMBECK_OK);
  CHECK(limbeck_model_destroy(model) == LIMBECK_INVALID);
  return 0;
}
