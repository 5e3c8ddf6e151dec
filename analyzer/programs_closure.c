#include "analyzer/programs_parts.h"

#include <string.h>

void closure_init(struct closure *closure, struct linkage *linkage)
{
  *closure = (struct closure){
      .linkage = linkage,
      .definers =
          g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_array_unref),
      .has_main = g_new0(bool, MAX(linkage->n_units, 1)),
      .is_member = g_new0(bool, MAX(linkage->n_units, 1)),
      .members = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
  };
}

void closure_clear(struct closure *closure)
{
  g_hash_table_unref(closure->definers);
  g_free(closure->has_main);
  g_free(closure->is_member);
  g_array_unref(closure->members);
}

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

void closure_note_unit(struct closure *closure, uint32_t index)
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

const char *programs_unit_path(const struct linkage *linkage, uint32_t unit)
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

void closure_add(struct closure *closure, uint32_t unit)
{
  if (closure->is_member[unit])
    return;
  closure->is_member[unit] = true;
  g_array_append_val(closure->members, unit);
}

const GArray *closure_definers_of(const struct closure *closure, const char *symbol)
{
  return g_hash_table_lookup(closure->definers, symbol);
}

void closure_each_need(const struct closure *closure, uint32_t index,
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

bool closure_is_satisfied(const struct closure *closure, const GArray *units)
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
  const GArray *units = closure_definers_of(count->closure, symbol);
  count->n += units != NULL && !closure_is_satisfied(count->closure, units);
}

/* Of several units that define a symbol, the one that needs the least of others: a program that
 * does not have the big one already has the small one. Then the nearest, then the first. */
static uint32_t choose(const struct closure *closure, const GArray *units, uint32_t from)
{
  uint32_t best = LINK_NONE, least = UINT32_MAX;
  size_t most = 0;
  const char *home = programs_unit_path(closure->linkage, from);
  for (guint i = 0; i < units->len; i++) {
    uint32_t unit = g_array_index(units, uint32_t, i);
    if (closure->has_main[unit])
      continue;
    struct count count = {closure, 0};
    closure_each_need(closure, unit, count_need, &count);
    size_t near = common_folder(home, programs_unit_path(closure->linkage, unit)) + 1;
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
  const GArray *units = closure_definers_of(needs->closure, symbol);
  if (units == NULL || closure_is_satisfied(needs->closure, units))
    return;
  struct need need = {symbol, needs->from};
  if (units->len > 1)
    g_array_append_val(needs->open, need);
  else if (!needs->closure->has_main[g_array_index(units, uint32_t, 0)])
    closure_add(needs->closure, g_array_index(units, uint32_t, 0));
}

static gint compare_units(gconstpointer left, gconstpointer right)
{
  uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
  return (a > b) - (a < b);
}

void closure_complete(struct closure *closure, const GPtrArray *names)
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
      closure_each_need(closure, unit, meet, &needs);
      continue;
    }
    struct need need = g_array_index(open, struct need, n_tried++);
    const GArray *units = closure_definers_of(closure, need.symbol);
    if (closure_is_satisfied(closure, units))
      continue;
    uint32_t unit = choose(closure, units, need.from);
    if (unit != LINK_NONE)
      closure_add(closure, unit);
  }
  g_array_sort(closure->members, compare_units);
}

void closure_restart(struct closure *closure)
{
  g_array_set_size(closure->members, 0);
  memset(closure->is_member, 0, MAX(closure->linkage->n_units, 1) * sizeof(bool));
}

void closure_add_all(struct closure *closure, const GArray *units)
{
  for (guint i = 0; i < units->len; i++)
    closure_add(closure, g_array_index(units, uint32_t, i));
}

bool closure_defines_main(const struct closure *closure)
{
  for (guint i = 0; i < closure->members->len; i++) {
    if (closure->has_main[g_array_index(closure->members, uint32_t, i)])
      return true;
  }
  return false;
}

void closure_mark_linked(const struct closure *closure, bool *is_linked)
{
  for (guint i = 0; i < closure->members->len; i++)
    is_linked[g_array_index(closure->members, uint32_t, i)] = true;
}

GArray *programs_without(const GArray *units, const GArray *others)
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
