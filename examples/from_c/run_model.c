/* Runs an artifact on zeros and prints the first value of each output: run_model model.lmb */
#include <limbeck-c/Runtime.h>
#include <stdio.h>
#include <stdlib.h>

static int failed(limbeck_status status) {
  if (status != LIMBECK_OK)
    fprintf(stderr, "%s: %s\n", limbeck_last_error_code(), limbeck_last_error_message());
  return status != LIMBECK_OK;
}

/* Memory for every input or output of the first entry; null when there is none. */
static limbeck_tensor *allocate(limbeck_model *model, int32_t direction, uint64_t *count) {
  if (failed(limbeck_model_port_count(model, 0, direction, count)))
    return NULL;
  limbeck_tensor *tensors = calloc(*count + 1, sizeof *tensors);
  for (uint64_t i = 0; tensors && i < *count; ++i) {
    limbeck_port port;
    if (failed(limbeck_model_port(model, 0, direction, i, &port)))
      return NULL;
    limbeck_tensor tensor = {calloc(port.byte_size + 1, 1), port.dtype, port.rank, port.dims, port.byte_size};
    if (!tensor.data)
      return NULL;
    tensors[i] = tensor;
  }
  return tensors;
}

int main(int argc, char **argv) {
  limbeck_model *model;
  limbeck_context *context;
  uint64_t inputs, outputs;
  if (argc != 2) {
    fprintf(stderr, "usage: run_model model.lmb\n");
    return 2;
  }
  if (failed(limbeck_model_load_file(argv[1], &model)) ||
      failed(limbeck_context_create(model, NULL, &context)))
    return 1;
  limbeck_tensor *in = allocate(model, LIMBECK_INPUT, &inputs);
  limbeck_tensor *out = allocate(model, LIMBECK_OUTPUT, &outputs);
  if (!in || !out || failed(limbeck_run(context, NULL, in, inputs, out, outputs)))
    return 1;
  for (uint64_t i = 0; i < outputs; ++i)
    if (out[i].dtype == LIMBECK_F32 && out[i].byte_size >= sizeof(float))
      printf("output %d begins with %g\n", (int)i, *(const float *)out[i].data);
  return 0; /* memory and handles go with the program */
}
