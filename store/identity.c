#include "store/identity.h"

#include "base/sha256.h"

#include <stdarg.h>
#include <string.h>

static void add_part(sha256_sum *sum, const char *part)
{
  uint64_t length = strlen(part);
  uint8_t prefix[8];
  for (unsigned i = 0; i < 8; i++) {
    prefix[i] = (uint8_t)(length >> (8 * i));
  }
  sha256_update(sum, prefix, sizeof prefix);
  sha256_update(sum, part, length);
}

static int64_t finish(sha256_sum *sum)
{
  uint8_t digest[SHA256_BYTES];
  sha256_finish(sum, digest);
  uint64_t id = 0;
  for (unsigned i = 0; i < 8; i++) {
    id = id << 8 | digest[i];
  }
  id >>= 11;
  return id == 0 ? 1 : (int64_t)id;
}

int64_t store_id(const char *first, ...)
{
  sha256_sum *sum = sha256_begin();
  va_list parts;
  va_start(parts, first);
  for (const char *part = first; part; part = va_arg(parts, const char *)) {
    add_part(sum, part);
  }
  va_end(parts);
  return finish(sum);
}

int64_t store_id_of(const char *const *parts, size_t n)
{
  sha256_sum *sum = sha256_begin();
  for (size_t i = 0; i < n; i++) {
    add_part(sum, parts[i]);
  }
  return finish(sum);
}
