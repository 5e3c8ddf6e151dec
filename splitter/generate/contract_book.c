#include "splitter/generate/contract_book.h"

#include "base/yaml.h"

#include <string.h>

static const char *const value_keys[] = {
    "in",       "out",      "inout", "count", "size", "cap",   "string", "bytes",      "nullable",
    "optional", "transfer", "free",  "skip",  "tag",  "errno", "list",   "terminated", NULL};

void contract_book_free(struct contract_book *book)
{
  if (!book) {
    return;
  }
  g_hash_table_unref(book->words);
  g_hash_table_unref(book->errnos);
  g_hash_table_unref(book->errors);
  g_hash_table_unref(book->idempotents);
  g_free(book);
}

const char *contract_book_words(const struct contract_book *book, const char *owner,
                                const char *name)
{
  g_autofree char *key = g_strdup_printf("%s|%s", owner, name);
  return book ? g_hash_table_lookup(book->words, key) : NULL;
}

bool contract_book_has_errno(const struct contract_book *book, const char *routine)
{
  return book && g_hash_table_contains(book->errnos, routine);
}

const char *contract_book_error(const struct contract_book *book, const char *routine)
{
  return book ? g_hash_table_lookup(book->errors, routine) : NULL;
}

bool contract_book_is_idempotent(const struct contract_book *book, const char *routine)
{
  return book && g_hash_table_contains(book->idempotents, routine);
}

static void add_word(GString *words, const char *word, const char *value)
{
  g_string_append_printf(words, "%s%s", words->len > 0 ? "," : "", word);
  if (value) {
    g_string_append_printf(words, "(%s)", value);
  }
}

/* {in: true, count: n} as "in,count(n)". */
static bool read_words(const struct yaml_file *file, struct yaml_node *node, GString *words,
                       bool *has_errno, GError **error)
{
  if (!yaml_check_keys(file, node, value_keys, error)) {
    return false;
  }
  g_autofree char *transfer = NULL;
  g_autofree char *free_routine = NULL;
  for (size_t i = 0; value_keys[i]; i++) {
    const char *key = value_keys[i];
    struct yaml_node *value = yaml_get(node, key);
    g_autofree char *text = NULL;
    if (!value) {
      continue;
    }
    if (!yaml_text(file, value, &text, error)) {
      return false;
    }
    if (strcmp(key, "transfer") == 0) {
      transfer = g_steal_pointer(&text);
    } else if (strcmp(key, "free") == 0) {
      free_routine = g_steal_pointer(&text);
    } else if (strcmp(key, "errno") == 0) {
      *has_errno = strcmp(text, "true") == 0;
    } else if (strcmp(text, "true") == 0) {
      add_word(words, key, NULL);
    } else if (strcmp(text, "false") != 0) {
      add_word(words, key, text);
    } else if (strcmp(key, "nullable") == 0 || strcmp(key, "optional") == 0) {
      add_word(words, "nonnull", NULL);
    }
  }
  if (transfer || free_routine) {
    g_autofree char *inside =
        g_strdup_printf("%s%s%s", transfer ? transfer : "full", free_routine ? ",free=" : "",
                        free_routine ? free_routine : "");
    add_word(words, "transfer", inside);
  }
  return true;
}

static bool read_value(struct contract_book *book, const struct yaml_file *file,
                       struct yaml_node *node, const char *owner, const char *name, GError **error)
{
  g_autoptr(GString) words = g_string_new(NULL);
  bool has_errno = false;
  if (!read_words(file, node, words, &has_errno, error)) {
    return false;
  }
  g_hash_table_replace(book->words, g_strdup_printf("%s|%s", owner, name), g_strdup(words->str));
  if (has_errno) {
    g_hash_table_add(book->errnos, g_strdup(owner));
  }
  return true;
}

static bool read_values(struct contract_book *book, const struct yaml_file *file,
                        struct yaml_node *mapping, const char *owner, GError **error)
{
  for (size_t i = 0; i < yaml_n_entries(mapping); i++) {
    g_autofree char *name = NULL;
    struct yaml_node *value = NULL;
    if (!yaml_entry(file, mapping, i, &name, NULL, &value, error) ||
        !read_value(book, file, value, owner, name, error)) {
      return false;
    }
  }
  return true;
}

/* What a proxy has to know: the value that means failure, and whether a call may be repeated. */
static bool read_calling(struct contract_book *book, const struct yaml_file *file,
                         struct yaml_node *node, const char *name, GError **error)
{
  struct yaml_node *idempotent = yaml_get(node, "idempotent");
  struct yaml_node *failure = yaml_get(node, "error");
  bool is_idempotent = false;
  char *text = NULL;
  if (idempotent && !yaml_boolean(file, idempotent, &is_idempotent, error)) {
    return false;
  }
  if (is_idempotent) {
    g_hash_table_add(book->idempotents, g_strdup(name));
  }
  if (!failure) {
    return true;
  }
  if (!yaml_text(file, failure, &text, error)) {
    return false;
  }
  if (!*text || strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.() "
                             "*") != strlen(text)) {
    g_free(text);
    return yaml_refuse(file, failure, error, "'error' is a constant of C, such as -1 or NULL");
  }
  g_hash_table_replace(book->errors, g_strdup(name), text);
  return true;
}

static bool read_routine(struct contract_book *book, const struct yaml_file *file,
                         struct yaml_node *node, const char *name, GError **error)
{
  static const char *const keys[] = {"params", "result", "idempotent", "error", NULL};
  struct yaml_node *result =
      yaml_check_keys(file, node, keys, error) ? yaml_get(node, "result") : NULL;
  if (error && *error) {
    return false;
  }
  struct yaml_node *params = yaml_get(node, "params");
  return read_calling(book, file, node, name, error) &&
         (!params || read_values(book, file, params, name, error)) &&
         (!result || read_value(book, file, result, name, "result", error));
}

static bool read_type(struct contract_book *book, const struct yaml_file *file,
                      struct yaml_node *node, const char *name, GError **error)
{
  static const char *const keys[] = {"fields", NULL};
  if (!yaml_check_keys(file, node, keys, error)) {
    return false;
  }
  struct yaml_node *fields = yaml_get(node, "fields");
  return !fields || read_values(book, file, fields, name, error);
}

static bool read_book(struct contract_book *book, const struct yaml_file *file, GError **error)
{
  static const char *const keys[] = {"version", "routines", "types", NULL};
  static const char *const sections[] = {"routines", "types"};
  struct yaml_node *root = yaml_file_root(file);
  if (!yaml_check_keys(file, root, keys, error)) {
    return false;
  }
  for (size_t s = 0; s < G_N_ELEMENTS(sections); s++) {
    struct yaml_node *section = yaml_get(root, sections[s]);
    for (size_t i = 0; section && i < yaml_n_entries(section); i++) {
      g_autofree char *name = NULL;
      struct yaml_node *value = NULL;
      if (!yaml_entry(file, section, i, &name, NULL, &value, error) ||
          !(s == 0 ? read_routine : read_type)(book, file, value, name, error)) {
        return false;
      }
    }
  }
  return true;
}

struct contract_book *contract_book_load(const char *path, GError **error)
{
  g_autoptr(yaml_file_owner) file = yaml_file_load(path, error);
  if (!file) {
    return NULL;
  }
  struct contract_book *book = g_new0(struct contract_book, 1);
  g_autoptr(GError) failure = NULL;
  book->words = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  book->errnos = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  book->errors = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  book->idempotents = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  if (!read_book(book, file, &failure)) {
    g_propagate_error(error, g_steal_pointer(&failure));
    contract_book_free(book);
    return NULL;
  }
  return book;
}
