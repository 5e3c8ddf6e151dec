#include "splitter/profile.h"

#include <string.h>

G_DEFINE_QUARK(cleave - profile - error, profile_error)

struct reading {
  const char *name;
  guint64 line;
  struct profile *profile;
  GHashTable *file_of;    /* "(1)" -> name */
  GHashTable *routine_of; /* "(1)" -> name */
  const char *file;
  const char *routine;
  const char *callee_file; /* NULL: the caller's */
  const char *callee;
};

static gboolean refuse(const struct reading *reading, GError **error, const char *what)
{
  g_set_error(error, PROFILE_ERROR, PROFILE_ERROR_SYNTAX, "%s:%" G_GUINT64_FORMAT ": %s",
              reading->name, reading->line, what);
  return FALSE;
}

/* "(7) name" defines, "(7)" refers, "name" stands for itself. */
static const char *expand(struct reading *reading, GHashTable *names, const char *text)
{
  const char *end = text[0] == '(' ? strchr(text, ')') : NULL;
  if (end == NULL || !g_ascii_isdigit(text[1])) {
    return g_string_chunk_insert_const(reading->profile->strings, text);
  }
  g_autofree char *key = g_strndup(text, (gsize)(end + 1 - text));
  const char *name = end + 1;
  while (*name == ' ') {
    name++;
  }
  if (*name == '\0') {
    const char *known = g_hash_table_lookup(names, key);
    return known != NULL ? known : "";
  }
  const char *kept = g_string_chunk_insert_const(reading->profile->strings, name);
  g_hash_table_insert(names, g_steal_pointer(&key), (gpointer)kept);
  return kept;
}

/* The levels of a recursion are written as f'2, f'3 …: all are f. */
static const char *expand_routine(struct reading *reading, const char *text)
{
  const char *name = expand(reading, reading->routine_of, text);
  const char *mark = strrchr(name, '\'');
  if (mark == NULL || mark == name || !g_ascii_isdigit(mark[1])) {
    return name;
  }
  g_autofree char *plain = g_strndup(name, (gsize)(mark - name));
  return g_string_chunk_insert_const(reading->profile->strings, plain);
}

static gboolean read_calls(struct reading *reading, const char *text, GError **error)
{
  char *end = NULL;
  guint64 count = g_ascii_strtoull(text, &end, 10);
  if (end == text || !g_ascii_isdigit(text[0]) || count == G_MAXUINT64) {
    return refuse(reading, error, "calls= without a number of calls");
  }
  if (reading->routine == NULL || reading->callee == NULL) {
    return refuse(reading, error, "calls= before fn= and cfn=");
  }
  const char *callee_file = reading->callee_file != NULL ? reading->callee_file : reading->file;
  struct profile_call call = {reading->routine, reading->file != NULL ? reading->file : "",
                              reading->callee, callee_file != NULL ? callee_file : "", count};
  g_array_append_val(reading->profile->calls, call);
  reading->callee = NULL;
  reading->callee_file = NULL;
  return TRUE;
}

static const char *value_of(const char *line, const char *key)
{
  gsize length = strlen(key);
  return strncmp(line, key, length) == 0 && line[length] == '=' ? line + length + 1 : NULL;
}

static gboolean read_line(struct reading *reading, const char *line, GError **error)
{
  static const char *const file_keys[] = {"fl", "fi", "fe"};
  static const char *const callee_file_keys[] = {"cfi", "cfl"};
  const char *value = NULL;
  for (gsize i = 0; i < G_N_ELEMENTS(file_keys); i++) {
    if ((value = value_of(line, file_keys[i])) != NULL) {
      reading->file = expand(reading, reading->file_of, value);
      return TRUE;
    }
  }
  for (gsize i = 0; i < G_N_ELEMENTS(callee_file_keys); i++) {
    if ((value = value_of(line, callee_file_keys[i])) != NULL) {
      reading->callee_file = expand(reading, reading->file_of, value);
      return TRUE;
    }
  }
  if ((value = value_of(line, "fn")) != NULL) {
    reading->routine = expand_routine(reading, value);
  } else if ((value = value_of(line, "cfn")) != NULL) {
    reading->callee = expand_routine(reading, value);
  } else if ((value = value_of(line, "calls")) != NULL) {
    return read_calls(reading, value, error);
  }
  return TRUE; /* costs, jumps, objects: nothing that counts here */
}

/* Old files have no mark; what all have is what was counted. */
static gboolean is_callgrind(const char *text, gsize length)
{
  return g_str_has_prefix(text, "# callgrind format") ||
         g_strstr_len(text, (gssize)length, "\nevents:") != NULL ||
         g_str_has_prefix(text, "events:");
}

struct profile *profile_parse(const char *name, const char *text, gsize length, GError **error)
{
  g_autofree char *copy = g_strndup(text, length);
  struct reading reading = {.name = name, .line = 1};
  if (!is_callgrind(copy, strlen(copy))) {
    refuse(&reading, error, "no callgrind output: it has no events: line");
    return NULL;
  }
  reading.profile = g_new0(struct profile, 1);
  reading.profile->strings = g_string_chunk_new(4096);
  reading.profile->calls = g_array_new(FALSE, FALSE, sizeof(struct profile_call));
  reading.file_of = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  reading.routine_of = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  gboolean is_ok = TRUE;
  for (char *at = copy; is_ok && *at != '\0'; reading.line++) {
    char *end = strchr(at, '\n');
    char *next = end != NULL ? end + 1 : at + strlen(at);
    if (end != NULL) {
      *end = '\0';
    }
    g_strchomp(at);
    is_ok = read_line(&reading, at, error);
    at = next;
  }
  g_hash_table_unref(reading.file_of);
  g_hash_table_unref(reading.routine_of);
  if (!is_ok) {
    g_clear_pointer(&reading.profile, profile_free);
  }
  return reading.profile;
}

struct profile *profile_read(const char *path, GError **error)
{
  g_autofree char *text = NULL;
  gsize length = 0;
  GError *cause = NULL;
  if (!g_file_get_contents(path, &text, &length, &cause)) {
    g_set_error(error, PROFILE_ERROR, PROFILE_ERROR_READ, "cannot read '%s': %s", path,
                cause->message);
    g_error_free(cause);
    return NULL;
  }
  return profile_parse(path, text, length, error);
}

void profile_free(struct profile *profile)
{
  if (profile == NULL) {
    return;
  }
  g_string_chunk_free(profile->strings);
  g_array_unref(profile->calls);
  g_free(profile);
}
