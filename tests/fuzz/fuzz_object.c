/* Object files, archives and finished programs: damaged ones are refused, or their symbols can be
 * walked. */
#include <stdint.h>
#include <string.h>

#include "analyzer/object_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(const struct object_file *file)
{
  for (guint i = 0; file != NULL && i < file->symbols->len; i++) {
    const struct object_symbol *symbol = &g_array_index(file->symbols, struct object_symbol, i);
    g_assert_cmpuint(strlen(symbol->name), >, 0);
    g_assert_true(symbol->source == OBJECT_NO_SOURCE || symbol->source < file->sources->len);
  }
  for (guint i = 0; file != NULL && i < file->sources->len; i++)
    g_assert_nonnull(g_ptr_array_index(file->sources, i));
  for (guint i = 0; file != NULL && i < file->needed->len; i++)
    g_assert_nonnull(g_ptr_array_index(file->needed, i));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  g_autoptr(GBytes) bytes = g_bytes_new(data, size);
  g_autoptr(object_file_owner) file = object_file_parse(bytes);
  walk(file);
  bool is_thin = false;
  g_autoptr(GPtrArray) members = archive_parse(bytes, &is_thin);
  for (guint i = 0; members != NULL && i < members->len; i++) {
    const struct archive_member *member = g_ptr_array_index(members, i);
    g_assert_nonnull(member->name);
    walk(member->object);
  }
  return 0;
}
