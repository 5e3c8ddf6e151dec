#include "analyzer/prefixes.h"

#include "analyzer/prefixes_directives.h"
#include "analyzer/prefixes_wanted.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A source's directives stand in its first bytes. */
enum { HEAD_BYTES = 64 * 1024 };

static GPtrArray *directives_of(const char *path, GArray *lines)
{
  g_autofree char *head = g_malloc(HEAD_BYTES);
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  ssize_t size = fd >= 0 ? read(fd, head, HEAD_BYTES) : -1;
  if (fd >= 0)
    close(fd);
  return prefixes_directives(head, size > 0 ? (size_t)size : 0, lines);
}

/* ---- who shares what ---- */

/* What a plan is made from. */
struct planning {
  struct prefixes *prefixes;
  const struct compilations *compilations;
  struct wanted *wanted;
  GHashTable *stale; /* numbers of the compilations that are to be parsed */
};

struct head {
  guint number;
  char *key; /* folders and arguments: equal for those that may share */
  GPtrArray *directives;
  GArray *lines; /* guint: of each directive */
};

static void head_free(gpointer data)
{
  struct head *head = data;
  g_free(head->key);
  g_ptr_array_unref(head->directives);
  g_array_unref(head->lines);
  g_free(head);
}

static char *key_of(const struct compilation *compilation)
{
  g_autofree char *arguments = g_strjoinv("\n", compilation->arguments);
  return g_strjoin("\n", compilation->directory, arguments, NULL);
}

/* What a quoted name means beside one source it need not mean beside another one. */
static bool has_beside(const GPtrArray *directives, const char *folder)
{
  for (guint i = 0; i < directives->len; i++) {
    g_autoptr(GPtrArray) names = directive_quoted(directives->pdata[i]);
    for (guint j = 0; j < names->len; j++) {
      g_autofree char *path = g_build_filename(folder, names->pdata[j], NULL);
      if (g_file_test(path, G_FILE_TEST_EXISTS))
        return true;
    }
  }
  return false;
}

static struct head *head_new(const struct compilation *compilation, guint number, const char *key)
{
  struct head *head = g_new(struct head, 1);
  g_autofree char *folder = g_path_get_dirname(compilation->file);
  head->number = number;
  head->lines = g_array_new(FALSE, FALSE, sizeof(guint));
  head->directives = directives_of(compilation->file, head->lines);
  bool is_apart = has_beside(head->directives, folder);
  head->key = g_strjoin("\n", key, is_apart ? folder : "", NULL);
  return head;
}

static bool may_share(const struct compilation *compilation)
{
  for (char **at = compilation->arguments; *at != NULL; at++)
    if (strcmp(*at, "-include") == 0 || strcmp(*at, "-imacros") == 0)
      return false;
  return g_str_has_suffix(compilation->file, ".c");
}

static gint compare_heads(gconstpointer left, gconstpointer right)
{
  const struct head *a = *(struct head *const *)left;
  const struct head *b = *(struct head *const *)right;
  int order = strcmp(a->key, b->key);
  for (guint i = 0; order == 0 && i < a->directives->len && i < b->directives->len; i++)
    order = strcmp(a->directives->pdata[i], b->directives->pdata[i]);
  if (order == 0)
    order = (a->directives->len > b->directives->len) - (a->directives->len < b->directives->len);
  return order != 0 ? order : (a->number > b->number) - (a->number < b->number);
}

/* The directives that the heads of a range have in common; up to ENDED the last is an include. */
static guint common_directives(const GPtrArray *heads, guint first, guint end, guint *ended)
{
  /* Sorted: what the first and the last have in common, all have. */
  const struct head *a = heads->pdata[first];
  const struct head *b = heads->pdata[end - 1];
  guint n = 0;
  while (n < a->directives->len && n < b->directives->len &&
         strcmp(a->directives->pdata[n], b->directives->pdata[n]) == 0)
    n++;
  for (*ended = n; *ended > 0 && !directive_includes(a->directives->pdata[*ended - 1]);)
    --*ended;
  return n;
}

/* ---- standard headers on top ---- */

/* Where another file system or compiler is meant, headers are not where we look for them. */
static bool may_add(const struct compilation *compilation)
{
  static const char *const others[] = {"-nostdinc", "-nostdlibinc", "-isysroot",  "--sysroot",
                                       "-target",   "--target=",    "-idirafter", "-trigraphs"};
  for (char **at = compilation->arguments; *at != NULL; at++)
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
      if (g_str_has_prefix(*at, others[i]))
        return false;
  return true;
}

/* So many are parsed that something may be made for them. */
static bool are_many(const struct planning *planning, const GPtrArray *heads)
{
  guint n = 0;
  for (guint i = 0; i < heads->len; i++) {
    const struct head *head = heads->pdata[i];
    n += (guint)g_hash_table_contains(planning->stale, GUINT_TO_POINTER(head->number));
  }
  return n >= PREFIX_MIN_USERS;
}

/* What the heads would have on top of their first `n` directives; NULL where that is nothing, or
 * nobody needs it now. */
static char *choose_added(struct planning *planning, const GPtrArray *heads, guint n)
{
  if (!are_many(planning, heads))
    return NULL;
  g_autoptr(GPtrArray) sets = g_ptr_array_new_with_free_func((GDestroyNotify)g_hash_table_unref);
  guint n_own = 0;
  for (guint i = 0; i < heads->len; i++) {
    const struct head *head = heads->pdata[i];
    const struct compilation *compilation = planning->compilations->all->pdata[head->number];
    unsigned line = n > 0 ? g_array_index(head->lines, guint, n - 1) : 0;
    g_ptr_array_add(sets, wanted_of(planning->wanted, compilation->file,
                                    (const char *const *)compilation->arguments, line, &n_own));
  }
  return wanted_choose(sets, n_own);
}

/* ---- prefixes ---- */

static struct prefix *prefix_new(const struct compilation *model, guint number, const char *text)
{
  g_autofree char *folder = g_path_get_dirname(model->file);
  struct prefix *prefix = g_new0(struct prefix, 1);
  prefix->text = g_strdup(text);
  prefix->file = g_build_filename(folder, ".cleave-prefix.h", NULL);
  prefix->model = number;
  prefix->precompiled = -1;
  prefix->added = -1;
  return prefix;
}

static void add_prefix(struct planning *planning, const GPtrArray *all, guint first, guint end,
                       guint n_directives)
{
  struct prefixes *prefixes = planning->prefixes;
  const struct head *head = all->pdata[first];
  const struct compilation *model = planning->compilations->all->pdata[head->number];
  g_autoptr(GString) text = g_string_new(NULL);
  for (guint i = 0; i < n_directives; i++)
    g_string_append_printf(text, "%s\n", (const char *)head->directives->pdata[i]);
  struct prefix *prefix = prefix_new(model, head->number, text->str);
  g_ptr_array_add(prefixes->all, prefix);
  g_autoptr(GPtrArray) users = g_ptr_array_new();
  for (guint i = first; i < end; i++) {
    struct head *user = all->pdata[i];
    guint line = g_array_index(user->lines, guint, n_directives - 1);
    g_hash_table_insert(prefixes->by_unit, GUINT_TO_POINTER(user->number), prefix);
    g_hash_table_insert(prefixes->lines, GUINT_TO_POINTER(user->number), GUINT_TO_POINTER(line));
    g_ptr_array_add(users, user);
  }
  if (may_add(model))
    prefix->added_text = choose_added(planning, users, n_directives);
}

/* Where the heads end that agree with the first one on the directive `at` too. */
static guint end_of_equals(const GPtrArray *heads, guint first, guint end, guint at)
{
  const struct head *head = heads->pdata[first];
  guint next = first + 1;
  for (; next < end && head->directives->len > at; next++) {
    const struct head *other = heads->pdata[next];
    if (other->directives->len <= at ||
        strcmp(head->directives->pdata[at], other->directives->pdata[at]) != 0)
      break;
  }
  return next;
}

/* One prefix for a range that agrees on `n` directives, or several longer ones where nearly all of
 * it would share more. */
static void split_range(struct planning *planning, const GPtrArray *heads, guint first, guint end,
                        guint n)
{
  if (end - first < PREFIX_MIN_USERS)
    return;
  guint ended = 0;
  guint common = common_directives(heads, first, end, &ended);
  /* Ranges that agree on one directive more. */
  guint best_first = first, best_end = first;
  for (guint i = first; i < end;) {
    guint next = end_of_equals(heads, i, end, common);
    if (next - i > best_end - best_first) {
      best_first = i;
      best_end = next;
    }
    i = next;
  }
  bool is_worth_more = (best_end - best_first) * 4 >= (end - first) * 3;
  if (ended > n && !is_worth_more) {
    add_prefix(planning, heads, first, end, ended);
    return;
  }
  for (guint i = first; i < end;) {
    const struct head *head = heads->pdata[i];
    guint next = end_of_equals(heads, i, end, common);
    if (head->directives->len > common)
      split_range(planning, heads, i, next, common);
    i = next;
  }
}

/* Standard headers for those that have no beginning in common with enough others. */
static void add_rest(struct planning *planning, const GPtrArray *heads, guint first, guint end)
{
  struct prefixes *prefixes = planning->prefixes;
  g_autoptr(GPtrArray) rest = g_ptr_array_new();
  for (guint i = first; i < end; i++) {
    struct head *head = heads->pdata[i];
    if (!g_hash_table_contains(prefixes->by_unit, GUINT_TO_POINTER(head->number)))
      g_ptr_array_add(rest, head);
  }
  if (rest->len < PREFIX_MIN_USERS)
    return;
  const struct head *head = rest->pdata[0];
  const struct compilation *model = planning->compilations->all->pdata[head->number];
  char *added = may_add(model) ? choose_added(planning, rest, 0) : NULL;
  if (added == NULL)
    return;
  struct prefix *prefix = prefix_new(model, head->number, "");
  prefix->added_text = added;
  g_ptr_array_add(prefixes->all, prefix);
  for (guint i = 0; i < rest->len; i++) {
    const struct head *user = rest->pdata[i];
    g_hash_table_insert(prefixes->by_unit, GUINT_TO_POINTER(user->number), prefix);
  }
}

/* The real path of a header that is all that a prefix includes, and lies beside its users. */
static char *only_header(const struct prefix *prefix)
{
  const char *start = strchr(prefix->text, '"');
  const char *end = start != NULL ? strchr(start + 1, '"') : NULL;
  if (end == NULL || strcmp(end, "\"\n") != 0 || !directive_includes(prefix->text) ||
      strchr(prefix->text, '\n') != end + 1)
    return NULL;
  g_autofree char *name = g_strndup(start + 1, (gsize)(end - start - 1));
  g_autofree char *folder = g_path_get_dirname(prefix->file);
  g_autofree char *path = g_build_filename(folder, name, NULL);
  char *real = realpath(path, NULL);
  char *found = g_strdup(real);
  free(real);
  return found;
}

/* Sources that begin with a header which begins with what others share. */
static void add_nested(struct planning *planning, const GPtrArray *heads, guint first, guint end,
                       guint first_prefix)
{
  struct prefixes *prefixes = planning->prefixes;
  g_autoptr(GHashTable) headers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = first_prefix; i < prefixes->all->len; i++) {
    char *header = only_header(prefixes->all->pdata[i]);
    if (header != NULL)
      g_hash_table_insert(headers, header, prefixes->all->pdata[i]);
  }
  for (guint i = first; i < end && g_hash_table_size(headers) > 0; i++) {
    gpointer number = GUINT_TO_POINTER(((const struct head *)heads->pdata[i])->number);
    const struct compilation *compilation =
        planning->compilations->all->pdata[GPOINTER_TO_UINT(number)];
    struct nested_prefix *nested = g_hash_table_contains(prefixes->by_unit, number)
                                       ? NULL
                                       : nested_prefix_find(compilation->file, headers);
    if (nested == NULL)
      continue;
    g_hash_table_insert(prefixes->by_unit, number, g_hash_table_lookup(headers, nested->header));
    g_hash_table_insert(prefixes->nested, number, nested);
  }
}

/* The beginnings of all compilations that might share with one of these. Who shares what must not
 * depend on what happens to be parsed. */
static GPtrArray *read_heads(const struct compilations *compilations, const guint *numbers, guint n)
{
  GPtrArray *heads = g_ptr_array_new_with_free_func(head_free);
  g_autoptr(GHashTable) keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = 0; i < n; i++)
    g_hash_table_add(keys, key_of(compilations->all->pdata[numbers[i]]));
  for (guint i = 0; i < compilations->all->len; i++) {
    const struct compilation *compilation = compilations->all->pdata[i];
    g_autofree char *key = may_share(compilation) ? key_of(compilation) : NULL;
    if (key != NULL && g_hash_table_contains(keys, key))
      g_ptr_array_add(heads, head_new(compilation, i, key));
  }
  return heads;
}

struct prefixes *prefixes_plan(const struct compilations *compilations, const guint *numbers,
                               guint n)
{
  struct prefixes *prefixes = g_new0(struct prefixes, 1);
  prefixes->all = g_ptr_array_new();
  prefixes->by_unit = g_hash_table_new(g_direct_hash, g_direct_equal);
  prefixes->lines = g_hash_table_new(g_direct_hash, g_direct_equal);
  prefixes->nested = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, nested_prefix_free);
  g_autoptr(GPtrArray) heads = read_heads(compilations, numbers, n);
  g_ptr_array_sort(heads, compare_heads);
  struct planning planning = {.prefixes = prefixes,
                              .compilations = compilations,
                              .wanted = wanted_new(),
                              .stale = g_hash_table_new(g_direct_hash, g_direct_equal)};
  for (guint i = 0; i < n; i++)
    g_hash_table_add(planning.stale, GUINT_TO_POINTER(numbers[i]));
  for (guint first = 0; first < heads->len;) {
    guint end = first + 1;
    while (end < heads->len && strcmp(((struct head *)heads->pdata[first])->key,
                                      ((struct head *)heads->pdata[end])->key) == 0)
      end++;
    guint first_prefix = prefixes->all->len;
    split_range(&planning, heads, first, end, 0);
    add_nested(&planning, heads, first, end, first_prefix);
    add_rest(&planning, heads, first, end);
    first = end;
  }
  wanted_free(planning.wanted);
  g_hash_table_unref(planning.stale);
  for (guint i = 0; i < n; i++) {
    struct prefix *prefix = g_hash_table_lookup(prefixes->by_unit, GUINT_TO_POINTER(numbers[i]));
    if (prefix != NULL)
      prefix->n_users++;
  }
  return prefixes;
}

void prefixes_free(struct prefixes *prefixes)
{
  if (prefixes == NULL)
    return;
  for (guint i = 0; i < prefixes->all->len; i++) {
    struct prefix *prefix = prefixes->all->pdata[i];
    if (prefix->precompiled >= 0)
      close(prefix->precompiled);
    if (prefix->added >= 0)
      close(prefix->added);
    g_clear_pointer(&prefix->description, g_bytes_unref);
    g_free(prefix->added_text);
    unit_free(prefix->facts);
    g_clear_pointer(&prefix->files, g_bytes_unref);
    g_free(prefix->text);
    g_free(prefix->file);
    g_free(prefix);
  }
  g_ptr_array_unref(prefixes->all);
  g_hash_table_unref(prefixes->by_unit);
  g_hash_table_unref(prefixes->lines);
  g_hash_table_unref(prefixes->nested);
  g_free(prefixes);
}

unsigned prefixes_line(const struct prefixes *prefixes, guint number)
{
  return GPOINTER_TO_UINT(g_hash_table_lookup(prefixes->lines, GUINT_TO_POINTER(number)));
}

const struct nested_prefix *prefixes_nested(const struct prefixes *prefixes, guint number)
{
  return g_hash_table_lookup(prefixes->nested, GUINT_TO_POINTER(number));
}

const struct prefix *prefixes_of(const struct prefixes *prefixes, guint number)
{
  return g_hash_table_lookup(prefixes->by_unit, GUINT_TO_POINTER(number));
}
