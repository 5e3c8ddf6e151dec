#include "store/identity.h"

#include "base/sha256.h"

#include <stdarg.h>
#include <string.h>

enum { ID_BITS = 53, PLACE_BITS = 8 };

/* The parts with their lengths. Most ids are made of so little text that it is handed over once. */
struct text {
  uint8_t bytes[256];
  size_t n;
  sha256_sum *sum; /* of what came before `bytes`, or NULL */
};

static void add_bytes(struct text *text, const void *bytes, size_t n)
{
  if (n > sizeof text->bytes - text->n) {
    text->sum = text->sum ? text->sum : sha256_begin();
    sha256_update(text->sum, text->bytes, text->n);
    text->n = 0;
  }
  if (n > sizeof text->bytes) {
    sha256_update(text->sum, bytes, n);
    return;
  }
  memcpy(text->bytes + text->n, bytes, n);
  text->n += n;
}

static void add_part(struct text *text, const char *part)
{
  uint64_t length = strlen(part);
  uint64_t prefix = GUINT64_TO_LE(length);
  add_bytes(text, &prefix, sizeof prefix);
  add_bytes(text, part, length);
}

static int64_t finish(struct text *text)
{
  uint8_t digest[SHA256_BYTES];
  if (text->sum) {
    sha256_update(text->sum, text->bytes, text->n);
    sha256_finish(text->sum, digest);
  } else {
    sha256(text->bytes, text->n, digest);
  }
  uint64_t id = 0;
  for (unsigned i = 0; i < 8; i++) {
    id = id << 8 | digest[i];
  }
  id >>= 64 - ID_BITS;
  return id == 0 ? 1 : (int64_t)id;
}

int64_t store_id_beside(int64_t id, int64_t neighbour)
{
  const int64_t low = ((int64_t)1 << (ID_BITS - PLACE_BITS)) - 1;
  int64_t beside = (id & low) | (neighbour & ~low);
  return beside == 0 ? 1 : beside;
}

int64_t store_id(const char *first, ...)
{
  struct text text;
  text.n = 0;
  text.sum = NULL;
  va_list parts;
  va_start(parts, first);
  for (const char *part = first; part; part = va_arg(parts, const char *)) {
    add_part(&text, part);
  }
  va_end(parts);
  return finish(&text);
}

int64_t store_id_of(const char *const *parts, size_t n)
{
  struct text text;
  text.n = 0;
  text.sum = NULL;
  for (size_t i = 0; i < n; i++) {
    add_part(&text, parts[i]);
  }
  return finish(&text);
}
