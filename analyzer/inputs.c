#include "analyzer/inputs.h"

#include "analyzer/file_shape.h"
#include "analyzer/parse.h"
#include "base/sha256.h"

#include <string.h>
#include <sys/stat.h>

struct seen {
  bool is_there;
  int64_t size;
  int64_t modified; /* nanoseconds since the epoch */
  bool is_read;     /* then what follows is known */
  uint64_t hash;
  uint64_t shape;
};

struct inputs_check {
  char *root;
  GHashTable *seen; /* path as in the facts -> struct seen * */
};

struct entry {
  struct parsed_file content;
  int64_t size;
  int64_t modified; /* 0: unknown */
};

struct inputs_check *inputs_check_new(const char *root)
{
  struct inputs_check *check = g_new0(struct inputs_check, 1);
  check->root = g_strdup(root);
  check->seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  return check;
}

void inputs_check_free(struct inputs_check *check)
{
  if (check == NULL)
    return;
  g_hash_table_unref(check->seen);
  g_free(check->root);
  g_free(check);
}

static struct seen *look(struct inputs_check *check, const char *path)
{
  struct seen *seen = g_hash_table_lookup(check->seen, path);
  if (seen != NULL)
    return seen;
  seen = g_new0(struct seen, 1);
  g_autofree char *absolute =
      g_path_is_absolute(path) ? g_strdup(path) : g_build_filename(check->root, path, NULL);
  struct stat status;
  if (stat(absolute, &status) == 0 && S_ISREG(status.st_mode)) {
    seen->is_there = true;
    seen->size = status.st_size;
    seen->modified =
        (int64_t)status.st_mtim.tv_sec * G_GINT64_CONSTANT(1000000000) + status.st_mtim.tv_nsec;
  }
  g_hash_table_insert(check->seen, g_strdup(path), seen);
  return seen;
}

/* Whether it still says what it said when it was parsed: the same bytes, or other comments. */
static bool is_same(struct inputs_check *check, const char *path, struct seen *seen,
                    const struct entry *entry)
{
  if (seen->size == entry->size && seen->modified == entry->modified)
    return true;
  if (!seen->is_read) {
    g_autofree char *absolute =
        g_path_is_absolute(path) ? g_strdup(path) : g_build_filename(check->root, path, NULL);
    g_autofree char *bytes = NULL;
    gsize size = 0;
    if (!g_file_get_contents(absolute, &bytes, &size, NULL))
      return false;
    seen->is_read = true;
    seen->hash = sha256_word(bytes, size);
    seen->shape = g_path_is_absolute(path) ? 0 : file_shape(bytes, size);
  }
  return seen->hash == entry->content.hash ||
         (entry->content.shape != 0 && seen->shape == entry->content.shape);
}

GBytes *inputs_record(struct inputs_check *check, GBytes *files, int64_t started)
{
  GByteArray *bytes = g_byte_array_new();
  gsize size = 0;
  const char *data = g_bytes_get_data(files, &size);
  const char *end = data + size;
  struct parsed_file content = {0, 0};
  for (const char *at = data; end - at > (ptrdiff_t)sizeof content;) {
    const char *path = at + sizeof content;
    const char *stop = memchr(path, '\0', (size_t)(end - path));
    if (stop == NULL)
      break;
    memcpy(&content, at, sizeof content);
    at = stop + 1;
    const struct seen *seen = look(check, path);
    struct entry entry = {.content = content,
                          .size = seen->size,
                          .modified = seen->modified < started ? seen->modified : 0};
    g_byte_array_append(bytes, (const guint8 *)&entry, sizeof entry);
    g_byte_array_append(bytes, (const guint8 *)path, (guint)strlen(path) + 1);
  }
  return g_byte_array_free_to_bytes(bytes);
}

/* Reads one entry at `at` and moves on; false at the end or where the record is damaged. */
static bool next_entry(const guint8 *data, size_t size, size_t *at, struct entry *entry,
                       const char **path)
{
  if (size - *at < sizeof *entry + 1)
    return false;
  memcpy(entry, data + *at, sizeof *entry);
  const guint8 *start = data + *at + sizeof *entry;
  const guint8 *end = memchr(start, '\0', size - *at - sizeof *entry);
  if (end == NULL)
    return false;
  *path = (const char *)start;
  *at = (size_t)(end - data) + 1;
  return true;
}

bool inputs_are_fresh(struct inputs_check *check, GBytes *record)
{
  size_t size = 0;
  const guint8 *data = record != NULL ? g_bytes_get_data(record, &size) : NULL;
  size_t at = 0;
  struct entry entry;
  const char *path = NULL;
  if (data == NULL || size == 0)
    return false;
  while (next_entry(data, size, &at, &entry, &path)) {
    struct seen *seen = look(check, path);
    if (!seen->is_there || !is_same(check, path, seen, &entry))
      return false;
  }
  return at == size;
}

void inputs_each(GBytes *record, inputs_visit *visit, void *context)
{
  size_t size = 0;
  const guint8 *data = record != NULL ? g_bytes_get_data(record, &size) : NULL;
  size_t at = 0;
  struct entry entry;
  const char *path = NULL;
  while (data != NULL && next_entry(data, size, &at, &entry, &path))
    visit(context, path, entry.content.hash);
}

bool inputs_each_read(const struct inputs_check *check, inputs_visit *visit, void *context)
{
  GHashTableIter iterator;
  gpointer path, value;
  bool is_any = false;
  g_hash_table_iter_init(&iterator, check->seen);
  while (g_hash_table_iter_next(&iterator, &path, &value)) {
    const struct seen *seen = value;
    if (!seen->is_read)
      continue;
    visit(context, path, seen->hash);
    is_any = true;
  }
  return is_any;
}
