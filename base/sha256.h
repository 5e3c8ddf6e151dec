/* SHA-256 (FIPS 180-4), with the processor's own instructions where it has them: ids and
 * fingerprints of content take a tenth of a cold analysis with GLib's. */
#ifndef CLEAVE_BASE_SHA256_H
#define CLEAVE_BASE_SHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SHA256_BYTES = 32, SHA256_BLOCK = 64, SHA256_HEX = 65 };

struct sha256 {
  uint32_t state[8];
  uint64_t length; /* bytes so far */
  uint8_t rest[SHA256_BLOCK];
  bool is_portable; /* true: without special instructions */
};

void sha256_init(struct sha256 *sum);
void sha256_update(struct sha256 *sum, const void *bytes, size_t size);
/* Ends the sum; begin a new one with sha256_init(). */
void sha256_finish(struct sha256 *sum, uint8_t digest[SHA256_BYTES]);

/* Of one piece of memory. Linear. */
void sha256(const void *bytes, size_t size, uint8_t digest[SHA256_BYTES]);
/* Likewise, as 64 small hexadecimal digits. */
void sha256_hex(const void *bytes, size_t size, char hex[SHA256_HEX]);

#endif
