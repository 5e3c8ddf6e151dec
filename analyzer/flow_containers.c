#include "analyzer/flow_containers.h"

/* Pointers between a record and the routines that it carries; places that make a container, and
 * records that a link lies in, at least. */
enum { DEPTH = 1, MIN_PLACES = 8, MIN_OWNERS = 2 };

struct flow_containers {
  struct linkage *linkage;
  struct id_map leads;   /* link type and depth -> 0 or 1: carries routines */
  struct id_map places;  /* link type -> places that make one */
  struct id_map owners;  /* link type -> records that have one in them */
  struct id_map linking; /* link type -> 0 or 1: a link or a head */
  bool is_counted;
};

/* A record and where its fields are. */
struct record {
  uint32_t unit;
  const struct unit_field *fields;
  uint32_t n_fields;
};

static struct record record_of(const struct flow_containers *containers, uint32_t type)
{
  const struct linkage *linkage = containers->linkage;
  const struct link_type *place = &g_array_index(linkage->types, struct link_type, type);
  const struct unit *unit = linkage_unit(linkage, place->unit);
  const struct unit_type *row = &unit->types[place->row];
  bool has_fields = row->kind == UNIT_STRUCT || row->kind == UNIT_UNION;
  return (struct record){place->unit, unit->fields + row->first_field,
                         has_fields ? row->n_fields : 0};
}

static uint32_t type_behind(const struct flow_containers *containers, const struct record *record,
                            const struct unit_field *field)
{
  return linkage_record(containers->linkage, record->unit, field->record);
}

/* ---- what carries routines ---- */

/* Whether a record has a routine pointer, or one that leads to such a record in so many steps. */
static bool leads_to_routines(struct flow_containers *containers, uint32_t type, uint32_t depth)
{
  if (type == LINK_NONE)
    return false;
  uint64_t key = (uint64_t)type << 8 | depth;
  uint32_t known = id_map_get(&containers->leads, key);
  if (known != UINT32_MAX)
    return known != 0;
  id_map_put(&containers->leads, key, 0);
  struct record record = record_of(containers, type);
  bool is_any = false;
  for (uint32_t i = 0; i < record.n_fields && !is_any; i++) {
    const struct unit_field *field = &record.fields[i];
    uint32_t inner = type_behind(containers, &record, field);
    bool is_pointer = (field->flags & UNIT_VALUE_POINTER) != 0;
    is_any = (field->flags & UNIT_VALUE_ROUTINE_POINTER) != 0;
    if (!is_any && !is_pointer)
      is_any = leads_to_routines(containers, inner, depth);
    else if (!is_any && depth != 0)
      is_any = leads_to_routines(containers, inner, depth - 1);
  }
  id_map_put(&containers->leads, key, is_any);
  return is_any;
}

static void count_one(struct id_map *counts, uint32_t type)
{
  if (type == LINK_NONE)
    return;
  uint32_t n = id_map_get(counts, type);
  id_map_put(counts, type, n == UINT32_MAX ? 1 : n + 1);
}

static bool has_at_least(const struct id_map *counts, uint32_t type, uint32_t n)
{
  uint32_t known = id_map_get(counts, type);
  return known != UINT32_MAX && known >= n;
}

/* ---- links and heads ---- */

static void count_owners(struct flow_containers *containers)
{
  for (uint32_t type = 0; type < containers->linkage->types->len; type++) {
    struct record record = record_of(containers, type);
    for (uint32_t i = 0; i < record.n_fields; i++) {
      const struct unit_field *field = &record.fields[i];
      bool is_inside =
          (field->flags & UNIT_VALUE_RECORD) != 0 && (field->flags & UNIT_VALUE_POINTER) == 0;
      if (is_inside)
        count_one(&containers->owners, type_behind(containers, &record, field));
    }
  }
}

static bool is_link(const struct flow_containers *containers, uint32_t type)
{
  if (type == LINK_NONE || !has_at_least(&containers->owners, type, MIN_OWNERS))
    return false;
  struct record record = record_of(containers, type);
  for (uint32_t i = 0; i < record.n_fields; i++) {
    if ((record.fields[i].flags & UNIT_VALUE_POINTER) != 0 &&
        type_behind(containers, &record, &record.fields[i]) == type)
      return true;
  }
  return false;
}

/* What the user of a container may keep in its head: numbers, routines, a void pointer. */
static bool leads_nowhere(const struct unit_field *field)
{
  return (field->flags & (UNIT_VALUE_POINTER | UNIT_VALUE_RECORD)) == 0 ||
         (field->flags & (UNIT_VALUE_ROUTINE_POINTER | UNIT_VALUE_VOID)) != 0;
}

static bool is_head(const struct flow_containers *containers, uint32_t type)
{
  struct record record = record_of(containers, type);
  bool is_any = false;
  for (uint32_t i = 0; i < record.n_fields; i++) {
    if (leads_nowhere(&record.fields[i]))
      continue;
    if (!is_link(containers, type_behind(containers, &record, &record.fields[i])))
      return false;
    is_any = true;
  }
  return is_any;
}

static bool is_linking(struct flow_containers *containers, uint32_t type)
{
  uint32_t known = id_map_get(&containers->linking, type);
  if (known == UINT32_MAX) {
    known = is_link(containers, type) || is_head(containers, type);
    id_map_put(&containers->linking, type, known);
  }
  return known != 0;
}

/* ---- both ---- */

struct flow_containers *flow_containers_new(struct linkage *linkage)
{
  struct flow_containers *containers = g_new0(struct flow_containers, 1);
  containers->linkage = linkage;
  count_owners(containers);
  return containers;
}

void flow_containers_free(struct flow_containers *containers)
{
  if (containers == NULL)
    return;
  id_map_clear(&containers->leads);
  id_map_clear(&containers->places);
  id_map_clear(&containers->owners);
  id_map_clear(&containers->linking);
  g_free(containers);
}

bool flow_containers_may_be(struct flow_containers *containers, uint32_t type)
{
  return type != LINK_NONE &&
         (is_linking(containers, type) || leads_to_routines(containers, type, DEPTH));
}

void flow_containers_count(struct flow_containers *containers, uint32_t type)
{
  count_one(&containers->places, type);
}

void flow_containers_end_count(struct flow_containers *containers)
{
  containers->is_counted = true;
}

bool flow_containers_has(struct flow_containers *containers, uint32_t type)
{
  if (!flow_containers_may_be(containers, type))
    return false;
  return !containers->is_counted || is_linking(containers, type) ||
         has_at_least(&containers->places, type, MIN_PLACES);
}
