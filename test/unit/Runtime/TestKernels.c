/* Functions that stand for compiled code. They lie in a section of their own, which the tests copy into an
 * artifact; so they refer to nothing outside it: no constants in memory, no calls, no vector loops (CMake
 * sets the flags). */
#include "limbeck-c/Abi.h"
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

#define CODE __attribute__((section("limbeck_test_code"), noinline, used))

enum { kElements = 1021 };

struct Frame {
  const struct LimbeckApi *api;
  void *const *inputs;
  void *const *outputs;
  const uint8_t *const *weights;
};

/* y = x * w[0] + w[1], each worker its share. */
CODE static void affineTask(void *memory, int32_t worker, int32_t workers) {
  const struct Frame *frame = memory;
  const float *x = frame->inputs[0], *w = (const float *)frame->weights[0];
  float *y = frame->outputs[0];
  for (int64_t i = (int64_t)kElements * worker / workers; i < (int64_t)kElements * (worker + 1) / workers;
       ++i)
    y[i] = x[i] * w[0] + w[1];
}

CODE int32_t limbeckTestAffine(const struct LimbeckApi *api, void *const *inputs, void *const *outputs,
                               uint8_t *arena, const uint8_t *const *weights) {
  struct Frame frame = {api, inputs, outputs, weights};
  if (api->version != LIMBECK_ABI_VERSION || ((uintptr_t)arena | (uintptr_t)weights[0]) % 64 != 0)
    return 7;
  for (int i = 0; i < 256; ++i)
    ((volatile uint8_t *)arena)[i] = (uint8_t)i;
  api->parallel(api->pool, affineTask, &frame, 1 << 20);
  return 0;
}

/* Every worker reports a failure. The message is an input, because a literal would lie outside the section.
 */
CODE static void failTask(void *memory, int32_t worker, int32_t workers) {
  const struct Frame *frame = memory;
  frame->api->fail(frame->api->pool, 40 + workers, frame->inputs[0]);
}

CODE int32_t limbeckTestFail(const struct LimbeckApi *api, void *const *inputs, void *const *outputs,
                             uint8_t *arena, const uint8_t *const *weights) {
  struct Frame frame = {api, inputs, outputs, weights};
  const uint8_t *text = inputs[0];
  if (text[0] == 0)
    return 5;
  api->parallel(api->pool, failTask, &frame, 1 << 20);
  return 0;
}

/* Says that it runs, in an output, and goes on until the input is no longer 0. */
CODE int32_t limbeckTestWait(const struct LimbeckApi *api, void *const *inputs, void *const *outputs,
                             uint8_t *arena, const uint8_t *const *weights) {
  __atomic_store_n((int32_t *)outputs[0], 1, __ATOMIC_RELEASE);
  while (__atomic_load_n((const int32_t *)inputs[0], __ATOMIC_ACQUIRE) == 0)
    ;
  return 0;
}
