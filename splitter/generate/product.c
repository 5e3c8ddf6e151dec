#include "splitter/generate/product.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

#include "splitter/generate/yaml_writer.h"

static gint compare_paths(gconstpointer left, gconstpointer right, gpointer data)
{
  (void)data;
  return strcmp(left, right);
}

static bool is_inside(const char *path)
{
  return !g_path_is_absolute(path) && !strstr(path, "..");
}

static bool read_manifest(struct product *product, GError **error)
{
  g_autofree char *path = g_build_filename(product->folder, PRODUCT_MANIFEST, NULL);
  g_autofree char *text = NULL;
  g_autoptr(GError) failure = NULL;
  gsize length = 0;
  if (!g_file_get_contents(path, &text, &length, &failure)) {
    if (g_error_matches(failure, G_FILE_ERROR, G_FILE_ERROR_NOENT)) {
      return true;
    }
    g_propagate_error(error, g_steal_pointer(&failure));
    return false;
  }
  json_error_t where;
  json_t *root = json_loadb(text, length, 0, &where);
  json_t *files = json_object_get(root, "files");
  if (!json_is_object(files)) {
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
                "cannot read '%s': not a manifest of generated files; move it away to begin anew",
                path);
    json_decref(root);
    return false;
  }
  const char *name;
  json_t *hash;
  json_object_foreach(files, name, hash)
  {
    if (json_is_string(hash) && is_inside(name)) {
      g_hash_table_insert(product->written, g_strdup(name), g_strdup(json_string_value(hash)));
    }
  }
  json_decref(root);
  return true;
}

struct product *product_new(const char *folder, GError **error)
{
  struct product *product = g_new0(struct product, 1);
  product->folder = g_strdup(folder);
  product->files = g_tree_new_full(compare_paths, NULL, g_free, (GDestroyNotify)g_bytes_unref);
  product->written = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  product->kept = g_ptr_array_new_with_free_func(g_free);
  product->removed = g_ptr_array_new_with_free_func(g_free);
  product->orphans = g_ptr_array_new_with_free_func(g_free);
  if (!read_manifest(product, error)) {
    product_free(product);
    return NULL;
  }
  return product;
}

void product_free(struct product *product)
{
  if (!product) {
    return;
  }
  g_free(product->folder);
  g_tree_unref(product->files);
  g_hash_table_unref(product->written);
  g_ptr_array_unref(product->kept);
  g_ptr_array_unref(product->removed);
  g_ptr_array_unref(product->orphans);
  g_free(product);
}

void product_add_bytes(struct product *product, const char *path, GBytes *bytes)
{
  g_assert(is_inside(path));
  g_tree_replace(product->files, g_strdup(path), bytes);
}

void product_add(struct product *product, const char *path, char *text)
{
  product_add_bytes(product, path, g_bytes_new_take(text, strlen(text)));
}

void product_add_json(struct product *product, const char *path, json_t *value)
{
  char *text = json_dumps(value, JSON_INDENT(2) | JSON_ENCODE_ANY);
  char *whole = g_strconcat(text, "\n", NULL);
  free(text);
  json_decref(value);
  product_add(product, path, whole);
}

void product_add_yaml(struct product *product, const char *path, json_t *value)
{
  char *text = yaml_write(value);
  json_decref(value);
  product_add(product, path, text);
}

static char *hash_of(const void *data, gsize length)
{
  return g_compute_checksum_for_data(G_CHECKSUM_SHA256, data, length);
}

/* The bytes on the disk, or NULL when there is no such file. */
static bool read_file(const struct product *product, const char *path, char **text, gsize *length,
                      GError **error)
{
  g_autofree char *full = g_build_filename(product->folder, path, NULL);
  g_autoptr(GError) failure = NULL;
  if (!g_file_get_contents(full, text, length, &failure)) {
    *text = NULL;
    if (!g_error_matches(failure, G_FILE_ERROR, G_FILE_ERROR_NOENT)) {
      g_propagate_error(error, g_steal_pointer(&failure));
      return false;
    }
  }
  return true;
}

char *product_edited(const struct product *product, const char *path)
{
  char *text = NULL;
  gsize length = 0;
  if (!read_file(product, path, &text, &length, NULL) || !text) {
    return NULL;
  }
  g_autofree char *hash = hash_of(text, length);
  const char *before = g_hash_table_lookup(product->written, path);
  if (before && strcmp(before, hash) == 0) {
    g_free(text);
    return NULL;
  }
  return text;
}

static bool write_file(const struct product *product, const char *path, GBytes *bytes,
                       GError **error)
{
  g_autofree char *full = g_build_filename(product->folder, path, NULL);
  g_autofree char *folder = g_path_get_dirname(full);
  if (g_mkdir_with_parents(folder, 0777) != 0) {
    g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(errno),
                "cannot make folder '%s': %s", folder, g_strerror(errno));
    return false;
  }
  gsize length = 0;
  const char *data = g_bytes_get_data(bytes, &length);
  bool is_script = length > 2 && memcmp(data, "#!", 2) == 0;
  return g_file_set_contents_full(full, data ? data : "", (gssize)length,
                                  G_FILE_SET_CONTENTS_CONSISTENT, is_script ? 0777 : 0666, error);
}

/* Writes one file, or its .new version when a person changed what lies there. */
static bool place_file(struct product *product, const char *path, GBytes *bytes, GError **error)
{
  gsize length = 0;
  const void *data = g_bytes_get_data(bytes, &length);
  g_autofree char *new_hash = hash_of(data, length);
  g_autofree char *text = NULL;
  gsize old_length = 0;
  if (!read_file(product, path, &text, &old_length, error)) {
    return false;
  }
  g_autofree char *beside = g_strconcat(path, ".new", NULL);
  g_autofree char *beside_full = g_build_filename(product->folder, beside, NULL);
  if (text) {
    g_autofree char *old_hash = hash_of(text, old_length);
    const char *before = g_hash_table_lookup(product->written, path);
    if (strcmp(old_hash, new_hash) == 0) {
      product->n_same++;
      g_remove(beside_full);
      return true;
    }
    if (!before || strcmp(before, old_hash) != 0) {
      /* The same generated version was seen before: nothing new to say. */
      if (!before || strcmp(before, new_hash) != 0) {
        if (!write_file(product, beside, bytes, error)) {
          return false;
        }
      }
      g_ptr_array_add(product->kept, g_strdup(path));
      return true;
    }
  }
  g_remove(beside_full);
  product->n_written++;
  return write_file(product, path, bytes, error);
}

static int compare_names(gconstpointer left, gconstpointer right)
{
  return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static bool drop_stale(struct product *product, GError **error)
{
  g_autoptr(GPtrArray) paths = g_ptr_array_new();
  GHashTableIter iterator;
  gpointer path = NULL;
  g_hash_table_iter_init(&iterator, product->written);
  while (g_hash_table_iter_next(&iterator, &path, NULL)) {
    if (!g_tree_lookup(product->files, path)) {
      g_ptr_array_add(paths, path);
    }
  }
  g_ptr_array_sort(paths, compare_names);
  for (guint i = 0; i < paths->len; i++) {
    const char *stale = paths->pdata[i];
    g_autofree char *text = NULL;
    gsize length = 0;
    if (!read_file(product, stale, &text, &length, error)) {
      return false;
    }
    if (!text) {
      continue;
    }
    g_autofree char *hash = hash_of(text, length);
    if (strcmp(hash, g_hash_table_lookup(product->written, stale)) != 0) {
      g_ptr_array_add(product->orphans, g_strdup(stale));
      continue;
    }
    g_autofree char *full = g_build_filename(product->folder, stale, NULL);
    g_remove(full);
    g_autofree char *folder = g_path_get_dirname(full);
    g_rmdir(folder); /* goes only when it is empty */
    g_ptr_array_add(product->removed, g_strdup(stale));
  }
  return true;
}

struct writing {
  struct product *product;
  json_t *hashes;
  GError **error;
  bool is_ok;
};

static gboolean write_each(gpointer path, gpointer bytes, gpointer data)
{
  struct writing *writing = data;
  gsize length = 0;
  const void *contents = g_bytes_get_data(bytes, &length);
  g_autofree char *hash = hash_of(contents, length);
  json_object_set_new(writing->hashes, path, json_string(hash));
  writing->is_ok = place_file(writing->product, path, bytes, writing->error);
  return !writing->is_ok;
}

bool product_write(struct product *product, GError **error)
{
  struct writing writing = {product, json_object(), error, true};
  g_tree_foreach(product->files, write_each, &writing);
  json_t *manifest = json_pack("{s:i, s:s, s:o}", "version", 1, "about",
                               "SHA-256 of what was generated; a file that differs was edited",
                               "files", writing.hashes);
  bool is_ok = writing.is_ok && drop_stale(product, error);
  if (is_ok) {
    char *text = json_dumps(manifest, JSON_INDENT(2));
    g_autoptr(GBytes) bytes = g_bytes_new(text, strlen(text));
    free(text);
    is_ok = write_file(product, PRODUCT_MANIFEST, bytes, error);
  }
  json_decref(manifest);
  return is_ok;
}
