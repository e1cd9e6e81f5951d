/* Runs a model that is linked in, on inputs of 0, and says how many outputs it has. */
#include "linked.h"
#include <stdio.h>
#include <stdlib.h>

int main(void) {
  limbeck_model *model;
  limbeck_context *context;
  limbeck_context_options options = LIMBECK_CONTEXT_OPTIONS;
  limbeck_port in, out;
  if (limbeck_linked_load(&model) || limbeck_context_create(model, &options, &context) ||
      limbeck_model_port(model, 0, LIMBECK_INPUT, 0, &in) ||
      limbeck_model_port(model, 0, LIMBECK_OUTPUT, 0, &out))
    return fprintf(stderr, "%s\n", limbeck_last_error_message()), 1;
  void *x = calloc(1, in.byte_size), *y = calloc(1, out.byte_size);
  limbeck_tensor input = {x, in.dtype, in.rank, in.dims, in.byte_size};
  limbeck_tensor output = {y, out.dtype, out.rank, out.dims, out.byte_size};
  if (limbeck_run(context, NULL, &input, 1, &output, 1))
    return fprintf(stderr, "%s\n", limbeck_last_error_message()), 1;
  printf("ran %s to %s, %d dimensions\n", in.name, out.name, out.rank);
  limbeck_context_destroy(context);
  limbeck_model_destroy(model);
  free(x);
  free(y);
  return 0;
}
