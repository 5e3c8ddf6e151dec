/* Ids are hashes of their parts with their lengths, whatever these are. */
#include "store/identity.h"

#include <glib.h>
#include <string.h>

static void test_identity(void)
{
  g_assert_cmpint(store_id("a", "b", NULL), !=, store_id("ab", NULL));
  g_assert_cmpint(store_id("a", "", NULL), !=, store_id("", "a", NULL));
  g_assert_cmpint(store_id("a", NULL), ==, store_id("a", NULL));
  g_assert_cmpint(store_id("a", NULL), <, (int64_t)1 << 53);
  const char *const parts[] = {"a", "b"};
  g_assert_cmpint(store_id_of(parts, 2), ==, store_id("a", "b", NULL));
}

/* Of 53 bits 8 are the neighbour's; what else tells two ids apart still does. */
static void test_neighbours(void)
{
  int64_t place = store_id("file", "a.c", NULL);
  int64_t least = INT64_MAX;
  int64_t largest = 0;
  g_autoptr(GHashTable) seen = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
  for (unsigned i = 0; i < 1000; i++) {
    g_autofree char *name = g_strdup_printf("%u", i);
    int64_t id = store_id_beside(store_id(name, NULL), place);
    g_assert_cmpint(id % ((int64_t)1 << 45), ==, store_id(name, NULL) % ((int64_t)1 << 45));
    least = MIN(least, id);
    largest = MAX(largest, id);
    g_assert_true(g_hash_table_add(seen, g_memdup2(&id, sizeof id)));
  }
  g_assert_cmpint(least >> 45, ==, place >> 45);
  g_assert_cmpint(largest >> 45, ==, place >> 45);
  g_assert_cmpint(store_id_beside((int64_t)3 << 45, 7), ==, 1);
}

/* The sum of two parts with their lengths, made by GLib. */
static int64_t plain_id(const char *const *parts)
{
  g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
  for (size_t i = 0; i < 2; i++) {
    uint64_t length = GUINT64_TO_LE(strlen(parts[i]));
    g_checksum_update(sum, (const guchar *)&length, sizeof length);
    g_checksum_update(sum, (const guchar *)parts[i], (gssize)strlen(parts[i]));
  }
  guint8 digest[32];
  gsize size = sizeof digest;
  g_checksum_get_digest(sum, digest, &size);
  uint64_t id = 0;
  memcpy(&id, digest, sizeof id);
  return (int64_t)(GUINT64_FROM_BE(id) >> 11);
}

/* However long the parts are: what is collected before it is summed up has an end. */
static void test_identity_of_long_parts(void)
{
  static const size_t lengths[] = {0, 1, 100, 230, 231, 239, 240, 241, 248, 256, 257, 1000};
  for (size_t i = 0; i < G_N_ELEMENTS(lengths); i++) {
    for (size_t j = 0; j < G_N_ELEMENTS(lengths); j++) {
      g_autofree char *first = g_strnfill(lengths[i], 'x');
      g_autofree char *second = g_strnfill(lengths[j], 'y');
      const char *const parts[] = {first, second};
      g_assert_cmpint(store_id_of(parts, 2), ==, plain_id(parts));
      g_assert_cmpint(store_id(first, second, NULL), ==, plain_id(parts));
    }
  }
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/identity/parts", test_identity);
  g_test_add_func("/identity/neighbours", test_neighbours);
  g_test_add_func("/identity/long-parts", test_identity_of_long_parts);
  return g_test_run();
}
