/* The peaks of some cores at once, one thread pinned to each: operations on bytes, on bf16 and on f32 a second (a product and its sum
 * are two), with everything the processor has and held to AVX2 or to vectors, and bytes read a second from buffers of many sizes.
 *
 *   peaks CORE[,CORE..]
 *
 * Prints JSON, all rates those of the cores together; 0 is what this processor has no instruction for. */
#define _GNU_SOURCE
#include <immintrin.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { CHAINS = 12, STEPS = 100000, ROUNDS = 5, MOST_CORES = 64 };
/* Of each round, for every thread. */
static const double kSeconds = 0.02;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

#if defined(__AMX_INT8__)
enum { TILES = 4, TILE_ROWS = 16, TILE_BYTES = 64 };

/* Four sums of 16x16 results over two left and two right tiles, as kernels hold them. */
#define TILE_PEAK(NAME, DOT, OPERATIONS)                                                                     \
  static double NAME(void) {                                                                                 \
    if (!startTiles())                                                                                       \
      return 0;                                                                                              \
    for (long step = 0; step < STEPS; ++step) {                                                              \
      DOT(0, 4, 6);                                                                                          \
      DOT(1, 4, 7);                                                                                          \
      DOT(2, 5, 6);                                                                                          \
      DOT(3, 5, 7);                                                                                          \
    }                                                                                                        \
    _tile_release();                                                                                         \
    return (double)STEPS * TILES * (OPERATIONS);                                                             \
  }

/* Asks the system for the tiles and gives all eight their full size; 0 when it refuses. */
static int startTiles(void) {
  enum { REQUEST_PERMISSION = 0x1023, TILE_DATA = 18 };
  if (syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA))
    return 0;
  struct {
    uint8_t palette, start, reserved[14];
    uint16_t bytes[16];
    uint8_t rows[16];
  } configuration;
  memset(&configuration, 0, sizeof configuration);
  configuration.palette = 1;
  for (int i = 0; i < 8; ++i) {
    configuration.bytes[i] = TILE_BYTES;
    configuration.rows[i] = TILE_ROWS;
  }
  _tile_loadconfig(&configuration);
  _tile_zero(0), _tile_zero(1), _tile_zero(2), _tile_zero(3);
  _tile_zero(4), _tile_zero(5), _tile_zero(6), _tile_zero(7);
  return 1;
}

TILE_PEAK(integerTilePeak, _tile_dpbusd, 2.0 * 16 * 16 * 64)
TILE_PEAK(halfTilePeak, _tile_dpbf16ps, 2.0 * 16 * 16 * 32)
#endif

/* Chains that do not wait for each other: STEP of each sum, STEPS times; answers the operations done. The instructions are written as
 * they are meant: a compiler would make one of another ISA of two of these. */
#define CHAIN_PEAK(NAME, VECTOR, ZERO, OPERATIONS, STEP)                                                     \
  static double NAME(void) {                                                                                 \
    VECTOR x = ZERO, y = ZERO, sums[CHAINS];                                                                 \
    for (int i = 0; i < CHAINS; ++i)                                                                         \
      sums[i] = ZERO;                                                                                        \
    for (long step = 0; step < STEPS; ++step) {                                                              \
      _Pragma("unroll") for (int i = 0; i < CHAINS; ++i) STEP(sums[i], x, y);                                \
    }                                                                                                        \
    for (int i = 0; i < CHAINS; ++i)                                                                         \
      __asm__ volatile("" ::"v"(sums[i]));                                                                   \
    return (double)STEPS * CHAINS * (OPERATIONS);                                                            \
  }
#define INTO(INSTRUCTION, sum, x, y) __asm__ volatile(INSTRUCTION " %1, %2, %0" : "+v"(sum) : "v"(x), "v"(y))

#if defined(__AVX2__) && defined(__FMA__)
/* Products of bytes in 16 bits, widened in pairs and added: three instructions for 32 of them. */
#define STEP_PAIRS(sum, x, y)                                                                                \
  do {                                                                                                       \
    __m256i products;                                                                                        \
    __asm__ volatile("vpmaddubsw %2, %1, %0\n\tvpmaddwd %2, %0, %0" : "=&x"(products) : "x"(x), "x"(y));     \
    INTO("vpaddd", sum, products, sum);                                                                      \
  } while (0)
/* Two such products added before they are widened, where weights allow it: five instructions for 64. */
#define STEP_FOURS(sum, x, y)                                                                                \
  do {                                                                                                       \
    __m256i products, others;                                                                                \
    __asm__ volatile("vpmaddubsw %3, %2, %0\n\tvpmaddubsw %3, %2, %1\n\tvpaddw %1, %0, %0\n\t"               \
                     "vpmaddwd %3, %0, %0"                                                                   \
                     : "=&x"(products), "=&x"(others)                                                        \
                     : "x"(x), "x"(y));                                                                      \
    INTO("vpaddd", sum, products, sum);                                                                      \
  } while (0)
#define STEP_FMA(sum, x, y) INTO("vfmadd231ps", sum, x, y)
CHAIN_PEAK(pairsPeak, __m256i, _mm256_setzero_si256(), 64, STEP_PAIRS)
CHAIN_PEAK(foursPeak, __m256i, _mm256_setzero_si256(), 128, STEP_FOURS)
CHAIN_PEAK(float256Peak, __m256, _mm256_setzero_ps(), 16, STEP_FMA)
#endif
#if defined(__AVX512F__)
CHAIN_PEAK(float512Peak, __m512, _mm512_setzero_ps(), 32, STEP_FMA)
#endif
#if defined(__AVX512VNNI__)
#define STEP_DOT(sum, x, y) INTO("vpdpbusd", sum, x, y)
CHAIN_PEAK(dot512Peak, __m512i, _mm512_setzero_si512(), 128, STEP_DOT)
#elif defined(__AVXVNNI__)
#define STEP_DOT(sum, x, y) __asm__ volatile("%{vex%} vpdpbusd %1, %2, %0" : "+x"(sum) : "x"(x), "x"(y))
CHAIN_PEAK(dot256Peak, __m256i, _mm256_setzero_si256(), 64, STEP_DOT)
#endif
#if defined(__AVX512BF16__)
#define STEP_HALF(sum, x, y) INTO("vdpbf16ps", sum, x, y)
CHAIN_PEAK(halfPeak, __m512, _mm512_setzero_ps(), 64, STEP_HALF)
#endif

/* What reading is to do: the buffer of the thread. */
static _Thread_local const char *data;
static _Thread_local size_t bytes;

#if defined(__AVX512F__)
enum { WIDTH = 64 };
#else
enum { WIDTH = 32 };
#endif
typedef uint64_t Vector __attribute__((vector_size(WIDTH)));

/* The buffer once; a small one a few times, or the clock would be what is measured. */
static double readOnce(void) {
  enum { AT_ONCE = 8, LEAST = 1 << 20 };
  size_t times = bytes < LEAST ? LEAST / bytes : 1;
  Vector sums[AT_ONCE] = {0};
  for (size_t i = 0; i < times; ++i)
    for (size_t at = 0; at + AT_ONCE * WIDTH <= bytes; at += AT_ONCE * WIDTH) {
#pragma unroll
      for (size_t k = 0; k < AT_ONCE; ++k)
        sums[k] ^= *(const volatile Vector *)(data + at + k * WIDTH);
    }
  for (int k = 0; k < AT_ONCE; ++k)
    __asm__ volatile("" ::"v"(sums[k]));
  return (double)times * (double)(bytes / (AT_ONCE * WIDTH) * (AT_ONCE * WIDTH));
}

typedef double (*Work)(void);
static struct {
  Work work;
  size_t bytes; /* of each thread's buffer */
  int cores[MOST_CORES], count;
  double rates[MOST_CORES];
  pthread_barrier_t begin;
} job;

/* Everybody begins together, and works for as long; what is in no cache after the first time was never meant to be. */
static void *workOn(void *argument) {
  int place = (int)(intptr_t)argument;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(job.cores[place], &set);
  if (sched_setaffinity(0, sizeof set, &set)) {
    perror("peaks: cannot pin a thread");
    exit(1);
  }
  char *buffer = 0;
  if (job.bytes) {
    bytes = job.bytes;
    buffer = aligned_alloc(4096, (bytes + 4095) / 4096 * 4096);
    if (!buffer) {
      fprintf(stderr, "peaks: expected %zu bytes of memory, found less\n", bytes);
      exit(1);
    }
    memset(buffer, 1, bytes);
    data = buffer;
  }
  job.work();
  pthread_barrier_wait(&job.begin);
  double begin = now(), done = 0, end;
  do
    done += job.work();
  while ((end = now()) < begin + kSeconds);
  job.rates[place] = done / (end - begin);
  free(buffer);
  return 0;
}

/* The best of some rounds of all threads together. */
static double rateOf(Work work, size_t bytesOfEach) {
  double best = 0;
  job.work = work;
  job.bytes = bytesOfEach;
  for (int round = 0; round < ROUNDS; ++round) {
    pthread_t threads[MOST_CORES];
    pthread_barrier_init(&job.begin, 0, (unsigned)job.count);
    for (int i = 0; i < job.count; ++i)
      if (pthread_create(&threads[i], 0, workOn, (void *)(intptr_t)i))
        exit(1);
    double sum = 0;
    for (int i = 0; i < job.count; ++i) {
      pthread_join(threads[i], 0);
      sum += job.rates[i];
    }
    pthread_barrier_destroy(&job.begin);
    best = sum > best ? sum : best;
  }
  return best;
}

static double larger(double a, double b) {
  return a > b ? a : b;
}

int main(int count, char **arguments) {
  for (char *text = count == 2 ? arguments[1] : ""; *text && job.count < MOST_CORES;) {
    job.cores[job.count++] = (int)strtol(text, &text, 10);
    text += *text == ',';
  }
  if (!job.count) {
    fprintf(stderr, "usage: peaks CORE[,CORE..]\n");
    return 2;
  }
  double narrow = 0, narrowFloats = 0, vectors = 0, integers = 0, halves = 0, floats = 0;
#if defined(__AVX2__) && defined(__FMA__)
  narrow = larger(rateOf(pairsPeak, 0), rateOf(foursPeak, 0));
  narrowFloats = floats = rateOf(float256Peak, 0);
  vectors = narrow;
#endif
#if defined(__AVX512F__)
  floats = larger(floats, rateOf(float512Peak, 0));
#endif
#if defined(__AVX512VNNI__)
  vectors = larger(vectors, rateOf(dot512Peak, 0));
#elif defined(__AVXVNNI__)
  vectors = larger(vectors, rateOf(dot256Peak, 0));
#endif
#if defined(__AVX512BF16__)
  halves = rateOf(halfPeak, 0);
#endif
  integers = vectors;
#if defined(__AMX_INT8__)
  integers = larger(integers, rateOf(integerTilePeak, 0));
  halves = larger(halves, rateOf(halfTilePeak, 0));
#endif
  printf(
      "{\"cores\": %d, \"int8_ops\": %.4g, \"bf16_ops\": %.4g, \"f32_ops\": %.4g, \"vnni_int8_ops\": %.4g, "
      "\"avx2_int8_ops\": %.4g, \"avx2_f32_ops\": %.4g, \"read\": [",
      job.count, integers, halves, floats, vectors, narrow, narrowFloats);
  /* All threads together read that much, each its own part, as a static partition of weights does. */
  for (size_t total = (size_t)64 << 10; total <= (size_t)256 << 20; total *= 2)
    printf("%s[%zu, %.4g]", total > (size_t)64 << 10 ? ", " : "", total,
           rateOf(readOnce, total / (size_t)job.count));
  printf("]}\n");
  return 0;
}
