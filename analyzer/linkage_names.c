#include "analyzer/linkage_parts.h"

#include <string.h>

/* ---- programs ---- */

/* The first strong definition wins, then the first weak one. */
static void define(GHashTable *table, const char *symbol, uint32_t unit, uint32_t row, bool is_weak)
{
  struct link_symbol *known = g_hash_table_lookup(table, symbol);
  if (known != NULL && (is_weak || !known->is_weak))
    return;
  struct link_symbol *fresh = g_new(struct link_symbol, 1);
  *fresh = (struct link_symbol){unit, row, is_weak};
  g_hash_table_replace(table, (gpointer)symbol, fresh);
}

/* The row of the routine that resolves an ifunc: it lives in the same unit. */
static uint32_t resolver_row(const struct unit *unit, const struct unit_routine *routine)
{
  const char *target = unit_string(unit, routine->target);
  for (uint32_t i = 0; i < unit->n_routines; i++) {
    if ((unit->routines[i].flags & UNIT_ROUTINE_DEFINED) != 0 &&
        strcmp(unit_string(unit, unit->routines[i].assembler), target) == 0)
      return i;
  }
  return UNIT_NONE;
}

static bool is_weak_in_object(const struct link_unit *here, const char *symbol)
{
  return here->symbols != NULL && here->symbols->weak != NULL &&
         g_hash_table_contains(here->symbols->weak, symbol);
}

static void define_routine(struct linkage *linkage, struct link_program *program, uint32_t index,
                           uint32_t row)
{
  const struct unit *unit = linkage_unit(linkage, index);
  const struct unit_routine *routine = &unit->routines[row];
  const uint32_t bodies = UNIT_ROUTINE_DEFINED | UNIT_ROUTINE_ALIAS | UNIT_ROUTINE_IFUNC;
  const char *symbol = unit_string(unit, routine->assembler);
  if ((routine->flags & UNIT_ROUTINE_IFUNC) != 0) {
    uint32_t resolver = resolver_row(unit, routine);
    if (resolver != UNIT_NONE)
      define(program->ifuncs, symbol, index, resolver, false);
  }
  if ((routine->flags & bodies) == 0 || (routine->flags & UNIT_ROUTINE_STATIC) != 0)
    return;
  bool is_weak = (routine->flags & (UNIT_ROUTINE_WEAK | UNIT_ROUTINE_INLINE)) != 0 ||
                 is_weak_in_object(&linkage->units[index], symbol);
  if (strcmp(unit_string(unit, routine->name), "main") == 0)
    program->has_main = true;
  define(program->routines, symbol, index, row, is_weak);
}

/* Symbols that assembly defines or gives a second name, see symbols.h. */
static void define_extra(struct linkage *linkage, struct link_program *program, uint32_t index)
{
  const struct unit_symbols *symbols = linkage->units[index].symbols;
  for (guint i = 0; symbols != NULL && i < symbols->extra->len; i++) {
    const struct unit_symbol *symbol = g_ptr_array_index(symbols->extra, i);
    if (symbol->routine == UNIT_NONE)
      g_hash_table_add(program->assembly, g_strdup(symbol->name));
    else if (symbol->is_ifunc)
      define(program->ifuncs, symbol->name, index, symbol->routine, false);
    else
      define(program->routines, symbol->name, index, symbol->routine, symbol->is_weak);
  }
}

static void define_all(struct linkage *linkage, struct link_program *program, uint32_t index)
{
  const struct unit *unit = linkage_unit(linkage, index);
  for (uint32_t i = 0; i < unit->n_routines; i++)
    define_routine(linkage, program, index, i);
  define_extra(linkage, program, index);
  for (uint32_t i = 0; i < unit->n_objects; i++) {
    const struct unit_object *object = &unit->objects[i];
    if (object->kind != UNIT_OBJECT_GLOBAL || linkage->units[index].objects[i] == LINK_NONE)
      continue;
    const char *symbol = unit_string(unit, object->assembler);
    bool is_weak = (object->flags & (UNIT_OBJECT_WEAK | UNIT_OBJECT_TENTATIVE)) != 0 ||
                   is_weak_in_object(&linkage->units[index], symbol);
    define(program->objects, symbol, index, i, is_weak);
  }
}

static gint compare_numbers(gconstpointer left, gconstpointer right)
{
  uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
  return (a > b) - (a < b);
}

static GArray *copy_units(const GArray *units)
{
  GArray *copy = g_array_new(FALSE, FALSE, sizeof(uint32_t));
  if (units != NULL && units->len != 0)
    g_array_append_vals(copy, units->data, units->len);
  g_array_sort(copy, compare_numbers);
  return copy;
}

static void add_texts(GHashTable *set, const GPtrArray *texts)
{
  for (guint i = 0; texts != NULL && i < texts->len; i++)
    g_hash_table_add(set, g_strdup(g_ptr_array_index(texts, i)));
}

struct link_program *linkage_add_program(struct linkage *linkage, const struct link_plan *plan)
{
  struct link_program *program = g_new0(struct link_program, 1);
  program->name = g_strdup(plan->name);
  program->source = plan->source;
  program->own = copy_units(plan->units);
  program->routines = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
  program->objects = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
  program->ifuncs = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
  program->assembly = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  program->wraps = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  add_texts(program->wraps, plan->wraps);
  add_texts(program->assembly, plan->assembly);
  for (guint i = 0; i < program->own->len; i++)
    define_all(linkage, program, g_array_index(program->own, uint32_t, i));
  g_autoptr(GArray) all = copy_units(plan->units);
  for (guint i = 0; plan->guests != NULL && i < plan->guests->len; i++) {
    uint32_t unit = g_array_index(plan->guests, uint32_t, i);
    define_all(linkage, program, unit);
    g_array_append_val(all, unit);
  }
  program->units = copy_units(all);
  program->plug_ins = copy_units(plan->plug_ins);
  program->number = linkage->programs->len;
  program->known_routines = g_new0(uint32_t *, MAX(linkage->n_units, 1));
  program->known_objects = g_new0(uint32_t *, MAX(linkage->n_units, 1));
  g_ptr_array_add(linkage->programs, program);
  return program;
}

/* The symbol that a unit's row refers to: --wrap turns those that the unit does not define. */
static const char *wrapped_symbol(struct linkage *linkage, const struct link_program *program,
                                  const char *symbol)
{
  if (g_hash_table_size(program->wraps) == 0)
    return symbol;
  if (g_str_has_prefix(symbol, "__real_") &&
      g_hash_table_contains(program->wraps, symbol + strlen("__real_")))
    return symbol + strlen("__real_");
  if (!g_hash_table_contains(program->wraps, symbol))
    return symbol;
  g_autofree char *wrapped = g_strconcat("__wrap_", symbol, NULL);
  return g_hash_table_contains(program->routines, wrapped) ? linkage_string(linkage, wrapped)
                                                           : symbol;
}

bool linkage_resolver(const struct linkage *linkage, const struct link_program *program,
                      uint32_t unit, uint32_t row, uint32_t *resolver_unit, uint32_t *resolver)
{
  if (g_hash_table_size(program->ifuncs) == 0)
    return false;
  const struct unit *from = linkage_unit(linkage, unit);
  const struct unit_routine *routine = &from->routines[row];
  if ((routine->flags & UNIT_ROUTINE_DEFINED) != 0)
    return false;
  const struct link_symbol *found =
      g_hash_table_lookup(program->ifuncs, unit_string(from, routine->assembler));
  if (found == NULL)
    return false;
  *resolver_unit = found->unit;
  *resolver = found->row;
  return true;
}

/* A routine that no body of the program's C is. */
static uint32_t resolve_outside(struct linkage *linkage, const struct link_program *program,
                                uint32_t unit, uint32_t row)
{
  const struct unit *from = linkage_unit(linkage, unit);
  const struct unit_routine *routine = &from->routines[row];
  bool is_assembly =
      g_hash_table_contains(program->assembly, unit_string(from, routine->assembler));
  return linkage_add_routine(linkage, unit, row, linkage_file_path(from, routine->file),
                             is_assembly ? LINK_HOME_ASSEMBLY : LINK_HOME_OUTSIDE);
}

/* Where the answer for a row is kept, which holds for good: 0 so far. */
static uint32_t *known_answer(uint32_t **known, uint32_t unit, uint32_t row, uint32_t n_rows)
{
  if (known[unit] == NULL)
    known[unit] = g_new0(uint32_t, n_rows);
  return &known[unit][row];
}

static uint32_t resolve_routine(struct linkage *linkage, const struct link_program *program,
                                uint32_t unit, uint32_t row)
{
  for (int steps = 0; steps < 8; steps++) {
    const struct unit *from = linkage_unit(linkage, unit);
    const struct unit_routine *routine = &from->routines[row];
    bool is_defined = (routine->flags & UNIT_ROUTINE_DEFINED) != 0;
    const char *symbol = unit_string(from, routine->assembler);
    bool is_own =
        is_defined && ((routine->flags & UNIT_ROUTINE_STATIC) != 0 ||
                       ((routine->flags & (UNIT_ROUTINE_WEAK | UNIT_ROUTINE_INLINE)) == 0 &&
                        !is_weak_in_object(&linkage->units[unit], symbol)));
    if (is_own)
      return linkage->units[unit].routines[row];
    if ((routine->flags & UNIT_ROUTINE_ALIAS) != 0)
      symbol = unit_string(from, routine->target);
    else if (!is_defined)
      symbol = wrapped_symbol(linkage, program, symbol);
    const struct link_symbol *found = g_hash_table_lookup(program->routines, symbol);
    if (found == NULL && is_defined)
      return linkage->units[unit].routines[row];
    if (found == NULL)
      break;
    const struct unit *home = linkage_unit(linkage, found->unit);
    if ((home->routines[found->row].flags & UNIT_ROUTINE_DEFINED) != 0)
      return linkage->units[found->unit].routines[found->row];
    if (found->unit == unit && found->row == row)
      break;
    unit = found->unit;
    row = found->row;
  }
  return resolve_outside(linkage, program, unit, row);
}

uint32_t linkage_resolve_routine(struct linkage *linkage, const struct link_program *program,
                                 uint32_t unit, uint32_t row)
{
  uint32_t *known =
      known_answer(program->known_routines, unit, row, linkage_unit(linkage, unit)->n_routines);
  if (*known == 0)
    *known = resolve_routine(linkage, program, unit, row) + 1;
  return *known - 1;
}

void linkage_look_up(const struct linkage *linkage, const struct link_program *program,
                     const char *symbol, void (*visit)(void *context, uint32_t unit, uint32_t row),
                     void *context)
{
  const struct link_symbol *found =
      symbol != NULL ? g_hash_table_lookup(program->routines, symbol) : NULL;
  if (found != NULL)
    visit(context, found->unit, found->row);
  for (guint i = 0; i < program->plug_ins->len; i++) {
    uint32_t index = g_array_index(program->plug_ins, uint32_t, i);
    const struct unit *unit = linkage_unit(linkage, index);
    for (uint32_t r = 0; r < unit->n_routines; r++) {
      const uint32_t mask = UNIT_ROUTINE_DEFINED | UNIT_ROUTINE_STATIC;
      const struct unit_routine *routine = &unit->routines[r];
      if ((routine->flags & mask) == UNIT_ROUTINE_DEFINED &&
          (symbol == NULL || strcmp(unit_string(unit, routine->assembler), symbol) == 0))
        visit(context, index, r);
    }
  }
}

static uint32_t resolve_global(struct linkage *linkage, const struct link_program *program,
                               uint32_t unit, uint32_t row)
{
  const struct unit *from = linkage_unit(linkage, unit);
  const struct unit_object *object = &from->objects[row];
  uint32_t own = linkage->units[unit].objects[row];
  const struct link_symbol *found =
      g_hash_table_lookup(program->objects, unit_string(from, object->assembler));
  if (found != NULL)
    return linkage->units[found->unit].objects[found->row];
  if (own != LINK_NONE)
    return own;
  return linkage_add_object(linkage, unit, row, linkage_file_path(from, object->file), false);
}

uint32_t linkage_resolve_object(struct linkage *linkage, const struct link_program *program,
                                uint32_t unit, uint32_t row)
{
  const struct unit *from = linkage_unit(linkage, unit);
  if (from->objects[row].kind != UNIT_OBJECT_GLOBAL)
    return linkage->units[unit].objects[row];
  uint32_t *known = known_answer(program->known_objects, unit, row, from->n_objects);
  if (*known == 0)
    *known = resolve_global(linkage, program, unit, row) + 1;
  return *known - 1;
}

/* Another configuration of a file may make another body of the same routine. */
static bool is_same_body(const struct unit *unit, const struct unit_routine *row,
                         const struct unit *first, const struct unit_routine *standing)
{
  bool is_source = row->file != UNIT_NONE && (unit->files[row->file].flags & UNIT_FILE_MAIN) != 0;
  return !is_source && row->n_statements == standing->n_statements &&
         row->end_line == standing->end_line &&
         strcmp(unit_string(unit, row->words), unit_string(first, standing->words)) == 0;
}

static void stand_in_unit(struct linkage *linkage, uint32_t index, bool *is_taken)
{
  struct link_unit *here = &linkage->units[index];
  for (uint32_t i = 0; i < here->unit->n_routines; i++) {
    uint32_t routine = here->routines[i];
    if (routine == LINK_NONE)
      continue;
    struct link_routine *known = linkage_routine(linkage, routine);
    if (!is_taken[routine]) {
      is_taken[routine] = true;
      known->unit = index;
      known->row = i;
      here->stands[i] = true;
      continue;
    }
    const struct unit *first = linkage_unit(linkage, known->unit);
    here->stands[i] =
        !is_same_body(here->unit, &here->unit->routines[i], first, &first->routines[known->row]);
  }
}

void linkage_stand_in(struct linkage *linkage, const struct link_program *program)
{
  g_autofree bool *is_taken = g_new0(bool, MAX(linkage->routines->len, 1));
  for (guint i = 0; program != NULL && i < program->units->len; i++)
    stand_in_unit(linkage, g_array_index(program->units, uint32_t, i), is_taken);
  for (uint32_t i = 0; program == NULL && i < linkage->n_units; i++)
    stand_in_unit(linkage, i, is_taken);
}

bool linkage_stands_for(const struct linkage *linkage, uint32_t unit, uint32_t row)
{
  return row == UNIT_NONE || linkage->units[unit].routines[row] == LINK_NONE ||
         linkage->units[unit].stands[row];
}
