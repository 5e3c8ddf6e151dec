#include "analyzer/linkage.h"

#include <string.h>

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

/* Bytes of one element of a flexible array member, the last of a record; 0 where it has none. */
static uint64_t size_of_tail(const struct linkage *linkage, const struct link_type *known)
{
  const struct unit *unit = linkage_unit(linkage, known->unit);
  const struct unit_type *row = &unit->types[known->row];
  const struct unit_field *last =
      row->n_fields != 0 ? &unit->fields[row->first_field + row->n_fields - 1] : NULL;
  if (last == NULL || last->bit_size != 0)
    return 0;
  const uint32_t pointers = UNIT_VALUE_POINTER | UNIT_VALUE_ROUTINE_POINTER;
  if ((last->flags & pointers) != 0)
    return sizeof(void *);
  uint32_t element = LINK_NONE;
  if ((last->flags & UNIT_VALUE_RECORD) != 0)
    element = linkage_record(linkage, known->unit, last->record);
  return element != LINK_NONE && element != linkage->units[known->unit].types[known->row]
             ? MAX(linkage_size(linkage, element), 1)
             : 1;
}

uint64_t linkage_size(const struct linkage *linkage, uint32_t type)
{
  const struct link_type *known = &g_array_index(linkage->types, struct link_type, type);
  const struct unit_type *row = &linkage_unit(linkage, known->unit)->types[known->row];
  if (row->is_complete == 0 || row->size == 0)
    return 0;
  return row->size + size_of_tail(linkage, known);
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

/* Adds the places of a record that begins at a byte to those that are known. */
static uint32_t add_places(const struct linkage *linkage, uint32_t type, uint32_t start, int depth,
                           uint32_t *offsets, uint32_t n, uint32_t n_known)
{
  const struct link_type *owner = &g_array_index(linkage->types, struct link_type, type);
  const struct unit *from = linkage_unit(linkage, owner->unit);
  const struct unit_type *record = &from->types[owner->row];
  for (uint32_t i = 0; i < record->n_fields && n_known <= n; i++) {
    const struct unit_field *field = &from->fields[record->first_field + i];
    uint32_t at = start + field->bit_offset / 8, inner = LINK_NONE;
    if ((field->flags & UNIT_VALUE_RECORD) != 0 && (field->flags & UNIT_VALUE_POINTER) == 0)
      inner = linkage_record(linkage, owner->unit, field->record);
    if (inner != LINK_NONE && inner != type && depth < 16) {
      n_known = add_places(linkage, inner, at, depth + 1, offsets, n, n_known);
      continue;
    }
    const uint32_t bytes = UNIT_VALUE_ARRAY | UNIT_VALUE_CHARACTER;
    if ((field->flags & (bytes | UNIT_VALUE_POINTER)) == bytes)
      continue;
    if (n_known < n)
      offsets[n_known] = at;
    n_known++;
  }
  return n_known;
}

uint32_t linkage_places(const struct linkage *linkage, uint32_t type, uint32_t *offsets, uint32_t n)
{
  return add_places(linkage, type, 0, 0, offsets, n, 0);
}

/* The field that covers a byte, in the innermost record; NULL for padding and what nests too deep,
 * where `is_known` is false. */
static const struct unit_field *innermost_field(const struct linkage *linkage, uint32_t type,
                                                uint32_t offset, bool *is_known)
{
  *is_known = true;
  for (int depth = 0; type != LINK_NONE && depth < 16; depth++) {
    const struct link_type *owner = &g_array_index(linkage->types, struct link_type, type);
    const struct unit *from = linkage_unit(linkage, owner->unit);
    uint32_t next = 0;
    uint32_t row = next_covering(from, &from->types[owner->row], offset, &next);
    if (row == LINK_NONE)
      return NULL;
    const struct unit_field *field = &from->fields[row];
    if ((field->flags & (UNIT_VALUE_RECORD | UNIT_VALUE_POINTER)) != UNIT_VALUE_RECORD)
      return field;
    offset -= field->bit_offset / 8;
    type = linkage_record(linkage, owner->unit, field->record);
  }
  *is_known = false;
  return NULL;
}

bool linkage_is_text(const struct linkage *linkage, uint32_t type, uint32_t offset)
{
  bool is_known = false;
  const struct unit_field *field = innermost_field(linkage, type, offset, &is_known);
  if (field == NULL)
    return !is_known;
  return (field->flags & (UNIT_VALUE_POINTER | UNIT_VALUE_ROUTINE_POINTER)) == 0;
}

bool linkage_is_characters(const struct linkage *linkage, uint32_t type, uint32_t offset)
{
  bool is_known = false;
  const struct unit_field *field = innermost_field(linkage, type, offset, &is_known);
  return field != NULL && (field->flags & UNIT_VALUE_POINTER) == 0 &&
         (field->flags & UNIT_VALUE_CHARACTER) != 0;
}

/* The first field that covers a byte, of bit-fields the one that has that bit of it; LINK_NONE when
 * there is none. */
static uint32_t covering(const struct unit *unit, const struct unit_type *type, uint32_t offset,
                         uint32_t bit)
{
  uint32_t next = 0, row, first = LINK_NONE;
  while ((row = next_covering(unit, type, offset, &next)) != LINK_NONE) {
    const struct unit_field *field = &unit->fields[row];
    uint32_t at = offset * 8 + bit;
    if ((field->flags & UNIT_VALUE_BIT_FIELD) == 0 ||
        (at >= field->bit_offset && at < field->bit_offset + field->bit_size))
      return row;
    first = first == LINK_NONE ? row : first;
  }
  return first;
}

static char *field_path(const struct linkage *linkage, uint32_t type, uint32_t offset, uint32_t bit)
{
  GString *text = g_string_new(NULL);
  for (int depth = 0; type != LINK_NONE && depth < 8; depth++) {
    const struct link_type *owner = &g_array_index(linkage->types, struct link_type, type);
    const struct unit *unit = linkage_unit(linkage, owner->unit);
    uint32_t row = covering(unit, &unit->types[owner->row], offset, bit);
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

const char *linkage_field_at(struct linkage *linkage, uint32_t type, uint32_t offset, uint32_t bit)
{
  uint64_t key = (uint64_t)type << 35 | (uint64_t)offset << 3 | (bit & 7);
  uint32_t known = id_map_get(&linkage->fields, key);
  if (known == UINT32_MAX) {
    g_autofree char *path = field_path(linkage, type, offset, bit);
    known = linkage->field_texts->len;
    g_ptr_array_add(linkage->field_texts, (gpointer)linkage_string(linkage, path));
    id_map_put(&linkage->fields, key, known);
  }
  return g_ptr_array_index(linkage->field_texts, known);
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

const char *linkage_path(struct linkage *linkage, uint32_t unit, uint32_t path)
{
  struct link_unit *here = &linkage->units[unit];
  if (here->path_texts[path] == NULL) {
    g_autofree char *text = linkage_path_text(here->unit, path);
    here->path_texts[path] = linkage_string(linkage, text);
  }
  return here->path_texts[path];
}
