#include "analyzer/liveness.h"

#include <string.h>

/* The rows of one owner, as a list. */
struct mention {
  uint32_t next;
  uint32_t unit;
  uint32_t row; /* of a routine: its row; of an object: an edge at file scope */
};

struct program_life {
  bool is_whole; /* everything is alive */
  bool *routines, *objects;
  uint32_t n_routines, n_objects;
};

struct liveness {
  struct program_life *programs; /* by number */
  uint32_t n_programs;
  bool *anywhere;
  uint32_t n_anywhere;
};

struct search {
  struct linkage *linkage;
  const struct link_program *program;
  struct program_life *life;
  GArray *mentions;                    /* struct mention */
  uint32_t *first_body, *first_edge;   /* by link routine and link object */
  uint32_t n_first_body, n_first_edge; /* room in them */
  GArray *routines, *objects;          /* waiting */
  bool is_open;                        /* names are looked up that are not literals */
};

static void grow(bool **flags, uint32_t *n, uint32_t index)
{
  if (index < *n)
    return;
  uint32_t larger = MAX(index + 1, *n * 2);
  *flags = g_renew(bool, *flags, larger);
  memset(*flags + *n, 0, larger - *n);
  *n = larger;
}

static void mark_routine(struct search *search, uint32_t routine)
{
  if (routine == LINK_NONE)
    return;
  grow(&search->life->routines, &search->life->n_routines, routine);
  if (search->life->routines[routine])
    return;
  search->life->routines[routine] = true;
  g_array_append_val(search->routines, routine);
}

static void mark_object(struct search *search, uint32_t object)
{
  if (object == LINK_NONE)
    return;
  grow(&search->life->objects, &search->life->n_objects, object);
  if (search->life->objects[object])
    return;
  search->life->objects[object] = true;
  g_array_append_val(search->objects, object);
}

/* What a row of a unit means here, with the resolver of an ifunc. */
static void mark_routine_row(struct search *search, uint32_t unit, uint32_t row)
{
  mark_routine(search, linkage_resolve_routine(search->linkage, search->program, unit, row));
  uint32_t home = 0, resolver = 0;
  if (linkage_resolver(search->linkage, search->program, unit, row, &home, &resolver))
    mark_routine(search, linkage_resolve_routine(search->linkage, search->program, home, resolver));
}

static void mark_object_row(struct search *search, uint32_t unit, uint32_t row)
{
  if (linkage_unit(search->linkage, unit)->objects[row].kind <= UNIT_OBJECT_STATIC_LOCAL)
    mark_object(search, linkage_resolve_object(search->linkage, search->program, unit, row));
}

static void mark_edge(struct search *search, uint32_t unit, const struct unit_edge *edge)
{
  if (edge->kind == UNIT_EDGE_ROUTINE)
    mark_routine_row(search, unit, edge->from);
  else if (edge->kind == UNIT_EDGE_ADDRESS)
    mark_object_row(search, unit, edge->from);
  const struct unit_node *from = &linkage_unit(search->linkage, unit)->nodes[edge->to];
  if (edge->routine != UNIT_NONE && from->kind == UNIT_NODE_OBJECT)
    mark_object_row(search, unit, from->index);
}

static void mark_found(void *search, uint32_t unit, uint32_t row)
{
  mark_routine_row(search, unit, row);
}

/* Everything that has a name outside its unit. */
static void mark_external(struct search *search, uint32_t unit)
{
  const struct unit *from = linkage_unit(search->linkage, unit);
  for (uint32_t i = 0; i < from->n_routines; i++) {
    const uint32_t mask = UNIT_ROUTINE_DEFINED | UNIT_ROUTINE_STATIC;
    if ((from->routines[i].flags & mask) == UNIT_ROUTINE_DEFINED)
      mark_routine_row(search, unit, i);
  }
  for (uint32_t i = 0; i < from->n_objects; i++) {
    bool is_reserved =
        (from->objects[i].flags & (UNIT_OBJECT_DEFINED | UNIT_OBJECT_TENTATIVE)) != 0;
    if (from->objects[i].kind == UNIT_OBJECT_GLOBAL && is_reserved)
      mark_object_row(search, unit, i);
  }
}

/* A name that is looked up at run time. */
static void mark_looked_up(struct search *search, uint32_t unit, const struct unit_call *call)
{
  const struct unit *from = linkage_unit(search->linkage, unit);
  const char *name = unit_string(from, from->routines[call->callee].name);
  bool is_lookup = strcmp(name, "dlsym") == 0 || strcmp(name, "dlvsym") == 0;
  if (!is_lookup || call->n_arguments < 2)
    return;
  const struct unit_argument *argument = &from->arguments[call->first_argument + 1];
  if (argument->kind == UNIT_ARGUMENT_STRING) {
    linkage_look_up(search->linkage, search->program, unit_string(from, argument->text), mark_found,
                    search);
    return;
  }
  const GArray *units = search->program->units;
  for (guint i = 0; i < units->len && !search->is_open; i++)
    mark_external(search, g_array_index(units, uint32_t, i));
  search->is_open = true;
}

/* What one body names. */
static void follow_body(struct search *search, uint32_t unit, uint32_t row)
{
  const struct link_unit *here = &search->linkage->units[unit];
  const struct unit *from = here->unit;
  for (uint32_t i = here->first_call[row]; i < here->first_call[row + 1]; i++) {
    const struct unit_call *call = &from->calls[here->calls_by_routine[i]];
    if (call->callee == UNIT_NONE)
      continue;
    mark_routine_row(search, unit, call->callee);
    mark_looked_up(search, unit, call);
  }
  for (uint32_t i = here->first_edge[row]; i < here->first_edge[row + 1]; i++)
    mark_edge(search, unit, &from->edges[here->edges_by_routine[i]]);
  for (uint32_t i = here->first_access[row]; i < here->first_access[row + 1]; i++) {
    const struct unit_access *access = &from->accesses[here->accesses_by_routine[i]];
    if (access->base == UNIT_BASE_OBJECT && access->object != UNIT_NONE)
      mark_object_row(search, unit, access->object);
  }
}

static void follow(struct search *search)
{
  while (search->routines->len + search->objects->len != 0) {
    if (search->routines->len != 0) {
      uint32_t routine = g_array_index(search->routines, uint32_t, search->routines->len - 1);
      g_array_set_size(search->routines, search->routines->len - 1);
      uint32_t at = routine < search->n_first_body ? search->first_body[routine] : LINK_NONE;
      while (at != LINK_NONE) {
        struct mention body = g_array_index(search->mentions, struct mention, at);
        follow_body(search, body.unit, body.row);
        at = body.next;
      }
      continue;
    }
    uint32_t object = g_array_index(search->objects, uint32_t, search->objects->len - 1);
    g_array_set_size(search->objects, search->objects->len - 1);
    uint32_t at = object < search->n_first_edge ? search->first_edge[object] : LINK_NONE;
    while (at != LINK_NONE) {
      struct mention edge = g_array_index(search->mentions, struct mention, at);
      mark_edge(search, edge.unit, &linkage_unit(search->linkage, edge.unit)->edges[edge.row]);
      at = edge.next;
    }
  }
}

/* ---- what every owner mentions ---- */

static void add_mention(struct search *search, uint32_t *first, uint32_t unit, uint32_t row)
{
  struct mention mention = {*first, unit, row};
  *first = search->mentions->len;
  g_array_append_val(search->mentions, mention);
}

static uint32_t *none_array(uint32_t n)
{
  uint32_t *array = g_new(uint32_t, MAX(n, 1));
  memset(array, 0xff, MAX(n, 1) * sizeof *array);
  return array;
}

/* The variable that an initialiser at file scope belongs to, or LINK_NONE. */
static uint32_t initialised(struct search *search, uint32_t unit, const struct unit_edge *edge)
{
  const struct unit *from = linkage_unit(search->linkage, unit);
  const struct unit_node *to = &from->nodes[edge->to];
  if (to->kind != UNIT_NODE_OBJECT || from->objects[to->index].kind > UNIT_OBJECT_STATIC_LOCAL)
    return LINK_NONE;
  return linkage_resolve_object(search->linkage, search->program, unit, to->index);
}

static void collect_unit(struct search *search, uint32_t unit)
{
  const struct link_unit *here = &search->linkage->units[unit];
  for (uint32_t i = 0; i < here->unit->n_routines; i++) {
    if (here->routines[i] != LINK_NONE)
      add_mention(search, &search->first_body[here->routines[i]], unit, i);
  }
  for (uint32_t i = 0; i < here->unit->n_edges; i++) {
    const struct unit_edge *edge = &here->unit->edges[i];
    if (edge->routine != UNIT_NONE)
      continue;
    uint32_t object = initialised(search, unit, edge);
    if (object != LINK_NONE && object < search->n_first_edge)
      add_mention(search, &search->first_edge[object], unit, i);
    else
      mark_edge(search, unit, edge);
  }
}

/* ---- where a program begins ---- */

static void mark_roots(struct search *search, uint32_t unit, bool is_guest)
{
  const struct unit *from = linkage_unit(search->linkage, unit);
  bool is_offered = is_guest || from->n_assemblies != 0;
  if (is_offered)
    mark_external(search, unit);
  for (uint32_t i = 0; i < from->n_routines; i++) {
    const struct unit_routine *routine = &from->routines[i];
    const uint32_t runs = UNIT_ROUTINE_CONSTRUCTOR | UNIT_ROUTINE_DESTRUCTOR | UNIT_ROUTINE_USED;
    bool is_root = (routine->flags & runs) != 0 || from->n_assemblies != 0 ||
                   strcmp(unit_string(from, routine->name), "main") == 0;
    if ((routine->flags & UNIT_ROUTINE_DEFINED) != 0 && is_root)
      mark_routine_row(search, unit, i);
  }
  for (uint32_t i = 0; i < from->n_objects; i++) {
    if ((from->objects[i].flags & UNIT_OBJECT_USED) != 0 || from->n_assemblies != 0)
      mark_object_row(search, unit, i);
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

static void search_program(struct linkage *linkage, const struct link_program *program,
                           struct program_life *life)
{
  life->is_whole = !program->has_main || g_hash_table_size(program->assembly) != 0;
  if (life->is_whole)
    return;
  struct search search = {
      .linkage = linkage,
      .program = program,
      .life = life,
      .mentions = g_array_new(FALSE, FALSE, sizeof(struct mention)),
      .first_body = none_array(linkage->routines->len),
      .first_edge = none_array(linkage->objects->len),
      .n_first_body = linkage->routines->len,
      .n_first_edge = linkage->objects->len,
      .routines = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
      .objects = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
  };
  for (guint i = 0; i < program->units->len; i++)
    collect_unit(&search, g_array_index(program->units, uint32_t, i));
  for (guint i = 0; i < program->units->len; i++) {
    uint32_t unit = g_array_index(program->units, uint32_t, i);
    mark_roots(&search, unit, !is_own(program, unit));
  }
  follow(&search);
  g_array_unref(search.mentions);
  g_array_unref(search.routines);
  g_array_unref(search.objects);
  g_free(search.first_body);
  g_free(search.first_edge);
}

/* ---- answers ---- */

static void note_anywhere(struct liveness *liveness, const struct linkage *linkage,
                          const struct link_program *program, const struct program_life *life)
{
  for (guint i = 0; life->is_whole && i < program->units->len; i++) {
    const struct link_unit *here = &linkage->units[g_array_index(program->units, uint32_t, i)];
    for (uint32_t r = 0; r < here->unit->n_routines; r++) {
      if (here->routines[r] != LINK_NONE)
        liveness->anywhere[here->routines[r]] = true;
    }
  }
  for (uint32_t i = 0; i < MIN(life->n_routines, liveness->n_anywhere); i++)
    liveness->anywhere[i] = liveness->anywhere[i] || life->routines[i];
}

struct liveness *liveness_find(struct linkage *linkage)
{
  struct liveness *liveness = g_new0(struct liveness, 1);
  liveness->n_programs = linkage->programs->len;
  liveness->programs = g_new0(struct program_life, MAX(liveness->n_programs, 1));
  for (guint i = 0; i < linkage->programs->len; i++) {
    const struct link_program *program = g_ptr_array_index(linkage->programs, i);
    if (!program->is_part)
      search_program(linkage, program, &liveness->programs[i]);
  }
  /* Bodies are known from the start: what names that came up meanwhile mean has none. */
  liveness->n_anywhere = linkage->routines->len;
  liveness->anywhere = g_new0(bool, MAX(liveness->n_anywhere, 1));
  for (guint i = 0; i < linkage->programs->len; i++) {
    const struct link_program *program = g_ptr_array_index(linkage->programs, i);
    if (!program->is_part)
      note_anywhere(liveness, linkage, program, &liveness->programs[i]);
  }
  return liveness;
}

void liveness_free(struct liveness *liveness)
{
  if (liveness == NULL)
    return;
  for (uint32_t i = 0; i < liveness->n_programs; i++) {
    g_free(liveness->programs[i].routines);
    g_free(liveness->programs[i].objects);
  }
  g_free(liveness->programs);
  g_free(liveness->anywhere);
  g_free(liveness);
}

bool liveness_of_routine(const struct liveness *liveness, const struct link_program *program,
                         uint32_t routine)
{
  const struct program_life *life = &liveness->programs[program->number];
  return life->is_whole || (routine < life->n_routines && life->routines[routine]);
}

bool liveness_of_object(const struct liveness *liveness, const struct link_program *program,
                        uint32_t object)
{
  const struct program_life *life = &liveness->programs[program->number];
  return life->is_whole || (object < life->n_objects && life->objects[object]);
}

bool liveness_anywhere(const struct liveness *liveness, uint32_t routine)
{
  return routine < liveness->n_anywhere && liveness->anywhere[routine];
}
