#include "splitter/selector.h"

#include <fnmatch.h>
#include <string.h>

#include "base/nearest.h"

struct parts {
  char *program; /* or storage; NULL when not given */
  char *file;
  char *name;
};

static void parts_clear(struct parts *parts)
{
  g_free(parts->program);
  g_free(parts->file);
  g_free(parts->name);
}

static void parts_init(struct parts *parts, const char *text)
{
  const char *name = text;
  const char *double_colon = strstr(text, "::");
  const char *colon = strchr(text, ':');
  *parts = (struct parts){NULL, NULL, NULL};
  if (colon != NULL && colon != double_colon) {
    parts->program = g_strndup(text, (gsize)(colon - text));
    name = colon + 1;
    double_colon = strstr(name, "::");
  }
  if (double_colon != NULL) {
    parts->file = g_strndup(name, (gsize)(double_colon - name));
    name = double_colon + 2;
  }
  parts->name = g_strdup(name);
}

static gboolean matches_file(const char *pattern, const char *file)
{
  if (fnmatch(pattern, file, FNM_PATHNAME) == 0) {
    return TRUE;
  }
  /* A name without a folder means any file of that name. */
  g_autofree char *base = g_path_get_basename(file);
  return strchr(pattern, '/') == NULL && fnmatch(pattern, base, 0) == 0;
}

static gboolean is_in_program(const struct monolith *monolith, const char *program,
                              const char *file)
{
  for (size_t i = 0; i < monolith->program_set->n; i++) {
    const struct fact_program *fact = record_at(monolith->program_set, fact_program, i);
    if (fnmatch(program, fact->program, 0) == 0 && strcmp(fact->file, file) == 0) {
      return TRUE;
    }
  }
  return FALSE;
}

GArray *selector_routines(const struct monolith *monolith, const char *text)
{
  GArray *found = g_array_new(FALSE, FALSE, sizeof(guint32));
  struct parts parts;
  parts_init(&parts, text);
  for (guint32 i = 0; i < monolith->n_routines; i++) {
    const struct fact_routine *routine = &monolith->routines[i];
    if (fnmatch(parts.name, routine->name, 0) == 0 &&
        (parts.file == NULL || matches_file(parts.file, routine->file)) &&
        (parts.program == NULL || is_in_program(monolith, parts.program, routine->file))) {
      g_array_append_val(found, i);
    }
  }
  parts_clear(&parts);
  return found;
}

static gboolean matches_state(const struct monolith *monolith, const struct parts *parts,
                              const struct fact_state *state)
{
  g_autofree char *full = monolith_state_name(state);
  gboolean is_named =
      fnmatch(parts->name, state->name, 0) == 0 || fnmatch(parts->name, full, 0) == 0;
  if (!is_named || (parts->file != NULL && !matches_file(parts->file, state->file))) {
    return FALSE;
  }
  return parts->program == NULL || strcmp(parts->program, state->storage) == 0 ||
         is_in_program(monolith, parts->program, state->file);
}

GArray *selector_states(const struct monolith *monolith, const char *text)
{
  GArray *found = g_array_new(FALSE, FALSE, sizeof(guint32));
  struct parts parts;
  parts_init(&parts, text);
  for (guint32 i = 0; i < monolith->n_states; i++) {
    if (matches_state(monolith, &parts, &monolith->states[i])) {
      g_array_append_val(found, i);
    }
  }
  parts_clear(&parts);
  return found;
}

GArray *selector_file_routines(const struct monolith *monolith, const char *text)
{
  GArray *found = g_array_new(FALSE, FALSE, sizeof(guint32));
  for (guint32 i = 0; i < monolith->n_routines; i++) {
    if (monolith->routines[i].is_defined && matches_file(text, monolith->routines[i].file)) {
      g_array_append_val(found, i);
    }
  }
  return found;
}

const char *selector_nearest(const struct monolith *monolith, const char *text, gboolean is_file)
{
  struct parts parts;
  gboolean is_path = is_file;
  parts_init(&parts, text);
  g_autoptr(GPtrArray) names = g_ptr_array_new();
  for (guint i = 0; is_file && i < monolith->files->len; i++) {
    g_ptr_array_add(names, g_ptr_array_index(monolith->files, i));
  }
  /* "table:order" asks for tables; without one of that storage any name is as good. */
  for (guint32 i = 0; parts.program != NULL && i < monolith->n_states; i++) {
    if (strcmp(monolith->states[i].storage, parts.program) == 0) {
      g_ptr_array_add(names, (gpointer)monolith->states[i].name);
    }
  }
  is_file = is_file || names->len > 0;
  for (guint32 i = 0; !is_file && i < monolith->n_routines; i++) {
    g_ptr_array_add(names, (gpointer)monolith->routines[i].name);
  }
  for (guint32 i = 0; !is_file && i < monolith->n_states; i++) {
    g_ptr_array_add(names, (gpointer)monolith->states[i].name);
  }
  const char *nearest =
      nearest_name(is_path ? text : parts.name, (const char *const *)names->pdata, names->len);
  parts_clear(&parts);
  return nearest;
}

gboolean selector_is_glob(const char *text)
{
  return strpbrk(text, "*?[") != NULL;
}
