/* Portable functions that replace intrinsics which the target lacks, in LLVM IR and always inlined.
 *
 * Vectors pass by pointer, scalars by value: the ABI of vectors differs between levels, that of pointers does not. What says
 * noinline is large, and stays a function. */
#include <stdint.h>

/* f32 fused multiply-add of `count` lanes: exact product in f64, sum rounded to odd, one conversion. */
void standin_fma_f32(float *restrict d, const float *restrict x, const float *restrict y,
                     const float *restrict z, int32_t count) {
#pragma clang loop vectorize(enable)
  for (int32_t i = 0; i < count; ++i) {
    double p = (double)x[i] * y[i], c = z[i], s = p + c, b = s - p, rest = (p - (s - b)) + (c - b);
    union {
      double f;
      int64_t u;
    } v = {s};
    int64_t direction = (rest > 0) == (s > 0) ? 1 : -1;
    int64_t inexact = (rest < 0) | (rest > 0); /* false for NaN, so that infinities and NaNs stay */
    v.u += inexact & ~v.u & 1 ? direction : 0;
    d[i] = (float)v.f;
  }
}

/* Four products of bytes added to each 32-bit lane: vpdpbusd and usdot (u8 by s8), sdot (s8 by s8). */
#define STANDIN_DOT(name, left)                                                                              \
  void name(int32_t *restrict d, const int32_t *restrict c, const left *restrict a,                          \
            const int8_t *restrict b, int32_t count) {                                                       \
    for (int32_t i = 0; i < count; ++i) {                                                                    \
      uint32_t sum = (uint32_t)c[i];                                                                         \
      for (int32_t j = 0; j < 4; ++j)                                                                        \
        sum += (uint32_t)((int32_t)a[4 * i + j] * (int32_t)b[4 * i + j]);                                    \
      d[i] = (int32_t)sum;                                                                                   \
    }                                                                                                        \
  }
STANDIN_DOT(standin_dot_us, uint8_t)
STANDIN_DOT(standin_dot_ss, int8_t)

/* saddlp: sums of neighbours, widened. */
void standin_saddlp(int32_t *restrict d, const int16_t *restrict a, int32_t count) {
  for (int32_t i = 0; i < count; ++i)
    d[i] = (int32_t)a[2 * i] + a[2 * i + 1];
}

/* smmla, usmmla: two rows of eight bytes by two columns of eight, 2x2 sums. */
#define STANDIN_MMLA(name, left)                                                                             \
  void name(int32_t *restrict d, const int32_t *restrict c, const left *restrict a,                          \
            const int8_t *restrict b, int32_t count) {                                                       \
    for (int32_t i = 0; i < count; ++i) {                                                                    \
      uint32_t sum = (uint32_t)c[i];                                                                         \
      for (int32_t j = 0; j < 8; ++j)                                                                        \
        sum += (uint32_t)((int32_t)a[i / 2 * 8 + j] * (int32_t)b[i % 2 * 8 + j]);                            \
      d[i] = (int32_t)sum;                                                                                   \
    }                                                                                                        \
  }
STANDIN_MMLA(standin_mmla_us, uint8_t)
STANDIN_MMLA(standin_mmla_ss, int8_t)
/* Denormals as the bf16 instructions see and leave them: zeros. */
static inline float flushed(uint32_t bits) {
  union {
    uint32_t u;
    float f;
  } v = {bits & 0x7f800000 ? bits : bits & 0x80000000};
  return v.f;
}

/* vdpbf16ps: of each pair of products the second, then the first is added to the 32-bit lane, each fused and flushed. */
void standin_vdpbf16ps(float *restrict d, const float *restrict c, const uint16_t *restrict a,
                       const uint16_t *restrict b, int32_t count) {
  for (int32_t i = 0; i < count; ++i) {
    union {
      float f;
      uint32_t u;
    } sum = {c[i]};
    for (int32_t j = 1; j >= 0; --j) {
      float x = flushed((uint32_t)a[2 * i + j] << 16), y = flushed((uint32_t)b[2 * i + j] << 16);
      float before = flushed(sum.u);
      standin_fma_f32(&sum.f, &x, &y, &before, 1);
      sum.f = flushed(sum.u);
    }
    d[i] = sum.f;
  }
}

/* vcvtneps2bf16: rounded to nearest even, denormals flushed before. */
void standin_vcvtneps2bf16(uint16_t *restrict d, const uint32_t *restrict x, int32_t count) {
  for (int32_t i = 0; i < count; ++i) {
    uint32_t bits = x[i] & 0x7f800000 ? x[i] : x[i] & 0x80000000;
    int isNaN = (bits & 0x7fffffff) > 0x7f800000;
    d[i] = (uint16_t)(isNaN ? bits >> 16 | 0x40 : (bits + 0x7fff + (bits >> 16 & 1)) >> 16);
  }
}

/* vscalefps of all lanes, for integers n: a * 2^n as two factors, of which the first leaves the product exact. */
void standin_scalef(float *restrict d, const float *restrict a, const float *restrict n,
                    const float *restrict unused, const int16_t *restrict mask,
                    const int32_t *restrict rounding, int32_t count) {
  (void)unused, (void)mask, (void)rounding;
  for (int32_t i = 0; i < count; ++i) {
    int32_t exponent = n[i] == n[i] ? (int32_t)n[i] : 0, half = exponent >> 1;
    union {
      int32_t u;
      float f;
    } first = {(half + 127) << 23}, second = {(exponent - half + 127) << 23};
    d[i] = a[i] * first.f * second.f;
  }
}

/* cvtps2dq: to nearest even; the least integer for what has none, NaN too. */
static int32_t converted(float x) {
  const float whole = 8388608.0f, most = 2147483648.0f;
  if (!(x >= -most && x < most))
    return INT32_MIN;
  if (x >= whole || x <= -whole)
    return (int32_t)x;
  return (int32_t)(x < 0 ? x - whole + whole : x + whole - whole);
}
void standin_cvtps2dq(int32_t *restrict d, const float *restrict a, int32_t count) {
  for (int32_t i = 0; i < count; ++i)
    d[i] = converted(a[i]);
}
void standin_vcvtps2dq(int32_t *restrict d, const float *restrict a, const int32_t *restrict unused,
                       const int16_t *restrict mask, const int32_t *restrict rounding, int32_t count) {
  (void)unused, (void)mask, (void)rounding;
  standin_cvtps2dq(d, a, count);
}

/* vpermi2w: words of two tables of `count` each. */
void standin_vpermi2w(int16_t *restrict d, const int16_t *restrict low, const int16_t *restrict at,
                      const int16_t *restrict high, int32_t count) {
  for (int32_t i = 0; i < count; ++i) {
    int32_t place = at[i] & (2 * count - 1);
    d[i] = place < count ? low[place] : high[place - count];
  }
}

/* vpermi2b: bytes of two tables of `count` each. */
void standin_vpermi2b(int8_t *restrict d, const int8_t *restrict low, const int8_t *restrict at,
                      const int8_t *restrict high, int32_t count) {
  for (int32_t i = 0; i < count; ++i) {
    int32_t place = at[i] & (2 * count - 1);
    d[i] = place < count ? low[place] : high[place - count];
  }
}

/* vpermps: floats of one table of `count`. */
void standin_vpermps(float *restrict d, const float *restrict table, const int32_t *restrict at,
                     int32_t count) {
  for (int32_t i = 0; i < count; ++i)
    d[i] = table[at[i] & (count - 1)];
}

/* pshufb: bytes of every 16 of a table; 0 where the top bit of the position is set. */
void standin_pshufb(int8_t *restrict d, const int8_t *restrict table, const int8_t *restrict at,
                    int32_t count) {
  for (int32_t i = 0; i < count; ++i)
    d[i] = at[i] < 0 ? 0 : table[i / 16 * 16 + (at[i] & 15)];
}

/* tbl with four registers: 0 for positions of 64 and above. */
void standin_tbl4(uint8_t *restrict d, const uint8_t *restrict t0, const uint8_t *restrict t1,
                  const uint8_t *restrict t2, const uint8_t *restrict t3, const uint8_t *restrict at,
                  int32_t count) {
  for (int32_t i = 0; i < count; ++i) {
    const uint8_t *table = at[i] < 16 ? t0 : at[i] < 32 ? t1 : at[i] < 48 ? t2 : t3;
    d[i] = at[i] < 64 ? table[at[i] & 15] : 0;
  }
}

/* The saturating packs: in every 128 bits of the result, the low half comes from `a`, the high half from `c`. */
#define STANDIN_PACK(name, from, to, least, greatest)                                                        \
  void name(to *restrict d, const from *restrict a, const from *restrict c, int32_t count) {                 \
    const int32_t half = 8 / (int32_t)sizeof(to);                                                            \
    for (int32_t i = 0; i < count; ++i) {                                                                    \
      int32_t place = i / (2 * half) * half + i % half;                                                      \
      int32_t value = i % (2 * half) < half ? a[place] : c[place];                                           \
      d[i] = (to)(value < least ? least : value > greatest ? greatest : value);                              \
    }                                                                                                        \
  }
STANDIN_PACK(standin_packssdw, int32_t, int16_t, -32768, 32767)
STANDIN_PACK(standin_packsswb, int16_t, int8_t, -128, 127)
STANDIN_PACK(standin_packuswb, int16_t, uint8_t, 0, 255)

/* pmaddwd: two products of s16 in each 32-bit lane. */
void standin_pmaddwd(int32_t *restrict d, const int16_t *restrict a, const int16_t *restrict c,
                     int32_t count) {
  for (int32_t i = 0; i < count; ++i)
    d[i] = (int32_t)((uint32_t)((int32_t)a[2 * i] * c[2 * i]) +
                     (uint32_t)((int32_t)a[2 * i + 1] * c[2 * i + 1]));
}

/* pmaddubsw: two products of u8 and s8 in each 16-bit lane, saturated. */
void standin_pmaddubsw(int16_t *restrict d, const uint8_t *restrict a, const int8_t *restrict c,
                       int32_t count) {
  for (int32_t i = 0; i < count; ++i) {
    int32_t sum = a[2 * i] * c[2 * i] + a[2 * i + 1] * c[2 * i + 1];
    d[i] = (int16_t)(sum < -32768 ? -32768 : sum > 32767 ? 32767 : sum);
  }
}

/* vpdpwssd: the same, added to what there is. */
void standin_vpdpwssd(int32_t *restrict d, const int32_t *restrict sum, const int16_t *restrict a,
                      const int16_t *restrict c, int32_t count) {
  for (int32_t i = 0; i < count; ++i)
    d[i] = (int32_t)((uint32_t)sum[i] + (uint32_t)((int32_t)a[2 * i] * c[2 * i]) +
                     (uint32_t)((int32_t)a[2 * i + 1] * c[2 * i + 1]));
}

/* AMX. The tiles live in the frame of the kernel, which configures them itself, so that no state outlives its call; palette 0 says
 * that it has not yet. What the instructions refuse traps here, too. */
struct tiles {
  uint8_t palette, start_row, reserved[14];
  uint16_t columns[16]; /* bytes of a row */
  uint8_t rows[16];
  uint8_t data[8][16][64];
};
_Static_assert(sizeof(struct tiles) == 64 + 8 * 1024, "StandIns.cpp allocates it");

#define STANDIN_LARGE __attribute__((noinline)) void

static void require(int condition) {
  if (!condition)
    __builtin_trap();
}

STANDIN_LARGE standin_ldtilecfg(struct tiles *tiles, const uint8_t *configuration) {
  __builtin_memset(tiles, 0, sizeof *tiles);
  __builtin_memcpy(tiles, configuration, 64);
  require(tiles->palette == 1);
  for (int32_t tile = 0; tile < 8; ++tile)
    require(tiles->rows[tile] <= 16 && tiles->columns[tile] <= 64);
}

STANDIN_LARGE standin_tilezero(struct tiles *tiles, uint8_t tile) {
  require(tiles->palette == 1 && tile < 8);
  __builtin_memset(tiles->data[tile], 0, sizeof tiles->data[tile]);
}

STANDIN_LARGE standin_tileloadd64(struct tiles *tiles, uint8_t tile, const uint8_t *from, int64_t stride) {
  standin_tilezero(tiles, tile);
  for (int32_t row = 0; row < tiles->rows[tile]; ++row)
    __builtin_memcpy(tiles->data[tile][row], from + row * stride, tiles->columns[tile]);
}

STANDIN_LARGE standin_tilestored64(struct tiles *tiles, uint8_t tile, uint8_t *to, int64_t stride) {
  require(tiles->palette == 1 && tile < 8);
  for (int32_t row = 0; row < tiles->rows[tile]; ++row)
    __builtin_memcpy(to + row * stride, tiles->data[tile][row], tiles->columns[tile]);
}

/* tdpbusd, tdpbssd: to each 32-bit element of `d`, four products for every row of `b`, modulo 2^32. */
#define STANDIN_TILE_DOT(name, left)                                                                         \
  STANDIN_LARGE name(struct tiles *tiles, uint8_t d, uint8_t a, uint8_t b) {                                 \
    require(tiles->palette == 1 && d < 8 && a < 8 && b < 8 && d != a && d != b && a != b);                   \
    int32_t rows = tiles->rows[d], depth = tiles->rows[b], columns = tiles->columns[d] / 4;                  \
    require(tiles->rows[a] == rows && tiles->columns[a] == 4 * depth &&                                      \
            tiles->columns[b] == tiles->columns[d]);                                                         \
    for (int32_t row = 0; row < rows; ++row) {                                                               \
      uint32_t sums[16];                                                                                     \
      __builtin_memcpy(sums, tiles->data[d][row], sizeof sums);                                              \
      for (int32_t k = 0; k < depth; ++k)                                                                    \
        for (int32_t column = 0; column < columns; ++column)                                                 \
          for (int32_t j = 0; j < 4; ++j)                                                                    \
            sums[column] += (uint32_t)((int32_t)(left)tiles->data[a][row][4 * k + j] *                       \
                                       (int32_t)(int8_t)tiles->data[b][k][4 * column + j]);                  \
      __builtin_memcpy(tiles->data[d][row], sums, sizeof sums);                                              \
    }                                                                                                        \
  }
STANDIN_TILE_DOT(standin_tdpbusd, uint8_t)
STANDIN_TILE_DOT(standin_tdpbssd, int8_t)

/* tdpbf16ps: to each f32 of `d`, the sum over the rows of `b` of the first products of a pair, and then that of the second ones,
 * each product fused and flushed, the two sums added first. */
STANDIN_LARGE standin_tdpbf16ps(struct tiles *tiles, uint8_t d, uint8_t a, uint8_t b) {
  require(tiles->palette == 1 && d < 8 && a < 8 && b < 8 && d != a && d != b && a != b);
  int32_t rows = tiles->rows[d], depth = tiles->rows[b], columns = tiles->columns[d] / 4;
  require(tiles->rows[a] == rows && tiles->columns[a] == 4 * depth && tiles->columns[b] == tiles->columns[d]);
  for (int32_t row = 0; row < rows; ++row)
    for (int32_t column = 0; column < columns; ++column) {
      union {
        uint32_t u;
        float f;
      } sums[2] = {{0}, {0}}, sum;
      for (int32_t k = 0; k < depth; ++k)
        for (int32_t j = 0; j < 2; ++j) {
          uint16_t left, right;
          __builtin_memcpy(&left, &tiles->data[a][row][4 * k + 2 * j], sizeof left);
          __builtin_memcpy(&right, &tiles->data[b][k][4 * column + 2 * j], sizeof right);
          float x = flushed((uint32_t)left << 16), y = flushed((uint32_t)right << 16), before = sums[j].f;
          standin_fma_f32(&sums[j].f, &x, &y, &before, 1);
          sums[j].f = flushed(sums[j].u);
        }
      __builtin_memcpy(&sum, &tiles->data[d][row][4 * column], sizeof sum);
      sums[0].f = sums[0].f + sums[1].f;
      sum.f = flushed(sum.u) + flushed(sums[0].u);
      sum.f = flushed(sum.u);
      __builtin_memcpy(&tiles->data[d][row][4 * column], &sum, sizeof sum);
    }
}
