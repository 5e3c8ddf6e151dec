#include "analyzer/programs_parts.h"

#include <string.h>

/* What the members of a program need and do not have. */
struct wanted {
  const struct closure *closure;
  GPtrArray *symbols; /* const char * */
};

static void collect_wanted(const char *symbol, void *context)
{
  struct wanted *wanted = context;
  const GArray *units = closure_definers_of(wanted->closure, symbol);
  if (units != NULL && !closure_is_satisfied(wanted->closure, units))
    g_ptr_array_add(wanted->symbols, (gpointer)symbol);
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
  g_autoptr(GPtrArray) symbols = g_ptr_array_new();
  struct wanted wanted = {closure, symbols};
  g_autofree uint32_t *places = g_new(uint32_t, MAX(closure->linkage->n_units, 1));
  memset(places, 0xff, MAX(closure->linkage->n_units, 1) * sizeof *places);
  for (guint i = members->optional->len; i-- > 0;)
    places[g_array_index(members->optional, uint32_t, i)] = i;
  for (guint i = 0; i < closure->members->len; i++)
    closure_each_need(closure, g_array_index(closure->members, uint32_t, i), collect_wanted,
                      &wanted);
  for (guint i = 0; i < members->needs->len; i++)
    collect_wanted(g_ptr_array_index(members->needs, i), &wanted);
  for (guint a = 0; a < members->archives->len; a++) {
    uint32_t start = g_array_index(members->archives, uint32_t, a);
    uint32_t end = a + 1 < members->archives->len
                       ? g_array_index(members->archives, uint32_t, a + 1)
                       : members->optional->len;
    for (guint i = 0; i < symbols->len; i++) {
      const GArray *definers = closure_definers_of(closure, g_ptr_array_index(symbols, i));
      uint32_t unit = closure_is_satisfied(closure, definers)
                          ? LINK_NONE
                          : first_definer(definers, places, start, end);
      if (unit == LINK_NONE)
        continue;
      closure_add(closure, unit);
      closure_each_need(closure, unit, collect_wanted, &wanted);
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
  closure_complete(closure, members->needs);
  g_free(closure->has_main);
  closure->has_main = saved;
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
    closure_restart(closure);
    closure_add_all(closure, inside->units);
    pull_members(closure, inside);
    g_array_append_vals(guests, closure->members->data, closure->members->len);
    add_guests(closure, index, inside, guests, seen);
    members_free(inside);
  }
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
  closure_restart(closure);
  closure_add_all(closure, members->units);
  if (closure->members->len != 0)
    pull_members(closure, members);
  bool is_program =
      closure->members->len != 0 && (closure_defines_main(closure) || target->is_shared);
  if (is_program) {
    g_autoptr(GArray) guests = programs_without(found, closure->members);
    struct link_plan plan = {.name = target->name,
                             .source = target->source,
                             .units = closure->members,
                             .guests = guests,
                             .wraps = target->wraps,
                             .assembly = members->assembly};
    struct link_program *program = linkage_add_program(closure->linkage, &plan);
    closure_mark_linked(closure, is_linked);
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

void programs_add_described(struct closure *closure, const struct member_index *index,
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

void programs_add_archives(struct closure *closure, const struct member_index *index,
                           const GPtrArray *targets, bool *is_linked)
{
  for (guint i = 0; i < targets->len; i++) {
    const struct build_target *target = g_ptr_array_index(targets, i);
    if (!target->is_archive)
      continue;
    struct members *members = members_of_target(index, target);
    bool is_left = false;
    closure_restart(closure);
    closure_add_all(closure, members->units);
    for (guint j = 0; j < closure->members->len; j++)
      is_left = is_left || !is_linked[g_array_index(closure->members, uint32_t, j)];
    if (is_left) {
      struct link_plan plan = {.name = target->name,
                               .source = target->source,
                               .units = closure->members,
                               .assembly = members->assembly};
      linkage_add_program(closure->linkage, &plan);
      closure_mark_linked(closure, is_linked);
    }
    members_free(members);
  }
}
