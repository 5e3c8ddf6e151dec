/* What the generator reads besides the store: sources of which a copy is made, words of contracts,
 * contracts.yaml, edited function.yaml, and the manifest of an earlier run. The first byte chooses;
 * whatever follows, a result or a reason, never a crash. */
#include <glib.h>
#include <glib/gstdio.h>
#include <stdint.h>
#include <string.h>

#include "splitter/generate/annotation.h"
#include "splitter/generate/c_writer.h"
#include "splitter/generate/contract_book.h"
#include "splitter/generate/function_file.h"
#include "splitter/generate/product.h"
#include "splitter/generate/proxy_copy.h"
#include "splitter/generate/source_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A folder of this process, made once. */
static const char *folder(void)
{
  static char *path;
  if (!path) {
    path = g_dir_make_tmp("cleave-fuzz-XXXXXX", NULL);
    g_assert_nonnull(path);
  }
  return path;
}

static char *write_file(const char *name, const char *text, size_t n)
{
  char *path = g_build_filename(folder(), name, NULL);
  g_assert_true(
      g_file_set_contents_full(path, text, (gssize)n, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
  return path;
}

static size_t count_lines(const char *text)
{
  size_t n = 0;
  for (; (text = strchr(text, '\n')); text++) {
    n++;
  }
  return n;
}

/* A name, its line and the source: the copy holds every line of the original, and ends at the line
 * that it says. */
static void copy_source(const char *text)
{
  g_auto(GStrv) parts = g_strsplit(text, "\n", 3);
  if (g_strv_length(parts) < 3 || !c_is_identifier(parts[0])) {
    return;
  }
  struct fact_routine routine = {.name = parts[0], .line = g_ascii_strtoll(parts[1], NULL, 10)};
  struct definition definition = {0};
  g_autofree char *refusal = proxy_copy_find(parts[2], &routine, &definition);
  if (refusal) {
    g_assert_cmpuint(strlen(refusal), >, 0);
    return;
  }
  g_assert_cmpuint(definition.start, <=, definition.name);
  g_assert_cmpuint(definition.name, <, definition.end);
  g_assert_cmpuint(definition.end, <=, strlen(parts[2]));
  g_assert_true(g_str_has_prefix(parts[2] + definition.name, parts[0]));
  g_autoptr(GArray) definitions = g_array_new(FALSE, FALSE, sizeof definition);
  g_array_append_val(definitions, definition);
  g_autofree char *copy = proxy_copy_make(parts[2], "a\"b\n.c", definitions);
  g_autofree char *local = proxy_copy_name(parts[0]);
  g_assert_nonnull(strstr(copy, local));
  g_assert_cmpuint(count_lines(copy), >=, count_lines(parts[2]));
  g_assert_true(g_str_has_suffix(copy, parts[2] + definition.end) || g_str_has_suffix(copy, "\n"));
}

static const char *nothing(gpointer data, const char *name)
{
  (void)data;
  g_assert_true(g_ascii_isalpha(*name) || *name == '_');
  return NULL;
}

static void read_words(const char *text)
{
  g_auto(annotation_owner) words;
  annotation_read(text, &words);
  g_assert_nonnull(words.words);
  if (words.count && c_is_expression(words.count)) {
    g_autofree char *same = c_expression_with(words.count, nothing, NULL);
    g_assert_nonnull(same);
    g_assert_null(strstr(words.count, "/*")); /* braces may stand as characters: '{' */
  }
  g_autofree char *literal = c_literal(text);
  g_assert_null(strchr(literal, '\n'));
  g_autoptr(GPtrArray) names = c_identifiers_in(text);
  for (guint i = 0; i < names->len; i++) {
    g_assert_true(c_is_identifier(names->pdata[i]));
  }
}

static void read_book(const char *text, size_t n)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *path = write_file("contracts.yaml", text, n);
  struct contract_book *book = contract_book_load(path, &error);
  g_assert_true((book != NULL) == (error == NULL));
  if (book) {
    contract_book_words(book, "price", "result");
    contract_book_error(book, "price");
  }
  contract_book_free(book);
}

static void read_function(const char *text)
{
  static const struct fact_routine routine = {.name = "price", .file = "price.c"};
  g_autoptr(GError) error = NULL;
  const char *adapter = function_file_adapter(text);
  struct function_spec *spec = function_spec_new();
  spec->routine = &routine;
  spec->name = g_strdup("price");
  spec->symbol = g_strdup("price");
  spec->service = g_strdup("prices");
  spec->trigger = g_strdup("direct");
  spec->key = g_strdup("");
  spec->adapter = g_strdup(adapter ? adapter : "call");
  spec->state_home = g_strdup("process");
  bool is_good = function_file_apply(spec, "function.yaml", text, &error);
  g_assert_true(is_good == (error == NULL));
  function_spec_free(spec);
}

static void read_manifest(const char *text, size_t n)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *path = write_file(".cleave-manifest.json", text, n);
  g_autoptr(product_owner) product = product_new(folder(), &error);
  g_assert_true((product != NULL) == (error == NULL));
}

/* A line, a column, and a source in which something is called there. */
static void read_call(const char *text, size_t n)
{
  struct source_texts texts;
  struct source_call call = {0};
  g_autofree char *path = write_file("call.c", text, n);
  source_texts_init(&texts, folder());
  for (int64_t line = 1; line < 6; line++) {
    if (source_texts_call(&texts, "call.c", line, 0, "open", &call)) {
      g_assert_nonnull(strstr(call.expression, "open"));
    }
    source_call_clear(&call);
    memset(&call, 0, sizeof call);
  }
  source_texts_clear(&texts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (size == 0) {
    return 0;
  }
  g_autofree char *text = g_strndup((const char *)data + 1, size - 1);
  switch (data[0]) {
  case 'c':
    copy_source(text);
    break;
  case 'w':
    read_words(text);
    break;
  case 'b':
    read_book((const char *)data + 1, size - 1);
    break;
  case 'f':
    read_function(text);
    break;
  case 'm':
    read_manifest((const char *)data + 1, size - 1);
    break;
  default:
    read_call((const char *)data + 1, size - 1);
    break;
  }
  return 0;
}
