#include "base/sha256.h"

#include <string.h>
#ifdef __x86_64__
#include <immintrin.h>
#endif

static const uint32_t constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotated(uint32_t word, unsigned n)
{
  return word >> n | word << (32 - n);
}

static uint32_t big_endian(const uint8_t *at)
{
  return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void add_blocks(uint32_t state[8], const uint8_t *at, size_t n)
{
  for (; n > 0; n--, at += SHA256_BLOCK) {
    uint32_t w[64];
    for (unsigned i = 0; i < 16; i++)
      w[i] = big_endian(at + 4 * i);
    for (unsigned i = 16; i < 64; i++) {
      uint32_t early = rotated(w[i - 15], 7) ^ rotated(w[i - 15], 18) ^ w[i - 15] >> 3;
      uint32_t late = rotated(w[i - 2], 17) ^ rotated(w[i - 2], 19) ^ w[i - 2] >> 10;
      w[i] = w[i - 16] + early + w[i - 7] + late;
    }
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    for (unsigned i = 0; i < 64; i++) {
      uint32_t upper = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25);
      uint32_t first = h + upper + ((e & f) ^ (~e & g)) + constants[i] + w[i];
      uint32_t lower = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22);
      uint32_t second = lower + ((a & b) ^ (a & c) ^ (b & c));
      h = g, g = f, f = e, e = d + first;
      d = c, c = b, b = a, a = first + second;
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;
    state[4] += e, state[5] += f, state[6] += g, state[7] += h;
  }
}

#ifdef __x86_64__
/* Four rounds at a time; the instructions want the state as (a, b, e, f) and (c, d, g, h). */
__attribute__((target("sha,sse4.1"))) static void add_blocks_fast(uint32_t state[8],
                                                                  const uint8_t *at, size_t n)
{
  const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  __m128i abef = _mm_set_epi32((int)state[0], (int)state[1], (int)state[4], (int)state[5]);
  __m128i cdgh = _mm_set_epi32((int)state[2], (int)state[3], (int)state[6], (int)state[7]);
  for (; n > 0; n--, at += SHA256_BLOCK) {
    const __m128i abef_before = abef;
    const __m128i cdgh_before = cdgh;
    __m128i w[16];
    for (unsigned i = 0; i < 16; i++) {
      if (i < 4) {
        w[i] = _mm_shuffle_epi8(_mm_loadu_si128((const void *)(at + 16 * i)), swap);
      } else {
        __m128i sum = _mm_sha256msg1_epu32(w[i - 4], w[i - 3]);
        sum = _mm_add_epi32(sum, _mm_alignr_epi8(w[i - 1], w[i - 2], 4));
        w[i] = _mm_sha256msg2_epu32(sum, w[i - 1]);
      }
      __m128i with = _mm_add_epi32(w[i], _mm_loadu_si128((const void *)(constants + 4 * i)));
      cdgh = _mm_sha256rnds2_epu32(cdgh, abef, with);
      abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(with, 0x0e));
    }
    abef = _mm_add_epi32(abef, abef_before);
    cdgh = _mm_add_epi32(cdgh, cdgh_before);
  }
  uint32_t low[4], high[4];
  _mm_storeu_si128((void *)low, abef);
  _mm_storeu_si128((void *)high, cdgh);
  state[0] = low[3], state[1] = low[2], state[4] = low[1], state[5] = low[0];
  state[2] = high[3], state[3] = high[2], state[6] = high[1], state[7] = high[0];
}

/* Asked once: in a virtual machine the answer costs more than a sum. */
static bool is_fast(void)
{
  static volatile int known; /* 0: not asked; then 1 + whether */
  if (known != 0)
    return known == 2;
  /* Leaf 7, EBX bit 29: the SHA instructions; every processor with them has SSE 4.1. */
  unsigned a = 7, b = 0, c = 0, d = 0;
  __asm__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
  known = (b >> 29 & 1) != 0 ? 2 : 1;
  return known == 2;
}
#endif

static void add_all(struct sha256 *sum, const uint8_t *at, size_t n)
{
#ifdef __x86_64__
  if (!sum->is_portable) {
    add_blocks_fast(sum->state, at, n);
    return;
  }
#endif
  add_blocks(sum->state, at, n);
}

void sha256_init(struct sha256 *sum)
{
  static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  memcpy(sum->state, start, sizeof start);
  sum->length = 0;
  sum->is_portable = true;
#ifdef __x86_64__
  sum->is_portable = !is_fast();
#endif
}

void sha256_update(struct sha256 *sum, const void *bytes, size_t size)
{
  const uint8_t *at = bytes;
  size_t used = sum->length % SHA256_BLOCK;
  sum->length += size;
  if (used != 0) {
    size_t taken = size < SHA256_BLOCK - used ? size : SHA256_BLOCK - used;
    memcpy(sum->rest + used, at, taken);
    if (used + taken < SHA256_BLOCK)
      return;
    add_all(sum, sum->rest, 1);
    at += taken;
    size -= taken;
  }
  add_all(sum, at, size / SHA256_BLOCK);
  if (size % SHA256_BLOCK != 0)
    memcpy(sum->rest, at + size / SHA256_BLOCK * SHA256_BLOCK, size % SHA256_BLOCK);
}

void sha256_finish(struct sha256 *sum, uint8_t digest[SHA256_BYTES])
{
  uint8_t end[2 * SHA256_BLOCK] = {0x80};
  uint64_t bits = sum->length * 8;
  size_t used = sum->length % SHA256_BLOCK;
  size_t padding = (used < SHA256_BLOCK - 8 ? SHA256_BLOCK : 2 * SHA256_BLOCK) - used;
  for (unsigned i = 0; i < 8; i++)
    end[padding - 1 - i] = (uint8_t)(bits >> (8 * i));
  sha256_update(sum, end, padding);
  for (unsigned i = 0; i < SHA256_BYTES; i++)
    digest[i] = (uint8_t)(sum->state[i / 4] >> (24 - 8 * (i % 4)));
}

void sha256(const void *bytes, size_t size, uint8_t digest[SHA256_BYTES])
{
  struct sha256 sum;
  sha256_init(&sum);
  sha256_update(&sum, bytes, size);
  sha256_finish(&sum, digest);
}

void sha256_hex(const void *bytes, size_t size, char hex[SHA256_HEX])
{
  uint8_t digest[SHA256_BYTES];
  sha256(bytes, size, digest);
  for (unsigned i = 0; i < SHA256_BYTES; i++) {
    hex[2 * i] = "0123456789abcdef"[digest[i] >> 4];
    hex[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
  }
  hex[SHA256_HEX - 1] = '\0';
}
