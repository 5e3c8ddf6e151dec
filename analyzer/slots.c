#include "analyzer/slots.h"

#include <string.h>

struct slots {
  struct flow *flow;
  struct id_map fields;  /* record and offset in it -> 1 where something is stored */
  struct id_map objects; /* link object -> 1 */
  struct id_map taken;   /* link routine whose address is taken -> 1 */
  struct id_map given; /* routine and GIVEN_BITS parameters -> those that some call hands more than
                          NULL, see given_key() */
  uint8_t *is_noted;   /* by path of the present unit */
  bool is_built;
  GHashTable *libraries; /* folder of headers -> struct library; NULL: not looked for yet */
};

/* What is handed to the routines that the headers of one folder declare. */
struct library {
  struct id_set handed;  /* link routines */
  struct id_map holders; /* solver objects whose routines are among them -> 1 */
};

enum { GIVEN_BITS = 31 }; /* all bits of a value would mean that there is none */

/* The innermost field of a path, or UNIT_NONE where it only leads to elements of an array. */
static uint32_t last_field(const struct unit *unit, uint32_t path)
{
  while (path != 0 && unit->paths[path].field == UNIT_NONE)
    path = unit->paths[path].parent;
  return path != 0 ? unit->paths[path].field : UNIT_NONE;
}

/* A field by the record that it is declared in, so that every way to name it gives the same key. */
static uint64_t field_key(const struct link_unit *here, uint32_t field)
{
  const struct unit_field *row = &here->unit->fields[field];
  return (uint64_t)here->types[row->type_id] << 32 | row->bit_offset / 8;
}

/* A path that something is stored at; whether it ends in a field. */
static bool note_path(struct slots *slots, const struct link_unit *here, uint32_t path)
{
  uint32_t field = last_field(here->unit, path);
  if (field != UNIT_NONE && !slots->is_noted[path]) {
    slots->is_noted[path] = 1;
    id_map_put(&slots->fields, field_key(here, field), 1);
  }
  return field != UNIT_NONE;
}

static void note_object(struct slots *slots, uint32_t unit, uint32_t row)
{
  const struct flow *flow = slots->flow;
  if (linkage_unit(flow->linkage, unit)->objects[row].kind > UNIT_OBJECT_STATIC_LOCAL)
    return;
  uint32_t object = linkage_resolve_object(flow->linkage, flow->program, unit, row);
  if (object != LINK_NONE)
    id_map_put(&slots->objects, object, 1);
}

/* ---- parameters that are always NULL ---- */

static uint64_t given_key(uint32_t routine, uint32_t param)
{
  return (uint64_t)routine << 32 | param / GIVEN_BITS;
}

static bool is_given(const struct slots *slots, uint32_t routine, uint32_t param)
{
  uint32_t known = id_map_get(&slots->given, given_key(routine, param));
  return known != UINT32_MAX && (known >> param % GIVEN_BITS & 1) != 0;
}

static void note_call(struct slots *slots, uint32_t unit, const struct unit_call *call)
{
  const struct flow *flow = slots->flow;
  const struct unit *from = linkage_unit(flow->linkage, unit);
  uint32_t callee = linkage_resolve_routine(flow->linkage, flow->program, unit, call->callee);
  for (uint32_t first = 0; first < call->n_arguments; first += GIVEN_BITS) {
    uint32_t given = 0;
    for (uint32_t i = first; i < call->n_arguments && i - first < GIVEN_BITS; i++) {
      bool is_null = from->arguments[call->first_argument + i].kind == UNIT_ARGUMENT_NULL;
      given |= (uint32_t)!is_null << (i - first);
    }
    uint32_t known = id_map_get(&slots->given, given_key(callee, first));
    if (known == UINT32_MAX || (given & ~known) != 0)
      id_map_put(&slots->given, given_key(callee, first),
                 known == UINT32_MAX ? given : given | known);
  }
}

static bool is_own(const struct link_program *program, uint32_t unit)
{
  for (guint i = 0; i < program->own->len; i++) {
    if (g_array_index(program->own, uint32_t, i) == unit)
      return true;
  }
  return false;
}

/* Whether an object is a parameter that every call hands NULL, and nothing else is put into. */
static bool is_null_param(const struct slots *slots, uint32_t unit, uint32_t row)
{
  const struct flow *flow = slots->flow;
  const struct unit *from = linkage_unit(flow->linkage, unit);
  const struct unit_object *object = &from->objects[row];
  if (object->kind != UNIT_OBJECT_PARAM || object->position == 0 || object->routine == UNIT_NONE)
    return false;
  const struct unit_routine *routine = &from->routines[object->routine];
  uint32_t known = flow->linkage->units[unit].routines[object->routine];
  return known != LINK_NONE && object->position < routine->n_params &&
         (from->params[routine->first_param + object->position].uses & UNIT_USE_ASSIGNED) == 0 &&
         is_own(flow->program, unit) && id_map_get(&slots->taken, known) == UINT32_MAX &&
         !is_given(slots, known, object->position - 1);
}

static bool stores_null(const struct slots *slots, uint32_t unit, const struct unit_edge *edge)
{
  if (edge->kind != UNIT_EDGE_STORE && edge->kind != UNIT_EDGE_COPY)
    return false;
  const struct unit_node *from = &linkage_unit(slots->flow->linkage, unit)->nodes[edge->from];
  return from->kind == UNIT_NODE_OBJECT && from->path == 0 &&
         is_null_param(slots, unit, from->index);
}

/* ---- what is stored ---- */

static void note_edge(struct slots *slots, uint32_t unit, const struct unit_edge *edge)
{
  if (stores_null(slots, unit, edge))
    return;
  const struct link_unit *here = &slots->flow->linkage->units[unit];
  bool is_placed = edge->kind == UNIT_EDGE_STORE || edge->kind == UNIT_EDGE_FIELD ||
                   edge->kind == UNIT_EDGE_ADDRESS;
  if (is_placed && !note_path(slots, here, edge->path) && edge->kind == UNIT_EDGE_ADDRESS)
    note_object(slots, unit, edge->from);
  const struct unit_node *to = &here->unit->nodes[edge->to];
  if (edge->kind == UNIT_EDGE_STORE || to->kind != UNIT_NODE_OBJECT)
    return;
  if (!note_path(slots, here, to->path))
    note_object(slots, unit, to->index);
}

static void note_uses(struct slots *slots, uint32_t unit)
{
  struct flow *flow = slots->flow;
  const struct unit *from = linkage_unit(flow->linkage, unit);
  for (uint32_t i = 0; i < from->n_calls; i++) {
    const struct unit_call *call = &from->calls[i];
    if (call->callee != UNIT_NONE && flow_looks_at(flow, unit, call->caller))
      note_call(slots, unit, call);
  }
  for (uint32_t i = 0; i < from->n_edges; i++) {
    const struct unit_edge *edge = &from->edges[i];
    if (edge->kind == UNIT_EDGE_ROUTINE && flow_has_edge(flow, unit, edge))
      id_map_put(&slots->taken,
                 linkage_resolve_routine(flow->linkage, flow->program, unit, edge->from), 1);
  }
}

struct slots *slots_new(struct flow *flow)
{
  struct slots *slots = g_new0(struct slots, 1);
  slots->flow = flow;
  return slots;
}

static void build(struct slots *slots)
{
  struct flow *flow = slots->flow;
  slots->is_built = true;
  for (guint i = 0; i < flow->program->units->len; i++)
    note_uses(slots, g_array_index(flow->program->units, uint32_t, i));
  for (guint i = 0; i < flow->program->units->len; i++) {
    uint32_t index = g_array_index(flow->program->units, uint32_t, i);
    const struct unit *unit = linkage_unit(flow->linkage, index);
    slots->is_noted = g_new0(uint8_t, MAX(unit->n_paths, 1));
    for (uint32_t e = 0; e < unit->n_edges; e++) {
      if (flow_has_edge(flow, index, &unit->edges[e]))
        note_edge(slots, index, &unit->edges[e]);
    }
    g_clear_pointer(&slots->is_noted, g_free);
  }
}

void slots_free(struct slots *slots)
{
  if (slots == NULL)
    return;
  id_map_clear(&slots->fields);
  id_map_clear(&slots->objects);
  id_map_clear(&slots->taken);
  id_map_clear(&slots->given);
  g_clear_pointer(&slots->libraries, g_hash_table_unref);
  g_free(slots);
}

/* Whether a header of a library declares it, which need not be one of the system's to the parser.
 */
static bool is_of_library(const struct unit *unit, uint32_t file)
{
  const uint32_t inside = UNIT_FILE_INSIDE | UNIT_FILE_MAIN;
  return file != UNIT_NONE && ((unit->files[file].flags & UNIT_FILE_SYSTEM) != 0 ||
                               (unit->files[file].flags & inside) == 0);
}

/* A record that a library's header declares may be filled by the library. */
static bool is_of_tree(const struct unit *unit, const struct unit_field *field)
{
  uint32_t file = unit->types[field->type_id].file;
  return file != UNIT_NONE && !is_of_library(unit, file);
}

/* Whether what is stored in the program is all that is ever stored but by libraries. */
static bool is_whole(struct slots *slots)
{
  if (!slots->flow->program->has_main || slots->flow->phase != FLOW_LIVE)
    return false;
  if (!slots->is_built)
    build(slots);
  return true;
}

bool slots_is_never_set(struct slots *slots, uint32_t unit, const struct unit_call *call)
{
  const struct flow *flow = slots->flow;
  const struct link_unit *here = &flow->linkage->units[unit];
  if (!is_whole(slots))
    return false;
  uint32_t field = last_field(here->unit, call->slot_path);
  if (field != UNIT_NONE)
    return is_of_tree(here->unit, &here->unit->fields[field]) &&
           id_map_get(&slots->fields, field_key(here, field)) == UINT32_MAX;
  if (call->slot_base != UNIT_BASE_OBJECT || call->slot_object == UNIT_NONE)
    return false;
  if (is_null_param(slots, unit, call->slot_object))
    return true;
  if (here->unit->objects[call->slot_object].kind > UNIT_OBJECT_STATIC_LOCAL)
    return false;
  uint32_t object = linkage_resolve_object(flow->linkage, flow->program, unit, call->slot_object);
  return object != LINK_NONE && linkage_object(flow->linkage, object)->is_defined &&
         id_map_get(&slots->objects, object) == UINT32_MAX;
}

/* The header that declares the field or variable of a slot, or UNIT_NONE. */
static uint32_t header_of(const struct unit *unit, const struct unit_call *call)
{
  uint32_t field = last_field(unit, call->slot_path);
  if (field != UNIT_NONE)
    return unit->types[unit->fields[field].type_id].file;
  bool is_variable = call->slot_base == UNIT_BASE_OBJECT && call->slot_object != UNIT_NONE &&
                     unit->objects[call->slot_object].kind <= UNIT_OBJECT_STATIC_LOCAL;
  return is_variable ? unit->objects[call->slot_object].file : UNIT_NONE;
}

bool slots_is_of_library(struct slots *slots, uint32_t unit, const struct unit_call *call)
{
  const struct flow *flow = slots->flow;
  const struct link_unit *here = &flow->linkage->units[unit];
  if (!is_whole(slots) || !is_of_library(here->unit, header_of(here->unit, call)))
    return false;
  uint32_t field = last_field(here->unit, call->slot_path);
  if (field != UNIT_NONE)
    return id_map_get(&slots->fields, field_key(here, field)) == UINT32_MAX;
  uint32_t object = linkage_resolve_object(flow->linkage, flow->program, unit, call->slot_object);
  return object != LINK_NONE && !linkage_object(flow->linkage, object)->is_defined &&
         id_map_get(&slots->objects, object) == UINT32_MAX;
}

/* ---- what libraries are handed ---- */

static void library_free(gpointer data)
{
  struct library *library = data;
  id_set_clear(&library->handed);
  id_map_clear(&library->holders);
  g_free(library);
}

/* "/usr/include/libxml2/libxml/tree.h" -> "libxml2". What lies in no folder of its own, and the
 * folders of the C library and the kernel, are one. A new string. */
static char *library_name(const char *path)
{
  static const char *const common[] = {
      "arpa",    "asm",       "asm-generic", "bits", "gnu", "gnu-versions", "linux", "net",
      "netinet", "protocols", "rpc",         "sys",  NULL};
  const char *root = g_strrstr(path, "/include/");
  if (root == NULL)
    return g_path_get_dirname(path);
  g_auto(GStrv) steps = g_strsplit(root + strlen("/include/"), "/", 3);
  bool is_triplet = steps[1] != NULL && strstr(steps[0], "-linux-") != NULL;
  const char *first = is_triplet ? steps[1] : steps[0];
  bool is_folder = is_triplet ? steps[2] != NULL : steps[1] != NULL;
  return g_strdup(is_folder && !g_strv_contains(common, first) ? first : "");
}

/* The library of a header. NULL stands for the one of routines that are declared by hand: any. */
static struct library *library_of(struct slots *slots, const char *path)
{
  char *name = path != NULL ? library_name(path) : g_strdup("*");
  struct library *library = g_hash_table_lookup(slots->libraries, name);
  if (library == NULL) {
    library = g_new0(struct library, 1);
    g_hash_table_insert(slots->libraries, name, library);
    return library;
  }
  g_free(name);
  return library;
}

static void note_routines(const struct flow *flow, struct library *library, uint32_t node)
{
  struct id_set routines = flow_routines(flow, node);
  id_set_merge(&library->handed, &routines);
  id_set_clear(&routines);
}

static void note_handed(const struct flow *flow, struct library *library, uint32_t node)
{
  note_routines(flow, library, node);
  uint32_t n = 0;
  const uint32_t *holders = points_to_targets(flow->solver, node, &n);
  for (uint32_t i = 0; i < n; i++) {
    uint32_t object = points_to_object_of(flow->solver, holders[i]);
    if (!id_map_put_new(&library->holders, object, 1))
      continue;
    uint32_t n_inside = 0;
    const uint32_t *inside = points_to_locations(flow->solver, object, &n_inside);
    for (uint32_t j = 0; j < n_inside; j++)
      note_routines(flow, library, inside[j]);
  }
}

/* The library that a call leads into; NULL where it calls what is defined here. */
static struct library *called_library(struct slots *slots, uint32_t unit,
                                      const struct unit_call *call)
{
  const struct flow *flow = slots->flow;
  const struct unit *from = linkage_unit(flow->linkage, unit);
  uint32_t header = UNIT_NONE;
  if (call->callee == UNIT_NONE) {
    header = header_of(from, call);
    if (!is_of_library(from, header))
      return NULL;
  } else {
    uint32_t callee = linkage_resolve_routine(flow->linkage, flow->program, unit, call->callee);
    if (callee == LINK_NONE || linkage_routine(flow->linkage, callee)->is_defined)
      return NULL;
    header = from->routines[call->callee].file;
  }
  bool is_known = is_of_library(from, header);
  return library_of(slots, is_known ? unit_string(from, from->files[header].path) : NULL);
}

static void build_libraries(struct slots *slots)
{
  struct flow *flow = slots->flow;
  slots->libraries = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, library_free);
  for (guint i = 0; i < flow->program->units->len; i++) {
    uint32_t index = g_array_index(flow->program->units, uint32_t, i);
    const struct unit *unit = linkage_unit(flow->linkage, index);
    for (uint32_t a = 0; a < unit->n_arguments; a++) {
      const struct unit_argument *argument = &unit->arguments[a];
      const struct unit_call *call = &unit->calls[argument->call];
      if (argument->node == UNIT_NONE || (call->flags & UNIT_CALL_BUILTIN) != 0 ||
          !flow_looks_at(flow, index, call->caller))
        continue;
      struct library *library = called_library(slots, index, call);
      if (library != NULL)
        note_handed(flow, library, flow_node(flow, index, argument->node));
    }
  }
}

const struct id_set *slots_handed_out(struct slots *slots, uint32_t unit,
                                      const struct unit_call *call)
{
  const struct unit *from = linkage_unit(slots->flow->linkage, unit);
  if (slots->libraries == NULL)
    build_libraries(slots);
  uint32_t header = header_of(from, call);
  struct library *library = library_of(slots, unit_string(from, from->files[header].path));
  id_set_merge(&library->handed, &library_of(slots, NULL)->handed);
  return &library->handed;
}
