/* Replays a corpus, then mutations of it from a fixed seed, without a fuzzing engine: what CI runs.
 *
 * usage: fuzz_NAME CORPUS [N_MUTATIONS] */
#include <glib.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_MUTATIONS 2000
#define MAX_SIZE (1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static gint compare_names(gconstpointer left, gconstpointer right)
{
  return strcmp(*(char *const *)left, *(char *const *)right);
}

static GPtrArray *read_corpus(const char *folder)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GDir) dir = g_dir_open(folder, 0, &error);
  if (!dir) {
    g_error("%s", error->message);
  }
  GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
  GPtrArray *inputs = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
  for (const char *name; (name = g_dir_read_name(dir));) {
    g_ptr_array_add(names, g_build_filename(folder, name, NULL));
  }
  g_ptr_array_sort(names, compare_names);
  for (guint i = 0; i < names->len; i++) {
    char *text = NULL;
    gsize length = 0;
    if (!g_file_get_contents(g_ptr_array_index(names, i), &text, &length, &error)) {
      g_error("%s", error->message);
    }
    g_ptr_array_add(inputs, g_bytes_new_take(text, length));
  }
  g_ptr_array_unref(names);
  return inputs;
}

/* One to eight edits: a byte changed, a run dropped, repeated, or taken from another input. */
static GByteArray *mutate(GRand *random, GPtrArray *inputs)
{
  GBytes *base = g_ptr_array_index(inputs, (guint)g_rand_int_range(random, 0, (gint)inputs->len));
  GByteArray *data = g_byte_array_new();
  gsize n = 0;
  const guint8 *bytes = g_bytes_get_data(base, &n);
  g_byte_array_append(data, bytes, (guint)MIN(n, MAX_SIZE));
  for (int edits = g_rand_int_range(random, 1, 9); edits > 0 && data->len > 0; edits--) {
    guint at = (guint)g_rand_int_range(random, 0, (gint)data->len);
    guint wanted = (guint)g_rand_int_range(random, 1, 65);
    guint run = MIN(wanted, data->len - at);
    switch (g_rand_int_range(random, 0, 4)) {
    case 0:
      data->data[at] = (guint8)g_rand_int(random);
      break;
    case 1:
      g_byte_array_remove_range(data, at, run);
      break;
    case 2:
      if (data->len + run < MAX_SIZE) {
        g_autofree guint8 *copy = g_memdup2(data->data + at, run);
        g_byte_array_append(data, copy, run);
      }
      break;
    default: {
      GBytes *other =
          g_ptr_array_index(inputs, (guint)g_rand_int_range(random, 0, (gint)inputs->len));
      gsize n_other = 0;
      const guint8 *from = g_bytes_get_data(other, &n_other);
      memcpy(data->data + at, from, MIN((gsize)run, n_other));
      break;
    }
    }
  }
  return data;
}

int main(int argc, char **argv)
{
  if (argc < 2) {
    fprintf(stderr, "usage: %s CORPUS [N_MUTATIONS]\n", argv[0]);
    return 2;
  }
  g_autoptr(GPtrArray) inputs = read_corpus(argv[1]);
  if (inputs->len == 0) {
    fprintf(stderr, "%s: the corpus is empty\n", argv[1]);
    return 1;
  }
  for (guint i = 0; i < inputs->len; i++) {
    gsize n = 0;
    const guint8 *data = g_bytes_get_data(g_ptr_array_index(inputs, i), &n);
    LLVMFuzzerTestOneInput(data, n);
  }
  int n_mutations = argc > 2 ? atoi(argv[2]) : DEFAULT_MUTATIONS;
  g_autoptr(GRand) random = g_rand_new_with_seed(20261123);
  for (int i = 0; i < n_mutations; i++) {
    g_autoptr(GByteArray) data = mutate(random, inputs);
    LLVMFuzzerTestOneInput(data->data, data->len);
  }
  printf("%u inputs, %d mutations\n", inputs->len, n_mutations);
  return 0;
}
