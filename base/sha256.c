#include "base/sha256.h"

#include <glib.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

/* Looked up once: a look-up costs more than a short sum. */
static const EVP_MD *algorithm(void)
{
  static gsize found;
  if (g_once_init_enter(&found)) {
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
    EVP_MD *fetched = EVP_MD_fetch(NULL, "SHA256", NULL);
    g_assert(fetched != NULL);
    g_once_init_leave(&found, (gsize)fetched);
  }
  return (const EVP_MD *)found;
}

sha256_sum *sha256_begin(void)
{
  EVP_MD_CTX *sum = EVP_MD_CTX_new();
  if (sum == NULL || EVP_DigestInit_ex(sum, algorithm(), NULL) != 1) {
    g_error("out of memory for a sum");
  }
  return sum;
}

void sha256_update(sha256_sum *sum, const void *bytes, size_t size)
{
  EVP_DigestUpdate(sum, bytes, size); /* cannot fail between begin and finish */
}

void sha256_finish(sha256_sum *sum, uint8_t digest[SHA256_BYTES])
{
  EVP_DigestFinal_ex(sum, digest, NULL);
  EVP_MD_CTX_free(sum);
}

void sha256(const void *bytes, size_t size, uint8_t digest[SHA256_BYTES])
{
  sha256_sum *sum = sha256_begin();
  sha256_update(sum, bytes, size);
  sha256_finish(sum, digest);
}

uint64_t sha256_word(const void *bytes, size_t size)
{
  uint8_t digest[SHA256_BYTES];
  sha256(bytes, size, digest);
  uint64_t word = 0;
  memcpy(&word, digest, sizeof word);
  return word;
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
