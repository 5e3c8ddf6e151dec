/* SHA-256 by OpenSSL's libcrypto, which uses the processor's own instructions: ids and fingerprints
 * of content take a tenth of a cold analysis with GLib's. No configuration of OpenSSL is read.
 * Running out of memory ends the program, as with GLib. */
#ifndef CLEAVE_BASE_SHA256_H
#define CLEAVE_BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum { SHA256_BYTES = 32, SHA256_HEX = 65 };

/* A sum that is being made. */
typedef struct evp_md_ctx_st sha256_sum;

/* A new sum of nothing: ended by sha256_finish(), which frees it. */
sha256_sum *sha256_begin(void);
void sha256_update(sha256_sum *sum, const void *bytes, size_t size);
void sha256_finish(sha256_sum *sum, uint8_t digest[SHA256_BYTES]);

/* Of one piece of memory. Linear. */
void sha256(const void *bytes, size_t size, uint8_t digest[SHA256_BYTES]);
/* Likewise, its first eight bytes as a number: tells contents apart, on one kind of machine. */
uint64_t sha256_word(const void *bytes, size_t size);
/* Likewise, as 64 small hexadecimal digits. */
void sha256_hex(const void *bytes, size_t size, char hex[SHA256_HEX]);

#endif
