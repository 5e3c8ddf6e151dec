#include "splitter/function_names.h"

#include <string.h>

#include "splitter/functions.h"

char *function_slug(const char *text)
{
  GString *out = g_string_new(NULL);
  for (; *text != '\0'; text++) {
    if (g_ascii_isalnum(*text)) {
      g_string_append_c(out, g_ascii_tolower(*text));
    } else if (out->len > 0 && out->str[out->len - 1] != '-') {
      g_string_append_c(out, '-');
    }
  }
  while (out->len > 0 && out->str[out->len - 1] == '-') {
    g_string_truncate(out, out->len - 1);
  }
  return g_string_free(out, FALSE);
}

/* The only program that FILE is part of, or NULL. */
static const char *only_program(const struct monolith *monolith, const char *file)
{
  const char *found = NULL;
  for (size_t i = 0; i < monolith->program_set->n; i++) {
    const struct fact_program *fact = record_at(monolith->program_set, fact_program, i);
    if (strcmp(fact->file, file) != 0) {
      continue;
    }
    if (found != NULL && strcmp(found, fact->program) != 0) {
      return NULL;
    }
    found = fact->program;
  }
  return found;
}

static char *program_of(const struct monolith *monolith, const struct function *function)
{
  const char *program = only_program(monolith, monolith->routines[function->routine].file);
  return program != NULL ? function_slug(program) : g_strdup("");
}

static char *stem_of(const struct monolith *monolith, const struct function *function)
{
  g_autofree char *base = g_path_get_basename(monolith->routines[function->routine].file);
  char *dot = strrchr(base, '.');
  if (dot != NULL) {
    *dot = '\0';
  }
  return function_slug(base);
}

/* Puts what OWNER_OF says of each function in front of the names of FUNCTIONS [first, end), when
 * that tells some apart. */
static void qualify(const struct monolith *monolith, GPtrArray *functions, guint first, guint end,
                    char *(*owner_of)(const struct monolith *, const struct function *))
{
  g_autoptr(GPtrArray) owners = g_ptr_array_new_with_free_func(g_free);
  bool is_told = false;
  for (guint i = first; i < end; i++) {
    g_ptr_array_add(owners, owner_of(monolith, g_ptr_array_index(functions, i)));
    is_told = is_told || strcmp(owners->pdata[i - first], owners->pdata[0]) != 0;
  }
  for (guint i = first; is_told && i < end; i++) {
    struct function *function = g_ptr_array_index(functions, i);
    const char *owner = owners->pdata[i - first];
    bool is_main = strcmp(function->name, "main") == 0;
    if (*owner != '\0') {
      char *name = is_main ? g_strdup(owner) : g_strdup_printf("%s-%s", owner, function->name);
      g_free(function->name);
      function->name = name;
    }
  }
}

static int compare_names(gconstpointer left, gconstpointer right)
{
  const struct function *a = *(const struct function *const *)left;
  const struct function *b = *(const struct function *const *)right;
  int order = strcmp(a->name, b->name);
  return order != 0 ? order : (a->entry < b->entry ? -1 : a->entry > b->entry);
}

/* Every run of equal names, in order. */
static void qualify_all(const struct monolith *monolith, GPtrArray *functions,
                        char *(*owner_of)(const struct monolith *, const struct function *))
{
  for (guint first = 0, end; first < functions->len; first = end) {
    const struct function *function = g_ptr_array_index(functions, first);
    g_autofree char *name = g_strdup(function->name);
    for (end = first + 1; end < functions->len; end++) {
      if (strcmp(((struct function *)g_ptr_array_index(functions, end))->name, name) != 0) {
        break;
      }
    }
    if (end - first > 1) {
      qualify(monolith, functions, first, end, owner_of);
    }
  }
  g_ptr_array_sort(functions, compare_names);
}

void function_names_settle(const struct monolith *monolith, GPtrArray *functions)
{
  g_ptr_array_sort(functions, compare_names);
  qualify_all(monolith, functions, program_of);
  qualify_all(monolith, functions, stem_of);
  g_autoptr(GHashTable) taken = g_hash_table_new(g_str_hash, g_str_equal);
  for (guint i = 0; i < functions->len; i++) {
    struct function *function = g_ptr_array_index(functions, i);
    g_autofree char *plain = g_strdup(function->name);
    for (guint n = 2; g_hash_table_contains(taken, function->name); n++) {
      g_free(function->name);
      function->name = g_strdup_printf("%s-%u", plain, n);
    }
    g_hash_table_add(taken, function->name);
  }
  g_ptr_array_sort(functions, compare_names);
}
