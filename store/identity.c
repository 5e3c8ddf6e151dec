#include "store/identity.h"

#include <stdarg.h>
#include <string.h>

static void add_part(GChecksum *sum, const char *part)
{
  uint64_t length = strlen(part);
  guchar prefix[8];
  for (unsigned i = 0; i < 8; i++) {
    prefix[i] = (guchar)(length >> (8 * i));
  }
  g_checksum_update(sum, prefix, sizeof prefix);
  g_checksum_update(sum, (const guchar *)part, (gssize)length);
}

static int64_t finish(GChecksum *sum)
{
  guint8 digest[32];
  gsize n = sizeof digest;
  g_checksum_get_digest(sum, digest, &n);
  g_checksum_free(sum);
  uint64_t id = 0;
  for (unsigned i = 0; i < 8; i++) {
    id = id << 8 | digest[i];
  }
  id >>= 11;
  return id == 0 ? 1 : (int64_t)id;
}

int64_t store_id(const char *first, ...)
{
  GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);
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
  GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);
  for (size_t i = 0; i < n; i++) {
    add_part(sum, parts[i]);
  }
  return finish(sum);
}
