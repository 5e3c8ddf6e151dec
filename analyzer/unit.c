#include "analyzer/unit.h"

#include "analyzer/unit_layout.h"

#include <stddef.h>
#include <string.h>

G_STATIC_ASSERT(G_BYTE_ORDER == G_LITTLE_ENDIAN);

static const uint32_t row_sizes[N_ARRAYS] = {
#define UNIT_ROW_SIZE(row, array) [ARRAY_##row] = sizeof(struct unit_##row),
    UNIT_ARRAYS(UNIT_ROW_SIZE)
#undef UNIT_ROW_SIZE
        [ARRAY_string] = sizeof(uint32_t),
    [ARRAY_byte] = 1,
};

G_DEFINE_QUARK(cleave - unit - error, unit_error)

/* ---- what every reference must satisfy ---- */

enum rule_kind {
  RULE_INDEX,    /* smaller than the count of `limit` */
  RULE_OPTIONAL, /* likewise, or UNIT_NONE */
  RULE_BELOW,    /* smaller than the number `limit` */
  RULE_EARLIER,  /* smaller than the row's own index, or UNIT_NONE */
  RULE_PARENT,   /* smaller than the row's own index; 0 in row 0 */
  RULE_RANGE,    /* a start, the next field is a length: both inside the count of `limit` */
};

struct rule {
  enum unit_array array;
  uint32_t offset;
  enum rule_kind kind;
  uint32_t limit;
};

#define STRING(row, field)                                                                         \
  {ARRAY_##row, offsetof(struct unit_##row, field), RULE_INDEX, ARRAY_string}
#define INDEX(row, field, to)                                                                      \
  {ARRAY_##row, offsetof(struct unit_##row, field), RULE_INDEX, ARRAY_##to}
#define OPTIONAL(row, field, to)                                                                   \
  {ARRAY_##row, offsetof(struct unit_##row, field), RULE_OPTIONAL, ARRAY_##to}
#define BELOW(row, field, n) {ARRAY_##row, offsetof(struct unit_##row, field), RULE_BELOW, n}
#define EARLIER(row, field)                                                                        \
  {ARRAY_##row, offsetof(struct unit_##row, field), RULE_EARLIER, ARRAY_##row}
#define PARENT(row, field)                                                                         \
  {ARRAY_##row, offsetof(struct unit_##row, field), RULE_PARENT, ARRAY_##row}
#define RANGE(row, field, to)                                                                      \
  {ARRAY_##row, offsetof(struct unit_##row, field), RULE_RANGE, ARRAY_##to}

static const struct rule rules[] = {
    INDEX(info, file, file),
    STRING(info, object),
    STRING(info, arguments),
    BELOW(info, grade, UNIT_N_GRADES),
    STRING(info, configuration),
    STRING(file, path),
    OPTIONAL(diagnostic, file, file),
    BELOW(diagnostic, severity, UNIT_N_SEVERITIES),
    STRING(diagnostic, message),
    STRING(routine, name),
    STRING(routine, assembler),
    OPTIONAL(routine, file, file),
    STRING(routine, signature),
    STRING(routine, shape),
    STRING(routine, target),
    STRING(routine, words),
    STRING(routine, annotations),
    RANGE(routine, first_param, param),
    STRING(routine, section),
    INDEX(param, routine, routine),
    STRING(param, name),
    STRING(param, type),
    STRING(param, annotations),
    OPTIONAL(param, record, type),
    OPTIONAL(param, object, object),
    STRING(type, name),
    BELOW(type, kind, UNIT_N_TYPE_KINDS),
    OPTIONAL(type, file, file),
    RANGE(type, first_field, field),
    RANGE(type, first_enumerator, enumerator),
    STRING(type, underlying),
    OPTIONAL(type, record, type),
    STRING(type, annotations),
    OPTIONAL(type, owner, type),
    INDEX(field, type_id, type),
    STRING(field, name),
    STRING(field, type),
    OPTIONAL(field, record, type),
    STRING(field, annotations),
    STRING(field, shape),
    INDEX(enumerator, type_id, type),
    STRING(enumerator, name),
    STRING(object, name),
    STRING(object, assembler),
    BELOW(object, kind, UNIT_N_OBJECT_KINDS),
    OPTIONAL(object, file, file),
    OPTIONAL(object, routine, routine),
    STRING(object, type),
    OPTIONAL(object, record, type),
    STRING(object, section),
    STRING(object, shape),
    PARENT(path, parent),
    OPTIONAL(path, field, field),
    BELOW(node, kind, UNIT_N_NODE_KINDS),
    INDEX(node, path, path),
    BELOW(edge, kind, UNIT_N_EDGE_KINDS),
    INDEX(edge, to, node),
    INDEX(edge, path, path),
    OPTIONAL(edge, file, file),
    OPTIONAL(edge, routine, routine),
    OPTIONAL(edge, record, type),
    OPTIONAL(edge, guard, guard),
    OPTIONAL(call, caller, routine),
    INDEX(call, file, file),
    OPTIONAL(call, callee, routine),
    OPTIONAL(call, pointer, node),
    BELOW(call, slot_base, UNIT_N_BASE_KINDS),
    OPTIONAL(call, slot_object, object),
    INDEX(call, slot_path, path),
    STRING(call, expression),
    STRING(call, shape),
    STRING(call, macro),
    RANGE(call, first_argument, argument),
    OPTIONAL(call, result, node),
    OPTIONAL(call, loop, loop),
    OPTIONAL(call, arm, arm),
    OPTIONAL(call, heap, object),
    OPTIONAL(call, guard, guard),
    INDEX(argument, call, call),
    BELOW(argument, kind, UNIT_N_ARGUMENT_KINDS),
    INDEX(argument, path, path),
    STRING(argument, text),
    OPTIONAL(argument, node, node),
    OPTIONAL(argument, record, type),
    STRING(argument, type),
    INDEX(initialiser, object, object),
    INDEX(initialiser, path, path),
    STRING(initialiser, indexes),
    BELOW(initialiser, kind, UNIT_N_ARGUMENT_KINDS),
    INDEX(initialiser, target_path, path),
    STRING(initialiser, text),
    INDEX(initialiser, file, file),
    OPTIONAL(initialiser, routine, routine),
    OPTIONAL(access, routine, routine),
    BELOW(access, base, UNIT_N_BASE_KINDS),
    OPTIONAL(access, object, object),
    OPTIONAL(access, node, node),
    INDEX(access, path, path),
    OPTIONAL(access, record, type),
    BELOW(access, mode, 8),
    BELOW(access, operation, UNIT_N_OPERATIONS),
    INDEX(access, file, file),
    OPTIONAL(access, call, call),
    INDEX(moment, access, access),
    OPTIONAL(moment, loop, loop),
    INDEX(hold, argument, argument),
    INDEX(hold, path, path),
    OPTIONAL(hold, routine, routine),
    INDEX(guard, routine, routine),
    EARLIER(guard, parent),
    BELOW(guard, kind, UNIT_N_GUARD_KINDS),
    INDEX(guard, object, object),
    INDEX(arm, routine, routine),
    BELOW(arm, kind, UNIT_N_ARM_KINDS),
    EARLIER(arm, parent),
    STRING(arm, text),
    STRING(arm, via),
    STRING(arm, subject),
    OPTIONAL(arm, object, object),
    INDEX(arm, path, path),
    INDEX(arm, file, file),
    INDEX(loop, routine, routine),
    BELOW(loop, kind, UNIT_N_LOOP_KINDS),
    EARLIER(loop, parent),
    INDEX(loop, file, file),
    OPTIONAL(literal, routine, routine),
    STRING(literal, text),
    INDEX(literal, file, file),
    OPTIONAL(literal, object, object),
    INDEX(assembly, file, file),
    STRING(assembly, text),
    BELOW(declaration, kind, UNIT_N_DECLARATION_KINDS),
    INDEX(declaration, file, file),
};

enum unit_array unit_array_behind(enum unit_array array, uint32_t offset)
{
  for (size_t i = 0; i < G_N_ELEMENTS(rules); i++) {
    bool is_index = rules[i].kind == RULE_INDEX || rules[i].kind == RULE_OPTIONAL;
    if (rules[i].array == array && rules[i].offset == offset && is_index)
      return (enum unit_array)rules[i].limit;
  }
  return N_ARRAYS;
}

static bool rule_holds(const struct rule *rule, const uint8_t *rows, const uint32_t *counts)
{
  uint32_t size = row_sizes[rule->array];
  for (uint32_t i = 0; i < counts[rule->array]; i++) {
    uint32_t value[2] = {0, 0};
    memcpy(value, rows + (size_t)i * size + rule->offset,
           rule->kind == RULE_RANGE ? sizeof value : sizeof value[0]);
    bool is_fine = false;
    switch (rule->kind) {
    case RULE_INDEX:
      is_fine = value[0] < counts[rule->limit];
      break;
    case RULE_OPTIONAL:
      is_fine = value[0] == UNIT_NONE || value[0] < counts[rule->limit];
      break;
    case RULE_BELOW:
      is_fine = value[0] < rule->limit;
      break;
    case RULE_EARLIER:
      is_fine = value[0] == UNIT_NONE || value[0] < i;
      break;
    case RULE_PARENT:
      is_fine = i == 0 ? value[0] == 0 : value[0] < i;
      break;
    case RULE_RANGE:
      is_fine = value[0] <= counts[rule->limit] && value[1] <= counts[rule->limit] - value[0];
      break;
    }
    if (!is_fine)
      return false;
  }
  return true;
}

static bool index_holds(uint32_t index, uint32_t count, bool is_optional)
{
  return index < count || (is_optional && index == UNIT_NONE);
}

/* References whose array depends on the kind of the row. */
static bool kinds_hold(const struct unit *unit)
{
  for (uint32_t i = 0; i < unit->n_nodes; i++) {
    const struct unit_node *node = &unit->nodes[i];
    bool is_routine = node->kind == UNIT_NODE_RESULT || node->kind == UNIT_NODE_VARARGS;
    uint32_t count = is_routine ? unit->n_routines : unit->n_objects;
    if (node->kind == UNIT_NODE_TEMP ? node->index != UNIT_NONE : node->index >= count)
      return false;
  }
  for (uint32_t i = 0; i < unit->n_edges; i++) {
    const struct unit_edge *edge = &unit->edges[i];
    uint32_t count = edge->kind == UNIT_EDGE_ADDRESS   ? unit->n_objects
                     : edge->kind == UNIT_EDGE_ROUTINE ? unit->n_routines
                                                       : unit->n_nodes;
    if (edge->from >= count)
      return false;
  }
  for (uint32_t i = 0; i < unit->n_arguments; i++) {
    const struct unit_argument *argument = &unit->arguments[i];
    bool is_fine = true;
    switch ((enum unit_argument_kind)argument->kind) {
    case UNIT_ARGUMENT_ROUTINE:
      is_fine = index_holds(argument->index, unit->n_routines, false);
      break;
    case UNIT_ARGUMENT_ADDRESS:
    case UNIT_ARGUMENT_OBJECT:
    case UNIT_ARGUMENT_PARAM:
      is_fine = index_holds(argument->index, unit->n_objects, false);
      break;
    case UNIT_ARGUMENT_FIELD:
    case UNIT_ARGUMENT_FIELD_ADDRESS:
      is_fine = index_holds(argument->index, unit->n_objects, true);
      break;
    case UNIT_ARGUMENT_CALL:
      is_fine = index_holds(argument->index, unit->n_calls, false);
      break;
    default:
      is_fine = argument->index == UNIT_NONE;
      break;
    }
    if (!is_fine)
      return false;
  }
  for (uint32_t i = 0; i < unit->n_initialisers; i++) {
    const struct unit_initialiser *row = &unit->initialisers[i];
    bool is_fine = row->kind == UNIT_ARGUMENT_ROUTINE   ? row->target < unit->n_routines
                   : row->kind == UNIT_ARGUMENT_ADDRESS ? row->target < unit->n_objects
                                                        : row->target == UNIT_NONE;
    if (!is_fine)
      return false;
  }
  const uint32_t declared[UNIT_N_DECLARATION_KINDS] = {
      [UNIT_DECLARES_ROUTINE] = unit->n_routines,
      [UNIT_DECLARES_OBJECT] = unit->n_objects,
      [UNIT_DECLARES_TYPE] = unit->n_types,
      [UNIT_DECLARES_FIELD] = unit->n_fields,
  };
  for (uint32_t i = 0; i < unit->n_declarations; i++)
    if (unit->declarations[i].row >= declared[unit->declarations[i].kind])
      return false;
  return true;
}

static bool strings_hold(const struct unit *unit, uint32_t n_bytes)
{
  if (unit->n_strings == 0 || n_bytes == 0 || unit->string_bytes[n_bytes - 1] != '\0')
    return false;
  if (unit->string_bytes[unit->string_offsets[0] < n_bytes ? unit->string_offsets[0] : 0] != '\0')
    return false;
  for (uint32_t i = 0; i < unit->n_strings; i++)
    if (unit->string_offsets[i] >= n_bytes)
      return false;
  return true;
}

static struct unit *damaged(struct unit *unit, const char *what, GError **error)
{
  unit_free(unit);
  g_set_error(error, UNIT_ERROR_DOMAIN, UNIT_ERROR_DAMAGED, "damaged unit: %s", what);
  return NULL;
}

struct unit *unit_open(GBytes *bytes, GError **error)
{
  size_t size = 0;
  const uint8_t *data = g_bytes_get_data(bytes, &size);
  struct unit *unit = g_new0(struct unit, 1);
  unit->bytes = g_bytes_ref(bytes);

  struct unit_header header;
  if (data == NULL || size < sizeof header || ((uintptr_t)data & 7) != 0)
    return damaged(unit, "too short or not aligned", error);
  memcpy(&header, data, sizeof header);
  if (memcmp(header.magic, UNIT_MAGIC, sizeof header.magic) != 0)
    return damaged(unit, "not a unit", error);
  if (header.version != UNIT_VERSION || header.n_sections != N_ARRAYS) {
    unit_free(unit);
    g_set_error(error, UNIT_ERROR_DOMAIN, UNIT_ERROR_VERSION, "unit of version %u, expected %u",
                header.version, UNIT_VERSION);
    return NULL;
  }

  uint32_t counts[N_ARRAYS];
  const uint8_t *rows[N_ARRAYS];
  for (int i = 0; i < N_ARRAYS; i++) {
    uint64_t offset = header.sections[i].offset;
    uint64_t length = (uint64_t)header.sections[i].count * row_sizes[i];
    if (offset % 8 != 0 || offset > size || length > size - offset)
      return damaged(unit, "section out of bounds", error);
    counts[i] = header.sections[i].count;
    rows[i] = data + offset;
  }
#define UNIT_POINT(row, array)                                                                     \
  unit->array = (const struct unit_##row *)(const void *)rows[ARRAY_##row];                        \
  unit->n_##array = counts[ARRAY_##row];
  UNIT_ARRAYS(UNIT_POINT)
#undef UNIT_POINT
  unit->string_offsets = (const uint32_t *)(const void *)rows[ARRAY_string];
  unit->n_strings = counts[ARRAY_string];
  unit->string_bytes = (const char *)rows[ARRAY_byte];

  if (unit->n_infos != 1 || unit->n_paths == 0 || !strings_hold(unit, counts[ARRAY_byte]))
    return damaged(unit, "missing rows", error);
  for (size_t i = 0; i < G_N_ELEMENTS(rules); i++)
    if (!rule_holds(&rules[i], rows[rules[i].array], counts))
      return damaged(unit, "reference out of bounds", error);
  if (!kinds_hold(unit))
    return damaged(unit, "reference of the wrong kind", error);
  return unit;
}

void unit_free(struct unit *unit)
{
  if (unit == NULL)
    return;
  g_bytes_unref(unit->bytes);
  g_free(unit);
}

char *unit_path_text(const struct unit *unit, uint32_t path)
{
  g_autoptr(GPtrArray) steps = g_ptr_array_new();
  for (uint32_t at = path; at != 0; at = unit->paths[at].parent) {
    uint32_t field = unit->paths[at].field;
    const char *name = field == UNIT_NONE ? "[]" : unit_string(unit, unit->fields[field].name);
    if (*name != '\0')
      g_ptr_array_add(steps, (gpointer)name);
  }
  GString *text = g_string_new(NULL);
  for (guint i = steps->len; i-- > 0;) {
    const char *name = steps->pdata[i];
    if (text->len > 0 && *name != '[')
      g_string_append_c(text, '.');
    g_string_append(text, name);
  }
  return g_string_free(text, FALSE);
}
