/* What compiled code and whoever calls it agree on. The runtime is one caller; a host that links a compiled
 * object file is another. Plain C, no library behind it. */
#ifndef LIMBECK_C_ABI_H
#define LIMBECK_C_ABI_H
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* An artifact records the version its code was compiled for; the runtime refuses any other. */
#define LIMBECK_ABI_VERSION 3

/* Computes the share of `worker` (0 .. workers - 1) of one kernel. Every worker count gives the same bits. */
typedef void (*LimbeckTask)(void *frame, int32_t worker, int32_t workers);

/* What the caller of compiled code provides. */
struct LimbeckApi {
  uint64_t version; /* LIMBECK_ABI_VERSION */
  void *pool;       /* handed back to the functions below */
  /* Runs the task once per worker and returns when all have returned. Worker 0 is the calling thread. A
   * provider may use any number of workers, also a single one: then it calls task(frame, 0, 1). More than
   * `useful` workers, at least 1, are not worth their waking: the work is too little. Every thread must hold the default floating-point state: rounding to nearest, no flushing of denormals, exceptions
   * masked. */
  void (*parallel)(void *pool, LimbeckTask task, void *frame, int32_t useful);
  /* Reports that a task cannot do its work, with a code that is not 0; may be called from any worker, and
   * returns. The run then fails with this message. */
  void (*fail)(void *pool, int32_t code, const char *message);
  /* How many workers `parallel` uses at most; 0 is taken as 1. Code that gives each worker samples of its own
   * reckons with it. Any number is right. */
  uint64_t workers;
  /* NULL, or told by a worker that what it computes from now on belongs to this launch, in the order of the
   * entry's launches: for whoever measures. Of a launch that all workers share, worker 0 says so in front of
   * the call of `parallel`. */
  void (*enter)(void *pool, int32_t worker, int32_t launch);
};

/* One compiled entry. Returns 0, or a code of its own.
 *   inputs, outputs  one pointer per tensor in the order of the signature: dense, row-major, aligned to
 *                    the element; no output overlaps another tensor
 *   arena            scratch memory of as many bytes as the variant asks for, aligned to 64
 *   weights          one pointer per weight section of the variant, each aligned to 64; never written */
typedef int32_t (*LimbeckEntry)(const struct LimbeckApi *api, void *const *inputs, void *const *outputs,
                                uint8_t *arena, const uint8_t *const *weights);

#ifdef __cplusplus
}
#endif
#endif
