/* The peaks of one core, measured: products of bytes and of f32 per second, and bytes read from memory. Prints JSON. */
#include <immintrin.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

enum { CHAINS = 20, STEPS = 2000000, ROUNDS = 5 };

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

int main(void) {
  printf("{\"int8_ops\": %.4g, \"f32_ops\": %.4g, \"read_bytes\": %.4g}\n", integerPeak(), floatPeak(),
         readBandwidth());
  return 0;
}
