#include "analyzer/unit_builder.h"

#include "analyzer/unit_layout.h"

#include <string.h>

static struct unit_builder *empty_builder(void)
{
  struct unit_builder *builder = g_new0(struct unit_builder, 1);
#define UNIT_NEW(row, array) builder->array = g_array_new(FALSE, FALSE, sizeof(struct unit_##row));
  UNIT_ARRAYS(UNIT_NEW)
#undef UNIT_NEW
  builder->string_offsets = g_array_new(FALSE, FALSE, sizeof(uint32_t));
  builder->string_bytes = g_string_new(NULL);
  return builder;
}

struct unit_builder *unit_builder_new(void)
{
  struct unit_builder *builder = empty_builder();
  unit_builder_string(builder, "");
  unit_builder_add_path(builder, &(struct unit_path){.parent = 0, .field = UNIT_NONE});
  return builder;
}

void unit_builder_free(struct unit_builder *builder)
{
  if (builder == NULL)
    return;
#define UNIT_DROP(row, array) g_array_unref(builder->array);
  UNIT_ARRAYS(UNIT_DROP)
#undef UNIT_DROP
  g_array_unref(builder->string_offsets);
  g_string_free(builder->string_bytes, TRUE);
  id_map_clear(&builder->string_ids);
  id_map_clear(&builder->path_ids);
  id_map_clear(&builder->node_ids);
  g_free(builder);
}

#define UNIT_ADD(row, array)                                                                       \
  uint32_t unit_builder_add_##row(struct unit_builder *builder, const struct unit_##row *row)      \
  {                                                                                                \
    g_array_append_vals(builder->array, row, 1);                                                   \
    return builder->array->len - 1;                                                                \
  }
UNIT_ARRAYS(UNIT_ADD)
#undef UNIT_ADD

/* ---- interning ---- */

/* FNV-1a. Texts of one hash take the next free keys, which is where a look-up goes on. */
static uint64_t hash_text(const char *text)
{
  uint64_t hash = UINT64_C(14695981039346656037);
  for (const char *at = text; *at != '\0'; at++)
    hash = (hash ^ (unsigned char)*at) * UINT64_C(1099511628211);
  return hash & INT64_MAX;
}

const char *unit_builder_text(const struct unit_builder *builder, uint32_t string)
{
  return builder->string_bytes->str + g_array_index(builder->string_offsets, uint32_t, string);
}

/* The row of a text, or UNIT_NONE and the key that it would have. */
static uint32_t find_text(const struct unit_builder *builder, const char *text, uint64_t *key)
{
  *key = hash_text(text);
  for (;; ++*key) {
    uint32_t string = id_map_get(&builder->string_ids, *key);
    if (string == UNIT_NONE || strcmp(unit_builder_text(builder, string), text) == 0)
      return string;
  }
}

uint32_t unit_builder_string(struct unit_builder *builder, const char *text)
{
  g_autofree char *valid = NULL;
  if (text == NULL)
    text = "";
  uint64_t key = 0;
  uint32_t string = find_text(builder, text, &key);
  if (string != UNIT_NONE)
    return string;
  if (!g_utf8_validate(text, -1, NULL)) {
    text = valid = g_utf8_make_valid(text, -1);
    string = find_text(builder, text, &key);
    if (string != UNIT_NONE)
      return string;
  }
  uint32_t offset = (uint32_t)builder->string_bytes->len;
  g_string_append_len(builder->string_bytes, text, (gssize)strlen(text) + 1);
  g_array_append_val(builder->string_offsets, offset);
  string = builder->string_offsets->len - 1;
  id_map_put(&builder->string_ids, key, string);
  return string;
}

static uint64_t path_key(const struct unit_path *path)
{
  return (uint64_t)path->parent << 32 | path->field;
}

uint32_t unit_builder_path(struct unit_builder *builder, uint32_t parent, uint32_t field)
{
  struct unit_path path = {.parent = parent, .field = field};
  uint32_t row = id_map_get(&builder->path_ids, path_key(&path));
  if (row != UNIT_NONE)
    return row;
  row = unit_builder_add_path(builder, &path);
  id_map_put(&builder->path_ids, path_key(&path), row);
  return row;
}

/* Two bits for the kind, thirty for the path: there are never more paths than that. */
static uint64_t node_key(const struct unit_node *node)
{
  return (uint64_t)node->path << 34 | (uint64_t)node->index << 2 | node->kind;
}

uint32_t unit_builder_node(struct unit_builder *builder, enum unit_node_kind kind, uint32_t index,
                           uint32_t path)
{
  struct unit_node node = {.kind = kind, .index = index, .path = path};
  uint32_t row = id_map_get(&builder->node_ids, node_key(&node));
  if (row != UNIT_NONE)
    return row;
  row = unit_builder_add_node(builder, &node);
  id_map_put(&builder->node_ids, node_key(&node), row);
  return row;
}

uint32_t unit_builder_temp(struct unit_builder *builder)
{
  struct unit_node node = {.kind = UNIT_NODE_TEMP, .index = UNIT_NONE, .path = 0};
  return unit_builder_add_node(builder, &node);
}

/* ---- freezing and thawing ---- */

static void append_section(GByteArray *bytes, struct unit_section *section, const void *rows,
                           uint32_t count, uint32_t row_size)
{
  static const guint8 zeros[8] = {0};
  guint rest = bytes->len % 8;
  if (rest != 0)
    g_byte_array_append(bytes, zeros, 8 - rest);
  section->offset = bytes->len;
  section->count = count;
  if (count > 0)
    g_byte_array_append(bytes, rows, count * row_size);
}

GBytes *unit_builder_freeze(struct unit_builder *builder)
{
  struct unit_header header = {
      .magic = UNIT_MAGIC, .version = UNIT_VERSION, .n_sections = N_ARRAYS};
  GByteArray *bytes = g_byte_array_new();
  g_byte_array_append(bytes, (const guint8 *)&header, sizeof header);
#define UNIT_APPEND(row, array)                                                                    \
  append_section(bytes, &header.sections[ARRAY_##row], builder->array->data, builder->array->len,  \
                 sizeof(struct unit_##row));
  UNIT_ARRAYS(UNIT_APPEND)
#undef UNIT_APPEND
  append_section(bytes, &header.sections[ARRAY_string], builder->string_offsets->data,
                 builder->string_offsets->len, sizeof(uint32_t));
  append_section(bytes, &header.sections[ARRAY_byte], builder->string_bytes->str,
                 (uint32_t)builder->string_bytes->len, 1);
  memcpy(bytes->data, &header, sizeof header);
  return g_byte_array_free_to_bytes(bytes);
}

/* They are valid, and no two are the same. */
static void take_strings(struct unit_builder *builder, const struct unit *unit)
{
  if (unit->n_strings == 0)
    return;
  const char *last = unit_string(unit, unit->n_strings - 1);
  g_array_append_vals(builder->string_offsets, unit->string_offsets, unit->n_strings);
  g_string_append_len(builder->string_bytes, unit->string_bytes,
                      last + strlen(last) + 1 - unit->string_bytes);
  for (uint32_t i = 0; i < unit->n_strings; i++) {
    uint64_t key = hash_text(unit_string(unit, i));
    while (!id_map_put_new(&builder->string_ids, key, i))
      key++;
  }
}

struct unit_builder *unit_builder_thaw(const struct unit *unit)
{
  struct unit_builder *builder = empty_builder();
#define UNIT_COPY(row, array) g_array_append_vals(builder->array, unit->array, unit->n_##array);
  UNIT_ARRAYS(UNIT_COPY)
#undef UNIT_COPY
  take_strings(builder, unit);
  for (uint32_t i = 1; i < unit->n_paths; i++)
    id_map_put(&builder->path_ids, path_key(&unit->paths[i]), i);
  for (uint32_t i = 0; i < unit->n_nodes; i++)
    if (unit->nodes[i].kind != UNIT_NODE_TEMP)
      id_map_put(&builder->node_ids, node_key(&unit->nodes[i]), i);
  return builder;
}
