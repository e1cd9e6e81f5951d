/* The loop that times an engine, the same for all of them and without an interpreter between two runs.
 *
 * A run is a few calls of an engine's C interface, prepared by the caller: a function and up to eight words, which is all
 * that any of those functions takes. Each of them answers 0 when all went well. */
#include <pthread.h>
#include <stdint.h>
#include <time.h>

typedef uint64_t Word;

typedef struct {
  Word (*function)(Word, Word, Word, Word, Word, Word, Word, Word);
  Word arguments[8];
} Call;

/* One caller of the engine: `inputs` runs in rotation, `callsPerRun` calls each. */
typedef struct {
  const Call *calls;
  int64_t inputs, callsPerRun;
  int64_t next; /* the input to go on with */
  double seconds;
  double *times;
  int64_t capacity, count;
  int64_t failed; /* 1 + the call that did not answer 0 */
} Stream;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void *runStream(void *argument) {
  Stream *stream = argument;
  double end = now() + stream->seconds, finish;
  do {
    const Call *call = stream->calls + stream->next * stream->callsPerRun;
    double begin = now();
    for (int64_t i = 0; i < stream->callsPerRun; ++i, ++call) {
      const Word *a = call->arguments;
      /* Some answer with 32 bits. */
      if ((uint32_t)call->function(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7])) {
        stream->failed = i + 1;
        return 0;
      }
    }
    finish = now();
    stream->times[stream->count++] = finish - begin;
    stream->next = (stream->next + 1) % stream->inputs;
  } while (finish < end && stream->count < stream->capacity);
  return 0;
}

enum { MOST_STREAMS = 16 };

/* Runs all streams at once; the seconds until the last has finished, or -1. */
double limbeckTimeStreams(Stream *streams, int64_t count) {
  pthread_t threads[MOST_STREAMS];
  if (count < 1 || count > MOST_STREAMS)
    return -1;
  double begin = now();
  for (int64_t i = 1; i < count; ++i)
    if (pthread_create(&threads[i], 0, runStream, &streams[i]))
      return -1;
  runStream(&streams[0]);
  for (int64_t i = 1; i < count; ++i)
    pthread_join(threads[i], 0);
  return now() - begin;
}
