#include "analyzer/linkage.h"

#include "store/identity.h"

#include <string.h>

static const char *file_path(const struct unit *unit, uint32_t file)
{
  if (file == UNIT_NONE || (unit->files[file].flags & UNIT_FILE_INSIDE) == 0)
    return "";
  return unit_string(unit, unit->files[file].path);
}

const char *linkage_string(struct linkage *linkage, const char *text)
{
  return g_string_chunk_insert_const(linkage->strings, text);
}

/* ---- routines ---- */

enum home { HOME_OUTSIDE, HOME_C, HOME_ASSEMBLY };

static uint32_t add_routine(struct linkage *linkage, uint32_t unit, uint32_t row, const char *file,
                            enum home kind)
{
  bool is_defined = kind == HOME_C;
  const struct unit *from = linkage_unit(linkage, unit);
  const struct unit_routine *routine = &from->routines[row];
  const char *name = unit_string(from, routine->name);
  bool is_static = (routine->flags & UNIT_ROUTINE_STATIC) != 0;
  const char *home = is_defined ? file : "";
  const char *linkage_kind = is_defined && is_static ? "static" : "";
  if (kind == HOME_ASSEMBLY)
    linkage_kind = "assembly";
  g_autofree char *key = g_strdup_printf("%s\n%s\n%s", name, home, linkage_kind);
  gpointer found = NULL;
  if (g_hash_table_lookup_extended(linkage->routine_keys, key, NULL, &found)) {
    struct link_routine *known = linkage_routine(linkage, GPOINTER_TO_UINT(found));
    if (!is_defined && *file != '\0' && (*known->file == '\0' || strcmp(file, known->file) < 0)) {
      known->file = file;
      known->unit = unit;
      known->row = row;
    }
    return GPOINTER_TO_UINT(found);
  }
  struct link_routine fresh = {
      .id = store_id("routine", name, home, linkage_kind, NULL),
      .name = name,
      .symbol = unit_string(from, routine->assembler),
      .file = file,
      .unit = unit,
      .row = row,
      .is_defined = is_defined,
      .is_assembly = kind == HOME_ASSEMBLY,
  };
  uint32_t index = linkage->routines->len;
  g_array_append_val(linkage->routines, fresh);
  g_hash_table_insert(linkage->routine_keys, g_steal_pointer(&key), GUINT_TO_POINTER(index));
  return index;
}

static void join_routines(struct linkage *linkage, uint32_t unit)
{
  const struct unit *from = linkage_unit(linkage, unit);
  uint32_t *map = g_new(uint32_t, MAX(from->n_routines, 1));
  for (uint32_t i = 0; i < from->n_routines; i++) {
    const struct unit_routine *routine = &from->routines[i];
    bool is_defined = (routine->flags & UNIT_ROUTINE_DEFINED) != 0;
    map[i] = LINK_NONE;
    if (is_defined)
      map[i] = add_routine(linkage, unit, i, file_path(from, routine->file), HOME_C);
  }
  linkage->units[unit].routines = map;
  linkage->units[unit].stands = g_new0(bool, MAX(from->n_routines, 1));
}

/* ---- variables ---- */

static bool has_static_storage(const struct unit_object *object)
{
  return object->kind == UNIT_OBJECT_GLOBAL || object->kind == UNIT_OBJECT_STATIC ||
         object->kind == UNIT_OBJECT_STATIC_LOCAL;
}

static uint32_t add_object(struct linkage *linkage, uint32_t unit, uint32_t row, const char *file,
                           bool is_defined)
{
  const struct unit *from = linkage_unit(linkage, unit);
  const struct unit_object *object = &from->objects[row];
  const char *name = unit_string(from, object->name);
  uint32_t routine = LINK_NONE;
  const char *owner = "";
  if (object->kind == UNIT_OBJECT_STATIC_LOCAL && object->routine != UNIT_NONE) {
    routine = linkage->units[unit].routines[object->routine];
    owner = unit_string(from, from->routines[object->routine].name);
  }
  g_autofree char *line =
      g_strdup_printf("%u:%u", object->kind == UNIT_OBJECT_STATIC_LOCAL ? object->line : 0,
                      object->kind == UNIT_OBJECT_STATIC_LOCAL ? object->column : 0);
  const char *linkage_kind = object->kind == UNIT_OBJECT_GLOBAL ? "global" : "static";
  g_autofree char *key =
      g_strjoin("\n", name, is_defined ? file : "", owner, line, linkage_kind, NULL);
  gpointer found = NULL;
  if (g_hash_table_lookup_extended(linkage->object_keys, key, NULL, &found)) {
    struct link_object *known = linkage_object(linkage, GPOINTER_TO_UINT(found));
    const struct unit_object *old = &linkage_unit(linkage, known->unit)->objects[known->row];
    /* The row with the initialiser says the most. */
    if ((object->flags & UNIT_OBJECT_INITIALISED) != 0 &&
        (old->flags & UNIT_OBJECT_INITIALISED) == 0) {
      known->unit = unit;
      known->row = row;
    }
    if (*known->file == '\0')
      known->file = file;
    return GPOINTER_TO_UINT(found);
  }
  struct link_object fresh = {
      .id = store_id("object", name, is_defined ? file : "", owner, line, linkage_kind, NULL),
      .name = name,
      .file = file,
      .unit = unit,
      .row = row,
      .routine = routine,
      .is_defined = is_defined,
  };
  uint32_t index = linkage->objects->len;
  g_array_append_val(linkage->objects, fresh);
  g_hash_table_insert(linkage->object_keys, g_steal_pointer(&key), GUINT_TO_POINTER(index));
  return index;
}

static void join_objects(struct linkage *linkage, uint32_t unit)
{
  const struct unit *from = linkage_unit(linkage, unit);
  uint32_t *map = g_new(uint32_t, MAX(from->n_objects, 1));
  for (uint32_t i = 0; i < from->n_objects; i++) {
    const struct unit_object *object = &from->objects[i];
    bool is_reserved = (object->flags & (UNIT_OBJECT_DEFINED | UNIT_OBJECT_TENTATIVE)) != 0 ||
                       object->kind != UNIT_OBJECT_GLOBAL;
    map[i] = LINK_NONE;
    if (has_static_storage(object) && is_reserved)
      map[i] = add_object(linkage, unit, i, file_path(from, object->file), true);
  }
  linkage->units[unit].objects = map;
}

/* ---- types and paths ---- */

static void join_types(struct linkage *linkage, uint32_t unit)
{
  static const char *const kinds[] = {"struct", "union", "enum", "typedef"};
  const struct unit *from = linkage_unit(linkage, unit);
  uint32_t *map = g_new(uint32_t, MAX(from->n_types, 1));
  for (uint32_t i = 0; i < from->n_types; i++) {
    const struct unit_type *type = &from->types[i];
    const char *name = unit_string(from, type->name);
    g_autofree char *rest =
        type->is_complete != 0 || type->kind == UNIT_TYPEDEF
            ? g_strdup_printf("%u:%u:%" G_GINT64_MODIFIER "x", *name == '\0' ? type->line : 0,
                              *name == '\0' ? type->column : 0, (guint64)type->layout)
            : g_strdup("");
    const char *file =
        type->file == UNIT_NONE ? "" : unit_string(from, from->files[type->file].path);
    if (type->is_complete == 0 && type->kind != UNIT_TYPEDEF)
      file = "";
    g_autofree char *key = g_strjoin("\n", kinds[type->kind], name, file, rest, NULL);
    gpointer found = NULL;
    if (g_hash_table_lookup_extended(linkage->type_keys, key, NULL, &found)) {
      map[i] = GPOINTER_TO_UINT(found);
      continue;
    }
    struct link_type fresh = {store_id("type", key, NULL), unit, i};
    map[i] = linkage->types->len;
    g_hash_table_insert(linkage->type_keys, g_steal_pointer(&key), GUINT_TO_POINTER(map[i]));
    g_array_append_val(linkage->types, fresh);
  }
  linkage->units[unit].types = map;
}

static void measure_paths(struct linkage *linkage, uint32_t unit)
{
  struct link_unit *here = &linkage->units[unit];
  const struct unit *from = here->unit;
  here->path_offsets = g_new0(uint32_t, MAX(from->n_paths, 1));
  here->path_types = g_new(uint32_t, MAX(from->n_paths, 1));
  here->path_types[0] = LINK_NONE;
  for (uint32_t i = 1; i < from->n_paths; i++) {
    const struct unit_path *path = &from->paths[i];
    here->path_offsets[i] = here->path_offsets[path->parent];
    here->path_types[i] = here->path_types[path->parent];
    if (path->field == UNIT_NONE)
      continue;
    const struct unit_field *field = &from->fields[path->field];
    here->path_offsets[i] += field->bit_offset / 8;
    if (here->path_types[i] == LINK_NONE)
      here->path_types[i] = here->types[field->type_id];
  }
}

/* ---- rows by routine ---- */

/* Sorts rows by the routine that they belong to, in linear time and keeping their order. */
static void index_rows(const struct unit *unit, const uint32_t *owners, uint32_t n, uint32_t **rows,
                       uint32_t **first)
{
  *rows = g_new(uint32_t, MAX(n, 1));
  *first = g_new0(uint32_t, unit->n_routines + 2);
  for (uint32_t i = 0; i < n; i++) {
    if (owners[i] != UNIT_NONE)
      (*first)[owners[i] + 2]++;
  }
  for (uint32_t i = 2; i < unit->n_routines + 2; i++)
    (*first)[i] += (*first)[i - 1];
  for (uint32_t i = 0; i < n; i++) {
    if (owners[i] != UNIT_NONE)
      (*rows)[(*first)[owners[i] + 1]++] = i;
  }
}

static void index_unit(struct link_unit *here)
{
  const struct unit *unit = here->unit;
  uint32_t n_owners = MAX(MAX(unit->n_calls, unit->n_edges), unit->n_accesses);
  g_autofree uint32_t *owners = g_new(uint32_t, MAX(n_owners, 1));
  for (uint32_t i = 0; i < unit->n_calls; i++)
    owners[i] = unit->calls[i].caller;
  index_rows(unit, owners, unit->n_calls, &here->calls_by_routine, &here->first_call);
  for (uint32_t i = 0; i < unit->n_edges; i++)
    owners[i] = unit->edges[i].routine;
  here->result_nodes = g_new(uint32_t, MAX(unit->n_routines, 1));
  memset(here->result_nodes, 0xff, MAX(unit->n_routines, 1) * sizeof *here->result_nodes);
  for (uint32_t i = 0; i < unit->n_nodes; i++) {
    if (unit->nodes[i].kind == UNIT_NODE_RESULT)
      here->result_nodes[unit->nodes[i].index] = i;
  }
  index_rows(unit, owners, unit->n_edges, &here->edges_by_routine, &here->first_edge);
  for (uint32_t i = 0; i < unit->n_accesses; i++)
    owners[i] = unit->accesses[i].routine;
  index_rows(unit, owners, unit->n_accesses, &here->accesses_by_routine, &here->first_access);
}

/* ---- life ---- */

static void program_free(gpointer data)
{
  struct link_program *program = data;
  g_free(program->name);
  g_array_unref(program->own);
  g_array_unref(program->units);
  g_hash_table_unref(program->routines);
  g_hash_table_unref(program->objects);
  g_hash_table_unref(program->ifuncs);
  g_hash_table_unref(program->assembly);
  g_hash_table_unref(program->wraps);
  g_free(program);
}

struct linkage *linkage_new(const struct unit *const *units, const int64_t *ids, uint32_t n_units)
{
  struct linkage *linkage = g_new0(struct linkage, 1);
  linkage->units = g_new0(struct link_unit, MAX(n_units, 1));
  linkage->n_units = n_units;
  linkage->routines = g_array_new(FALSE, FALSE, sizeof(struct link_routine));
  linkage->objects = g_array_new(FALSE, FALSE, sizeof(struct link_object));
  linkage->types = g_array_new(FALSE, FALSE, sizeof(struct link_type));
  linkage->programs = g_ptr_array_new_with_free_func(program_free);
  linkage->routine_keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  linkage->object_keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  linkage->type_keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  linkage->strings = g_string_chunk_new(1 << 16);
  for (uint32_t i = 0; i < n_units; i++) {
    linkage->units[i].unit = units[i];
    linkage->units[i].id = ids[i];
    join_routines(linkage, i);
    join_objects(linkage, i);
    join_types(linkage, i);
    measure_paths(linkage, i);
    index_unit(&linkage->units[i]);
    linkage->units[i].sites = g_new0(int64_t, MAX(units[i]->n_calls, 1));
  }
  linkage_stand_in(linkage, NULL);
  return linkage;
}

void linkage_free(struct linkage *linkage)
{
  if (linkage == NULL)
    return;
  for (uint32_t i = 0; i < linkage->n_units; i++) {
    struct link_unit *unit = &linkage->units[i];
    g_free(unit->routines);
    g_free(unit->objects);
    g_free(unit->types);
    g_free(unit->path_offsets);
    g_free(unit->path_types);
    g_free(unit->result_nodes);
    g_free(unit->calls_by_routine);
    g_free(unit->first_call);
    g_free(unit->edges_by_routine);
    g_free(unit->first_edge);
    g_free(unit->accesses_by_routine);
    g_free(unit->first_access);
    g_free(unit->sites);
    g_free(unit->stands);
    unit_symbols_free(unit->symbols);
  }
  g_free(linkage->units);
  g_array_unref(linkage->routines);
  g_array_unref(linkage->objects);
  g_array_unref(linkage->types);
  g_ptr_array_unref(linkage->programs);
  g_hash_table_unref(linkage->routine_keys);
  g_hash_table_unref(linkage->object_keys);
  g_hash_table_unref(linkage->type_keys);
  g_string_chunk_free(linkage->strings);
  id_map_clear(&linkage->compatible);
  g_free(linkage);
}

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
  if (units->len != 0)
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
  return add_routine(linkage, unit, row, file_path(from, routine->file),
                     is_assembly ? HOME_ASSEMBLY : HOME_OUTSIDE);
}

uint32_t linkage_resolve_routine(struct linkage *linkage, const struct link_program *program,
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

uint32_t linkage_resolve_object(struct linkage *linkage, const struct link_program *program,
                                uint32_t unit, uint32_t row)
{
  const struct unit *from = linkage_unit(linkage, unit);
  const struct unit_object *object = &from->objects[row];
  uint32_t own = linkage->units[unit].objects[row];
  if (object->kind != UNIT_OBJECT_GLOBAL)
    return own;
  const struct link_symbol *found =
      g_hash_table_lookup(program->objects, unit_string(from, object->assembler));
  if (found != NULL)
    return linkage->units[found->unit].objects[found->row];
  if (own != LINK_NONE)
    return own;
  return add_object(linkage, unit, row, file_path(from, object->file), false);
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

/* ---- layouts ---- */

uint32_t linkage_record(const struct linkage *linkage, uint32_t unit, uint32_t type)
{
  const struct unit *from = linkage_unit(linkage, unit);
  for (int steps = 0; type != UNIT_NONE && from->types[type].kind == UNIT_TYPEDEF; steps++)
    type = steps < 16 ? from->types[type].record : UNIT_NONE;
  if (type == UNIT_NONE || from->types[type].kind == UNIT_ENUM)
    return LINK_NONE;
  return linkage->units[unit].types[type];
}

uint64_t linkage_size(const struct linkage *linkage, uint32_t type)
{
  const struct link_type *known = &g_array_index(linkage->types, struct link_type, type);
  const struct unit *unit = linkage_unit(linkage, known->unit);
  const struct unit_type *row = &unit->types[known->row];
  if (row->is_complete == 0 || row->size == 0)
    return 0;
  bool has_tail =
      row->n_fields != 0 && unit->fields[row->first_field + row->n_fields - 1].bit_size == 0;
  return row->size + (has_tail ? 1 : 0);
}

/* One begins with all fields of the other. */
static bool is_prefix(const struct linkage *linkage, uint32_t left, uint32_t right)
{
  const struct link_type *a = &g_array_index(linkage->types, struct link_type, left);
  const struct link_type *b = &g_array_index(linkage->types, struct link_type, right);
  const struct unit *unit_a = linkage_unit(linkage, a->unit);
  const struct unit *unit_b = linkage_unit(linkage, b->unit);
  const struct unit_type *type_a = &unit_a->types[a->row];
  const struct unit_type *type_b = &unit_b->types[b->row];
  uint32_t n = MIN(type_a->n_fields, type_b->n_fields);
  if (n == 0)
    return type_a->is_complete == 0 || type_b->is_complete == 0;
  for (uint32_t i = 0; i < n; i++) {
    const struct unit_field *field_a = &unit_a->fields[type_a->first_field + i];
    const struct unit_field *field_b = &unit_b->fields[type_b->first_field + i];
    if (field_a->bit_offset != field_b->bit_offset ||
        strcmp(unit_string(unit_a, field_a->type), unit_string(unit_b, field_b->type)) != 0)
      return false;
  }
  return true;
}

/* The field of a record that covers a byte, from `*next` on; LINK_NONE when there is no other. A
 * union has several. */
static uint32_t next_covering(const struct unit *unit, const struct unit_type *type,
                              uint32_t offset, uint32_t *next)
{
  while (*next < type->n_fields) {
    uint32_t row = type->first_field + (*next)++;
    const struct unit_field *field = &unit->fields[row];
    uint32_t start = field->bit_offset / 8;
    uint32_t size = (field->bit_size + 7) / 8;
    if (offset >= start && (size == 0 || offset < start + size))
      return row;
  }
  return LINK_NONE;
}

static enum link_fit fit(struct linkage *linkage, uint32_t type, uint32_t offset,
                         uint32_t access_type, int depth);

/* Whether a record may lie in a field because it is an array of bytes: one that is large enough, or
 * that stands for as many as there are. */
static bool has_room(const struct linkage *linkage, const struct unit_field *field, uint32_t offset,
                     uint32_t access_type)
{
  const uint32_t bytes = UNIT_VALUE_ARRAY | UNIT_VALUE_CHARACTER;
  const uint32_t pointers = UNIT_VALUE_POINTER | UNIT_VALUE_ROUTINE_POINTER;
  if ((field->flags & bytes) != bytes || (field->flags & pointers) != 0)
    return false;
  return field->bit_size <= 8 || linkage_size(linkage, access_type) <= field->bit_size / 8 - offset;
}

static enum link_fit member_fit(struct linkage *linkage, const struct link_type *owner,
                                uint32_t offset, uint32_t access_type, int depth)
{
  const struct unit *unit = linkage_unit(linkage, owner->unit);
  const struct unit_type *type = &unit->types[owner->row];
  if (type->is_complete == 0)
    return LINK_FIT;
  enum link_fit best = LINK_MISFIT;
  uint32_t next = 0, row;
  while ((row = next_covering(unit, type, offset, &next)) != LINK_NONE && best != LINK_FIT) {
    const struct unit_field *field = &unit->fields[row];
    if (has_room(linkage, field, offset - field->bit_offset / 8, access_type))
      best = LINK_RAW;
    if ((field->flags & UNIT_VALUE_RECORD) == 0 || (field->flags & UNIT_VALUE_POINTER) != 0)
      continue;
    uint32_t inner = linkage_record(linkage, owner->unit, field->record);
    enum link_fit one = inner == LINK_NONE ? LINK_FIT
                                           : fit(linkage, inner, offset - field->bit_offset / 8,
                                                 access_type, depth + 1);
    best = one == LINK_FIT || best == LINK_MISFIT ? one : best;
  }
  return best;
}

/* A union may be entered through any member. */
static bool union_holds(struct linkage *linkage, uint32_t access_type, uint32_t type)
{
  const struct link_type *access = &g_array_index(linkage->types, struct link_type, access_type);
  const struct unit *unit = linkage_unit(linkage, access->unit);
  const struct unit_type *row = &unit->types[access->row];
  if (row->kind != UNIT_UNION)
    return false;
  for (uint32_t i = 0; i < row->n_fields; i++) {
    const struct unit_field *field = &unit->fields[row->first_field + i];
    uint32_t member = LINK_NONE;
    if ((field->flags & UNIT_VALUE_RECORD) != 0)
      member = linkage_record(linkage, access->unit, field->record);
    if (member != LINK_NONE && (member == type || is_prefix(linkage, member, type)))
      return true;
  }
  return false;
}

static enum link_fit fit(struct linkage *linkage, uint32_t type, uint32_t offset,
                         uint32_t access_type, int depth)
{
  if (offset == 0 && (type == access_type || is_prefix(linkage, type, access_type) ||
                      union_holds(linkage, access_type, type)))
    return LINK_FIT;
  if (depth > 8)
    return LINK_RAW;
  struct link_type owner = g_array_index(linkage->types, struct link_type, type);
  return member_fit(linkage, &owner, offset, access_type, depth);
}

enum link_fit linkage_fit(struct linkage *linkage, uint32_t type, uint32_t offset,
                          uint32_t access_type)
{
  if (type == access_type && offset == 0)
    return LINK_FIT;
  if (type >= 1u << 22 || access_type >= 1u << 22 || offset >= 1u << 19)
    return LINK_RAW;
  uint64_t key = (uint64_t)type << 41 | (uint64_t)access_type << 19 | offset;
  uint32_t answer = id_map_get(&linkage->compatible, key);
  if (answer == UINT32_MAX) {
    answer = fit(linkage, type, offset, access_type, 0);
    id_map_put(&linkage->compatible, key, answer);
  }
  return (enum link_fit)answer;
}

enum link_leaf linkage_leaf_at(const struct linkage *linkage, uint32_t type, uint32_t offset,
                               uint32_t *unit, const struct unit_field **field)
{
  *field = NULL;
  for (int depth = 0; type != LINK_NONE && depth < 16; depth++) {
    const struct link_type *owner = &g_array_index(linkage->types, struct link_type, type);
    const struct unit *from = linkage_unit(linkage, owner->unit);
    const struct unit_type *record = &from->types[owner->row];
    if (record->kind == UNIT_UNION || record->is_complete == 0)
      return LINK_ANY_LEAF;
    uint32_t next = 0;
    uint32_t row = next_covering(from, record, offset, &next);
    if (row == LINK_NONE)
      return LINK_NO_LEAF;
    const struct unit_field *found = &from->fields[row];
    offset -= found->bit_offset / 8;
    const uint32_t shaped = UNIT_VALUE_POINTER | UNIT_VALUE_RECORD | UNIT_VALUE_ROUTINE_POINTER;
    if ((found->flags & UNIT_VALUE_ARRAY) != 0 && (found->flags & shaped) == 0 && offset == 0)
      return LINK_ANY_LEAF;
    bool is_record =
        (found->flags & UNIT_VALUE_RECORD) != 0 && (found->flags & UNIT_VALUE_POINTER) == 0;
    if (!is_record) {
      *unit = owner->unit;
      *field = offset == 0 ? found : NULL;
      return offset == 0 ? LINK_LEAF : LINK_NO_LEAF;
    }
    type = linkage_record(linkage, owner->unit, found->record);
  }
  return LINK_ANY_LEAF;
}

bool linkage_is_text(const struct linkage *linkage, uint32_t type, uint32_t offset)
{
  for (int depth = 0; type != LINK_NONE && depth < 16; depth++) {
    const struct link_type *owner = &g_array_index(linkage->types, struct link_type, type);
    const struct unit *from = linkage_unit(linkage, owner->unit);
    uint32_t next = 0;
    uint32_t row = next_covering(from, &from->types[owner->row], offset, &next);
    if (row == LINK_NONE)
      return false;
    const struct unit_field *field = &from->fields[row];
    if ((field->flags & (UNIT_VALUE_POINTER | UNIT_VALUE_ROUTINE_POINTER)) != 0)
      return false;
    if ((field->flags & UNIT_VALUE_RECORD) == 0)
      return true;
    offset -= field->bit_offset / 8;
    type = linkage_record(linkage, owner->unit, field->record);
  }
  return true;
}

char *linkage_field_at(const struct linkage *linkage, uint32_t type, uint32_t offset)
{
  GString *text = g_string_new(NULL);
  for (int depth = 0; type != LINK_NONE && depth < 8; depth++) {
    const struct link_type *owner = &g_array_index(linkage->types, struct link_type, type);
    const struct unit *unit = linkage_unit(linkage, owner->unit);
    uint32_t next = 0;
    uint32_t row = next_covering(unit, &unit->types[owner->row], offset, &next);
    if (row == LINK_NONE)
      break;
    const struct unit_field *field = &unit->fields[row];
    const char *name = unit_string(unit, field->name);
    if (*name != '\0') {
      if (text->len != 0)
        g_string_append_c(text, '.');
      g_string_append(text, name);
    }
    bool is_record =
        (field->flags & UNIT_VALUE_RECORD) != 0 && (field->flags & UNIT_VALUE_POINTER) == 0;
    type = is_record ? linkage_record(linkage, owner->unit, field->record) : LINK_NONE;
    offset -= field->bit_offset / 8;
  }
  return g_string_free(text, FALSE);
}

struct field_search {
  const struct linkage *linkage;
  bool (*matches)(const char *path, const void *context);
  const void *context;
  GString *path;
};

static bool search_fields(struct field_search *search, uint32_t type, uint32_t offset, int depth)
{
  const struct link_type *owner = &g_array_index(search->linkage->types, struct link_type, type);
  const struct unit *unit = linkage_unit(search->linkage, owner->unit);
  gsize length = search->path->len;
  uint32_t next = 0, row;
  bool is_found = false;
  while (!is_found &&
         (row = next_covering(unit, &unit->types[owner->row], offset, &next)) != LINK_NONE) {
    const struct unit_field *field = &unit->fields[row];
    const char *name = unit_string(unit, field->name);
    g_string_append_printf(search->path, "%s%s", length != 0 && *name != '\0' ? "." : "", name);
    bool is_record =
        (field->flags & UNIT_VALUE_RECORD) != 0 && (field->flags & UNIT_VALUE_POINTER) == 0;
    uint32_t inner =
        is_record ? linkage_record(search->linkage, owner->unit, field->record) : LINK_NONE;
    is_found = search->matches(search->path->str, search->context) ||
               (inner != LINK_NONE && depth < 8 &&
                search_fields(search, inner, offset - field->bit_offset / 8, depth + 1));
    g_string_truncate(search->path, length);
  }
  return is_found;
}

bool linkage_has_field_at(const struct linkage *linkage, uint32_t type, uint32_t offset,
                          bool (*matches)(const char *path, const void *context),
                          const void *context)
{
  struct field_search search = {linkage, matches, context, g_string_new(NULL)};
  bool is_found = type != LINK_NONE && search_fields(&search, type, offset, 0);
  g_string_free(search.path, TRUE);
  return is_found;
}

static void append_path(const struct unit *unit, uint32_t path, GString *text)
{
  if (path == 0)
    return;
  append_path(unit, unit->paths[path].parent, text);
  if (unit->paths[path].field == UNIT_NONE)
    return;
  const char *name = unit_string(unit, unit->fields[unit->paths[path].field].name);
  if (*name == '\0')
    return;
  if (text->len != 0)
    g_string_append_c(text, '.');
  g_string_append(text, name);
}

char *linkage_path_text(const struct unit *unit, uint32_t path)
{
  GString *text = g_string_new(NULL);
  append_path(unit, path, text);
  return g_string_free(text, FALSE);
}
