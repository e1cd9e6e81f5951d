/* Every function that LLVM may call on its own. One object per instruction set, linked into each image as far as it is needed.
 *
 * Compiled freestanding and without builtins, so that no function is turned into a call of itself. Rounding is to nearest even
 * throughout: the runtime sets it. */
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t count) {
  uint8_t *d = to;
  const uint8_t *s = from;
  for (size_t i = 0; i < count; ++i)
    d[i] = s[i];
  return to;
}

void *memmove(void *to, const void *from, size_t count) {
  uint8_t *d = to;
  const uint8_t *s = from;
  if ((uintptr_t)d - (uintptr_t)s >= count)
    for (size_t i = 0; i < count; ++i)
      d[i] = s[i];
  else
    for (size_t i = count; i-- > 0;)
      d[i] = s[i];
  return to;
}

void *memset(void *to, int value, size_t count) {
  uint8_t *d = to;
  for (size_t i = 0; i < count; ++i)
    d[i] = (uint8_t)value;
  return to;
}

int memcmp(const void *a, const void *b, size_t count) {
  const uint8_t *x = a, *y = b;
  for (size_t i = 0; i < count; ++i)
    if (x[i] != y[i])
      return x[i] - y[i];
  return 0;
}

#if !defined(__FMA__) && !defined(__aarch64__)
static uint32_t bits32(float f) {
  union {
    float f;
    uint32_t u;
  } v = {f};
  return v.u;
}
static float float32(uint32_t u) {
  union {
    uint32_t u;
    float f;
  } v = {u};
  return v.f;
}
static uint64_t bits64(double f) {
  union {
    double f;
    uint64_t u;
  } v = {f};
  return v.u;
}
static double float64(uint64_t u) {
  union {
    uint64_t u;
    double f;
  } v = {u};
  return v.f;
}

/* The product of two f32 is exact in f64. Its sum with z is rounded to odd, so that the conversion is the only rounding. */
float fmaf(float x, float y, float z) {
  double p = (double)x * y, s = p + z, b = s - p, rest = (p - (s - b)) + ((double)z - b);
  uint64_t u = bits64(s);
  if (rest != 0 && (u >> 52 & 0x7ff) != 0x7ff && !(u & 1))
    s = float64((rest > 0) == (s > 0) ? u + 1 : u - 1);
  return (float)s;
}

typedef unsigned __int128 Wide;

/* A finite, nonzero f64 as an integer significand below 2^53 and an exponent. */
static uint64_t significand(double x, int *exponent) {
  uint64_t u = bits64(x), m = u & 0xfffffffffffffull;
  int e = (int)(u >> 52 & 0x7ff);
  *exponent = e ? e - 1075 : -1074;
  return e ? m | 1ull << 52 : m;
}

static int highestBit(Wide w) {
  uint64_t high = (uint64_t)(w >> 64);
  return high ? 127 - __builtin_clzll(high) : 63 - __builtin_clzll((uint64_t)w);
}

/* w * 2^exponent, rounded once to nearest even; the lowest bit of w may stand for anything nonzero below it. */
static double roundWide(int negative, Wide w, int exponent) {
  int top = highestBit(w), drop = top - 52;
  if (exponent + drop < -1074)
    drop = -1074 - exponent;
  if (drop > 127)
    drop = 127;
  uint64_t m;
  if (drop <= 0) {
    m = (uint64_t)(w << -drop);
  } else {
    m = (uint64_t)(w >> drop);
    Wide rest = w & (((Wide)1 << drop) - 1), half = (Wide)1 << (drop - 1);
    m += rest > half || (rest == half && (m & 1));
  }
  int e = exponent + drop;
  if (m >> 53) {
    m >>= 1;
    ++e;
  }
  uint64_t u;
  if (!(m >> 52))
    u = m; /* subnormal: e is -1074 */
  else if (e + 1075 >= 0x7ff)
    u = 0x7ffull << 52;
  else
    u = (uint64_t)(e + 1075) << 52 | (m & 0xfffffffffffffull);
  return float64(u | (uint64_t)negative << 63);
}

double fma(double x, double y, double z) {
  const uint64_t infinity = 0x7ffull << 52, magnitude = ~(1ull << 63);
  uint64_t ux = bits64(x) & magnitude, uy = bits64(y) & magnitude, uz = bits64(z) & magnitude;
  if (ux >= infinity || uy >= infinity || uz >= infinity || ux == 0 || uy == 0) {
    if (uz >= infinity && ux < infinity && uy < infinity)
      return z + 0.0;
    return x * y + z;
  }
  int ex, ey, ez;
  Wide product = (Wide)significand(x, &ex) * significand(y, &ey);
  int exponent = ex + ey, sign = (int)((bits64(x) ^ bits64(y)) >> 63), signZ = (int)(bits64(z) >> 63);
  if (uz == 0)
    return roundWide(sign, product, exponent);
  Wide addend = significand(z, &ez);
  /* Bring both to one exponent, keeping 20 bits of headroom; what falls off is remembered in the lowest bit. */
  int shift = 126 - highestBit(product) - 1;
  product <<= shift;
  exponent -= shift;
  int lift = 126 - highestBit(addend) - 1;
  addend <<= lift;
  ez -= lift;
  int distance = exponent - ez;
  Wide *small = distance >= 0 ? &addend : &product;
  int by = distance >= 0 ? distance : -distance;
  if (distance < 0)
    exponent = ez;
  if (by > 126)
    *small = 1;
  else if (by > 0)
    *small = *small >> by | ((*small & (((Wide)1 << by) - 1)) != 0);
  if (sign == signZ)
    return roundWide(sign, product + addend, exponent);
  if (product == addend)
    return 0.0;
  return product > addend ? roundWide(sign, product - addend, exponent)
                          : roundWide(signZ, addend - product, exponent);
}

float roundevenf(float x) {
  uint32_t u = bits32(x), a = u & 0x7fffffff;
  if (a >= 0x4b000000)
    return x; /* integral already, or NaN */
  float r = float32(a) + 8388608.0f - 8388608.0f;
  return float32(bits32(r) | (u & 0x80000000));
}
double roundeven(double x) {
  uint64_t u = bits64(x), a = u & ~(1ull << 63);
  if (a >= 0x4330000000000000ull)
    return x;
  double r = float64(a) + 4503599627370496.0 - 4503599627370496.0;
  return float64(bits64(r) | (u & 1ull << 63));
}
float truncf(float x) {
  uint32_t u = bits32(x), e = u >> 23 & 255;
  if (e >= 150)
    return x;
  return float32(e < 127 ? u & 0x80000000 : u & ~((1u << (150 - e)) - 1));
}
double trunc(double x) {
  uint64_t u = bits64(x), e = u >> 52 & 2047;
  if (e >= 1075)
    return x;
  return float64(e < 1023 ? u & 1ull << 63 : u & ~((1ull << (1075 - e)) - 1));
}
float floorf(float x) {
  float t = truncf(x);
  return t > x ? t - 1 : t;
}
double floor(double x) {
  double t = trunc(x);
  return t > x ? t - 1 : t;
}
float ceilf(float x) {
  float t = truncf(x);
  return t < x ? float32(bits32(t + 1) | (bits32(x) & 0x80000000)) : t;
}
double ceil(double x) {
  double t = trunc(x);
  return t < x ? float64(bits64(t + 1) | (bits64(x) & 1ull << 63)) : t;
}

float __extendhfsf2(_Float16 half) {
  union {
    _Float16 h;
    uint16_t u;
  } v = {half};
  uint32_t sign = (uint32_t)(v.u & 0x8000) << 16, m = v.u & 0x7fff;
  if (m >= 0x7c00)
    return float32(sign | 0x7f800000 | (m & 0x3ff) << 13 | (m > 0x7c00 ? 0x400000 : 0));
  return float32(sign | bits32(float32(m << 13) * float32(0x77800000))); /* times 2^112, exact */
}
_Float16 __truncsfhf2(float f) {
  uint32_t u = bits32(f), sign = u >> 16 & 0x8000, a = u & 0x7fffffff, r;
  if (a > 0x7f800000)
    r = 0x7e00 | (a >> 13 & 0x3ff);
  else if (a >= 0x477ff000)
    r = 0x7c00;
  else if (a < 0x38800000)
    r = bits32(float32(a) + 0.5f) - 0x3f000000; /* subnormal half: align at 2^-24 */
  else
    r = (a - 0x38000000 + 0xfff + (a >> 13 & 1)) >> 13;
  union {
    uint16_t u;
    _Float16 h;
  } v = {(uint16_t)(sign | r)};
  return v.h;
}
#endif

#if !defined(__aarch64__)
/* f64 -> f16 in one rounding: to odd in f32 first. */
_Float16 __truncdfhf2(double x) {
  union {
    float f;
    uint32_t u;
  } v = {(float)x};
  double back = v.f;
  if (back != x && x == x && (v.u & 0x7f800000) != 0x7f800000) {
    union {
      double f;
      uint64_t u;
    } a = {x}, b = {back};
    if ((b.u & ~(1ull << 63)) > (a.u & ~(1ull << 63)))
      v.u -= 1; /* truncated toward zero .. */
    v.u |= 1;   /* .. and made odd */
  }
  return (_Float16)v.f;
}
#endif
