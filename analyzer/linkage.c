#include "analyzer/linkage_parts.h"

#include "store/identity.h"

#include <string.h>

const char *linkage_file_path(const struct unit *unit, uint32_t file)
{
  if (file == UNIT_NONE || (unit->files[file].flags & UNIT_FILE_INSIDE) == 0)
    return "";
  return unit_string(unit, unit->files[file].path);
}

const char *linkage_string(struct linkage *linkage, const char *text)
{
  g_mutex_lock(&linkage->strings_lock);
  const char *kept = g_string_chunk_insert_const(linkage->strings, text);
  g_mutex_unlock(&linkage->strings_lock);
  return kept;
}

/* ---- keys ---- */

char *linkage_write_number(char *to, uint64_t number, unsigned base)
{
  char digits[24];
  unsigned n = 0;
  do {
    digits[n++] = "0123456789abcdef"[number % base];
    number /= base;
  } while (number != 0);
  while (n != 0)
    *to++ = digits[--n];
  return to;
}

/* Three lines; valid until the next key. */
static const char *key_of(struct linkage *linkage, const char *first, const char *second,
                          const char *third)
{
  GString *key = linkage->key;
  g_string_truncate(key, 0);
  g_string_append(key, first);
  g_string_append_c(key, '\n');
  g_string_append(key, second);
  g_string_append_c(key, '\n');
  g_string_append(key, third);
  return key->str;
}

/* ---- routines ---- */

uint32_t linkage_add_routine(struct linkage *linkage, uint32_t unit, uint32_t row, const char *file,
                             enum link_home kind)
{
  bool is_defined = kind == LINK_HOME_C;
  const struct unit *from = linkage_unit(linkage, unit);
  const struct unit_routine *routine = &from->routines[row];
  const char *name = unit_string(from, routine->name);
  bool is_static = (routine->flags & UNIT_ROUTINE_STATIC) != 0;
  const char *home = is_defined ? file : "";
  const char *linkage_kind = is_defined && is_static ? "static" : "";
  if (kind == LINK_HOME_ASSEMBLY)
    linkage_kind = "assembly";
  const char *key = key_of(linkage, name, home, linkage_kind);
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
      .line = routine->line,
      .place = is_defined ? store_id("file", file, NULL) : 0,
      .is_defined = is_defined,
      .is_assembly = kind == LINK_HOME_ASSEMBLY,
  };
  uint32_t index = linkage->routines->len;
  g_array_append_val(linkage->routines, fresh);
  g_hash_table_insert(linkage->routine_keys, g_strdup(key), GUINT_TO_POINTER(index));
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
      map[i] = linkage_add_routine(linkage, unit, i, linkage_file_path(from, routine->file),
                                   LINK_HOME_C);
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

uint32_t linkage_add_object(struct linkage *linkage, uint32_t unit, uint32_t row, const char *file,
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
    /* File and row belong together: the line of a row is a line of the file. */
    if (*known->file == '\0' && *file != '\0') {
      known->file = file;
      known->unit = unit;
      known->row = row;
    }
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
      map[i] = linkage_add_object(linkage, unit, i, linkage_file_path(from, object->file), true);
  }
  linkage->units[unit].objects = map;
}

/* ---- types and paths ---- */

/* "line:column:layout"; what has a name may stand anywhere. */
static void write_layout(const struct unit_type *type, bool is_placed, char *to)
{
  to = linkage_write_number(to, is_placed ? type->line : 0, 10);
  *to++ = ':';
  to = linkage_write_number(to, is_placed ? type->column : 0, 10);
  *to++ = ':';
  *linkage_write_number(to, (uint64_t)type->layout, 16) = '\0';
}

static void join_types(struct linkage *linkage, uint32_t unit)
{
  static const char *const kinds[] = {"struct", "union", "enum", "typedef"};
  const struct unit *from = linkage_unit(linkage, unit);
  uint32_t *map = g_new(uint32_t, MAX(from->n_types, 1));
  for (uint32_t i = 0; i < from->n_types; i++) {
    const struct unit_type *type = &from->types[i];
    const char *name = unit_string(from, type->name);
    const char *file =
        type->file == UNIT_NONE ? "" : unit_string(from, from->files[type->file].path);
    char layout[80] = "\n";
    if (type->is_complete == 0 && type->kind != UNIT_TYPEDEF)
      file = "";
    else
      write_layout(type, *name == '\0', layout + 1);
    key_of(linkage, kinds[type->kind], name, file);
    const char *key = g_string_append(linkage->key, layout)->str;
    gpointer found = NULL;
    if (g_hash_table_lookup_extended(linkage->type_keys, key, NULL, &found)) {
      map[i] = GPOINTER_TO_UINT(found);
      continue;
    }
    struct link_type fresh = {store_id("type", key, NULL), unit, i};
    map[i] = linkage->types->len;
    g_hash_table_insert(linkage->type_keys, g_strdup(key), GUINT_TO_POINTER(map[i]));
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
  for (guint i = 0; i < program->units->len; i++) {
    g_free(program->known_routines[g_array_index(program->units, uint32_t, i)]);
    g_free(program->known_objects[g_array_index(program->units, uint32_t, i)]);
  }
  g_free(program->known_routines);
  g_free(program->known_objects);
  g_free(program->name);
  g_array_unref(program->own);
  g_array_unref(program->units);
  g_array_unref(program->plug_ins);
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
  linkage->n_threads = 1;
  linkage->key = g_string_new(NULL);
  linkage->strings = g_string_chunk_new(1 << 16);
  g_mutex_init(&linkage->strings_lock);
  linkage->field_texts = g_ptr_array_new();
  for (uint32_t i = 0; i < n_units; i++) {
    linkage->units[i].unit = units[i];
    linkage->units[i].id = ids[i];
    join_routines(linkage, i);
    join_objects(linkage, i);
    join_types(linkage, i);
    measure_paths(linkage, i);
    index_unit(&linkage->units[i]);
    linkage->units[i].path_texts = g_new0(const char *, MAX(units[i]->n_paths, 1));
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
    g_free(unit->path_texts);
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
  g_mutex_clear(&linkage->strings_lock);
  g_string_free(linkage->key, TRUE);
  id_map_clear(&linkage->compatible);
  id_map_clear(&linkage->fields);
  g_ptr_array_unref(linkage->field_texts);
  g_free(linkage);
}
