#include "cleave_replay_scalars.h"

#include <float.h>
#include <math.h>
#include <string.h>

static int fits(const struct cleave_type *type, int64_t value)
{
  if (type->bits >= 64) {
    return type->is_signed || value >= 0;
  }
  int64_t high = ((int64_t)1 << (type->bits - (type->is_signed ? 1 : 0))) - 1;
  return value <= high && value >= (type->is_signed ? -high - 1 : 0);
}

static int64_t cut(const struct cleave_type *type, uint64_t bits)
{
  if (type->bits >= 64) {
    return (int64_t)bits;
  }
  bits &= ((uint64_t)1 << type->bits) - 1;
  if (type->is_signed && bits >> (type->bits - 1)) {
    bits |= ~(uint64_t)0 << type->bits;
  }
  return (int64_t)bits;
}

/* The smallest and largest value, and one step inside of them. */
static int64_t edge(const struct cleave_type *type, unsigned which)
{
  uint64_t low = type->is_signed ? (uint64_t)1 << (type->bits - 1) : 0;
  uint64_t high = low - 1;
  const uint64_t edges[] = {low, high, low + 1, high - 1};
  return cut(type, edges[which]);
}

int64_t replay_draw_integer(struct choices *choices, const struct cleave_type *type, uint64_t place)
{
  static const int64_t notable[] = {1,
                                    0,
                                    -1,
                                    2,
                                    10,
                                    127,
                                    128,
                                    -128,
                                    255,
                                    256,
                                    32767,
                                    -32768,
                                    65535,
                                    65536,
                                    2147483647,
                                    2147483648,
                                    -2147483648,
                                    4294967295,
                                    4294967296,
                                    9007199254740991,
                                    9007199254740993,
                                    -9007199254740993};
  unsigned n = sizeof notable / sizeof *notable;
  unsigned at = choose_notable(choices, place, n + 4);
  if (at < n) {
    /* What does not fit this type is the same as no choice. */
    return fits(type, notable[at]) ? notable[at] : cut(type, 1);
  }
  return at < n + 4 ? edge(type, at - n) : cut(type, choose_bits(choices, place));
}

int64_t replay_draw_dimension(struct choices *choices, const struct cleave_type *type,
                              uint64_t place)
{
  static const int64_t notable[] = {4, 0, 1, 2, 3, 7, 8, 16, 64, 255};
  unsigned n = sizeof notable / sizeof *notable;
  unsigned at = choose_notable(choices, place, n);
  int64_t value = at < n ? notable[at] : (int64_t)(choose_bits(choices, place) % 32);
  return fits(type, value) ? value : cut(type, 1);
}

int64_t replay_draw_name(struct choices *choices, const struct cleave_type *type, uint64_t place)
{
  return type->n_names > 0 ? type->names[choose(choices, place, (unsigned)type->n_names)].value : 0;
}

static void draw_float(struct choices *choices, void *target, uint64_t place)
{
  static const uint32_t notable[] = {
      0x3fc00000, 0x00000000, 0x80000000, 0x3f800000, 0xbf800000, 0x00000001, 0x80000001,
      0x007fffff, 0x00800000, 0x7f7fffff, 0xff7fffff, 0x7f800000, 0xff800000, 0x7fc00000,
      0xffc00000, 0x7fc12345, 0x7f812345, 0xff812345, 0x3dcccccd, 0x4b800001, 0x4f000000};
  unsigned n = sizeof notable / sizeof *notable;
  unsigned at = choose_notable(choices, place, n);
  uint32_t bits = at < n ? notable[at] : (uint32_t)choose_bits(choices, place);
  memcpy(target, &bits, sizeof bits);
}

static void draw_double(struct choices *choices, void *target, uint64_t place)
{
  static const uint64_t notable[] = {
      0x3ff8000000000000, 0x0000000000000000, 0x8000000000000000, 0x3ff0000000000000,
      0xbff0000000000000, 0x0000000000000001, 0x8000000000000001, 0x000fffffffffffff,
      0x0010000000000000, 0x7fefffffffffffff, 0xffefffffffffffff, 0x7ff0000000000000,
      0xfff0000000000000, 0x7ff8000000000000, 0xfff8000000000000, 0x7ff8000000001234,
      0x7ff4000000000001, 0xfff0000000000001, 0x3fb999999999999a, 0x3fd5555555555555,
      0x4340000000000001, 0x43e0000000000000, 0x47efffffe0000000, 0x47f0000000000000};
  unsigned n = sizeof notable / sizeof *notable;
  unsigned at = choose_notable(choices, place, n);
  uint64_t bits = at < n ? notable[at] : choose_bits(choices, place);
  memcpy(target, &bits, sizeof bits);
}

static void draw_long_double(struct choices *choices, void *target, uint64_t place)
{
  const long double notable[] = {1.5L,         0.0L,     -0.0L,     LDBL_MIN, LDBL_TRUE_MIN,
                                 LDBL_MAX,     INFINITY, -INFINITY, NAN,      0.1L,
                                 -1.0L / 3.0L, DBL_MAX,  DBL_MIN,   1e4000L,  -1e-4000L};
  unsigned n = sizeof notable / sizeof *notable;
  unsigned at = choose_notable(choices, place, n);
  long double value = at < n ? notable[at]
                             : ldexpl((long double)choose_bits(choices, place),
                                      (int)(choose_bits(choices, place + 1) % 20000) - 10000);
  memcpy(target, &value, sizeof value);
}

void replay_draw_float(struct choices *choices, size_t size, void *target, uint64_t place)
{
  (size == sizeof(float)    ? draw_float
   : size == sizeof(double) ? draw_double
                            : draw_long_double)(choices, target, place);
}

static const char *const texts[] = {"text",
                                    "",
                                    "a",
                                    "\"\\/\b\f\n\r\t\x01\x1f\x7f",
                                    "\xc3\xa9\xe2\x98\x83\xf0\x9f\x98\x80",
                                    "\xff\xfe\x80",
                                    "\xc3",
                                    "\xed\xa0\x80",
                                    "%s%n%d",
                                    " lead and trail ",
                                    "-9223372036854775809",
                                    "null",
                                    "{\"base64\": \"AA==\"}",
                                    "../../etc/passwd"};
#define N_TEXTS (sizeof texts / sizeof *texts)

size_t replay_draw_text(struct choices *choices, uint64_t place, char *buffer, size_t limit)
{
  unsigned at = choose_notable(choices, place, N_TEXTS + 3);
  size_t n = 0;
  if (at < N_TEXTS) {
    n = strlen(texts[at]);
    n = n < limit ? n : limit;
    memcpy(buffer, texts[at], n);
    return n;
  }
  if (at == N_TEXTS) { /* every byte that a text can hold */
    n = limit < 255 ? limit : 255;
    for (size_t i = 0; i < n; i++) {
      buffer[i] = (char)(i + 1);
    }
    return n;
  }
  n = at == N_TEXTS + 1   ? limit
      : at == N_TEXTS + 2 ? (limit > 0 ? limit - 1 : 0)
                          : choose_length(choices, place + 1, limit);
  for (size_t i = 0; i < n; i++) {
    uint64_t bits = at > N_TEXTS + 2 ? choose_bits(choices, place + 2) : 'a' - 1 + i % 26;
    buffer[i] = (char)(bits % 255 + 1);
  }
  return n;
}

void replay_draw_bytes(struct choices *choices, uint64_t place, unsigned char *buffer,
                       size_t length)
{
  static const unsigned char patterns[] = {0, 0xff, 0x80};
  unsigned n_patterns = sizeof patterns;
  unsigned at = choose_notable(choices, place, n_patterns + 1);
  uint64_t state = at > n_patterns ? choose_bits(choices, place) : 0;
  for (size_t i = 0; i < length; i++) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    buffer[i] = at == 0            ? (unsigned char)i
                : at <= n_patterns ? patterns[at - 1]
                                   : (unsigned char)(state >> 56);
  }
}
