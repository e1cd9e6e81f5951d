/* The peaks of one core, measured: operations on bytes, on bf16 and on f32 per second (a product and its sum are two), and bytes
 * read from memory. Prints JSON; 0 is what this processor has no instruction for. */
#include <immintrin.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

enum { CHAINS = 20, STEPS = 2000000, ROUNDS = 5 };

#if defined(__AMX_INT8__)
enum { TILES = 4, TILE_ROWS = 16, TILE_BYTES = 64, TILE_STEPS = 200000 };

/* Four sums of 16x16 results over two left and two right tiles, as kernels hold them. */
#define TILE_PEAK(NAME, DOT, OPERATIONS)                                                                     \
  static double NAME(void) {                                                                                 \
    double best = 0;                                                                                         \
    if (!startTiles())                                                                                       \
      return 0;                                                                                              \
    for (int round = 0; round < ROUNDS; ++round) {                                                           \
      double begin = now();                                                                                  \
      for (long step = 0; step < TILE_STEPS; ++step) {                                                       \
        DOT(0, 4, 6);                                                                                        \
        DOT(1, 4, 7);                                                                                        \
        DOT(2, 5, 6);                                                                                        \
        DOT(3, 5, 7);                                                                                        \
      }                                                                                                      \
      double rate = (double)TILE_STEPS * TILES * (OPERATIONS) / (now() - begin);                             \
      best = rate > best ? rate : best;                                                                      \
    }                                                                                                        \
    _tile_release();                                                                                         \
    return best;                                                                                             \
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

#if defined(__AVX512VNNI__)
typedef __m512i Integers;
#define INTEGER_OPERATIONS 128.0
#define START _mm512_setzero_si512()
#define STEP(a, x, y) _mm512_dpbusd_epi32(a, x, y)
#define SPREAD(v) _mm512_set1_epi32(v)
#elif defined(__AVX2__)
typedef __m256i Integers;
#define INTEGER_OPERATIONS 32.0
#define START _mm256_setzero_si256()
#define STEP(a, x, y) _mm256_add_epi32(a, _mm256_madd_epi16(_mm256_xor_si256(x, a), y))
#define SPREAD(v) _mm256_set1_epi32(v)
#endif

/* Operations (two per product) a second of chains that do not wait for each other. */
static double integerPeak(void) {
#if defined(START)
  double best = 0;
  Integers x = SPREAD(0x01020304), y = SPREAD(0x01010101), sums[CHAINS];
  for (int i = 0; i < CHAINS; ++i)
    sums[i] = START;
  for (int round = 0; round < ROUNDS; ++round) {
    double begin = now();
    for (long step = 0; step < STEPS; ++step) {
#pragma unroll
      for (int i = 0; i < CHAINS; ++i)
        sums[i] = STEP(sums[i], x, y);
      __asm__ volatile("" ::"v"(sums[0]));
    }
    double rate = (double)STEPS * CHAINS * INTEGER_OPERATIONS / (now() - begin);
    best = rate > best ? rate : best;
  }
  for (int i = 0; i < CHAINS; ++i)
    __asm__ volatile("" ::"v"(sums[i]));
  return best;
#else
  return 0;
#endif
}

static double floatPeak(void) {
#if defined(__AVX512F__)
#define FLOAT_LANES 16
  __m512 x = _mm512_set1_ps(0.999f), y = _mm512_set1_ps(0.001f), sums[CHAINS];
#define FMA(a) _mm512_fmadd_ps(a, x, y)
#else
#define FLOAT_LANES 8
  __m256 x = _mm256_set1_ps(0.999f), y = _mm256_set1_ps(0.001f), sums[CHAINS];
#define FMA(a) _mm256_fmadd_ps(a, x, y)
#endif
  double best = 0;
  for (int i = 0; i < CHAINS; ++i)
    sums[i] = y;
  for (int round = 0; round < ROUNDS; ++round) {
    double begin = now();
    for (long step = 0; step < STEPS; ++step) {
#pragma unroll
      for (int i = 0; i < CHAINS; ++i)
        sums[i] = FMA(sums[i]);
    }
    double rate = (double)STEPS * CHAINS * FLOAT_LANES * 2 / (now() - begin);
    best = rate > best ? rate : best;
  }
  for (int i = 0; i < CHAINS; ++i)
    __asm__ volatile("" ::"v"(sums[i]));
  return best;
}

/* Two bf16 a lane. */
static double halfPeak(void) {
#if defined(__AVX512BF16__)
  __m512 sums[CHAINS];
  __m512bh x = (__m512bh)_mm512_set1_epi32(0x3f803f80), y = (__m512bh)_mm512_set1_epi32(0x3c003c00);
  double best = 0;
  for (int i = 0; i < CHAINS; ++i)
    sums[i] = _mm512_setzero_ps();
  for (int round = 0; round < ROUNDS; ++round) {
    double begin = now();
    for (long step = 0; step < STEPS; ++step) {
#pragma unroll
      for (int i = 0; i < CHAINS; ++i)
        sums[i] = _mm512_dpbf16_ps(sums[i], x, y);
    }
    double rate = (double)STEPS * CHAINS * 64 / (now() - begin);
    best = rate > best ? rate : best;
  }
  for (int i = 0; i < CHAINS; ++i)
    __asm__ volatile("" ::"v"(sums[i]));
  return best;
#else
  return 0;
#endif
}

static double readBandwidth(void) {
  const size_t bytes = (size_t)256 << 20;
  uint64_t *data = malloc(bytes), sum = 0;
  if (!data)
    return 0;
  for (size_t i = 0; i < bytes / 8; ++i)
    data[i] = i;
  double best = 0;
  for (int round = 0; round < ROUNDS; ++round) {
    double begin = now();
    for (size_t i = 0; i < bytes / 8; ++i)
      sum += data[i];
    double rate = (double)bytes / (now() - begin);
    best = rate > best ? rate : best;
  }
  __asm__ volatile("" ::"r"(sum));
  free(data);
  return best;
}

static double larger(double a, double b) {
  return a > b ? a : b;
}

int main(void) {
  double integers = integerPeak(), halves = halfPeak();
#if defined(__AMX_INT8__)
  integers = larger(integers, integerTilePeak());
  halves = larger(halves, halfTilePeak());
#endif
  printf("{\"int8_ops\": %.4g, \"bf16_ops\": %.4g, \"f32_ops\": %.4g, \"read_bytes\": %.4g}\n", integers,
         larger(halves, 0), floatPeak(), readBandwidth());
  return 0;
}
