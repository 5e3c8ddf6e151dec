#include "analyzer/programs.h"

#include "analyzer/object_file.h"
#include "analyzer/program_members.h"
#include "analyzer/tree_files.h"

#include <string.h>

/* ---- closure ---- */

struct closure {
  struct linkage *linkage;
  GHashTable *definers; /* symbol -> GArray of units that define it strongly */
  bool *has_main;
  bool *is_member;
  GArray *members;
};

static void note_definer(GHashTable *definers, const char *symbol, uint32_t unit)
{
  GArray *units = g_hash_table_lookup(definers, symbol);
  if (units == NULL) {
    units = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    g_hash_table_insert(definers, (gpointer)symbol, units);
  }
  g_array_append_val(units, unit);
}

static bool is_body(const struct unit_routine *routine)
{
  uint32_t body = UNIT_ROUTINE_DEFINED | UNIT_ROUTINE_ALIAS | UNIT_ROUTINE_IFUNC;
  return (routine->flags & body) != 0;
}

/* An inline body that gives no symbol: C99's without extern, GNU's with it. */
static bool is_inline_only(const struct unit_routine *routine)
{
  bool is_extern = (routine->flags & UNIT_ROUTINE_EXTERN) != 0;
  bool is_gnu = (routine->flags & UNIT_ROUTINE_GNU_INLINE) != 0;
  return (routine->flags & UNIT_ROUTINE_INLINE) != 0 && is_extern == is_gnu;
}

static bool exports(const struct unit_routine *routine)
{
  return is_body(routine) && (routine->flags & UNIT_ROUTINE_STATIC) == 0 &&
         !is_inline_only(routine);
}

static void note_unit(struct closure *closure, uint32_t index)
{
  const struct unit *unit = linkage_unit(closure->linkage, index);
  for (uint32_t i = 0; i < unit->n_routines; i++) {
    const struct unit_routine *routine = &unit->routines[i];
    if (!exports(routine))
      continue;
    note_definer(closure->definers, unit_string(unit, routine->assembler), index);
    if ((routine->flags & UNIT_ROUTINE_DEFINED) != 0 &&
        strcmp(unit_string(unit, routine->name), "main") == 0)
      closure->has_main[index] = true;
  }
  for (uint32_t i = 0; i < unit->n_objects; i++) {
    if (unit->objects[i].kind == UNIT_OBJECT_GLOBAL &&
        closure->linkage->units[index].objects[i] != LINK_NONE)
      note_definer(closure->definers, unit_string(unit, unit->objects[i].assembler), index);
  }
  const struct unit_symbols *symbols = closure->linkage->units[index].symbols;
  for (guint i = 0; symbols != NULL && i < symbols->extra->len; i++)
    note_definer(closure->definers,
                 ((const struct unit_symbol *)g_ptr_array_index(symbols->extra, i))->name, index);
}

static const char *unit_path(const struct linkage *linkage, uint32_t unit)
{
  const struct unit *from = linkage_unit(linkage, unit);
  return unit_string(from, from->files[from->infos[0].file].path);
}

/* Length of the common folder prefix of two paths. */
static size_t common_folder(const char *left, const char *right)
{
  size_t common = 0;
  for (size_t i = 0; left[i] != '\0' && left[i] == right[i]; i++) {
    if (left[i] == '/')
      common = i + 1;
  }
  return common;
}

static void add_member(struct closure *closure, uint32_t unit)
{
  if (closure->is_member[unit])
    return;
  closure->is_member[unit] = true;
  g_array_append_val(closure->members, unit);
}

static const GArray *definers_of(const struct closure *closure, const char *symbol)
{
  return g_hash_table_lookup(closure->definers, symbol);
}

/* Calls `visit` for every name that a unit needs from others. */
static void each_need(const struct closure *closure, uint32_t index,
                      void (*visit)(const char *symbol, void *context), void *context)
{
  const struct unit *unit = linkage_unit(closure->linkage, index);
  for (uint32_t i = 0; i < unit->n_routines; i++) {
    const struct unit_routine *routine = &unit->routines[i];
    bool is_static = (routine->flags & UNIT_ROUTINE_STATIC) != 0;
    if (!is_body(routine) || (!is_static && is_inline_only(routine)))
      visit(unit_string(unit, unit->routines[i].assembler), context);
  }
  for (uint32_t i = 0; i < unit->n_objects; i++) {
    if (unit->objects[i].kind == UNIT_OBJECT_GLOBAL &&
        closure->linkage->units[index].objects[i] == LINK_NONE)
      visit(unit_string(unit, unit->objects[i].assembler), context);
  }
}

static bool is_satisfied(const struct closure *closure, const GArray *units)
{
  for (guint i = 0; units != NULL && i < units->len; i++) {
    if (closure->is_member[g_array_index(units, uint32_t, i)])
      return true;
  }
  return false;
}

struct count {
  const struct closure *closure;
  uint32_t n;
};

static void count_need(const char *symbol, void *context)
{
  struct count *count = context;
  const GArray *units = definers_of(count->closure, symbol);
  count->n += units != NULL && !is_satisfied(count->closure, units);
}

/* Of several units that define a symbol, the one that needs the least of others: a program that
 * does not have the big one already has the small one. Then the nearest, then the first. */
static uint32_t choose(const struct closure *closure, const GArray *units, uint32_t from)
{
  uint32_t best = LINK_NONE, least = UINT32_MAX;
  size_t most = 0;
  const char *home = unit_path(closure->linkage, from);
  for (guint i = 0; i < units->len; i++) {
    uint32_t unit = g_array_index(units, uint32_t, i);
    if (closure->has_main[unit])
      continue;
    struct count count = {closure, 0};
    each_need(closure, unit, count_need, &count);
    size_t near = common_folder(home, unit_path(closure->linkage, unit)) + 1;
    if (near > most || (near == most && count.n < least)) {
      most = near;
      least = count.n;
      best = unit;
    }
  }
  return best;
}

/* A name that several units define waits until nothing else decides. */
struct need {
  const char *symbol;
  uint32_t from;
};

struct needs {
  struct closure *closure;
  uint32_t from;
  GArray *open; /* struct need */
};

static void meet(const char *symbol, void *context)
{
  struct needs *needs = context;
  const GArray *units = definers_of(needs->closure, symbol);
  if (units == NULL || is_satisfied(needs->closure, units))
    return;
  struct need need = {symbol, needs->from};
  if (units->len > 1)
    g_array_append_val(needs->open, need);
  else if (!needs->closure->has_main[g_array_index(units, uint32_t, 0)])
    add_member(needs->closure, g_array_index(units, uint32_t, 0));
}

static gint compare_units(gconstpointer left, gconstpointer right)
{
  uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
  return (a > b) - (a < b);
}

/* Completes the members by what their undefined names need, and these names (char *, or NULL). */
static void close_members(struct closure *closure, const GPtrArray *names)
{
  g_autoptr(GArray) open = g_array_new(FALSE, FALSE, sizeof(struct need));
  guint n_done = 0, n_tried = 0;
  for (guint i = 0; names != NULL && i < names->len; i++) {
    struct needs needs = {closure, g_array_index(closure->members, uint32_t, 0), open};
    meet(g_ptr_array_index(names, i), &needs);
  }
  while (n_done < closure->members->len || n_tried < open->len) {
    if (n_done < closure->members->len) {
      uint32_t unit = g_array_index(closure->members, uint32_t, n_done++);
      struct needs needs = {closure, unit, open};
      each_need(closure, unit, meet, &needs);
      continue;
    }
    struct need need = g_array_index(open, struct need, n_tried++);
    const GArray *units = definers_of(closure, need.symbol);
    if (is_satisfied(closure, units))
      continue;
    uint32_t unit = choose(closure, units, need.from);
    if (unit != LINK_NONE)
      add_member(closure, unit);
  }
  g_array_sort(closure->members, compare_units);
}

static void restart(struct closure *closure)
{
  g_array_set_size(closure->members, 0);
  memset(closure->is_member, 0, MAX(closure->linkage->n_units, 1) * sizeof(bool));
}

/* A folder for sources says nothing about what they are. */
static bool is_for_sources(const char *folder)
{
  static const char *const names[] = {"src", "source", "sources", "main", "app", "lib", NULL};
  return g_strv_contains(names, folder);
}

/* What a person would call the program of this `main`: its file, or where that is main.c, the
 * nearest folder with a name of its own, or else the project. A new string. */
static char *program_name(const struct linkage *linkage, uint32_t unit, const char *project)
{
  g_auto(GStrv) parts = g_strsplit(unit_path(linkage, unit), "/", -1);
  guint last = g_strv_length(parts) - 1;
  char *dot = strrchr(parts[last], '.');
  if (dot != NULL)
    *dot = '\0';
  if (strcmp(parts[last], "main") != 0)
    return g_strdup(parts[last]);
  for (guint i = last; i-- > 0;) {
    if (!is_for_sources(parts[i]))
      return g_strdup(parts[i]);
  }
  return g_strdup(project != NULL ? project : last > 0 ? parts[last - 1] : parts[last]);
}

/* ---- what the build says ---- */

static void collect_open(const char *symbol, void *context)
{
  struct needs *needs = context;
  const GArray *units = definers_of(needs->closure, symbol);
  if (units == NULL || is_satisfied(needs->closure, units))
    return;
  struct need need = {symbol, needs->from};
  g_array_append_val(needs->open, need);
}

/* The first member of an archive, by their places in `optional`, that defines a name; LINK_NONE
 * where there is none. */
static uint32_t first_definer(const GArray *definers, const uint32_t *places, uint32_t start,
                              uint32_t end)
{
  uint32_t best = LINK_NONE;
  for (guint i = 0; i < definers->len; i++) {
    uint32_t unit = g_array_index(definers, uint32_t, i);
    bool is_inside = places[unit] >= start && places[unit] < end;
    if (is_inside && (best == LINK_NONE || places[unit] < places[best]))
      best = unit;
  }
  return best;
}

/* As a linker reads them: one archive after the other, each until it has nothing more to give. Of
 * two that define a name the first gives it, to all. */
static void pull_in_order(struct closure *closure, const struct members *members)
{
  g_autoptr(GArray) open = g_array_new(FALSE, FALSE, sizeof(struct need));
  struct needs needs = {closure, 0, open};
  g_autofree uint32_t *places = g_new(uint32_t, MAX(closure->linkage->n_units, 1));
  memset(places, 0xff, MAX(closure->linkage->n_units, 1) * sizeof *places);
  for (guint i = members->optional->len; i-- > 0;)
    places[g_array_index(members->optional, uint32_t, i)] = i;
  for (guint i = 0; i < closure->members->len; i++)
    each_need(closure, g_array_index(closure->members, uint32_t, i), collect_open, &needs);
  for (guint i = 0; i < members->needs->len; i++)
    collect_open(g_ptr_array_index(members->needs, i), &needs);
  for (guint a = 0; a < members->archives->len; a++) {
    uint32_t start = g_array_index(members->archives, uint32_t, a);
    uint32_t end = a + 1 < members->archives->len
                       ? g_array_index(members->archives, uint32_t, a + 1)
                       : members->optional->len;
    for (guint i = 0; i < open->len; i++) {
      const GArray *definers = definers_of(closure, g_array_index(open, struct need, i).symbol);
      uint32_t unit =
          is_satisfied(closure, definers) ? LINK_NONE : first_definer(definers, places, start, end);
      if (unit == LINK_NONE)
        continue;
      add_member(closure, unit);
      each_need(closure, unit, collect_open, &needs);
    }
  }
}

/* Members of archives that satisfy an undefined name, until nothing more is needed: groups of
 * archives, and those that are read twice, after all others. */
static void pull_members(struct closure *closure, const struct members *members)
{
  g_autoptr(GHashTable) allowed = g_hash_table_new(g_direct_hash, g_direct_equal);
  for (guint i = 0; i < members->optional->len; i++)
    g_hash_table_add(allowed, GUINT_TO_POINTER(g_array_index(members->optional, uint32_t, i)));
  bool *saved = closure->has_main;
  /* Whatever is not in an archive of this program cannot be pulled in. */
  closure->has_main = g_new0(bool, MAX(closure->linkage->n_units, 1));
  for (uint32_t i = 0; i < closure->linkage->n_units; i++)
    closure->has_main[i] = !g_hash_table_contains(allowed, GUINT_TO_POINTER(i));
  pull_in_order(closure, members);
  close_members(closure, members->needs);
  g_free(closure->has_main);
  closure->has_main = saved;
}

static bool defines_main(const struct closure *closure)
{
  for (guint i = 0; i < closure->members->len; i++) {
    if (closure->has_main[g_array_index(closure->members, uint32_t, i)])
      return true;
  }
  return false;
}

static void add_all(struct closure *closure, const GArray *units)
{
  for (guint i = 0; i < units->len; i++)
    add_member(closure, g_array_index(units, uint32_t, i));
}

/* The units of the shared libraries that a program is linked with, and of theirs. */
static void add_guests(struct closure *closure, const struct member_index *index,
                       const struct members *members, GArray *guests, GHashTable *seen)
{
  for (guint i = 0; i < members->shared->len; i++) {
    const struct build_target *library = g_ptr_array_index(members->shared, i);
    if (!g_hash_table_add(seen, (gpointer)library))
      continue;
    struct members *inside = members_of_target(index, library);
    restart(closure);
    add_all(closure, inside->units);
    pull_members(closure, inside);
    g_array_append_vals(guests, closure->members->data, closure->members->len);
    add_guests(closure, index, inside, guests, seen);
    members_free(inside);
  }
}

static GArray *without(const GArray *units, const GArray *others)
{
  GArray *rest = g_array_new(FALSE, FALSE, sizeof(uint32_t));
  g_autoptr(GHashTable) known = g_hash_table_new(g_direct_hash, g_direct_equal);
  for (guint i = 0; i < others->len; i++)
    g_hash_table_add(known, GUINT_TO_POINTER(g_array_index(others, uint32_t, i)));
  for (guint i = 0; i < units->len; i++) {
    uint32_t unit = g_array_index(units, uint32_t, i);
    if (g_hash_table_add(known, GUINT_TO_POINTER(unit)))
      g_array_append_val(rest, unit);
  }
  return rest;
}

static void mark_linked(const struct closure *closure, bool *is_linked)
{
  for (guint i = 0; i < closure->members->len; i++)
    is_linked[g_array_index(closure->members, uint32_t, i)] = true;
}

/* Notes the shared libraries that a program has whole in `used`, and those that are programs of
 * their own in `libraries`. */
static void add_target(struct closure *closure, const struct member_index *index,
                       const struct build_target *target, bool *is_linked, GHashTable *used,
                       GHashTable *libraries)
{
  struct members *members = members_of_target(index, target);
  g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(uint32_t));
  g_autoptr(GHashTable) seen = g_hash_table_new(g_direct_hash, g_direct_equal);
  add_guests(closure, index, members, found, seen);
  restart(closure);
  add_all(closure, members->units);
  if (closure->members->len != 0)
    pull_members(closure, members);
  bool is_program = closure->members->len != 0 && (defines_main(closure) || target->is_shared);
  if (is_program) {
    g_autoptr(GArray) guests = without(found, closure->members);
    struct link_plan plan = {.name = target->name,
                             .source = target->source,
                             .units = closure->members,
                             .guests = guests,
                             .wraps = target->wraps,
                             .assembly = members->assembly};
    struct link_program *program = linkage_add_program(closure->linkage, &plan);
    mark_linked(closure, is_linked);
    if (target->is_shared)
      g_hash_table_insert(libraries, (gpointer)target, program);
    GHashTableIter iterator;
    gpointer library;
    g_hash_table_iter_init(&iterator, seen);
    while (!target->is_shared && g_hash_table_iter_next(&iterator, &library, NULL))
      g_hash_table_add(used, library);
  }
  members_free(members);
}

static void add_build_programs(struct closure *closure, const struct member_index *index,
                               const GPtrArray *targets, bool *is_linked)
{
  g_autoptr(GHashTable) used = g_hash_table_new(g_direct_hash, g_direct_equal);
  g_autoptr(GHashTable) libraries = g_hash_table_new(g_direct_hash, g_direct_equal);
  for (guint i = 0; i < targets->len; i++) {
    const struct build_target *target = g_ptr_array_index(targets, i);
    if (!target->is_archive)
      add_target(closure, index, target, is_linked, used, libraries);
  }
  for (guint i = 0; i < targets->len; i++) {
    gpointer target = g_ptr_array_index(targets, i);
    struct link_program *program = g_hash_table_lookup(libraries, target);
    if (program != NULL)
      program->is_part = g_hash_table_contains(used, target);
  }
}

/* Archives with members that no program of the tree takes are libraries for others. */
static void add_archives(struct closure *closure, const struct member_index *index,
                         const GPtrArray *targets, bool *is_linked)
{
  for (guint i = 0; i < targets->len; i++) {
    const struct build_target *target = g_ptr_array_index(targets, i);
    if (!target->is_archive)
      continue;
    struct members *members = members_of_target(index, target);
    bool is_left = false;
    restart(closure);
    add_all(closure, members->units);
    for (guint j = 0; j < closure->members->len; j++)
      is_left = is_left || !is_linked[g_array_index(closure->members, uint32_t, j)];
    if (is_left) {
      struct link_plan plan = {.name = target->name,
                               .source = target->source,
                               .units = closure->members,
                               .assembly = members->assembly};
      linkage_add_program(closure->linkage, &plan);
      mark_linked(closure, is_linked);
    }
    members_free(members);
  }
}

static bool has_program(const struct linkage *linkage, const char *name)
{
  for (guint i = 0; i < linkage->programs->len; i++) {
    if (strcmp(((const struct link_program *)g_ptr_array_index(linkage->programs, i))->name,
               name) == 0)
      return true;
  }
  return false;
}

/* Finished files that no description of the build tells about. */
static void add_finished_programs(struct closure *closure, const struct member_index *index,
                                  const GPtrArray *paths, bool *is_linked)
{
  for (guint i = 0; i < paths->len; i++) {
    const char *path = g_ptr_array_index(paths, i);
    if (g_hash_table_contains(index->targets, path))
      continue;
    g_autofree char *name = g_path_get_basename(path);
    /* The same program may stand in another build folder too. */
    if (has_program(closure->linkage, name))
      continue;
    g_autoptr(object_file_owner) file = object_file_read(path);
    if (file == NULL)
      continue;
    struct members *members = members_of_file(index, name, file);
    restart(closure);
    add_all(closure, members->units);
    bool is_library = strstr(name, ".so") != NULL;
    if (closure->members->len != 0 && (defines_main(closure) || is_library)) {
      struct link_plan plan = {.name = name, .source = "elf", .units = closure->members};
      linkage_add_program(closure->linkage, &plan);
      mark_linked(closure, is_linked);
    }
    members_free(members);
  }
}

/* ---- all of it ---- */

static void add_main_programs(struct closure *closure, const char *root, bool *is_linked)
{
  g_autofree char *project = tree_project_name(root);
  struct linkage *linkage = closure->linkage;
  for (uint32_t i = 0; i < linkage->n_units; i++) {
    if (!closure->has_main[i] || is_linked[i])
      continue;
    restart(closure);
    add_member(closure, i);
    close_members(closure, NULL);
    g_autofree char *name = program_name(linkage, i, project);
    struct link_plan plan = {.name = name, .source = "main-closure", .units = closure->members};
    linkage_add_program(linkage, &plan);
    mark_linked(closure, is_linked);
  }
}

static void add_rest(struct closure *closure, const bool *is_linked)
{
  restart(closure);
  for (uint32_t i = 0; i < closure->linkage->n_units; i++) {
    if (!is_linked[i])
      add_member(closure, i);
  }
  struct link_plan plan = {
      .name = "(unlinked)", .source = "nothing links it", .units = closure->members};
  if (closure->members->len != 0)
    linkage_add_program(closure->linkage, &plan);
}

static gint compare_programs(gconstpointer left, gconstpointer right)
{
  const struct link_program *a = *(struct link_program *const *)left;
  const struct link_program *b = *(struct link_program *const *)right;
  int order = strcmp(a->name, b->name);
  if (order != 0)
    return order;
  uint32_t first_a = g_array_index(a->units, uint32_t, 0);
  uint32_t first_b = g_array_index(b->units, uint32_t, 0);
  return (first_a > first_b) - (first_a < first_b);
}

/* Programs of one name get the folder of their first unit with a main in front. */
static void tell_apart(struct linkage *linkage)
{
  g_ptr_array_sort(linkage->programs, compare_programs);
  for (guint i = 1; i < linkage->programs->len; i++) {
    struct link_program *before = g_ptr_array_index(linkage->programs, i - 1);
    struct link_program *here = g_ptr_array_index(linkage->programs, i);
    if (strcmp(before->name, here->name) != 0)
      continue;
    for (guint n = 2;; n++) {
      g_autofree char *name = g_strdup_printf("%s#%u", before->name, n);
      bool is_taken = false;
      for (guint j = 0; j < linkage->programs->len; j++) {
        const struct link_program *other = g_ptr_array_index(linkage->programs, j);
        is_taken = is_taken || strcmp(other->name, name) == 0;
      }
      if (is_taken)
        continue;
      g_free(here->name);
      here->name = g_steal_pointer(&name);
      break;
    }
  }
  g_ptr_array_sort(linkage->programs, compare_programs);
  for (guint i = 0; i < linkage->programs->len; i++)
    ((struct link_program *)g_ptr_array_index(linkage->programs, i))->number = i;
}

static bool is_same_program(const struct link_program *a, const struct link_program *b)
{
  return a->units->len == b->units->len &&
         memcmp(a->units->data, b->units->data, a->units->len * sizeof(uint32_t)) == 0 &&
         g_hash_table_size(a->wraps) == 0 && g_hash_table_size(b->wraps) == 0 &&
         g_hash_table_size(a->assembly) == g_hash_table_size(b->assembly);
}

/* A program under several names is looked at once. */
static void find_copies(const struct linkage *linkage)
{
  for (guint i = 0; i < linkage->programs->len; i++) {
    struct link_program *program = g_ptr_array_index(linkage->programs, i);
    for (guint j = 0; j < i && !program->is_part; j++) {
      const struct link_program *first = g_ptr_array_index(linkage->programs, j);
      program->is_part = !first->is_part && is_same_program(first, program);
    }
  }
}

void programs_find(struct linkage *linkage, const char *root, const char *build_folder)
{
  struct closure closure = {
      .linkage = linkage,
      .definers =
          g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_array_unref),
      .has_main = g_new0(bool, MAX(linkage->n_units, 1)),
      .is_member = g_new0(bool, MAX(linkage->n_units, 1)),
      .members = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
  };
  g_autofree bool *is_linked = g_new0(bool, MAX(linkage->n_units, 1));
  for (uint32_t i = 0; i < linkage->n_units; i++) {
    linkage->units[i].symbols = unit_symbols_read(linkage_unit(linkage, i), root);
    note_unit(&closure, i);
  }
  struct tree_files *files = tree_files_find(root, build_folder);
  g_autoptr(GPtrArray) targets = build_targets_read(build_folder, root, files);
  struct member_index *index = member_index_new(linkage, root, targets);
  add_build_programs(&closure, index, targets, is_linked);
  add_finished_programs(&closure, index, files->finished, is_linked);
  add_archives(&closure, index, targets, is_linked);
  member_index_free(index);
  tree_files_free(files);
  add_main_programs(&closure, root, is_linked);
  add_rest(&closure, is_linked);
  tell_apart(linkage);
  find_copies(linkage);
  g_hash_table_unref(closure.definers);
  g_free(closure.has_main);
  g_free(closure.is_member);
  g_array_unref(closure.members);
}
