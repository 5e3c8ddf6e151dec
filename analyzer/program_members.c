#include "analyzer/program_members.h"

#include <string.h>

#define ARCHIVE_DEPTH 8

/* ---- the index ---- */

static void note(GHashTable *table, const char *name, uint32_t unit)
{
  GArray *units = g_hash_table_lookup(table, name);
  if (units == NULL) {
    units = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    g_hash_table_insert(table, g_strdup(name), units);
  }
  bool is_known = units->len != 0 && g_array_index(units, uint32_t, units->len - 1) == unit;
  if (!is_known)
    g_array_append_val(units, unit);
}

static void note_unit(struct member_index *index, uint32_t number, const char *root)
{
  const struct unit *unit = linkage_unit(index->linkage, number);
  const char *shown = unit_string(unit, unit->files[unit->infos[0].file].path);
  g_autofree char *source = g_canonicalize_filename(shown, root);
  g_autofree char *name = g_path_get_basename(source);
  note(index->by_source, source, number);
  note(index->by_name, name, number);
  g_auto(GStrv) objects = g_strsplit(unit_string(unit, unit->infos[0].object), "\n", -1);
  for (char **object = objects; *object != NULL; object++) {
    if (**object == '\0')
      continue;
    g_autofree char *base = g_path_get_basename(*object);
    note(index->by_base, base, number);
    g_hash_table_insert(index->by_object, g_canonicalize_filename(*object, root),
                        GUINT_TO_POINTER(number + 1));
  }
  /* Without "-o" the object has the source's name. */
  if (*objects == NULL || **objects == '\0') {
    char *dot = strrchr(name, '.');
    if (dot != NULL)
      *dot = '\0';
    g_autofree char *base = g_strconcat(name, ".o", NULL);
    note(index->by_base, base, number);
  }
}

static GHashTable *lists_new(void)
{
  return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_array_unref);
}

struct member_index *member_index_new(const struct linkage *linkage, const char *root,
                                      const GPtrArray *targets)
{
  struct member_index *index = g_new0(struct member_index, 1);
  index->linkage = linkage;
  index->by_object = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  index->by_base = lists_new();
  index->by_source = lists_new();
  index->by_name = lists_new();
  index->targets = g_hash_table_new(g_str_hash, g_str_equal);
  for (uint32_t i = 0; i < linkage->n_units; i++)
    note_unit(index, i, root);
  for (guint i = 0; targets != NULL && i < targets->len; i++) {
    struct build_target *target = g_ptr_array_index(targets, i);
    g_hash_table_insert(index->targets, target->output, target);
  }
  return index;
}

void member_index_free(struct member_index *index)
{
  if (index == NULL)
    return;
  g_hash_table_unref(index->by_object);
  g_hash_table_unref(index->by_base);
  g_hash_table_unref(index->by_source);
  g_hash_table_unref(index->by_name);
  g_hash_table_unref(index->targets);
  g_free(index);
}

static struct members *members_new(void)
{
  struct members *members = g_new0(struct members, 1);
  members->units = g_array_new(FALSE, FALSE, sizeof(uint32_t));
  members->optional = g_array_new(FALSE, FALSE, sizeof(uint32_t));
  members->archives = g_array_new(FALSE, FALSE, sizeof(uint32_t));
  members->shared = g_ptr_array_new();
  members->assembly = g_ptr_array_new_with_free_func(g_free);
  members->needs = g_ptr_array_new_with_free_func(g_free);
  return members;
}

void members_free(struct members *members)
{
  if (members == NULL)
    return;
  g_array_unref(members->units);
  g_array_unref(members->optional);
  g_array_unref(members->archives);
  g_ptr_array_unref(members->shared);
  g_ptr_array_unref(members->assembly);
  g_ptr_array_unref(members->needs);
  g_free(members);
}

/* ---- how well symbols fit ---- */

/* The symbols that a file defines, by name. */
static GHashTable *defined_names(const struct object_file *file)
{
  GHashTable *names = g_hash_table_new(g_str_hash, g_str_equal);
  for (guint i = 0; i < file->symbols->len; i++) {
    const struct object_symbol *symbol = &g_array_index(file->symbols, struct object_symbol, i);
    if (symbol->is_defined)
      g_hash_table_add(names, (gpointer)symbol->name);
  }
  return names;
}

struct match {
  uint32_t n_exports; /* external symbols of the unit */
  uint32_t n_found;   /* those that the file has */
};

static struct match match_unit(const struct linkage *linkage, uint32_t number, GHashTable *names)
{
  const struct unit *unit = linkage_unit(linkage, number);
  struct match match = {0, 0};
  for (uint32_t i = 0; i < unit->n_routines; i++) {
    const struct unit_routine *routine = &unit->routines[i];
    if ((routine->flags & UNIT_ROUTINE_DEFINED) == 0 ||
        (routine->flags & (UNIT_ROUTINE_STATIC | UNIT_ROUTINE_INLINE)) != 0)
      continue;
    match.n_exports++;
    match.n_found += (uint32_t)g_hash_table_contains(names, unit_string(unit, routine->assembler));
  }
  for (uint32_t i = 0; i < unit->n_objects; i++) {
    if (unit->objects[i].kind != UNIT_OBJECT_GLOBAL ||
        linkage->units[number].objects[i] == LINK_NONE)
      continue;
    match.n_exports++;
    match.n_found +=
        (uint32_t)g_hash_table_contains(names, unit_string(unit, unit->objects[i].assembler));
  }
  return match;
}

/* Of units that may be meant, the one whose symbols fit best; the first of equals. */
static uint32_t best_fit(const struct linkage *linkage, const GArray *units, GHashTable *names)
{
  uint32_t best = LINK_NONE, most = 0;
  for (guint i = 0; units != NULL && i < units->len; i++) {
    uint32_t unit = g_array_index(units, uint32_t, i);
    uint32_t n = names != NULL ? match_unit(linkage, unit, names).n_found + 1 : 1;
    if (n > most) {
      most = n;
      best = unit;
    }
  }
  return best;
}

/* ---- targets ---- */

static void take_symbols(struct members *members, const struct object_file *file)
{
  for (guint i = 0; i < file->symbols->len; i++) {
    const struct object_symbol *symbol = &g_array_index(file->symbols, struct object_symbol, i);
    if (!symbol->is_local)
      g_ptr_array_add(symbol->is_defined ? members->assembly : members->needs,
                      g_strdup(symbol->name));
  }
}

static void begin_archive(struct members *members)
{
  uint32_t start = members->optional->len;
  g_array_append_val(members->archives, start);
}

/* Members of an archive that no description tells about. */
static void take_archive_file(const struct member_index *index, struct members *members,
                              const char *path)
{
  bool is_thin = false;
  g_autoptr(GPtrArray) list = archive_read(path, &is_thin);
  g_autofree char *folder = g_path_get_dirname(path);
  begin_archive(members);
  for (guint i = 0; list != NULL && i < list->len; i++) {
    const struct archive_member *member = g_ptr_array_index(list, i);
    g_autofree char *absolute = g_canonicalize_filename(member->name, folder);
    g_autofree char *base = g_path_get_basename(member->name);
    uint32_t unit = GPOINTER_TO_UINT(g_hash_table_lookup(index->by_object, absolute)) - 1;
    if (unit == LINK_NONE) {
      g_autoptr(GHashTable) names = member->object != NULL ? defined_names(member->object) : NULL;
      unit = best_fit(index->linkage, g_hash_table_lookup(index->by_base, base), names);
    }
    if (unit != LINK_NONE)
      g_array_append_val(members->optional, unit);
    else if (member->object != NULL)
      take_symbols(members, member->object);
  }
}

/* "/path/libx.a(b.o)": a member that the linker has taken. */
static bool take_member(const struct member_index *index, struct members *members,
                        const char *input)
{
  const char *open = strrchr(input, '(');
  if (open == NULL || !g_str_has_suffix(input, ")"))
    return false;
  g_autofree char *archive = g_strndup(input, (gsize)(open - input));
  g_autofree char *name = g_strndup(open + 1, strlen(open) - 2);
  const GArray *units = g_hash_table_lookup(index->by_base, name);
  g_autoptr(GHashTable) names = NULL;
  bool is_thin = false;
  g_autoptr(GPtrArray) list =
      units != NULL && units->len > 1 ? archive_read(archive, &is_thin) : NULL;
  for (guint i = 0; list != NULL && i < list->len && names == NULL; i++) {
    const struct archive_member *member = g_ptr_array_index(list, i);
    if (strcmp(member->name, name) == 0 && member->object != NULL)
      names = defined_names(member->object);
  }
  uint32_t unit = best_fit(index->linkage, units, names);
  if (unit != LINK_NONE)
    g_array_append_val(members->units, unit);
  return true;
}

static void take_input(const struct member_index *index, struct members *members, const char *input,
                       int depth);

/* A source that is compiled for this target: of several configurations the one whose object lies
 * in the target's folder, or is the target itself. */
static void take_source(const struct member_index *index, const struct build_target *target,
                        const char *source, GArray *to)
{
  const GArray *units = g_hash_table_lookup(index->by_source, source);
  uint32_t chosen = LINK_NONE;
  for (guint i = 0; units != NULL && i < units->len; i++) {
    uint32_t unit = g_array_index(units, uint32_t, i);
    const struct unit *from = linkage_unit(index->linkage, unit);
    const char *objects = unit_string(from, from->infos[0].object);
    g_autofree char *folder = target->object_folder != NULL
                                  ? g_path_get_basename(target->object_folder)
                                  : g_strdup(target->name);
    bool is_own = strstr(objects, folder) != NULL;
    if (chosen == LINK_NONE || is_own)
      chosen = unit;
    if (is_own)
      break;
  }
  if (chosen != LINK_NONE)
    g_array_append_val(to, chosen);
}

static void take_target(const struct member_index *index, struct members *members,
                        const struct build_target *target, int depth)
{
  GArray *to = depth == 0 ? members->units : members->optional;
  if (depth != 0)
    begin_archive(members);
  for (guint i = 0; i < target->sources->len; i++)
    take_source(index, target, g_ptr_array_index(target->sources, i), to);
  for (guint i = 0; i < target->inputs->len; i++)
    take_input(index, members, g_ptr_array_index(target->inputs, i), depth);
}

static void take_input(const struct member_index *index, struct members *members, const char *input,
                       int depth)
{
  uint32_t unit = GPOINTER_TO_UINT(g_hash_table_lookup(index->by_object, input)) - 1;
  if (unit != LINK_NONE) {
    g_array_append_val(depth == 0 ? members->units : members->optional, unit);
    return;
  }
  if (take_member(index, members, input))
    return;
  const struct build_target *target = g_hash_table_lookup(index->targets, input);
  if (target != NULL && target->is_shared) {
    g_ptr_array_add(members->shared, (gpointer)target);
    return;
  }
  if (target != NULL) {
    if (depth < ARCHIVE_DEPTH)
      take_target(index, members, target, depth + 1);
    return;
  }
  if (g_str_has_suffix(input, ".a")) {
    take_archive_file(index, members, input);
    return;
  }
  g_autoptr(object_file_owner) file =
      g_str_has_suffix(input, ".o") ? object_file_read(input) : NULL;
  if (file != NULL)
    take_symbols(members, file);
}

struct members *members_of_target(const struct member_index *index,
                                  const struct build_target *target)
{
  struct members *members = members_new();
  take_target(index, members, target, 0);
  return members;
}

/* ---- finished files ---- */

/* How many of a unit's static routines stand below one name of a source. */
static uint32_t count_locals(const struct linkage *linkage, uint32_t number,
                             const struct object_file *file, uint32_t source)
{
  const struct unit *unit = linkage_unit(linkage, number);
  g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
  for (guint i = 0; i < file->symbols->len; i++) {
    const struct object_symbol *symbol = &g_array_index(file->symbols, struct object_symbol, i);
    if (symbol->is_local && symbol->is_defined && symbol->source == source)
      g_hash_table_add(names, (gpointer)symbol->name);
  }
  uint32_t n = 0;
  for (uint32_t i = 0; i < unit->n_routines; i++) {
    const struct unit_routine *routine = &unit->routines[i];
    if ((routine->flags & UNIT_ROUTINE_DEFINED) != 0 && (routine->flags & UNIT_ROUTINE_STATIC) != 0)
      n += (uint32_t)g_hash_table_contains(names, unit_string(unit, routine->assembler));
  }
  return n;
}

/* Whether a unit's object has the name that automake gives objects with flags of one program alone:
 * "my_prog-main.o" for "my-prog". */
static bool has_prefix_of(const struct member_index *index, uint32_t number, const char *program)
{
  const struct unit *unit = linkage_unit(index->linkage, number);
  g_autofree char *prefix = g_strconcat(program, "-", NULL);
  for (char *at = prefix; at[1] != '\0'; at++) {
    if (!g_ascii_isalnum(*at) && *at != '@')
      *at = '_';
  }
  g_auto(GStrv) objects = g_strsplit(unit_string(unit, unit->infos[0].object), "\n", -1);
  for (char **object = objects; *object != NULL; object++) {
    g_autofree char *base = g_path_get_basename(*object);
    if (g_str_has_prefix(base, prefix))
      return true;
  }
  return false;
}

/* The unit behind one name of a source that is not taken yet; LINK_NONE when none fits. */
static uint32_t unit_of_source(const struct member_index *index, const char *program,
                               const struct object_file *file, uint32_t source, GHashTable *names,
                               const bool *is_taken)
{
  const GArray *units =
      g_hash_table_lookup(index->by_name, g_ptr_array_index(file->sources, source));
  uint32_t best = LINK_NONE, most = 0;
  for (guint i = 0; units != NULL && i < units->len; i++) {
    uint32_t unit = g_array_index(units, uint32_t, i);
    struct match match = match_unit(index->linkage, unit, names);
    if (is_taken[unit] || (match.n_exports != 0 && match.n_found == 0))
      continue;
    if (units->len == 1)
      return unit;
    uint32_t score = 1 + match.n_found + 2 * count_locals(index->linkage, unit, file, source);
    score = 2 * score + has_prefix_of(index, unit, program);
    if (score > most) {
      most = score;
      best = unit;
    }
  }
  return best;
}

struct members *members_of_file(const struct member_index *index, const char *name,
                                const struct object_file *file)
{
  struct members *members = members_new();
  g_autoptr(GHashTable) names = defined_names(file);
  g_autofree bool *is_taken = g_new0(bool, MAX(index->linkage->n_units, 1));
  for (uint32_t i = 0; i < file->sources->len; i++) {
    uint32_t unit = unit_of_source(index, name, file, i, names, is_taken);
    if (unit == LINK_NONE)
      continue;
    is_taken[unit] = true;
    g_array_append_val(members->units, unit);
  }
  return members;
}
